//! Following a long piece of work, and ending it.

/// What sealing and opening report to, and ask whether to go on. Called from several threads.
///
/// Asked before every batch of frames is read and again before it is written: every few milliseconds of work, unless
/// the source or the sink itself blocks.
pub trait Watch: Sync {
    /// `bytes` more of plaintext have been read, sealed and written, or read, opened and written.
    fn advanced(&self, bytes: u64);

    /// Whether to stop now; what was written so far is then not to be used.
    fn is_cancelled(&self) -> bool;
}

/// Nobody is watching, and nothing is cancelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn advanced(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Asks another watch whether to go on, and counts nothing: where the same bytes are counted elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct CancelOnly<'a, W: ?Sized>(pub &'a W);

impl<W: Watch + ?Sized> Watch for CancelOnly<'_, W> {
    fn advanced(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
