//! The line that blocks pass along: read in order, worked on by all cores at once, written in order.
//!
//! Every thread carries one block through all three steps, so that reading, working and writing overlap without queues,
//! and memory is one block a thread. Invariant: blocks are written in the order in which they were read, and nothing is
//! written after the first one that failed.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::block::{Block, BlockShape};
use super::{CryptoError, Watch};

/// The most threads that work on one body: disks are not faster than that.
const MAX_THREADS: usize = 8;

/// The most memory that all blocks of a body may have together.
const MAX_BUFFERS: usize = 32 * 1024 * 1024;

/// What is done to a block: sealing or opening.
pub(super) trait Step: Sync {
    /// The shape of the blocks.
    fn shape(&self) -> BlockShape;

    /// Reads block `number`, counted from 0; says whether it was the last one. Called in order, never twice at a time.
    fn read(&self, number: u64, source: &mut impl Read, block: &mut Block) -> Result<bool, CryptoError>;

    /// Seals or opens what was read. Called for several blocks at a time.
    fn work(&self, block: &mut Block) -> Result<(), CryptoError>;
}

/// Carries all blocks from `source` to `sink`; how many bytes of plaintext they had.
pub(super) fn run(
    step: &impl Step,
    source: impl Read + Send,
    sink: impl Write + Send,
    watch: &(impl Watch + ?Sized),
) -> Result<u64, CryptoError> {
    let line = Line {
        step,
        watch,
        intake: Mutex::new(Intake { source, next: 0, ended: false }),
        outlet: Mutex::new(Outlet { sink, next: 0, total: 0, failure: None }),
        turn: Condvar::new(),
        stopped: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let mut block = step.shape().make_block();
        // A body of one block needs no second thread: the first block is read before any is started.
        let first = line.take(&mut block);
        if first.as_ref().is_some_and(|taken| !taken.last) {
            for _ in 1..thread_count(step.shape()) {
                let helper = thread::Builder::new().name("frames".to_owned());
                // Where the system has no thread to spare, fewer do the same work.
                if helper.spawn_scoped(scope, || line.carry(step.shape().make_block(), None)).is_err() {
                    break;
                }
            }
        }
        line.carry(block, first);
    });
    let mut outlet = line.outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
    match outlet.failure {
        Some(failure) => Err(failure),
        None => outlet.sink.flush().map_err(CryptoError::Sink).map(|()| outlet.total),
    }
}

/// One more thread than there are cores, for the one that waits for the disk; fewer where frames are huge.
fn thread_count(shape: BlockShape) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores + 1).min(MAX_THREADS).min(MAX_BUFFERS / shape.buffer_length()).max(1)
}

struct Line<'a, S, R, W, V: ?Sized> {
    step: &'a S,
    watch: &'a V,
    intake: Mutex<Intake<R>>,
    outlet: Mutex<Outlet<W>>,
    /// Told whenever the outlet's turn moves on, or the line stops.
    turn: Condvar,
    stopped: AtomicBool,
}

struct Intake<R> {
    source: R,
    next: u64,
    ended: bool,
}

struct Outlet<W> {
    sink: W,
    next: u64,
    total: u64,
    failure: Option<CryptoError>,
}

/// A block's place in the order, and how reading it went.
struct Taken {
    number: u64,
    last: bool,
    read: Result<(), CryptoError>,
}

impl<S: Step, R: Read, W: Write, V: Watch + ?Sized> Line<'_, S, R, W, V> {
    /// Carries blocks, beginning with `first`, until there are no more.
    fn carry(&self, mut block: Block, first: Option<Taken>) {
        let _stop = StopOnPanic(self);
        let mut next = first.or_else(|| self.take(&mut block));
        while let Some(taken) = next {
            let worked = taken.read.and_then(|()| self.step.work(&mut block));
            if !self.give(taken.number, worked, &block) {
                return;
            }
            next = self.take(&mut block);
        }
    }

    /// Reads the next block, or finds that there is none.
    fn take(&self, block: &mut Block) -> Option<Taken> {
        let mut intake = lock(&self.intake);
        if intake.ended || self.stopped.load(Ordering::Acquire) {
            return None;
        }
        let number = intake.next;
        intake.next += 1;
        block.clear();
        let read = if self.watch.is_cancelled() {
            Err(CryptoError::Cancelled)
        } else {
            self.step.read(number, &mut intake.source, block)
        };
        intake.ended = *read.as_ref().unwrap_or(&true);
        Some(Taken { number, last: intake.ended, read: read.map(|_| ()) })
    }

    /// Waits for the block's turn and writes it, or ends the line with its failure; whether to go on.
    fn give(&self, number: u64, worked: Result<(), CryptoError>, block: &Block) -> bool {
        let outlet = lock(&self.outlet);
        let not_yet = |outlet: &mut Outlet<W>| outlet.next != number && !self.stopped.load(Ordering::Acquire);
        let mut outlet = self.turn.wait_while(outlet, not_yet).unwrap_or_else(PoisonError::into_inner);
        if self.stopped.load(Ordering::Acquire) {
            return false;
        }
        let written = worked.and_then(|()| {
            if self.watch.is_cancelled() {
                return Err(CryptoError::Cancelled);
            }
            // EXPOSE: written to the caller's sink; ciphertext when sealing, the plaintext that was asked for when opening.
            outlet.sink.write_all(&block.bytes.expose()[block.output.clone()]).map_err(CryptoError::Sink)
        });
        match written {
            Ok(()) => {
                outlet.next += 1;
                outlet.total += block.plain_length;
                self.watch.advanced(block.plain_length);
                self.turn.notify_all();
                true
            }
            Err(failure) => {
                outlet.failure = Some(failure);
                self.stopped.store(true, Ordering::Release);
                self.turn.notify_all();
                false
            }
        }
    }
}

/// Lets nobody wait for a thread that panicked in somebody else's source, sink or watch.
struct StopOnPanic<'a, 'b, S, R, W, V: ?Sized>(&'a Line<'b, S, R, W, V>);

impl<S, R, W, V: ?Sized> Drop for StopOnPanic<'_, '_, S, R, W, V> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Under the lock, so that nobody falls asleep between looking and being told.
            let _outlet = lock(&self.0.outlet);
            self.0.stopped.store(true, Ordering::Release);
            self.0.turn.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
