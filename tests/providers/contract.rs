//! What holds for every provider: each rule is a test on all that can be had here, and `account` holds a real account to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealkeep::crypto::DataKey;
use sealkeep::format::EncryptedDataKey;
use sealkeep::providers::{ErrorClass, KeyProvider, ProviderError, Wrapped};
use sealkeep::secret::SecretKey;

use super::contestants::Contestant;
use super::{PAIRS, context, context_of, key_bytes, run};

/// A rule by its name: it panics where one of those it is given does not keep it.
pub(super) type Rule = (&'static str, fn(Vec<Contestant>));

/// Lists the rules, and makes each a test. One that is not listed here is code that nobody calls, which is an error.
macro_rules! rules {
    ($($rule:ident,)*) => {
        /// Every rule.
        pub(super) const RULES: &[Rule] = &[$((stringify!($rule), $rule),)*];

        mod on_all_here {
            use crate::providers::contestants::contestants;

            $(#[test]
            fn $rule() {
                super::$rule(contestants());
            })*
        }
    };
}

rules! {
    a_made_key_comes_back_to_everybody_who_has_the_wrapping_key,
    a_given_key_is_wrapped_as_it_is,
    made_keys_and_wraps_are_fresh_each_time,
    a_wrap_or_an_unwrap_costs_one_call_at_most,
    only_the_exact_context_unwraps,
    the_order_and_the_script_of_a_context_do_not_matter,
    every_byte_of_the_ciphertext_counts,
    a_wrap_that_names_another_key_is_refused_before_anybody_is_asked,
    a_wrap_under_another_key_renamed_to_this_one_does_not_unwrap,
    nobody_recognises_what_another_provider_wrapped,
    what_hostile_bytes_name_is_shown_without_control_characters,
    several_calls_at_once_do_not_mix,
    nothing_that_is_shown_holds_the_key,
}

/// A data key made under `context()`, and its wrap.
fn make(provider: &dyn KeyProvider) -> (DataKey, EncryptedDataKey) {
    let Wrapped { wrapped, made } = run(provider.wrap(None, &context())).unwrap();
    (made.expect("a key was made").into_data_key(), wrapped)
}

fn unwrap(provider: &dyn KeyProvider, wrapped: &EncryptedDataKey) -> Result<DataKey, ProviderError> {
    run(provider.unwrap(wrapped, &context()))
}

fn a_made_key_comes_back_to_everybody_who_has_the_wrapping_key(contestants: Vec<Contestant>) {
    for Contestant { name, one, same, .. } in contestants {
        let (made, wrapped) = make(&*one);
        for provider in [&one, &same] {
            assert!(provider.recognises(&wrapped), "{name}");
            assert_eq!(key_bytes(&unwrap(&**provider, &wrapped).unwrap()), key_bytes(&made), "{name}");
        }
    }
}

fn a_given_key_is_wrapped_as_it_is(contestants: Vec<Contestant>) {
    for Contestant { name, one, same, .. } in contestants {
        let given = DataKey::from_secret(SecretKey::copy_of(&[0xA5; 32]).unwrap());
        let Wrapped { wrapped, made } = run(one.wrap(Some(&given), &context())).unwrap();
        assert!(made.is_none(), "{name}");
        assert_eq!(key_bytes(&unwrap(&*same, &wrapped).unwrap()), [0xA5; 32], "{name}");
    }
}

fn made_keys_and_wraps_are_fresh_each_time(contestants: Vec<Contestant>) {
    for Contestant { name, one, .. } in contestants {
        let made: Vec<_> = (0..4).map(|_| make(&*one)).collect();
        let given = DataKey::from_secret(SecretKey::copy_of(&key_bytes(&made[0].0)).unwrap());
        let again = run(one.wrap(Some(&given), &context())).unwrap().wrapped;
        for (at, (key, wrapped)) in made.iter().enumerate() {
            assert_ne!(again.ciphertext, wrapped.ciphertext, "{name}");
            for (other_key, other_wrapped) in &made[at + 1..] {
                assert_ne!(key_bytes(key), key_bytes(other_key), "{name}");
                assert_ne!(wrapped.ciphertext, other_wrapped.ciphertext, "{name}");
            }
        }
    }
}

fn a_wrap_or_an_unwrap_costs_one_call_at_most(contestants: Vec<Contestant>) {
    for Contestant { name, one, calls, .. } in contestants {
        let most = usize::from(name.starts_with("aws-kms"));
        let before = calls();
        let (key, wrapped) = make(&*one);
        assert_eq!(calls() - before, most, "{name}: making");
        run(one.wrap(Some(&key), &context())).unwrap();
        assert_eq!(calls() - before, 2 * most, "{name}: wrapping");
        unwrap(&*one, &wrapped).unwrap();
        assert_eq!(calls() - before, 3 * most, "{name}: unwrapping");
        assert!(one.recognises(&wrapped));
        assert_eq!(calls() - before, 3 * most, "{name}: recognising");
    }
}

fn only_the_exact_context_unwraps(contestants: Vec<Contestant>) {
    let [item, purpose, vault] = PAIRS;
    let changed_value = (item.0, "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b12");
    let other_contexts = [
        ("none", vec![]),
        ("one missing", vec![item, purpose]),
        ("one more", vec![item, purpose, vault, ("sealkeep:x", "")]),
        ("a value changed", vec![changed_value, purpose, vault]),
        ("a key changed", vec![("sealkeep:Item", item.1), purpose, vault]),
        ("values swapped", vec![(item.0, vault.1), purpose, (vault.0, item.1)]),
    ];
    for Contestant { name, one, exact, .. } in contestants {
        let (_, wrapped) = make(&*one);
        for (what, pairs) in &other_contexts {
            let error = run(one.unwrap(&wrapped, &context_of(pairs))).unwrap_err();
            assert_eq!(error, ProviderError::NotAuthentic, "{name}: {what}");
        }
        if exact {
            let wrapped = run(one.wrap(None, &context_of(&[("a", "bc")]))).unwrap().wrapped;
            let error = run(one.unwrap(&wrapped, &context_of(&[("ab", "c")]))).unwrap_err();
            assert_eq!(error, ProviderError::NotAuthentic, "{name}: the border between key and value");
        }
    }
}

fn the_order_and_the_script_of_a_context_do_not_matter(contestants: Vec<Contestant>) {
    for Contestant { name, one, .. } in contestants {
        let wrapped = run(one.wrap(None, &context_of(&[("b", "日本"), ("a", "")]))).unwrap().wrapped;
        assert!(run(one.unwrap(&wrapped, &context_of(&[("a", ""), ("b", "日本")]))).is_ok(), "{name}");
        let wrapped = run(one.wrap(None, &context_of(&[]))).unwrap().wrapped;
        assert!(run(one.unwrap(&wrapped, &context_of(&[]))).is_ok(), "{name}: no pairs");
    }
}

fn every_byte_of_the_ciphertext_counts(contestants: Vec<Contestant>) {
    for Contestant { name, one, exact, .. } in contestants {
        let (_, wrapped) = make(&*one);
        let refused = |ciphertext: Vec<u8>, what: &str| {
            let changed = EncryptedDataKey { ciphertext, ..wrapped.clone() };
            let error = unwrap(&*one, &changed).unwrap_err();
            assert!(!exact || error.class() == ErrorClass::Damaged, "{name}: {what}: {error}");
        };
        for at in 0..wrapped.ciphertext.len() {
            let mut changed = wrapped.ciphertext.clone();
            changed[at] ^= 1;
            refused(changed, &format!("byte {at} changed"));
        }
        refused(wrapped.ciphertext[1..].to_vec(), "the first byte missing");
        refused(wrapped.ciphertext[..wrapped.ciphertext.len() - 1].to_vec(), "the last byte missing");
        refused([&wrapped.ciphertext[..], b"\0"].concat(), "one byte more");
        refused(Vec::new(), "empty");
        refused(vec![0; 7000], "longer than any");
    }
}

fn a_wrap_that_names_another_key_is_refused_before_anybody_is_asked(contestants: Vec<Contestant>) {
    for Contestant { name, one, other, calls, .. } in contestants {
        let (_, wrapped) = make(&*one);
        let (_, foreign) = make(&*other);
        let info = &wrapped.provider_info;
        let changed = |provider_id: &str, provider_info: &[u8]| EncryptedDataKey {
            provider_id: provider_id.to_owned(),
            provider_info: provider_info.to_vec(),
            ciphertext: wrapped.ciphertext.clone(),
        };
        let mut flipped = info.clone();
        flipped[info.len() / 2] ^= 1;
        let before = calls();
        for stranger in [
            foreign,
            changed(&wrapped.provider_id, &flipped),
            changed(&wrapped.provider_id, &info[..info.len() - 1]),
            changed(&wrapped.provider_id, &[info, &b"\0"[..]].concat()),
            changed(&wrapped.provider_id, b""),
            changed(&wrapped.provider_id.to_uppercase(), info),
            changed("", info),
        ] {
            assert!(!one.recognises(&stranger), "{name}: {stranger:?}");
            let error = unwrap(&*one, &stranger).unwrap_err();
            assert!(matches!(error, ProviderError::ForeignKey { .. }), "{name}: {error}");
            assert_eq!(error.class(), ErrorClass::Denied);
        }
        assert_eq!(calls(), before, "{name}");
    }
}

fn a_wrap_under_another_key_renamed_to_this_one_does_not_unwrap(contestants: Vec<Contestant>) {
    for Contestant { name, one, other, exact, .. } in contestants {
        let ((_, mine), (_, foreign)) = (make(&*one), make(&*other));
        let renamed = EncryptedDataKey { ciphertext: foreign.ciphertext, ..mine };
        let error = unwrap(&*one, &renamed).unwrap_err();
        // AWS KMS knows whose it is; of the others nobody can tell it from a changed one.
        let expected = match renamed.provider_id.as_str() {
            "aws-kms" => ProviderError::OtherKey { key: String::from_utf8(renamed.provider_info.clone()).unwrap() },
            _ => ProviderError::NotAuthentic,
        };
        assert!(!exact || error == expected, "{name}: {error}");
    }
}

fn nobody_recognises_what_another_provider_wrapped(contestants: Vec<Contestant>) {
    let all = contestants;
    let wraps: Vec<_> = all.iter().map(|contestant| make(&*contestant.one).1).collect();
    for (at, contestant) in all.iter().enumerate() {
        let before = (contestant.calls)();
        for (other_at, wrapped) in wraps.iter().enumerate().filter(|(other_at, _)| *other_at != at) {
            let who = format!("{} and {}", contestant.name, all[other_at].name);
            assert!(!contestant.one.recognises(wrapped), "{who}");
            let error = unwrap(&*contestant.one, wrapped).unwrap_err();
            assert!(matches!(error, ProviderError::ForeignKey { .. }), "{who}: {error}");
        }
        assert_eq!((contestant.calls)(), before, "{}", contestant.name);
    }
}

fn what_hostile_bytes_name_is_shown_without_control_characters(contestants: Vec<Contestant>) {
    for Contestant { name, one, .. } in contestants {
        let (_, wrapped) = make(&*one);
        let hostile = b"\x1b[2J\n\xff".repeat(1000);
        for (id, info) in [(wrapped.provider_id.clone(), hostile.clone()), ("\u{1b}]0;x\u{7}".repeat(99), vec![])] {
            let stranger = EncryptedDataKey { provider_id: id, provider_info: info, ciphertext: vec![1] };
            let shown = unwrap(&*one, &stranger).unwrap_err().to_string();
            assert!(shown.chars().all(|letter| !letter.is_control()), "{name}: {shown}");
            assert!(shown.chars().count() < 1000, "{name}: {} letters", shown.chars().count());
        }
    }
}

fn several_calls_at_once_do_not_mix(contestants: Vec<Contestant>) {
    for Contestant { name, one, .. } in contestants {
        let made: Vec<_> = (0..8).map(|_| make(&*one)).collect();
        let unwrapped = run(async {
            let mut all = Vec::new();
            let context = context();
            let calls: Vec<_> = made.iter().map(|(_, wrapped)| one.unwrap(wrapped, &context)).collect();
            let mut calls = calls.into_iter();
            while let (Some(a), Some(b)) = (calls.next(), calls.next()) {
                let (a, b) = tokio::join!(a, b);
                all.extend([a.unwrap(), b.unwrap()]);
            }
            all
        });
        for ((key, _), unwrapped) in made.iter().zip(&unwrapped) {
            assert_eq!(key_bytes(key), key_bytes(unwrapped), "{name}");
        }
    }
}

fn nothing_that_is_shown_holds_the_key(contestants: Vec<Contestant>) {
    for Contestant { name, one, .. } in contestants {
        let given = DataKey::from_secret(SecretKey::copy_of(&[0xA5; 32]).unwrap());
        let made = run(one.wrap(None, &context())).unwrap();
        let bytes = key_bytes(made.made.as_ref().unwrap());
        let mut shown = format!("{made:?}");
        let wrapped = run(one.wrap(Some(&given), &context())).unwrap();
        shown += &format!("{wrapped:?} {:?}", unwrap(&*one, &wrapped.wrapped).unwrap());
        let error = run(one.unwrap(&wrapped.wrapped, &context_of(&[]))).unwrap_err();
        shown += &format!("{error} {error:?}");
        for key in [bytes, [0xA5; 32]] {
            for form in [hex(&key), STANDARD.encode(key), format!("{key:?}").replace(['[', ']'], "")] {
                assert!(!shown.to_lowercase().contains(&form.to_lowercase()), "{name}");
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
