//! Slots: which key providers a vault has.

use super::codec::{Reader, Writer};
use super::{Malformed, SlotId};

const WHAT: &str = "slot";
const KMS: u8 = 1;
const PASSPHRASE: u8 = 2;
const RECOVERY: u8 = 3;

/// What a slot is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SlotState {
    /// Wraps new keys and unwraps old ones.
    Active = 1,
    /// Retired: unwraps only.
    UnwrapOnly = 2,
    /// Added; wraps are owed.
    Pending = 3,
}

impl SlotState {
    /// The state as it is stored.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The state that `code` stands for.
    ///
    /// # Errors
    /// [`Malformed`] for any other number.
    pub fn from_code(code: u8) -> Result<Self, Malformed> {
        match code {
            1 => Ok(Self::Active),
            2 => Ok(Self::UnwrapOnly),
            3 => Ok(Self::Pending),
            _ => Err(Malformed(WHAT)),
        }
    }
}

/// How a slot's provider is configured. Not secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotConfig {
    /// A KMS key.
    Kms {
        /// The key's ARN.
        key_arn: String,
    },
    /// A passphrase.
    Passphrase {
        /// The passphrase record: Argon2id's parameters and salt, and the sealed slot key.
        record: Vec<u8>,
    },
    /// A public key, whose private half opens the vault where nothing else does.
    Recovery {
        /// The recovery record: the public key, and the private one, sealed.
        record: Vec<u8>,
    },
}

impl SlotConfig {
    /// The KMS key's ARN; `None` where it is another kind of slot.
    pub fn key_arn(&self) -> Option<&str> {
        match self {
            Self::Kms { key_arn } => Some(key_arn),
            Self::Passphrase { .. } | Self::Recovery { .. } => None,
        }
    }

    /// The configuration's bytes.
    ///
    /// # Errors
    /// [`Malformed`] for an ARN of 64 KiB and more.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        match self {
            Self::Kms { key_arn } => {
                let length = u16::try_from(key_arn.len()).map_err(|_| Malformed(WHAT))?;
                Ok([&[KMS][..], &length.to_be_bytes(), key_arn.as_bytes()].concat())
            }
            Self::Passphrase { record } => Ok([&[PASSPHRASE][..], record].concat()),
            Self::Recovery { record } => Ok([&[RECOVERY][..], record].concat()),
        }
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, WHAT);
        match reader.u8()? {
            KMS => {
                let key_arn = reader.lp16().and_then(|arn| reader.plain_text(arn))?;
                reader.end()?;
                Ok(Self::Kms { key_arn })
            }
            PASSPHRASE => Ok(Self::Passphrase { record: bytes[1..].to_vec() }),
            RECOVERY => Ok(Self::Recovery { record: bytes[1..].to_vec() }),
            _ => Err(Malformed(WHAT)),
        }
    }
}

/// A slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRecord {
    /// Its identifier.
    pub id: SlotId,
    /// What it is good for.
    pub state: SlotState,
    /// Its provider.
    pub config: SlotConfig,
}

impl SlotRecord {
    /// Whether it can open what the vault has.
    pub fn unwraps(&self) -> bool {
        matches!(self.state, SlotState::Active | SlotState::UnwrapOnly)
    }
}

impl SlotRecord {
    pub(super) fn put(&self, writer: &mut Writer) -> Result<(), Malformed> {
        writer.bytes(&self.id.0).u8(self.state.code()).lp16(&self.config.to_bytes()?, WHAT)?;
        Ok(())
    }

    pub(super) fn take(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let id = SlotId(reader.array()?);
        let state = SlotState::from_code(reader.u8()?)?;
        let config = SlotConfig::from_bytes(reader.lp16()?)?;
        Ok(Self { id, state, config })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_read_back_as_written() {
        for config in [
            SlotConfig::Kms { key_arn: "arn:aws:kms:eu-west-1:1:key/x".to_owned() },
            SlotConfig::Passphrase { record: vec![1; 105] },
            SlotConfig::Recovery { record: vec![1; 2500] },
        ] {
            assert_eq!(SlotConfig::from_bytes(&config.to_bytes().unwrap()), Ok(config));
        }
        assert!(SlotConfig::from_bytes(b"\x01\0\x02ab ").is_err());
        assert!(SlotConfig::from_bytes(b"\x04").is_err());
        assert!(SlotConfig::from_bytes(b"").is_err());
    }
}
