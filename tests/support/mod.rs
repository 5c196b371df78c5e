//! Real parts that tests start for themselves, and stop when dropped.

pub mod moto;
pub mod secret_service;
pub mod tools;
