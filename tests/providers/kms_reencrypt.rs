//! Moving wrapped keys between KMS keys: what is sent, what is believed, and how many calls are on their way at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sealkeep::providers::{
    DeniedBy, KeyArn, KeyProvider, KmsProvider, KmsReEncrypt, Pace, ProviderError, Rewrapper, ThroughHere,
};

use super::{PAIRS, context, context_of, key_bytes, run};
use crate::support::fake_kms::{FakeKms, Fault};

/// A server with two keys, and what moves from the one to the other.
struct Two {
    fake: FakeKms,
    from: KeyArn,
    to: KeyArn,
    pace: Arc<Pace>,
}

impl Two {
    fn start() -> Self {
        let (fake, from) = FakeKms::with_key();
        let to = fake.make_key();
        Self { fake, from, to, pace: Arc::default() }
    }

    fn provider(&self, key: &KeyArn) -> KmsProvider {
        KmsProvider::new(&self.fake.profile("test"), key.clone())
    }

    fn mover(&self) -> KmsReEncrypt {
        KmsReEncrypt::new(&self.fake.profile("test"), self.from.clone(), self.to.clone(), &self.pace)
    }
}

#[test]
fn a_wrapped_key_moves_inside_kms_and_both_keys_and_contexts_are_named() {
    let two = Two::start();
    let made = run(two.provider(&two.from).wrap(None, &context())).unwrap();
    let moved = run(two.mover().rewrap(&made.wrapped, &context())).unwrap();
    assert_eq!(two.fake.actions(), ["GenerateDataKey", "ReEncrypt"], "no plaintext key comes here");
    let call = two.fake.calls().pop().unwrap();
    assert_eq!((call.key.as_deref(), call.destination.as_deref()), (Some(two.from.as_str()), Some(two.to.as_str())));
    let pairs = PAIRS.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!((&call.context, &call.destination_context), (&pairs, &pairs));

    assert_eq!(moved.provider_info, two.to.as_str().as_bytes());
    let key = run(two.provider(&two.to).unwrap(&moved, &context())).unwrap();
    assert_eq!(key_bytes(&key), key_bytes(&made.made.unwrap()));
    assert!(matches!(run(two.provider(&two.from).unwrap(&moved, &context())), Err(ProviderError::ForeignKey { .. })));
    let other = context_of(&[("sealkeep:purpose", "body")]);
    assert_eq!(run(two.provider(&two.to).unwrap(&moved, &other)).unwrap_err(), ProviderError::NotAuthentic);
}

#[test]
fn what_names_another_key_is_refused_before_any_call_and_what_aws_refuses_is_told_with_the_right_key() {
    let two = Two::start();
    let made = run(two.provider(&two.from).wrap(None, &context())).unwrap().wrapped;
    let strange = run(two.provider(&two.to).wrap(None, &context())).unwrap().wrapped;
    two.fake.forget_calls();
    let mover = two.mover();
    assert!(matches!(run(mover.rewrap(&strange, &context())), Err(ProviderError::ForeignKey { .. })));
    assert_eq!(two.fake.actions(), [""; 0]);

    // A row that lies about its key: AWS looks at what it is, and at the key that is named.
    let mut lying = made.clone();
    lying.ciphertext = strange.ciphertext.clone();
    let other_key = ProviderError::OtherKey { key: two.from.to_string() };
    assert_eq!(run(mover.rewrap(&lying, &context())), Err(other_key));
    let other = context_of(&[("sealkeep:purpose", "body")]);
    assert_eq!(run(mover.rewrap(&made, &other)), Err(ProviderError::NotAuthentic));

    let me = FakeKms::ACCESS_KEY_ID;
    for (action, key, said) in
        [("ReEncryptFrom", &two.from, "kms:ReEncryptFrom"), ("ReEncryptTo", &two.to, "kms:ReEncryptTo")]
    {
        two.fake.deny(me, action);
        let denied = ProviderError::AccessDenied { action: said, key: key.to_string(), by: DeniedBy::IdentityPolicy };
        assert_eq!(run(mover.rewrap(&made, &context())), Err(denied));
        two.fake.allow(me, action);
        two.fake.set_key_state(key, "Disabled");
        let disabled = ProviderError::KeyDisabled { key: key.to_string() };
        assert_eq!(run(mover.rewrap(&made, &context())), Err(disabled));
        two.fake.set_key_state(key, "Enabled");
    }
    for fault in [
        Fault::AnswerFor(two.from.to_string()),
        Fault::AnswerFrom(two.to.to_string()),
        Fault::AnswerForNone,
        Fault::Empty,
    ] {
        two.fake.fail_next("ReEncrypt", [fault.clone()]);
        let refused = run(mover.rewrap(&made, &context()));
        assert!(matches!(refused, Err(ProviderError::Unexpected(_))), "{fault:?}: {refused:?}");
    }
    assert!(run(mover.rewrap(&made, &context())).is_ok());
}

#[test]
fn sixteen_and_more_are_on_their_way_and_what_is_throttled_is_made_again() {
    let two = Two::start();
    let made = run(two.provider(&two.from).wrap(None, &context())).unwrap().wrapped;
    let (mover, context) = (two.mover(), context());
    two.fake.set_delay(Duration::from_millis(20));
    two.fake.take_high_water();
    let many = |count| run(join_all((0..count).map(|_| mover.rewrap(&made, &context))));
    assert!(many(400).iter().all(Result::is_ok));
    let (most, throttled) = two.fake.take_high_water();
    assert!((16..=Pace::MOST_IN_FLIGHT).contains(&most) && throttled == 0, "{most} in flight, {throttled} throttled");
    // What the wire has not seen yet is on its way as well.
    assert!(two.pace.seen().most_in_flight >= most);

    two.fake.throttle(Some(6), None);
    assert!(many(200).iter().all(Result::is_ok), "none is lost");
    let (_, throttled) = two.fake.take_high_water();
    assert!(throttled > 0 && throttled < 150, "{throttled} were refused: it adapts");
    assert_eq!(two.pace.seen().throttled, throttled);
}

#[test]
fn keys_that_kms_can_not_move_between_are_moved_through_here() {
    let ((one, from), (other, to)) = (FakeKms::with_key(), FakeKms::with_key());
    let old = Arc::new(KmsProvider::new(&one.profile("one"), from.clone()));
    let new = Arc::new(KmsProvider::new(&other.profile("other"), to.clone()));
    let made = run(old.wrap(None, &context())).unwrap();
    let mover = ThroughHere::new(old, Arc::clone(&new) as Arc<_>);
    let moved = run(mover.rewrap(&made.wrapped, &context())).unwrap();
    assert_eq!((one.count("Decrypt"), other.count("Encrypt")), (1, 1));
    let key = run(new.unwrap(&moved, &context())).unwrap();
    assert_eq!(key_bytes(&key), key_bytes(&made.made.unwrap()));

    let elsewhere = to.as_str().replace(FakeKms::REGION, "us-east-1").parse().unwrap();
    assert!(KmsReEncrypt::is_possible(&from, &to) && !KmsReEncrypt::is_possible(&from, &elsewhere));
}
