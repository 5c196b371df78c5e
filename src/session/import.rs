//! Profiles from the files of the AWS command line, when somebody asks for it; and their plaintext keys out of these files, when
//! somebody asks for that.
//!
//! What was read is held until it is over: a file that is another by then is not touched.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::platform::{AwsFiles, OldContent, copies_beside, rewrite};
use crate::providers::AwsProfile;
use crate::providers::aws::shared_files::{NotOffered, Offer, SharedFile, SharedFiles, TakeOut, TakenOut};
use crate::providers::aws::{ProfileKind, StoredProfile};
use crate::secret::{SecretBytes, SecretString};
use crate::vault::on_thread_without_keys;

use super::files::Source;
use super::{Home, SessionError, profiles, sign_in};

/// The longest file that is read, in bytes: those of people with thousands of profiles are shorter.
const LONGEST_FILE: usize = 8 << 20;

/// What is in the files of the AWS command line, and can be had or not.
#[derive(Debug)]
pub struct Import {
    files: Vec<ReadFile>,
    offers: Vec<Offer>,
    /// What can't be had, and why.
    pub refused: Vec<NotOffered>,
}

#[derive(Debug)]
struct ReadFile {
    path: PathBuf,
    bytes: SecretBytes,
    scanned: SharedFile,
    is_config: bool,
}

/// A profile that can be had, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that it gets here.
    pub name: String,
    /// What the AWS command line calls it.
    pub from: String,
    /// Its region.
    pub region: String,
    /// See [`AwsProfile::kind_name`].
    pub kind: &'static str,
    /// The profile whose credentials it takes.
    pub source: Option<String>,
    /// The access key's id: not a secret.
    pub access_key_id: Option<String>,
    /// What is worth knowing before it is taken, in sentences.
    pub notes: Vec<String>,
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

impl Import {
    /// Reads the files, and says what can be had of them. A profile that names no region, where `default` names none either, gets
    /// `region`.
    ///
    /// # Errors
    /// [`SessionError::NoAwsFiles`]; [`SessionError::NotAnAwsFile`]; what kept a file from being read.
    pub fn read(region: Option<&str>) -> Result<Self, SessionError> {
        Self::of(&AwsFiles::of_user().ok_or(SessionError::NoAwsFiles(Vec::new()))?, region)
    }

    fn of(named: &AwsFiles, region: Option<&str>) -> Result<Self, SessionError> {
        let mut files = Vec::new();
        for (path, is_config) in [(&named.config, true), (&named.credentials, false)] {
            files.extend(ReadFile::read(path, is_config)?);
        }
        if files.is_empty() {
            return Err(SessionError::NoAwsFiles(vec![named.config.clone(), named.credentials.clone()]));
        }
        let of =
            |is_config| files.iter().find(|file: &&ReadFile| file.is_config == is_config).map(|file| &file.scanned);
        let found = SharedFiles { config: of(true), credentials: of(false) }.offers(region, sign_in::LONGEST_CHAIN);
        Ok(Self { files, offers: found.offers, refused: found.refused })
    }

    /// Only `name`, and whose credentials it takes.
    ///
    /// # Errors
    /// [`SessionError::NotImportable`], [`SessionError::NoAwsProfile`].
    pub fn only(mut self, name: &str) -> Result<Self, SessionError> {
        if let Some(NotOffered { why, .. }) = self.refused.iter().find(|refused| refused.name == name) {
            return Err(SessionError::NotImportable { profile: name.to_owned(), why: why.clone() });
        }
        let mut wanted: Vec<String> = vec![name.to_owned()];
        // Sources stand before those that take their credentials.
        for offer in self.offers.iter().rev() {
            if let (true, ProfileKind::AssumeRole(role)) = (is_among(&wanted, offer), offer.profile.kind()) {
                wanted.push(role.source.clone());
            }
        }
        self.offers.retain(|offer| is_among(&wanted, offer));
        self.refused.clear();
        if self.offers.is_empty() {
            return Err(SessionError::NoAwsProfile(name.to_owned()));
        }
        Ok(self)
    }

    /// What can be had: whose credentials others take come before these.
    pub fn found(&self) -> Vec<Found> {
        let found = |offer: &Offer| Found {
            name: offer.profile.name().to_owned(),
            from: offer.from.clone(),
            region: offer.profile.region().to_owned(),
            kind: offer.profile.kind_name(),
            source: match offer.profile.kind() {
                ProfileKind::AssumeRole(role) => Some(role.source.clone()),
                _ => None,
            },
            access_key_id: offer.profile.access_key_id().map(str::to_owned),
            notes: offer.notes.clone(),
        };
        self.offers.iter().map(found).collect()
    }

    /// Whether a passphrase would seal any of them.
    pub fn has_protectable(&self) -> bool {
        self.offers.iter().any(|offer| is_protectable(&offer.profile))
    }

    /// Stores them all, those that have something to seal sealed under `protect`. One of the same name is replaced.
    ///
    /// # Errors
    /// Those of [`profiles::add`]: what came before the one that failed is stored.
    pub async fn store(&self, home: &Home, protect: Option<&SecretString>) -> Result<(), SessionError> {
        for offer in &self.offers {
            let passphrase = protect.filter(|_| is_protectable(&offer.profile)).map(SecretString::duplicate);
            let begun = home.sign_ins().now();
            profiles::store(home, begun, offer.profile.duplicate(), passphrase).await?;
        }
        Ok(())
    }

    /// The files in which plaintext keys of these profiles stand.
    pub fn files_with_keys(&self) -> Vec<PathBuf> {
        let wanted = self.to_take_out(None);
        let with_keys = self.files.iter().filter(|file| file.take_out(&wanted).is_some());
        with_keys.map(|file| file.path.clone()).collect()
    }

    /// The profiles, as the AWS command line calls them, that are a role besides their access key: without the key in their section
    /// it can't take the role there.
    pub fn needs_its_keys(&self) -> Vec<String> {
        self.offers.iter().filter(|offer| offer.is_own_source).map(|offer| offer.from.clone()).collect()
    }

    /// The profiles that have an access key in the files: what they are called here, and there.
    pub fn with_keys(&self) -> Vec<(String, String)> {
        let with_keys = self.offers.iter().filter(|offer| offer.has_keys);
        with_keys.map(|offer| (offer.profile.name().to_owned(), offer.from.clone())).collect()
    }

    /// Takes the keys of these profiles out of the files, after a look at the keyring, which has them. With `process`, a command whose
    /// last word is a profile's name here, the AWS command line gets their credentials from it.
    ///
    /// # Errors
    /// [`SessionError::NotStored`]; [`SessionError::Out`], above all `Changed`: what came before is done, and told by `done`.
    pub async fn remove_keys(
        &self,
        home: &Home,
        process: Option<&str>,
        mut done: impl FnMut(Removed),
    ) -> Result<(), SessionError> {
        for offer in self.offers.iter().filter(|offer| offer.has_keys) {
            check_stored(home, &offer.profile).await?;
        }
        let wanted = self.to_take_out(process);
        for file in &self.files {
            let Some(taken) = file.take_out(&wanted) else { continue };
            let old = rewrite(&file.path, &file.bytes, &taken.rest)?;
            done(Removed { file: file.path.clone(), lines: taken.lines, old, with_process: taken.with_process });
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

    fn to_take_out(&self, process: Option<&str>) -> Vec<TakeOut> {
        let with_keys = self.offers.iter().filter(|offer| offer.has_keys);
        let wanted = with_keys.map(|offer| TakeOut {
            profile: offer.from.clone(),
            // Where a section is a role too, AWS's tools ask no command.
            process: process
                .filter(|_| !offer.is_own_source)
                .map(|command| format!("{command} {}", offer.profile.name())),
        });
        wanted.collect()
    }
}

impl ReadFile {
    /// The file at `path`; `None` where there is none.
    fn read(path: &Path, is_config: bool) -> Result<Option<Self>, SessionError> {
        let mut source = match Source::open(path) {
            Err(SessionError::NoSource(_)) => return Ok(None),
            source => source?,
        };
        let mut bytes =
            SecretBytes::with_capacity(usize::try_from(source.length().unwrap_or(0)).unwrap_or(0).min(LONGEST_FILE));
        let mut chunk = SecretBytes::new(vec![0; 16 * 1024]);
        loop {
            // EXPOSE: read into.
            match source.read(chunk.expose_mut()) {
                Ok(0) => break,
                // EXPOSE: collected in a secret again.
                Ok(count) => bytes.extend(&chunk.expose()[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(source.explain(error)),
            }
            if bytes.len() > LONGEST_FILE {
                return Err(not_one(path, "it is longer than such a file can be"));
            }
        }
        source.check_unchanged()?;
        let scanned = SharedFile::scan(&bytes).map_err(|why| not_one(path, &why.to_string()))?;
        Ok(Some(Self { path: path.to_owned(), bytes, scanned, is_config }))
    }

    fn take_out(&self, wanted: &[TakeOut]) -> Option<TakenOut> {
        self.scanned.take_out(&self.bytes, self.is_config, wanted)
    }
}

/// Sees that the keyring has a profile of this name and, where it is not sealed, this very key: else the last copy would go.
async fn check_stored(home: &Home, profile: &AwsProfile) -> Result<(), SessionError> {
    let (home, name) = (home.clone(), profile.name().to_owned());
    let of_name = name.clone();
    let stored = on_thread_without_keys("sealkeep-keyring", move || {
        Ok::<_, SessionError>(home.keyring().get(&profiles::entry_name(&of_name))?)
    });
    let is_same = match StoredProfile::from_bytes(&name, &stored.await??)? {
        StoredProfile::Open(stored) => same_key(stored.kind(), profile.kind()),
        // Its passphrase was typed a moment ago.
        StoredProfile::Protected(_) => true,
    };
    if is_same { Ok(()) } else { Err(SessionError::NotStored(name)) }
}

fn same_key(one: &ProfileKind, other: &ProfileKind) -> bool {
    let parts = |kind: &ProfileKind| match kind {
        ProfileKind::Static { access_key_id, secret_access_key, .. } => {
            Some((access_key_id.clone(), secret_access_key.duplicate()))
        }
        _ => None,
    };
    let (Some(one), Some(other)) = (parts(one), parts(other)) else { return false };
    one.0 == other.0 && one.1.same_as(&other.1)
}

fn is_among(wanted: &[String], offer: &Offer) -> bool {
    wanted.iter().any(|name| name == offer.profile.name())
}

fn is_protectable(profile: &AwsProfile) -> bool {
    matches!(profile.kind(), ProfileKind::Static { .. } | ProfileKind::IdentityCenter(_))
}

fn not_one(path: &Path, why: &str) -> SessionError {
    SessionError::NotAnAwsFile { path: path.to_owned(), why: why.to_owned() }
}
