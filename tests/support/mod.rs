//! Real parts that tests start for themselves, and stop when dropped.

pub mod secret_service;
