//! The window's screens, by what a screen reader finds on them, and what goes out when somebody uses them.

mod asked;
mod check;
mod commands;
mod documents;
mod doubts;
mod drafts;
mod endless;
pub mod every_no;
mod first_run;
mod history;
mod import;
mod items;
mod jobs;
mod keeping;
mod keyboard;
mod kms_keys;
mod layout;
mod locking;
mod moving;
mod new_keys;
mod passphrases;
mod profiles;
mod salvage;
mod slots;
mod tags;
mod unlocking;
