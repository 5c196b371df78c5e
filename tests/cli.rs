//! The command line, as a person or a script uses it: transcripts on the real binary.

mod bad_input;
mod damage;
mod documents;
mod doomed;
mod files;
mod history;
mod import;
mod interrupts;
mod items;
mod keeping;
mod keys;
mod kms;
mod manual;
mod noes;
mod policy;
mod profiles;
mod read_only;
mod rekey;
mod rewrap;
mod sign_in;
mod slots;
mod tags;
mod terminal;
