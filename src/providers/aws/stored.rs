//! A profile's bytes for the keyring: JSON with a version, so that a later Sealkeep can tell them apart.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::providers::ProviderError;
use crate::secret::{SecretBytes, SecretString};

use super::profile::{ASSUME_ROLE, IDENTITY_CENTER, MACHINE, STATIC};
use super::stored_network::{ReadNetwork, WrittenNetwork};
use super::{AssumeRole, AwsProfile, IdentityCenter, MachineRole, ProfileKind, Seat};

const VERSION: u32 = 1;

/// As it is written: borrowed, so that serde copies nothing but into the secret it writes to.
#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    kind: &'a str,
    region: &'a str,
    #[serde(flatten)]
    network: WrittenNetwork<'a>,
    #[serde(flatten)]
    of_kind: WrittenKind<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WrittenKind<'a> {
    Static {
        access_key_id: &'a str,
        secret_access_key: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        session_token: Option<&'a str>,
    },
    AssumeRole {
        source: &'a str,
        role_arn: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        mfa_serial: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration_seconds: Option<u32>,
    },
    IdentityCenter {
        start_url: &'a str,
        sso_region: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<&'a str>,
    },
    Machine {
        machine: &'a str,
    },
}

/// As it is read, of every kind: strings become secrets where they are made.
#[derive(Deserialize)]
struct ReadCommon {
    region: String,
}

#[derive(Deserialize)]
struct ReadStatic {
    access_key_id: String,
    secret_access_key: ReadSecret,
    session_token: Option<ReadSecret>,
}

#[derive(Deserialize)]
struct ReadRole {
    source: String,
    role_arn: String,
    external_id: Option<String>,
    mfa_serial: Option<String>,
    duration_seconds: Option<u32>,
}

#[derive(Deserialize)]
struct ReadCenter {
    start_url: String,
    sso_region: String,
    account: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
struct ReadMachine {
    machine: String,
}

/// What is read first: which of the above it is.
#[derive(Deserialize)]
struct Envelope<'a> {
    version: u32,
    kind: &'a str,
}

pub(super) struct ReadSecret(pub(super) SecretString);

impl AwsProfile {
    /// The profile, without its name, as bytes for the keyring.
    ///
    /// # Errors
    /// None that can happen: the bytes are written to memory.
    pub fn to_bytes(&self) -> Result<SecretBytes, ProviderError> {
        let written = Written {
            version: VERSION,
            kind: self.kind_name(),
            region: self.region(),
            network: WrittenNetwork::of(self.network()),
            of_kind: WrittenKind::of(self.kind()),
        };
        let mut bytes = SecretBytes::with_capacity(512);
        serde_json::to_writer(&mut bytes, &written).map_err(|_| unreadable(self.name()))?;
        Ok(bytes)
    }

    /// The profile `name` from the keyring's bytes.
    ///
    /// # Errors
    /// [`ProviderError::Config`]: the bytes are not a profile, or one of a newer Sealkeep.
    pub fn from_bytes(name: &str, bytes: &SecretBytes) -> Result<Self, ProviderError> {
        // EXPOSE: parsed; what is secret in it becomes a secret where it is read.
        let text = bytes.expose();
        let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(|_| unreadable(name))?;
        let newer = || {
            let why = format!("the profile “{name}” was stored by a newer Sealkeep, which is needed to use it");
            ProviderError::Config(why)
        };
        if envelope.version != VERSION {
            return Err(newer());
        }
        let bad = |_| unreadable(name);
        let kind = match envelope.kind {
            STATIC => {
                let read: ReadStatic = serde_json::from_slice(text).map_err(bad)?;
                ProfileKind::Static {
                    access_key_id: read.access_key_id,
                    secret_access_key: read.secret_access_key.0,
                    session_token: read.session_token.map(|token| token.0),
                }
            }
            ASSUME_ROLE => {
                let read: ReadRole = serde_json::from_slice(text).map_err(bad)?;
                ProfileKind::AssumeRole(AssumeRole {
                    source: read.source,
                    role_arn: read.role_arn,
                    external_id: read.external_id,
                    mfa_serial: read.mfa_serial,
                    duration_seconds: read.duration_seconds,
                })
            }
            IDENTITY_CENTER => {
                let read: ReadCenter = serde_json::from_slice(text).map_err(bad)?;
                let seat = read.account.zip(read.role).map(|(account, role)| Seat { account, role });
                ProfileKind::IdentityCenter(IdentityCenter { start_url: read.start_url, region: read.sso_region, seat })
            }
            MACHINE => {
                let read: ReadMachine = serde_json::from_slice(text).map_err(bad)?;
                ProfileKind::Machine(MachineRole::named(&read.machine).ok_or_else(newer)?)
            }
            _ => return Err(newer()),
        };
        let read: ReadCommon = serde_json::from_slice(text).map_err(bad)?;
        // Read apart: what serde flattens it copies first, secrets as well.
        let network: ReadNetwork = serde_json::from_slice(text).map_err(bad)?;
        Self::new(name, &read.region, network.parse()?, kind)
    }
}

impl<'a> WrittenKind<'a> {
    fn of(kind: &'a ProfileKind) -> Self {
        match kind {
            ProfileKind::Static { access_key_id, secret_access_key, session_token } => Self::Static {
                access_key_id,
                // EXPOSE: for the keyring's bytes, which are a secret again.
                secret_access_key: secret_access_key.expose(),
                // EXPOSE: as above.
                session_token: session_token.as_ref().map(|token| token.expose()),
            },
            ProfileKind::AssumeRole(role) => Self::AssumeRole {
                source: &role.source,
                role_arn: &role.role_arn,
                external_id: role.external_id.as_deref(),
                mfa_serial: role.mfa_serial.as_deref(),
                duration_seconds: role.duration_seconds,
            },
            ProfileKind::IdentityCenter(center) => Self::IdentityCenter {
                start_url: &center.start_url,
                sso_region: &center.region,
                account: center.seat.as_ref().map(|seat| seat.account.as_str()),
                role: center.seat.as_ref().map(|seat| seat.role.as_str()),
            },
            ProfileKind::Machine(role) => Self::Machine { machine: role.name() },
        }
    }
}

/// serde's own message could quote what it could not read.
fn unreadable(name: &str) -> ProviderError {
    ProviderError::Config(format!("what the keyring has for the profile “{name}” can't be read; add it again"))
}

impl<'de> Deserialize<'de> for ReadSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SecretVisitor)
    }
}

struct SecretVisitor;

impl Visitor<'_> for SecretVisitor {
    type Value = ReadSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<ReadSecret, E> {
        Ok(ReadSecret(SecretString::copy_of(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, NetworkFields, Proxy};
    use super::*;

    fn profile(network: NetworkFields, token: Option<&str>) -> AwsProfile {
        let kind = ProfileKind::Static {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SecretString::copy_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"\\EXAMPLEKEY"),
            session_token: token.map(SecretString::copy_of),
        };
        AwsProfile::new("work", "eu-central-1", Network::new(network).unwrap(), kind).unwrap()
    }

    #[test]
    fn comes_back_as_it_went() {
        for token in [None, Some("FwoGZXIv==")] {
            let bytes = profile(NetworkFields::default(), token).to_bytes().unwrap();
            let back = AwsProfile::from_bytes("work", &bytes).unwrap();
            assert_eq!((back.name(), back.region()), ("work", "eu-central-1"));
            let ProfileKind::Static { access_key_id, secret_access_key, session_token } = back.kind() else {
                panic!("another kind came back")
            };
            assert_eq!(access_key_id, "AKIAIOSFODNN7EXAMPLE");
            // EXPOSE: compared in a test.
            assert_eq!(secret_access_key.expose(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"\\EXAMPLEKEY");
            // EXPOSE: compared in a test.
            assert_eq!(session_token.as_ref().map(|token| token.expose()), token);
        }
    }

    #[test]
    fn the_way_to_aws_comes_back_as_it_went() {
        let back = |fields| {
            let bytes = profile(fields, None).to_bytes().unwrap();
            AwsProfile::from_bytes("work", &bytes).unwrap()
        };
        let url = Some("https://kms.example.com".to_owned());
        let at = back(NetworkFields { endpoint_url: url.clone(), ..NetworkFields::default() });
        assert_eq!(at.network().endpoint().map(|endpoint| endpoint.as_str().to_owned()), url);
        let direct = back(NetworkFields { proxy: Some("direct".to_owned()), fips: true, ..NetworkFields::default() });
        assert!(matches!(direct.network().proxy(), Proxy::Direct));
        assert_eq!((direct.network().fips(), direct.network().dual_stack()), (true, false));
        let through = back(NetworkFields {
            proxy: Some("http://anna@proxy.example.com:3128".to_owned()),
            proxy_password: Some(SecretString::copy_of("pass \"hunter2")),
            dual_stack: true,
            ..NetworkFields::default()
        });
        assert_eq!((through.network().fips(), through.network().dual_stack()), (false, true));
        let Proxy::Server(server) = through.network().proxy() else { panic!("no proxy") };
        assert_eq!((server.address(), server.user()), ("http://proxy.example.com:3128", Some("anna")));
        // EXPOSE: compared in a test.
        assert_eq!(server.password().unwrap().expose(), "pass \"hunter2");
        assert!(!format!("{through:?}").contains("hunter2"));
    }

    #[test]
    fn what_was_stored_before_there_were_ways_is_read() {
        let text = r#"{"version":1,"kind":"static","region":"eu-central-1","endpoint_url":"https://kms.example.com","access_key_id":"AKIA","secret_access_key":"x"}"#;
        let back = AwsProfile::from_bytes("work", &SecretBytes::copy_of(text.as_bytes())).unwrap();
        assert_eq!(back.network().endpoint().unwrap().as_str(), "https://kms.example.com");
        assert!(matches!(back.network().proxy(), Proxy::Environment) && !back.network().fips());
    }

    #[test]
    fn is_the_json_that_it_was() {
        let bytes = profile(NetworkFields::default(), None).to_bytes().unwrap();
        // EXPOSE: compared in a test.
        let text = std::str::from_utf8(bytes.expose()).unwrap();
        let start =
            r#"{"version":1,"kind":"static","region":"eu-central-1","access_key_id":"AKIAIOSFODNN7EXAMPLE","secret_"#;
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn every_other_kind_comes_back_as_it_was() {
        let role = AssumeRole {
            source: "user".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/a/b".to_owned(),
            external_id: Some("agreed".to_owned()),
            mfa_serial: None,
            duration_seconds: Some(900),
        };
        let center = |seat| IdentityCenter {
            start_url: "https://d-1.awsapps.com/start".to_owned(),
            region: "eu-west-1".to_owned(),
            seat,
        };
        let seat = Seat { account: "123456789012".to_owned(), role: "Reader".to_owned() };
        let mut kinds = vec![ProfileKind::AssumeRole(role)];
        kinds.extend([None, Some(seat)].map(|seat| ProfileKind::IdentityCenter(center(seat))));
        kinds.extend(MachineRole::ALL.map(ProfileKind::Machine));
        for kind in kinds {
            let (name, shown) = ("work", format!("{kind:?}"));
            let profile = AwsProfile::new(name, "eu-central-1", Network::default(), kind).unwrap();
            let back = AwsProfile::from_bytes(name, &profile.to_bytes().unwrap()).unwrap();
            assert_eq!(format!("{:?}", back.kind()), shown);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_not_quoted() {
        let read = |text: &str| AwsProfile::from_bytes("work", &SecretBytes::copy_of(text.as_bytes())).unwrap_err();
        for text in ["", "hunter2", "{\"version\":1,\"kind\":\"static\",\"secret_access_key\":[\"hunter2\"]}"] {
            let error = read(text).to_string();
            assert!(error.contains("add it again") && !error.contains("hunter2"), "{error}");
        }
        for text in ["{\"version\":2,\"kind\":\"static\"}", "{\"version\":1,\"kind\":\"sso\"}"] {
            assert!(read(text).to_string().contains("newer Sealkeep"));
        }
    }
}
