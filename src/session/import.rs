//! Profiles from the files of the AWS command line, when somebody asks for it; and their plaintext keys out of these files, when
//! somebody asks for that.
//!
//! What was read is held until it is over: a file that is another by then is not touched.

mod process;
mod removing;
mod seen;

use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crypto::sha256_of_secret;
use crate::platform::{AwsFiles, OutError};
use crate::providers::AwsProfile;
pub use crate::providers::aws::shared_files::{KeyLines, NotOffered};
use crate::providers::aws::shared_files::{Offer, SharedFile, SharedFiles};
use crate::providers::aws::{AssumeRole, ProfileKind};
use crate::secret::{SecretBytes, SecretString};

use super::files::Source;
use super::mark::{self, InPlaceOf};
use super::{Home, SessionError, profiles, sign_in};

pub use process::{FoundBy, Process};
pub use removing::{GoesOn, KeptKey, KeysInFile, Removed, WhyKept};
pub use seen::Seen;

/// The longest file that is read, in bytes: those of people with thousands of profiles are shorter.
const LONGEST_FILE: usize = 8 << 20;

/// What is in the files of the AWS command line, and can be had or not.
#[derive(Debug)]
pub struct Import {
    files: Vec<Arc<ReadFile>>,
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
    /// The access key's id: not a secret. None where it has another form than AWS's: it may be the secret, in the wrong place.
    pub access_key_id: Option<String>,
    /// The role that it takes, an ARN.
    pub role_arn: Option<String>,
    /// Where somebody signs in for it.
    pub start_url: Option<String>,
    /// What it asks instead of AWS's own addresses.
    pub endpoint: Option<String>,
    /// Whether that is none of AWS's: whoever answers there gets what is meant for AWS.
    pub is_elsewhere: bool,
    /// Whether a passphrase would seal it.
    pub protectable: bool,
    /// What is worth knowing before it is taken, in sentences.
    pub notes: Vec<String>,
}

/// Which files were read, and what they were: to see whether they still are.
#[derive(Clone, PartialEq, Eq)]
pub struct FilesRead(Vec<(PathBuf, [u8; 32])>);

/// What an import stored: the keyring has to have just this before anything goes from the files that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    files: FilesRead,
    /// The profiles' names, and the digests of what the keyring has for them.
    entries: Vec<(String, [u8; 32])>,
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
            files.extend(ReadFile::read(path, is_config)?.map(Arc::new));
        }
        if files.is_empty() {
            return Err(SessionError::NoAwsFiles(vec![named.config.clone(), named.credentials.clone()]));
        }
        let of =
            |is_config| files.iter().find(|file| file.is_config == is_config).map(|file: &Arc<ReadFile>| &file.scanned);
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
        self.refused.clear();
        self.choose(&[name.to_owned()])
    }

    /// Only `names`, and whose credentials they take.
    ///
    /// # Errors
    /// [`SessionError::NoAwsProfile`] for one that is not there.
    pub fn choose(mut self, names: &[String]) -> Result<Self, SessionError> {
        let mut wanted = names.to_vec();
        // Sources stand before those that take their credentials.
        for offer in self.offers.iter().rev() {
            if let (true, ProfileKind::AssumeRole(role)) = (is_among(&wanted, offer), offer.profile.kind()) {
                wanted.push(role.source.clone());
            }
        }
        self.offers.retain(|offer| is_among(&wanted, offer));
        match names.iter().find(|name| !self.offers.iter().any(|offer| offer.profile.name() == name.as_str())) {
            Some(missing) => Err(SessionError::NoAwsProfile(missing.clone())),
            None => Ok(self),
        }
    }

    /// The files that were read, and what they were.
    pub fn files_read(&self) -> FilesRead {
        // EXPOSE: hashed.
        let read = |file: &Arc<ReadFile>| (file.path.clone(), sha256_of_secret(file.bytes.expose()));
        FilesRead(self.files.iter().map(read).collect())
    }

    /// Sees that this was read from the files as they were when `before` was noted.
    ///
    /// # Errors
    /// [`OutError::Changed`] with the file that is another, is gone, or was not there.
    pub fn check_read(&self, before: &FilesRead) -> Result<(), SessionError> {
        let now = self.files_read();
        let (there, then) = (now.0.iter(), before.0.iter());
        let other = there.filter(|file| !before.0.contains(file)).chain(then.filter(|file| !now.0.contains(file)));
        match { other }.next() {
            Some((path, _)) => Err(OutError::Changed(path.clone()).into()),
            None => Ok(()),
        }
    }

    /// The files' paths.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// What can be had: whose credentials others take come before these.
    pub fn found(&self) -> Vec<Found> {
        let found = |offer: &Offer| Found {
            name: offer.profile.name().to_owned(),
            from: offer.from.clone(),
            region: offer.profile.region().to_owned(),
            kind: offer.profile.kind_name(),
            source: role(offer).map(|role| role.source.clone()),
            access_key_id: offer.profile.access_key_id().filter(|id| is_id(id)).map(str::to_owned),
            role_arn: role(offer).map(|role| role.role_arn.clone()),
            start_url: match offer.profile.kind() {
                ProfileKind::IdentityCenter(center) => Some(center.start_url.clone()),
                _ => None,
            },
            endpoint: offer.profile.network().endpoint().map(|endpoint| endpoint.as_str().to_owned()),
            is_elsewhere: offer.profile.network().endpoint().is_some_and(|endpoint| !endpoint.is_of_aws()),
            protectable: is_protectable(&offer.profile),
            notes: offer.notes.clone(),
        };
        self.offers.iter().map(found).collect()
    }

    /// Whether a passphrase would seal any of them.
    pub fn has_protectable(&self) -> bool {
        self.offers.iter().any(|offer| is_protectable(&offer.profile))
    }

    /// Stores them all, those that have something to seal sealed under `protect`, and calls `each` after each. One of the same name
    /// is replaced, as long as the keyring has for it what was `seen`, which is looked at before anything is stored, and again right
    /// before each is: a keyring has no way to replace just that. What is stored is taken into `seen`.
    ///
    /// # Errors
    /// [`SessionError::ProfileCame`]; those of [`profiles::add`]: what came before the one that failed is stored.
    pub async fn store(
        &self,
        home: &Home,
        seen: &mut Seen,
        protect: Option<&SecretString>,
        mut each: impl FnMut(&str),
    ) -> Result<Stored, SessionError> {
        let mut stored = Stored { files: self.files_read(), entries: Vec::new() };
        // All of them first: an import that has to ask again has stored nothing.
        for name in self.names() {
            stored.check_seen(home, seen, name).await?;
        }
        for offer in &self.offers {
            let name = offer.profile.name();
            let passphrase = protect.filter(|_| is_protectable(&offer.profile)).map(SecretString::duplicate);
            let begun = home.sign_ins().now();
            let there = mark::of(home, name).await?;
            stored.check_seen(home, seen, name).await?;
            let profile = offer.profile.duplicate();
            let storing = profiles::store(home, begun, profile, passphrase, InPlaceOf::Just(there)).await;
            let mark = storing.map_err(|error| stored.so_far(error))?;
            seen.take_in(name, mark);
            stored.entries.push((name.to_owned(), mark));
            each(name);
        }
        Ok(stored)
    }

    /// The names that they get here.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.offers.iter().map(|offer| offer.profile.name())
    }
}

impl Stored {
    /// Sees that storing the profile `name` replaces nothing but what was `seen`; says what was stored until now where it does.
    async fn check_seen(&self, home: &Home, seen: &Seen, name: &str) -> Result<(), SessionError> {
        if seen.is_still(home, name).await? {
            return Ok(());
        }
        Err(self.so_far(SessionError::ProfileCame { profile: name.to_owned(), stored: Vec::new() }))
    }

    /// The same error, with what was stored until now.
    fn so_far(&self, error: SessionError) -> SessionError {
        match error {
            SessionError::ProfileCame { profile, .. } => {
                let stored = self.entries.iter().map(|(stored, _)| stored.clone()).collect();
                SessionError::ProfileCame { profile, stored }
            }
            error => error,
        }
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
}

impl fmt::Debug for FilesRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(path, _)| path)).finish()
    }
}

/// Whether it is written as AWS writes an access key's id; a secret is longer, and has small letters.
fn is_id(text: &str) -> bool {
    (16..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn role(offer: &Offer) -> Option<&AssumeRole> {
    match offer.profile.kind() {
        ProfileKind::AssumeRole(role) => Some(role),
        _ => None,
    }
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
