//! Opening one sealed file.

use std::io::{self, BufReader, Write};

use crate::crypto::{Watch, Withheld};
use crate::platform::{OutFile, nameless_file};
use crate::providers::KeyProvider;
use crate::vault::{Recipient, SealedFile, SealedFileOpening};

use super::super::SessionError;
use super::{Source, Target, Written, explain, explain_reading};

/// A sealed file whose header was read, and is within the limits; nothing of it is believed yet.
pub struct SealedSource {
    file: SealedFile<BufReader<Source>>,
    target: Target,
    label: String,
}

/// A sealed file whose header is verified: what is left is its bytes.
pub struct Decrypting {
    opening: SealedFileOpening<BufReader<Source>>,
    target: Target,
    label: String,
}

impl SealedSource {
    /// Reads the header off `source`, whose plaintext will go to `target`.
    ///
    /// # Errors
    /// `NotSealed`, `NotReadable`, `Source`.
    pub fn read(source: Source, target: Target) -> Result<Self, SessionError> {
        let label = source.label();
        let file = SealedFile::read(BufReader::new(source)).map_err(|error| explain_reading(error, &label))?;
        Ok(Self { file, target, label })
    }

    /// Who can open it, by its own account.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.file.recipients()
    }

    /// How to call it in a message.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Unwraps the data key: one call over the network for a KMS key.
    ///
    /// # Errors
    /// [`SessionError::Provider`]; `SourceDamaged`; `NoOpener` where the file names another key, and then nobody was asked.
    pub async fn unlock(self, provider: &dyn KeyProvider) -> Result<Decrypting, SessionError> {
        let Self { file, target, label } = self;
        let opening = file.unlock(provider).await.map_err(|error| explain_reading(error, &label))?;
        Ok(Decrypting { opening, target, label })
    }
}

impl Decrypting {
    /// Opens, and makes the output appear: a file when all of it was verified. Blocks. To standard output goes what was
    /// verified, frame by frame, so that only an `Ok` says that all of it is there; a message that is verified at its end
    /// waits until then in an encrypted temporary file.
    ///
    /// # Errors
    /// [`SessionError::Cancelled`]; `Source`, `SourceDamaged`; [`SessionError::Out`], [`SessionError::Stdout`],
    /// [`SessionError::Spool`]. No file has appeared then.
    pub fn run(self, watch: &(impl Watch + ?Sized)) -> Result<Written, SessionError> {
        let Self { opening, mut target, label } = self;
        let opened = match &mut target {
            Target::File(file) => opening.run(Nameless(file), watch),
            Target::Stdout(pipe) => opening.run_to_pipe(pipe, || nameless_file(&std::env::temp_dir()), watch),
        };
        let bytes = opened.map_err(|error| explain(error, &label, &target))?;
        Ok(Written { path: target.commit()?, bytes })
    }
}

/// A file before its commit: dropped, it never was.
struct Nameless<'a>(&'a mut OutFile);

impl Write for Nameless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

// It is committed above, and only after opening has returned `Ok`.
impl Withheld for Nameless<'_> {}
