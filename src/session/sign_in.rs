//! From what the keyring has of a profile to credentials: through other profiles, codes and browsers, as each kind needs it.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};

use crate::platform::KeyringError;
use crate::providers::aws::{
    AssumeRole, Credentials, DeviceSignIn, IdentityCenter, MachineRole, ProtectedProfile, Renews, SsoToken,
    StoredProfile, TemporaryCredentials, assume_role, await_sign_in, begin_sign_in, machine_credentials, renew_token,
    role_credentials,
};
use crate::providers::{AwsProfile, BoxFuture, ProfileKind, ProviderError};
use crate::secret::SecretBytes;
use crate::vault::{on_thread, on_thread_without_keys};

use super::person::{Question, SignInPage};
use super::{Home, SessionError};

/// How many profiles can stand behind each other: AWS's own tools have no such limit, and nobody has this many.
pub(super) const LONGEST_CHAIN: usize = 5;

/// The profile `name`, fit to be used: opened where it is protected, with credentials where it has none of its own.
///
/// # Errors
/// [`SessionError::NoProfile`]; [`SessionError::Keyring`]; [`SessionError::Provider`] where what is stored can't be read, or AWS
/// gives no credentials; [`SessionError::NobodyToAsk`]; [`SessionError::Cancelled`].
pub(super) async fn load_signed_in(home: &Home, name: &str) -> Result<AwsProfile, SessionError> {
    let _turn = home.sign_ins().turn().await;
    load_in_chain(home, name.to_owned(), Vec::new()).await
}

/// The profile as it is stored, opened where it is protected; nobody at AWS is asked.
pub(super) async fn load_opened(home: &Home, name: &str) -> Result<(AwsProfile, bool), SessionError> {
    let (profile, protected, _) = open_stored(home, name).await?;
    Ok((profile, protected))
}

fn load_in_chain(home: &Home, name: String, mut chain: Vec<String>) -> BoxFuture<'_, Result<AwsProfile, SessionError>> {
    Box::pin(async move {
        let (profile, protected, mark) = open_stored(home, &name).await?;
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
                let source = load_in_chain(home, role.source.clone(), chain).await?;
                // A role that says nothing of its network is asked for where its source is.
                let profile = profile.duplicate().by_the_way_of(&source);
                take_role(home, profile, source, role.clone()).await?
            }
            ProfileKind::IdentityCenter(center) => take_seat(home, &profile, center.clone(), protected).await?,
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
        home.sign_ins().keep_temporary(&name, mark, &temporary);
        Ok(profile.signed_in(&temporary))
    })
}

/// The stored profile, whether it is protected, and a mark that is another where the keyring has something else.
async fn open_stored(home: &Home, name: &str) -> Result<(AwsProfile, bool, [u8; 32]), SessionError> {
    let bytes = read_stored(home, name).await?;
    // EXPOSE: hashed.
    let mark = crate::crypto::sha256(bytes.expose());
    match StoredProfile::from_bytes(name, &bytes)? {
        StoredProfile::Open(profile) => Ok((profile, false, mark)),
        StoredProfile::Protected(sealed) => Ok((open_sealed(home, sealed, mark).await?, true, mark)),
    }
}

async fn read_stored(home: &Home, name: &str) -> Result<SecretBytes, SessionError> {
    AwsProfile::check_name(name)?;
    let (home, name) = (home.clone(), name.to_owned());
    on_thread_without_keys("sealkeep-keyring", move || {
        let listed = home.settings().load()?.settings.profile(&name).is_some();
        match home.keyring().get(&super::profiles::entry_name(&name)) {
            Ok(bytes) => Ok(bytes),
            // That the keyring lost it, or is another one, is worth saying; that it never was there is another story.
            Err(KeyringError::NotFound(_)) if !listed => Err(SessionError::NoProfile(name)),
            Err(error) => Err(error.into()),
        }
    })
    .await?
}

/// Opens it with the passphrase that somebody gave since the last lock; else with one that is asked for now.
async fn open_sealed(home: &Home, sealed: ProtectedProfile, mark: [u8; 32]) -> Result<AwsProfile, SessionError> {
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
                home.sign_ins().keep_opened(sealed.name(), mark, profile.to_bytes()?);
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

async fn take_seat(
    home: &Home,
    profile: &AwsProfile,
    center: IdentityCenter,
    protected: bool,
) -> Result<(Credentials, Option<Box<dyn Renews>>), SessionError> {
    let renewal = CenterRenewal { home: home.clone(), profile: profile.duplicate(), center, protected };
    let first = match renewal.renew().await {
        Err(ProviderError::SignedOut { .. }) => {
            sign_in_at(home, profile, &renewal.center, protected).await?;
            renewal.renew().await?
        }
        renewed => renewed?,
    };
    Ok((first, Some(Box::new(renewal))))
}

/// A token for the portal of `center`: the one there is, else the next one, else what the person signs in for now.
pub(super) async fn token_for(
    home: &Home,
    profile: &AwsProfile,
    center: &IdentityCenter,
    protected: bool,
) -> Result<SsoToken, SessionError> {
    match current_token(home, profile, center, protected).await {
        Err(ProviderError::SignedOut { .. }) => sign_in_at(home, profile, center, protected).await,
        token => Ok(token?),
    }
}

/// Shows the person where to sign in, and waits until they have.
async fn sign_in_at(
    home: &Home,
    profile: &AwsProfile,
    center: &IdentityCenter,
    protected: bool,
) -> Result<SsoToken, SessionError> {
    let known = stored_token(home, center, protected).await.map(SsoToken::into_registration);
    let begun: DeviceSignIn = begin_sign_in(profile, center, known).await?;
    let page =
        SignInPage { profile: profile.name().to_owned(), url: begun.url.clone(), user_code: begun.user_code.clone() };
    let mut shown = home.person().show(page)?;
    let token = match select(pin!(await_sign_in(profile, center, &begun)), shown.put_away()).await {
        Either::Left((token, _)) => token?,
        Either::Right(_) => return Err(SessionError::Cancelled),
    };
    keep_token(home, center, protected, &token).await?;
    Ok(token)
}

async fn current_token(
    home: &Home,
    profile: &AwsProfile,
    center: &IdentityCenter,
    protected: bool,
) -> Result<SsoToken, ProviderError> {
    let ended = || ProviderError::SignedOut { profile: profile.name().to_owned() };
    let token = stored_token(home, center, protected).await.ok_or_else(ended)?;
    if token.lasts() {
        return Ok(token);
    }
    let next = renew_token(profile, center, &token).await?;
    // One that can't be kept is good for now all the same.
    let _ = keep_token(home, center, protected, &next).await;
    Ok(next)
}

async fn stored_token(home: &Home, center: &IdentityCenter, protected: bool) -> Option<SsoToken> {
    let name = token_name(center);
    if protected {
        return home.sign_ins().token(&name).and_then(|bytes| SsoToken::from_bytes(&bytes));
    }
    let home = home.clone();
    let bytes = on_thread_without_keys("sealkeep-keyring", move || home.keyring().get(&name).ok());
    bytes.await.ok().flatten().and_then(|bytes| SsoToken::from_bytes(&bytes))
}

/// In the keyring; that of a protected profile in memory alone, because nothing seals it there.
async fn keep_token(
    home: &Home,
    center: &IdentityCenter,
    protected: bool,
    token: &SsoToken,
) -> Result<(), SessionError> {
    let (name, bytes) = (token_name(center), token.to_bytes()?);
    if protected {
        home.sign_ins().keep_token(&name, bytes);
        return Ok(());
    }
    let home = home.clone();
    on_thread_without_keys("sealkeep-keyring", move || Ok(home.keyring().put(&name, &bytes)?)).await?
}

/// What the keyring calls a sign-in: profiles of one portal share it.
pub(super) fn token_name(center: &IdentityCenter) -> String {
    format!("aws sign-in {} {}", center.region, center.start_url)
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

struct CenterRenewal {
    home: Home,
    profile: AwsProfile,
    center: IdentityCenter,
    protected: bool,
}

impl Renews for CenterRenewal {
    fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>> {
        Box::pin(async {
            let token = current_token(&self.home, &self.profile, &self.center, self.protected).await?;
            role_credentials(&self.profile, &self.center, &token).await
        })
    }
}
