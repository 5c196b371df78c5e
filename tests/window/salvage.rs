//! A vault that somebody damaged, saved into a new one by hand.

use sealkeep::ui::wording::salvage::SALVAGE;

use crate::support::desktop::Window;
use crate::support::steps::Login;

const PASSPHRASE: &str = "seven green boats in 1 harbour";

#[test]
fn what_a_damaged_vault_still_has_is_saved_into_a_new_one_and_the_rest_is_named() {
    let window = Window::first_run();
    window.make_vault_on_passphrase(PASSPHRASE);
    window.add_note("Door codes", "Front 1234, back 5678");
    window.add_login(&Login { title: "GitHub", username: "anna@example.org", password: "hunter2-hunter2" });
    let vault = window.vault();
    let database = rusqlite::Connection::open(vault.join("vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = randomblob(length(frames)) WHERE rowid = (SELECT max(rowid) FROM revision)";
    assert_eq!(database.execute(sql, ()).unwrap(), 1);
    drop(database);
    window.click("Vault menu: My vault");
    window.click("Check this vault…");
    window.click("Check everything");
    window.sees("1 problem found");
    window.click(SALVAGE);
    window.fill("Passphrase", PASSPHRASE);
    window.click("Save what still opens");
    window.sees("1 item copied; 1 lost");
    window.sees("GitHub: Version 1 was changed or cut short.");
    window.click("Open the new vault");
    window.sees("My vault saved");
    window.unlock_with_passphrase(PASSPHRASE);
    assert!(!window.shows("GitHub"));
    assert_eq!(window.copy_note("Door codes"), "Front 1234, back 5678");
    assert!(vault.is_dir(), "the damaged one stays as it is");
}
