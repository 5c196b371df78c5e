//! Algorithm suites, by number and name.

/// The one suite that we write and read: AES-256-GCM, HKDF-SHA512, key commitment, no signature.
pub const SUITE_ID: u16 = 0x0478;

/// The name of [`SUITE_ID`], as `aws-encryption-cli --algorithm` takes it.
pub const SUITE_NAME: &str = "AES_256_GCM_HKDF_SHA512_COMMIT_KEY";

/// What the specification calls suite `id`, with its number: for saying what was refused.
///
/// <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/algorithm-suites.md>
pub(crate) fn describe(id: u16) -> String {
    let name = match id {
        0x0578 => "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
        SUITE_ID => SUITE_NAME,
        0x0378 => "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        0x0346 => "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
        0x0214 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256",
        0x0178 => "AES_256_GCM_IV12_TAG16_HKDF_SHA256",
        0x0146 => "AES_192_GCM_IV12_TAG16_HKDF_SHA256",
        0x0114 => "AES_128_GCM_IV12_TAG16_HKDF_SHA256",
        0x0078 => "AES_256_GCM_IV12_TAG16",
        0x0046 => "AES_192_GCM_IV12_TAG16",
        0x0014 => "AES_128_GCM_IV12_TAG16",
        _ => "an unknown suite",
    };
    format!("{name} (0x{id:04X})")
}
