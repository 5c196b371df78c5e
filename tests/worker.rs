//! The worker as the window has it: commands in, events out, on real parts.

mod clipboard;
mod doubts;
mod endless;
mod import;
mod jobs;
mod kms;
mod kms_keys;
mod lock;
mod moves;
mod noes;
mod profiles;
mod rekey;
mod salvage;
mod sealed_items;
mod sign_in;
mod slots;
mod story;
