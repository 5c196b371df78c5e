//! Salvage as the window does it: what came of it, what a lock or a cancel leaves, and what paper can't do.

use std::path::Path;

use sealkeep::secret::SecretString;
use sealkeep::vault::Finding;
use sealkeep::worker::{
    Command, JobKind, KeyDescription, LockReason, NewWay, Problem, Salvage, Salvaged, TrustAnswer, UnlockBy, What,
};

use crate::expect;
use crate::support::cli::names_in;
use crate::support::window::{PASSPHRASE, Window, note, vault_in};

fn wanted(folder: &Path, into: &Path, typed: &str) -> Salvage {
    Salvage {
        folder: folder.to_owned(),
        into: into.to_owned(),
        by: UnlockBy::Passphrase(SecretString::copy_of(typed)),
        trust: TrustAnswer::Ask,
        passphrase: None,
    }
}

/// One byte of the content of one item's second version is another one.
fn damage(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    let changed = database.execute("UPDATE revision SET frames = randomblob(length(frames)) WHERE number = 2", ());
    assert_eq!(changed.unwrap(), 1);
}

fn salvaged(window: &mut Window) -> Box<Salvaged> {
    expect!(window, What::Salvaged(done) => done)
}

#[test]
fn what_is_intact_is_in_the_new_vault_and_what_is_not_is_named() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let into = home.path().join("New.sealkeep");
    let mut window = Window::open(home.path());
    window.create(&folder);
    let diary = window.save(None, note("Diary", "one"));
    window.save(Some(diary), note("Diary", "two"));
    let codes = window.save(None, note("Door codes", "1234"));
    damage(&folder);

    // The open vault is locked for it.
    window.send(Command::Salvage(wanted(&folder, &into, PASSPHRASE)));
    expect!(window, What::Locked(LockReason::Switching));
    let kind = expect!(window, What::Job(progress) => progress.kind);
    assert_eq!(kind, JobKind::Salvage);
    let done = salvaged(&mut window);
    assert_eq!((done.report.items, done.report.revisions), (2, 2));
    let [lost] = done.report.lost.as_slice() else { panic!("{:?}", done.report.lost) };
    assert_eq!((lost.item, lost.whole_item), (Some(diary), false));
    assert!(matches!(lost.what, Finding::BodyChanged(2)), "{:?}", lost.what);
    // EXPOSE: compared in a test.
    assert_eq!(lost.title.as_ref().map(|title| title.expose()), Some("Diary"));

    let opened = window.unlock(&into);
    assert_eq!((opened.items.len(), opened.doubts.len()), (2, 0));
    assert_eq!((window.read(diary)[0].1.as_str(), window.read(codes)[0].1.as_str()), ("one", "1234"));
}

#[test]
fn a_lock_or_a_cancel_leaves_nothing_of_the_new_vault() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let places = tempfile::tempdir().unwrap();
    let into = places.path().join("New.sealkeep");
    let mut window = Window::open(home.path());
    window.create(&folder);
    window.save(None, note("Diary", "one"));
    // So long that it is still in the middle of it when it has said so for the first time.
    let document = places.path().join("zeros.bin");
    std::fs::File::create(&document).unwrap().set_len(24 << 20).unwrap();
    window.send(Command::AddFiles { paths: vec![document.clone()] });
    expect!(window, What::JobDone(_));
    std::fs::remove_file(document).unwrap();
    window.lock();
    expect!(window, What::Locked(_));
    for locks in [false, true] {
        let request = window.send(Command::Salvage(wanted(&folder, &into, PASSPHRASE)));
        expect!(window, What::Job(progress) if progress.done > 0 => ());
        assert!(!names_in(places.path()).is_empty(), "it is being written");
        if locks {
            window.lock();
            expect!(window, What::Failed(Problem::Locked));
            expect!(window, What::Locked(_));
        } else {
            window.cancel(request);
            expect!(window, What::Failed(Problem::Cancelled));
        }
        assert_eq!(names_in(places.path()), Vec::<String>::new(), "{locks}");
    }
    window.send(Command::Salvage(wanted(&folder, &into, PASSPHRASE)));
    assert_eq!(salvaged(&mut window).report.items, 2);
}

#[test]
fn what_can_not_be_made_is_refused_before_anybody_is_asked_for_a_key() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    window.lock();
    expect!(window, What::Locked(_));
    window.send(Command::Salvage(wanted(&folder, &folder.join("Inside.sealkeep"), "wrong")));
    assert!(matches!(expect!(window, What::Failed(problem) => problem), Problem::Invalid { .. }));
    window.send(Command::Salvage(wanted(&folder, &folder, "wrong")));
    assert!(matches!(expect!(window, What::Failed(problem) => problem), Problem::Exists { .. }));
    window.send(Command::Salvage(wanted(&folder, &home.path().join("New.sealkeep"), "wrong")));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongPassphrase);
    assert!(!home.path().join("New.sealkeep").exists());
}

#[test]
fn paper_opens_the_damaged_vault_and_a_passphrase_the_new_one() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let into = home.path().join("New.sealkeep");
    let mut window = Window::open(home.path());
    window.create(&folder);
    window.save(None, note("Diary", "one"));
    window.send(Command::MakeSheet);
    let sheet = expect!(window, What::SheetMade(sheet) => sheet);
    window.send(Command::AddWay(NewWay::Sheet(sheet.clone())));
    expect!(window, What::WayAdded { .. });
    // EXPOSE: typed in a test.
    let code = sheet.code().expose().to_owned();
    window.send(Command::Salvage(wanted(&folder, &into, &code)));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::NeedsPassphrase);
    let passphrase = Some(SecretString::copy_of("seven green boats"));
    window.send(Command::Salvage(Salvage { passphrase, ..wanted(&folder, &into, &code) }));
    let done = salvaged(&mut window);
    assert_eq!((done.report.items, done.report.slots.len()), (1, 1), "the sheet does not open the new one");
    window.unlock_with(&into, "seven green boats");
    let opened = expect!(window, What::Unlocked(opened) => opened);
    assert_eq!((opened.key, opened.items.len()), (KeyDescription::Passphrase, 1));
}
