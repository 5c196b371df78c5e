//! The types that hold plaintext and keys, and the only `expose`.
//!
//! Owns: [`SecretBytes`], [`SecretString`], [`SecretKey`], and overwriting what calls left on the stack. Touches no I/O.
//! Invariant: a secret can be moved, borrowed or dropped, and dropping wipes it; it cannot be copied, compared with `==`,
//! printed or serialised. Every call of `expose` carries an `// EXPOSE:` comment with its reason.

/// Fails to compile where one of the types can be cloned, compared with `==`, printed or made into text.
macro_rules! assert_cannot_travel {
    ($($secret:ty),+ $(,)?) => {
        const _: fn() = || {
            // Two implementations apply to a type that has the trait, so that the marker can't be inferred.
            trait Travels<Marker> {
                fn check() {}
            }
            struct Can<const N: u8>;
            impl<T: ?Sized> Travels<()> for T {}
            impl<T: Clone> Travels<Can<1>> for T {}
            impl<T: PartialEq + ?Sized> Travels<Can<2>> for T {}
            impl<T: std::fmt::Display + ?Sized> Travels<Can<3>> for T {}
            impl<T: serde::Serialize + ?Sized> Travels<Can<4>> for T {}
            $(let _ = <$secret as Travels<_>>::check;)+
        };
    };
}
pub(crate) use assert_cannot_travel;

mod bytes;
mod key;
mod stack;
mod string;

pub use bytes::SecretBytes;
pub use key::SecretKey;
pub use stack::{wipe_deep_stack, wipe_stack};
pub use string::SecretString;

assert_cannot_travel!(SecretBytes, SecretKey, SecretString);
