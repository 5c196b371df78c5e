//! The types that hold plaintext and keys, and the only `expose`.
//!
//! Owns: [`SecretBytes`], [`SecretString`], [`SecretKey`]. Touches no I/O.
//! Invariant: a secret can be moved, borrowed or dropped, and dropping wipes it; it cannot be copied, compared with `==`,
//! printed or serialised. Every call of `expose` carries an `// EXPOSE:` comment with its reason.

mod bytes;
mod key;
mod string;

pub use bytes::SecretBytes;
pub use key::SecretKey;
pub use string::SecretString;
