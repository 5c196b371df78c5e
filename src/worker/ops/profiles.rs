//! AWS profiles: in the keyring, listed in the settings.

use super::Asked;
use crate::secret::SecretString;
use crate::session::{SurveyedKey, profiles};
use crate::worker::{KeyReport, KeyState, NewProfile, Problem, ProfileEntry, ProfileReport, SeenKey, What};

pub(super) async fn list(asked: &Asked) -> Result<(), Problem> {
    let settings = super::system::load_settings(asked).await?.settings;
    asked.reply.tell(What::Profiles(settings.profiles));
    Ok(())
}

/// Stores `new` in the place of nothing, or of `old`.
pub(super) async fn add(asked: &Asked, new: NewProfile, old: Option<&ProfileEntry>) -> Result<(), Problem> {
    asked.stop.or(profiles::add_unless_there(asked.desk.home()?, new, old)).await??;
    list(asked).await
}

pub(super) async fn seats(asked: &Asked, new: NewProfile) -> Result<(), Problem> {
    let seats = asked.stop.or(profiles::seats(asked.desk.home()?, &new)).await??;
    asked.reply.tell(What::Seats(seats));
    Ok(())
}

pub(super) async fn sign_in(asked: &Asked, profile: String) -> Result<(), Problem> {
    asked.stop.or(profiles::load(asked.desk.home()?, &profile)).await??;
    asked.reply.tell(What::SignedIn { profile });
    Ok(())
}

pub(super) async fn protect(asked: &Asked, name: &str, passphrase: Option<SecretString>) -> Result<(), Problem> {
    asked.stop.or(profiles::protect(asked.desk.home()?, name, passphrase)).await??;
    list(asked).await
}

pub(super) async fn remove(asked: &Asked, name: &str) -> Result<(), Problem> {
    asked.stop.or(profiles::remove(asked.desk.home()?, name)).await??;
    list(asked).await
}

pub(super) async fn test(asked: &Asked, name: &str, key: Option<String>) -> Result<(), Problem> {
    let key = key.map(|key| key.parse()).transpose()?;
    let report = asked.stop.or(profiles::test(asked.desk.home()?, name, key.as_ref())).await??;
    // Whose it is may have been learnt.
    super::system::tell_changed_profiles(asked).await;
    let key = report.key.map(|key| KeyReport { arn: key.key.to_string(), alias: key.alias, latency: key.latency });
    let told = ProfileReport {
        profile: report.profile,
        region: report.region,
        account: report.account,
        principal: report.principal,
        key,
        seen: report.keys.map(|keys| keys.into_iter().map(seen).collect()).map_err(Problem::from),
    };
    match report.failed {
        None => asked.reply.tell(What::ProfileTested(told)),
        Some(error) => {
            asked.reply.tell(What::ProfileKnown(told));
            return Err(error.into());
        }
    }
    Ok(())
}

fn seen(key: SurveyedKey) -> SeenKey {
    let state = key.description.as_ref().map(KeyState::from);
    SeenKey { arn: key.key.arn.to_string(), aliases: key.key.aliases, state }
}
