//! Who a profile is.

use sealkeep::providers::aws::identify;

use super::run;
use crate::support::fake_kms::{FakeKms, Fault};

#[test]
fn aws_says_who_a_profile_is() {
    let fake = FakeKms::start();
    fake.add_principal("AKIABOB", "bobs/secret", Some("bobs-token"));
    let bob = run(identify(&fake.profile_of("bob", "AKIABOB", "bobs/secret", Some("bobs-token")))).unwrap();
    assert_eq!(bob.account.as_deref(), Some(FakeKms::ACCOUNT));
    assert_eq!(bob.principal, Some(format!("arn:aws:iam::{}:user/AKIABOB", FakeKms::ACCOUNT)));
    assert_eq!(fake.actions(), ["GetCallerIdentity"]);
}

#[test]
fn whoever_gets_no_answer_goes_without_and_asks_once() {
    let fake = FakeKms::start();
    let profile = fake.profile("work");
    for fault in [
        Fault::Refuse("AccessDenied"),
        Fault::Refuse("ServiceUnavailable"),
        Fault::Status(503),
        Fault::Garbage,
        Fault::ResetInBody,
        Fault::Close,
    ] {
        fake.forget_calls();
        fake.fail_next("GetCallerIdentity", [fault.clone()]);
        assert_eq!(run(identify(&profile)), None, "{fault:?}");
        assert_eq!(fake.count("GetCallerIdentity"), 1, "{fault:?}");
    }
    fake.deny(FakeKms::ACCESS_KEY_ID, "GetCallerIdentity");
    assert_eq!(run(identify(&profile)), None);
    assert_eq!(run(identify(&fake.profile_of("stranger", "AKIASTRANGER", "x", None))), None);
}
