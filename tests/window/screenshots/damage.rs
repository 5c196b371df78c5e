//! What a check finds, what can't be trusted, and what is saved of it.

use sealkeep::ui::wording::salvage::SALVAGE;

use super::{PASSPHRASE, shoot};
use crate::support::desktop::Window;
use crate::support::steps::Login;

/// A check that finds something.
pub(super) fn check_of_damage(window: &Window, shot: &dyn Fn(&str)) {
    let database = rusqlite::Connection::open(window.vault().join("vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = CAST(substr(frames, 1, 40) || CASE hex(substr(frames, 41, 1)) WHEN '00' THEN x'01' \
               ELSE x'00' END || substr(frames, 42) AS BLOB) WHERE rowid IN (SELECT rowid FROM revision LIMIT 2)";
    assert_eq!(database.execute(sql, ()).unwrap(), 2);
    drop(database);
    window.click("Check again");
    window.sees("2 problems found");
    shot("check-problems");
    window.resize(860, 560);
    shot("check-problems-narrow");
    window.resize(1180, 760);
    window.click(SALVAGE);
    window.sees_control("Save what still opens");
    shot("salvage-kms");
    window.click("Save what still opens");
    window.sees("2 lost");
    shot("salvage-done-kms");
}

/// A vault that somebody changed from outside.
pub(super) fn doubts(colours: &str) {
    let window = Window::first_run();
    let shot = |name: &str| shoot(&window, colours, name);
    window.click("Settings");
    window.click(&format!("Colours: {colours}"));
    window.click("Back");
    window.make_vault_on_passphrase(PASSPHRASE);
    for title in ["GitHub", "Bank", "Internet provider"] {
        window.add_login(&Login { title, username: "anna@example.org", password: "tulip-harbour-2961" });
    }
    window.lock();
    let database = rusqlite::Connection::open(window.vault().join("vault.db")).unwrap();
    let sql =
        "DELETE FROM revision_wrap WHERE revision_id IN (SELECT revision_id FROM revision ORDER BY item_id LIMIT 2)";
    assert_eq!(database.execute(sql, ()).unwrap(), 2);
    drop(database);
    window.unlock_with_passphrase(PASSPHRASE);
    window.sees("2 items were changed outside Sealkeep");
    shot("damaged");
    window.click("Show them");
    window.sees("What can't be trusted");
    shot("damaged-items");
    window.click("Close");
    window.click("Save anyway");
    window.sees("Save to this vault as it is?");
    shot("damaged-question");
    window.press("Escape");
    window.resize(860, 560);
    shot("damaged-narrow");
    window.resize(1180, 760);
    window.click(SALVAGE);
    window.sees_control("Save what still opens");
    window.fill("Passphrase", PASSPHRASE);
    shot("salvage");
    window.click("Opened by: Another passphrase");
    window.resize(860, 560);
    shot("salvage-narrow");
    window.click("Opened by: The same passphrase");
    window.click("Save what still opens");
    window.sees("2 lost");
    shot("salvage-done-narrow");
    window.resize(1180, 760);
    shot("salvage-done");
}
