//! The options of `profile add` that say by which way AWS is reached.

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::session::profiles::NetworkFields;

use crate::error::CliError;

#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// Another address for every AWS service: https, as a VPC endpoint's, or http on this machine
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// The proxy to AWS, http://[USER@]HOST:PORT, or direct for none; without it HTTPS_PROXY and NO_PROXY say. USER's password
    /// is never an argument: it is the third line of standard input
    #[arg(long, value_name = "PROXY")]
    proxy: Option<String>,
    /// Ask AWS's FIPS endpoints
    #[arg(long)]
    fips: bool,
    /// Ask AWS's dual-stack endpoints, which have IPv6 too
    #[arg(long)]
    dual_stack: bool,
}

impl NetworkArgs {
    /// The way that was named; `ask` gives the proxy's password, where a user was named.
    pub fn fields(self, ask: impl FnOnce() -> Result<SecretString, CliError>) -> Result<NetworkFields, CliError> {
        let Self { endpoint_url, proxy, fips, dual_stack } = self;
        let proxy_password = match &proxy {
            Some(proxy) if proxy.contains('@') => Some(ask()?),
            _ => None,
        };
        Ok(NetworkFields { endpoint_url, proxy, proxy_password, fips, dual_stack })
    }
}
