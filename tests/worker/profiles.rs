//! What the window is told of a profile that is tried: which keys it sees, or why none. Each case has a keyring, and so a process, of
//! its own.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

#[test]
fn a_profile_that_is_tried_lists_its_keys_and_aliases_or_says_what_is_missing() {
    passes(SecretService::start().enter(&mut again::case("worker::profiles::cases::lists")));
}

#[test]
fn a_profile_that_may_not_use_a_key_is_told_as_whom() {
    passes(SecretService::start().enter(&mut again::case("worker::profiles::cases::denied")));
}

#[test]
fn a_profile_is_replaced_only_by_whoever_was_asked_about_it() {
    passes(SecretService::start().enter(&mut again::case("worker::profiles::cases::replaces")));
}

/// Run by the tests above, in a session of its own.
mod cases {
    use sealkeep::secret::SecretString;
    use sealkeep::worker::{
        Command, DeniedBy, KeyState, NewProfile, Problem, ProfileKind, ProfileReport, SeenKey, Unfit, What,
    };

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::FakeKms;
    use crate::support::window::Window;

    fn tried(window: &mut Window) -> ProfileReport {
        window.send(Command::TestProfile { name: "work".to_owned(), key: None });
        expect!(window, What::ProfileTested(report) => report)
    }

    #[test]
    #[ignore = "run by a test above"]
    fn lists() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        let mut window = Window::open(home.path());
        window.send(Command::AddProfile(fake.new_profile("work")));
        expect!(window, What::Profiles(_));
        let report = tried(&mut window);
        assert_eq!((report.seen, report.account.as_deref()), (Ok(Vec::new()), Some(FakeKms::ACCOUNT)));

        let (named, bare) = (fake.make_key(), fake.make_key());
        fake.point_alias("alias/team", &named);
        fake.point_alias("alias/also-team", &named);
        let seen = |arn: &str, aliases: &[&str]| SeenKey {
            arn: arn.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            state: Some(KeyState { unfit: None, days: None }),
        };
        let mut other = Window::open(home.path());
        other.send(Command::ListProfiles);
        let listed = expect!(other, What::Profiles(profiles) => profiles);
        assert_eq!(listed[0].account.as_deref(), Some(FakeKms::ACCOUNT), "whose it is was noted");
        assert!(listed[0].principal.is_some());
        let all = vec![seen(named.as_str(), &["alias/also-team", "alias/team"]), seen(bare.as_str(), &[])];
        assert_eq!(tried(&mut window).seen, Ok(all));

        // What can't be used is told apart, and of what AWS does not tell nothing is said.
        let (pair, gone) = (fake.make_key(), fake.make_key());
        fake.set_key_state(&bare, "Disabled");
        fake.set_key_kind(&pair, "SIGN_VERIFY", "ECC_NIST_P256");
        fake.schedule_deletion(&gone, 6);
        let seen = tried(&mut window).seen.unwrap();
        let state = |arn: &str| seen.iter().find(|key| key.arn == arn).unwrap().state.clone();
        let unfit = |unfit, days| Some(KeyState { unfit: Some(unfit), days });
        assert_eq!(state(named.as_str()), Some(KeyState { unfit: None, days: None }));
        assert_eq!(state(bare.as_str()), unfit(Unfit::Disabled, None));
        assert_eq!(state(pair.as_str()), unfit(Unfit::NotSymmetric, None));
        assert_eq!(state(gone.as_str()), unfit(Unfit::PendingDeletion, Some(6)));
        fake.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
        assert!(tried(&mut window).seen.unwrap().iter().all(|key| key.state.is_none()));
        fake.allow(FakeKms::ACCESS_KEY_ID, "DescribeKey");

        // More than AWS gives at once, and more than anybody asks about.
        fake.set_page_size(3);
        (0..60).for_each(|_| drop(fake.make_key()));
        fake.forget_calls();
        fake.take_high_water();
        let seen = tried(&mut window).seen.unwrap();
        assert_eq!((seen.len(), seen.iter().filter(|key| key.state.is_some()).count()), (64, 50));
        assert_eq!((fake.count("DescribeKey"), fake.count("GetKeyRotationStatus")), (50, 0));
        assert!(fake.take_high_water().0 <= 10, "few at once");

        for action in ["ListKeys", "ListAliases"] {
            fake.deny(FakeKms::ACCESS_KEY_ID, action);
        }
        let report = tried(&mut window);
        assert!(report.principal.is_some(), "the credentials are good all the same");
        let denied = Problem::KmsDenied {
            action: "kms:ListKeys".to_owned(),
            key: FakeKms::REGION.to_owned(),
            by: DeniedBy::IdentityPolicy,
        };
        assert_eq!(report.seen, Err(denied));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn denied() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        window.send(Command::AddProfile(fake.new_profile("work")));
        expect!(window, What::Profiles(_));
        fake.deny(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
        window.send(Command::TestProfile { name: "work".to_owned(), key: Some(key.to_string()) });
        let known = expect!(window, What::ProfileKnown(report) => report);
        assert_eq!((known.account.as_deref(), known.region.as_str()), (Some(FakeKms::ACCOUNT), FakeKms::REGION));
        assert!(known.principal.is_some_and(|principal| principal.contains(FakeKms::ACCESS_KEY_ID)));
        assert_eq!(known.key, None);
        assert_eq!(known.seen.map(|keys| keys.len()), Ok(1), "what it may see instead");
        let problem = expect!(window, What::Failed(problem) => problem);
        let by = DeniedBy::IdentityPolicy;
        let action = "kms:GenerateDataKey".to_owned();
        assert_eq!(problem, Problem::KmsDenied { action, key: key.to_string(), by });
    }

    #[test]
    #[ignore = "run by a test above"]
    fn replaces() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        let sealed = || Some(SecretString::copy_of("4711"));
        window.send(Command::AddProfile(NewProfile { protect: sealed(), ..fake.new_profile("work") }));
        expect!(window, What::Profiles(_));
        let stranger = || NewProfile {
            kind: ProfileKind::Static {
                access_key_id: "AKIASTRANGER".to_owned(),
                secret_access_key: SecretString::copy_of("another/secret"),
                session_token: None,
            },
            ..fake.new_profile("work")
        };
        let works = |window: &mut Window| {
            window.send(Command::TestProfile { name: "work".to_owned(), key: Some(key.to_string()) });
            expect!(window, What::ProfileTested(_));
        };
        window.send(Command::AddProfile(stranger()));
        let there = expect!(window, What::Failed(Problem::ProfileExists(there)) => there);
        assert!(there.name == "work" && there.protected);
        works(&mut window);
        // It became another while somebody looked at the question.
        window.send(Command::ReplaceProfile { new: fake.new_profile("work"), old: there.clone() });
        let profiles = expect!(window, What::Profiles(profiles) => profiles);
        assert!(!profiles[0].protected, "they were asked, and said so");
        window.send(Command::ReplaceProfile { new: stranger(), old: there });
        let there = expect!(window, What::Failed(Problem::ProfileExists(there)) => there);
        assert!(!there.protected);
        works(&mut window);
        window.send(Command::ReplaceProfile { new: stranger(), old: there });
        expect!(window, What::Profiles(_));
        window.send(Command::TestProfile { name: "work".to_owned(), key: Some(key.to_string()) });
        let problem = expect!(window, What::Failed(problem) => problem);
        assert!(matches!(problem, Problem::Credentials { .. }), "{problem:?}");
    }
}
