//! Where AWS answers, if not where AWS always does.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::providers::ProviderError;

/// An address that stands in for AWS's own, for every service: `https://HOST[:PORT]`, as a VPC endpoint has
/// (`https://vpce-….kms.REGION.vpce.amazonaws.com`), or `http://` to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    encrypted: bool,
}

impl Endpoint {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether it is https. Where it is not, it is on this machine.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether its host has a name that only AWS gives: else somebody else may answer.
    pub fn is_of_aws(&self) -> bool {
        let authority = self.url.split_once("://").and_then(|(_, authority)| host_of(authority));
        let host = authority.unwrap_or_default().to_ascii_lowercase();
        [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|suffix| host.ends_with(suffix))
    }
}

impl FromStr for Endpoint {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        let url = text.strip_suffix('/').unwrap_or(text);
        let (encrypted, authority) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(authority), _) => (true, authority),
            (None, Some(authority)) => (false, authority),
            (None, None) => return Err(refused("an endpoint begins with https://")),
        };
        let host = host_of(authority).ok_or_else(|| refused("an endpoint is https://HOST or https://HOST:PORT"))?;
        if !encrypted && !is_this_machine(host) {
            return Err(refused("an endpoint with plain http must be on this machine (localhost); use https://"));
        }
        Ok(Self { url: url.to_owned(), encrypted })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The host in `HOST[:PORT]`, if that is what it is: no user, no path, nothing that another parser could read differently.
pub(super) fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inside, after) = rest.split_once(']')?;
            inside.parse::<Ipv6Addr>().ok()?;
            (&authority[..inside.len() + 2], after)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            if host.is_empty() || host.len() > 253 || !host.bytes().all(sound) {
                return None;
            }
            (host, port)
        }
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let sound = port.is_empty() || (digits.len() < port.len() && is_port(digits));
    sound.then_some(host)
}

fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether `host` is a name or an address of this machine that needs no resolver to be one.
pub(super) fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Config(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_of_aws_by_its_whole_ending() {
        for text in [
            "https://vpce-0a.kms.eu-west-1.vpce.amazonaws.com",
            "https://kms.cn-north-1.amazonaws.com.cn:443",
            "https://kms.eu-west-1.API.aws/",
        ] {
            assert!(text.parse::<Endpoint>().unwrap().is_of_aws(), "{text}");
        }
        for text in [
            "https://kms.example.com",
            "https://amazonaws.com.example.com",
            "https://evilamazonaws.com",
            "https://kms.amazonaws.com.example",
            "https://[::1]:8443",
            "http://localhost:4566",
        ] {
            assert!(!text.parse::<Endpoint>().unwrap().is_of_aws(), "{text}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for text in ["http://127.0.0.1:5511", "http://localhost:80/", "http://[::1]:1", "http://127.1.2.3"] {
            assert!(!text.parse::<Endpoint>().unwrap().is_encrypted(), "{text}");
        }
        for text in [
            "http://kms.example.com",
            "http://10.0.0.1:80",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://127.1:80",
            "http://[::ffff:10.0.0.1]:80",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains("must be on this machine"), "{text}: {error}");
        }
    }

    #[test]
    fn https_goes_anywhere() {
        let endpoint: Endpoint = "https://vpce-1.kms.eu-central-1.vpce.amazonaws.com/".parse().unwrap();
        assert!(endpoint.is_encrypted());
        assert_eq!(endpoint.as_str(), "https://vpce-1.kms.eu-central-1.vpce.amazonaws.com");
    }

    #[test]
    fn refuses_what_two_parsers_could_read_in_two_ways() {
        for text in [
            "",
            "kms.example.com",
            "ftp://localhost",
            "http://",
            "http://localhost@evil.example.com",
            "http://localhost:80@evil.example.com",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:+80",
            "http://localhost:65536",
            "http://localhost/path",
            "http://localhost?x",
            "http://localhost#x",
            "http://local host",
            "http://localhost\\evil.example.com",
            "http://[::1",
            "http://[::1]evil",
            "https://exämple.com",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
