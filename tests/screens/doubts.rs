//! A vault in which something is wrong: said above it until somebody decides, and what a decision means is asked first.

use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::vault::{Finding, ItemId, ItemState};
use sealkeep::worker::{Command, Doubt, LockReason, OpenedVault, Problem, What};

use crate::support::screen::{Screen, items, opened};

fn of_vault(what: Finding) -> Doubt {
    Doubt { item: None, what }
}

fn of_item(number: u8, what: Finding) -> Doubt {
    Doubt { item: Some(ItemId([number; 16])), what }
}

fn older() -> Vec<Doubt> {
    vec![of_vault(Finding::OlderCopy { missing: 2 })]
}

fn damage() -> Vec<Doubt> {
    vec![
        of_item(1, Finding::SummaryChanged(3)),
        of_item(1, Finding::RevisionMissing(2)),
        of_item(2, Finding::BodyMissing(1)),
        of_item(9, Finding::ItemAdded),
        of_vault(Finding::Name),
    ]
}

fn doubtful(doubts: Vec<Doubt>) -> Screen {
    Screen::unlocked_as(OpenedVault { doubts, ..opened(items()) })
}

const OLDER: &str = "This vault is older than the one you opened here (2 changes are missing).";

#[test]
fn an_older_copy_is_told_and_accepted_once_it_is_clear_what_that_means() {
    let mut screen = doubtful(older());
    assert!(screen.shows(OLDER) && !screen.shows("Show them"));
    screen.press("Restore was intended");
    assert!(screen.mentions("The 2 missing changes stay missing."));
    assert!(screen.mentions("takes this copy as the true one"));
    assert!(screen.try_command().is_none(), "nothing happens before the answer");
    screen.press("Not now");
    assert!(screen.shows(OLDER) && screen.try_command().is_none());

    screen.press("Restore was intended");
    screen.press("Go on with this copy");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::AcceptVault { seen } if *seen == older()), "{command:?}");
    screen.answer(request, What::Doubts(Vec::new()));
    screen.answer(request, What::Accepted);
    assert!(!screen.shows(OLDER));
    assert!(screen.mentions("It can be saved to again."), "a toast says it");
    screen.window.run_steps(8);
    assert!(screen.shows("GitHub"));
}

#[test]
fn damage_is_told_listed_by_name_and_accepted() {
    let mut screen = doubtful(damage());
    assert!(screen.mentions("3 items and other parts of this vault were changed outside Sealkeep"));
    screen.press("Show them");
    assert!(screen.shows("GitHub: A title that it has or had was changed. Version 2 is missing."));
    assert!(screen.mentions("The file of version 1 is missing."));
    assert!(screen.mentions("An item that is not in the list: It was added outside Sealkeep"));
    assert!(screen.mentions("The vault itself: Its inner name was changed."));
    screen.key(Key::Escape);
    assert!(!screen.mentions("The vault itself"));
    assert!(screen.mentions("3 items and other parts"), "it stays");

    screen.press("Save anyway");
    assert!(screen.mentions("stays marked and untrusted"));
    screen.press_last("Save anyway");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::AcceptVault { seen } if *seen == damage()), "{command:?}");
    assert!(!screen.shows("Save anyway"), "it is under way");
    screen.answer(request, What::Doubts(Vec::new()));
    screen.answer(request, What::Accepted);
    assert!(!screen.mentions("3 items and other parts"));
}

#[test]
fn an_item_in_the_list_of_damage_can_be_chosen() {
    let mut screen = doubtful(damage());
    screen.press("Show them");
    screen.press("GitHub: A title that it has or had was changed. Version 2 is missing.");
    assert!(!screen.mentions("The vault itself"));
    assert!(screen.window.get_by_label("Open").accesskit_node().role() == egui::accesskit::Role::Button);
}

#[test]
fn what_is_found_later_comes_up_and_takes_an_open_question_back() {
    let mut screen = Screen::unlocked(items());
    assert!(!screen.mentions("can't be trusted"));
    screen.tell(What::Doubts(vec![of_item(1, Finding::ItemMissing)]));
    assert!(screen.shows("1 item was changed outside Sealkeep and can't be trusted."));
    screen.press("Save anyway");
    screen.tell(What::Doubts(vec![of_item(1, Finding::ItemMissing), of_item(2, Finding::ItemMissing)]));
    assert!(!screen.shows("Not now"), "the question was about less");
    assert!(screen.shows("2 items were changed outside Sealkeep and can't be trusted."));
    screen.tell(What::Doubts(Vec::new()));
    assert!(!screen.mentions("can't be trusted"));
}

#[test]
fn a_failure_is_said_where_the_decision_is_and_can_be_tried_again() {
    let mut screen = doubtful(older());
    screen.press("Restore was intended");
    screen.press("Go on with this copy");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::DiskFull { needed: None }));
    assert!(screen.shows(OLDER) && screen.shows("The disk is full."));
    screen.press("Try again");
    screen.press("Go on with this copy");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::MoreFound));
    assert!(screen.mentions("Something else was found"));
    assert!(screen.shows("Restore was intended"));
}

#[test]
fn the_banner_locks_and_a_lock_takes_it_and_its_questions_away() {
    let mut screen = doubtful(older());
    screen.press_last("Lock");
    assert_eq!(screen.locks(), 1);
    let mut screen = doubtful(damage());
    screen.press("Show them");
    screen.tell(What::Locking(LockReason::Requested));
    assert!(!screen.mentions("can't be trusted") && !screen.tree().contains("GitHub"));
    let mut screen = doubtful(older());
    screen.press("Restore was intended");
    screen.press("Go on with this copy");
    let (request, _) = screen.command();
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    screen.answer(request, What::Failed(Problem::Locked));
    assert!(!screen.shows(OLDER));
}

#[test]
fn the_banner_is_read_out_and_reached_with_tab() {
    let mut screen = doubtful(damage());
    let told = screen.window.get_by_label_contains("3 items and other parts");
    assert_eq!(told.accesskit_node().live(), egui::accesskit::Live::Assertive);
    let mut reached = Vec::new();
    for _ in 0..40 {
        screen.key(Key::Tab);
        for name in ["Show them", "Save anyway"] {
            if screen.window.get_by_label(name).is_focused() && !reached.contains(&name) {
                reached.push(name);
            }
        }
    }
    assert_eq!(reached, ["Show them", "Save anyway"]);
    let mut screen = doubtful(older());
    for _ in 0..40 {
        if screen.window.get_by_label("Restore was intended").is_focused() {
            break;
        }
        screen.key(Key::Tab);
    }
    screen.key(Key::Enter);
    assert!(screen.shows("Go on with this copy?"));
    // The safe answer has the focus.
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none() && screen.shows(OLDER));
}

#[test]
fn a_refused_save_points_to_the_banner() {
    let mut screen = doubtful(older());
    screen.ctrl(Key::N);
    screen.write("Title", "New");
    screen.ctrl(Key::S);
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Unaccepted));
    assert!(screen.mentions("at the top of the window"));
}

#[test]
fn a_vault_whose_place_was_taken_says_so_once_and_for_good() {
    let mut screen = Screen::unlocked(items());
    for _ in 0..2 {
        screen.tell(What::Failed(Problem::Replaced));
    }
    let said = "Another copy was put in this vault's place while it was open, or it was moved.";
    assert_eq!(screen.window.query_all_by_value(said).count(), 1, "{}", screen.tree());
    screen.window.run_steps(8);
    assert!(screen.next_frame() > std::time::Duration::from_secs(3600), "and then nothing moves");
    screen.press_last("Lock");
    assert_eq!(screen.locks(), 1);
}

#[test]
fn an_item_that_cannot_be_trusted_says_why_in_plain_words_and_can_be_deleted_for_good() {
    let mut damaged = items();
    let item = Arc::get_mut(&mut damaged[0]).unwrap();
    item.state = ItemState::Damaged(Finding::SummaryChanged(3));
    let id = item.id;
    let mut screen = Screen::unlocked(damaged);
    screen.press("GitHub");
    assert!(screen.shows("A title that it has or had was changed. A backup of the vault may still have it."));
    assert!(!screen.mentions("summary 3"));
    screen.press("Delete for good");
    screen.press_last("Delete for good");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::Purge { items } if *items == [(id, None)]), "{command:?}");
}
