//! What the two processes say to each other: fields that end in a zero byte, which no path holds. On pipes, not as
//! arguments: every user of a machine can read every process's arguments, and a name to save under may say a lot.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Dialog, DialogKind, DialogOutcome};

pub(super) fn encode_dialog(dialog: &Dialog) -> Vec<u8> {
    let (kind, name) = match &dialog.kind {
        DialogKind::PickFiles => ("files", ""),
        DialogKind::PickFolder => ("folder", ""),
        DialogKind::Save { name } => ("save", name.as_str()),
    };
    let folder = dialog.folder.as_ref().map_or(&b""[..], |folder| folder.as_os_str().as_bytes());
    join([kind.as_bytes(), name.as_bytes(), dialog.title.as_bytes(), folder])
}

pub(super) fn decode_dialog(bytes: &[u8]) -> Option<Dialog> {
    let [kind, name, title, folder] = fields(bytes)?.try_into().ok()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Some(Dialog {
        kind: match kind {
            b"files" => DialogKind::PickFiles,
            b"folder" => DialogKind::PickFolder,
            b"save" => DialogKind::Save { name: text(name) },
            _ => return None,
        },
        title: text(title),
        folder: (!folder.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(folder))),
    })
}

pub(super) fn encode_outcome(outcome: &DialogOutcome) -> Vec<u8> {
    match outcome {
        DialogOutcome::Picked(paths) => {
            join([&b"picked"[..]].into_iter().chain(paths.iter().map(|path| path.as_os_str().as_bytes())))
        }
        DialogOutcome::Cancelled => join([&b"cancelled"[..]]),
        DialogOutcome::Unavailable => join([&b"unavailable"[..]]),
    }
}

pub(super) fn decode_outcome(bytes: &[u8]) -> Option<DialogOutcome> {
    match fields(bytes)?.as_slice() {
        [b"picked", paths @ ..] if !paths.is_empty() => {
            Some(DialogOutcome::Picked(paths.iter().map(|path| PathBuf::from(OsStr::from_bytes(path))).collect()))
        }
        [b"cancelled"] => Some(DialogOutcome::Cancelled),
        [b"unavailable"] => Some(DialogOutcome::Unavailable),
        _ => None,
    }
}

fn join<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend(field.iter().filter(|byte| **byte != 0));
        bytes.push(0);
    }
    bytes
}

fn fields(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    Some(bytes.strip_suffix(b"\0")?.split(|byte| *byte == 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_understand_each_other() {
        let odd = PathBuf::from(OsStr::from_bytes(b"/d/\xff and\nlines|bars"));
        for kind in [DialogKind::PickFiles, DialogKind::PickFolder, DialogKind::Save { name: "a\nb".to_owned() }] {
            for folder in [None, Some(odd.clone())] {
                let dialog = Dialog { kind: kind.clone(), title: "Add files".to_owned(), folder };
                assert_eq!(decode_dialog(&encode_dialog(&dialog)), Some(dialog));
            }
        }
        for outcome in
            [DialogOutcome::Picked(vec![odd.clone(), odd]), DialogOutcome::Cancelled, DialogOutcome::Unavailable]
        {
            assert_eq!(decode_outcome(&encode_outcome(&outcome)), Some(outcome));
        }
    }

    #[test]
    fn half_an_answer_is_none() {
        for bytes in [&b""[..], b"picked\0", b"picked\0/a", b"maybe\0"] {
            assert_eq!(decode_outcome(bytes), None);
        }
    }
}
