//! Everything moving to another KMS key: what is shown before, the proof at the end, and what could not be moved.

use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::secret::SecretString;
use sealkeep::session::{NotMoved, RewrapPlan, Rewrapped};
use sealkeep::vault::{ItemId, Moving, SlotId, SlotState, ToMove, WrapProof};
use sealkeep::worker::{
    Command, JobKind, KeyAlarm, KeyChoice, KeyDescription, KeyLooked, KeyState, MoveTo, MovedKeys, MovesBy,
    PlannedMove, Problem, RequestId, RevisionNamed, SlotKind, Unfit, WayIn, What, Without,
};

use super::slots::{answer_list, choose, kms, page, passphrase, progress, sheet_way, way};
use crate::support::screen::{KEY, Screen, items};

const NEW: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f7f5e0e-9f86-4b6c-8f0c-ffffffffffff";

/// The page with a key of the vault moving to another one, planned.
fn planned_move() -> (Screen, MoveTo) {
    planned(false)
}

/// The same; `reactivates`: the vault has the new key already, retired.
fn planned(reactivates: bool) -> (Screen, MoveTo) {
    let (mut screen, _) = choosing();
    screen.write("KMS key ARN or alias", NEW);
    screen.press("Test this key");
    let (testing, _) = screen.command();
    screen.press("See what it takes");
    assert!(screen.try_command().is_none(), "AWS has not answered for it");
    screen.answer(testing, tested(NEW));
    let to = answer_plan(&mut screen, reactivates);
    (screen, to)
}

/// The page on which the new key is chosen, and the list of keys that it asks for.
fn choosing() -> (Screen, RequestId) {
    let mut screen = page(vec![WayIn { opened: true, ..kms() }]);
    screen.press("Move to another KMS key…: AWS KMS key");
    screen.press("work");
    let (listing, command) = screen.command();
    assert!(matches!(command, Command::ListKeys { .. }), "{command:?}");
    (screen, listing)
}

/// AWS has answered for this key.
fn tested(arn: &str) -> What {
    let latency = std::time::Duration::from_millis(20);
    let key = sealkeep::worker::KeyReport { arn: arn.to_owned(), alias: None, latency };
    What::ProfileTested(sealkeep::worker::ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: None,
        principal: None,
        key: Some(key),
        seen: Ok(Vec::new()),
    })
}

/// Asks what moving to [`NEW`] takes, and answers that.
fn answer_plan(screen: &mut Screen, reactivates: bool) -> MoveTo {
    screen.press("See what it takes");
    let (planning, command) = screen.command();
    let Command::PlanMove(to) = command else { panic!("{command:?}") };
    assert_eq!((to.slot, to.key.as_str()), (SlotId([2; 16]), NEW));
    let key = ToMove { item: ItemId([9; 16]), revision: 1, owed: false };
    let moving = Moving { keys: vec![key; 120], moved: 0, damaged: vec![], pages: 0 };
    let by = Some(MovesBy::ReEncrypt { profile: "work".to_owned() });
    let plan = RewrapPlan { by, moving, calls: vec![("ReEncrypt", 121), ("Decrypt", 2)], reactivates };
    let planned = PlannedMove { old: KEY.to_owned(), new: NEW.to_owned(), plan };
    screen.answer(planning, What::MovePlanned(Box::new(planned)));
    to
}

fn moved(to: &MoveTo, done: Rewrapped, missing: Vec<RevisionNamed>) -> What {
    let key = KeyDescription::Kms { region: "eu-west-1".to_owned(), arn: to.key.clone(), profile: "work".to_owned() };
    What::KeysMoved(Box::new(MovedKeys { old: KEY.to_owned(), new: to.key.clone(), done, missing, key }))
}

#[test]
fn everything_moves_to_another_key_after_its_cost_was_seen_and_the_proof_is_shown() {
    let (mut screen, to) = planned_move();
    assert!(screen.shows("What opens the list, and 120 versions") && screen.mentions("123 calls"));
    assert!(screen.mentions("no key comes to this computer") && screen.mentions("no way to lock somebody out"));
    screen.press("Move everything");
    let (moving, command) = screen.command();
    assert!(matches!(command, Command::MoveKeys(asked) if asked == to));
    screen.answer(moving, progress(JobKind::MoveKeys, 60));
    assert!(screen.shows("Moving everything…") && screen.mentions("60 of 120 keys"));
    assert!(screen.mentions("what is moved stays moved"), "it says what stopping means");
    screen.press("Stop");
    assert_eq!(screen.cancelled(), [moving]);
    screen.answer(moving, What::Failed(Problem::Cancelled));
    answer_list(&mut screen, vec![kms()]);
    assert!(screen.shows("See what it takes"));

    let (mut screen, to) = planned_move();
    screen.press("Move everything");
    let (moving, _) = screen.command();
    let away = Problem::Unreachable { reason: "timed out".to_owned() };
    screen.answer(moving, What::Failed(away));
    answer_list(&mut screen, vec![kms()]);
    assert!(screen.mentions("What was moved stays"));
    screen.press("Go on");
    let (moving, _) = screen.command();
    let proof = WrapProof { index_wraps: 1, data_wraps: 120, ..WrapProof::default() };
    let done = Rewrapped { moved: 120, is_replaced: true, proof, ..Rewrapped::default() };
    screen.answer(moving, moved(&to, done, vec![]));
    let now = WayIn { opened: true, ..way(4, SlotKind::Kms { arn: to.key.clone() }) };
    answer_list(&mut screen, vec![now]);
    assert!(screen.shows("Everything is under the new key") && screen.mentions("All 121 keys of this vault"));
    assert!(screen.mentions("ffffffff"), "the status bar has the new key: {}", screen.tree());
    screen.press("Done");
    assert!(screen.shows("In use"));
}

#[test]
fn what_could_not_be_moved_is_named_and_leads_to_its_item() {
    let (mut screen, to) = planned_move();
    screen.press("Move everything");
    let (moving, _) = screen.command();
    let why = "its wrapped keys are not those that were written".to_owned();
    let not_moved = vec![NotMoved { item: ItemId([9; 16]), revision: 3, why }];
    let title = Some(SecretString::copy_of("GitHub"));
    let missing = vec![RevisionNamed { item: ItemId([9; 16]), title, revision: 3 }];
    screen.answer(moving, moved(&to, Rewrapped { moved: 119, not_moved, ..Rewrapped::default() }, missing));
    answer_list(&mut screen, vec![kms()]);
    assert!(screen.shows("1 version could not be moved, so the old key stays in use"));
    assert!(screen.mentions("Version 3: its wrapped keys"));
}

#[test]
fn the_new_key_is_shown_in_full_before_anything_moves_and_a_retired_one_as_such() {
    let (screen, _) = planned(false);
    assert!(screen.shows(NEW), "{}", screen.tree());
    assert!(!screen.mentions("retired"), "{}", screen.tree());
    let (mut screen, _) = planned(true);
    assert!(screen.mentions("has the new key already, retired") && screen.mentions("puts it in use again"));
    screen.press("Move everything");
    assert!(matches!(screen.command().1, Command::MoveKeys(_)));
}

#[test]
fn the_key_in_use_is_marked_and_no_choice_and_both_are_called_by_their_aliases() {
    let (mut screen, listing) = choosing();
    let key = |arn: &str, alias: &str| KeyChoice {
        arn: arn.to_owned(),
        alias: Some(alias.to_owned()),
        state: Some(KeyState { unfit: None, days: None }),
        rotates: Some(true),
    };
    let keys = vec![key(KEY, "alias/team"), key(NEW, "alias/next")];
    screen.answer(listing, What::Keys { profile: "work".to_owned(), keys });
    assert!(screen.tree().contains("in use now · enabled"), "{}", screen.tree());
    assert!(screen.window.get_by_label("alias/team").accesskit_node().is_disabled());
    screen.press("alias/team");
    assert!(screen.try_command().is_none(), "it is the one that is moved from");
    screen.press("alias/next");
    let (testing, command) = screen.command();
    assert!(matches!(&command, Command::TestProfile { key: Some(key), .. } if key == NEW), "{command:?}");
    screen.answer(testing, tested(NEW));
    answer_plan(&mut screen, false);
    for said in ["alias/team", "alias/next", "eu-west-1 · account 1111-2222-3333 · key …1234567890ab", NEW] {
        assert!(screen.shows(said), "{said}\n{}", screen.tree());
    }

    // Who types it, or an alias of it, is told as much.
    let (mut screen, _) = choosing();
    screen.write("KMS key ARN or alias", KEY);
    screen.press("Test this key");
    let (testing, _) = screen.command();
    screen.answer(testing, tested(KEY));
    assert!(screen.shows("This key is in use now"), "{}", screen.tree());
    screen.press("See what it takes");
    assert!(screen.try_command().is_none(), "a key takes no place of its own");
}

/// A key that AWS does not use as it stands can't be moved from: what has to be done first stands there.
#[test]
fn what_has_to_be_done_first_stands_on_the_card_and_where_one_moves() {
    let mut screen = page(vec![WayIn { opened: true, ..kms() }]);
    assert!(!screen.mentions("does not use it"));
    let look = |screen: &mut Screen, state: KeyState| {
        let (looking, command) = screen.command();
        assert!(matches!(command, Command::LookAtKeys), "{command:?}");
        let rotation = Err(Problem::Throttled);
        let looked = KeyLooked { slot: SlotId([2; 16]), arn: KEY.to_owned(), state: Ok(state), rotation };
        screen.answer(looking, What::KeysLooked(vec![looked]));
    };
    screen.key(egui::Key::Escape);
    choose(&mut screen, "Ways in: keys, recovery, emergency sheet");
    answer_list(&mut screen, vec![WayIn { opened: true, ..kms() }]);
    look(&mut screen, KeyState { unfit: Some(Unfit::PendingDeletion), days: Some(6) });
    assert!(screen.shows("This key will be deleted in 6 days") && screen.mentions("Cancel the deletion first"));
    assert!(screen.mentions("Its rotation is not known"), "{}", screen.tree());
    screen.press("Copy the command that cancels it");
    let (_, command) = screen.command();
    let Command::CopyPlain { text } = command else { panic!("{command:?}") };
    assert!(text.starts_with("aws kms cancel-key-deletion --region eu-west-1 --key-id "));
    // One button moves, and it is in the box.
    let moves = screen.tree().lines().filter(|line| line.contains("Move to another KMS key…: AWS KMS key")).count();
    assert_eq!(moves, 1, "{}", screen.tree());
    screen.press("Move to another KMS key…: AWS KMS key");
    assert!(screen.shows("See what it takes") && screen.shows("This key will be deleted in 6 days"));
    screen.press("Look again");
    look(&mut screen, KeyState { unfit: Some(Unfit::Disabled), days: None });
    assert!(screen.shows("This key is disabled") && screen.shows("Copy the command that enables it"));
    screen.press("work");
    let (listing, _) = screen.command();
    screen.answer(listing, What::Keys { profile: "work".to_owned(), keys: Vec::new() });
    screen.press("Look again");
    look(&mut screen, KeyState { unfit: None, days: None });
    assert!(matches!(screen.command().1, Command::ListKeys { .. }), "what the list says of it is old, too");
    assert!(!screen.mentions("This key is") && screen.shows("See what it takes"));
}

#[test]
fn an_alarm_leads_to_moving_from_its_own_key() {
    let other = WayIn { slot: SlotId([7; 16]), ..kms() };
    let come = |slot: u8, ways: Vec<WayIn>| {
        let mut screen = Screen::unlocked(items());
        let alarm =
            KeyAlarm { slot: SlotId([slot; 16]), arn: KEY.to_owned(), days: Some(6), without: Without::Nothing };
        screen.tell(What::KeyAlarms(vec![alarm]));
        screen.press("Move to another key…");
        answer_list(&mut screen, ways);
        screen
    };
    let mut screen = come(7, vec![kms(), other.clone()]);
    assert!(matches!(screen.command().1, Command::LookAtKeys));
    screen.press("work");
    screen.command();
    screen.write("KMS key ARN or alias", NEW);
    screen.press("Test this key");
    let (testing, _) = screen.command();
    screen.answer(testing, tested(NEW));
    screen.press("See what it takes");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::PlanMove(to) if to.slot == SlotId([7; 16])), "{command:?}");
    let retired = WayIn { state: SlotState::UnwrapOnly, ..other };
    let screen = come(7, vec![kms(), retired]);
    assert!(screen.shows("This KMS key is not in use any more") && !screen.shows("See what it takes"));
}

#[test]
fn other_kms_keys_that_still_open_something_are_named_at_the_end() {
    const OTHER: &str = "arn:aws:kms:eu-west-1:444455556666:key/0f7f5e0e-9f86-4b6c-8f0c-eeeeeeeeeeee";
    let ended = |others: &[(&str, u64)]| {
        let (mut screen, to) = planned_move();
        screen.press("Move everything");
        let (moving, _) = screen.command();
        let by_key = others.iter().chain(&[(NEW, 121)]).map(|(arn, wraps)| ((*arn).to_owned(), *wraps)).collect();
        let proof = WrapProof { index_wraps: 2, data_wraps: 140, by_key, ..WrapProof::default() };
        let done = Rewrapped { moved: 120, is_replaced: true, proof, ..Rewrapped::default() };
        screen.answer(moving, moved(&to, done, vec![]));
        answer_list(&mut screen, vec![kms()]);
        screen
    };
    let screen = ended(&[(OTHER, 21)]);
    assert!(screen.shows("Everything is under the new key") && screen.mentions("Other KMS keys open something"));
    assert!(screen.shows(OTHER) && screen.mentions("Opens 21 keys · eu-west-1 · account 4444-5555-6666"));
    assert!(!ended(&[]).mentions("Other KMS keys"), "the new one is no other");
}

/// The page as somebody comes to it by the list of commands, to move.
fn come(ways: Vec<WayIn>) -> Screen {
    let mut screen = Screen::unlocked(items());
    choose(&mut screen, "Move to another KMS key");
    answer_list(&mut screen, ways);
    screen
}

#[test]
fn moving_is_among_the_commands_and_asks_which_key_only_where_there_are_several() {
    let screen = come(vec![kms(), sheet_way()]);
    assert!(screen.shows("See what it takes") && screen.shows("AWS profile"), "{}", screen.tree());
    let other = WayIn { slot: SlotId([7; 16]), ..kms() };
    let screen = come(vec![kms(), other.clone()]);
    assert!(screen.mentions("several KMS keys") && !screen.shows("See what it takes"), "{}", screen.tree());
    // A retired one is none to move from.
    let retired = WayIn { state: SlotState::UnwrapOnly, ..other };
    let screen = come(vec![kms(), retired]);
    assert!(screen.shows("See what it takes"), "{}", screen.tree());
    let screen = come(vec![passphrase()]);
    assert!(screen.mentions("no KMS key that is in use") && !screen.shows("See what it takes"), "{}", screen.tree());
}

#[test]
fn what_goes_on_is_not_left_for_a_move() {
    let (mut screen, _) = planned_move();
    screen.press("Move everything");
    let (moving, _) = screen.command();
    choose(&mut screen, "Move to another KMS key");
    assert!(screen.shows("Moving everything…"), "{}", screen.tree());
    screen.answer(moving, progress(JobKind::MoveKeys, 60));
    assert!(screen.mentions("60 of 120 keys"));
}
