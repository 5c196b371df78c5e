//! Tests.

mod message;
mod wycheproof;
