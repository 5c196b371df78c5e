//! Documents: text and pictures from memory, copies outside the vault, files that are dropped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{DroppedFile, HoveredFile, Key, pos2};
use sealkeep::secret::SecretBytes;
use sealkeep::vault::ItemId;
use sealkeep::worker::{
    Command, KeyDescription, LockReason, OpenedVault, Picture, Preview, Problem, Recipients, SealItem, Settings, What,
};

use crate::support::screen::{FAMILY, KEY, Screen, items, opened, settings_with};

const PASSPORT: ItemId = ItemId([2; 16]);

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window reads no file".to_owned())
    }
}

fn open(screen: &mut Screen, media_type: &str, bytes: &[u8], preview: Preview) {
    screen.press("Passport.txt");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::OpenDocument { item: PASSPORT, .. }), "{command:?}");
    let media_type = media_type.to_owned();
    screen.answer(
        request,
        What::DocumentOpened {
            item: PASSPORT,
            revision: None,
            media_type,
            bytes: SecretBytes::copy_of(bytes),
            preview,
        },
    );
}

fn drop_at(screen: &mut Screen, at: egui::Pos2) {
    screen.window.event(egui::Event::PointerMoved(at));
    screen.step();
    screen.window.input_mut().dropped_files.push(Arc::new(Dropped("/home/anna/scan.pdf".into())));
    screen.step();
}

#[test]
fn text_is_shown_from_memory() {
    let mut screen = Screen::unlocked(items());
    open(&mut screen, "text/plain", b"P<DEUMUSTERMANN", Preview::None);
    assert!(screen.shows("P<DEUMUSTERMANN"));
}

#[test]
fn a_picture_is_shown_with_its_size_and_zooms() {
    let mut screen = Screen::unlocked(items());
    let rgba = SecretBytes::copy_of(&[200; 4 * 6]);
    let picture = Picture { width: 3, height: 2, rgba, original: (3000, 2000) };
    open(&mut screen, "image/png", b"", Preview::Image(picture));
    assert!(screen.shows("3000 × 2000 · 100 %"));
    screen.press("Larger");
    assert!(screen.shows("3000 × 2000 · 125 %"));
    screen.press("Fit");
    assert!(screen.shows("3000 × 2000 · 100 %"));
}

#[test]
fn what_can_not_be_shown_can_be_saved_and_never_replaces_a_file_unasked() {
    let mut screen = Screen::unlocked(items());
    open(&mut screen, "application/zip", b"PK\x03\x04\x00", Preview::None);
    assert!(screen.mentions("can't be shown here yet"));
    screen.press("Save a copy as…");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::PickSaveAs { name, .. } if name == "Passport.txt"), "{command:?}");
    screen.answer(request, What::Picked(vec!["/tmp/out.txt".into()]));
    let (request, command) = screen.command();
    assert!(matches!(command, Command::SaveDocumentAs { replace: false, .. }), "{command:?}");
    screen.answer(request, What::Failed(Problem::Exists { path: "/tmp/out.txt".into() }));
    assert!(screen.shows("Replace “out.txt”?"));
    screen.press("Replace");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::SaveDocumentAs { replace: true, .. }), "{command:?}");
}

#[test]
fn files_that_hover_show_two_targets_and_the_pointer_chooses() {
    let mut screen = Screen::unlocked(items());
    screen.window.input_mut().hovered_files.push(HoveredFile::default());
    screen.step();
    assert!(screen.shows("Add to the vault") && screen.shows("Encrypted copy beside the file"));
    screen.window.input_mut().hovered_files.clear();
    drop_at(&mut screen, pos2(300.0, 400.0));
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::AddFiles { paths } if paths[0].ends_with("scan.pdf")), "{command:?}");
    assert!(!screen.shows("Add to the vault"));
}

#[test]
fn a_drop_between_the_targets_asks() {
    let mut screen = Screen::unlocked(items());
    drop_at(&mut screen, pos2(590.0, 5.0));
    assert!(screen.try_command().is_none());
    screen.press("Add to the vault");
    assert!(matches!(screen.command().1, Command::AddFiles { .. }));
}

#[test]
fn a_copy_beside_the_file_asks_for_a_passphrase_where_others_have_no_key() {
    let mut screen = Screen::unlocked(items());
    drop_at(&mut screen, pos2(900.0, 400.0));
    screen.write("Passphrase for the copy", "anchor velvet");
    screen.write("Passphrase for the copy again", "anchor velvet");
    assert!(!screen.tree().contains("anchor velvet"));
    screen.press("Make the copy");
    let (_, command) = screen.command();
    let Command::SealBeside { recipients: Recipients::Passphrase(passphrase), .. } = command else {
        panic!("{command:?}")
    };
    assert_eq!(passphrase.expose(), "anchor velvet");
}

#[test]
fn a_copys_passphrase_is_forgotten_when_nobody_is_there_also_where_no_vault_is_open() {
    let mut screen = Screen::with(settings_with(&[FAMILY, "/home/anna/Work.sealkeep"]));
    drop_at(&mut screen, pos2(590.0, 400.0));
    screen.write("Passphrase for the copy", "anchor velvet");
    screen.tell(What::Locking(LockReason::Idle));
    screen.tell(What::Locked(LockReason::Idle));
    assert!(!screen.shows("Passphrase for the copy"));
}

#[test]
fn a_copy_beside_the_file_is_for_the_vaults_kms_key_where_there_is_one() {
    let key = KeyDescription::Kms { region: "eu-west-1".to_owned(), arn: KEY.to_owned(), profile: "work".to_owned() };
    let mut screen = Screen::unlocked_as(OpenedVault { key, ..opened(items()) });
    assert!(screen.shows("KMS · eu-west-1 · key …1234567890ab"));
    drop_at(&mut screen, pos2(900.0, 400.0));
    screen.press("Make the copy");
    assert!(matches!(screen.command().1, Command::SealBeside { recipients: Recipients::VaultKey, .. }));
}

#[test]
fn files_are_added_through_the_dialog_too() {
    let mut screen = Screen::unlocked(items());
    screen.ctrl(Key::O);
    let (request, command) = screen.command();
    assert!(matches!(command, Command::PickFiles { .. }));
    screen.answer(request, What::Picked(vec!["/home/anna/a.pdf".into(), "/home/anna/b.pdf".into()]));
    assert!(matches!(screen.command().1, Command::AddFiles { paths } if paths.len() == 2));
}

#[test]
fn a_dropped_vault_is_opened() {
    for settings in [Settings::default(), settings_with(&[FAMILY, "/home/anna/Work.sealkeep"])] {
        let mut screen = Screen::with(settings);
        screen.window.input_mut().dropped_files.push(Arc::new(Dropped("/srv/Team.sealkeep".into())));
        screen.step();
        let (_, command) = screen.command();
        assert!(
            matches!(&command, Command::InspectVault { folder } if folder.ends_with("Team.sealkeep")),
            "{command:?}"
        );
    }
}

#[test]
fn an_item_is_saved_as_an_encrypted_copy_for_a_passphrase_and_replaces_a_file_after_a_question() {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    screen.command();
    screen.press("More");
    screen.press("Save as encrypted copy…");
    assert!(screen.mentions("hidden ones too") && screen.field("Passphrase for the copy").is_focused());
    screen.write("Passphrase for the copy", "anchor velvet");
    screen.write("Passphrase for the copy again", "anchor velvet");
    screen.press("Choose where…");
    let (picking, command) = screen.command();
    assert!(matches!(&command, Command::PickSaveAs { name, .. } if name == "GitHub.json.sealed"), "{command:?}");
    let path = PathBuf::from("/home/anna/GitHub.json.sealed");
    screen.answer(picking, What::Picked(vec![path.clone()]));
    let sealing = |screen: &mut Screen, replaces| {
        let (request, command) = screen.command();
        let Command::SealItem(SealItem { item, path: to, replace, recipients, .. }) = command else {
            panic!("{command:?}")
        };
        let Recipients::Passphrase(passphrase) = recipients else { panic!("{recipients:?}") };
        assert_eq!((item, to.as_path()), (ItemId([1; 16]), path.as_path()));
        assert_eq!((replace, passphrase.expose()), (replaces, "anchor velvet"));
        request
    };
    let request = sealing(&mut screen, false);
    screen.answer(request, What::Failed(Problem::Exists { path: path.clone() }));
    assert!(screen.shows("Replace “GitHub.json.sealed”?"));
    screen.press("Replace");
    let request = sealing(&mut screen, true);
    screen.answer(request, What::ItemSealed { item: ItemId([1; 16]), path });
    assert!(screen.shows("Saved as “GitHub.json.sealed”, encrypted"), "{}", screen.tree());

    // Nobody chose a place: nothing is written.
    choose(&mut screen, "Save the item as an encrypted copy…");
    screen.write("Passphrase for the copy", "anchor velvet");
    screen.write("Passphrase for the copy again", "anchor velvet");
    screen.key(Key::Enter);
    let (picking, _) = screen.command();
    screen.answer(picking, What::Picked(Vec::new()));
    assert!(screen.try_command().is_none());
    choose(&mut screen, "Save the item as an encrypted copy…");
    screen.write("Passphrase for the copy", "anchor velvet");
    screen.tell(What::Locking(LockReason::Idle));
    assert!(!screen.shows("Passphrase for the copy"));
}

#[test]
fn an_encrypted_copy_of_a_document_is_for_the_vaults_kms_key_where_there_is_one() {
    let key = KeyDescription::Kms { region: "eu-west-1".to_owned(), arn: KEY.to_owned(), profile: "work".to_owned() };
    let mut screen = Screen::unlocked_as(OpenedVault { key, ..opened(items()) });
    open(&mut screen, "text/plain", b"P<DEUMUSTERMANN", Preview::None);
    screen.press("More");
    screen.press("Save as encrypted copy…");
    assert!(screen.mentions("Whoever may use key …1234567890ab can open it"));
    screen.press("Choose where…");
    let (picking, command) = screen.command();
    assert!(matches!(&command, Command::PickSaveAs { name, .. } if name == "Passport.txt.sealed"), "{command:?}");
    screen.answer(picking, What::Picked(vec!["/home/anna/Passport.txt.sealed".into()]));
    let (_, command) = screen.command();
    let for_key = |wanted: &SealItem| matches!(wanted.recipients, Recipients::VaultKey) && wanted.item == PASSPORT;
    assert!(matches!(&command, Command::SealItem(wanted) if for_key(wanted)), "{command:?}");
}

/// Chooses in the list of commands.
fn choose(screen: &mut Screen, command: &str) {
    screen.ctrl(Key::K);
    screen.press(command);
}
