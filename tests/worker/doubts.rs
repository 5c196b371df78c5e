//! A vault that is not as it was written: told when it is opened, not saved to before somebody accepts it, and told anew when
//! there is more.

use std::path::Path;

use sealkeep::vault::{Finding, ItemId};
use sealkeep::worker::{Command, Doubt, Problem, What};

use crate::expect;
use crate::support::vaults::copy_folder;
use crate::support::window::{Window, note, vault_in};

/// Changes the item's summaries from outside.
fn damage(folder: &Path, item: ItemId) {
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    let sql = "UPDATE summary SET sealed = randomblob(length(sealed)) WHERE item_id = ?1";
    assert!(database.execute(sql, [item.0]).unwrap() > 0);
}

/// What comes of saving a note.
fn save(window: &mut Window) -> Result<ItemId, Problem> {
    window.send(Command::SaveItem { item: None, draft: note("Another", "text") });
    window.until("Saved or Failed", |what| match what {
        What::Saved { item } => std::ops::ControlFlow::Break(Ok(item)),
        What::Failed(problem) => std::ops::ControlFlow::Break(Err(problem)),
        other => std::ops::ControlFlow::Continue(other),
    })
}

fn relock(window: &mut Window, folder: &Path) -> Vec<Doubt> {
    window.lock();
    expect!(window, What::Locked(_));
    window.unlock(folder).doubts
}

#[test]
fn a_damaged_vault_is_saved_to_once_it_is_accepted_and_until_there_is_more_damage() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::open(home.path());
    assert!(window.create(&folder).doubts.is_empty());
    let first = window.save(None, note("First", "1"));
    let second = window.save(None, note("Second", "2"));
    window.lock();
    expect!(window, What::Locked(_));
    damage(&folder, first);

    let doubts = window.unlock(&folder).doubts;
    assert_eq!(doubts, [Doubt { item: Some(first), what: Finding::SummaryChanged(1) }]);
    assert_eq!(window.read(second), [("text".to_owned(), "2".to_owned())], "what is intact opens");
    assert_eq!(save(&mut window), Err(Problem::Unaccepted));
    window.send(Command::AcceptVault { seen: doubts });
    assert_eq!(expect!(window, What::Doubts(doubts) => doubts), []);
    expect!(window, What::Accepted);
    save(&mut window).unwrap();

    assert_eq!(relock(&mut window, &folder), [], "what was accepted is not asked again");
    save(&mut window).unwrap();
    window.lock();
    expect!(window, What::Locked(_));
    damage(&folder, second);
    let doubts = window.unlock(&folder).doubts;
    assert_eq!(doubts, [Doubt { item: Some(second), what: Finding::SummaryChanged(1) }]);
    assert_eq!(save(&mut window), Err(Problem::Unaccepted));
}

#[test]
fn an_older_copy_is_saved_to_once_it_is_accepted() {
    let home = tempfile::tempdir().unwrap();
    let (folder, backup) = (vault_in(home.path()), home.path().join("backup"));
    let mut window = Window::open(home.path());
    window.create(&folder);
    window.save(None, note("First", "1"));
    window.lock();
    expect!(window, What::Locked(_));
    copy_folder(&folder, &backup);
    window.unlock(&folder);
    window.save(None, note("Second", "2"));
    window.save(None, note("Third", "3"));
    window.lock();
    expect!(window, What::Locked(_));
    std::fs::remove_dir_all(&folder).unwrap();
    copy_folder(&backup, &folder);

    let doubts = window.unlock(&folder).doubts;
    assert_eq!(doubts, [Doubt { item: None, what: Finding::OlderCopy { missing: 2 } }]);
    assert_eq!(save(&mut window), Err(Problem::Unaccepted));
    assert_eq!(relock(&mut window, &folder), doubts, "looking at it does not make it right");
    window.send(Command::AcceptVault { seen: doubts });
    expect!(window, What::Accepted);
    save(&mut window).unwrap();
    assert_eq!(relock(&mut window, &folder), []);
}

#[test]
fn what_another_program_brings_in_is_told_and_has_to_be_seen_to_be_accepted() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let (mut window, mut other) = (Window::open(home.path()), Window::open(home.path()));
    window.create(&folder);
    let first = window.save(None, note("First", "1"));
    other.unlock(&folder);
    damage(&folder, first);
    // The other one has not noticed: its save brings the page into the first one's view.
    other.save(None, note("Second", "2"));
    window.send(Command::StillHere);
    let doubts = expect!(window, What::Doubts(doubts) => doubts);
    assert_eq!(doubts, [Doubt { item: Some(first), what: Finding::SummaryChanged(1) }]);
    window.send(Command::AcceptVault { seen: Vec::new() });
    let problem = expect!(window, What::Failed(problem) => problem);
    assert_eq!(problem, Problem::MoreFound, "nobody has seen it");
    assert_eq!(save(&mut window), Err(Problem::Unaccepted));
    window.send(Command::AcceptVault { seen: doubts });
    expect!(window, What::Accepted);
    save(&mut window).unwrap();
}

#[test]
fn what_another_program_saved_is_listed_whoever_looks_first() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let (mut window, mut other) = (Window::open(home.path()), Window::open(home.path()));
    window.create(&folder);
    let first = window.save(None, note("First", "1"));
    expect!(window, What::Items(_));
    other.unlock(&folder);
    other.save(None, note("Second", "2"));
    // Opening an item looks at the vault too.
    window.read(first);
    let items = expect!(window, What::Items(items) => items);
    let titles = items.iter().flat_map(|(_, item)| item).map(|item| item.title.expose());
    assert!(titles.into_iter().any(|title| title == "Second"));
}

#[test]
fn what_can_not_be_remembered_is_not_accepted() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let first = window.save(None, note("First", "1"));
    window.lock();
    expect!(window, What::Locked(_));
    damage(&folder, first);
    let doubts = window.unlock(&folder).doubts;
    let (pins, away) = (home.path().join("state/pins"), home.path().join("away"));
    std::fs::rename(&pins, &away).unwrap();
    window.send(Command::AcceptVault { seen: doubts.clone() });
    expect!(window, What::Failed(_));
    std::fs::rename(&away, &pins).unwrap();
    assert_eq!(save(&mut window), Err(Problem::Unaccepted));
    window.send(Command::AcceptVault { seen: doubts });
    expect!(window, What::Accepted);
    save(&mut window).unwrap();
}
