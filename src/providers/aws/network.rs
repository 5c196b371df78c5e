//! By which way AWS is reached: where it is not the usual one.

use std::fmt;

use crate::providers::ProviderError;
use crate::secret::SecretString;

use super::Endpoint;
use super::endpoint::host_of;

/// What somebody typed about the way to AWS. Nothing of it: AWS's usual addresses, and the environment's proxy.
#[derive(Debug, Default)]
pub struct NetworkFields {
    /// Another address for every AWS service: `https://HOST[:PORT]`, or http to this machine.
    pub endpoint_url: Option<String>,
    /// `direct`, or `http://[USER@]HOST:PORT`.
    pub proxy: Option<String>,
    /// What `USER` proves itself to the proxy with.
    pub proxy_password: Option<SecretString>,
    /// AWS's FIPS endpoints.
    pub fips: bool,
    /// AWS's dual-stack endpoints, which have IPv6 too.
    pub dual_stack: bool,
}

/// The way to AWS. Nothing secret shows in `Debug`.
#[derive(Debug, Default)]
pub struct Network {
    endpoint: Option<Endpoint>,
    proxy: Proxy,
    fips: bool,
    dual_stack: bool,
}

/// What carries TLS to AWS.
#[derive(Debug, Default)]
pub enum Proxy {
    /// What `HTTPS_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    /// This one, for everything that is not on this machine, whatever the environment says.
    Server(ProxyServer),
}

/// A proxy that takes HTTP's CONNECT.
#[derive(Debug)]
pub struct ProxyServer {
    address: String,
    user: Option<String>,
    password: Option<SecretString>,
}

impl NetworkFields {
    /// The same, with a password of its own that it wipes.
    pub fn duplicate(&self) -> Self {
        Self {
            endpoint_url: self.endpoint_url.clone(),
            proxy: self.proxy.clone(),
            proxy_password: self.proxy_password.as_ref().map(SecretString::duplicate),
            fips: self.fips,
            dual_stack: self.dual_stack,
        }
    }
}

impl Network {
    /// The way that was typed, once every part of it can be what it says.
    ///
    /// # Errors
    /// [`ProviderError::Config`] says which part can't and what to type, and shows no password.
    pub fn new(fields: NetworkFields) -> Result<Self, ProviderError> {
        let NetworkFields { endpoint_url, proxy, proxy_password, fips, dual_stack } = fields;
        if endpoint_url.is_some() && (fips || dual_stack) {
            return Err(refused(
                "an endpoint of one's own has its own name: leave out FIPS and dual-stack, or leave out the endpoint",
            ));
        }
        let endpoint = endpoint_url.as_deref().map(str::parse).transpose()?;
        Ok(Self { endpoint, proxy: Proxy::new(proxy.as_deref(), proxy_password)?, fips, dual_stack })
    }

    /// The way to one endpoint for every service, otherwise the usual one.
    ///
    /// # Errors
    /// Those of [`Network::new`].
    pub fn at(endpoint_url: &str) -> Result<Self, ProviderError> {
        Self::new(NetworkFields { endpoint_url: Some(endpoint_url.to_owned()), ..NetworkFields::default() })
    }

    /// What stands in for AWS's own addresses.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    /// What carries the TLS.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Whether AWS's FIPS endpoints are asked.
    pub fn fips(&self) -> bool {
        self.fips
    }

    /// Whether AWS's dual-stack endpoints are asked.
    pub fn dual_stack(&self) -> bool {
        self.dual_stack
    }
}

impl Proxy {
    fn new(text: Option<&str>, password: Option<SecretString>) -> Result<Self, ProviderError> {
        let password = password.filter(|password| !password.is_empty());
        let proxy = match text {
            None => Self::Environment,
            Some("direct") => Self::Direct,
            Some(text) => return ProxyServer::new(text, password).map(Self::Server),
        };
        match password {
            None => Ok(proxy),
            Some(_) => Err(refused("a proxy's password needs the proxy: http://USER@HOST:PORT")),
        }
    }

    /// As it is typed and stored, without a password; `None` where the environment says.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Environment => None,
            Self::Direct => Some("direct".to_owned()),
            Self::Server(server) => Some(server.to_string()),
        }
    }
}

impl ProxyServer {
    fn new(text: &str, password: Option<SecretString>) -> Result<Self, ProviderError> {
        let form = || refused("a proxy is http://HOST:PORT or http://USER@HOST:PORT, or the word direct for none");
        let address = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = address.split_once("://").ok_or_else(form)?;
        if !matches!(scheme, "http" | "https") {
            return Err(form());
        }
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(refused(
                "a proxy's password is not part of its address: http://USER@HOST:PORT, and the password apart",
            ));
        }
        let sound = |byte: u8| byte.is_ascii_graphic() && !b"%/?#".contains(&byte);
        if user.is_some_and(|user| !(1..=256).contains(&user.len()) || !user.bytes().all(sound)) {
            return Err(refused("a proxy's user name is written as it is, in letters without % / ? #"));
        }
        let host = host_of(place).ok_or_else(form)?;
        if host.len() == place.len() {
            return Err(form());
        }
        if let Some(password) = &password {
            if user.is_none() {
                return Err(refused("a proxy's password needs a user: http://USER@HOST:PORT"));
            }
            // EXPOSE: to see that it has no line break in it.
            let sound = password.len() <= 1024 && !password.expose().chars().any(char::is_control);
            if !sound {
                return Err(refused("the proxy's password has characters that none has"));
            }
        }
        Ok(Self { address: format!("{scheme}://{place}"), user: user.map(str::to_owned), password })
    }

    /// `http://HOST:PORT`, or https.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Who asks, where the proxy wants to know.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What the user proves it with.
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }
}

impl fmt::Display for ProxyServer {
    /// As it is typed; without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, self.address.split_once("://")) {
            (Some(user), Some((scheme, place))) => write!(f, "{scheme}://{user}@{place}"),
            _ => f.write_str(&self.address),
        }
    }
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Config(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxy: &str, password: Option<&str>) -> Result<Network, ProviderError> {
        let proxy_password = password.map(SecretString::copy_of);
        Network::new(NetworkFields { proxy: Some(proxy.to_owned()), proxy_password, ..NetworkFields::default() })
    }

    #[test]
    fn a_proxy_is_taken_apart_and_shown_without_its_password() {
        for (text, address, user) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128", None),
            ("https://anna@[::1]:3128/", "https://[::1]:3128", Some("anna")),
            ("http://CORP\\anna@10.0.0.1:80", "http://10.0.0.1:80", Some("CORP\\anna")),
            ("http://anna@example.com@10.0.0.1:80", "http://10.0.0.1:80", Some("anna@example.com")),
        ] {
            let network = through(text, user.map(|_| "hunter2 ü")).unwrap();
            let Proxy::Server(server) = network.proxy() else { panic!("{text}: no server") };
            assert_eq!((server.address(), server.user()), (address, user));
            assert_eq!(network.proxy().to_text().as_deref(), Some(text.trim_end_matches('/')));
            assert!(!format!("{network:?}{server}").contains("hunter2"));
        }
        assert!(matches!(through("direct", None).unwrap().proxy(), Proxy::Direct));
        assert!(matches!(Network::default().proxy(), Proxy::Environment));
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_no_password_is_shown() {
        for (text, password, why) in [
            ("", None, "HOST:PORT"),
            ("proxy.example.com:3128", None, "HOST:PORT"),
            ("socks5://proxy.example.com:1080", None, "HOST:PORT"),
            ("http://proxy.example.com", None, "HOST:PORT"),
            ("http://proxy.example.com:0", None, "HOST:PORT"),
            ("http://proxy.example.com:3128/path", None, "HOST:PORT"),
            ("http://proxy.example.com:3128\r\nX: y", None, "HOST:PORT"),
            ("http://anna:hunter2@proxy.example.com:3128", None, "the password apart"),
            ("http://an%20na@proxy.example.com:3128", None, "as it is"),
            ("http://an\rna@proxy.example.com:3128", None, "as it is"),
            ("http://@proxy.example.com:3128", None, "as it is"),
            ("http://proxy.example.com:3128", Some("hunter2"), "needs a user"),
            ("http://anna@proxy.example.com:3128", Some("hunter2\n"), "characters"),
            ("direct", Some("hunter2"), "needs the proxy"),
        ] {
            let error = through(text, password).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("hunter2"), "{text:?}: {error}");
        }
    }

    #[test]
    fn fips_and_dual_stack_are_names_of_aws_and_no_endpoint_has_them() {
        for (fips, dual_stack) in [(true, false), (false, true), (true, true)] {
            let usual = NetworkFields { fips, dual_stack, ..NetworkFields::default() };
            let network = Network::new(usual).unwrap();
            assert_eq!((network.fips(), network.dual_stack()), (fips, dual_stack));
            let endpoint_url = Some("https://vpce-1.kms.eu-central-1.vpce.amazonaws.com".to_owned());
            let both = NetworkFields { endpoint_url, fips, dual_stack, ..NetworkFields::default() };
            assert!(Network::new(both).unwrap_err().to_string().contains("leave out"));
        }
    }
}
