//! The worker as the window has it: commands in, events out, on real parts.

mod clipboard;
mod doubts;
mod endless;
mod jobs;
mod kms;
mod lock;
mod rekey;
mod salvage;
mod sealed_items;
mod sign_in;
mod slots;
mod story;
