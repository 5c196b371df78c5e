//! New keys for a vault with a recovery passphrase, which is typed for them.

use crate::support::desktop::Window;
use crate::support::scan::Marker;
use crate::support::vaults;

use super::{cli, run_cli};

const RECOVERY: &str = "vk3-eleven-quiet-herons-on-the-lock-gate-7p";
const NOTE: &str = "xt6-note-about-the-spare-key-under-the-fourth-stone";

#[test]
fn a_person_makes_new_keys_with_what_is_on_paper_and_both_ways_still_open() {
    let (recovery, note) = (Marker::new("recovery passphrase", RECOVERY), Marker::new("note", NOTE));
    let window = Window::first_run();
    window.make_vault_on_passphrase(vaults::PASSPHRASE);
    window.add_note("Spare key", NOTE);
    window.click("Close the item");
    window.go_to_ways_in();
    window.add_recovery_passphrase(RECOVERY);
    window.click("New keys…");
    window.sees("1 version with");
    window.fill("Recovery passphrase", "not this one");
    window.press("Return");
    window.sees("That opens nothing here.");
    window.press("ctrl+a");
    window.type_text(RECOVERY);
    window.has_in_memory(&recovery);
    window.press("Return");
    window.sees("New keys for 1 version, and for the list");
    window.has_wiped(&[&recovery, &note], "once there are new keys");
    window.lock();
    window.has_wiped(&[&recovery, &note, &Marker::new("passphrase", vaults::PASSPHRASE)], "once it was locked");
    unlock(&window, vaults::PASSPHRASE);
    assert_eq!(window.copy_note("Spare key"), NOTE);

    // Its own new key asks nothing of anybody.
    window.click("More");
    window.click("New keys for this item…");
    window.click("Make new keys");
    window.sees("New keys for 1 version");
    window.click("Done");
    window.click("Close the item");
    window.lock();
    unlock(&window, RECOVERY);
    assert_eq!(window.copy_note("Spare key"), NOTE);
}

fn unlock(window: &Window, typed: &str) {
    window.fill("Passphrase, or recovery code", typed);
    window.press("Return");
    window.sees_control("New");
}

#[test]
fn a_window_says_that_the_command_line_made_new_keys() {
    let window = Window::first_run();
    window.make_vault_on_passphrase(vaults::PASSPHRASE);
    window.add_note("Spare key", NOTE);
    let mut rekey = cli();
    rekey.arg("--vault").arg(window.vault()).args(["--passphrase-file", "-", "--yes", "rekey"]);
    run_cli(window.enter(&mut rekey), vaults::PASSPHRASE);
    window.click("Add to favourites");
    window.sees("Another program gave this vault new keys while it was open.");
    window.lock();
    window.unlock_with_passphrase(vaults::PASSPHRASE);
    assert_eq!(window.copy_note("Spare key"), NOTE);
}
