//! The options of `profile add` that say by which way AWS is reached.

use clap::Args;
use sealkeep::secret::SecretString;
use sealkeep::session::profiles::NetworkFields;

#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// Another address for every AWS service: https, as a VPC endpoint's, or http on this machine
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// The proxy to AWS, http://[USER@]HOST:PORT, or direct for none; without it HTTPS_PROXY and NO_PROXY say. USER's password
    /// is never an argument: it is the last line of standard input
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
    /// Whether a user was named whose password the proxy wants.
    pub fn wants_password(&self) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.contains('@'))
    }

    /// The way that was named, with the password of the proxy's user.
    pub fn fields(self, proxy_password: Option<SecretString>) -> NetworkFields {
        let Self { endpoint_url, proxy, fips, dual_stack } = self;
        NetworkFields { endpoint_url, proxy, proxy_password, fips, dual_stack }
    }
}
