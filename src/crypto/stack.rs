//! Overwriting what finished calls left on the stack.

use std::hint::black_box;

/// How far down the stack is overwritten; key expansion and HKDF stay well above.
const DEPTH: usize = 16 * 1024;

/// Overwrites the stack below the caller: hashing and key expansion hand keys about by value, and their libraries wipe
/// what they keep but not every copy that a return made.
#[inline(never)]
pub(crate) fn wipe() {
    let mut below = [0_u8; DEPTH];
    black_box(&mut below);
}
