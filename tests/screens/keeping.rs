//! For how long things are kept: told in the trash, above the vault, among the versions, in the settings.

use std::sync::Arc;

use egui::Key;
use sealkeep::format::v1::SummaryRecord;
use sealkeep::secret::SecretString;
use sealkeep::vault::{CollectionId, DeviceId, Fields, ItemId, ItemSummary, Retention, RevisionView};
use sealkeep::worker::{Command, What};

use crate::support::screen::{NOW, Screen, changed, described, item, items, login, opened};

const GITHUB: ItemId = ItemId([1; 16]);
const DAY: i64 = 86_400;

/// A note that went into the trash so many days before the vault was opened.
fn trashed(number: u8, title: &str, days: i64) -> Arc<ItemSummary> {
    let record = SummaryRecord {
        kind: "note".to_owned(),
        title: SecretString::copy_of(title),
        tags: vec![],
        subtitle: SecretString::default(),
        media_type: String::new(),
        size: 0,
        favourite: false,
        trashed: Some(NOW - days * DAY),
        created: 1_760_000_000,
        modified: 1_760_000_000,
        revision: 1,
    };
    Arc::new(ItemSummary::from_record(ItemId([number; 16]), CollectionId([0; 16]), record))
}

/// A window with a vault whose trash has something past its time, and something that is not.
fn overdue() -> Screen {
    let mut vault = opened(vec![item(1, "login", "GitHub"), trashed(4, "Old", 40), trashed(5, "Young", 7)]);
    vault.overdue = vec![ItemId([4; 16])];
    Screen::unlocked_as(vault)
}

fn versions(numbers: &[u32]) -> Vec<RevisionView> {
    let version = |number: &u32| RevisionView {
        number: *number,
        created: jiff::civil::Date::constant(2026, 5, 12),
        saved: None,
        size: 420,
        length: 0,
        author: DeviceId([7; 16]),
        current: numbers.iter().all(|other| other <= number),
    };
    numbers.iter().rev().map(version).collect()
}

#[test]
fn what_is_in_the_trash_says_since_when_and_for_how_long() {
    let mut screen = Screen::unlocked(vec![described(4, "note", "Old note", true)]);
    screen.press("Trash");
    screen.press("Old note");
    let (request, _) = screen.command();
    screen.answer(request, What::ItemOpened { item: ItemId([4; 16]), revision: None, fields: Fields::default() });
    assert!(screen.mentions("In the trash since 12 May 2026 · stays 28 more days"), "{}", screen.tree());
    screen.tell(What::Retention(Retention { trash_days: None, ..Retention::default() }));
    assert!(screen.mentions("stays until you delete it for good"));
}

#[test]
fn what_is_past_its_time_goes_only_after_a_question() {
    let mut screen = overdue();
    assert!(screen.shows("1 item has been in the trash for more than 30 days"));
    assert!(screen.try_command().is_none(), "nothing goes by itself");
    screen.press("Delete for good");
    assert!(screen.shows("Delete this item for good?"));
    screen.press("Keep it");
    assert!(screen.try_command().is_none() && screen.mentions("been in the trash"));
    screen.press("Delete for good");
    screen.press_last("Delete for good");
    let (request, command) = screen.command();
    assert!(
        matches!(&command, Command::Purge { items } if matches!(items[..], [(ItemId([4, ..]), Some(_))])),
        "{command:?}"
    );
    screen.tell(What::Items(vec![(ItemId([4; 16]), None)]));
    screen.answer(request, What::Changed { items: vec![ItemId([4; 16])] });
    assert!(!screen.mentions("been in the trash"));
}

#[test]
fn what_is_past_its_time_can_be_kept_longer_or_left_for_now() {
    let mut screen = overdue();
    screen.press("Keep 30 days more");
    let (request, command) = screen.command();
    let Command::Describe { edits } = command else { panic!("{command:?}") };
    assert_eq!((edits.len(), edits[0].0, edits[0].1.trashed), (1, ItemId([4; 16]), Some(true)));
    screen.tell(changed(vec![trashed(4, "Old", 0)]));
    screen.answer(request, What::Changed { items: vec![ItemId([4; 16])] });
    assert!(screen.shows("Their time in the trash begins anew") && !screen.mentions("been in the trash"));

    let mut screen = overdue();
    screen.press("Not now");
    assert!(!screen.mentions("been in the trash") && screen.try_command().is_none());
}

#[test]
fn a_limit_on_versions_is_told_before_it_acts() {
    let mut vault = opened(items());
    vault.retention = Retention { revisions: Some(3), ..Retention::default() };
    let mut screen = Screen::unlocked_as(vault);
    screen.press("GitHub");
    let (request, _) = screen.command();
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields: login("anna", "secret") });
    screen.press("More");
    screen.press("Versions");
    let (request, _) = screen.command();
    screen.answer(request, What::HistoryOpened { item: GITHUB, revisions: versions(&[2, 3, 4, 5]) });
    assert!(screen.shows("The vault keeps the 3 newest versions. Saving removes versions 2 and 3."));
    assert!(screen.shows("Restoring one removes none."));

    screen.ctrl(Key::E);
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenHistory { item: GITHUB }), "{command:?}");
    screen.answer(request, What::HistoryOpened { item: GITHUB, revisions: versions(&[2, 3, 4, 5]) });
    assert!(!screen.mentions("Saving removes"), "a title alone makes no version");
    screen.write("User name", "2");
    assert!(screen.mentions("Saving removes versions 2 and 3."));
    screen.press("Save");
    let (request, _) = screen.command();
    screen.answer(request, What::Saved { item: GITHUB });
    assert!(screen.shows("Saved. Versions 2 and 3 went, as the vault's limit says"), "{}", screen.tree());
}

#[test]
fn the_vaults_own_settings_are_kept_in_the_vault() {
    let mut screen = Screen::unlocked(items());
    screen.press("Vault menu: Family");
    screen.press("Settings");
    assert!(screen.shows("The vault “Family”"));
    screen.press("Versions of logins and notes: 20");
    let (request, command) = screen.command();
    let Command::SetRetention(set) = command else { panic!("{command:?}") };
    assert_eq!(set, Retention { revisions: Some(20), ..Retention::default() });
    screen.tell(What::Retention(set));
    screen.answer(request, What::Changed { items: vec![] });
    screen.press("Days in the trash: Never");
    let (_, command) = screen.command();
    let Command::SetRetention(set) = command else { panic!("{command:?}") };
    assert_eq!((set.trash_days, set.revisions), (None, Some(20)));
}
