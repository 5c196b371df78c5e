//! Asks the system to begin writing a file out while the rest of it is still being made.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::AsRawFd;

/// Starts writing `length` bytes from `offset` to the disk and returns at once. Promises nothing: it only leaves less to do
/// for the flush at the end, which is what promises.
#[cfg(target_os = "linux")]
pub(super) fn start(file: &File, offset: u64, length: u64) {
    let (Ok(offset), Ok(length)) = (i64::try_from(offset), i64::try_from(length)) else { return };
    // SAFETY: the call takes no pointers; the descriptor is open for as long as `file` is borrowed.
    // A failure is of no consequence: some file systems do not have this call.
    let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), offset, length, libc::SYNC_FILE_RANGE_WRITE) };
}

#[cfg(not(target_os = "linux"))]
pub(super) fn start(_file: &File, _offset: u64, _length: u64) {}
