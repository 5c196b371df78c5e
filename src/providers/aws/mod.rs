//! Credentials for AWS, as a person gave them to Sealkeep.
//!
//! Owns: [`AwsProfile`], its bytes for the keyring, and the configuration of AWS clients. Reads no
//! `~/.aws` (it parses what somebody imports), and no environment but the one that a machine's role or a proxy is named in.
//! Invariant: what is secret goes to AWS over TLS, or over plain http to this machine, or nowhere.

mod connect;
mod endpoint;
mod identity;
mod identity_center;
mod machine;
mod network;
mod profile;
mod protected;
mod role;
pub mod shared_files;
mod sso_token;
mod stored;
mod stored_network;
mod temporary;
mod wire;

pub use aws_credential_types::Credentials;
pub use connect::Patience;
pub(in crate::providers) use connect::retry_partition;
pub use endpoint::Endpoint;
pub use identity::{Identity, identify};
pub use identity_center::{
    DeviceSignIn, IdentityCenter, ListedSeat, Seat, await_sign_in, begin_sign_in, list_seats, renew_token,
    role_credentials, sign_out,
};
pub use machine::{MachineRole, machine_credentials};
pub use network::{Network, NetworkFields, Proxy, ProxyServer};
pub use profile::{AwsProfile, ProfileKind};
pub(in crate::providers) use profile::{check_region, watch};
pub use protected::{ProtectedProfile, StoredProfile};
pub use role::{AssumeRole, assume_role, session_token};
pub use sso_token::{Registration, SsoToken};
pub use temporary::{Renews, TemporaryCredentials};
pub(in crate::providers) use wire::wire_error;
