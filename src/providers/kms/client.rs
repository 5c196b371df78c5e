//! The SDK's client, and how long its calls took.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::Builder;
use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};

use crate::providers::ProviderError;
use crate::providers::aws::{AwsProfile, Patience, TemporaryCredentials, retry_partition, watch};
use crate::secret::wipe_deep_stack;

use super::clock::ClockSetRight;
use super::failure::explain;

/// A client for one profile in one region. Its connections live and die with it.
pub(super) struct KmsClient {
    sdk: Client,
    session: Option<TemporaryCredentials>,
    calls: AtomicU64,
    /// Microseconds of the last call that was answered; 0 before there was one.
    latency: AtomicU64,
}

impl KmsClient {
    /// Connects to nothing before the first call.
    pub(super) fn new(profile: &AwsProfile, region: &str, patience: Patience) -> Self {
        let config = Builder::from(&profile.configure(region, patience)).retry_classifier(ClockSetRight);
        let sdk = Client::from_conf(config.retry_partition(retry_partition(profile, region)).build());
        Self { sdk, session: profile.session().cloned(), calls: AtomicU64::new(0), latency: AtomicU64::new(0) }
    }

    pub(super) fn sdk(&self) -> &Client {
        &self.sdk
    }

    /// Awaits `call`, of `action` on `key`, which is an ARN or what stands for none.
    ///
    /// # Errors
    /// What AWS said; [`ProviderError::SignedOut`] where it has ended the session, which is then used no more.
    pub(super) async fn ask<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        action: &'static str,
        key: &str,
    ) -> Result<T, ProviderError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.ask_and(call, |error| explain(error, action, key)).await
    }

    /// The same, where more than one action may have been refused: `explain` says which.
    ///
    /// # Errors
    /// Those of [`KmsClient::ask`].
    pub(super) async fn ask_and<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        explain: impl FnOnce(&SdkError<E, HttpResponse>) -> ProviderError,
    ) -> Result<T, ProviderError> {
        let asking = async { self.timed(call).await.map_err(|error| explain(&error)) };
        watch(self.session.as_ref(), asking).await
    }

    /// Awaits `call`, counts it, and keeps the time that it took where there was an answer. What the SDK left of that answer on
    /// the stack, a data key's base64 for one, is overwritten.
    async fn timed<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        let answer = call.await;
        wipe_deep_stack();
        let answer = answer?;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latency.store(micros.max(1), Ordering::Relaxed);
        Ok(answer)
    }

    /// How many calls were made, however often the SDK had to try each.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How long the last answer took, attempts that failed included.
    pub(super) fn last_latency(&self) -> Option<Duration> {
        match self.latency.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }
}
