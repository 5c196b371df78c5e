//! What a file is called that is written of an item.

/// The longest name of a file, in bytes, on every file system that matters.
const LONGEST_NAME: usize = 255;

/// A title, and `ending`, as a file's name: one component, cut where it is too long, before its own ending.
pub(super) fn file_name(title: &str, ending: &str) -> String {
    let mut title: String =
        title.chars().map(|letter| if letter == '/' || letter.is_control() { '_' } else { letter }).collect();
    // These are folders.
    if matches!(title.as_str(), "" | "." | "..") {
        title = "_".to_owned();
    }
    let (stem, own) = match title.rsplit_once('.') {
        Some((stem, own)) if !stem.is_empty() && own.len() <= 10 => (stem, format!(".{own}{ending}")),
        _ => (title.as_str(), ending.to_owned()),
    };
    let room = LONGEST_NAME - own.len();
    let fits = stem.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= room).last();
    format!("{}{own}", &stem[..fits.unwrap_or(0)])
}

/// The same of an earlier version, which its name says: `plan (version 2).pdf`.
pub(super) fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, ending)) => format!("{stem} (version {number}).{ending}"),
        None => format!("{name} (version {number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_component_of_a_path_and_keeps_its_ending_where_it_is_cut() {
        assert_eq!(file_name("a/b\n.pdf", ""), "a_b_.pdf");
        assert_eq!(file_name("Door codes", ".json.sealed"), "Door codes.json.sealed");
        let long = file_name(&format!("{}.pdf", "ü".repeat(200)), ".sealed");
        assert!(long.len() <= LONGEST_NAME && long.ends_with("ü.pdf.sealed"), "{long}");
        assert!(file_name(&"🦀".repeat(99), "").len() <= LONGEST_NAME);
        assert_eq!(file_name(".bashrc", ".sealed"), ".bashrc.sealed");
        assert_eq!(["", ".", ".."].map(|title| file_name(title, "")), ["_"; 3]);
    }

    #[test]
    fn a_version_stands_before_the_ending() {
        assert_eq!(
            (numbered("scan.pdf", 2), numbered("scan", 2)),
            ("scan (version 2).pdf".into(), "scan (version 2)".into())
        );
    }
}
