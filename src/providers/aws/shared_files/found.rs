//! Both files together: what each profile has.

use crate::secret::SecretString;

use super::scan::Section;
use super::{ACCESS_KEY_ID, SharedFile};

/// The two files of the AWS command line; one that is not there is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct SharedFiles<'a> {
    /// `~/.aws/config`.
    pub config: Option<&'a SharedFile>,
    /// `~/.aws/credentials`.
    pub credentials: Option<&'a SharedFile>,
}

/// A profile of the AWS command line: its sections, in both files.
#[derive(Clone, Debug)]
pub(super) struct Found<'a> {
    pub(super) name: String,
    /// With whether it is the configuration's. What counts most comes last: the credentials file.
    sections: Vec<(bool, &'a Section)>,
}

impl<'a> SharedFiles<'a> {
    /// The profiles, in the order in which they are first named.
    pub(super) fn profiles(self) -> Vec<Found<'a>> {
        let mut found: Vec<Found<'a>> = Vec::new();
        for (file, in_config) in [(self.config, true), (self.credentials, false)] {
            for (name, section) in file.into_iter().flat_map(|file| profile_sections(file, in_config)) {
                match found.iter_mut().find(|known| known.name == name) {
                    Some(known) => known.sections.push((in_config, section)),
                    None => found.push(Found { name: name.to_owned(), sections: vec![(in_config, section)] }),
                }
            }
        }
        found
    }

    /// Sections of the configuration that would be profiles if they were called so: AWS's tools pass over them.
    pub(super) fn passed_over(self) -> impl Iterator<Item = &'a str> {
        let sections = self.config.into_iter().flat_map(|file| &file.sections);
        let meant = sections.filter(|section| {
            let settings = ["aws_access_key_id", "aws_secret_access_key", "role_arn", "sso_session", "sso_start_url"];
            split(&section.header).is_none() && settings.iter().any(|name| section.value(name).is_some())
        });
        meant.map(|section| section.header.as_str()).filter(|header| *header != "default")
    }

    /// A setting of the section `[sso-session session]`.
    pub(super) fn of_session(self, session: &str, setting: &str) -> Option<&'a SecretString> {
        let sections = self.config.into_iter().flat_map(|file| &file.sections);
        let mine = sections.filter(|section| split(&section.header) == Some(("sso-session", session)));
        mine.filter_map(|section| section.value(setting)).next_back()
    }
}

impl<'a> Found<'a> {
    /// The value that counts.
    pub(super) fn value(&self, setting: &str) -> Option<&'a SecretString> {
        self.sections.iter().rev().find_map(|(_, section)| section.value(setting))
    }

    /// A part of the access key. All of them are of one file, as for AWS's tools: the credentials where they have an id, else the
    /// configuration.
    pub(super) fn of_key(&self, part: &str) -> Option<&'a SecretString> {
        let of = |in_config, setting: &str| {
            let sections = self.sections.iter().rev().filter(move |(config, _)| *config == in_config);
            { sections }.find_map(|(_, section)| section.value(setting))
        };
        of(of(false, ACCESS_KEY_ID).is_none(), part)
    }

    /// The value that counts, where it is none of a key's.
    pub(super) fn text(&self, setting: &str) -> Option<String> {
        // EXPOSE: regions, ARNs and addresses are no secrets.
        self.value(setting).filter(|_| !super::is_of_key(setting)).map(|value| value.expose().to_owned())
    }
}

/// The sections that are about profiles, with their names: in the configuration `[profile NAME]` or `[default]`, in the credentials
/// `[NAME]`. Where there is a `[profile default]`, the SDKs pass over `[default]`.
pub(super) fn profile_sections(file: &SharedFile, in_config: bool) -> impl Iterator<Item = (&str, &Section)> {
    let prefixed = file.sections.iter().any(|section| split(&section.header) == Some(("profile", "default")));
    file.sections.iter().filter_map(move |section| {
        let header = section.header.as_str();
        let name = match split(header) {
            _ if !in_config => Some(header),
            Some(("profile", name)) => Some(name),
            None if header == "default" && !prefixed => Some(header),
            _ => None,
        };
        name.map(|name| (name, section))
    })
}

/// `KIND NAME`, whose name may stand in quotes.
fn split(header: &str) -> Option<(&str, &str)> {
    let (kind, name) = header.split_once(char::is_whitespace)?;
    let name = name.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
    Some((kind, quoted.unwrap_or(name)))
}
