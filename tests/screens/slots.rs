//! The page of ways in: what it lists, what is asked before something is done, and what it says of how that ended.

mod drill;
mod sheet;

use egui::Key;
use jiff::Timestamp;
use sealkeep::vault::{PassedOver, SlotId, SlotState};
use sealkeep::worker::{
    Command, JobKind, KeyLooked, KeyRotation, KeyState, Problem, Progress, RecoveryHint, SlotKind, Standing, WayIn,
    WaysIn, What,
};

use crate::support::screen::{KEY, Screen, items};

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

#[test]
fn what_goes_on_is_told_in_the_corner_and_in_passing_where_the_page_was_left() {
    let (mut screen, request) = drill::drilling();
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
