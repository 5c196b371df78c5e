//! The page of new keys: what it says before anything is done, what has to be typed, how it goes on, and what came of it.

use egui::Key;
use sealkeep::secret::SecretString;
use sealkeep::session::{ListKept, NotRekeyed, RekeyPlan, Rekeyed};
use sealkeep::vault::{ItemId, RekeyScope, Rekeying, RevisionId, SlotId, ToRekey};
use sealkeep::worker::{
    BegunRekey, Command, JobKind, LockReason, PlannedRekey, Problem, Progress, RekeyRun, RekeyStep, RekeyedKeys,
    RequestId, Resume, RevisionNamed, SlotKind, WaysIn, What,
};

use super::history::version;
use super::slots::{kms, page, passphrase, sheet_way, way};
use crate::support::screen::{KEY, Screen, items};

const RECOVERY: &str = "eleven quiet herons";

/// A plan of so many versions, of 1 kB each.
fn plan_of(scope: &RekeyScope, revisions: usize, missing: Vec<(SlotId, SlotKind)>) -> PlannedRekey {
    let revision = |number| ToRekey { item: ItemId([1; 16]), revision: number, id: RevisionId([9; 16]), length: 1000 };
    let revisions = (1..=revisions as u32).map(revision).collect();
    let rekeying = Rekeying { revisions, index: scope.items.is_none(), ..Rekeying::default() };
    let plan = RekeyPlan { rekeying, resume: Resume::GoOn, begun: None, missing, calls: vec![] };
    PlannedRekey { scope: scope.clone(), plan, title: None, damaged: vec![] }
}

fn planned(plan: PlannedRekey) -> What {
    What::RekeyPlanned(Box::new(plan))
}

/// The plan that the window asks for.
fn asked_plan(screen: &mut Screen) -> (RequestId, RekeyScope) {
    match screen.command() {
        (request, Command::Rekey(RekeyStep::Plan(scope, _))) => (request, scope),
        other => panic!("{other:?}"),
    }
}

/// The work that the window asks for.
fn asked_run(screen: &mut Screen) -> (RequestId, RekeyRun) {
    match screen.command() {
        (request, Command::Rekey(RekeyStep::Run(run))) => (request, run),
        other => panic!("{other:?}"),
    }
}

fn recovery_and_sheet() -> Vec<(SlotId, SlotKind)> {
    vec![(SlotId([5; 16]), SlotKind::RecoveryPassphrase), (SlotId([3; 16]), SlotKind::Sheet)]
}

/// The page for everything, with its plan.
fn with_plan(missing: Vec<(SlotId, SlotKind)>) -> Screen {
    let mut screen = page(vec![passphrase(), way(5, SlotKind::RecoveryPassphrase), sheet_way()]);
    screen.press("New keys…");
    let (request, scope) = asked_plan(&mut screen);
    assert_eq!(scope, RekeyScope::default());
    screen.answer(request, planned(plan_of(&scope, 120, missing)));
    screen
}

fn progress(done: u64) -> What {
    What::Job(Progress {
        kind: JobKind::Rekey,
        current: String::new(),
        current_done: done,
        current_total: 120_000,
        files_done: 0,
        files_total: 1,
        done,
        total: 120_000,
        per_second: None,
        left: None,
    })
}

fn rekeyed(done: Rekeyed, missing: Vec<RevisionNamed>, removed: Vec<SlotKind>) -> What {
    let ways = vec![(SlotId([2; 16]), SlotKind::Kms { arn: KEY.to_owned() })];
    What::Rekeyed(Box::new(RekeyedKeys { done, missing, removed, ways }))
}

fn whole() -> Rekeyed {
    Rekeyed { revisions: 120, bytes: 120_000, index: true, ..Rekeyed::default() }
}

#[test]
fn what_it_takes_is_said_before_and_what_came_of_it_after() {
    let mut screen = with_plan(vec![]);
    assert!(screen.shows("120 versions with 120 kB, history and trash included"), "{}", screen.tree());
    assert!(screen.mentions("Gets a new key too") && !screen.mentions("AWS KMS"));
    assert!(screen.mentions("Older copies of this vault, backups too, still open with the old keys"));
    assert!(screen.mentions("Other computers that have seen this vault ask to accept"));
    assert!(screen.mentions("as long as reading and writing all of it"));
    screen.press("Make new keys");
    let (request, run) = asked_run(&mut screen);
    assert_eq!((run.scope, run.missing.len(), run.typed.len()), (RekeyScope::default(), 0, 0));
    assert!(screen.shows("Preparing the new keys…"));
    screen.answer(request, progress(30_000));
    assert!(screen.mentions("30 kB of 120 kB") && screen.mentions("what is done stays done"), "{}", screen.tree());
    let removed = vec![SlotKind::Kms { arn: KEY.to_owned() }];
    screen.answer(request, rekeyed(whole(), vec![], removed));
    assert!(screen.shows("New keys for 120 versions, and for the list"));
    assert!(screen.mentions("The retired way in “AWS KMS key …1234567890ab” is gone"), "{}", screen.tree());
    assert!(screen.shows("Older copies and backups are as they were"));
    screen.press("Done");
    assert!(matches!(screen.command().1, Command::ListWays), "back to the ways in");
}

#[test]
fn on_kms_the_calls_and_their_price_are_said() {
    let mut screen = page(vec![kms()]);
    screen.press("New keys…");
    let (request, scope) = asked_plan(&mut screen);
    let mut plan = plan_of(&scope, 120, vec![(SlotId([6; 16]), SlotKind::Kms { arn: KEY.to_owned() })]);
    plan.plan.calls = vec![("GenerateDataKey", 121), ("Encrypt", 121), ("Decrypt", 242)];
    screen.answer(request, planned(plan));
    assert!(screen.mentions("484 calls to AWS KMS, less than a US cent"), "{}", screen.tree());
    assert!(
        screen.shows("AWS KMS key …1234567890ab") && screen.mentions("by the AWS profile that this computer knows")
    );
    screen.press("Make new keys");
    let (_, run) = asked_run(&mut screen);
    assert_eq!((run.missing, run.typed.len()), (vec![SlotId([6; 16])], 0));
}

#[test]
fn every_way_in_is_typed_and_a_wrong_one_is_said_in_its_place() {
    let mut screen = with_plan(recovery_and_sheet());
    screen.write("Recovery passphrase", RECOVERY);
    screen.press("Make new keys");
    assert!(screen.try_command().is_none(), "the sheet's code is missing");
    screen.write("Code on the emergency sheet", "0000-0000");
    assert!(!screen.tree().contains(RECOVERY), "it is masked");
    screen.key(Key::Enter);
    let (request, run) = asked_run(&mut screen);
    assert_eq!(run.missing, [SlotId([5; 16]), SlotId([3; 16])]);
    // EXPOSE: compared in a test.
    let typed: Vec<_> = run.typed.iter().map(SecretString::expose).collect();
    assert_eq!(typed, [RECOVERY, "0000-0000"]);
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("One of these opens nothing here."));
    // What was typed is there to be mended.
    screen.press("Make new keys");
    let (request, run) = asked_run(&mut screen);
    assert_eq!(run.typed.len(), 2);
    screen.answer(request, progress(1));
    // Once it was used, it is nowhere any more.
    assert!(!screen.shows("Recovery passphrase"));
    screen.answer(request, rekeyed(whole(), vec![], vec![]));
    assert!(screen.shows("New keys for 120 versions, and for the list"));

    let mut screen = with_plan(recovery_and_sheet());
    screen.press("Is one of them lost? Remove it first");
    assert!(matches!(screen.command().1, Command::ListWays));

    let mut screen = with_plan([5, 6].map(|slot| (SlotId([slot; 16]), SlotKind::RecoveryPassphrase)).to_vec());
    assert!(screen.shows("Recovery passphrase 1") && screen.shows("Recovery passphrase 2"), "told apart");
    screen.write("Recovery passphrase 1", RECOVERY);
    screen.tell(What::Locking(LockReason::Asked));
    assert!(screen.try_command().is_some_and(|(_, command)| matches!(command, Command::InspectVault { .. })));
    assert!(!screen.shows("Recovery passphrase 1"));
}

#[test]
fn what_is_wrong_is_told_where_the_page_was_left_and_what_was_typed_is_gone_then() {
    let mut screen = with_plan(vec![(SlotId([5; 16]), SlotKind::RecoveryPassphrase)]);
    screen.write("Recovery passphrase", "not this one");
    screen.key(Key::Enter);
    let (request, _) = asked_run(&mut screen);
    screen.key(Key::Escape);
    assert!(matches!(screen.command().1, Command::ListWays));
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.mentions("That opens nothing here."), "{}", screen.tree());
}

#[test]
fn only_old_keys_are_chosen_by_their_age_and_a_late_plan_is_passed_over() {
    let mut screen = with_plan(vec![]);
    screen.press("For: Only what is older than…");
    let (request, scope) = asked_plan(&mut screen);
    assert_eq!(scope, RekeyScope { items: None, older_than_days: Some(365) });
    screen.answer(request, planned(plan_of(&RekeyScope::default(), 120, vec![])));
    assert!(screen.shows("Counting the keys…"), "that was the plan for everything");
    screen.press("For: Everything");
    screen.press("For: Only what is older than…");
    let (_, first) = asked_plan(&mut screen);
    assert_eq!(first.older_than_days, None);
    let (request, scope) = asked_plan(&mut screen);
    let mut plan = plan_of(&scope, 2, vec![]);
    plan.plan.rekeying.index = false;
    screen.answer(request, planned(plan));
    assert!(screen.shows("2 versions with 2.0 kB") && screen.mentions("Keeps its key, which is not that old"));
    assert!(!screen.mentions("Other computers"), "the list's key stays");

    screen.write("Older than so many days", "x");
    assert!(!screen.shows("Make new keys"), "that is no number");
    screen.press("See what it takes");
    assert!(screen.try_command().is_none());
    screen.field("Older than so many days").focus();
    screen.step();
    screen.key(Key::Backspace);
    screen.write("Older than so many days", "0");
    screen.press("See what it takes");
    let (request, scope) = asked_plan(&mut screen);
    assert_eq!(scope.older_than_days, Some(3650));
    let mut plan = plan_of(&scope, 0, vec![]);
    plan.plan.rekeying.index = false;
    screen.answer(request, planned(plan));
    assert!(screen.mentions("No key is older than 3") && !screen.shows("Make new keys"), "{}", screen.tree());
}

#[test]
fn a_stop_or_a_failure_leaves_what_was_done_and_it_goes_on() {
    let mut screen = with_plan(vec![]);
    screen.press("Make new keys");
    let (request, _) = asked_run(&mut screen);
    screen.answer(request, progress(60_000));
    screen.press("Stop");
    assert_eq!(screen.cancelled(), [request]);
    screen.answer(request, What::Failed(Problem::Cancelled));
    let (request, scope) = asked_plan(&mut screen);
    let mut plan = plan_of(&scope, 60, vec![]);
    plan.plan.begun = Some(jiff::Timestamp::from_second(1_778_600_000).unwrap());
    screen.answer(request, planned(plan));
    assert!(screen.mentions("With what was begun on 12 May 2026") && screen.mentions("60 versions"));
    screen.press("Go on");
    let (request, _) = asked_run(&mut screen);
    let away = Problem::Unreachable { reason: "timed out".to_owned() };
    screen.answer(request, What::Failed(away));
    assert!(screen.mentions("Everything opens. What was sealed again stays so"));
    assert!(!screen.shows("See what is left"));
    screen.press("Try again");
    let (request, scope) = asked_plan(&mut screen);
    screen.answer(request, planned(plan_of(&scope, 60, vec![])));
    screen.press("Make new keys");
    let (request, _) = asked_run(&mut screen);
    screen.answer(request, What::Failed(Problem::Damaged { what: "a page".to_owned() }));
    screen.press("See what is left");
    asked_plan(&mut screen);
}

#[test]
fn what_was_begun_goes_on_or_begins_anew() {
    let mut screen = with_plan(vec![]);
    assert!(!screen.shows("Begin anew"), "nothing was begun");
    screen.press("For: Only what is older than…");
    asked_plan(&mut screen);
    screen.press("For: Everything");
    let (request, scope) = asked_plan(&mut screen);
    let mut plan = plan_of(&scope, 60, vec![(SlotId([5; 16]), SlotKind::RecoveryPassphrase)]);
    plan.plan.begun = Some(jiff::Timestamp::from_second(1_778_600_000).unwrap());
    screen.answer(request, planned(plan));
    screen.write("Recovery passphrase", RECOVERY);
    screen.press("Begin anew");
    let (request, command) = screen.command();
    let Command::Rekey(RekeyStep::Plan(asked, Resume::Anew)) = command else { panic!("{command:?}") };
    assert_eq!(asked, scope);
    let mut plan = plan_of(&scope, 120, vec![]);
    plan.plan.resume = Resume::Anew;
    screen.answer(request, planned(plan));
    assert!(screen.mentions("120 versions") && !screen.shows("Begin anew"), "{}", screen.tree());
    screen.press("Make new keys");
    let (_, run) = asked_run(&mut screen);
    assert_eq!(
        (run.scope, run.resume, run.typed.len()),
        (scope, Resume::Anew, 0),
        "what was typed for the other plan is gone"
    );
}

#[test]
fn what_was_begun_is_offered_by_the_ways_in() {
    let mut screen = Screen::unlocked(items());
    screen.press("Vault menu: Family");
    screen.press("Ways in");
    let (request, _) = screen.command();
    let scope = RekeyScope { items: Some(vec![ItemId([1; 16]), ItemId([2; 16])]), older_than_days: None };
    let since = jiff::Timestamp::from_second(1_778_600_000).unwrap();
    let begun = Some(BegunRekey { scope: scope.clone(), since, left: 34 });
    screen.answer(request, What::Ways(WaysIn { ways: vec![passphrase()], keys: 120, begun }));
    assert!(screen.shows("New keys were begun on 12 May 2026, 15:33: 34 versions left."), "{}", screen.tree());
    screen.press("Go on with the new keys");
    let (_, asked) = asked_plan(&mut screen);
    assert_eq!(asked, scope);
    assert!(screen.shows("New keys for some items") && !screen.shows("For: Everything"));
}

#[test]
fn one_item_gets_new_keys_from_its_menu_its_versions_and_the_commands() {
    let only = |scope: &RekeyScope| assert_eq!(scope.items, Some(vec![ItemId([1; 16])]));
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    screen.command();
    screen.press("More");
    screen.press("New keys for this item…");
    let (request, scope) = asked_plan(&mut screen);
    only(&scope);
    let title = Some(SecretString::copy_of("GitHub"));
    screen.answer(request, planned(PlannedRekey { title, ..plan_of(&scope, 3, vec![]) }));
    assert!(screen.shows("New keys for this item") && screen.shows("GitHub"));
    assert!(screen.shows("3 versions with 3.0 kB, all that there is of it"), "{}", screen.tree());
    assert!(!screen.shows("The list") && !screen.mentions("Other computers"), "{}", screen.tree());
    screen.press("Make new keys");
    let (request, run) = asked_run(&mut screen);
    only(&run.scope);
    // Where the page was left, it is told in passing, and what came of it is there again.
    screen.key(Key::Escape);
    screen.answer(request, progress(10));
    assert!(screen.shows("Making new keys"));
    screen.answer(request, rekeyed(Rekeyed { revisions: 3, bytes: 3000, ..Rekeyed::default() }, vec![], vec![]));
    assert!(screen.shows("New keys for 3 versions"), "{}", screen.tree());

    screen.ctrl(Key::K);
    screen.press("New keys for the item");
    assert!(screen.try_command().is_none() && screen.shows("Older copies and backups are as they were"));
    screen.press("Done");

    screen.press("More");
    screen.press("Versions");
    let (request, _) = screen.command();
    let revisions = vec![version(1, true, 1000)];
    screen.answer(request, What::HistoryOpened { item: ItemId([1; 16]), revisions });
    screen.press("New keys for all of them…");
    only(&asked_plan(&mut screen).1);
}

#[test]
fn what_could_not_be_sealed_again_is_named_and_leads_to_its_item() {
    let mut screen = with_plan(vec![]);
    screen.press("Make new keys");
    let (request, _) = asked_run(&mut screen);
    let why = "its content is not what was written".to_owned();
    let not_rekeyed = vec![NotRekeyed { item: ItemId([1; 16]), revision: 3, why }];
    let title = Some(SecretString::copy_of("GitHub"));
    let missing = vec![RevisionNamed { item: ItemId([1; 16]), title, revision: 3 }];
    screen.answer(request, rekeyed(Rekeyed { not_rekeyed, ..whole() }, missing, vec![]));
    assert!(screen.shows("New keys for 120 versions, and for the list; not for 1 version"), "{}", screen.tree());
    screen.press("GitHub: Version 3: its content is not what was written");
    assert!(screen.shows("Close the item"));
}

#[test]
fn a_list_that_kept_its_key_says_why_and_what_to_do() {
    let of = |kept| {
        let mut screen = with_plan(vec![]);
        screen.press("Make new keys");
        let (request, _) = asked_run(&mut screen);
        let done = Rekeyed { index: false, list_kept: Some(kept), ..whole() };
        screen.answer(request, rekeyed(done, vec![], vec![]));
        assert!(screen.shows("The list kept its key") && !screen.mentions("not for"), "{}", screen.tree());
        screen
    };
    let retired = of(ListKept::Retired(SlotId([2; 16])));
    assert!(retired.mentions("still opens something") && retired.mentions("Remove it in Ways in"));
    assert!(of(ListKept::Damaged("a summary".to_owned())).mentions("a summary"));
}

#[test]
fn another_programs_new_keys_stand_above_the_vault_until_it_is_locked() {
    for problem in [Problem::Rekeyed, Problem::WaysChanged] {
        let mut screen = Screen::unlocked(items());
        screen.tell(What::Failed(problem));
        assert!(screen.mentions("Another program") && screen.mentions("Lock the vault and open it again"));
        assert_eq!(locks_offered(&screen), 2, "in the status bar, and above the vault");
        screen.press_last("Lock");
        assert_eq!(screen.locks(), 1);
    }
    let mut screen = with_plan(vec![]);
    screen.press("Make new keys");
    let (request, _) = asked_run(&mut screen);
    screen.answer(request, What::Failed(Problem::Rekeyed));
    assert_eq!(locks_offered(&screen), 2, "in the status bar, and beside what happened");
    screen.press_last("Lock");
    assert_eq!(screen.locks(), 1);
}

fn locks_offered(screen: &Screen) -> usize {
    screen.tree().lines().filter(|line| line.starts_with("Button Lock")).count()
}
