//! KMS keys that the window makes, turns the rotation on of and rotates: the worker, a profile in a real keyring, and a KMS that holds to
//! key policies, aliases and limits as AWS does. Each case has a keyring, and so a process, of its own.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut again::case(&format!("worker::kms_keys::cases::{name}"))));
}

#[test]
fn a_key_is_made_as_it_was_shown_and_a_vault_under_it() {
    passes_with_keyring("made");
}

#[test]
fn who_may_not_make_a_key_is_told_what_is_missing_and_nothing_is_left() {
    passes_with_keyring("denied");
}

#[test]
fn what_fails_after_the_key_is_there_is_told_beside_it_and_the_key_works() {
    passes_with_keyring("half_made");
}

#[test]
fn nothing_is_made_under_a_name_that_is_taken() {
    passes_with_keyring("taken");
}

#[test]
fn a_key_whose_answer_is_lost_or_names_another_place_is_made_once_and_not_used() {
    passes_with_keyring("lost");
}

#[test]
fn rotation_is_turned_on_for_a_way_in_and_by_whoever_may() {
    passes_with_keyring("turned_on");
}

#[test]
fn a_key_is_rotated_once_at_a_time_and_as_often_as_aws_lets_it() {
    passes_with_keyring("rotated");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use sealkeep::providers::KeyArn;
    use sealkeep::vault::SlotId;
    use sealkeep::worker::{
        Command, DeniedBy, KeyChoice, KeyLooked, KeyMade, KeyPlan, KeyRotation, KeyState, LockReason, MakingStep,
        NewVault, Problem, TrustAnswer, UnlockBy, What, missing_statement,
    };
    use serde_json::{Value, json};

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{Denial, FakeKms, Fault};
    use crate::support::window::{Window, note, vault_in};

    const FIT: KeyState = KeyState { unfit: None, days: None };

    /// A window with a profile, and no vault yet.
    struct Desk {
        home: tempfile::TempDir,
        kms: FakeKms,
        window: Window,
    }

    impl Desk {
        fn new() -> Self {
            assert_inside();
            let (home, kms) = (tempfile::tempdir().unwrap(), FakeKms::start());
            let mut window = Window::open(home.path());
            window.send(Command::AddProfile(kms.new_profile("work")));
            expect!(window, What::Profiles(_));
            Self { home, kms, window }
        }

        fn ask_for_plan(&self) {
            self.window.send(Command::PlanKey {
                profile: "work".to_owned(),
                region: None,
                alias: "team".to_owned(),
                description: "The team's vault".to_owned(),
            });
        }

        fn plan(&mut self) -> KeyPlan {
            self.ask_for_plan();
            expect!(self.window, What::KeyPlanned { profile, plan } if profile == "work" => plan)
        }

        fn ask_for_key(&self, plan: &KeyPlan) {
            self.window.send(Command::MakeKey { profile: "work".to_owned(), plan: plan.clone() });
        }

        fn make(&mut self, plan: &KeyPlan) -> KeyMade {
            self.ask_for_key(plan);
            expect!(self.window, What::KeyMade(made) => made)
        }

        fn problem(&mut self) -> Problem {
            expect!(self.window, What::Failed(problem) => problem)
        }

        /// The keys that the profile sees, with all that AWS says of them.
        fn keys(&mut self) -> Vec<KeyChoice> {
            self.window.send(Command::ListKeys { profile: "work".to_owned() });
            expect!(self.window, What::Keys { .. });
            let keys = expect!(self.window, What::Keys { keys, .. } => keys);
            expect!(self.window, What::KeysListed);
            keys
        }

        /// Makes a vault under `key`; the slot of the key.
        fn create_vault(&mut self, key: &str) -> SlotId {
            let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_owned() };
            self.window.send(Command::CreateVault { folder: vault_in(self.home.path()), key: new });
            expect!(self.window, What::Unlocked(_));
            self.window.send(Command::ListWays);
            expect!(self.window, What::Ways(list) => list.ways[0].slot)
        }

        /// What AWS says of the vault's only key.
        fn looked(&mut self) -> KeyLooked {
            let looked = expect!(self.window, What::KeysLooked(looked) => looked);
            let [looked] = <[KeyLooked; 1]>::try_from(looked).unwrap();
            looked
        }

        fn look(&mut self) -> KeyRotation {
            self.window.send(Command::LookAtKeys);
            self.looked().rotation.unwrap()
        }
    }

    fn is_of_a_key(made: &KeyMade) -> KeyArn {
        assert_eq!(made.profile, "work");
        made.arn.parse().unwrap()
    }

    #[test]
    #[ignore = "run by a test above"]
    fn made() {
        let mut desk = Desk::new();
        let plan = desk.plan();
        let shown = (plan.alias.as_str(), plan.account.as_str(), plan.region.as_str(), plan.description.as_str());
        assert_eq!(shown, ("alias/team", FakeKms::ACCOUNT, FakeKms::REGION, "The team's vault"));
        let maker = format!("arn:aws:iam::{}:user/{}", FakeKms::ACCOUNT, FakeKms::ACCESS_KEY_ID);
        assert_eq!(plan.principal, maker);
        assert_eq!((desk.kms.keys(), desk.kms.count("CreateKey")), (0, 0), "what is shown makes nothing");

        desk.kms.forget_calls();
        let made = desk.make(&plan);
        let key = is_of_a_key(&made);
        assert_eq!(made.missing, []);
        assert_eq!(desk.kms.actions(), ["CreateKey", "CreateAlias", "EnableKeyRotation"]);
        let policy: Value = serde_json::from_str(&plan.policy).unwrap();
        assert_eq!(desk.kms.policy_of(&key), Some(policy), "word for word as it was shown");
        let choice = KeyChoice {
            arn: made.arn.clone(),
            alias: Some("alias/team".to_owned()),
            state: Some(FIT),
            rotates: Some(true),
        };
        assert_eq!(desk.keys(), [choice]);
        desk.window.send(Command::TestProfile { name: "work".to_owned(), key: Some(made.arn.clone()) });
        let report = expect!(desk.window, What::ProfileTested(report) => report.key.unwrap());
        assert_eq!((&report.arn, report.alias.as_deref()), (&made.arn, Some("alias/team")));

        // The vault lives on what the key policy alone allows: IAM gives nothing to anybody any more.
        desk.kms.withdraw_iam(FakeKms::ACCESS_KEY_ID);
        let slot = desk.create_vault(&made.arn);
        let item = desk.window.save(None, note("Door codes", "1234"));
        desk.window.lock();
        expect!(desk.window, What::Locked(LockReason::Asked));
        let by = UnlockBy::Profile("work".to_owned());
        desk.window.send(Command::Unlock { folder: vault_in(desk.home.path()), by, trust: TrustAnswer::Ask });
        expect!(desk.window, What::Unlocked(_));
        assert_eq!(desk.window.read(item), [("text".to_owned(), "1234".to_owned())]);
        desk.window.send(Command::LookAtKeys);
        let looked = desk.looked();
        assert_eq!((looked.slot, &looked.arn, looked.state), (slot, &made.arn, Ok(FIT)));
        let rotation = looked.rotation.unwrap();
        assert_eq!((rotation.enabled, rotation.every_days, rotation.last), (true, Some(365), None));
        assert!(rotation.next.is_some_and(|next| next > jiff::Timestamp::now()) && !rotation.running);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn denied() {
        let mut desk = Desk::new();
        let plan = desk.plan();
        desk.kms.deny(FakeKms::ACCESS_KEY_ID, "CreateKey");
        desk.kms.forget_calls();
        desk.ask_for_key(&plan);
        let problem = desk.problem();
        let Problem::KmsDenied { action, key, by } = &problem else { panic!("{problem:?}") };
        assert_eq!((action.as_str(), *by), ("kms:CreateKey", DeniedBy::IdentityPolicy));
        let statement: Value = serde_json::from_str(&missing_statement(action, key, *by)).unwrap();
        assert_eq!(statement, json!({ "Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*" }));
        assert_eq!((desk.kms.keys(), desk.kms.actions()), (0, vec!["CreateKey".to_owned()]), "and it ends there");
        assert_eq!(desk.keys(), []);

        // By the organisation no statement helps; it is told apart.
        desk.kms.deny_by(FakeKms::ACCESS_KEY_ID, "CreateKey", Denial::ServiceControlDeny);
        desk.ask_for_key(&plan);
        let problem = desk.problem();
        assert!(matches!(problem, Problem::KmsDenied { by: DeniedBy::Organisation, .. }), "{problem:?}");
        assert_eq!(desk.kms.keys(), 0);

        // The same plan, once somebody has added the statement.
        desk.kms.allow(FakeKms::ACCESS_KEY_ID, "CreateKey");
        assert_eq!(desk.make(&plan).missing, []);
        assert_eq!(desk.keys()[0].alias.as_deref(), Some("alias/team"));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn half_made() {
        let mut desk = Desk::new();
        let plan = desk.plan();
        desk.kms.deny(FakeKms::ACCESS_KEY_ID, "CreateAlias");
        desk.kms.deny_by(FakeKms::ACCESS_KEY_ID, "EnableKeyRotation", Denial::ServiceControlDeny);
        let made = desk.make(&plan);
        let denied =
            |action: &str, by| Problem::KmsDenied { action: format!("kms:{action}"), key: made.arn.clone(), by };
        let missing = [
            (MakingStep::Alias, denied("CreateAlias", DeniedBy::IdentityPolicy)),
            (MakingStep::Rotation, denied("EnableKeyRotation", DeniedBy::Organisation)),
        ];
        assert_eq!(made.missing, missing);
        let key = desk.keys().remove(0);
        assert_eq!((key.alias, key.state, key.rotates), (None, Some(FIT), Some(false)));
        // What is missing can be done later, for the vault that is made with it.
        let slot = desk.create_vault(&made.arn);
        assert!(!desk.look().enabled);
        desk.kms.allow(FakeKms::ACCESS_KEY_ID, "EnableKeyRotation");
        desk.window.send(Command::EnableRotation { slot });
        assert!(desk.looked().rotation.unwrap().enabled);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn taken() {
        let mut desk = Desk::new();
        let taken = Problem::KmsExists { what: "alias/team".to_owned() };
        let plan = desk.plan();
        let theirs = desk.kms.make_key();
        desk.kms.point_alias("alias/team", &theirs);
        desk.ask_for_plan();
        assert_eq!(desk.problem(), taken);
        assert_eq!((desk.kms.keys(), desk.kms.count("CreateKey")), (1, 0));
        // Somebody else was faster, between what was shown and the yes: the name stays theirs.
        let made = desk.make(&plan);
        assert_eq!(made.missing, [(MakingStep::Alias, taken)]);
        let aliases: Vec<_> = desk.keys().into_iter().map(|key| (key.arn, key.alias)).collect();
        assert_eq!(aliases, [(theirs.to_string(), Some("alias/team".to_owned())), (made.arn, None)]);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn lost() {
        let mut desk = Desk::new();
        let plan = desk.plan();
        for fault in [Fault::Close, Fault::ResetInBody, Fault::Status(503)] {
            desk.kms.forget_calls();
            desk.kms.fail_next("CreateKey", [fault.clone()]);
            desk.ask_for_key(&plan);
            let problem = desk.problem();
            assert!(matches!(problem, Problem::MaybeMade { .. }), "{fault:?}: {problem:?}");
            assert_eq!(desk.kms.actions(), ["CreateKey"], "{fault:?}: each costs, and none is asked for twice");
        }
        let strange = format!("arn:aws:kms:{}:999999999999:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11", FakeKms::REGION);
        desk.kms.forget_calls();
        desk.kms.fail_next("CreateKey", [Fault::AnswerFor(strange.clone())]);
        desk.ask_for_key(&plan);
        let (account, region) = (FakeKms::ACCOUNT.to_owned(), FakeKms::REGION.to_owned());
        assert_eq!(desk.problem(), Problem::KmsMadeElsewhere { key: strange, account, region });
        assert_eq!(desk.kms.actions(), ["CreateKey"]);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn turned_on() {
        let mut desk = Desk::new();
        let key = desk.kms.make_key();
        let slot = desk.create_vault(key.as_str());
        let before = desk.look();
        assert_eq!((before.enabled, before.next, before.every_days), (false, None, None));
        desk.kms.deny_by(FakeKms::ACCESS_KEY_ID, "EnableKeyRotation", Denial::NoKeyPolicy);
        desk.window.send(Command::EnableRotation { slot });
        let action = "kms:EnableKeyRotation".to_owned();
        assert_eq!(desk.problem(), Problem::KmsDenied { action, key: key.to_string(), by: DeniedBy::KeyPolicy });
        assert_eq!(desk.look(), before);
        desk.kms.allow(FakeKms::ACCESS_KEY_ID, "EnableKeyRotation");
        desk.window.send(Command::EnableRotation { slot });
        let looked = desk.looked();
        assert_eq!((looked.slot, looked.arn, looked.state), (slot, key.to_string(), Ok(FIT)));
        let rotation = looked.rotation.unwrap();
        assert_eq!((rotation.enabled, rotation.every_days, rotation.running), (true, Some(365), false));
        assert!(rotation.next.is_some_and(|next| next > jiff::Timestamp::now()));

        desk.kms.set_key_kind(&key, "ENCRYPT_DECRYPT", "HMAC_256");
        desk.window.send(Command::EnableRotation { slot });
        assert_eq!(desk.problem(), Problem::KmsUnsupported { key: key.to_string() });
        desk.kms.set_key_kind(&key, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT");
        for gone in [Command::EnableRotation { slot: SlotId([9; 16]) }, Command::RotateNow { slot: SlotId([9; 16]) }] {
            desk.kms.forget_calls();
            desk.window.send(gone);
            assert_eq!(desk.problem(), Problem::WaysChanged);
            assert_eq!(desk.kms.actions(), [""; 0]);
        }
    }

    #[test]
    #[ignore = "run by a test above"]
    fn rotated() {
        let mut desk = Desk::new();
        let key = desk.kms.make_key();
        let slot = desk.create_vault(key.as_str());
        let item = desk.window.save(None, note("Door codes", "1234"));
        desk.kms.let_rotations_go_on();
        desk.kms.forget_calls();
        desk.window.send(Command::RotateNow { slot });
        let looked = desk.looked().rotation.unwrap();
        assert!(looked.running && looked.tells_past && !looked.enabled && looked.last.is_none(), "{looked:?}");
        // While it goes on AWS begins no other, and it is asked for no second time.
        desk.window.send(Command::RotateNow { slot });
        let problem = desk.problem();
        assert!(matches!(&problem, Problem::KmsLimit { what } if what.contains("in progress")), "{problem:?}");
        assert_eq!(desk.kms.count("RotateKeyOnDemand"), 2);
        assert!(desk.look().running);
        desk.kms.end_rotation(&key);
        let looked = desk.look();
        assert!(!looked.running && looked.last.is_some(), "{looked:?}");

        // What was wrapped before opens, and so does what is wrapped after.
        assert_eq!(desk.window.read(item), [("text".to_owned(), "1234".to_owned())]);
        let later = desk.window.save(None, note("Later", "5678"));
        assert_eq!(desk.window.read(later), [("text".to_owned(), "5678".to_owned())]);

        // The last one of all that AWS does for a key, and one more.
        desk.kms.set_rotations_on_demand(&key, 24);
        desk.window.send(Command::RotateNow { slot });
        assert!(desk.looked().rotation.unwrap().running);
        desk.kms.end_rotation(&key);
        desk.window.send(Command::RotateNow { slot });
        let problem = desk.problem();
        assert!(matches!(&problem, Problem::KmsLimit { what } if what.contains("on-demand")), "{problem:?}");
        assert!(!desk.look().running);

        // Whether it was lost on the way is not known: it is not asked for again by itself.
        desk.kms.set_rotations_on_demand(&key, 0);
        desk.kms.forget_calls();
        desk.kms.fail_next("RotateKeyOnDemand", [Fault::Status(503)]);
        desk.window.send(Command::RotateNow { slot });
        let problem = desk.problem();
        assert!(matches!(problem, Problem::Unreachable { .. }), "{problem:?}");
        assert_eq!(desk.kms.count("RotateKeyOnDemand"), 1);
        // Nor is one that is disabled rotated.
        desk.kms.set_key_state(&key, "Disabled");
        desk.window.send(Command::RotateNow { slot });
        assert_eq!(desk.problem(), Problem::KmsDisabled { key: key.to_string() });
    }
}
