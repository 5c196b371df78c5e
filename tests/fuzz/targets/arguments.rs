//! The command line's modules stand at the root here as they do in the program, whose names for each other they use.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/bin/sealkeep-cli/args.rs"]
mod args;
#[path = "../../../src/bin/sealkeep-cli/commands/mod.rs"]
mod commands;
#[path = "../../../src/bin/sealkeep-cli/context.rs"]
mod context;
#[path = "../../../src/bin/sealkeep-cli/error.rs"]
mod error;
#[path = "../../../src/bin/sealkeep-cli/fields.rs"]
mod fields;
#[path = "../../../src/bin/sealkeep-cli/input.rs"]
mod input;
#[path = "../../../src/bin/sealkeep-cli/output.rs"]
mod output;
#[path = "../../../src/bin/sealkeep-cli/progress.rs"]
mod progress;
#[path = "../../../src/bin/sealkeep-cli/strength.rs"]
mod strength;
#[path = "../../../src/bin/sealkeep-cli/text.rs"]
mod text;
#[path = "../../../src/bin/sealkeep-cli/unlock.rs"]
mod unlock;
#[path = "../../../src/bin/sealkeep-cli/wording.rs"]
mod wording;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| args::read_fuzzed(bytes));
