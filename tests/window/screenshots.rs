//! `make screenshots`: the pictures in `docs/screenshots/`, of every screen, in light and dark. Nothing is held here: a person
//! looks at them.

mod aws;
mod damage;
mod everyday;
mod profiles;
mod ways;

use std::path::{Path, PathBuf};

use crate::support::desktop::Window;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screenshots");
const PASSPHRASE: &str = "seven green boats in 1 harbour";

#[test]
#[ignore = "run by `make screenshots`; writes into docs/"]
fn take() {
    for colours in ["Light", "Dark"] {
        everyday::passphrase(colours);
        damage::doubts(colours);
        everyday::keeping(colours);
        aws::kms(colours);
        aws::import(colours);
        profiles::profiles(colours);
        ways::ways_in(colours);
        ways::new_keys(colours);
        ways::moving(colours);
    }
}

/// Those of versions and the trash alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_keeping() {
    ["Light", "Dark"].into_iter().for_each(everyday::keeping);
}

/// Those of ways in, of a check and of a salvage alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_ways_in() {
    ["Light", "Dark"].into_iter().for_each(ways::ways_in);
}

/// Those of an import, and of a profile that is tried, alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_import() {
    ["Light", "Dark"].into_iter().for_each(aws::import);
}

/// Those of AWS profiles alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_profiles() {
    ["Light", "Dark"].into_iter().for_each(profiles::profiles);
}

/// Those of new keys alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_new_keys() {
    ["Light", "Dark"].into_iter().for_each(ways::new_keys);
}

/// Those of a KMS key that will be gone, of one that is made, and of moving to it, alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_moving() {
    ["Light", "Dark"].into_iter().for_each(ways::moving);
}

/// Those of a vault that was changed from outside alone.
#[test]
#[ignore = "run by hand; writes into docs/"]
fn take_doubts() {
    ["Light", "Dark"].into_iter().for_each(damage::doubts);
}

fn shoot(window: &Window, colours: &str, name: &str) {
    std::fs::create_dir_all(FOLDER).unwrap();
    window.click_all("Dismiss");
    window.comes_to_rest();
    window.picture(&path_of(colours, name));
}

fn path_of(colours: &str, name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{name}-{}.png", colours.to_lowercase()))
}
