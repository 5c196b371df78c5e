//! Identifiers: random UUIDs, each with a type of its own.

use std::fmt;
use std::str::FromStr;

/// Text that is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The identifier that `random` bytes make: a UUID of version 4.
            pub fn from_random(random: [u8; 16]) -> Self {
                Self(*uuid::Builder::from_random_bytes(random).as_uuid().as_bytes())
            }

            /// The identifier in `bytes`, which must be 16.
            ///
            /// # Errors
            /// [`IdError`] for another length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                uuid::Uuid::try_parse(text).map(|id| Self(*id.as_bytes())).map_err(|_| IdError)
            }
        }
    };
}

id!(
    /// A vault.
    VaultId
);
id!(
    /// A collection: the access boundary inside a vault.
    CollectionId
);
id!(
    /// An item.
    ItemId
);
id!(
    /// One saved body of an item.
    RevisionId
);
id!(
    /// One key provider's configuration in a vault.
    SlotId
);
id!(
    /// An installation of Sealkeep that writes.
    DeviceId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_a_version_4_uuid_and_read_back() {
        let id = ItemId::from_random([0xFF; 16]);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(ItemId::from_slice(&[1; 15]), Err(IdError));
        assert_eq!("ffff".parse::<ItemId>(), Err(IdError));
    }
}
