//! Items that leave the vault as sealed files, and open without it.

use std::fs;
use std::path::Path;

use sealkeep::secret::SecretString;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, JobKind, Problem, Recipients, SealItem, What};
use serde_json::Value;

use crate::expect;
use crate::support::cli::{Person, names_in};
use crate::support::window::{Window, login, vault_in};

const SHARED: &str = "seven green boats";

fn wanted(item: ItemId, path: &Path) -> SealItem {
    let recipients = Recipients::Passphrase(SecretString::copy_of(SHARED));
    SealItem { item, revision: None, path: path.to_owned(), replace: false, recipients }
}

/// What somebody gets who has the file and the passphrase, and nothing else.
fn opened(path: &Path) -> Vec<u8> {
    let otto = Person::new();
    otto.write("shared", SHARED);
    otto.run(["--passphrase-file", "shared", "decrypt", path.to_str().unwrap(), "-o", "-"]).ok().out
}

#[test]
fn a_login_leaves_with_its_fields_in_the_version_that_is_shown() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, login("GitHub", "anna", "first"));
    window.save(Some(item), login("GitHub", "anna", "second"));
    for (revision, password) in [(None, "second"), (Some(1), "first")] {
        let path = out.path().join(format!("{password}.json.sealed"));
        window.send(Command::SealItem(SealItem { revision, ..wanted(item, &path) }));
        assert_eq!(expect!(window, What::ItemSealed { path, .. } => path), path);
        assert!(!fs::read(&path).unwrap().windows(password.len()).any(|part| part == password.as_bytes()));
        let document: Value = serde_json::from_slice(&opened(&path)).unwrap();
        assert_eq!((&document["title"], &document["kind"]), (&"GitHub".into(), &"login".into()));
        let fields = document["fields"].as_array().unwrap();
        let found = fields.iter().find(|field| field["name"] == "password").unwrap();
        assert_eq!(found["value"], password);
    }
}

#[test]
fn a_document_leaves_with_its_bytes_and_replaces_nothing_unasked() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut window = Window::with_vault(home.path());
    let source = out.path().join("scan.bin");
    fs::write(&source, vec![7; 700_000]).unwrap();
    window.send(Command::AddFiles { paths: vec![source.clone()] });
    let item = expect!(window, What::JobDone(outcome) => outcome).items[0];
    fs::remove_file(source).unwrap();
    let path = out.path().join("scan.bin.sealed");
    fs::write(&path, "somebody else's").unwrap();
    window.send(Command::SealItem(wanted(item, &path)));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Exists { path: path.clone() });
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's");
    window.send(Command::SealItem(SealItem { replace: true, ..wanted(item, &path) }));
    let progress = expect!(window, What::Job(progress) => progress);
    assert_eq!((progress.kind, progress.total), (JobKind::SealItem, 700_000));
    expect!(window, What::ItemSealed { .. });
    assert_eq!(opened(&path), vec![7; 700_000]);

    // A vault on a passphrase has no key that others could use.
    let for_key = SealItem { recipients: Recipients::VaultKey, ..wanted(item, &out.path().join("other")) };
    window.send(Command::SealItem(for_key));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongKind);
    // Of what turns out to be damaged no file appears.
    let bodies = vault_in(home.path()).join("bodies");
    let body = bodies.join(&names_in(&bodies)[0]);
    let mut bytes = fs::read(&body).unwrap();
    bytes[300_000] ^= 1;
    crate::support::vaults::make_writable(&body);
    fs::write(&body, bytes).unwrap();
    window.send(Command::SealItem(wanted(item, &out.path().join("damaged.sealed"))));
    assert!(matches!(expect!(window, What::Failed(problem) => problem), Problem::Damaged { .. }));
    assert_eq!(names_in(out.path()), ["scan.bin.sealed"]);
}
