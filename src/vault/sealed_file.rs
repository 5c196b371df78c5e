//! Stand-alone `.sealed` files: one complete message, whose data key is wrapped for each recipient.
//!
//! Knows no vault. The order is held by types: recipients are read before anybody is asked for a key, content is opened
//! only after the header was verified, and what is verified at its end goes only where nobody sees it before.

use std::io::{self, Read, Seek, Write};
use std::sync::Arc;

use crate::crypto::{
    BodySealer, CancelOnly, CryptoError, FreshDataKey, MessageReader, Spool, VerifiedMessage, Watch, Withheld, random,
    seal_header,
};
use crate::format::v1::ItemId;
use crate::format::{EncryptedDataKey, EncryptionContext, FormatError, FrameLength, Header};
use crate::providers::{KeyProvider, ProviderError};

/// The provider id of the official tools' KMS wraps.
const KMS: &str = "aws-kms";
/// Our own provider id, for passphrases.
const PASSPHRASE: &str = "sealkeep-passphrase";

/// What the encryption context of a stand-alone file may say of its purpose, if it says anything.
const PURPOSES: [&str; 2] = ["file", "folder"];

/// Why a file could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedFileError {
    /// A provider could not wrap or unwrap.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The message could not be written or read.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Nobody was named who could open it later.
    #[error("sealed for nobody")]
    NoRecipient,
    /// It is a vault's content, cut out and passed off as a file: opening it here would put it in the clear.
    #[error("this is a part of a vault, not a sealed file")]
    PartOfVault,
    /// The provider that was given is none of the file's recipients.
    #[error("not sealed for this key")]
    OtherRecipient,
    /// What had to be held back until it was verified could not be kept until then.
    #[error("what waits to be verified can't be kept: {0}")]
    Spool(#[source] io::Error),
}

impl From<FormatError> for SealedFileError {
    fn from(error: FormatError) -> Self {
        Self::Crypto(error.into())
    }
}

/// A message whose header is made: what is left is its body.
#[derive(Debug)]
pub struct Sealing {
    header: Header,
    sealer: BodySealer,
}

/// Makes a data key, wrapped by each of `recipients` in their order, and the header of the file that it will seal. The
/// first recipient makes the key: one call over the network for each KMS key.
///
/// # Errors
/// [`SealedFileError`]; nothing has been written then.
pub async fn seal_file(recipients: &[Arc<dyn KeyProvider>]) -> Result<Sealing, SealedFileError> {
    let item = ItemId::from_random(random::make_bytes()?);
    let context =
        EncryptionContext::new([("sealkeep:purpose", "file".to_owned()), ("sealkeep:item", item.to_string())])?;
    let (first, others) = recipients.split_first().ok_or(SealedFileError::NoRecipient)?;
    let wrapped = first.wrap(None, &context).await?;
    let key: FreshDataKey = wrapped.made.ok_or_else(|| ProviderError::Unexpected("no data key was made".to_owned()))?;
    let mut keys = vec![wrapped.wrapped];
    for other in others {
        keys.push(other.wrap(Some(&key), &context).await?.wrapped);
    }
    let (header, sealer) = seal_header(key, context, keys, FrameLength::DEFAULT)?;
    Ok(Sealing { header, sealer })
}

impl Sealing {
    /// Writes the whole message: header, then everything that `source` has, in frames. How many bytes `source` had.
    ///
    /// # Errors
    /// [`SealedFileError::Crypto`]; what `out` got then is no message.
    pub fn run(
        self,
        source: impl Read + Send,
        mut out: impl Write + Send,
        watch: &(impl Watch + ?Sized),
    ) -> Result<u64, SealedFileError> {
        out.write_all(&self.header.to_bytes()).map_err(CryptoError::Sink)?;
        Ok(self.sealer.seal(source, out, watch)?)
    }
}

/// Who can open a file, as its header says before anything is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A KMS key.
    Kms {
        /// Its ARN.
        key_arn: String,
    },
    /// A passphrase.
    Passphrase {
        /// The passphrase record.
        record: Vec<u8>,
    },
    /// Something that Sealkeep has no provider for.
    Other {
        /// How the message names it.
        provider_id: String,
    },
}

impl Recipient {
    fn of(key: &EncryptedDataKey) -> Self {
        let arn = || String::from_utf8(key.provider_info.clone()).ok();
        match (key.provider_id.as_str(), arn()) {
            (KMS, Some(key_arn)) => Self::Kms { key_arn },
            (PASSPHRASE, _) => Self::Passphrase { record: key.provider_info.clone() },
            (other, _) => Self::Other { provider_id: other.to_owned() },
        }
    }
}

/// A file whose header was read, and is within the limits; not verified.
pub struct SealedFile<R> {
    message: MessageReader<R>,
}

impl<R: Read + Send> SealedFile<R> {
    /// Reads the header off `source`.
    ///
    /// # Errors
    /// [`SealedFileError::Crypto`]: not a message, not one that we read, or beyond a limit.
    pub fn read(source: R) -> Result<Self, SealedFileError> {
        Ok(Self { message: MessageReader::read(source)? })
    }

    /// Who can open the file. To choose from: name, or refuse, before anybody is asked.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.message.header().keys().iter().map(Recipient::of).collect()
    }

    /// Unwraps the data key with `provider`, and verifies the header with it.
    ///
    /// # Errors
    /// [`SealedFileError::PartOfVault`] and [`SealedFileError::OtherRecipient`], without asking, where no wrap names the provider's key; what the last wrap
    /// that does failed with.
    pub async fn unlock(self, provider: &dyn KeyProvider) -> Result<Opening<R>, SealedFileError> {
        let context = self.message.header().context();
        let purpose = context.value("sealkeep:purpose");
        if context.value("sealkeep:vault").is_some() || purpose.is_some_and(|purpose| !PURPOSES.contains(&purpose)) {
            return Err(SealedFileError::PartOfVault);
        }
        let mut failed = SealedFileError::OtherRecipient;
        let mut unwrapped = None;
        for wrapped in self.message.header().keys().iter().filter(|wrapped| provider.recognises(wrapped)) {
            match provider.unwrap(wrapped, context).await {
                Ok(key) => {
                    unwrapped = Some(key);
                    break;
                }
                Err(error) => failed = error.into(),
            }
        }
        let key = unwrapped.ok_or(failed)?;
        Ok(Opening { message: self.message.verify(&key)? })
    }
}

/// A file whose header is verified.
pub struct Opening<R> {
    message: VerifiedMessage<R>,
}

impl<R: Read + Send> Opening<R> {
    /// Writes the plaintext to `out`, which must not show it before this has returned `Ok`; how many bytes that were.
    ///
    /// # Errors
    /// [`SealedFileError::Crypto`].
    pub fn run(self, out: impl Withheld + Send, watch: &(impl Watch + ?Sized)) -> Result<u64, SealedFileError> {
        Ok(self.message.open(out, watch)?)
    }

    /// Writes the plaintext to `out`, whose reader sees it at once; how many bytes that were.
    ///
    /// Nothing is written that was not verified. Of a message as we write them, that is each frame by itself: only an `Ok`
    /// says that `out` has all of it, because one cut short is found at its end. One that is signed, or in one block, is
    /// verified whole before the first byte is written; until then it waits, encrypted, in the file that `make_file` makes.
    ///
    /// # Errors
    /// [`SealedFileError::Crypto`], [`SealedFileError::Spool`].
    pub fn run_to_pipe<F: Read + Write + Seek + Send>(
        self,
        out: impl Write + Send,
        make_file: impl FnOnce() -> io::Result<F>,
        watch: &(impl Watch + ?Sized),
    ) -> Result<u64, SealedFileError> {
        let message = match self.message {
            VerifiedMessage::Framed(opener) => return Ok(opener.open(out, watch)?),
            message => message,
        };
        let mut spool = Spool::new(make_file().map_err(SealedFileError::Spool)?)?;
        message.open(&mut spool, watch).map_err(|error| match error {
            CryptoError::Sink(error) => SealedFileError::Spool(error),
            other => other.into(),
        })?;
        spool.release(out, &CancelOnly(watch)).map_err(|error| match error {
            CryptoError::Source(error) => SealedFileError::Spool(error),
            CryptoError::NotAuthentic => SealedFileError::Spool(io::Error::other("it is not what was written to it")),
            other => other.into(),
        })
    }
}
