//! Real parts that tests start for themselves, and stop when dropped.

pub mod accessibility;
pub mod again;
pub mod cli;
pub mod desktop;
pub mod disk;
pub mod display;
pub mod ends;
pub mod fake_kms;
pub mod fuzzed;
pub mod later;
pub mod messages;
pub mod moto;
pub mod portal;
pub mod published;
pub mod recovery;
pub mod scan;
pub mod screen;
pub mod secret_service;
pub mod steps;
pub mod streams;
pub mod syscalls;
pub mod tangled;
pub mod tls;
pub mod tools;
pub mod vaults;
pub mod window;
