//! Tests.

mod wycheproof;
