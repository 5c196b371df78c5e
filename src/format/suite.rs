//! Algorithm suites, by number and name.

/// An algorithm suite that is read: AES-256-GCM, HKDF-SHA512 and key commitment, with or without a signature.
///
/// <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/algorithm-suites.md>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// 0x0478: no signature. The one suite that we write, and the only one in a vault.
    Committing,
    /// 0x0578: the whole message is signed too, by ECDSA on P-384, with a key that is made for it alone. What the official
    /// tools write unless they are told otherwise; only read.
    Signed,
}

/// The number of the one suite that we write.
pub const SUITE_ID: u16 = Suite::Committing.id();

/// The name of [`SUITE_ID`], as `aws-encryption-cli --algorithm` takes it.
pub const SUITE_NAME: &str = Suite::Committing.name();

impl Suite {
    /// The suite of number `id`, if it is one that is read.
    pub fn of(id: u16) -> Option<Self> {
        [Self::Committing, Self::Signed].into_iter().find(|suite| suite.id() == id)
    }

    /// Its number.
    pub const fn id(self) -> u16 {
        match self {
            Self::Committing => 0x0478,
            Self::Signed => 0x0578,
        }
    }

    /// Its name, as `aws-encryption-cli --algorithm` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Committing => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
            Self::Signed => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
        }
    }
}

/// What the specification calls suite `id`, with its number: for saying what was refused.
pub(crate) fn describe(id: u16) -> String {
    let name = match id {
        0x0378 => "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        0x0346 => "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        0x0214 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256",
        0x0178 => "AES_256_GCM_IV12_TAG16_HKDF_SHA256",
        0x0146 => "AES_192_GCM_IV12_TAG16_HKDF_SHA256",
        0x0114 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256",
        0x0078 => "AES_256_GCM_IV12_TAG16",
        0x0046 => "AES_192_GCM_IV12_TAG16",
        0x0014 => "AES_128_GCM_IV12_TAG16",
        _ => Suite::of(id).map_or("an unknown suite", Suite::name),
    };
    format!("{name} (0x{id:04X})")
}
