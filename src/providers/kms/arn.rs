//! The names of KMS keys, parsed once.

use std::fmt;
use std::str::FromStr;

use crate::providers::ProviderError;
use crate::providers::shown::shown;

/// The ARN of a KMS key, `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`: the only name that wraps and pins use, because it says
/// which key it is for ever.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyArn(String);

/// The ARN of an alias, `arn:PARTITION:kms:REGION:ACCOUNT:alias/NAME`. Whoever administers the account can point it at another
/// key at any time, so it is resolved once and never stored as the name of a key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasArn(String);

/// What a person may give to name a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// A key by its own ARN.
    Key(KeyArn),
    /// A key by an alias, to be resolved.
    Alias(AliasArn),
}

impl KeyArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &str {
        field(&self.0, 1)
    }

    /// The region the key is in: `eu-central-1`.
    pub fn region(&self) -> &str {
        field(&self.0, 3)
    }

    /// The account that owns the key: 12 digits.
    pub fn account(&self) -> &str {
        field(&self.0, 4)
    }

    /// The key's id: a UUID, or `mrk-` and 32 digits for a multi-region key.
    pub fn id(&self) -> &str {
        self.0.split_once(KEY).map_or("", |(_, id)| id)
    }
}

impl AliasArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region the alias is in.
    pub fn region(&self) -> &str {
        field(&self.0, 3)
    }

    /// The account that owns the alias: 12 digits.
    pub fn account(&self) -> &str {
        field(&self.0, 4)
    }

    /// The alias as AWS shows it: `alias/team`.
    pub fn name(&self) -> &str {
        field(&self.0, 5)
    }
}

impl KeyName {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key(arn) => arn.as_str(),
            Self::Alias(arn) => arn.as_str(),
        }
    }

    /// The region it is in.
    pub fn region(&self) -> &str {
        match self {
            Self::Key(arn) => arn.region(),
            Self::Alias(arn) => arn.region(),
        }
    }
}

impl FromStr for KeyArn {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        match text.parse()? {
            KeyName::Key(arn) => Ok(arn),
            KeyName::Alias(_) => Err(refused(text, "is an alias, which may point at another key tomorrow")),
        }
    }
}

impl FromStr for AliasArn {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        match text.parse()? {
            KeyName::Alias(arn) => Ok(arn),
            KeyName::Key(_) => Err(refused(text, "is a key's ARN, not an alias's")),
        }
    }
}

impl FromStr for KeyName {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        parse(text).ok_or_else(|| {
            refused(text, "is not the ARN of a KMS key, which looks like arn:aws:kms:REGION:ACCOUNT:key/ID")
        })
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a key's resource begins with, after the account.
const KEY: &str = ":key/";

fn field(arn: &str, at: usize) -> &str {
    arn.splitn(6, ':').nth(at).unwrap_or_default()
}

fn parse(text: &str) -> Option<KeyName> {
    let mut fields = text.splitn(6, ':');
    let mut next = || fields.next();
    let (arn, partition, service) = (next()?, next()?, next()?);
    let (region, account, resource) = (next()?, next()?, next()?);
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let sound = arn == "arn"
        && partition.starts_with("aws")
        && only(partition, 32, lower)
        && service == "kms"
        && only(region, 32, lower)
        && account.len() == 12
        && only(account, 12, |byte| byte.is_ascii_digit());
    let (kind, name) = resource.split_once('/')?;
    match kind {
        "key" if sound && only(name, 64, |byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            Some(KeyName::Key(KeyArn(text.to_owned())))
        }
        "alias" if sound && only(name, 250, |byte| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte)) => {
            Some(KeyName::Alias(AliasArn(text.to_owned())))
        }
        _ => None,
    }
}

fn only(text: &str, longest: usize, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(allowed)
}

fn refused(text: &str, why: &str) -> ProviderError {
    ProviderError::Config(format!("“{}” {why}", shown(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";

    #[test]
    fn a_key_arn_gives_its_parts() {
        let arn: KeyArn = KEY_ARN.parse().unwrap();
        assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "eu-central-1", "123456789012"));
        assert_eq!(arn.id(), "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11");
        assert_eq!(arn.to_string(), KEY_ARN);
        let elsewhere = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
        assert_eq!(elsewhere.parse::<KeyArn>().unwrap().id(), "mrk-1234abcd12ab34cd56ef1234567890ab");
    }

    #[test]
    fn an_alias_is_a_name_and_not_a_key() {
        let text = "arn:aws:kms:eu-central-1:123456789012:alias/team:a/b_c";
        let alias: AliasArn = text.parse().unwrap();
        assert_eq!(
            (alias.name(), alias.region(), alias.account()),
            ("alias/team:a/b_c", "eu-central-1", "123456789012")
        );
        assert_eq!(text.parse::<KeyName>().unwrap(), KeyName::Alias(alias));
        assert!(text.parse::<KeyArn>().unwrap_err().to_string().contains("is an alias"));
        assert!(KEY_ARN.parse::<AliasArn>().is_err());
    }

    #[test]
    fn refuses_what_is_no_name_of_a_kms_key() {
        for text in [
            "",
            "alias/team",
            "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11",
            "arn:aws:s3:eu-central-1:123456789012:key/a",
            "arn:aws:kms::123456789012:key/a",
            "arn:aws:kms:eu-central-1:12345678901:key/a",
            "arn:aws:kms:eu-central-1:123456789012:key/",
            "arn:aws:kms:eu-central-1:123456789012:key/a/b",
            "arn:aws:kms:eu-central-1:123456789012:key/a\n",
            "arn:aws:kms:EU:123456789012:key/a",
            "arn:evil:kms:eu-central-1:123456789012:key/a",
            "arn:aws:kms:eu-central-1/x:123456789012:key/a",
        ] {
            assert!(text.parse::<KeyName>().is_err(), "{text}");
        }
    }
}
