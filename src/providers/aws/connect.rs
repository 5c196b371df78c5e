//! From a profile to a configured AWS client.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kms::config::retry::RetryPartition;

use super::AwsProfile;
use super::wire::Wire;

/// How long to wait for AWS before saying that nobody answered, and how often to try meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For one answer; then it is tried again, over a new connection. The old one may have died while the machine slept.
    pub attempt: Duration,
    /// For all of it.
    pub whole: Duration,
    /// How often it is tried, the first time included.
    pub attempts: u32,
}

impl Patience {
    /// For whoever tries again by themselves, and wants to know at once that AWS limits requests.
    pub const ONE_ATTEMPT: Self = Self {
        connect: Duration::from_secs(3),
        attempt: Duration::from_secs(8),
        whole: Duration::from_secs(10),
        attempts: 1,
    };
}

impl Default for Patience {
    /// What a person in front of a window has: an answer or a reason within 10 seconds.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(4),
            whole: Duration::from_secs(10),
            attempts: 3,
        }
    }
}

impl Patience {
    /// For what must not be done twice: it is tried once, and waited for as long as all of it may take otherwise.
    pub(in crate::providers) fn once() -> Self {
        let usual = Self::default();
        Self { attempt: usual.whole, attempts: 1, ..usual }
    }
}

/// The wait before a second attempt is random up to this, and doubles.
const BACKOFF: Duration = Duration::from_millis(250);

impl AwsProfile {
    /// The configuration of any AWS client for this profile in `region`. Nothing in it comes from the environment or from
    /// `~/.aws`, but, unless the profile says otherwise, for a proxy (`HTTPS_PROXY`), which carries TLS that it can't read, and for where this system's certificate
    /// authorities are (`SSL_CERT_FILE`, `SSL_CERT_DIR`).
    pub fn configure(&self, region: &str, patience: Patience) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(patience.connect)
            .operation_attempt_timeout(patience.attempt)
            .operation_timeout(patience.whole)
            .build();
        let retries = RetryConfig::standard().with_max_attempts(patience.attempts).with_initial_backoff(BACKOFF);
        let network = self.network();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(self.credentials_provider())
            // Those that end are kept in one place, which knows when AWS has ended them: a client that kept its own would go on with them.
            .identity_cache(IdentityCache::no_cache())
            .timeout_config(timeouts)
            .retry_config(retries)
            .http_client(Wire::new(network.proxy()))
            .use_fips(network.fips())
            .use_dual_stack(network.dual_stack());
        if let Some(endpoint) = network.endpoint() {
            config.set_endpoint_url(Some(endpoint.as_str().to_owned()));
        }
        config.build()
    }
}

/// Whose failures count together when the SDK decides that trying again is no use: those of one profile at one place, so that
/// an endpoint that is down costs the others nothing.
pub(in crate::providers) fn retry_partition(profile: &AwsProfile, region: &str) -> RetryPartition {
    let network = profile.network();
    let place = network.endpoint().map_or(region, super::Endpoint::as_str);
    RetryPartition::new(format!("{} {place} {} {}", profile.name(), network.fips(), network.dual_stack()))
}

#[cfg(test)]
mod tests {
    use super::super::Network;
    use super::*;
    use crate::providers::aws::ProfileKind;
    use crate::secret::SecretString;

    fn profile(name: &str, endpoint: Option<&str>) -> AwsProfile {
        let kind = ProfileKind::Static {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SecretString::copy_of("secret"),
            session_token: None,
        };
        let network = endpoint.map_or_else(Network::default, |url| Network::at(url).unwrap());
        AwsProfile::new(name, "eu-central-1", network, kind).unwrap()
    }

    #[test]
    fn failures_at_one_place_do_not_count_at_another() {
        let of = |name, endpoint, region| retry_partition(&profile(name, endpoint), region);
        let usual = of("work", None, "eu-central-1");
        assert_eq!(usual, of("work", None, "eu-central-1"));
        assert_ne!(usual, of("home", None, "eu-central-1"));
        assert_ne!(usual, of("work", None, "us-east-1"));
        assert_ne!(usual, of("work", Some("http://localhost:1"), "eu-central-1"));
    }

    #[test]
    fn a_client_is_as_patient_as_it_is_told() {
        let config = profile("work", None).configure("us-east-1", Patience::default());
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(3)));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(4)));
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(10)));
        assert_eq!(config.retry_config().unwrap().max_attempts(), 3);
        assert_eq!(config.region().unwrap().as_ref(), "us-east-1", "the key's, not the profile's");
        assert_eq!(config.endpoint_url(), None);
    }
}
