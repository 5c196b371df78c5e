//! AWS profiles: credentials in the system's keyring, their names and regions in the settings.
//!
//! A profile is there when the keyring has it; the settings only list names, because keyrings have no portable search.

use futures_util::future::join;

use crate::crypto::sha256_of_secret;
use crate::platform::{KeyringError, ProfileEntry, Settings};
pub use crate::providers::NetworkFields;
pub use crate::providers::aws::{AssumeRole, IdentityCenter, ListedSeat, MachineRole, ProfileKind, Seat};
use crate::providers::aws::{Identity, ProtectedProfile, identify};
use crate::providers::kms::{SurveyedKey, list_keys, survey_states, test_key};
use crate::providers::{AwsProfile, KeyName, KmsReport, Network, ProviderError};
use crate::secret::SecretString;
use crate::vault::{on_thread, on_thread_without_keys};

use super::mark::{self, InPlaceOf};
use super::portal::Portal;
use super::sign_ins::Era;
use super::whose::{self, Whose};
use super::{Home, SessionError, sign_in, trust};

/// What a profile is made of.
#[derive(Debug)]
pub struct NewProfile {
    /// The name that it gets here.
    pub name: String,
    /// The AWS region to look for keys in.
    pub region: String,
    /// By which way AWS is reached.
    pub network: NetworkFields,
    /// Where its credentials come from.
    pub kind: ProfileKind,
    /// A passphrase to seal it under.
    pub protect: Option<SecretString>,
}

/// What AWS let a profile do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileReport {
    /// The profile's name.
    pub profile: String,
    /// Its region.
    pub region: String,
    /// What gives its credentials: see [`AwsProfile::kind_name`].
    pub kind: &'static str,
    /// Its access key's id, where it has one of its own: not a secret.
    pub access_key_id: Option<String>,
    /// The account's number, as far as an answer named one.
    pub account: Option<String>,
    /// Who the credentials are: the ARN of a user or of an assumed role; `None` where AWS did not say.
    pub principal: Option<String>,
    /// The round trip with the key that was tried, where that went well.
    pub key: Option<KmsReport>,
    /// The keys that the profile can see in its region, with their aliases and, where AWS said so in time, with what each is fit for; or
    /// why it sees none, above all that it may not list them, which opening a vault does not need.
    pub keys: Result<Vec<SurveyedKey>, ProviderError>,
    /// What failed of what a vault needs; `None`: nothing of it. What else is known stands beside it.
    pub failed: Option<ProviderError>,
}

/// Stores a profile: its credentials in the keyring, its name and region in the settings. One of the same name is replaced.
///
/// # Errors
/// [`SessionError::Provider`] for a part that can't be; [`SessionError::Keyring`]: above all that there is none;
/// [`SessionError::Platform`] where the settings can't be written.
pub async fn add(home: &Home, new: NewProfile) -> Result<(), SessionError> {
    let begun = home.sign_ins().now();
    let NewProfile { name, region, network, kind, protect } = new;
    if let ProfileKind::IdentityCenter(IdentityCenter { seat: None, .. }) = &kind {
        return Err(SessionError::NoSeat(name));
    }
    let profile = AwsProfile::new(&name, &region, Network::new(network)?, kind)?;
    store(home, begun, profile, protect, InPlaceOf::Anything).await.map(|_| ())
}

/// The same, in the place of nothing, or of what `seen` says that somebody was asked about.
///
/// # Errors
/// [`SessionError::ProfileExists`] with what there is of that name, where that is something else: nothing was stored. Those of [`add`].
pub async fn add_unless_there(home: &Home, new: NewProfile, seen: Option<&ProfileEntry>) -> Result<(), SessionError> {
    let what = |entry: &ProfileEntry| (entry.region.clone(), entry.kind.clone(), entry.protected);
    if let Some(there) = list(home)?.into_iter().find(|entry| entry.name == new.name)
        && seen.map(what) != Some(what(&there))
    {
        return Err(SessionError::ProfileExists(Box::new(there)));
    }
    add(home, new).await
}

/// Puts `profile` into the keyring, sealed where there is a passphrase, and lists it. What a lock came after `begun` for is not kept
/// open. Gives the digest of what the keyring has now.
///
/// # Errors
/// [`SessionError::ProfileCame`] where there is something else than it may take the place of; those of [`add`].
pub(super) async fn store(
    home: &Home,
    begun: Era,
    profile: AwsProfile,
    protect: Option<SecretString>,
    in_place_of: InPlaceOf,
) -> Result<[u8; 32], SessionError> {
    let (name, protected) = (profile.name().to_owned(), protect.is_some());
    let entry = whose::entry(&profile, protected);
    let opened = profile.to_bytes()?;
    let bytes = match protect {
        Some(passphrase) => {
            check_protectable(&profile)?;
            on_thread("sealkeep-argon2", move || ProtectedProfile::seal(&profile, &passphrase)?.to_bytes()).await??
        }
        None => profile.to_bytes()?,
    };
    // What was signed in as the old one is over; and a sign-in that nothing seals is no part of a protected profile.
    if protected {
        leave_portal(home, &AwsProfile::from_bytes(&name, &opened)?).await?;
    }
    let era = home.sign_ins().forget_for(begun, &name);
    let (storing, stored_name) = (home.clone(), name.clone());
    // EXPOSE: hashed.
    let mark = sha256_of_secret(bytes.expose());
    on_thread_without_keys("sealkeep-keyring", move || {
        if let InPlaceOf::Just(then) = in_place_of
            && mark::read(&storing, &stored_name)? != then
        {
            return Err(SessionError::ProfileCame { profile: stored_name, stored: Vec::new() });
        }
        let put = || storing.keyring().put(&entry_name(&stored_name), &bytes);
        let list = || storing.settings().update(|settings| settings.remember_profile(entry.clone()));
        let before = storing.settings().load()?.settings.profiles.into_iter().find(|listed| listed.name == stored_name);
        if !protected && let Some(before) = before.filter(|before| before.protected) {
            // Where this ends between the two, an open one is not listed as protected: that accuses another program, and nothing but the
            // credentials themselves would put it right.
            list()?;
            if let Err(error) = put() {
                let restore = |settings: &mut Settings| settings.remember_profile(before.clone());
                storing.settings().update(restore)?;
                return Err(error.into());
            }
            return Ok(());
        }
        put()?;
        list()?;
        Ok::<(), SessionError>(())
    })
    .await??;
    if protected {
        // Whoever has just typed the passphrase need not do so again before the next lock.
        home.sign_ins().keep_opened(era, &name, mark, opened);
    }
    Ok(mark)
}

/// The accounts and roles that a person has at the portal of `new`, which names none yet: they sign in first.
///
/// # Errors
/// [`SessionError::Provider`]; [`SessionError::NobodyToAsk`]; [`SessionError::Cancelled`].
pub async fn seats(home: &Home, new: &NewProfile) -> Result<Vec<ListedSeat>, SessionError> {
    let ProfileKind::IdentityCenter(center) = &new.kind else { return Ok(Vec::new()) };
    let kind = ProfileKind::IdentityCenter(center.clone());
    let profile = AwsProfile::new(&new.name, &new.region, Network::new(new.network.duplicate())?, kind)?;
    let _turn = home.sign_ins().turn().await;
    Portal::of(home, home.sign_ins().now(), &profile, new.protect.is_some())?.seats().await
}

/// Forgets the sign-in at the portal of `profile`, at AWS too, where no other profile goes on with it.
async fn leave_portal(home: &Home, profile: &AwsProfile) -> Result<(), SessionError> {
    let Ok(portal) = Portal::of(home, home.sign_ins().now(), profile, false) else { return Ok(()) };
    for other in list(home)?.iter().filter(|other| other.name != profile.name() && !other.protected) {
        if other.kind != profile.kind_name() {
            continue;
        }
        if let Ok(Some(other)) = sign_in::load_unprotected(home, &other.name).await
            && portal.shares_with(&other)
        {
            return Ok(());
        }
    }
    portal.leave().await;
    Ok(())
}

/// Seals the profile `name` under `passphrase`, or under another than before; with `None`, no longer under any.
///
/// # Errors
/// [`SessionError::NotProtectable`]; [`SessionError::ProtectionGone`]: what somebody else put there is not to be trusted by being sealed;
/// those of [`load`] and [`add`].
pub async fn protect(home: &Home, name: &str, passphrase: Option<SecretString>) -> Result<(), SessionError> {
    let begun = home.sign_ins().now();
    let profile = sign_in::load_trusted(home, name).await?;
    check_protectable(&profile)?;
    let before = list(home)?.into_iter().find(|entry| entry.name == name);
    store(home, begun, profile, passphrase, InPlaceOf::Anything).await?;
    if let Some(before) = before {
        // It is the same as before: shown in lists, and what was protected is protected without it.
        let _ = whose::remember(home, name, Whose { account: before.account, principal: before.principal }).await;
    }
    Ok(())
}

fn check_protectable(profile: &AwsProfile) -> Result<(), SessionError> {
    let why = match profile.kind() {
        ProfileKind::AssumeRole(AssumeRole { mfa_serial: Some(_), .. }) => {
            "it asks for the code of its MFA device instead".to_owned()
        }
        ProfileKind::AssumeRole(role) => {
            format!("it has no secret of its own; protect “{}”, whose credentials it takes", role.source)
        }
        ProfileKind::Machine(_) => "this machine gives its credentials to every program on it".to_owned(),
        ProfileKind::Static { .. } | ProfileKind::IdentityCenter(_) => return Ok(()),
    };
    Err(SessionError::NotProtectable { profile: profile.name().to_owned(), why })
}

/// The profiles, by name. Asks no keyring.
///
/// # Errors
/// [`SessionError::Platform`] where the settings can't be read.
pub fn list(home: &Home) -> Result<Vec<ProfileEntry>, SessionError> {
    Ok(home.settings().load()?.settings.profiles)
}

/// The name of the profile that there is, where there is just one.
///
/// # Errors
/// Those of [`list`].
pub fn only(home: &Home) -> Result<Option<String>, SessionError> {
    let mut profiles = list(home)?;
    Ok(if profiles.len() == 1 { profiles.pop().map(|profile| profile.name) } else { None })
}

/// The name of the profile to ask `key` as: the one that was named; else the one that opens a vault with that key here; else the
/// only one that there is.
///
/// # Errors
/// [`SessionError::WhichProfile`]; those of [`list`].
pub fn choose(home: &Home, named: Option<&str>, key: &KeyName) -> Result<String, SessionError> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let mut pinned = trust::pinned_keys(home)?.into_iter();
    let of_vault = pinned.find(|(pinned, _)| pinned.as_str() == key.as_str()).map(|(_, profile)| profile);
    of_vault.or(only(home)?).ok_or(SessionError::WhichProfile)
}

/// The KMS keys of the vaults that the profile `name` opens here.
///
/// # Errors
/// [`SessionError::Platform`] where settings or pins can't be read.
pub fn vault_keys(home: &Home, name: &str) -> Result<Vec<KeyName>, SessionError> {
    let pinned = trust::pinned_keys(home)?.into_iter().filter(|(_, profile)| profile == name);
    Ok(pinned.map(|(key, _)| KeyName::Key(key)).collect())
}

/// The profile `name`, with its credentials: whoever has to be asked for them is asked.
///
/// # Errors
/// [`SessionError::NoProfile`]; [`SessionError::ProtectionGone`], and [`add`] puts that right;
/// [`SessionError::Keyring`]; [`SessionError::Provider`] where what is stored can't be read, or there are no credentials to be had; [`SessionError::NobodyToAsk`]; [`SessionError::Cancelled`].
pub async fn load(home: &Home, name: &str) -> Result<AwsProfile, SessionError> {
    sign_in::load_signed_in(home, name).await
}

/// Removes the profile `name` from the keyring and the settings. A profile that only one of them has is removed there.
///
/// # Errors
/// [`SessionError::NoProfile`]; [`SessionError::Keyring`], and then the settings still list it.
pub async fn remove(home: &Home, name: &str) -> Result<(), SessionError> {
    AwsProfile::check_name(name)?;
    if let Ok(Some(profile)) = sign_in::load_unprotected(home, name).await {
        leave_portal(home, &profile).await?;
    }
    home.sign_out();
    let (home, name) = (home.clone(), name.to_owned());
    on_thread_without_keys("sealkeep-keyring", move || {
        let listed = home.settings().load()?.settings.profile(&name).is_some();
        match home.keyring().remove(&entry_name(&name)) {
            Err(KeyringError::NotFound(_)) if !listed => return Err(SessionError::NoProfile(name)),
            Ok(()) | Err(KeyringError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        home.settings().update(|settings| settings.forget_profile(&name))?;
        Ok(())
    })
    .await?
}

/// Tries what a vault would need of the profile `name`: a real round trip with `key`, if there is one; else only that AWS takes
/// the credentials, by listing keys. Beside it asks who they are, and goes without where AWS does not say. What failed is told in the
/// report, with everything that is known all the same.
///
/// # Errors
/// Those of [`load`]: without credentials nothing is known.
pub async fn test(home: &Home, name: &str, key: Option<&KeyName>) -> Result<ProfileReport, SessionError> {
    let there = mark::of(home, name).await?;
    let profile = load(home, name).await?;
    let trying = async {
        let tried = match key {
            Some(key) => test_key(&profile, key).await.map(Some),
            None => Ok(None),
        };
        let (tested, failed) = tried.map_or_else(|error| (None, Some(error)), |tested| (tested, None));
        let keys = match &failed {
            // Another call would come to the same.
            Some(error) if !error.is_about_a_key() => Err(error.clone()),
            _ => see_keys(&profile).await,
        };
        (tested, failed, keys)
    };
    let ((tested, failed, keys), identity) = join(trying, identify(&profile)).await;
    let failed = match (failed, key, &keys) {
        // AWS knows who asks, and says that they may not list: the credentials themselves are good.
        (None, None, Err(error)) if !is_denied_by_kms(error) => Some(error.clone()),
        (failed, ..) => failed,
    };
    let mut report = ProfileReport {
        profile: profile.name().to_owned(),
        region: profile.region().to_owned(),
        kind: profile.kind_name(),
        access_key_id: profile.access_key_id().map(str::to_owned),
        account: match (&tested, &keys) {
            (Some(tested), _) => Some(tested.key.account().to_owned()),
            (None, keys) => {
                keys.as_ref().ok().and_then(|keys| keys.first()).map(|key| key.key.arn.account().to_owned())
            }
        },
        principal: None,
        key: tested,
        keys,
        failed,
    };
    if let Some(identity) = identity {
        // It shows in lists, and no test fails for it.
        let _ = whose::note(home, name, there, &identity).await;
        // A key may be another account's: whose the credentials are is the better answer.
        report.account = identity.account.or(report.account);
        report.principal = identity.principal;
    }
    Ok(report)
}

async fn see_keys(profile: &AwsProfile) -> Result<Vec<SurveyedKey>, ProviderError> {
    Ok(survey_states(profile, list_keys(profile).await?).await)
}

fn is_denied_by_kms(error: &ProviderError) -> bool {
    matches!(error, ProviderError::AccessDenied { action, .. } if action.starts_with("kms:"))
}

/// A real round trip with `key` as the profile `name`, and nothing else.
///
/// # Errors
/// Those of [`load`]; [`SessionError::Provider`] with what AWS said.
pub async fn try_key(home: &Home, name: &str, key: &KeyName) -> Result<KmsReport, SessionError> {
    Ok(test_key(&load(home, name).await?, key).await?)
}

/// Who the profile `name` is; `None` where AWS does not say. Asks AWS.
///
/// # Errors
/// Those of [`load`].
pub async fn who(home: &Home, name: &str) -> Result<Option<Identity>, SessionError> {
    Ok(identify(&load(home, name).await?).await)
}

/// What the keyring calls a profile's entry.
pub(super) fn entry_name(profile: &str) -> String {
    format!("aws profile {profile}")
}
