//! KMS keys that are made, looked through and rotated.

use jiff::Timestamp;
use sealkeep::providers::kms::{
    KeyPlan, MadeKey, MakingStep, Unfit, enable_rotation, list_keys, make_key, plan_key, rotate_now, rotation, survey,
    test_key,
};
use sealkeep::providers::{AwsProfile, DeniedBy, KeyArn, KeyName, KeyProvider, KmsProvider, ProviderError};
use serde_json::Value;

use super::{context, context_of, run};
use crate::support::fake_kms::{Denial, FakeKms, Fault};

fn plan(profile: &AwsProfile) -> Result<KeyPlan, ProviderError> {
    run(plan_key(profile, FakeKms::REGION, "team", "The team's vault"))
}

fn made(profile: &AwsProfile) -> MadeKey {
    run(make_key(profile, &plan(profile).unwrap())).unwrap()
}

#[test]
fn a_key_is_made_as_it_was_shown_and_then_works() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    let plan = plan(&profile).unwrap();
    assert_eq!((plan.alias.as_str(), plan.account.as_str()), ("alias/team", FakeKms::ACCOUNT));
    assert_eq!((fake.keys(), fake.count("CreateKey")), (0, 0), "a plan makes nothing");
    fake.forget_calls();
    let made = run(make_key(&profile, &plan)).unwrap();
    assert_eq!(made.missing, []);
    assert_eq!(fake.actions(), ["CreateKey", "CreateAlias", "EnableKeyRotation"]);
    let sent: Value = serde_json::from_str(&plan.policy).unwrap();
    assert_eq!(fake.policy_of(&made.key), Some(sent));
    assert!(run(rotation(&profile, &made.key)).unwrap().enabled);
    let report = run(test_key(&profile, &KeyName::Key(made.key))).unwrap();
    assert_eq!(report.alias.as_deref(), Some("alias/team"));
}

#[test]
fn what_a_made_key_allows_is_what_sealkeep_needs_and_no_more() {
    let fake = FakeKms::start();
    let key = made(&fake.profile("test")).key;
    let provider = KmsProvider::new(&fake.profile("test"), key.clone());
    assert!(run(provider.wrap(None, &context())).is_ok());
    let denied = |by| ProviderError::AccessDenied { action: "kms:GenerateDataKey", key: key.to_string(), by };
    let without = run(provider.wrap(None, &context_of(&[]))).unwrap_err();
    assert_eq!(without, denied(DeniedBy::KeyPolicy), "not without a purpose of Sealkeep's");
    // Somebody else in the account, whom IAM allows everything: the key policy gives them what Sealkeep needs, and no more.
    fake.add_principal("AKIAOTHER", "secret", None);
    let other = KmsProvider::new(&fake.profile_of("other", "AKIAOTHER", "secret", None), key.clone());
    assert!(run(other.wrap(None, &context())).is_ok());
    assert_eq!(run(other.wrap(None, &context_of(&[]))).unwrap_err(), denied(DeniedBy::KeyPolicy));
    // And somebody whom IAM allows nothing.
    fake.withdraw_iam("AKIAOTHER");
    assert_eq!(run(other.wrap(None, &context())).unwrap_err(), denied(DeniedBy::KeyPolicy));
    fake.add_principal("AKIAADMIN", "secret", None);
    let other = fake.profile_of("other", "AKIAADMIN", "secret", None);
    assert_eq!(run(enable_rotation(&other, &key)), Ok(()), "and administers by IAM: nobody is locked out");
}

#[test]
fn a_session_of_a_role_with_a_path_uses_the_key_that_it_made() {
    let fake = FakeKms::start();
    fake.add_principal("ASIASSO", "secret", Some("token"));
    fake.assume("ASIASSO", "aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Dev_0123456789abcdef");
    let profile = fake.profile_of("sso", "ASIASSO", "secret", Some("token"));
    let key = made(&profile).key;
    // By the key policy alone, which tells a role by its name.
    for who in ["ASIASSO", "ASIAOTHER"] {
        fake.withdraw_iam(who);
    }
    assert!(run(KmsProvider::new(&profile, key.clone()).wrap(None, &context())).is_ok());
    fake.add_principal("ASIAOTHER", "secret", Some("token"));
    fake.assume("ASIAOTHER", "OtherAWSReservedSSO_Dev_0123456789abcdef");
    let other = fake.profile_of("other", "ASIAOTHER", "secret", Some("token"));
    assert!(run(KmsProvider::new(&other, key).wrap(None, &context())).is_err());
}

#[test]
fn nothing_is_made_where_the_name_is_taken() {
    let (fake, key) = FakeKms::with_key();
    fake.point_alias("alias/team", &key);
    let error = plan(&fake.profile("test")).unwrap_err();
    assert_eq!(error, ProviderError::Exists { what: "alias/team".to_owned() });
    assert_eq!((fake.keys(), fake.count("CreateKey")), (1, 0));
}

#[test]
fn what_fails_after_the_key_is_there_is_told_beside_it() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    fake.deny(FakeKms::ACCESS_KEY_ID, "CreateAlias");
    fake.deny_by(FakeKms::ACCESS_KEY_ID, "EnableKeyRotation", Denial::ServiceControlDeny);
    let made = made(&profile);
    let key = made.key.to_string();
    let denied = |action, by| ProviderError::AccessDenied { action, key: key.clone(), by };
    let expected = [
        (MakingStep::Alias, denied("kms:CreateAlias", DeniedBy::IdentityPolicy)),
        (MakingStep::Rotation, denied("kms:EnableKeyRotation", DeniedBy::Organisation)),
    ];
    assert_eq!(made.missing, expected);
    assert!(run(test_key(&profile, &KeyName::Key(made.key))).is_ok(), "it works all the same");
}

#[test]
fn an_alias_whose_answer_was_lost_is_no_failure() {
    let fake = FakeKms::start();
    fake.fail_next("CreateAlias", [Fault::ResetInBody]);
    let made = made(&fake.profile("test"));
    assert_eq!((made.missing, fake.count("CreateAlias")), (Vec::new(), 2));
}

#[test]
fn a_key_is_asked_for_once_whatever_happens() {
    for (fault, maybe) in [
        (Fault::ResetInBody, true),
        (Fault::Close, true),
        (Fault::Status(503), true),
        (Fault::Refuse("ThrottlingException"), false),
        (Fault::Refuse("LimitExceededException"), false),
    ] {
        let fake = FakeKms::start();
        let profile = fake.profile("test");
        let plan = plan(&profile).unwrap();
        fake.fail_always("CreateKey", fault.clone());
        let error = run(make_key(&profile, &plan)).unwrap_err();
        assert_eq!(matches!(error, ProviderError::MaybeMade { .. }), maybe, "{fault:?}: {error}");
        assert_eq!(fake.count("CreateKey"), 1, "{fault:?}");
    }
}

#[test]
fn a_key_of_another_account_or_region_than_was_shown_is_told_and_not_used() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    let plan = plan(&profile).unwrap();
    let elsewhere = |region: &str, account: &str| {
        format!("arn:aws:kms:{region}:{account}:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11")
    };
    for arn in [elsewhere(FakeKms::REGION, "999999999999"), elsewhere("us-east-1", FakeKms::ACCOUNT)] {
        fake.forget_calls();
        fake.fail_next("CreateKey", [Fault::AnswerFor(arn.clone())]);
        let refused = ProviderError::MadeElsewhere {
            key: arn,
            account: FakeKms::ACCOUNT.to_owned(),
            region: FakeKms::REGION.to_owned(),
        };
        assert_eq!(run(make_key(&profile, &plan)), Err(refused));
        assert_eq!(fake.actions(), ["CreateKey"], "it gets no alias, and nothing is turned on for it");
    }
    fake.forget_calls();
    assert!(run(make_key(&profile, &plan)).is_ok());
}

#[test]
fn a_policy_that_aws_does_not_take_makes_nothing() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    let plan = plan(&profile).unwrap();
    for policy in ["{}", "not JSON", r#"{"Version": "2012-10-17", "Statement": []}"#] {
        let error = run(make_key(&profile, &KeyPlan { policy: policy.to_owned(), ..plan.clone() })).unwrap_err();
        assert!(matches!(error, ProviderError::KeyPolicy { .. }), "{policy}: {error}");
    }
    let stranger = plan.policy.replace(FakeKms::ACCESS_KEY_ID, "nobody");
    let error = run(make_key(&profile, &KeyPlan { policy: stranger, ..plan })).unwrap_err();
    assert!(error.to_string().contains("invalid principals"), "{error}");
    assert_eq!(fake.keys(), 0);
}

#[test]
fn rotation_is_told_turned_on_and_asked_for() {
    let (fake, key) = FakeKms::with_key();
    let profile = fake.profile("test");
    let told = || run(rotation(&profile, &key)).unwrap();
    assert_eq!((told().enabled, told().last, told().on_demand), (false, None, Some(0)));
    let made = run(KmsProvider::new(&profile, key.clone()).wrap(None, &context())).unwrap();
    run(enable_rotation(&profile, &key)).unwrap();
    assert_eq!((told().enabled, told().every_days), (true, Some(365)));
    assert!(told().next.is_some_and(|next| next > Timestamp::now()));
    run(rotate_now(&profile, &key)).unwrap();
    assert!(told().last.is_some() && told().on_demand == Some(1));
    let opened = run(KmsProvider::new(&profile, key.clone()).unwrap(&made.wrapped, &context()));
    assert!(opened.is_ok(), "what was wrapped before opens");
    fake.deny(FakeKms::ACCESS_KEY_ID, "ListKeyRotations");
    assert_eq!((told().enabled, told().last, told().on_demand), (true, None, None), "as much as it may know");
}

#[test]
fn what_can_not_be_rotated_says_why_and_is_asked_for_once() {
    let (fake, key) = FakeKms::with_key();
    let profile = fake.profile("test");
    fake.set_rotations_on_demand(&key, 25);
    let error = run(rotate_now(&profile, &key)).unwrap_err();
    assert!(matches!(&error, ProviderError::Limit { what } if what.contains("on-demand")), "{error}");
    fake.set_rotations_on_demand(&key, 0);
    fake.fail_next("RotateKeyOnDemand", [Fault::Status(503)]);
    fake.forget_calls();
    assert!(run(rotate_now(&profile, &key)).is_err());
    assert_eq!(fake.count("RotateKeyOnDemand"), 1, "each one costs");
    fake.set_key_state(&key, "Disabled");
    assert_eq!(run(rotate_now(&profile, &key)), Err(ProviderError::KeyDisabled { key: key.to_string() }));
    fake.set_key_state(&key, "Enabled");
    fake.set_key_kind(&key, "SIGN_VERIFY", "RSA_2048");
    for error in [run(rotate_now(&profile, &key)), run(enable_rotation(&profile, &key))] {
        assert_eq!(error, Err(ProviderError::Unsupported { key: key.to_string() }));
    }
}

#[test]
fn keys_to_pick_from_say_what_they_are_fit_for() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    let keys: Vec<KeyArn> = (0..4).map(|_| fake.make_key()).collect();
    for (key, name) in keys.iter().zip(["alias/a", "alias/b", "alias/c", "alias/d"]) {
        fake.point_alias(name, key);
    }
    fake.set_key_state(&keys[1], "Disabled");
    fake.schedule_deletion(&keys[2], 9);
    fake.set_key_kind(&keys[3], "SIGN_VERIFY", "RSA_2048");
    run(enable_rotation(&profile, &keys[0])).unwrap();
    let surveyed = run(async { survey(&profile, list_keys(&profile).await.unwrap()).await });
    let said: Vec<_> = surveyed.iter().map(|key| (key.description.as_ref().unwrap().unfit, key.rotates)).collect();
    let expected = [
        (None, Some(true)),
        (Some(Unfit::Disabled), Some(false)),
        (Some(Unfit::PendingDeletion), Some(false)),
        (Some(Unfit::NotSymmetric), None),
    ];
    assert_eq!(said, expected);
    assert!(surveyed[2].description.as_ref().unwrap().deletion.is_some());
    fake.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
    let surveyed = run(async { survey(&profile, list_keys(&profile).await.unwrap()).await });
    assert!(surveyed.len() == 4 && surveyed.iter().all(|key| key.description.is_none()), "a list all the same");
}

#[test]
fn a_hundred_keys_are_looked_at_several_at_once() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    for _ in 0..120 {
        fake.make_key();
    }
    let surveyed = run(async { survey(&profile, list_keys(&profile).await.unwrap()).await });
    assert_eq!((surveyed.len(), fake.count("DescribeKey")), (120, 100), "the rest by name alone");
    assert!(surveyed[..100].iter().all(|key| key.description.is_some() && key.rotates.is_some()));
    assert!((2..=20).contains(&fake.connections()), "{} connections", fake.connections());
}

#[test]
fn where_keys_may_not_be_listed_those_with_an_alias_are() {
    let (fake, key) = FakeKms::with_key();
    fake.make_key();
    fake.point_alias("alias/team", &key);
    fake.deny(FakeKms::ACCESS_KEY_ID, "ListKeys");
    let listed = run(list_keys(&fake.profile("test"))).unwrap();
    assert_eq!(listed.iter().map(|key| &key.arn).collect::<Vec<_>>(), [&key]);
    assert_eq!(listed[0].aliases, ["alias/team"]);
}

#[test]
fn a_key_of_another_account_works_where_it_is_shared_and_says_who_denies_it_where_not() {
    let fake = FakeKms::start();
    let profile = fake.profile("test");
    let shared = fake.make_key_of("444455556666", true);
    assert!(run(test_key(&profile, &KeyName::Key(shared.clone()))).is_ok());
    assert!(run(list_keys(&profile)).unwrap().is_empty(), "it is in no list");
    let private = fake.make_key_of("444455556666", false);
    let provider = KmsProvider::new(&profile, private.clone());
    let error = run(provider.wrap(None, &context())).unwrap_err();
    let denied = |action, by| ProviderError::AccessDenied { action, key: private.to_string(), by };
    assert_eq!(error, denied("kms:GenerateDataKey", DeniedBy::KeyPolicy));
}

#[test]
fn a_key_that_waits_for_its_deletion_says_until_when_and_many_failures_ask_once() {
    let (fake, key) = FakeKms::with_key();
    let provider = KmsProvider::new(&fake.profile("test"), key.clone());
    fake.schedule_deletion(&key, 6);
    for _ in 0..3 {
        let error = run(provider.wrap(None, &context())).unwrap_err();
        let ProviderError::KeyPendingDeletion { deletion: Some(deletion), .. } = error else { panic!("{error}") };
        assert_eq!(deletion.duration_since(Timestamp::now()).as_hours() / 24, 6);
    }
    assert_eq!(fake.count("DescribeKey"), 1);
    let provider = KmsProvider::new(&fake.profile("test"), key.clone());
    fake.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
    let error = run(provider.wrap(None, &context())).unwrap_err();
    assert_eq!(error, ProviderError::KeyPendingDeletion { key: key.to_string(), deletion: None });
}
