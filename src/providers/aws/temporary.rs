//! Credentials that end: kept in memory until they do, or until the vault locks.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::sync::Mutex;

use crate::providers::{BoxFuture, CredentialFault, ProviderError};

/// New ones are asked for this long before the old ones end, so that none ends on its way to AWS.
const AHEAD: Duration = Duration::from_secs(60);

/// Where the next ones come from, without a person: `None` where only a person can get them.
pub trait Renews: Send + Sync {
    /// The next credentials.
    ///
    /// # Errors
    /// Whatever kept them away.
    fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>>;
}

/// The temporary credentials of one profile. Those who have it share them; what is fetched is fetched once. The SDK's type wipes
/// its secrets where the last copy is dropped.
#[derive(Clone)]
pub struct TemporaryCredentials(Arc<Inner>);

struct Inner {
    profile: String,
    kept: Mutex<Option<Credentials>>,
    renews: Option<Box<dyn Renews>>,
}

impl TemporaryCredentials {
    /// Those of `profile`, beginning with `first`.
    pub fn new(profile: &str, first: Credentials, renews: Option<Box<dyn Renews>>) -> Self {
        Self(Arc::new(Inner { profile: profile.to_owned(), kept: Mutex::new(Some(first)), renews }))
    }

    /// Credentials that are good for a minute at least.
    ///
    /// # Errors
    /// [`ProviderError::SignedOut`] where they have ended, or were forgotten, and a person has to be asked; what kept new ones away.
    pub async fn current(&self) -> Result<Credentials, ProviderError> {
        let mut kept = self.0.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| lasts(kept)) {
            return Ok(kept.clone());
        }
        *kept = None;
        let renews = self.0.renews.as_ref();
        let renews = renews.ok_or_else(|| ProviderError::SignedOut { profile: self.0.profile.clone() })?;
        let next = renews.renew().await?;
        *kept = Some(next.clone());
        Ok(next)
    }

    /// Takes `next` in the place of what there was: somebody signed in again.
    pub async fn replace(&self, next: Credentials) {
        *self.0.kept.lock().await = Some(next);
    }

    /// Awaits `call`, which is signed with them. Where AWS says that they have ended, whatever this computer's clock says, nobody uses
    /// them again: whoever asks next gets new ones.
    ///
    /// # Errors
    /// Those of `call`; [`ProviderError::SignedOut`] in the place of credentials that have ended.
    pub(in crate::providers) async fn watch<T>(
        &self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let before = self.id().await;
        match call.await {
            Err(ProviderError::Credentials { reason }) if CredentialFault::of(&reason) == CredentialFault::Ended => {
                self.end(before.as_deref()).await;
                Err(ProviderError::SignedOut { profile: self.0.profile.clone() })
            }
            answer => answer,
        }
    }

    async fn id(&self) -> Option<String> {
        self.0.kept.lock().await.as_ref().map(|kept| kept.access_key_id().to_owned())
    }

    /// Drops those that there were as a call began. Others that somebody has got meanwhile stay; where there were none, the call has got
    /// those that there are.
    async fn end(&self, before: Option<&str>) {
        let mut kept = self.0.kept.lock().await;
        let same = |kept: &Credentials| before.is_none_or(|before| before == kept.access_key_id());
        if kept.as_ref().is_some_and(same) {
            *kept = None;
        }
    }
}

fn lasts(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|end| end > SystemTime::now() + AHEAD)
}

impl ProvideCredentials for TemporaryCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.current().await.map_err(CredentialsError::provider_error) })
    }
}

impl fmt::Debug for TemporaryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemporaryCredentials").field("profile", &self.0.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Counted(Arc<AtomicU32>, Duration);

    impl Renews for Counted {
        fn renew(&self) -> BoxFuture<'_, Result<Credentials, ProviderError>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let credentials = ending_in(self.1);
            Box::pin(async { Ok(credentials) })
        }
    }

    fn ending_in(time: Duration) -> Credentials {
        Credentials::new("ASIA", "secret", None, Some(SystemTime::now() + time), "test")
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_lasts_is_kept_and_what_does_not_is_fetched_anew_once() {
        let count = Arc::new(AtomicU32::new(0));
        let renews = || Some(Box::new(Counted(Arc::clone(&count), HOUR)) as Box<dyn Renews>);
        let lasting = TemporaryCredentials::new("work", ending_in(HOUR), renews());
        run(lasting.current()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 0);
        // Half a minute is over before a slow answer comes.
        let ending = TemporaryCredentials::new("work", ending_in(Duration::from_secs(30)), renews());
        run(ending.current()).unwrap();
        run(ending.current()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_aws_has_ended_is_not_used_again_and_what_came_meanwhile_is() {
        let count = Arc::new(AtomicU32::new(0));
        let of = |id: &str| {
            let end = SystemTime::now() + HOUR;
            Credentials::new(id, "secret", None, Some(end), "test")
        };
        let refused = |reason: &str| Err::<(), _>(ProviderError::Credentials { reason: reason.to_owned() });
        let ended = ProviderError::SignedOut { profile: "work".to_owned() };
        let renews = Box::new(Counted(Arc::clone(&count), HOUR));
        let kept = TemporaryCredentials::new("work", of("ASIAFIRST"), Some(renews));
        run(async {
            let other = refused("UnrecognizedClientException");
            assert_eq!(kept.watch(std::future::ready(other.clone())).await, other, "they have not ended");
            assert_eq!(kept.current().await.unwrap().access_key_id(), "ASIAFIRST");
            let told = kept.watch(std::future::ready(refused("ExpiredTokenException"))).await;
            assert_eq!(told, Err(ended.clone()));
            assert_eq!(kept.current().await.unwrap().access_key_id(), "ASIA");
            assert_eq!(count.load(Ordering::Relaxed), 1);
            // A late answer to what was sent with the old ones.
            let late = kept.watch(async {
                kept.replace(of("ASIATHIRD")).await;
                refused("ExpiredToken")
            });
            assert_eq!(late.await, Err(ended));
            assert_eq!(kept.current().await.unwrap().access_key_id(), "ASIATHIRD");
        });
    }

    #[test]
    fn where_a_person_is_needed_an_end_is_an_end_until_they_sign_in_again() {
        let over = TemporaryCredentials::new("work", ending_in(Duration::ZERO), None);
        let ended = ProviderError::SignedOut { profile: "work".to_owned() };
        assert_eq!(run(over.current()).unwrap_err(), ended);
        run(over.replace(ending_in(HOUR)));
        assert!(run(over.current()).is_ok());
        assert!(!format!("{over:?}").contains("ASIA"));
    }
}
