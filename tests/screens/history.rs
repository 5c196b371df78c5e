//! An item's versions: listed, shown, brought back, written out.

use jiff::Timestamp;
use jiff::civil::Date;
use sealkeep::secret::SecretBytes;
use sealkeep::vault::{DeviceId, ItemId, RevisionView};
use sealkeep::worker::{Command, Preview, What};

use crate::support::screen::{Screen, items, login};

const GITHUB: ItemId = ItemId([1; 16]);
const PASSPORT: ItemId = ItemId([2; 16]);

pub(super) fn version(number: u32, current: bool, length: u64) -> RevisionView {
    RevisionView {
        number,
        created: Date::constant(2026, 5, 12),
        saved: Timestamp::from_second(1_778_594_700 + i64::from(number)).ok(),
        size: 420,
        length,
        author: DeviceId([7; 16]),
        current,
    }
}

/// A login that is open, with its three versions listed.
fn listed() -> Screen {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields: login("anna", "third") });
    screen.press("More");
    screen.press("Versions");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenHistory { item: GITHUB }), "{command:?}");
    let revisions = vec![version(3, true, 0), version(2, false, 0), version(1, false, 0)];
    screen.answer(request, What::HistoryOpened { item: GITHUB, revisions });
    screen
}

#[test]
fn an_earlier_version_is_shown_and_comes_back_with_an_undo() {
    let mut screen = listed();
    assert!(screen.mentions("12 May 2026, 14:05"));
    screen.press("Show version 1");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, revision: Some(1) }), "{command:?}");
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: Some(1), fields: login("old-anna", "first") });
    assert!(screen.shows("This is version 1") && screen.shows("old-anna"));
    assert!(screen.shows("Version 2"), "the other versions stay in reach");

    screen.press("Restore this version");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::RestoreRevision { item: GITHUB, revision: 1 }), "{command:?}");
    screen.answer(request, What::RevisionRestored { item: GITHUB, revision: 1, before: 3 });
    assert!(screen.shows("Version 1 is back, as the newest one"));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenItem { item: GITHUB, revision: None }), "{command:?}");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::OpenHistory { item: GITHUB }), "{command:?}");
    screen.press("Undo");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::RestoreRevision { item: GITHUB, revision: 3 }), "{command:?}");
}

#[test]
fn a_version_is_brought_back_once_from_the_list() {
    let mut screen = listed();
    screen.press("Restore version 2");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::RestoreRevision { item: GITHUB, revision: 2 }), "{command:?}");
    screen.press_last("Restore version 1");
    assert!(screen.try_command().is_none(), "one at a time");
}

#[test]
fn an_earlier_version_of_a_document_is_the_one_that_is_written_out() {
    let mut screen = Screen::unlocked(items());
    let open = |screen: &mut Screen, revision, content: &[u8]| {
        let (request, command) = screen.command();
        assert!(matches!(command, Command::OpenDocument { revision: asked, .. } if asked == revision), "{command:?}");
        let (bytes, media_type) = (SecretBytes::copy_of(content), "application/zip".to_owned());
        let what = What::DocumentOpened { item: PASSPORT, revision, media_type, bytes, preview: Preview::None };
        screen.answer(request, what);
    };
    screen.press("Passport.txt");
    open(&mut screen, None, b"PK\0");
    screen.press("More");
    screen.press("Versions");
    let (request, _) = screen.command();
    let revisions = vec![version(2, true, 1_200_000), version(1, false, 3000)];
    screen.answer(request, What::HistoryOpened { item: PASSPORT, revisions });
    assert!(screen.mentions("3.0 kB"));
    screen.press("Show version 1");
    open(&mut screen, Some(1), b"PK\0");
    assert!(screen.shows("This is version 1"));
    screen.press("Save a copy as…");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::PickSaveAs { name, .. } if name == "Passport (version 1).txt"), "{command:?}");
    screen.answer(request, What::Picked(vec!["/tmp/old.txt".into()]));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::SaveDocumentAs { revision: Some(1), .. }), "{command:?}");
}

#[test]
fn a_file_becomes_the_next_version_of_a_document() {
    let mut screen = Screen::unlocked(items());
    screen.press("Passport.txt");
    let (request, _) = screen.command();
    let (bytes, media_type) = (SecretBytes::copy_of(b"old"), "text/plain".to_owned());
    let what = What::DocumentOpened { item: PASSPORT, revision: None, media_type, bytes, preview: Preview::None };
    screen.answer(request, what);
    screen.press("More");
    screen.press("New version from a file…");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::PickFiles { .. }), "{command:?}");
    screen.answer(request, What::Picked(vec!["/tmp/new.txt".into()]));
    let (request, command) = screen.command();
    assert!(
        matches!(&command, Command::AddVersion { item: PASSPORT, path } if path.ends_with("new.txt")),
        "{command:?}"
    );
    screen.answer(request, What::Saved { item: PASSPORT });
    assert!(screen.shows("Saved as a new version"));
    assert!(matches!(screen.command().1, Command::OpenDocument { item: PASSPORT, revision: None }));
}
