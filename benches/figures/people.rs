//! Somebody with a keyring, a home, a passphrase in a file, and an AWS profile whose KMS is on this machine.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::support::fake_kms::FakeKms;
use super::support::secret_service::SecretService;

const CLI: &str = env!("CARGO_BIN_EXE_sealkeep-cli");
const PROFILE: &str = "bench";
pub const PASSPHRASE: &str = "a passphrase for measuring";

pub struct Person {
    session: SecretService,
    home: PathBuf,
    passphrase: PathBuf,
    pub kms: FakeKms,
    pub key: String,
}

impl Person {
    pub fn new(folder: &Path) -> Self {
        let (kms, key) = FakeKms::with_key();
        let passphrase = folder.join("passphrase");
        std::fs::write(&passphrase, format!("{PASSPHRASE}\n")).unwrap();
        let person =
            Self { session: SecretService::start(), home: folder.join("home"), passphrase, kms, key: key.to_string() };
        let endpoint = person.kms.endpoint();
        let profile = ["profile", "add", PROFILE, "--region", FakeKms::REGION, "--endpoint-url", &endpoint];
        let mut add = person.cli(profile);
        add.args(["--access-key-id", FakeKms::ACCESS_KEY_ID]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut adding = add.spawn().unwrap();
        writeln!(adding.stdin.take().unwrap(), "{}", FakeKms::SECRET_ACCESS_KEY).unwrap();
        assert!(adding.wait().unwrap().success());
        person
    }

    /// `sealkeep-cli` as this person.
    pub fn cli(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(CLI);
        command.args(["--quiet", "--yes"]).args(arguments);
        self.session.enter(&mut command).env("SEALKEEP_HOME", &self.home).stdin(Stdio::null());
        command
    }

    /// Puts `command` into this person's session.
    pub fn enter<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        self.session.enter(command)
    }

    /// The options that make a file for this person's passphrase.
    pub fn by_passphrase(&self) -> Vec<String> {
        vec!["--passphrase".to_owned(), "--passphrase-file".to_owned(), self.passphrase.to_str().unwrap().to_owned()]
    }

    /// The option that opens one.
    pub fn with_passphrase(&self) -> Vec<String> {
        self.by_passphrase().split_off(1)
    }

    /// The options that make a file, or a vault, for this person's KMS key.
    pub fn by_kms(&self) -> Vec<String> {
        let mut options = vec!["--kms".to_owned(), self.key.clone()];
        options.extend(["--profile".to_owned(), PROFILE.to_owned()]);
        options
    }

    /// The options that open one.
    pub fn with_kms(&self) -> Vec<String> {
        let mut options = self.by_kms();
        "--key".clone_into(&mut options[0]);
        options
    }
}

/// Runs `command`, which must not fail.
pub fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}");
}
