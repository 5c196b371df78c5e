//! The same file without some sections' access keys.

use std::ops::Range;

use crate::secret::SecretBytes;

use super::found::profile_sections;
use super::{CREDENTIAL_PROCESS, SharedFile, is_of_key};

/// What is taken out of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOut {
    /// The profile, as AWS's tools call it.
    pub profile: String,
    /// A command that gives them its credentials from now on: a line in place of the keys.
    pub process: Option<String>,
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
    /// Where the access keys of the profiles in `wanted` stand: what [`SharedFile::take_out`] would take, section by section.
    pub fn key_lines(&self, in_config: bool, wanted: &[TakeOut]) -> Vec<KeyLines> {
        let mut found: Vec<KeyLines> = Vec::new();
        for (name, section) in profile_sections(self, in_config) {
            let keys = section.settings.iter().filter(|setting| is_of_key(&setting.name));
            let lines = keys.map(|setting| setting.lines.len()).sum();
            if lines == 0 || !wanted.iter().any(|wanted| wanted.profile == name) {
                continue;
            }
            match found.iter_mut().find(|known| known.section == section.header) {
                Some(known) => known.lines += lines,
                None => found.push(KeyLines { section: section.header.clone(), lines }),
            }
        }
        found
    }

    /// The file, which has `bytes`, without the access keys of the profiles in `wanted`: all of their lines, also of sections that
    /// come twice. `None` where there are none.
    ///
    /// A command is written once for each profile, and not where a section has one already.
    pub fn take_out(&self, bytes: &SecretBytes, in_config: bool, wanted: &[TakeOut]) -> Option<TakenOut> {
        let mut cuts: Vec<(Range<usize>, Option<&str>)> = Vec::new();
        let mut with_process: Vec<String> = Vec::new();
        for (name, section) in profile_sections(self, in_config) {
            let Some(wanted) = wanted.iter().find(|wanted| wanted.profile == name) else { continue };
            let has_process = |known: &Vec<String>| {
                known.contains(&wanted.profile) || section.settings.iter().any(|one| one.name == CREDENTIAL_PROCESS)
            };
            for setting in section.settings.iter().filter(|setting| is_of_key(&setting.name)) {
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

/// The blanks that a line begins with, and its end.
fn around(line: &[u8]) -> (&[u8], &[u8]) {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let end = line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    (&line[..blanks], &line[line.len() - end..])
}
