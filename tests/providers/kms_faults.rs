//! Each way in which AWS KMS can fail, and what comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sealkeep::providers::{AwsProfile, DeniedBy, ErrorClass, KeyArn, KeyProvider, KmsProvider, Network, ProviderError};

use super::{context, context_of, impatient, key_bytes, run};
use crate::support::fake_kms::{Denial, FakeKms, Fault};

struct Bed {
    fake: FakeKms,
    key: KeyArn,
    provider: KmsProvider,
}

impl Bed {
    fn new() -> Self {
        let (fake, key) = FakeKms::with_key();
        let provider = KmsProvider::new(&fake.profile("test"), key.clone());
        Self { fake, key, provider }
    }

    fn impatient() -> Self {
        let (fake, key) = FakeKms::with_key();
        let provider = KmsProvider::with_patience(&fake.profile("test"), key.clone(), impatient());
        Self { fake, key, provider }
    }

    /// What unwrapping a good wrap gives.
    fn unwrap_under(&self, spoil: impl FnOnce(&Self)) -> Result<(), ProviderError> {
        let made = run(self.provider.wrap(None, &context())).unwrap();
        self.fake.forget_calls();
        spoil(self);
        let key = run(self.provider.unwrap(&made.wrapped, &context()))?;
        assert_eq!(key_bytes(&key), key_bytes(&made.made.unwrap()));
        Ok(())
    }

    fn failure(&self, fault: Fault) -> ProviderError {
        self.unwrap_under(|bed| bed.fake.fail_always("Decrypt", fault)).unwrap_err()
    }

    fn name(&self) -> String {
        self.key.to_string()
    }
}

#[test]
fn what_aws_refuses_is_told_at_once_and_by_name() {
    let bed = Bed::new();
    let key = bed.name();
    let credentials = |code: &str| ProviderError::Credentials { reason: code.to_owned() };
    for (code, expected) in [
        (
            "AccessDeniedException",
            ProviderError::AccessDenied { action: "kms:Decrypt", key: key.clone(), by: DeniedBy::NotSaid },
        ),
        ("DisabledException", ProviderError::KeyDisabled { key: key.clone() }),
        ("NotFoundException", ProviderError::KeyNotFound { key: key.clone() }),
        ("InvalidCiphertextException", ProviderError::NotAuthentic),
        ("IncorrectKeyException", ProviderError::OtherKey { key }),
        ("ExpiredTokenException", credentials("ExpiredTokenException")),
        ("UnrecognizedClientException", credentials("UnrecognizedClientException")),
        ("InvalidSignatureException", credentials("InvalidSignatureException")),
        ("SomethingNewException", ProviderError::Unexpected("SomethingNewException".to_owned())),
    ] {
        assert_eq!(bed.failure(Fault::Refuse(code)), expected);
        assert_eq!(bed.fake.count("Decrypt"), 1, "{code} is no reason to ask again");
    }
}

#[test]
fn the_state_of_the_key_is_told() {
    let bed = Bed::new();
    let key = bed.name();
    for (state, expected) in [
        ("Disabled", ProviderError::KeyDisabled { key: key.clone() }),
        ("PendingDeletion", ProviderError::KeyPendingDeletion { key: key.clone(), deletion: None }),
    ] {
        let error = bed.unwrap_under(|bed| bed.fake.set_key_state(&bed.key, state)).unwrap_err();
        assert_eq!((error.class(), error), (ErrorClass::Denied, expected.clone()));
        assert_eq!(run(bed.provider.wrap(None, &context())).unwrap_err(), expected);
        bed.fake.set_key_state(&bed.key, "Enabled");
    }
    let error = bed.unwrap_under(|bed| bed.fake.set_key_state(&bed.key, "PendingImport")).unwrap_err();
    assert!(matches!(error, ProviderError::KeyNotUsable { .. }), "{error}");
    bed.fake.set_key_state(&bed.key, "Enabled");
    let error = bed.unwrap_under(|bed| bed.fake.set_key_kind(&bed.key, "SIGN_VERIFY", "RSA_2048")).unwrap_err();
    assert!(matches!(error, ProviderError::KeyNotUsable { .. }), "{error}");
    bed.fake.delete_key(&bed.key);
    assert_eq!(run(bed.provider.wrap(None, &context())).unwrap_err(), ProviderError::KeyNotFound { key });
}

#[test]
fn a_withdrawn_permission_is_told_by_its_action() {
    let bed = Bed::new();
    let denied =
        |action: &'static str| ProviderError::AccessDenied { action, key: bed.name(), by: DeniedBy::IdentityPolicy };
    let given = run(bed.provider.wrap(None, &context())).unwrap().made.unwrap();
    for action in ["GenerateDataKey", "Encrypt", "Decrypt"] {
        bed.fake.deny(FakeKms::ACCESS_KEY_ID, action);
    }
    assert_eq!(run(bed.provider.wrap(None, &context())).unwrap_err(), denied("kms:GenerateDataKey"));
    assert_eq!(run(bed.provider.wrap(Some(&given), &context())).unwrap_err(), denied("kms:Encrypt"));
    bed.fake.allow(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    assert_eq!(bed.unwrap_under(|_| ()).unwrap_err(), denied("kms:Decrypt"));
    bed.fake.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
    assert_eq!(bed.unwrap_under(|_| ()), Ok(()));
}

#[test]
fn what_passes_is_tried_again_and_works() {
    for fault in [
        Fault::Refuse("ThrottlingException"),
        Fault::Refuse("KMSInternalException"),
        Fault::Refuse("DependencyTimeoutException"),
        Fault::Status(500),
        Fault::Status(503),
        Fault::Close,
        Fault::ResetInBody,
    ] {
        let bed = Bed::new();
        let what = format!("{fault:?}");
        assert_eq!(bed.unwrap_under(|bed| bed.fake.fail_next("Decrypt", [fault])), Ok(()), "{what}");
        assert_eq!(bed.fake.count("Decrypt"), 2, "{what}");
    }
}

#[test]
fn what_does_not_pass_is_told_after_three_tries() {
    for (fault, expected) in [
        (Fault::Refuse("ThrottlingException"), ProviderError::Throttled),
        (Fault::Status(503), ProviderError::Unreachable { reason: "HTTP status 503".to_owned() }),
    ] {
        let bed = Bed::new();
        let error = bed.failure(fault);
        assert_eq!((error.class(), error), (ErrorClass::Unreachable, expected));
        assert_eq!(bed.fake.count("Decrypt"), 3);
    }
}

#[test]
fn a_broken_connection_is_nobody_answering() {
    for fault in [Fault::Close, Fault::ResetInBody] {
        let bed = Bed::new();
        let error = bed.failure(fault.clone());
        assert_eq!(error.class(), ErrorClass::Unreachable, "{fault:?}: {error}");
    }
    let bed = Bed::new();
    let error = bed.unwrap_under(|bed| bed.fake.go_away()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Unreachable, "{error}");
    bed.fake.heal();
    assert_eq!(bed.unwrap_under(|_| ()), Ok(()), "once it is back");
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let bed = Bed::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let kind = super::contestants::moto_kind();
    let nowhere =
        AwsProfile::new("test", FakeKms::REGION, Network::at(&format!("http://{free}")).unwrap(), kind).unwrap();
    let provider = KmsProvider::new(&nowhere, bed.key.clone());
    let error = run(provider.wrap(None, &context())).unwrap_err();
    assert_eq!(error, ProviderError::Unreachable { reason: "connection refused".to_owned() });
}

#[test]
fn a_call_that_is_never_answered_ends_in_time() {
    let bed = Bed::impatient();
    let error = bed.failure(Fault::Hang);
    assert_eq!(error, ProviderError::Unreachable { reason: "no answer in time".to_owned() });
    assert_eq!(bed.fake.count("Decrypt"), 2, "each try had its time");
}

#[test]
fn a_connection_that_died_in_silence_costs_one_try() {
    let bed = Bed::impatient();
    assert_eq!(bed.unwrap_under(|bed| bed.fake.kill_open_connections()), Ok(()));
    assert_eq!(bed.fake.count("Decrypt"), 1, "the first never arrived");
}

#[test]
fn an_answer_that_cannot_be_read_is_no_answer() {
    for fault in [Fault::Garbage, Fault::Empty, Fault::AnswerForNone, Fault::KeyLength(0)] {
        let bed = Bed::new();
        let error = bed.failure(fault.clone());
        assert!(matches!(error, ProviderError::Unexpected(_)), "{fault:?}: {error}");
        assert_eq!((error.class(), bed.fake.count("Decrypt")), (ErrorClass::Failed, 1), "{fault:?}");
    }
}

#[test]
fn an_answer_for_another_key_is_no_answer() {
    let bed = Bed::new();
    let other = bed.fake.make_key();
    let error = bed.failure(Fault::AnswerFor(other.to_string()));
    assert_eq!(error, ProviderError::Unexpected(format!("for another key, {other}")));
    let error = bed.failure(Fault::AnswerFor("\u{1b}[2J".to_owned())).to_string();
    assert!(!error.contains('\u{1b}'), "{error}");
    for action in ["GenerateDataKey", "Encrypt"] {
        bed.fake.heal();
        let given = run(bed.provider.wrap(None, &context())).unwrap().made.unwrap();
        bed.fake.fail_always(action, Fault::AnswerFor(other.to_string()));
        let given = (action == "Encrypt").then_some(&*given);
        let error = run(bed.provider.wrap(given, &context())).unwrap_err();
        assert!(matches!(error, ProviderError::Unexpected(_)), "{action}: {error}");
    }
}

#[test]
fn a_data_key_of_another_length_is_refused() {
    for length in [1, 16, 31, 33, 64] {
        let bed = Bed::new();
        let error = bed.failure(Fault::KeyLength(length));
        assert!(error.to_string().contains("256 bits"), "{length}: {error}");
        bed.fake.fail_always("GenerateDataKey", Fault::KeyLength(length));
        let error = run(bed.provider.wrap(None, &context())).unwrap_err();
        assert!(error.to_string().contains("256 bits"), "{length}: {error}");
    }
}

#[test]
fn credentials_that_aws_does_not_know_are_told() {
    let (fake, key) = FakeKms::with_key();
    fake.add_principal("ASIATEMPORARY", "secret", Some("token"));
    let asked = |id: &str, secret: &str, token: Option<&str>| {
        let provider = KmsProvider::new(&fake.profile_of("test", id, secret, token), key.clone());
        run(provider.wrap(None, &context())).map(drop)
    };
    let refused = |code: &str| Err(ProviderError::Credentials { reason: code.to_owned() });
    assert_eq!(asked("ASIATEMPORARY", "secret", Some("token")), Ok(()));
    assert_eq!(asked("ASIATEMPORARY", "secret", None), refused("UnrecognizedClientException"));
    assert_eq!(asked("ASIATEMPORARY", "secret", Some("other")), refused("UnrecognizedClientException"));
    assert_eq!(asked("AKIANOBODY", "secret", None), refused("UnrecognizedClientException"));
    assert_eq!(asked(FakeKms::ACCESS_KEY_ID, "wrong", None), refused("InvalidSignatureException"));
    fake.expire("ASIATEMPORARY");
    assert_eq!(asked("ASIATEMPORARY", "secret", Some("token")), refused("ExpiredTokenException"));
}

#[test]
fn a_clock_that_is_wrong_is_made_up_for() {
    for seconds in [60, 3600, -86_400] {
        let bed = Bed::new();
        bed.fake.set_clock_ahead(seconds);
        assert_eq!(run(bed.provider.wrap(None, &context())).map(drop), Ok(()), "{seconds} s ahead");
    }
}

#[test]
fn a_clock_that_is_set_right_meanwhile_costs_a_try_and_nothing_else() {
    let bed = Bed::new();
    for seconds in [14_400, 0, -14_400, 0] {
        bed.fake.set_clock_ahead(seconds);
        bed.fake.forget_calls();
        assert_eq!(run(bed.provider.wrap(None, &context())).map(drop), Ok(()), "{seconds} s ahead");
        assert_eq!(bed.fake.count("GenerateDataKey"), 2, "{seconds} s ahead: as it was measured last, then as it is");
        assert_eq!(run(bed.provider.wrap(None, &context())).map(drop), Ok(()), "{seconds} s ahead");
        assert_eq!(bed.fake.count("GenerateDataKey"), 3, "{seconds} s ahead: it is measured by now");
    }
}

#[test]
fn whatever_goes_wrong_no_secret_is_shown() {
    let bed = Arc::new(Bed::new());
    let faults = [Fault::Garbage, Fault::KeyLength(31), Fault::AnswerForNone, Fault::Refuse("AccessDeniedException")];
    for fault in faults {
        let error = bed.failure(fault);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(FakeKms::SECRET_ACCESS_KEY) && !shown.contains("BwcHBwcH"), "{shown}");
        bed.fake.heal();
    }
    let error = run(bed.provider.unwrap(&run(bed.provider.wrap(None, &context())).unwrap().wrapped, &context_of(&[])));
    assert!(!format!("{error:?}").contains(FakeKms::SECRET_ACCESS_KEY));
}

#[test]
fn who_says_no_is_told() {
    let bed = Bed::new();
    for (denial, by) in [
        (Denial::NoIdentityPolicy, DeniedBy::IdentityPolicy),
        (Denial::IdentityDeny, DeniedBy::IdentityDeny),
        (Denial::NoKeyPolicy, DeniedBy::KeyPolicy),
        (Denial::KeyDeny, DeniedBy::KeyDeny),
        (Denial::ServiceControlDeny, DeniedBy::Organisation),
        (Denial::NoServiceControlPolicy, DeniedBy::Organisation),
        (Denial::NoBoundary, DeniedBy::Boundary),
        (Denial::Hidden, DeniedBy::Hidden),
    ] {
        let denied = bed.unwrap_under(|bed| bed.fake.deny_by(FakeKms::ACCESS_KEY_ID, "Decrypt", denial)).unwrap_err();
        assert_eq!(denied, ProviderError::AccessDenied { action: "kms:Decrypt", key: bed.name(), by }, "{denial:?}");
        assert_eq!((denied.class(), bed.fake.count("Decrypt")), (ErrorClass::Denied, 1), "{denial:?}");
        bed.fake.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
    }
}

#[test]
fn a_clock_that_nothing_makes_up_for_is_told_with_how_wrong_it_is() {
    let bed = Bed::new();
    bed.fake.set_clock_ahead(86_400);
    // What stands between tells another time, and the SDK goes by that.
    bed.fake.set_date_ahead(-79_200);
    let error = run(bed.provider.wrap(None, &context())).unwrap_err();
    let ProviderError::ClockSkew { ahead: Some(ahead) } = error else { panic!("{error:?}") };
    assert!((-7_205..=-7_195).contains(&ahead), "{ahead} s");
    assert_eq!(error.class(), ErrorClass::Denied);
}

#[test]
fn an_answer_that_trickles_ends_in_time() {
    let bed = Bed::impatient();
    let error = bed.failure(Fault::Trickle);
    assert_eq!(error, ProviderError::Unreachable { reason: "no answer in time".to_owned() });
}

#[test]
fn tries_are_apart_by_chance_and_never_by_much() {
    let mut gaps = Vec::new();
    for _ in 0..4 {
        let bed = Bed::new();
        bed.failure(Fault::Refuse("ThrottlingException"));
        let calls = bed.fake.calls();
        let arrived: Vec<Instant> = calls.iter().filter(|call| call.action == "Decrypt").map(|call| call.at).collect();
        assert_eq!(arrived.len(), 3);
        gaps.push((arrived[1] - arrived[0], arrived[2] - arrived[1]));
    }
    // A machine that is busy adds to them; the cap of the waiting itself is 250 ms, then 500.
    let shortest = |of: fn(&(Duration, Duration)) -> Duration| gaps.iter().map(of).min().unwrap();
    assert!(
        shortest(|gap| gap.0) < Duration::from_millis(750) && shortest(|gap| gap.1) < Duration::from_secs(1),
        "{gaps:?}"
    );
    let apart = |one: Duration, other: Duration| one.abs_diff(other) > Duration::from_millis(2);
    assert!(gaps.iter().any(|gap| apart(gap.0, gaps[0].0) || apart(gap.1, gaps[0].1)), "by chance: {gaps:?}");
}
