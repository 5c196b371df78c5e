//! What a passphrase meets alone.

use sealkeep::format::EncryptedDataKey;
use sealkeep::providers::{
    ErrorClass, KdfParams, KeyProvider, PassphraseProvider, PassphraseRecord, ProviderError, SlotKey,
};
use sealkeep::secret::SecretString;

use super::contestants::{PASSPHRASE, make_record};
use super::{context, key_bytes, run};

fn secret(text: &str) -> SecretString {
    SecretString::copy_of(text)
}

/// The record's bytes, with a number of its head (0: memory, 1: passes, 2: lanes) set to another.
fn with_number(record: &PassphraseRecord, which: usize, number: u32) -> Vec<u8> {
    let mut bytes = record.to_bytes();
    bytes[1 + 4 * which..][..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

#[test]
fn parameters_and_salt_are_authenticated() {
    let (record, _) = make_record();
    let mut other_salt = record.to_bytes();
    other_salt[20] ^= 1;
    let changed = [
        ("more memory", with_number(&record, 0, KdfParams::FLOOR.memory_kib() + 1)),
        ("more passes", with_number(&record, 1, 3)),
        ("more lanes", with_number(&record, 2, 2)),
        ("another salt", other_salt),
    ];
    for (what, bytes) in changed {
        let record = PassphraseRecord::from_bytes(&bytes).unwrap();
        assert_eq!(record.unlock(&secret(PASSPHRASE), b"").unwrap_err(), ProviderError::WrongPassphrase, "{what}");
    }
}

#[test]
fn parameters_outside_floor_and_ceiling_are_refused_before_any_work() {
    let (record, _) = make_record();
    let (floor, ceiling) = (KdfParams::FLOOR, KdfParams::CEILING);
    for (which, number, why) in [
        (0, floor.memory_kib() - 1, "too weak"),
        (1, floor.passes() - 1, "too weak"),
        (2, floor.lanes() - 1, "too weak"),
        (0, ceiling.memory_kib() + 1, "too heavy"),
        (1, ceiling.passes() + 1, "too heavy"),
        (2, ceiling.lanes() + 1, "too heavy"),
        // Four terabytes, of which not one byte is asked for.
        (0, u32::MAX, "too heavy"),
    ] {
        let error = PassphraseRecord::from_bytes(&with_number(&record, which, number)).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(error.class(), ErrorClass::Damaged);
    }
    for which in 0..3 {
        let most = [ceiling.memory_kib(), ceiling.passes(), ceiling.lanes()][which];
        assert!(PassphraseRecord::from_bytes(&with_number(&record, which, most)).is_ok());
    }
}

#[test]
fn new_records_have_the_documented_parameters() {
    let (memory, passes, lanes) = (64 * 1024, 3, 4);
    assert_eq!(KdfParams::default(), KdfParams::new(memory, passes, lanes).unwrap());
    let (record, _) = PassphraseRecord::make(&secret("x"), KdfParams::default(), b"").unwrap();
    assert_eq!(record.params(), KdfParams::DEFAULT);
    assert!(record.unlock(&secret("x"), b"").is_ok());
}

#[test]
fn passphrases_are_told_apart_to_the_letter() {
    let passphrases = ["correct horse", "Correct horse", "correct horse ", "", "пароль", "🔑", "a\0b"];
    for text in passphrases {
        let (record, _) = PassphraseRecord::make(&secret(text), KdfParams::FLOOR, b"").unwrap();
        for tried in passphrases {
            assert_eq!(record.unlock(&secret(tried), b"").is_ok(), tried == text, "{tried:?} for {text:?}");
        }
    }
}

#[test]
fn a_changed_passphrase_opens_what_was_wrapped_before() {
    let (_, key) = make_record();
    let before = PassphraseProvider::for_slot(key, [1; 16]);
    let made = run(before.wrap(None, &context())).unwrap();
    let changed = PassphraseRecord::for_key(before.slot_key(), &secret("new"), KdfParams::FLOOR, b"slot").unwrap();
    let after = PassphraseProvider::for_slot(changed.unlock(&secret("new"), b"slot").unwrap(), [1; 16]);
    let unwrapped = run(after.unwrap(&made.wrapped, &context())).unwrap();
    assert_eq!(key_bytes(&unwrapped), key_bytes(&made.made.unwrap()));
    assert_eq!(changed.unlock(&secret(PASSPHRASE), b"slot").unwrap_err(), ProviderError::WrongPassphrase);
}

#[test]
fn a_record_opens_only_where_it_belongs() {
    let binding = [&[1; 16][..], &[2; 16]].concat();
    let (record, _) = PassphraseRecord::make(&secret(PASSPHRASE), KdfParams::FLOOR, &binding).unwrap();
    assert!(record.unlock(&secret(PASSPHRASE), &binding).is_ok());
    // Into another vault, another slot of the same one, or a file of its own.
    for elsewhere in [[&[9; 16][..], &[2; 16]].concat(), [&[1; 16][..], &[9; 16]].concat(), Vec::new()] {
        assert_eq!(record.unlock(&secret(PASSPHRASE), &elsewhere).unwrap_err(), ProviderError::WrongPassphrase);
    }
}

#[test]
fn a_file_and_its_passphrase_are_all_that_it_takes() {
    let (record, key) = make_record();
    let made = run(PassphraseProvider::for_file(key, &record).wrap(None, &context())).unwrap();
    let found = PassphraseProvider::record_of(&made.wrapped).unwrap().expect("a record in the wrap");
    let key = found.unlock(&secret(PASSPHRASE), b"").unwrap();
    let unwrapped = run(PassphraseProvider::for_file(key, &found).unwrap(&made.wrapped, &context())).unwrap();
    assert_eq!(key_bytes(&unwrapped), key_bytes(&made.made.unwrap()));
}

#[test]
fn what_carries_no_record_is_told_from_what_carries_a_damaged_one() {
    let record_of = |id: &str, info: &[u8]| {
        let (provider_id, provider_info) = (id.to_owned(), info.to_vec());
        PassphraseProvider::record_of(&EncryptedDataKey { provider_id, provider_info, ciphertext: vec![0; 80] })
    };
    let (record, _) = make_record();
    assert_eq!(record_of("sealkeep-passphrase", &record.to_bytes()).unwrap(), Some(record.clone()));
    assert_eq!(record_of("aws-kms", &record.to_bytes()).unwrap(), None);
    assert_eq!(record_of("sealkeep-passphrase", &[7; 16]).unwrap(), None, "a vault's slot");
    for damaged in [&b""[..], &record.to_bytes()[..104], &[9; 105]] {
        assert!(matches!(record_of("sealkeep-passphrase", damaged), Err(ProviderError::Malformed(_))));
    }
}

#[test]
fn nothing_that_is_shown_holds_passphrase_or_slot_key() {
    let (record, key) = make_record();
    let provider = PassphraseProvider::for_slot(key, [1; 16]);
    let error = record.unlock(&secret("hunter2"), b"").unwrap_err();
    let shown = format!("{provider:?} {record:?} {error:?} {error}");
    assert!(!shown.contains("hunter2") && !shown.contains(PASSPHRASE), "{shown}");
    assert!(shown.contains("SlotKey(SecretKey(…))"), "{shown}");
    assert!(format!("{:?}", SlotKey::make_random().unwrap()).contains("(…)"));
}
