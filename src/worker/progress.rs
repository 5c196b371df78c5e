//! How far a job has come.

use std::time::Duration;

/// How far a job has come. Paths are the person's own and shown as they are; nothing here comes out of a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What the job does.
    pub kind: JobKind,
    /// The file that it is at: its name, with replacement characters where it is not UTF-8.
    pub current: String,
    /// How much of that file is done, in bytes.
    pub current_done: u64,
    /// How long that file is, in bytes.
    pub current_total: u64,
    /// How many files are done.
    pub files_done: u64,
    /// How many files there are.
    pub files_total: u64,
    /// How many bytes are done.
    pub done: u64,
    /// How many bytes there are.
    pub total: u64,
    /// How many bytes a second go through, lately; `None` while it is too early to say.
    pub per_second: Option<u64>,
    /// How long it will still take; `None` while it is too early to say.
    pub left: Option<Duration>,
}

impl Progress {
    /// Which part of it is done, between 0 and 1.
    pub fn part(&self) -> f32 {
        part(self.done, self.total)
    }
}

/// Which part of `total` is `done`, between 0 and 1.
pub fn part(done: u64, total: u64) -> f32 {
    if total == 0 { 0.0 } else { (done as f64 / total as f64) as f32 }
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Adds files to the vault.
    AddFiles,
    /// Makes encrypted copies.
    SealBeside,
    /// Opens a document.
    OpenDocument,
    /// Writes a document out.
    SaveDocument,
    /// Writes an item as a sealed file.
    SealItem,
    /// Saves a document's new version.
    AddVersion,
    /// Brings an earlier version of a document back.
    RestoreRevision,
    /// Wraps keys for a way in. `done` and `total` count keys.
    WrapKeys,
    /// Moves keys to another KMS key. `done` and `total` count keys.
    MoveKeys,
    /// Opens everything that is meant, and seals it again under new keys.
    Rekey,
    /// Tries whether a way in opens everything. `done` and `total` count keys.
    Drill,
    /// Checks everything that the vault has; its files are revisions.
    Check,
    /// Copies what is intact of a damaged vault into a new one.
    Salvage,
}
