//! Where plaintext may go before it is verified.

use std::io::{Sink, Write};

/// A place where plaintext waits, unseen, until all of it was verified: a file that has no name yet, a [`Spool`], memory.
///
/// To implement this is to promise that nobody else reads there, that it vanishes where it is dropped, and that whoever
/// makes it visible does so only after opening has returned `Ok`.
///
/// [`Spool`]: super::Spool
pub trait Withheld: Write {}

impl<W: Withheld + ?Sized> Withheld for &mut W {}

// Nobody ever sees it.
impl Withheld for Sink {}
