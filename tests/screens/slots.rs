//! The page of ways in: what it lists, what is asked before something is done, and that a code is on it only while it is shown.

use std::path::PathBuf;
use std::sync::Arc;

use egui::Key;
use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::session::{self, Home};
use sealkeep::vault::{ItemId, PassedOver, SlotId, SlotState};
use sealkeep::worker::{
    Command, Drilled, EmergencySheet, JobKind, KeyLooked, KeyRotation, KeyState, LockReason, NewWay, Problem, Progress,
    RecoveryHint, RequestId, RevisionNamed, SlotKind, Standing, WayIn, WaysIn, What,
};

use crate::support::screen::{KEY, Screen, changed, described, items};
use crate::support::vaults::block_on;

pub(super) fn way(number: u8, kind: SlotKind) -> WayIn {
    WayIn {
        slot: SlotId([number; 16]),
        kind,
        state: SlotState::Active,
        owed: 0,
        opened: false,
        profile: None,
        added: None,
        drilled: None,
    }
}

pub(super) fn passphrase() -> WayIn {
    WayIn { opened: true, ..way(1, SlotKind::Passphrase) }
}

pub(super) fn kms() -> WayIn {
    WayIn { profile: Some("work".to_owned()), ..way(2, SlotKind::Kms { arn: KEY.to_owned() }) }
}

pub(super) fn sheet_way() -> WayIn {
    way(3, SlotKind::Sheet)
}

pub(super) fn list(ways: Vec<WayIn>) -> What {
    What::Ways(WaysIn { ways, keys: 120, begun: None })
}

/// The page of a vault with these ways in.
pub(super) fn page(ways: Vec<WayIn>) -> Screen {
    let mut screen = Screen::unlocked(items());
    choose(&mut screen, "Ways in: keys, recovery, emergency sheet");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListWays));
    let keys = looked(&ways);
    screen.answer(request, list(ways));
    if !keys.is_empty() {
        let (request, command) = screen.command();
        assert!(matches!(command, Command::LookAtKeys), "{command:?}");
        screen.answer(request, What::KeysLooked(keys));
    }
    screen
}

/// What AWS says of the KMS keys among them that this machine has a profile for: all is well.
fn looked(ways: &[WayIn]) -> Vec<KeyLooked> {
    let well = |way: &WayIn| match &way.kind {
        SlotKind::Kms { arn } if way.profile.is_some() => Some(KeyLooked {
            slot: way.slot,
            arn: arn.clone(),
            state: Ok(KeyState { unfit: None, days: None }),
            rotation: Ok(KeyRotation {
                enabled: true,
                next: None,
                every_days: Some(365),
                last: None,
                tells_past: true,
                running: false,
            }),
        }),
        _ => None,
    };
    ways.iter().filter_map(well).collect()
}

/// Chooses in the list of commands.
pub(super) fn choose(screen: &mut Screen, command: &str) {
    screen.ctrl(Key::K);
    screen.press(command);
}

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

pub(super) fn progress(kind: JobKind, done: u64) -> What {
    What::Job(Progress {
        kind,
        current: String::new(),
        current_done: done,
        current_total: 120,
        files_done: 0,
        files_total: 1,
        done,
        total: 120,
        per_second: None,
        left: None,
    })
}

/// Waits for the list that is asked for again, and answers it.
pub(super) fn answer_list(screen: &mut Screen, ways: Vec<WayIn>) {
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListWays), "{command:?}");
    screen.answer(request, list(ways));
}

#[test]
fn the_page_is_reached_from_the_menu_the_commands_and_the_sign_in_the_status_bar() {
    let mut screen = Screen::unlocked(items());
    screen.press("Vault menu: Family");
    screen.press("Ways in");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListWays));
    screen.answer(request, list(vec![passphrase()]));
    assert!(screen.shows("Passphrase") && screen.shows("This vault has no recovery yet"));
    screen.key(Key::Escape);
    assert!(screen.shows("GitHub"));

    screen.tell(What::Standing(Standing { owed: 2, ..Standing::default() }));
    assert!(screen.shows("2 keys owed") && !screen.shows("Put this hint aside"));
    screen.press("Repair");
    assert!(matches!(screen.command().1, Command::ListWays));
    screen.key(Key::Escape);
    screen.tell(What::Standing(Standing { adding: true, ..Standing::default() }));
    assert!(screen.shows("A way in is not finished"));
    screen.tell(What::Standing(Standing { hint: Some(RecoveryHint::TriedLongAgo), ..Standing::default() }));
    assert!(screen.shows("Recovery not tried for a year"));
    screen.tell(What::Standing(Standing { hint: Some(RecoveryHint::None), ..Standing::default() }));
    assert!(screen.shows("No recovery yet"));
    screen.press("Put this hint aside");
    assert!(matches!(screen.command().1, Command::PutHintAside));
    screen.tell(What::Standing(Standing::default()));
    assert!(!screen.shows("No recovery yet"));
    let mut locked = Screen::open();
    locked.ctrl(Key::K);
    assert!(!locked.shows("Check this vault"), "without a vault there is nothing to check");
}

#[test]
fn each_way_says_what_it_is_how_it_stands_and_what_can_be_done() {
    let moment = |second| Timestamp::from_second(second).ok();
    let tried = WayIn { added: moment(1_760_000_000), drilled: moment(1_790_000_000), ..way(5, SlotKind::Sheet) };
    let pending = WayIn { state: SlotState::Pending, owed: 83, ..way(6, SlotKind::RecoveryPassphrase) };
    let retired = WayIn { state: SlotState::UnwrapOnly, ..sheet_way() };
    let screen = page(vec![passphrase(), WayIn { owed: 3, ..kms() }, retired, tried, pending]);
    for said in [
        "In use",
        "eu-west-1 · account 1111-2222-3333 · key …1234567890ab",
        "Used here as the AWS profile “work”",
        "3 keys are not wrapped for it yet",
        "Repair: AWS KMS key",
        "Retired",
        "Opens what was saved until it was retired.",
        "Added 9 October 2025 · tried 21 September 2026",
        "Being added: 37 of 120 keys wrapped",
        "Continue: Recovery passphrase",
        "Change passphrase: Passphrase",
        "Retire: AWS KMS key",
    ] {
        assert!(screen.shows(said), "{said}\n{}", screen.tree());
    }
    assert!(!screen.shows("Remove: Passphrase"), "the one in use stays");
    assert!(!screen.mentions("no recovery yet"));
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

#[test]
fn what_is_owed_is_repaired_and_can_be_stopped() {
    let mut screen = page(vec![passphrase(), WayIn { owed: 3, ..kms() }]);
    screen.press("Repair: AWS KMS key");
    let (repairing, command) = screen.command();
    assert!(matches!(command, Command::RepairWays));
    assert!(screen.shows("Wrapping what is owed…") && !screen.shows("Repair: AWS KMS key"));
    screen.press("Cancel");
    assert_eq!(screen.cancelled(), [repairing]);
    screen.answer(repairing, What::Failed(Problem::Cancelled));
    answer_list(&mut screen, vec![passphrase(), WayIn { owed: 3, ..kms() }]);
    screen.press("Repair: AWS KMS key");
    let (repairing, _) = screen.command();
    screen.answer(repairing, What::Failed(Problem::Unreachable { reason: "timed out".to_owned() }));
    answer_list(&mut screen, vec![passphrase(), WayIn { owed: 3, ..kms() }]);
    assert!(screen.shows("AWS KMS didn't answer (timed out)."));
    screen.press("Try again");
    let (repairing, _) = screen.command();
    screen.answer(repairing, What::Repaired { made: 3, passed_over: PassedOver::default() });
    assert!(screen.shows("3 keys wrapped") && !screen.mentions("didn't answer"));
}

#[test]
fn what_is_damaged_and_was_passed_over_is_no_success() {
    let mut screen = page(vec![passphrase(), WayIn { owed: 3, ..kms() }]);
    let repair = |screen: &mut Screen, passed_over| {
        screen.press("Repair: AWS KMS key");
        let (repairing, _) = screen.command();
        screen.answer(repairing, What::Repaired { made: 2, passed_over });
        answer_list(screen, vec![passphrase(), WayIn { owed: 1, ..kms() }]);
    };
    repair(&mut screen, PassedOver { revisions: 1, pages: 0 });
    assert!(
        screen.shows("2 keys wrapped") && screen.mentions("those of 1 version can't be, because of damage."),
        "{}",
        screen.tree()
    );
    assert!(screen.mentions("“Check this vault” names") && screen.shows("Check this vault…"));
    repair(&mut screen, PassedOver { revisions: 0, pages: 1 });
    assert!(screen.mentions("1 page of the vault's list can't be") && screen.mentions("save what still opens into"));
    // Whoever has left the page is told that too.
    screen.press("Repair: AWS KMS key");
    let (repairing, _) = screen.command();
    screen.key(Key::Escape);
    screen.answer(repairing, What::Repaired { made: 2, passed_over: PassedOver { revisions: 4, pages: 0 } });
    assert!(screen.mentions("2 keys wrapped") && screen.mentions("4 versions can't be"), "{}", screen.tree());
}

#[test]
fn removing_and_retiring_are_asked_about_and_a_refusal_is_explained() {
    let mut screen = page(vec![passphrase(), kms(), sheet_way()]);
    screen.press("Remove: Emergency sheet");
    assert!(screen.mentions("an older copy of the vault, still opens that copy, and can read the list"));
    screen.press("Keep it");
    assert!(screen.try_command().is_none());
    screen.press("Remove: AWS KMS key");
    assert!(screen.shows("Remove “AWS KMS key …1234567890ab”?"));
    screen.press("Remove");
    let (removing, command) = screen.command();
    assert!(matches!(command, Command::RemoveWay { slot } if slot == SlotId([2; 16])));
    screen.answer(removing, What::Failed(Problem::LastWay));
    assert!(screen.shows("This is the last way in that opens everything."));
    answer_list(&mut screen, vec![passphrase(), kms(), sheet_way()]);
    screen.press("Retire: Emergency sheet");
    assert!(screen.mentions("It opens no content that is saved from now on"));
    screen.press("Retire");
    let (retiring, command) = screen.command();
    assert!(matches!(command, Command::RetireWay { slot } if slot == SlotId([3; 16])));
    screen.answer(retiring, list(vec![passphrase(), kms(), WayIn { state: SlotState::UnwrapOnly, ..sheet_way() }]));
    assert!(screen.shows("Retired") && !screen.shows("Retire: Emergency sheet"));
    assert!(!screen.mentions("This is the last way in"), "what was said before is over");
}

fn drilled(owed: u64, failed: u64) -> What {
    let missing = RevisionNamed { item: ItemId([1; 16]), title: Some(SecretString::copy_of("GitHub")), revision: 2 };
    What::Drilled(Drilled {
        slot: SlotId([3; 16]),
        kind: SlotKind::Sheet,
        opened: 120 - owed - failed,
        owed,
        failed,
        missing: if owed + failed > 0 { vec![missing] } else { Vec::new() },
        at: Timestamp::from_second(1_790_000_000).unwrap(),
    })
}

/// The drill, begun with what was typed.
fn drilling() -> (Screen, RequestId) {
    let mut screen = page(vec![passphrase(), sheet_way()]);
    screen.press("Try it: Emergency sheet");
    screen.write("Recovery passphrase or code", "0123-4567");
    screen.press("Try it");
    let (drilling, command) = screen.command();
    assert!(matches!(command, Command::Drill { .. }));
    (screen, drilling)
}

#[test]
fn a_drill_says_what_opens_and_what_does_not() {
    let (mut screen, request) = drilling();
    screen.answer(request, progress(JobKind::Drill, 60));
    assert!(screen.shows("60 of 120 keys") && screen.shows("Trying every key…"));
    screen.answer(request, drilled(0, 0));
    assert!(screen.shows("Emergency sheet: it opens everything") && screen.mentions("All 120 keys of this vault"));
    assert!(screen.mentions("on 21 September 2026") && !screen.tree().contains("0123-4567"));

    let (mut screen, request) = drilling();
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("That opens nothing here.") && screen.mentions("O counts as 0"));
    screen.press("Try it");
    let (request, _) = screen.command();
    screen.press("Cancel");
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(!screen.mentions("opens nothing"));

    let (mut screen, request) = drilling();
    screen.answer(request, drilled(2, 0));
    assert!(screen.shows("Emergency sheet: it does not open 2 of 120 keys"));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::ListWays));
    screen.press("Repair");
    assert!(matches!(screen.command().1, Command::RepairWays));

    let (mut screen, request) = drilling();
    screen.answer(request, drilled(0, 1));
    assert!(screen.mentions("Save the items below anew"));
    screen.press("GitHub: Version 2");
    assert!(screen.shows("Open"), "{}", screen.tree());

    let (mut screen, request) = drilling();
    screen.tell(changed(vec![described(1, "login", "GitHub", true)]));
    screen.answer(request, drilled(0, 1));
    screen.press("GitHub: Version 2");
    screen.window.run_steps(3);
    assert!(screen.shows("Restore") && screen.shows("Open"), "what is in the trash is shown there: {}", screen.tree());
}

#[test]
fn what_goes_on_is_told_in_the_corner_and_in_passing_where_the_page_was_left() {
    let (mut screen, request) = drilling();
    screen.press("Back");
    assert_eq!(screen.cancelled(), [request], "who leaves a drill stops it");
    let mut screen = page(vec![passphrase(), WayIn { owed: 3, ..kms() }]);
    screen.press("Repair: AWS KMS key");
    let (repairing, _) = screen.command();
    screen.key(Key::Escape);
    assert!(screen.shows("GitHub"));
    screen.answer(repairing, progress(JobKind::WrapKeys, 1));
    assert!(screen.shows("Wrapping keys") && screen.shows("1 of 120 keys"));
    screen.answer(repairing, What::Repaired { made: 3, passed_over: PassedOver::default() });
    assert!(screen.shows("3 keys wrapped"), "{}", screen.tree());
    assert!(!screen.shows("Wrapping keys"));
}
