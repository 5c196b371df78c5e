//! What a file is called that an item is written to: by the window, which proposes it, and by the command line.

use super::{ItemSummary, Kind};

/// The longest name of a file, in bytes, on every file system that matters.
const LONGEST_NAME: usize = 255;
/// What follows the last point of a name and is longer is no ending.
const LONGEST_ENDING: usize = 10;

/// How an item leaves the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// A document, as it came in.
    Plain,
    /// A file of its own that opens without the vault.
    Sealed,
}

impl ItemSummary {
    /// The title as a file's name, of an earlier version where `revision` is given: one component of a path, of at most 255
    /// bytes. What a name can't have becomes `_`, and one that is too long is cut before its ending.
    pub fn file_name(&self, form: FileForm, revision: Option<u32>) -> String {
        let (titled, ending) = self.titled(form, revision);
        fitting(&titled, ending)
    }

    /// The same, or `None` where the title can't stand in it as it is.
    pub fn file_name_as_titled(&self, form: FileForm, revision: Option<u32>) -> Option<String> {
        let (titled, ending) = self.titled(form, revision);
        Some(fitting(&titled, ending)).filter(|name| name.strip_suffix(ending) == Some(&titled))
    }

    fn titled(&self, form: FileForm, revision: Option<u32>) -> (String, &'static str) {
        // EXPOSE: it becomes the name of the file that the person asked for.
        let title = self.title.expose();
        let ending = match (form, &self.kind) {
            (FileForm::Plain, _) => "",
            (FileForm::Sealed, Kind::Document) => ".sealed",
            (FileForm::Sealed, _) => ".json.sealed",
        };
        (revision.map_or_else(|| title.to_owned(), |number| numbered(title, number)), ending)
    }
}

fn fitting(title: &str, ending: &str) -> String {
    let mut title: String =
        title.chars().map(|letter| if letter == '/' || letter.is_control() { '_' } else { letter }).collect();
    // These are folders.
    if matches!(title.as_str(), "" | "." | "..") {
        title = "_".to_owned();
    }
    let (stem, own) = match title.rsplit_once('.') {
        Some((stem, own)) if !stem.is_empty() && own.len() <= LONGEST_ENDING => (stem, format!(".{own}{ending}")),
        _ => (title.as_str(), ending.to_owned()),
    };
    let room = LONGEST_NAME - own.len();
    let fits = stem.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= room).last();
    format!("{}{own}", &stem[..fits.unwrap_or(0)])
}

/// `plan (version 2).pdf`.
fn numbered(title: &str, number: u32) -> String {
    match title.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, ending)) => format!("{stem} (version {number}).{ending}"),
        None => format!("{title} (version {number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::v1::{CollectionId, ItemId};
    use crate::secret::SecretString;
    use crate::vault::Finding;

    fn titled(title: &str, kind: Kind) -> ItemSummary {
        let item = ItemSummary::unreadable(ItemId([1; 16]), CollectionId([2; 16]), Finding::OlderCopy { missing: 1 });
        ItemSummary { title: SecretString::copy_of(title), kind, ..item }
    }

    fn plain(title: &str) -> String {
        titled(title, Kind::Document).file_name(FileForm::Plain, None)
    }

    #[test]
    fn a_title_is_one_component_of_a_path_and_keeps_its_ending_where_it_is_cut() {
        assert_eq!(plain("a/b\n.pdf"), "a_b_.pdf");
        assert_eq!(["", ".", ".."].map(plain), ["_"; 3]);
        let long = titled(&format!("{}.pdf", "ü".repeat(200)), Kind::Document).file_name(FileForm::Sealed, None);
        assert!(long.len() <= LONGEST_NAME && long.ends_with("ü.pdf.sealed"), "{long}");
        assert!(plain(&"🦀".repeat(99)).len() <= LONGEST_NAME);
        assert_eq!(titled(".bashrc", Kind::Document).file_name(FileForm::Sealed, None), ".bashrc.sealed");
        assert_eq!(titled("Door codes", Kind::Note).file_name(FileForm::Sealed, None), "Door codes.json.sealed");
    }

    #[test]
    fn a_version_stands_before_the_ending() {
        let version = |title| titled(title, Kind::Document).file_name(FileForm::Plain, Some(2));
        assert_eq!(["scan.pdf", "scan"].map(version), ["scan (version 2).pdf", "scan (version 2)"]);
        let sealed = titled("scan.pdf", Kind::Document).file_name(FileForm::Sealed, Some(2));
        assert_eq!(sealed, "scan (version 2).pdf.sealed");
    }

    #[test]
    fn whoever_must_not_be_surprised_is_told_where_the_title_can_not_stand() {
        let as_titled = |title| titled(title, Kind::Login).file_name_as_titled(FileForm::Sealed, None);
        assert_eq!(as_titled("Bank"), Some("Bank.json.sealed".to_owned()));
        for unfit in ["", ".", "..", "a/b", "a\u{7}", &"x".repeat(LONGEST_NAME)] {
            assert_eq!(as_titled(unfit), None, "{unfit}");
        }
    }
}
