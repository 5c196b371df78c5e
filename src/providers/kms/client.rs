//! The SDK's client, and how long its calls took.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::Builder;

use crate::providers::aws::{AwsProfile, Patience, retry_partition};
use crate::secret::wipe_deep_stack;

use super::clock::ClockSetRight;

/// A client for one profile in one region. Its connections live and die with it.
pub(super) struct KmsClient {
    sdk: Client,
    calls: AtomicU64,
    /// Microseconds of the last call that was answered; 0 before there was one.
    latency: AtomicU64,
}

impl KmsClient {
    /// Connects to nothing before the first call.
    pub(super) fn new(profile: &AwsProfile, region: &str, patience: Patience) -> Self {
        let config = Builder::from(&profile.configure(region, patience)).retry_classifier(ClockSetRight);
        let sdk = Client::from_conf(config.retry_partition(retry_partition(profile, region)).build());
        Self { sdk, calls: AtomicU64::new(0), latency: AtomicU64::new(0) }
    }

    pub(super) fn sdk(&self) -> &Client {
        &self.sdk
    }

    /// Awaits `call`, counts it, and keeps the time that it took where there was an answer. What the SDK left of that answer on
    /// the stack, a data key's base64 for one, is overwritten.
    pub(super) async fn timed<T, E>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
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
