//! Credentials for AWS, as a person gave them to Sealkeep.
//!
//! Owns: [`AwsProfile`], its bytes for the keyring, and the configuration of AWS clients. Reads no environment and no
//! `~/.aws`: a client knows what its profile says and nothing else.
//! Invariant: what is secret goes to AWS over TLS, or over plain http to this machine, or nowhere.

mod connect;
mod endpoint;
mod identity;
mod profile;
mod stored;

pub use connect::Patience;
pub(in crate::providers) use connect::retry_partition;
pub use endpoint::Endpoint;
pub use identity::{Identity, identify};
pub(in crate::providers) use profile::check_region;
pub use profile::{AwsProfile, ProfileKind};
