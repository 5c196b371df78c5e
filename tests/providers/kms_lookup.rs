//! What the window and the command line ask AWS KMS about keys.

use jiff::Timestamp;
use sealkeep::providers::kms::{Unfit, describe_key, list_keys, resolve, test_key};
use sealkeep::providers::{DeniedBy, ErrorClass, KeyArn, KeyName, ProviderError};

use super::run;
use crate::support::fake_kms::{FakeKms, Fault};

fn alias(name: &str) -> KeyName {
    format!("arn:aws:kms:{}:{}:{name}", FakeKms::REGION, FakeKms::ACCOUNT).parse().unwrap()
}

#[test]
fn an_alias_is_resolved_once_and_a_key_not_at_all() {
    let (fake, key) = FakeKms::with_key();
    let profile = fake.profile("test");
    fake.point_alias("alias/team", &key);
    assert_eq!(run(resolve(&profile, &alias("alias/team"))).unwrap(), key);
    assert_eq!(fake.actions(), ["DescribeKey"]);
    assert_eq!(run(resolve(&profile, &KeyName::Key(key.clone()))).unwrap(), key);
    assert_eq!(fake.actions(), ["DescribeKey"]);
    let error = run(resolve(&profile, &alias("alias/nobody"))).unwrap_err();
    assert!(matches!(error, ProviderError::KeyNotFound { .. }), "{error}");
}

#[test]
fn what_a_key_is_fit_for_is_told() {
    let (fake, key) = FakeKms::with_key();
    let describe = || run(describe_key(&fake.profile("test"), &KeyName::Key(key.clone()))).unwrap();
    assert_eq!((describe().state.as_str(), describe().unfit), ("Enabled", None));
    fake.set_key_state(&key, "PendingDeletion");
    assert_eq!((describe().state.as_str(), describe().unfit), ("PendingDeletion", Some(Unfit::PendingDeletion)));
    assert_eq!(describe().deletion, None);
    fake.schedule_deletion(&key, 7);
    let days = describe().deletion.unwrap().duration_since(Timestamp::now()).as_hours() / 24;
    assert_eq!(days, 7);
    fake.set_key_state(&key, "Disabled");
    assert_eq!((describe().unfit, describe().deletion), (Some(Unfit::Disabled), None));
    fake.set_key_state(&key, "Creating");
    assert_eq!(describe().unfit, Some(Unfit::NotReady));
    fake.set_key_state(&key, "Enabled");
    fake.set_key_kind(&key, "SIGN_VERIFY", "ECC_NIST_P256");
    assert_eq!(describe().unfit, Some(Unfit::NotSymmetric));
    fake.set_key_kind(&key, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT");
    fake.point_alias("alias/aws/s3", &key);
    assert_eq!(describe().unfit, Some(Unfit::OfAws));
}

#[test]
fn keys_are_listed_over_all_pages_with_their_aliases_first() {
    let fake = FakeKms::start();
    fake.set_page_size(2);
    let keys: Vec<KeyArn> = (0..5).map(|_| fake.make_key()).collect();
    fake.point_alias("alias/b", &keys[3]);
    fake.point_alias("alias/a", &keys[4]);
    fake.point_alias("alias/c", &keys[4]);
    fake.point_alias("alias/aws/s3", &keys[0]);
    let listed = run(list_keys(&fake.profile("test"))).unwrap();
    assert_eq!(listed.len(), 4, "without the one that AWS manages");
    assert_eq!((&listed[0].arn, listed[0].aliases.as_slice()), (&keys[4], &["alias/a".into(), "alias/c".into()][..]));
    assert_eq!(listed[1].arn, keys[3]);
    assert!(listed[2..].iter().all(|key| key.aliases.is_empty()) && listed[2].arn < listed[3].arn);
    assert_eq!((fake.count("ListKeys"), fake.count("ListAliases")), (3, 2));
}

#[test]
fn keys_are_listed_where_aliases_may_not_be() {
    let (fake, key) = FakeKms::with_key();
    fake.point_alias("alias/team", &key);
    fake.deny(FakeKms::ACCESS_KEY_ID, "ListAliases");
    let listed = run(list_keys(&fake.profile("test"))).unwrap();
    assert_eq!((&listed[0].arn, listed[0].aliases.len()), (&key, 0));
    fake.deny(FakeKms::ACCESS_KEY_ID, "ListKeys");
    let error = run(list_keys(&fake.profile("test"))).unwrap_err();
    let key = FakeKms::REGION.to_owned();
    assert_eq!(error, ProviderError::AccessDenied { action: "kms:ListKeys", key, by: DeniedBy::IdentityPolicy });
}

#[test]
fn a_test_of_a_key_reports_what_a_person_wants_to_know() {
    let (fake, key) = FakeKms::with_key();
    fake.point_alias("alias/team", &key);
    for name in [alias("alias/team"), KeyName::Key(key.clone())] {
        let report = run(test_key(&fake.profile("test"), &name)).unwrap();
        assert_eq!((&report.key, report.alias.as_deref()), (&key, Some("alias/team")));
        assert_eq!(report.state.as_deref(), Some("Enabled"));
        assert!(!report.latency.is_zero());
    }
    let purposes = fake.calls().into_iter().filter(|call| !call.context.is_empty()).map(|call| call.context);
    assert!(purposes.clone().count() == 4 && purposes.flatten().all(|pair| pair.0 == "sealkeep:purpose"));
}

#[test]
fn a_test_of_a_key_makes_a_data_key_and_unwraps_it_and_needs_no_more() {
    let (fake, key) = FakeKms::with_key();
    let profile = fake.profile("test");
    let test = || run(test_key(&profile, &KeyName::Key(key.clone())));
    for action in ["DescribeKey", "ListAliases", "ListKeys", "Encrypt"] {
        fake.deny(FakeKms::ACCESS_KEY_ID, action);
    }
    let report = test().unwrap();
    assert_eq!((report.alias, report.state), (None, None));
    fake.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let key = key.to_string();
    assert_eq!(
        test().unwrap_err(),
        ProviderError::AccessDenied { action: "kms:Decrypt", key, by: DeniedBy::IdentityPolicy }
    );
}

#[test]
fn a_test_notices_a_key_that_gives_back_something_else() {
    let (fake, key) = FakeKms::with_key();
    fake.fail_always("Decrypt", Fault::OtherKey);
    let error = run(test_key(&fake.profile("test"), &KeyName::Key(key))).unwrap_err();
    assert_eq!((error.class(), error), (ErrorClass::Failed, ProviderError::WrongKey));
}
