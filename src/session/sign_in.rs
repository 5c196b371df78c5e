//! From what the keyring has of a profile to credentials: through other profiles, codes and browsers, as each kind needs it.

use std::sync::Arc;

use crate::crypto::sha256_of_secret;
use crate::platform::KeyringError;
use crate::providers::aws::{
    AssumeRole, Credentials, MachineRole, ProtectedProfile, Renews, StoredProfile, TemporaryCredentials, assume_role,
    machine_credentials,
};
use crate::providers::{AwsProfile, BoxFuture, ProfileKind, ProviderError};
use crate::secret::SecretBytes;
use crate::vault::{on_thread, on_thread_without_keys};

use super::person::Question;
use super::portal::Portal;
use super::sign_ins::Era;
use super::{Home, SessionError};

/// How many profiles can stand behind each other: AWS's own tools have no such limit, and nobody has this many.
pub(super) const LONGEST_CHAIN: usize = 5;

/// The profile `name`, fit to be used: opened where it is protected, with credentials where it has none of its own.
///
/// # Errors
/// [`SessionError::NoProfile`]; [`SessionError::ProtectionGone`]; [`SessionError::Keyring`]; [`SessionError::Provider`] where what is
/// stored can't be read, or AWS gives no credentials; [`SessionError::NobodyToAsk`]; [`SessionError::Cancelled`].
pub(super) async fn load_signed_in(home: &Home, name: &str) -> Result<AwsProfile, SessionError> {
    let _turn = home.sign_ins().turn().await;
    load_in_chain(home, home.sign_ins().now(), name.to_owned(), Vec::new()).await
}

/// The profile as it is stored, opened where it is protected, if it is not an open one in the place of one that was protected. Nobody
/// at AWS is asked.
pub(super) async fn load_trusted(home: &Home, name: &str) -> Result<AwsProfile, SessionError> {
    let _turn = home.sign_ins().turn().await;
    open_stored(home, home.sign_ins().now(), name).await?.trusted(name)
}

/// The profile as it is stored; `None` where it is protected. Nobody is asked.
pub(super) async fn load_unprotected(home: &Home, name: &str) -> Result<Option<AwsProfile>, SessionError> {
    match StoredProfile::from_bytes(name, &read_stored(home, name).await?.bytes)? {
        StoredProfile::Open(profile) => Ok(Some(profile)),
        StoredProfile::Protected(_) => Ok(None),
    }
}

fn load_in_chain(
    home: &Home,
    era: Era,
    name: String,
    mut chain: Vec<String>,
) -> BoxFuture<'_, Result<AwsProfile, SessionError>> {
    Box::pin(async move {
        let opened = open_stored(home, era, &name).await?;
        let (mark, protected) = (opened.mark, opened.protected);
        let profile = opened.trusted(&name)?;
        if matches!(profile.kind(), ProfileKind::Static { .. }) {
            return Ok(profile);
        }
        if let Some(known) = home.sign_ins().temporary(&name, mark) {
            match known.current().await {
                Ok(_) => return Ok(profile.signed_in(&known)),
                // Now somebody is asked.
                Err(ProviderError::SignedOut { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let (first, renews): (Credentials, Option<Box<dyn Renews>>) = match profile.kind() {
            ProfileKind::Static { .. } => return Ok(profile),
            ProfileKind::AssumeRole(role) => {
                if chain.contains(&name) || chain.len() == LONGEST_CHAIN {
                    chain.push(name);
                    return Err(SessionError::ProfileChain(chain));
                }
                chain.push(name.clone());
                let source = load_in_chain(home, era, role.source.clone(), chain.clone()).await?;
                match take_role(home, profile.duplicate(), source, role.clone()).await {
                    // AWS has ended the session that asks, which this computer's clock says is good: now somebody gets another.
                    Err(SessionError::Provider(ProviderError::SignedOut { .. })) => {
                        let source = load_in_chain(home, era, role.source.clone(), chain).await?;
                        take_role(home, profile.duplicate(), source, role.clone()).await?
                    }
                    taken => taken?,
                }
            }
            ProfileKind::IdentityCenter(_) => {
                let portal = Portal::of(home, era, &profile, protected)?;
                (portal.take_seat().await?, Some(Box::new(portal)))
            }
            ProfileKind::Machine(role) => {
                let renewal = MachineRenewal { profile: profile.duplicate(), role: *role };
                (renewal.renew().await?, Some(Box::new(renewal)))
            }
        };
        // Whoever had the old ones, such as a vault that is open, has the new ones now.
        let temporary = match home.sign_ins().temporary(&name, mark) {
            Some(known) => {
                known.replace(first).await;
                known
            }
            None => TemporaryCredentials::new(&name, first, renews),
        };
        home.sign_ins().keep_temporary(era, &name, mark, &temporary);
        Ok(profile.signed_in(&temporary))
    })
}

/// A profile as it is stored.
struct Opened {
    profile: AwsProfile,
    /// Whether a passphrase seals it in the keyring.
    protected: bool,
    /// Whether one did when it was stored last, as the settings have it.
    was_protected: bool,
    /// Another where the keyring has something else.
    mark: [u8; 32],
}

impl Opened {
    fn trusted(self, name: &str) -> Result<AwsProfile, SessionError> {
        if self.was_protected && !self.protected {
            return Err(SessionError::ProtectionGone(name.to_owned()));
        }
        Ok(self.profile)
    }
}

async fn open_stored(home: &Home, era: Era, name: &str) -> Result<Opened, SessionError> {
    let Stored { bytes, was_protected } = read_stored(home, name).await?;
    // EXPOSE: hashed.
    let mark = sha256_of_secret(bytes.expose());
    let (profile, protected) = match StoredProfile::from_bytes(name, &bytes)? {
        StoredProfile::Open(profile) => (profile, false),
        StoredProfile::Protected(sealed) => (open_sealed(home, era, sealed, mark).await?, true),
    };
    Ok(Opened { profile, protected, was_protected, mark })
}

/// What the keyring has for a profile, and what the settings say of it.
struct Stored {
    bytes: SecretBytes,
    was_protected: bool,
}

async fn read_stored(home: &Home, name: &str) -> Result<Stored, SessionError> {
    AwsProfile::check_name(name)?;
    let (home, name) = (home.clone(), name.to_owned());
    on_thread_without_keys("sealkeep-keyring", move || {
        let settings = home.settings().load()?.settings;
        let listed = settings.profile(&name);
        match home.keyring().get(&super::profiles::entry_name(&name)) {
            Ok(bytes) => Ok(Stored { bytes, was_protected: listed.is_some_and(|listed| listed.protected) }),
            // That the keyring lost it, or is another one, is worth saying; that it never was there is another story.
            Err(KeyringError::NotFound(_)) if listed.is_none() => Err(SessionError::NoProfile(name)),
            Err(error) => Err(error.into()),
        }
    })
    .await?
}

/// Opens it with the passphrase that somebody gave since the last lock; else with one that is asked for now.
async fn open_sealed(
    home: &Home,
    era: Era,
    sealed: ProtectedProfile,
    mark: [u8; 32],
) -> Result<AwsProfile, SessionError> {
    if let Some(opened) = home.sign_ins().opened(sealed.name(), mark) {
        return Ok(AwsProfile::from_bytes(sealed.name(), &opened)?);
    }
    let sealed = Arc::new(sealed);
    let mut again = false;
    loop {
        let question = Question::ProfilePassphrase { profile: sealed.name().to_owned(), again };
        let passphrase = home.person().ask(question).await?;
        let tried = Arc::clone(&sealed);
        match on_thread("sealkeep-argon2", move || tried.open(&passphrase)).await? {
            Ok(profile) => {
                home.sign_ins().keep_opened(era, sealed.name(), mark, profile.to_bytes()?);
                return Ok(profile);
            }
            Err(ProviderError::WrongPassphrase) => again = true,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn take_role(
    home: &Home,
    profile: AwsProfile,
    source: AwsProfile,
    role: AssumeRole,
) -> Result<(Credentials, Option<Box<dyn Renews>>), SessionError> {
    let Some(serial) = role.mfa_serial.clone() else {
        let renewal = RoleRenewal { profile, source, role };
        return Ok((renewal.renew().await?, Some(Box::new(renewal))));
    };
    let mut again = false;
    loop {
        let question = Question::MfaCode { profile: profile.name().to_owned(), serial: serial.clone(), again };
        let code = home.person().ask(question).await?;
        match assume_role(&profile, &source, &role, Some(&code)).await {
            Ok(first) => return Ok((first, None)),
            Err(ProviderError::WrongCode) => again = true,
            Err(error) => return Err(error.into()),
        }
    }
}

struct RoleRenewal {
    profile: AwsProfile,
    source: AwsProfile,
    role: AssumeRole,
}

impl Renews for RoleRenewal {
    fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>> {
        Box::pin(assume_role(&self.profile, &self.source, &self.role, None))
    }
}

struct MachineRenewal {
    profile: AwsProfile,
    role: MachineRole,
}

impl Renews for MachineRenewal {
    fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>> {
        Box::pin(machine_credentials(&self.profile, self.role))
    }
}
