//! The same file without some sections' access keys.

use std::ops::Range;
use std::sync::Arc;

use crate::providers::aws::ProfileKind;
use crate::secret::SecretBytes;

use super::found::profile_sections;
use super::scan::{Section, Setting};
use super::{ACCESS_KEY_ID, CREDENTIAL_PROCESS, SECRET_ACCESS_KEY, SharedFile, is_of_key};

/// What is taken out of a file.
#[derive(Clone, Debug)]
pub struct TakeOut {
    /// The profile, as AWS's tools call it.
    pub profile: String,
    /// A command that gives them its credentials from now on: a line in place of the keys.
    pub process: Option<String>,
    /// Its access key, as it was stored. A section that has a part of another one keeps all of its own: that one may be nowhere else.
    pub stored: Arc<ProfileKind>,
}

/// The access key of a profile in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLines {
    /// What stands in the brackets of its section.
    pub section: String,
    /// How many lines it has.
    pub lines: usize,
}

/// What is left of a file, and what went.
#[derive(Debug)]
pub struct TakenOut {
    /// Every other byte, as it was.
    pub rest: SecretBytes,
    /// How many lines went.
    pub lines: usize,
    /// The profiles that have their command now.
    pub with_process: Vec<String>,
}

impl SharedFile {
    /// Where the stored access keys of the profiles in `wanted` stand: what [`SharedFile::take_out`] would take, section by section.
    pub fn key_lines(&self, in_config: bool, wanted: &[TakeOut]) -> Vec<KeyLines> {
        let mut found: Vec<KeyLines> = Vec::new();
        for (name, section) in profile_sections(self, in_config) {
            let lines = parts_of_key(section).map(|setting| setting.lines.len()).sum();
            if lines == 0 || !wanted.iter().any(|wanted| wanted.profile == name && wanted.has_all(section)) {
                continue;
            }
            match found.iter_mut().find(|known| known.section == section.header) {
                Some(known) => known.lines += lines,
                None => found.push(KeyLines { section: section.header.clone(), lines }),
            }
        }
        found
    }

    /// The sections of the profiles in `wanted` that have another access key than the stored one, or a part of another: what stands
    /// in their brackets.
    pub fn other_keys(&self, in_config: bool, wanted: &[TakeOut]) -> Vec<String> {
        let sections = profile_sections(self, in_config)
            .filter(|(name, section)| wanted.iter().any(|wanted| wanted.profile == *name && !wanted.has_all(section)));
        let mut headers: Vec<String> = sections.map(|(_, section)| section.header.clone()).collect();
        headers.sort();
        headers.dedup();
        headers
    }

    /// The file, which has `bytes`, without the stored access keys of the profiles in `wanted`: all of their lines, also of sections
    /// that come twice. A section that has a part of another key stays as it is. `None` where nothing goes.
    ///
    /// A command is written once for each profile, and not where a section has one already.
    pub fn take_out(&self, bytes: &SecretBytes, in_config: bool, wanted: &[TakeOut]) -> Option<TakenOut> {
        let mut cuts: Vec<(Range<usize>, Option<&str>)> = Vec::new();
        let mut with_process: Vec<String> = Vec::new();
        for (name, section) in profile_sections(self, in_config) {
            let wanted = wanted.iter().find(|wanted| wanted.profile == name && wanted.has_all(section));
            let Some(wanted) = wanted else { continue };
            let has_process = |known: &Vec<String>| {
                known.contains(&wanted.profile) || section.settings.iter().any(|one| one.name == CREDENTIAL_PROCESS)
            };
            for setting in parts_of_key(section) {
                let process = wanted.process.as_deref().filter(|_| !has_process(&with_process));
                with_process.extend(process.map(|_| wanted.profile.clone()));
                let mut lines = setting.lines.iter().cloned();
                cuts.extend(lines.next().map(|first| (first, process)));
                cuts.extend(lines.map(|more| (more, None)));
            }
        }
        if cuts.is_empty() {
            return None;
        }
        // EXPOSE: copied, but for what goes.
        let all = bytes.expose();
        let mut rest = SecretBytes::with_capacity(all.len() + with_process.len() * 256);
        let mut at = 0;
        for (cut, process) in &cuts {
            rest.extend(&all[at..cut.start]);
            at = cut.end;
            if let Some(process) = process {
                let (before, end) = around(&all[cut.clone()]);
                for part in [before, CREDENTIAL_PROCESS.as_bytes(), b" = ", process.as_bytes(), end] {
                    rest.extend(part);
                }
            }
        }
        rest.extend(&all[at..]);
        Some(TakenOut { rest, lines: cuts.len(), with_process })
    }
}

impl TakeOut {
    /// Whether no part of another key than the stored one is in `section`.
    fn has_all(&self, section: &Section) -> bool {
        parts_of_key(section).all(|part| self.has(part))
    }

    /// Whether what was stored has this part; an empty one is nothing that could be lost.
    fn has(&self, part: &Setting) -> bool {
        let ProfileKind::Static { access_key_id, secret_access_key, session_token } = &*self.stored else {
            return false;
        };
        let stored = match part.name.as_str() {
            // EXPOSE: compared; an access key's id is no secret.
            ACCESS_KEY_ID => return part.value.is_empty() || part.value.expose() == access_key_id,
            SECRET_ACCESS_KEY => Some(secret_access_key),
            _ => session_token.as_ref(),
        };
        part.value.is_empty() || stored.is_some_and(|stored| stored.same_as(&part.value))
    }
}

fn parts_of_key(section: &Section) -> impl Iterator<Item = &Setting> {
    section.settings.iter().filter(|setting| is_of_key(&setting.name))
}

/// The blanks that a line begins with, and its end.
fn around(line: &[u8]) -> (&[u8], &[u8]) {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let end = line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    (&line[..blanks], &line[line.len() - end..])
}
