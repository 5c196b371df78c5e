//! The way to AWS among a profile's bytes for the keyring: keys of the same JSON, each absent where nothing was said.

use serde::{Deserialize, Serialize};

use crate::providers::ProviderError;

use super::stored::ReadSecret;
use super::{Endpoint, Network, NetworkFields, Proxy};

#[derive(Serialize)]
pub(super) struct WrittenNetwork<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_password: Option<&'a str>,
    #[serde(skip_serializing_if = "is_off")]
    fips: bool,
    #[serde(skip_serializing_if = "is_off")]
    dual_stack: bool,
}

#[derive(Deserialize)]
pub(super) struct ReadNetwork {
    endpoint_url: Option<String>,
    proxy: Option<String>,
    proxy_password: Option<ReadSecret>,
    #[serde(default)]
    fips: bool,
    #[serde(default)]
    dual_stack: bool,
}

impl<'a> WrittenNetwork<'a> {
    pub(super) fn of(network: &'a Network) -> Self {
        let password = match network.proxy() {
            Proxy::Server(server) => server.password(),
            Proxy::Environment | Proxy::Direct => None,
        };
        Self {
            endpoint_url: network.endpoint().map(Endpoint::as_str),
            proxy: network.proxy().to_text(),
            // EXPOSE: for the keyring's bytes, which are a secret again.
            proxy_password: password.map(|password| password.expose()),
            fips: network.fips(),
            dual_stack: network.dual_stack(),
        }
    }
}

impl ReadNetwork {
    /// # Errors
    /// Those of [`Network::new`].
    pub(super) fn parse(self) -> Result<Network, ProviderError> {
        let Self { endpoint_url, proxy, proxy_password, fips, dual_stack } = self;
        let proxy_password = proxy_password.map(|password| password.0);
        Network::new(NetworkFields { endpoint_url, proxy, proxy_password, fips, dual_stack })
    }
}

fn is_off(switch: &bool) -> bool {
    !switch
}
