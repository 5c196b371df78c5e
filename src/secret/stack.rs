//! Overwriting what finished calls left on the stack.

use std::hint::black_box;

/// How far down the stack is overwritten after short work; key expansion and HKDF stay well above.
const DEPTH: usize = 16 * 1024;

/// The same after long work: a call to AWS is futures within futures, and at the bottom a decoder that spills the key's base64.
const DEEP: usize = 512 * 1024;

/// Overwrites the stack below the caller: hashing and key expansion hand keys about by value, and their libraries wipe
/// what they keep but not every copy that a return made.
#[inline(never)]
pub fn wipe_stack() {
    let mut below = [0_u8; DEPTH];
    black_box(&mut below);
}

/// The same for work that goes deep: a call to AWS, a file that is opened by its name (the standard library copies a path to the
/// stack), a job that is done. The C library keeps the stack of a thread that ended for the next one, as it is.
#[inline(never)]
pub fn wipe_deep_stack() {
    let mut below = [0_u8; DEEP];
    black_box(&mut below);
}
