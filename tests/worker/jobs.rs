//! Files into the vault, out of it, and sealed beside themselves.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sealkeep::secret::SecretString;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, JobEnd, JobKind, JobOutcome, LockReason, Preview, Problem, Recipients, What};

use crate::expect;
use crate::support::cli::names_in;
use crate::support::window::{PASSPHRASE, Window, vault_in};

/// A picture of one red pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    2, 0, 0, 0, 0x90, 0x77, 0x53, 0xDE, 0, 0, 0, 0x0C, b'I', b'D', b'A', b'T', 8, 0xD7, 0x63, 0xF8, 0xCF, 0xC0, 0, 0,
    3, 1, 1, 0, 0x18, 0xDD, 0x8D, 0xB0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// Longer than anybody waits for: what is read of it are zeros, and it takes no room.
const ENDLESS: u64 = 1 << 40;

fn endless(folder: &Path) -> PathBuf {
    let path = folder.join("endless.bin");
    File::create(&path).unwrap().set_len(ENDLESS).unwrap();
    path
}

fn done(window: &mut Window) -> JobOutcome {
    expect!(window, What::JobDone(outcome) => outcome)
}

fn open_document(window: &mut Window, item: ItemId) -> (String, Vec<u8>, Preview) {
    window.send(Command::OpenDocument { item, revision: None });
    expect!(window, What::DocumentOpened { media_type, bytes, preview, .. } => {
        // EXPOSE: compared in a test.
        (media_type, bytes.expose().to_vec(), preview)
    })
}

#[test]
fn dropped_files_and_folders_become_documents_and_what_cannot_is_named() {
    let home = tempfile::tempdir().unwrap();
    let drop = tempfile::tempdir().unwrap();
    let at = |name: &str| drop.path().join(name);
    fs::create_dir(at("album")).unwrap();
    fs::write(at("album/red.png"), PNG).unwrap();
    fs::write(at("album/empty"), "").unwrap();
    fs::write(at("notes.txt"), "grüße").unwrap();
    fs::write(at("long.bin"), vec![7; 1_000_000]).unwrap();
    let mut window = Window::with_vault(home.path());
    let paths = vec![at("notes.txt"), at("gone.txt"), at("album"), at("long.bin"), PathBuf::from("/dev/null")];
    window.send(Command::AddFiles { paths });
    let progress = expect!(window, What::Job(progress) => progress);
    assert_eq!((progress.kind, progress.files_total), (JobKind::AddFiles, 4));
    let outcome = done(&mut window);
    assert_eq!((outcome.end, outcome.items.len()), (JobEnd::Finished, 4));
    let left_out = [
        (at("gone.txt"), Problem::Vanished { path: at("gone.txt") }),
        (PathBuf::from("/dev/null"), Problem::NotAFile { path: "/dev/null".into() }),
    ];
    assert_eq!(outcome.left_out, left_out);
    assert_eq!(names_in(drop.path()), ["album", "long.bin", "notes.txt"], "the files stay as they were");

    let (kind, bytes, preview) = open_document(&mut window, outcome.items[0]);
    assert_eq!((kind.as_str(), bytes.as_slice()), ("text/plain", "grüße".as_bytes()));
    assert!(matches!(preview, Preview::None));
    assert_eq!(open_document(&mut window, outcome.items[1]).1, b"");
    let (kind, bytes, preview) = open_document(&mut window, outcome.items[2]);
    assert_eq!((kind.as_str(), bytes.len()), ("image/png", 0));
    let Preview::Image(picture) = preview else { panic!("no picture: {preview:?}") };
    // EXPOSE: compared in a test.
    assert_eq!((picture.width, picture.height, picture.rgba.expose()), (1, 1, &[255, 0, 0, 255][..]));
    assert_eq!(open_document(&mut window, outcome.items[3]).1, vec![7; 1_000_000]);
}

#[test]
fn a_document_is_written_out_and_replaces_nothing_unasked() {
    let home = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let source = out.path().join("notes.txt");
    fs::write(&source, "content").unwrap();
    let mut window = Window::with_vault(home.path());
    window.send(Command::AddFiles { paths: vec![source.clone()] });
    let item = done(&mut window).items[0];
    let path = out.path().join("copy.txt");
    window.send(Command::SaveDocumentAs { item, revision: None, path: path.clone(), replace: false });
    assert_eq!(expect!(window, What::DocumentSaved { path, .. } => path), path);
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
    fs::write(&path, "somebody else's").unwrap();
    window.send(Command::SaveDocumentAs { item, revision: None, path: path.clone(), replace: false });
    let problem = expect!(window, What::Failed(problem) => problem);
    assert_eq!(problem, Problem::Exists { path: path.clone() });
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    window.send(Command::SaveDocumentAs { item, revision: None, path: path.clone(), replace: true });
    expect!(window, What::DocumentSaved { .. });
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
}

#[test]
fn a_cancelled_import_leaves_what_was_done_and_nothing_half_done() {
    let home = tempfile::tempdir().unwrap();
    let drop = tempfile::tempdir().unwrap();
    let small = drop.path().join("a.txt");
    fs::write(&small, "small").unwrap();
    let mut window = Window::with_vault(home.path());
    let job = window.send(Command::AddFiles { paths: vec![small, endless(drop.path())] });
    expect!(window, What::Job(progress) if progress.current_done > 0 && progress.current == "endless.bin" => ());
    window.cancel(job);
    let outcome = done(&mut window);
    assert_eq!((outcome.end, outcome.items.len(), outcome.left_out.len()), (JobEnd::Cancelled, 1, 0));
    assert_eq!(names_in(&vault_in(home.path()).join("bodies")), Vec::<String>::new());
    assert_eq!(open_document(&mut window, outcome.items[0]).1, b"small");
}

#[test]
fn a_lock_stops_an_import_and_leaves_nothing_of_it() {
    let home = tempfile::tempdir().unwrap();
    let drop = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    window.send(Command::AddFiles { paths: vec![endless(drop.path())] });
    expect!(window, What::Job(progress) if progress.current_done > 0 => ());
    window.lock();
    expect!(window, What::Locking(LockReason::Asked));
    assert_eq!(done(&mut window).end, JobEnd::Locked);
    expect!(window, What::Locked(LockReason::Asked));
    assert_eq!(names_in(&folder.join("bodies")), Vec::<String>::new());
    assert_eq!(window.unlock(&folder).items.len(), 0);
}

#[test]
fn encrypted_copies_appear_beside_files_for_whoever_knows_the_passphrase() {
    let home = tempfile::tempdir().unwrap();
    let drop = tempfile::tempdir().unwrap();
    let at = |name: &str| drop.path().join(name);
    fs::write(at("a.txt"), "one").unwrap();
    fs::write(at("b.txt"), "two").unwrap();
    fs::write(at("b.txt.sealed"), "somebody else's").unwrap();
    // No vault is open: none is needed.
    let mut window = Window::open(home.path());
    let recipients = Recipients::Passphrase(SecretString::copy_of(PASSPHRASE));
    window.send(Command::SealBeside { paths: vec![at("a.txt"), at("b.txt")], recipients });
    let outcome = done(&mut window);
    assert_eq!((outcome.end, outcome.files), (JobEnd::Finished, vec![at("a.txt.sealed")]));
    assert_eq!(outcome.left_out, [(at("b.txt"), Problem::Exists { path: at("b.txt.sealed") })]);
    assert_eq!(names_in(drop.path()), ["a.txt", "a.txt.sealed", "b.txt", "b.txt.sealed"]);
    let sealed = fs::read(at("a.txt.sealed")).unwrap();
    assert_eq!(&sealed[..3], &[2, 4, 0x78]);
    assert!(!sealed.windows(3).any(|window| window == b"one"));
}

#[test]
fn a_cancelled_copy_leaves_no_file() {
    let home = tempfile::tempdir().unwrap();
    let drop = tempfile::tempdir().unwrap();
    let mut window = Window::open(home.path());
    let recipients = Recipients::Passphrase(SecretString::copy_of(PASSPHRASE));
    let path = drop.path().join("large.bin");
    File::create(&path).unwrap().set_len(1 << 28).unwrap();
    let job = window.send(Command::SealBeside { paths: vec![path], recipients });
    expect!(window, What::Job(progress) if progress.current_done > 0 => ());
    window.cancel(job);
    assert_eq!(done(&mut window).end, JobEnd::Cancelled);
    assert_eq!(names_in(drop.path()), ["large.bin"]);
}

#[test]
fn a_vault_on_a_passphrase_has_no_key_for_copies() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    window.send(Command::SealBeside { paths: vec![home.path().to_owned()], recipients: Recipients::VaultKey });
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongKind);
}
