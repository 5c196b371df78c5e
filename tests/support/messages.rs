//! Messages of every kind that is read, put together from the specification: a writer that shares nothing with ours but
//! AES-GCM, HKDF and the arithmetic of frames.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealkeep::crypto::{AeadKey, DataKey, hkdf_sha512};
use sealkeep::format::{FramePlace, MessageId};
use sealkeep::secret::SecretKey;

const KEY: [u8; 32] = [0x5A; 32];
const ID: MessageId = MessageId([0x33; 32]);

/// What kind of message to write, and who signs it.
pub struct Writer {
    signer: Option<EcdsaKeyPair>,
    /// The frame length; 0 is one block.
    frame: u32,
    /// Pairs of the context, without the signature's key.
    pub context: Vec<(String, String)>,
    /// The one encrypted data key: provider, its info, ciphertext.
    pub wrapped: [Vec<u8>; 3],
}

/// A message, in its three parts; the last is empty where nothing is signed.
#[derive(Clone)]
pub struct Parts {
    pub header: Vec<u8>,
    pub content: Vec<u8>,
    pub footer: Vec<u8>,
}

impl Parts {
    pub fn concat(&self) -> Vec<u8> {
        [&self.header[..], &self.content, &self.footer].concat()
    }
}

/// The data key of every message here.
pub fn data_key() -> DataKey {
    DataKey::from_secret(SecretKey::copy_of(&KEY).unwrap())
}

impl Writer {
    pub fn new(signed: bool, frame: u32) -> Self {
        let signer = signed.then(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap());
        let context = vec![("item".to_owned(), "7f1f".to_owned())];
        Self { signer, frame, context, wrapped: [b"test".to_vec(), b"some key".to_vec(), vec![9; 24]] }
    }

    pub fn is_signed(&self) -> bool {
        self.signer.is_some()
    }

    /// The whole message, with its header, content and footer made to fit.
    pub fn write(&self, body: &[u8]) -> Parts {
        let (header, content) = (self.header(), self.content(body));
        let footer = self.footer(&[&header[..], &content].concat());
        Parts { header, content, footer }
    }

    fn suite(&self) -> [u8; 2] {
        if self.is_signed() { [0x05, 0x78] } else { [0x04, 0x78] }
    }

    fn derive(&self, info: &[u8]) -> [u8; 32] {
        let mut derived = [0; 32];
        hkdf_sha512(&KEY, &ID.0, info, &mut derived).unwrap();
        derived
    }

    fn content_key(&self) -> AeadKey {
        let info = [&self.suite()[..], b"DERIVEKEY"].concat();
        AeadKey::new(&SecretKey::copy_of(&self.derive(&info)).unwrap())
    }

    pub fn header(&self) -> Vec<u8> {
        let mut pairs = self.context.clone();
        pairs.extend(self.public_key().map(|key| ("aws-crypto-public-key".to_owned(), key)));
        pairs.sort();
        let field = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let mut context = u16::try_from(pairs.len()).unwrap().to_be_bytes().to_vec();
        for (key, value) in &pairs {
            context.extend([field(key.as_bytes()), field(value.as_bytes())].concat());
        }
        let mut header = vec![2];
        header.extend(self.suite());
        header.extend(ID.0);
        header.extend(if pairs.is_empty() { vec![0, 0] } else { field(&context) });
        header.extend([0, 1]);
        header.extend(self.wrapped.iter().flat_map(|part| field(part)));
        header.push(if self.frame == 0 { 1 } else { 2 });
        header.extend(self.frame.to_be_bytes());
        header.extend(self.derive(b"COMMITKEY"));
        let tag = self.content_key().seal(&[0; 12], &header, &mut []).unwrap();
        header.extend(tag);
        header
    }

    /// The compressed point of the signature's key, in base64.
    fn public_key(&self) -> Option<String> {
        let point = self.signer.as_ref()?.public_key().as_ref();
        Some(BASE64_STANDARD.encode([&[2 + (point[96] & 1)], &point[1..49]].concat()))
    }

    pub fn content(&self, body: &[u8]) -> Vec<u8> {
        if self.frame == 0 { self.single_block(body) } else { self.frames(body) }
    }

    fn single_block(&self, body: &[u8]) -> Vec<u8> {
        let iv = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let length = (body.len() as u64).to_be_bytes();
        let aad = [&ID.0[..], b"AWSKMSEncryptionClient Single Block", &[0, 0, 0, 1], &length].concat();
        let mut text = body.to_vec();
        let tag = self.content_key().seal(&iv, &aad, &mut text).unwrap();
        [&iv[..], &length, &text, &tag].concat()
    }

    fn frames(&self, body: &[u8]) -> Vec<u8> {
        let key = self.content_key();
        let chunks: Vec<&[u8]> = body.chunks(self.frame as usize).collect();
        let full = if body.len().is_multiple_of(self.frame as usize) { chunks.len() } else { chunks.len() - 1 };
        let mut frames = Vec::new();
        for at in 0..=full {
            let number = u32::try_from(at + 1).unwrap();
            let place = if at < full { FramePlace::Regular(number) } else { FramePlace::Final(number) };
            let mut text = chunks.get(at).copied().unwrap_or_default().to_vec();
            let length = u32::try_from(text.len()).unwrap();
            let mut prefix = vec![0; place.prefix_length()];
            place.put_prefix(&mut prefix, length).unwrap();
            let tag = key.seal(&place.iv(), &place.aad(&ID, length), &mut text).unwrap();
            frames.extend([&prefix[..], &text, &tag].concat());
        }
        frames
    }

    /// The footer over `signed`; nothing where nothing is signed.
    pub fn footer(&self, signed: &[u8]) -> Vec<u8> {
        let Some(signer) = &self.signer else { return vec![] };
        footer_of(signer.sign(&SystemRandom::new(), signed).unwrap().as_ref())
    }
}

/// `signature` with its length before it.
pub fn footer_of(signature: &[u8]) -> Vec<u8> {
    [&u16::try_from(signature.len()).unwrap().to_be_bytes(), signature].concat()
}
