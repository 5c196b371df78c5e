//! the use cases, one file each.
