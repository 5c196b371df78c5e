//! Messages exchanged with the official `aws-encryption-cli`, over moto, both ways.

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Command, Output};

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use sealkeep::crypto::{CryptoError, DataKey, FreshDataKey, MessageReader, NoWatch, seal_header};
use sealkeep::format::{Content, EncryptedDataKey, EncryptionContext, FrameLength, PUBLIC_KEY_NAME, Suite};
use sealkeep::providers::{AwsProfile, Network, Patience, ProfileKind};
use sealkeep::secret::{SecretKey, SecretString};
use tempfile::TempDir;

use crate::support::moto::Moto;
use crate::support::tools::tool;

const FRAME: u32 = 4096;

/// Every boundary of the frames, by file name.
const SIZES: [(&str, usize); 6] =
    [("empty", 0), ("one", 1), ("frame-1", 4095), ("frame", 4096), ("frame+1", 4097), ("frames", 3 * 4096)];

const LARGE: usize = 50_000_000;

/// The pairs of a standalone file, as design and documentation fix them.
const CONTEXT: [(&str, &str); 2] =
    [("sealkeep:item", "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11"), ("sealkeep:purpose", "file")];

fn context() -> EncryptionContext {
    EncryptionContext::new(CONTEXT).unwrap()
}

fn plaintext(length: usize) -> Vec<u8> {
    // The pattern's length is prime, so that no two frames or blocks begin alike.
    let pattern: Vec<u8> = (0..65_521).map(|at| (at * 31 + at / 251) as u8).collect();
    let mut text = pattern.repeat(length / pattern.len() + 1);
    text.truncate(length);
    text
}

/// AWS KMS as moto plays it, asked by the SDK alone.
struct Kms {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Kms {
    fn new() -> Self {
        let kind = ProfileKind::Static {
            access_key_id: "testing".to_owned(),
            secret_access_key: SecretString::copy_of("testing"),
            session_token: None,
        };
        let network = Network::at(Moto::shared().endpoint()).unwrap();
        let profile = AwsProfile::new("moto", Moto::REGION, network, kind).unwrap();
        let client = Client::new(&profile.configure(Moto::REGION, Patience::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client, runtime }
    }

    fn make_key(&self) -> String {
        let made = self.runtime.block_on(self.client.create_key().send()).unwrap();
        made.key_metadata().and_then(|key| key.arn()).unwrap().to_owned()
    }

    /// A data key that the first of `arns` generates and the others wrap too.
    fn generate(&self, arns: &[&str]) -> (FreshDataKey, Vec<EncryptedDataKey>) {
        let pairs = || context().pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let request = self.client.generate_data_key().key_id(arns[0]).number_of_bytes(32);
        let made = self.runtime.block_on(request.set_encryption_context(Some(pairs())).send()).unwrap();
        let plain = made.plaintext().unwrap();
        let mut wrapped = vec![kms_key(arns[0], made.ciphertext_blob())];
        for arn in &arns[1..] {
            let request = self.client.encrypt().key_id(*arn).plaintext(plain.clone());
            let encrypted = self.runtime.block_on(request.set_encryption_context(Some(pairs())).send()).unwrap();
            wrapped.push(kms_key(arn, encrypted.ciphertext_blob()));
        }
        (FreshDataKey::from_generated(SecretKey::copy_of(plain.as_ref()).unwrap()), wrapped)
    }

    fn unwrap(&self, wrapped: &EncryptedDataKey, context: &EncryptionContext) -> DataKey {
        let pairs = context.pairs().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let request = self
            .client
            .decrypt()
            .key_id(std::str::from_utf8(&wrapped.provider_info).unwrap())
            .ciphertext_blob(Blob::new(wrapped.ciphertext.clone()))
            .set_encryption_context(Some(pairs));
        let unwrapped = self.runtime.block_on(request.send()).unwrap();
        DataKey::from_secret(SecretKey::copy_of(unwrapped.plaintext().unwrap().as_ref()).unwrap())
    }

    /// Seals as `encrypt` does: one message in one file.
    fn seal(&self, arns: &[&str], frame: FrameLength, body: &[u8], path: &Path) {
        let (key, wrapped) = self.generate(arns);
        let (header, sealer) = seal_header(key, context(), wrapped, frame).unwrap();
        let mut file = File::create_new(path).unwrap();
        file.write_all(&header.to_bytes()).unwrap();
        sealer.seal(body, file, &NoWatch).unwrap();
    }

    /// Opens a message with its wrapped key number `at`.
    fn open(&self, path: &Path, at: usize) -> Vec<u8> {
        let reader = MessageReader::read(BufReader::new(File::open(path).unwrap())).unwrap();
        let key = self.unwrap(&reader.header().keys()[at], reader.header().context());
        let opened = reader.verify(&key).unwrap().open_bytes(LARGE).unwrap();
        // EXPOSE: compared in a test.
        opened.expose().to_vec()
    }
}

fn kms_key(arn: &str, ciphertext: Option<&Blob>) -> EncryptedDataKey {
    EncryptedDataKey {
        provider_id: "aws-kms".to_owned(),
        provider_info: arn.as_bytes().to_vec(),
        ciphertext: ciphertext.unwrap().as_ref().to_vec(),
    }
}

/// A new folder with one file of plaintext for every one of `sizes`.
fn plain_files(folder: &TempDir, sizes: &[(&str, usize)]) -> std::path::PathBuf {
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).unwrap();
    for (name, length) in sizes {
        fs::write(plain.join(name), plaintext(*length)).unwrap();
    }
    plain
}

/// Runs the official tool over every file in `input`, with our context.
fn run_cli(mode: &[&str], arns: &[&str], input: &Path, output: &Path, more: &[&str]) -> Output {
    fs::create_dir_all(output).unwrap();
    let mut command = Command::new(tool("esdk/bin/aws-encryption-cli"));
    command.args(mode).args(["-S", "-r", "--suffix"]).arg("-i").arg(input).arg("-o").arg(output);
    command.args(more).arg("--encryption-context").args(CONTEXT.map(|(key, value)| format!("{key}={value}")));
    command.arg("--wrapping-keys").args(arns.iter().map(|arn| format!("key={arn}")));
    Moto::shared().point(&mut command).output().unwrap()
}

fn assert_done(done: &Output) {
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn encrypt_with_cli(arns: &[&str], input: &Path, output: &Path, frame: &str) {
    let suite = ["--algorithm", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", "--frame-length", frame];
    assert_done(&run_cli(&["-e"], arns, input, output, &suite));
}

#[test]
fn the_official_tool_opens_what_we_seal() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let (sealed, opened) = (folder.path().join("sealed"), folder.path().join("opened"));
    fs::create_dir(&sealed).unwrap();
    for (name, length) in SIZES {
        kms.seal(&[&arn], FrameLength::new(FRAME).unwrap(), &plaintext(length), &sealed.join(name));
    }
    kms.seal(&[&arn], FrameLength::DEFAULT, &plaintext(LARGE), &sealed.join("large"));
    assert_done(&run_cli(&["--decrypt-unsigned"], &[&arn], &sealed, &opened, &[]));
    for (name, length) in SIZES.into_iter().chain([("large", LARGE)]) {
        assert!(fs::read(opened.join(name)).unwrap() == plaintext(length), "{name}");
    }
}

#[test]
fn we_open_what_the_official_tool_seals() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let plain = plain_files(&folder, &SIZES);
    let sealed = folder.path().join("sealed");
    encrypt_with_cli(&[&arn], &plain, &sealed, &FRAME.to_string());
    for (name, length) in SIZES {
        let reader = MessageReader::read(File::open(sealed.join(name)).unwrap()).unwrap();
        let header = reader.header();
        let framed = Content::Framed(FrameLength::new(FRAME).unwrap());
        assert_eq!((header.context(), header.content(), header.keys().len()), (&context(), framed, 1));
        assert!(kms.open(&sealed.join(name), 0) == plaintext(length), "{name}");
    }
}

#[test]
fn we_open_50_mb_that_the_official_tool_seals() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let plain = plain_files(&folder, &[("large", LARGE)]);
    let sealed = folder.path().join("sealed");
    encrypt_with_cli(&[&arn], &plain, &sealed, "1048576");
    assert!(kms.open(&sealed.join("large"), 0) == plaintext(LARGE));
}

#[test]
fn any_one_of_several_keys_opens_both_ways() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arns = [kms.make_key(), kms.make_key(), kms.make_key()];
    let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    fs::create_dir(&ours).unwrap();
    kms.seal(&arns, FrameLength::DEFAULT, &plaintext(9000), &ours.join("file"));
    for arn in &arns {
        let opened = TempDir::new().unwrap();
        assert_done(&run_cli(&["--decrypt-unsigned"], &[arn], &ours, opened.path(), &[]));
        assert!(fs::read(opened.path().join("file")).unwrap() == plaintext(9000), "{arn}");
    }
    encrypt_with_cli(&arns, &plain_files(&folder, &[("file", 9000)]), &theirs, "4096");
    for (at, arn) in arns.iter().enumerate() {
        assert!(kms.open(&theirs.join("file"), at) == plaintext(9000), "{arn}");
    }
}

#[test]
fn the_official_tool_refuses_what_was_changed() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let (sealed, opened) = (folder.path().join("sealed"), folder.path().join("opened"));
    fs::create_dir(&sealed).unwrap();
    kms.seal(&[&arn], FrameLength::DEFAULT, &plaintext(9000), &sealed.join("file"));
    let mut message = fs::read(sealed.join("file")).unwrap();
    let last = message.len() - 1;
    message[last] ^= 1;
    fs::write(sealed.join("file"), message).unwrap();
    // It writes nothing, whatever its exit status; which is also the control for the tests above.
    run_cli(&["--decrypt-unsigned"], &[&arn], &sealed, &opened, &[]);
    assert!(!opened.join("file").exists());
    let reader = MessageReader::read(File::open(sealed.join("file")).unwrap()).unwrap();
    let key = kms.unwrap(&reader.header().keys()[0], &context());
    let refused = reader.verify(&key).unwrap().open_bytes(10_000);
    assert!(matches!(refused, Err(CryptoError::NotAuthentic)));
}

/// Opens every one of `sizes` in `sealed`, after its header was found to be of that kind.
fn assert_opens(kms: &Kms, sealed: &Path, sizes: &[(&str, usize)], suite: Suite, content: Content) {
    for (name, length) in sizes {
        let reader = MessageReader::read(File::open(sealed.join(name)).unwrap()).unwrap();
        let header = reader.header();
        assert_eq!((header.suite(), header.content()), (suite, content), "{name}");
        let ours = header.context().pairs().filter(|(key, _)| *key != PUBLIC_KEY_NAME);
        assert!(ours.eq(context().pairs()), "{name}");
        assert_eq!(header.context().value(PUBLIC_KEY_NAME).is_some(), suite == Suite::Signed, "{name}");
        assert!(kms.open(&sealed.join(name), 0) == plaintext(*length), "{name}");
    }
}

#[test]
fn we_open_what_the_official_tool_seals_by_default() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let sizes = [&SIZES[..], &[("large", 5_000_077)]].concat();
    let (plain, sealed) = (plain_files(&folder, &sizes), folder.path().join("sealed"));
    assert_done(&run_cli(&["-e"], &[&arn], &plain, &sealed, &[]));
    let framed = Content::Framed(FrameLength::new(4096).unwrap());
    assert_opens(&kms, &sealed, &sizes, Suite::Signed, framed);
}

#[test]
fn we_open_what_the_official_tool_seals_in_one_block() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let sizes = [&SIZES[..], &[("piece", 262_144), ("large", 5_000_077)]].concat();
    let plain = plain_files(&folder, &sizes);
    for suite in [Suite::Signed, Suite::Committing] {
        let sealed = folder.path().join(suite.name());
        let how = ["--algorithm", suite.name(), "--frame-length", "0"];
        assert_done(&run_cli(&["-e"], &[&arn], &plain, &sealed, &how));
        assert_opens(&kms, &sealed, &sizes, suite, Content::SingleBlock);
    }
}

#[test]
fn every_changed_byte_of_what_it_signed_is_found() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let (plain, sealed) = (plain_files(&folder, &[("file", 100)]), folder.path().join("sealed"));
    assert_done(&run_cli(&["-e"], &[&arn], &plain, &sealed, &[]));
    let message = fs::read(sealed.join("file")).unwrap();
    let reader = MessageReader::read(&message[..]).unwrap();
    let key = kms.unwrap(&reader.header().keys()[0], reader.header().context());
    let open = |message: &[u8]| MessageReader::read(message)?.verify(&key)?.open_bytes(1000);
    open(&message).unwrap();
    for at in 0..message.len() {
        let mut changed = message.clone();
        changed[at] ^= 0x10;
        assert!(open(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn what_it_seals_without_commitment_is_refused_by_name_before_any_key() {
    let (kms, folder) = (Kms::new(), TempDir::new().unwrap());
    let arn = kms.make_key();
    let plain = plain_files(&folder, &[("file", 100)]);
    for (suite, number) in [
        ("AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", "0x0378"),
        ("AES_128_GCM_IV12_TAG16_HKDF_SHA256", "0x0114"),
        ("AES_256_GCM_IV12_TAG16", "0x0078"),
    ] {
        let sealed = folder.path().join(suite);
        let how = ["--algorithm", suite, "--commitment-policy", "forbid-encrypt-allow-decrypt"];
        assert_done(&run_cli(&["-e"], &[&arn], &plain, &sealed, &how));
        let refused = MessageReader::read(File::open(sealed.join("file")).unwrap()).unwrap_err().to_string();
        assert!(refused.contains(&format!("{suite} ({number})")), "{refused}");
    }
}
