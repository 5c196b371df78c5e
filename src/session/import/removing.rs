//! Plaintext keys out of the files of the AWS command line, once the keyring has them.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Import, LONGEST_FILE, Process, ReadFile, Stored};
use crate::platform::{OldContent, copies_beside, rewrite};
use crate::providers::aws::shared_files::{KeyLines, Offer, TakeOut, TakenOut};
use crate::session::{Home, SessionError, mark};
use crate::vault::on_thread;

/// A file in which plaintext keys stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysInFile {
    /// The file.
    pub file: PathBuf,
    /// The sections that have them.
    pub sections: Vec<KeyLines>,
}

/// A section whose plaintext key stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// The file.
    pub file: PathBuf,
    /// What stands in the brackets of the section.
    pub section: String,
    /// Why.
    pub why: WhyKept,
}

/// Why a plaintext key of an imported profile stays in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyKept {
    /// It is another one than the one that was imported, which AWS's tools take.
    Another,
    /// In its section the AWS command line takes a role with it, and that role was not imported.
    NeededForRole,
}

/// What became of a file whose plaintext keys were to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file.
    pub file: PathBuf,
    /// How many lines went.
    pub lines: usize,
    /// What became of what the file was.
    pub old: OldContent,
    /// The profiles for which the AWS command line asks Sealkeep from now on: a line in place of their keys.
    pub with_process: Vec<String>,
}

/// How the AWS command line gets the credentials of a profile whose keys went from its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoesOn {
    /// It asks Sealkeep.
    Asks,
    /// It has none, before this line stands in the profile's section.
    WithLine(String),
    /// It can't take the profile's role, before this line stands in its section, in place of `role_arn` and `source_profile`.
    WithLineForRole(String),
}

impl Import {
    /// Where plaintext keys of these profiles stand.
    pub fn keys_in_files(&self) -> Vec<KeysInFile> {
        let wanted = self.to_take_out(None);
        let of = |file: &Arc<ReadFile>| KeysInFile {
            file: file.path.clone(),
            sections: file.scanned.key_lines(file.is_config, &wanted),
        };
        self.files.iter().map(of).filter(|file| !file.sections.is_empty()).collect()
    }

    /// The sections of these profiles whose plaintext keys stay where they are.
    pub fn kept_keys(&self) -> Vec<KeptKey> {
        let wanted = self.to_take_out(None);
        let kept = |file: &Arc<ReadFile>| {
            let others = file.scanned.other_keys(file.is_config, &wanted);
            let path = file.path.clone();
            others.into_iter().map(move |section| KeptKey { file: path.clone(), section, why: WhyKept::Another })
        };
        let needed: Vec<TakeOut> = self.key_offers().filter(|offer| !self.may_go(offer)).map(all_of).collect();
        let needed = |file: &Arc<ReadFile>| {
            let sections = file.scanned.key_lines(file.is_config, &needed);
            let path = file.path.clone();
            let kept = move |lines: KeyLines| {
                let (file, section) = (path.clone(), lines.section);
                KeptKey { file, section, why: WhyKept::NeededForRole }
            };
            sections.into_iter().map(kept).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(kept).chain(self.files.iter().flat_map(needed)).collect()
    }

    /// The profiles, as the AWS command line calls them, that are a role besides their access key: without the key in their section
    /// it can't take the role there.
    pub fn needs_its_keys(&self) -> Vec<String> {
        let going = self.key_offers().filter(|offer| offer.is_own_source && self.may_go(offer));
        going.map(|offer| offer.from.clone()).collect()
    }

    /// The lines that come into the place of keys where these go, for `process`: for each such profile, by its name there.
    pub fn lines_instead(&self, process: &Process) -> Vec<(String, String)> {
        let with_line = self.key_offers().filter(|offer| self.may_go(offer) && !offer.is_own_source);
        with_line.map(|offer| (offer.from.clone(), process.line(offer.profile.name()))).collect()
    }

    /// How the AWS command line goes on after `removed`, by `process`: for each profile whose keys went, all of them, by its name
    /// there.
    pub fn goes_on(&self, removed: &[Removed], process: &Process) -> Vec<(String, GoesOn)> {
        let roles = self.needs_its_keys();
        let with_keys = self.key_offers().filter(|offer| self.may_go(offer));
        let how = |from: &String, name: &str| {
            if removed.iter().any(|one| one.with_process.contains(from)) {
                GoesOn::Asks
            } else if roles.contains(from) {
                GoesOn::WithLineForRole(process.line(from))
            } else {
                GoesOn::WithLine(process.line(name))
            }
        };
        let went = |offer: &&Offer| {
            let stands = |file: &&Arc<ReadFile>| !file.scanned.key_lines(file.is_config, &[all_of(offer)]).is_empty();
            let mut files = self.files.iter().filter(stands).peekable();
            files.peek().is_some() && files.all(|file| removed.iter().any(|one| one.file == file.path))
        };
        with_keys.filter(went).map(|offer| (offer.from.clone(), how(&offer.from, offer.profile.name()))).collect()
    }

    /// Takes the keys of these profiles, and no others, out of the files, after a look at the keyring, which has what was `stored` of them. With
    /// `process` the AWS command line gets their credentials from it.
    ///
    /// # Errors
    /// [`SessionError::NotStored`]; [`SessionError::Out`], above all `Changed`: what came before is done, and told by `done`.
    pub async fn remove_keys(
        &self,
        home: &Home,
        stored: &Stored,
        process: Option<&Process>,
        mut done: impl FnMut(Removed),
    ) -> Result<(), SessionError> {
        self.check_read(&stored.files)?;
        for offer in self.offers.iter().filter(|offer| offer.has_keys) {
            stored.check(home, offer.profile.name()).await?;
        }
        let wanted = self.to_take_out(process);
        for file in &self.files {
            let (file, wanted) = (Arc::clone(file), wanted.clone());
            if let Some(removed) = on_thread("sealkeep-import", move || file.remove(&wanted)).await?? {
                done(removed);
            }
        }
        Ok(())
    }

    /// Files beside those with keys that have one of the same access keys in them: what editors and people leave.
    pub fn copies(&self) -> Vec<PathBuf> {
        let ids: Vec<&str> = self.offers.iter().filter_map(|offer| offer.profile.access_key_id()).collect();
        // Beside the name, and where that is a link beside the file itself.
        let own = self.files.iter().flat_map(|file| [Some(file.path.clone()), file.path.canonicalize().ok()]);
        let own: Vec<PathBuf> = own.flatten().collect();
        let places = own.iter().flat_map(|path| ids.iter().map(move |id| (path, id)));
        let mut copies: Vec<PathBuf> =
            places.flat_map(|(path, id)| copies_beside(path, id, LONGEST_FILE as u64)).collect();
        copies.retain(|copy| !own.contains(copy));
        copies.sort();
        copies.dedup();
        copies
    }

    fn to_take_out(&self, process: Option<&Process>) -> Vec<TakeOut> {
        let wanted = self.key_offers().filter(|offer| self.may_go(offer)).map(|offer| TakeOut {
            // Where a section is a role too, AWS's tools ask no command.
            process: process.filter(|_| !offer.is_own_source).map(|process| process.command(offer.profile.name())),
            ..all_of(offer)
        });
        wanted.collect()
    }

    fn key_offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.has_keys)
    }

    /// Whether the AWS command line can go on without this key: where it takes a role with it, that role has to be here, too.
    fn may_go(&self, offer: &Offer) -> bool {
        !offer.is_own_source || self.offers.iter().any(|other| other.profile.name() == offer.from)
    }
}

/// Its key, with nothing in its place.
fn all_of(offer: &Offer) -> TakeOut {
    TakeOut { profile: offer.from.clone(), process: None, stored: Arc::new(offer.profile.kind().duplicate()) }
}

impl ReadFile {
    fn take_out(&self, wanted: &[TakeOut]) -> Option<TakenOut> {
        self.scanned.take_out(&self.bytes, self.is_config, wanted)
    }

    /// Replaces the file by what is left of it; `None` where nothing would go.
    fn remove(&self, wanted: &[TakeOut]) -> Result<Option<Removed>, SessionError> {
        let Some(taken) = self.take_out(wanted) else { return Ok(None) };
        let old = rewrite(&self.path, &self.bytes, &taken.rest)?;
        let TakenOut { lines, with_process, .. } = taken;
        Ok(Some(Removed { file: self.path.clone(), lines, old, with_process }))
    }
}

impl Stored {
    /// Sees that the keyring has for the profile `name` what was stored: else the last copy of its key would go.
    async fn check(&self, home: &Home, name: &str) -> Result<(), SessionError> {
        let there = mark::of(home, name).await?;
        match self.entries.iter().any(|(stored, of)| stored == name && Some(*of) == there) {
            true => Ok(()),
            false => Err(SessionError::NotStored(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::AwsFiles;

    const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/reader";

    /// An import of `names` from these files, which are in a folder of their own.
    fn import(config: &str, credentials: &str, names: &[&str]) -> Import {
        let folder = tempfile::tempdir().unwrap();
        let files = AwsFiles { config: folder.path().join("config"), credentials: folder.path().join("credentials") };
        std::fs::write(&files.config, config).unwrap();
        std::fs::write(&files.credentials, credentials).unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Import::of(&files, Some("eu-west-1")).unwrap().choose(&names).unwrap()
    }

    fn key_of(id: &str) -> String {
        format!("aws_access_key_id = {id}\naws_secret_access_key = s\n")
    }

    #[test]
    fn where_it_stopped_half_way_those_whose_keys_went_have_their_line() {
        let config = format!("[profile a]\n{}[profile c]\n{}", key_of("AKIA1"), key_of("AKIA3"));
        let credentials = format!("[b]\n{}[c]\n{}", key_of("AKIA2"), key_of("AKIA3"));
        let import = import(&config, &credentials, &["a", "b", "c"]);
        let removed = |at: usize| Removed {
            file: import.paths()[at].clone(),
            lines: 4,
            old: OldContent::Overwritten,
            with_process: Vec::new(),
        };
        let names = |removed: &[Removed]| -> Vec<String> {
            import
                .goes_on(removed, &Process::of(true, None))
                .into_iter()
                .map(|(from, how)| {
                    assert_eq!(
                        how,
                        GoesOn::WithLine(format!("credential_process = sealkeep-cli profile credentials {from}"))
                    );
                    from
                })
                .collect()
        };
        assert_eq!(names(&[removed(0)]), ["a"], "`c` has its key in the other file, too");
        assert_eq!(names(&[removed(0), removed(1)]).len(), 3);
        assert!(names(&[]).is_empty());
    }

    #[test]
    fn what_is_no_id_is_not_shown_as_one() {
        let swapped = "[a]\naws_access_key_id = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00\naws_secret_access_key = AKIAIOSFODNN7EXAMPLE\n";
        let usual = format!("{swapped}[b]\n{}", key_of("AKIAIOSFODNN7EXAMPLE"));
        let found = import("", &usual, &["a", "b"]).found();
        let ids: Vec<_> = found.iter().map(|one| one.access_key_id.as_deref()).collect();
        assert_eq!(ids, [None, Some("AKIAIOSFODNN7EXAMPLE")]);
        assert!(!format!("{found:?}").contains("wJalr"));
    }

    #[test]
    fn a_key_that_a_role_needs_which_is_not_imported_stays() {
        let config =
            format!("[profile both]\n{ROLE}\nsource_profile = both\n[profile reader]\n{ROLE}\nsource_profile = both\n");
        let credentials = format!("[both]\n{}", key_of("AKIA1"));
        let only = import(&config, &credentials, &["reader"]);
        assert!(
            only.keys_in_files().is_empty()
                && only.goes_on(&[], &Process::of(true, None)).is_empty()
                && only.needs_its_keys().is_empty()
        );
        let kept = only.kept_keys();
        assert!(
            matches!(&kept[..], [kept] if kept.section == "both" && kept.why == WhyKept::NeededForRole),
            "{kept:?}"
        );
        let all = import(&config, &credentials, &["reader", "both"]);
        assert_eq!(
            (all.keys_in_files().len(), all.kept_keys(), all.needs_its_keys()),
            (1, vec![], vec!["both".to_owned()])
        );
    }
}
