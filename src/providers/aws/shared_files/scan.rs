//! A file taken apart into sections and settings, as the AWS command line takes it apart (Python's `configparser`): `=` and `:`, a
//! line that stands further right than its setting belongs to it, comments where a line begins. As the SDKs have it, a comment may
//! also follow a value, and a section or a setting that comes again goes on with the first.

use std::ops::Range;

use crate::secret::{SecretBytes, SecretString};

/// Why a file is none that AWS's tools read. Shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Not UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// A setting before the first section.
    #[error("line {0} stands before any section")]
    NoSection(usize),
    /// Neither a section, nor a setting, nor a comment.
    #[error("line {0} is neither a section nor a setting")]
    NotASetting(usize),
}

/// A file of the AWS command line, taken apart. Knows where its lines are, and keeps every value as a secret.
#[derive(Debug)]
pub struct SharedFile {
    pub(super) sections: Vec<Section>,
}

/// From one `[…]` to the next.
#[derive(Debug)]
pub(super) struct Section {
    /// What stands in the brackets.
    pub(super) header: String,
    pub(super) settings: Vec<Setting>,
}

#[derive(Debug)]
pub(super) struct Setting {
    /// In lower case.
    pub(super) name: String,
    pub(super) value: SecretString,
    /// Its lines, with their ends, in bytes of the file: more than one where it goes on. A comment between them is not its own.
    pub(super) lines: Vec<Range<usize>>,
    /// How far to the right it stands.
    indent: usize,
}

impl SharedFile {
    /// Takes `bytes` apart.
    ///
    /// # Errors
    /// [`ScanError`], where AWS's tools don't read the file either.
    pub fn scan(bytes: &SecretBytes) -> Result<Self, ScanError> {
        // EXPOSE: read where it stands; what is taken from it are secrets, but for the names of sections and settings.
        let text = std::str::from_utf8(bytes.expose()).map_err(|_| ScanError::NotText)?;
        let mut sections: Vec<Section> = Vec::new();
        for (number, (lines, line)) in (Lines { text, at: 0 }).enumerate() {
            let content = line.trim_start_matches('\u{FEFF}').trim();
            let comment = content.starts_with(['#', ';']);
            if content.is_empty() {
                continue;
            }
            let indent = line.chars().take_while(|letter| letter.is_whitespace()).count();
            let open = sections.last_mut().and_then(|section| section.settings.last_mut());
            match open {
                // For the SDKs a comment that stands further right is a part of the value: it goes where that goes.
                Some(setting) if indent > setting.indent => {
                    setting.lines.push(lines);
                    if !comment {
                        go_on(&mut setting.value, content);
                    }
                }
                _ if comment => {}
                _ if content.starts_with('[') => {
                    let header = content[1..].split_once(']').map(|(header, _)| header.trim());
                    let header =
                        header.filter(|header| !header.is_empty()).ok_or(ScanError::NotASetting(number + 1))?;
                    sections.push(Section { header: header.to_owned(), settings: Vec::new() });
                }
                _ => {
                    let (name, value) = content.split_once(['=', ':']).ok_or(ScanError::NotASetting(number + 1))?;
                    let name = name.trim().to_lowercase();
                    let section = sections.last_mut().ok_or(ScanError::NoSection(number + 1))?;
                    if name.is_empty() {
                        return Err(ScanError::NotASetting(number + 1));
                    }
                    let value = SecretString::copy_of(without_comment(value));
                    section.settings.push(Setting { name, value, lines: vec![lines], indent });
                }
            }
        }
        Ok(Self { sections })
    }
}

impl Section {
    /// The value of the setting `name`: of several the last; none where it is empty.
    pub(super) fn value(&self, name: &str) -> Option<&SecretString> {
        let value = self.settings.iter().rfind(|setting| setting.name == name).map(|setting| &setting.value);
        value.filter(|value| !value.is_empty())
    }
}

fn go_on(value: &mut SecretString, more: &str) {
    value.insert(value.len(), "\n");
    value.insert(value.len(), without_comment(more));
}

/// Up to a `#` or `;` that follows a blank.
fn without_comment(value: &str) -> &str {
    let mut before = ' ';
    let comment = value.char_indices().find(|(_, letter)| {
        let begins = before.is_whitespace() && matches!(letter, '#' | ';');
        before = *letter;
        begins
    });
    comment.map_or(value, |(at, _)| &value[..at]).trim()
}

/// The lines of a text: where each is with its end, and what it says without. An end is LF, CR LF or CR.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (Range<usize>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        if rest.is_empty() {
            return None;
        }
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = if rest[length..].starts_with("\r\n") { 2 } else { usize::from(length < rest.len()) };
        self.at += length + end;
        Some((start..self.at, &rest[..length]))
    }
}
