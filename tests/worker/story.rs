//! A vault's life on a passphrase: made, filled, locked, unlocked, read.

use std::ops::ControlFlow;

use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::vault::{ItemChange, ItemId, Retention, SummaryEdit};
use sealkeep::worker::{Command, Draft, KeyDescription, KeyView, LockReason, Problem, Trust, UnlockStep, What};

use crate::expect;
use crate::support::window::{Window, login, note, vault_in};

/// Saves a new item: which it is, and what is told of the list, whichever comes first. The command before may still be telling
/// what is new.
fn save_and_hear(window: &mut Window, draft: Draft) -> (ItemId, Vec<ItemChange>) {
    window.send(Command::SaveItem { item: None, draft });
    let (mut saved, mut told) = (None, Vec::new());
    loop {
        match expect!(window, found @ (What::Saved { .. } | What::Items(_)) => found) {
            What::Items(items) => told.extend(items),
            What::Saved { item } => saved = Some(item),
            _ => {}
        }
        if let Some(item) = saved.filter(|_| !told.is_empty()) {
            return (item, told);
        }
    }
}

#[test]
fn a_vault_on_a_passphrase_lives_through_a_lock() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::open(home.path());
    window.send(Command::Start);
    let settings = expect!(window, What::Started { settings, set_aside: None, .. } => settings);
    assert!(settings.recent_vaults.is_empty());

    let opened = window.create(&folder);
    assert_eq!((opened.name.as_str(), opened.key, opened.items.len()), ("Family", KeyDescription::Passphrase, 0));
    let (github, told) = save_and_hear(&mut window, login("GitHub", "anna", "hunter2"));
    assert!(
        matches!(told.as_slice(), [(id, Some(item))] if *id == github && item.subtitle.expose() == "anna"),
        "{told:?}"
    );
    let (codes, told) = save_and_hear(&mut window, note("Door codes", "1234"));
    assert!(matches!(told.as_slice(), [(id, Some(_))] if *id == codes), "what did not change is not told again");

    window.lock();
    expect!(window, What::Locking(LockReason::Asked));
    expect!(window, What::Locked(LockReason::Asked));
    window.send(Command::OpenItem { item: github, revision: None });
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::NoVault);

    window.send(Command::InspectVault { folder: folder.clone() });
    let view = expect!(window, What::Inspected(view) => view);
    assert_eq!((view.keys, view.trust, view.items), (vec![KeyView::Passphrase], Trust::Known, 2));
    window.unlock_with(&folder, "wrong");
    expect!(window, What::Unlocking(UnlockStep::DerivingKey));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongPassphrase);

    window.unlock_with(&folder, crate::support::window::PASSPHRASE);
    expect!(window, What::Unlocking(UnlockStep::DerivingKey));
    expect!(window, What::Unlocking(UnlockStep::ReadingItems { done: 0, total: 2 }));
    expect!(window, What::Unlocking(UnlockStep::ReadingItems { done: 2, total: 2 }));
    let opened = expect!(window, What::Unlocked(opened) => opened);
    assert_eq!(opened.items.len(), 2);
    let read = window.read(github);
    assert_eq!(read, [("username", "anna"), ("password", "hunter2")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(window.read(codes), [("text".to_owned(), "1234".to_owned())]);

    window.save(Some(github), login("GitHub", "anna", "hunter3"));
    window.send(Command::OpenHistory { item: github });
    let revisions = expect!(window, What::HistoryOpened { revisions, .. } => revisions);
    assert_eq!(revisions.iter().map(|revision| revision.number).collect::<Vec<_>>(), [2, 1]);
    window.send(Command::OpenItem { item: github, revision: Some(1) });
    let fields = expect!(window, What::ItemOpened { revision: Some(1), fields, .. } => fields);
    assert_eq!(fields.value("password").map(SecretString::expose), Some("hunter2"));

    window.send(Command::RestoreRevision { item: github, revision: 1 });
    let before = expect!(window, What::RevisionRestored { revision: 1, before, .. } => before);
    let told = expect!(window, What::Items(items) => items);
    assert!(matches!(told.as_slice(), [(_, Some(item))] if before == 2 && item.revision == 3));
    assert_eq!(window.read(github)[1].1, "hunter2");

    let trash = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    window.send(Command::Describe { edits: vec![(codes, trash)] });
    assert_eq!(expect!(window, What::Changed { items } => items), [codes]);
    let items = expect!(window, What::Items(items) => items);
    assert!(matches!(items.as_slice(), [(id, Some(item))] if *id == codes && item.is_trashed()));
    let retention = Retention { revisions: Some(2), ..Retention::default() };
    window.send(Command::SetRetention(retention));
    assert_eq!(expect!(window, What::Retention(retention) => retention), retention);
    window.save(Some(github), login("GitHub", "anna", "hunter4"));
    window.send(Command::OpenHistory { item: github });
    let revisions = expect!(window, What::HistoryOpened { revisions, .. } => revisions);
    assert_eq!(revisions.iter().map(|revision| revision.number).collect::<Vec<_>>(), [4, 3]);

    let since = items[0].1.as_ref().unwrap().trashed;
    window.send(Command::Purge { items: vec![(codes, Some(Timestamp::UNIX_EPOCH))] });
    expect!(window, What::Failed(Problem::LeftTrash));
    window.send(Command::Purge { items: vec![(codes, since)] });
    let items = expect!(window, What::Items(items) => items);
    assert!(matches!(items.as_slice(), [(id, None)] if *id == codes));
}

#[test]
fn a_file_becomes_the_next_version_of_a_document_and_of_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    let file = home.path().join("plan.txt");
    std::fs::write(&file, "the old plan").unwrap();
    window.send(Command::AddFiles { paths: vec![file.clone()] });
    let added = expect!(window, What::Items(items) => items);
    let (plan, _) = added[0];
    std::fs::write(&file, "the new plan").unwrap();
    window.send(Command::AddVersion { item: plan, path: file.clone() });
    assert_eq!(expect!(window, What::Saved { item } => item), plan);
    let items = expect!(window, What::Items(items) => items);
    assert!(matches!(items.as_slice(), [(_, Some(item))] if item.revision == 2 && item.size == 12), "{items:?}");
    for (revision, name, text) in [(Some(1), "old", "the old plan"), (None, "new", "the new plan")] {
        let path = home.path().join(name);
        window.send(Command::SaveDocumentAs { item: plan, revision, path: path.clone(), replace: false });
        expect!(window, What::DocumentSaved { .. });
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }
    let codes = window.save(None, note("Door codes", "1234"));
    window.send(Command::AddVersion { item: codes, path: file });
    expect!(window, What::Failed(Problem::WrongKind));
}

#[test]
fn a_vault_that_is_forgotten_is_in_no_list_and_stays_where_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    window.send(Command::ForgetVault { folder: vault_in(home.path()) });
    let settings = window.until("settings without it", |what| match what {
        What::SettingsChanged(settings) if settings.recent_vaults.is_empty() => ControlFlow::Break(settings),
        other => ControlFlow::Continue(other),
    });
    assert!(settings.recent_vaults.is_empty() && vault_in(home.path()).is_dir());
}

#[test]
fn a_worker_whose_folders_cannot_be_made_begins_once_they_can() {
    let home = tempfile::tempdir().unwrap();
    // In the way of a folder; a folder that may not be written to is none to somebody who may do everything.
    let blocked = home.path().join("config");
    std::fs::write(&blocked, "").unwrap();
    let mut window = Window::open(home.path());
    for _ in 0..2 {
        window.send(Command::Start);
        let text = expect!(window, What::Failed(Problem::NoSettings { text }) => text);
        assert!(text.contains(&*blocked.to_string_lossy()), "{text}");
    }
    std::fs::remove_file(&blocked).unwrap();
    window.send(Command::Start);
    expect!(window, What::Started { .. });
}
