//! What the window is told of a profile that is tried: which keys it sees, or why none. Each case has a keyring, and so a process, of
//! its own.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

#[test]
fn a_profile_that_is_tried_lists_its_keys_and_aliases_or_says_what_is_missing() {
    passes(SecretService::start().enter(&mut again::case("worker::profiles::cases::lists")));
}

/// Run by the test above, in a session of its own.
mod cases {
    use sealkeep::worker::{Command, DeniedBy, Problem, ProfileReport, SeenKey, What};

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
        };
        let mut other = Window::open(home.path());
        other.send(Command::ListProfiles);
        let listed = expect!(other, What::Profiles(profiles) => profiles);
        assert_eq!(listed[0].account.as_deref(), Some(FakeKms::ACCOUNT), "whose it is was noted");
        assert!(listed[0].principal.is_some());
        let all = vec![seen(named.as_str(), &["alias/also-team", "alias/team"]), seen(bare.as_str(), &[])];
        assert_eq!(tried(&mut window).seen, Ok(all));

        // More than AWS gives at once.
        fake.set_page_size(3);
        (0..20).for_each(|_| drop(fake.make_key()));
        assert_eq!(tried(&mut window).seen.unwrap().len(), 22);

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
}
