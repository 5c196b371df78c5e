//! The emergency sheet: that a code is on the page only while it is shown, and who adds one.

use std::path::PathBuf;
use std::sync::Arc;

use egui::Key;
use sealkeep::secret::SecretString;
use sealkeep::session::{self, Home};
use sealkeep::vault::{PassedOver, SlotId, SlotState};
use sealkeep::worker::{Command, EmergencySheet, JobKind, LockReason, NewWay, Problem, WayIn, What};

use super::{answer_list, choose, page, passphrase, progress, sheet_way};
use crate::support::screen::Screen;
use crate::support::vaults::block_on;

/// A sheet of a real vault.
fn real_sheet() -> Arc<EmergencySheet> {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::under(folder.path()).unwrap();
    let key = session::NewVault::Passphrase(SecretString::copy_of("passphrase"));
    let session = block_on(session::create(&home, &folder.path().join("Family.sealkeep"), key)).unwrap();
    Arc::new(session.ways().make_sheet().unwrap())
}

/// The page with a sheet on it.
fn with_sheet() -> (Screen, Arc<EmergencySheet>) {
    let mut screen = page(vec![passphrase()]);
    screen.press("Add a way in…");
    screen.press("Emergency sheet");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::MakeSheet));
    let sheet = real_sheet();
    screen.answer(request, What::SheetMade(Arc::clone(&sheet)));
    (screen, sheet)
}

const ORDINALS: [&str; 9] = ["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth"];

/// Types what is asked for, as it stands on the sheet.
fn type_groups(screen: &mut Screen, sheet: &EmergencySheet) {
    let mut asked = 0;
    for (number, ordinal) in ORDINALS.iter().enumerate() {
        let label = format!("{ordinal} group");
        if screen.shows(&label) {
            // EXPOSE: typed in a test.
            screen.write(&label, sheet.group(number).expose());
            asked += 1;
        }
    }
    assert_eq!(asked, 2);
}

#[test]
fn a_sheet_is_added_by_whoever_has_it_on_paper_and_by_nobody_else() {
    let (mut screen, sheet) = with_sheet();
    // EXPOSE: looked for in a test.
    let (code, group) = (sheet.code(), sheet.group(4));
    assert!(screen.tree().contains(code.expose()), "a screen reader reads it while it is shown");
    assert!(screen.shows("The code as a QR code") && screen.mentions("It is shown only now"));
    screen.press("I have it on paper");
    assert!(!screen.tree().contains(group.expose()), "it is asked for, and not shown");
    for ordinal in ORDINALS {
        let label = format!("{ordinal} group");
        if screen.shows(&label) {
            screen.write(&label, "0000");
        }
    }
    screen.press("Add this sheet");
    assert!(screen.mentions("That is not what stands on the sheet"));
    assert!(screen.try_command().is_none(), "nothing is added that nobody has");
    screen.press("Show the sheet again");
    assert!(screen.tree().contains(code.expose()));
    // One of the two is right, whichever: that is not having it.
    for wrong in [0, 1] {
        screen.press("I have it on paper");
        let asked = (0..9).filter(|at| screen.shows(&format!("{} group", ORDINALS[*at]))).collect::<Vec<_>>();
        for (place, at) in asked.into_iter().enumerate() {
            // EXPOSE: typed in a test.
            let group = sheet.group(at);
            let typed = if place == wrong { "0000" } else { group.expose() };
            screen.write(&format!("{} group", ORDINALS[at]), typed);
        }
        screen.press("Add this sheet");
        assert!(screen.mentions("That is not what stands on the sheet") && screen.try_command().is_none(), "{wrong}");
        screen.press("Show the sheet again");
    }
    screen.press("I have it on paper");
    type_groups(&mut screen, &sheet);
    screen.press("Add this sheet");
    let (adding, command) = screen.command();
    assert!(matches!(&command, Command::AddWay(NewWay::Sheet(added)) if added.slot() == sheet.slot()));
    assert!(screen.shows("Making the key that the code opens…"));

    screen.answer(adding, What::WayBegun { slot: sheet.slot() });
    answer_list(&mut screen, vec![passphrase(), WayIn { state: SlotState::Pending, owed: 120, ..sheet_way() }]);
    screen.answer(adding, progress(JobKind::WrapKeys, 40));
    assert!(screen.mentions("40 of 120 keys"), "{}", screen.tree());
    assert!(!screen.shows("Fold the jobs"), "told once, and not in the corner as well");
    screen.press("Cancel");
    assert_eq!(screen.cancelled(), [adding]);
    screen.answer(adding, What::WayAdded { slot: SlotId([3; 16]), passed_over: PassedOver::default() });
    assert!(screen.shows("Emergency sheet added"));
    answer_list(&mut screen, vec![passphrase(), sheet_way()]);
    assert!(screen.shows("Never tried on this computer") && screen.shows("Try it: Emergency sheet"));
    assert!(!screen.tree().contains(group.expose()));
}

#[test]
fn what_could_not_be_added_is_said_to_open_nothing_and_can_be_tried_again() {
    let (mut screen, sheet) = with_sheet();
    screen.press("I have it on paper");
    type_groups(&mut screen, &sheet);
    screen.press("Add this sheet");
    let (adding, _) = screen.command();
    screen.answer(adding, What::Failed(Problem::DiskFull { needed: None }));
    assert!(screen.mentions("The sheet is not added: it opens nothing so far."));
    screen.press("Try again");
    assert!(matches!(screen.command().1, Command::AddWay(NewWay::Sheet(_))));

    // After it was begun it is there, and says so.
    let (mut screen, sheet) = with_sheet();
    screen.press("I have it on paper");
    type_groups(&mut screen, &sheet);
    screen.press("Add this sheet");
    let (adding, _) = screen.command();
    screen.answer(adding, What::WayBegun { slot: sheet.slot() });
    let pending = || vec![passphrase(), WayIn { state: SlotState::Pending, owed: 20, ..sheet_way() }];
    answer_list(&mut screen, pending());
    screen.answer(adding, What::Failed(Problem::Cancelled));
    answer_list(&mut screen, pending());
    assert!(screen.shows("Being added: 100 of 120 keys wrapped"));
    screen.press("Continue: Emergency sheet");
    assert!(matches!(screen.command().1, Command::RepairWays));
}

#[test]
fn a_sheet_is_written_out_after_a_warning_and_replaces_a_file_after_another() {
    let (mut screen, sheet) = with_sheet();
    screen.press("Save a printable sheet…");
    assert!(screen.mentions("in the clear"));
    screen.press("Don't save");
    assert!(screen.try_command().is_none());
    screen.press("Save a printable sheet…");
    screen.press("Choose where…");
    let (picking, command) = screen.command();
    assert!(matches!(&command, Command::PickSaveAs { name, .. } if name == "Family emergency sheet.html"));
    let path = PathBuf::from("/home/anna/sheet.html");
    screen.answer(picking, What::Picked(vec![path.clone()]));
    let (saving, command) = screen.command();
    assert!(matches!(command, Command::SaveSheet { replace: false, .. }));
    screen.answer(saving, What::Failed(Problem::Exists { path: path.clone() }));
    screen.press("Replace");
    let (saving, command) = screen.command();
    assert!(matches!(&command, Command::SaveSheet { replace: true, path: to, .. } if *to == path));
    screen.answer(saving, What::SheetSaved { path });
    assert!(screen.shows("Saved as “sheet.html”") && screen.mentions("then delete the file"));
    screen.press("Copy code");
    assert!(matches!(&screen.command().1, Command::Copy { text } if text.same_as(&sheet.code())));
}

#[test]
fn a_lock_and_every_way_out_take_the_code_away() {
    for leave in [
        |screen: &mut Screen| screen.tell(What::Locking(LockReason::Idle)),
        |screen: &mut Screen| screen.ctrl(Key::L),
        |screen: &mut Screen| screen.key(Key::Escape),
        |screen: &mut Screen| screen.press("Back"),
        |screen: &mut Screen| choose(screen, "Settings"),
    ] {
        let (mut screen, sheet) = with_sheet();
        // EXPOSE: looked for in a test.
        let group = sheet.group(0);
        assert!(screen.tree().contains(group.expose()));
        leave(&mut screen);
        assert!(!screen.tree().contains(group.expose()));
        screen.window.run_steps(8);
        assert_eq!(Arc::strong_count(&sheet), 1, "the window has let it go");
    }
}

/// Somebody may have copied the code by hand by then.
#[test]
fn a_sheet_that_was_taken_down_is_not_thrown_away_without_a_question() {
    for way_back in [|screen: &mut Screen| screen.key(Key::Escape), |screen: &mut Screen| screen.press("Back")] {
        let (mut screen, sheet) = with_sheet();
        // EXPOSE: looked for in a test.
        let shows = |screen: &Screen| screen.tree().contains(sheet.group(0).expose());
        screen.press("I have it on paper");
        assert!(!shows(&screen));
        way_back(&mut screen);
        assert!(shows(&screen), "back to the sheet");
        way_back(&mut screen);
        assert!(screen.shows("Throw this sheet away?"));
        screen.press("Go on with it");
        assert!(shows(&screen));
        way_back(&mut screen);
        screen.press("Throw it away");
        assert!(!shows(&screen) && screen.shows("Add a way in"));
        screen.window.run_steps(8);
        assert_eq!(Arc::strong_count(&sheet), 1, "the window has let it go");
    }
}
