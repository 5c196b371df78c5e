//! Overwriting what finished calls left on the stack.

use std::hint::black_box;

/// How far down a call to AWS reaches: futures within futures, and at the bottom a decoder that spills the key's base64.
const DEPTH_OF_CALL: usize = 512 * 1024;

/// How far down the stack is overwritten; key expansion and HKDF stay well above.
const DEPTH: usize = 16 * 1024;

/// Overwrites the stack below the caller: hashing and key expansion hand keys about by value, and their libraries wipe
/// what they keep but not every copy that a return made.
#[inline(never)]
pub(crate) fn wipe() {
    let mut below = [0_u8; DEPTH];
    black_box(&mut below);
}

/// The same for what a call to AWS left, which goes much deeper.
#[inline(never)]
pub(crate) fn wipe_after_call() {
    let mut below = [0_u8; DEPTH_OF_CALL];
    black_box(&mut below);
}
