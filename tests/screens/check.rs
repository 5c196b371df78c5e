//! The page that checks the vault: how far it is, that all is well, and what is not.

use std::time::Duration;

use egui::Key;
use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::vault::{Finding, ItemId};
use sealkeep::worker::{Checked, Command, JobKind, LockReason, Problem, ProblemNamed, Progress, RequestId, What};

use crate::support::screen::{Screen, items};

/// The page, with the check begun.
fn checking() -> (Screen, RequestId) {
    let mut screen = Screen::unlocked(items());
    screen.press("Vault menu: Family");
    screen.press("Check this vault…");
    assert!(screen.mentions("Opens every version of every item"));
    assert!(!screen.mentions("CloudTrail"), "the vault is on a passphrase");
    assert!(screen.try_command().is_none());
    screen.press("Check everything");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::CheckVault));
    (screen, request)
}

fn progress(done: u64) -> What {
    What::Job(Progress {
        kind: JobKind::Check,
        current: String::new(),
        current_done: 0,
        current_total: 0,
        files_done: done / 1000,
        files_total: 204,
        done,
        total: 204_000,
        per_second: None,
        left: None,
    })
}

fn checked(problems: Vec<ProblemNamed>) -> What {
    What::Checked(Checked {
        items: 128,
        revisions: 204,
        bytes: 204_000,
        unopened: 0,
        time: Duration::from_secs(14),
        found: problems.len() as u64,
        problems,
        at: Timestamp::from_second(1_790_000_000).unwrap(),
    })
}

fn damage() -> Vec<ProblemNamed> {
    let title = Some(SecretString::copy_of("GitHub"));
    vec![
        ProblemNamed { item: Some(ItemId([1; 16])), title, what: Finding::BodyChanged(2) },
        ProblemNamed { item: None, title: None, what: Finding::Name },
    ]
}

#[test]
fn a_check_says_how_far_it_is_and_that_all_is_well() {
    let (mut screen, request) = checking();
    screen.answer(request, progress(51_000));
    assert!(screen.mentions("51 of 204 versions"), "{}", screen.tree());
    assert!(!screen.shows("Fold the jobs"));
    screen.answer(request, checked(Vec::new()));
    assert!(screen.shows("Everything is as it was written"));
    assert!(screen.mentions("128 items · 204 versions · 204 kB · 14 seconds"));
    screen.press("Check again");
    let (request, _) = screen.command();
    screen.press("Cancel");
    assert_eq!(screen.cancelled(), [request]);
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(screen.shows("Check everything") && !screen.shows("Cancelled."));
    screen.press("Check everything");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Unreachable { reason: "timed out".to_owned() }));
    assert!(screen.mentions("didn't answer"));
    screen.press("Try again");
    assert!(matches!(screen.command().1, Command::CheckVault));
}

#[test]
fn what_is_not_as_it_was_written_is_named_and_leads_to_the_item() {
    let (mut screen, request) = checking();
    screen.answer(request, checked(damage()));
    assert!(screen.shows("2 problems found") && screen.mentions("What is intact still opens."));
    assert!(screen.shows("The vault itself: Its inner name was changed."));
    let row = name_with(&screen, "GitHub: ");
    assert!(row.contains("Version 2 was changed or cut short."), "{row}");
    screen.press(&row);
    assert!(!screen.shows("2 problems found") && screen.shows("Open"));
    // What was found is there again.
    screen.press("Vault menu: Family");
    screen.press("Check this vault…");
    assert!(screen.shows("2 problems found"));
    screen.tell(What::Locking(LockReason::Idle));
    assert!(!screen.tree().contains("GitHub"));
}

/// The whole name that begins so.
fn name_with(screen: &Screen, begin: &str) -> String {
    let tree = screen.tree();
    let line = tree.lines().find(|line| line.contains(begin)).unwrap();
    line[line.find(begin).unwrap()..].to_owned()
}

#[test]
fn a_check_goes_on_where_the_page_was_left_and_says_how_it_ended() {
    let (mut screen, request) = checking();
    screen.key(Key::Escape);
    assert!(screen.shows("GitHub") && screen.cancelled().is_empty());
    screen.answer(request, progress(102_000));
    assert!(screen.shows("Checking the vault") && screen.mentions("102 of 204 versions"));
    screen.answer(request, checked(damage()));
    assert!(screen.mentions("The check found 2 problems."), "{}", screen.tree());
    screen.press("Vault menu: Family");
    screen.press("Check this vault…");
    assert!(screen.shows("2 problems found"));
}

#[test]
fn more_damage_than_anybody_reads_is_counted_and_its_beginning_listed() {
    let (mut screen, request) = checking();
    let What::Checked(report) = checked(damage()) else { panic!("a report") };
    screen.answer(request, What::Checked(Checked { found: 12_345, ..report }));
    assert!(screen.mentions("12\u{202f}345 problems found") && screen.shows("The first 2:"), "{}", screen.tree());
}
