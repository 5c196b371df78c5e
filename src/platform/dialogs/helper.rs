//! The process that shows one dialog.

use std::env;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Dialog, DialogKind, DialogOutcome, HELPER, libdbus, wire};
use crate::platform::helper::is_started_as;

/// Where this process was started to show a dialog: shows it, answers, and returns `true`; `main` then returns at once.
/// Everywhere else it returns `false`. Call it before hardening, and before anything that reads a secret.
pub fn run_dialog_helper() -> bool {
    if !is_started_as(HELPER) {
        return false;
    }
    let mut request = Vec::new();
    if io::stdin().read_to_end(&mut request).is_ok()
        && let Some(dialog) = wire::decode_dialog(&request)
    {
        // Whoever asked is gone if this fails.
        let _ = io::stdout().write_all(&wire::encode_outcome(&show(&dialog)));
    }
    true
}

fn show(dialog: &Dialog) -> DialogOutcome {
    let mut shown = rfd::FileDialog::new().set_title(&dialog.title);
    if let Some(folder) = &dialog.folder {
        shown = shown.set_directory(folder);
    }
    let picked = match &dialog.kind {
        DialogKind::PickFiles => shown.pick_files().map(|paths| rejoin(paths, Path::exists)),
        DialogKind::PickFolder => shown.pick_folder().map(|path| vec![path]),
        DialogKind::Save { name } => shown.set_file_name(name).save_file().map(|path| vec![path]),
    };
    match picked {
        Some(paths) if paths.iter().any(|path| !path.as_os_str().is_empty()) => DialogOutcome::Picked(paths),
        // The same answer comes from a person who cancels and from a desktop that has nothing to show.
        _ if (libdbus::is_installed() && has_portal()) || has_zenity() => DialogOutcome::Cancelled,
        _ => DialogOutcome::Unavailable,
    }
}

/// Whether a portal runs, or can be started, that has file dialogs: one without says so by not knowing their version.
fn has_portal() -> bool {
    let version = || -> zbus::Result<u32> {
        let bus = zbus::blocking::Connection::session()?;
        let portal = zbus::blocking::Proxy::new(
            &bus,
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.FileChooser",
        )?;
        portal.get_property("version")
    };
    version().is_ok()
}

fn has_zenity() -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join("zenity").is_file()))
}

/// Zenity separates names by `|`, which names may hold: puts together again what only exists together.
fn rejoin(parts: Vec<PathBuf>, exists: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut whole = Vec::new();
    let mut rest = parts.as_slice();
    while let [first, ..] = rest {
        let mut name = OsString::new();
        let found = rest.iter().enumerate().find_map(|(index, part)| {
            if index > 0 {
                name.push("|");
            }
            name.push(part);
            exists(Path::new(&name)).then(|| (PathBuf::from(&name), index + 1))
        });
        let (path, used) = found.unwrap_or_else(|| (first.clone(), 1));
        whole.push(path);
        rest = &rest[used..];
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_bars_are_put_together_again() {
        let there = |path: &Path| ["/d/a", "/d/b|c", "/d/e|f|g"].iter().any(|known| path == Path::new(known));
        let joined = |parts: &[&str]| rejoin(parts.iter().map(PathBuf::from).collect(), there);
        let paths = |parts: &[&str]| parts.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(joined(&["/d/a", "/d/b", "c", "/d/e", "f", "g"]), paths(&["/d/a", "/d/b|c", "/d/e|f|g"]));
        assert_eq!(joined(&["/d/a"]), paths(&["/d/a"]));
        assert_eq!(joined(&["/d/gone", "/d/a"]), paths(&["/d/gone", "/d/a"]), "a file that vanished spoils no other");
    }
}
