//! Sources and sinks that are slow, or fail.

use std::io::{self, Read, Write};

use sealkeep::crypto::Withheld;

/// Gives one byte at a time, and is interrupted before each.
pub struct Trickle<'a> {
    rest: &'a [u8],
    interrupted: bool,
}

impl<'a> Trickle<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, interrupted: false }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = buffer.len().min(1);
        self.rest.read(&mut buffer[..length])
    }
}

/// Fails after so many bytes.
pub struct FailsAfter(pub usize);

impl FailsAfter {
    fn pass(&mut self, length: usize) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        let passed = length.min(self.0);
        self.0 -= passed;
        Ok(passed)
    }
}

impl Read for FailsAfter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pass(buffer.len())
    }
}

impl Write for FailsAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Seek for FailsAfter {
    fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

impl Withheld for FailsAfter {}
