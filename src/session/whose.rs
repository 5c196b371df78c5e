//! Whose a profile is, as far as that is known: to tell profiles of one region apart. Shown, and nothing is decided by it.

use crate::platform::ProfileEntry;
use crate::providers::AwsProfile;
use crate::providers::aws::{Identity, ProfileKind};
use crate::vault::on_thread_without_keys;

use super::{Home, SessionError, mark};

/// Whose a profile is.
#[derive(Debug)]
pub(super) struct Whose {
    /// The account's number.
    pub(super) account: Option<String>,
    /// The name of a user or a role.
    pub(super) principal: Option<String>,
}

/// What the settings list of `profile`: whose it is, where its own parts say so.
pub(super) fn entry(profile: &AwsProfile, protected: bool) -> ProfileEntry {
    let (account, principal) = match profile.kind() {
        ProfileKind::AssumeRole(role) => (account(&role.role_arn), principal(&role.role_arn)),
        ProfileKind::IdentityCenter(center) => {
            center.seat.as_ref().map(|seat| (seat.account.clone(), seat.role.clone())).unzip()
        }
        ProfileKind::Static { .. } | ProfileKind::Machine(_) => (None, None),
    };
    let new = ProfileEntry::new(profile.name(), profile.region(), profile.kind_name());
    ProfileEntry { protected, account, principal, ..new }
}

/// Notes who AWS says that the profile `name` is, where it is listed, and the keyring has for it what was `tested`: the answer is about
/// no other.
///
/// # Errors
/// [`SessionError::Keyring`]; [`SessionError::Platform`] where the settings can't be read or written.
pub(super) async fn note(
    home: &Home,
    name: &str,
    tested: Option<[u8; 32]>,
    identity: &Identity,
) -> Result<(), SessionError> {
    let arn = identity.principal.as_deref();
    if mark::of(home, name).await? != tested {
        return Ok(());
    }
    remember(home, name, Whose { account: identity.account.clone(), principal: arn.and_then(principal) }).await
}

/// Notes of the profile `name` whose it is.
///
/// # Errors
/// [`SessionError::Platform`] where the settings can't be read or written.
pub(super) async fn remember(home: &Home, name: &str, whose: Whose) -> Result<(), SessionError> {
    let (home, name) = (home.clone(), name.to_owned());
    on_thread_without_keys("sealkeep-settings", move || {
        let settings = home.settings().load()?.settings;
        let is_news = |entry: &ProfileEntry| (&entry.account, &entry.principal) != (&whose.account, &whose.principal);
        if settings.profile(&name).is_some_and(is_news) {
            home.settings().update(|settings| {
                if let Some(entry) = settings.profiles.iter_mut().find(|entry| entry.name == name) {
                    (entry.account, entry.principal) = (whose.account, whose.principal);
                }
            })?;
        }
        Ok(())
    })
    .await?
}

/// The account's number in an ARN.
fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    let is_one = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| account.to_owned())
}

/// The name of the user or the role in an ARN: without its path, and without the session's name.
fn principal(arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let name = match resource.split_once('/') {
        Some(("assumed-role", rest)) => rest.split('/').next()?,
        Some((_, rest)) => rest.rsplit('/').next()?,
        None => resource,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_who_and_of_which_account() {
        for (arn, who) in [
            ("arn:aws:iam::111122223333:user/anna", Some("anna")),
            ("arn:aws:iam::111122223333:role/team/vault-reader", Some("vault-reader")),
            ("arn:aws:sts::111122223333:assumed-role/vault-reader/sealkeep-1", Some("vault-reader")),
            ("arn:aws-cn:iam::111122223333:root", Some("root")),
            ("arn:aws:iam::111122223333:user/", None),
            ("nobody", None),
        ] {
            assert_eq!(principal(arn).as_deref(), who, "{arn}");
            let of = (arn != "nobody").then_some("111122223333");
            assert_eq!(account(arn).as_deref(), of, "{arn}");
        }
        assert_eq!(account("arn:aws:iam::aws:policy/x"), None);
    }
}
