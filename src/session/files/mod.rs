//! Stand-alone `.sealed` files: what is read, what the output is called, and who can open it.

mod naming;
mod source;

pub use naming::OutputPlace;
pub use source::Source;
