//! Every no of AWS KMS on its way from the wire to the window: it is told as what it is, the same draft is saved once AWS is well again, and
//! nothing is half there. That nobody answers is no reason not to save: then the key is owed its wrap. Each case has a keyring, and so a
//! process, of its own.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut again::case(&format!("worker::noes::cases::{name}"))));
}

#[test]
fn what_aws_refuses_while_somebody_saves_is_told_as_what_it_is_and_loses_no_draft() {
    passes_with_keyring("saving");
}

#[test]
fn what_aws_refuses_while_somebody_opens_is_told_as_what_it_is_and_changes_nothing() {
    passes_with_keyring("opening");
}

#[test]
fn where_nobody_answers_a_draft_is_saved_and_owed_to_the_key() {
    passes_with_keyring("unanswered");
}

#[test]
fn what_takes_too_long_ends_in_time_and_loses_no_draft() {
    passes_with_keyring("too_slow");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::ops::ControlFlow;
    use std::time::{Duration, Instant};

    use sealkeep::providers::KeyArn;
    use sealkeep::vault::ItemId;
    use sealkeep::worker::{Command, DeniedBy, Draft, NewVault, Problem, What};

    use crate::expect;
    use crate::screens::every_no;
    use crate::support::again::assert_inside;
    use crate::support::cli::names_in;
    use crate::support::fake_kms::{Denial, FakeKms, Fault};
    use crate::support::window::{Window, note, vault_in};

    /// An open vault under the fake's key, with one note.
    struct Desk {
        home: tempfile::TempDir,
        kms: FakeKms,
        key: KeyArn,
        window: Window,
        item: ItemId,
        /// How often something was saved so far.
        saved: u64,
    }

    impl Desk {
        fn new() -> Self {
            assert_inside();
            let home = tempfile::tempdir().unwrap();
            let (kms, key) = FakeKms::with_key();
            let mut window = Window::open(home.path());
            window.send(Command::AddProfile(kms.new_profile("work")));
            expect!(window, What::Profiles(_));
            let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
            window.send(Command::CreateVault { folder: vault_in(home.path()), key: new });
            expect!(window, What::Unlocked(_));
            expect!(window, What::SettingsChanged(_));
            let item = window.save(None, note("Door codes", "0"));
            Self { home, kms, key, window, item, saved: 1 }
        }

        fn save(&mut self, item: Option<ItemId>, draft: Draft) -> Result<ItemId, Problem> {
            self.window.send(Command::SaveItem { item, draft });
            let saved = self.window.until("Saved or Failed", |what| match what {
                What::Saved { item } => ControlFlow::Break(Ok(item)),
                What::Failed(problem) => ControlFlow::Break(Err(problem)),
                other => ControlFlow::Continue(other),
            });
            self.saved += u64::from(saved.is_ok());
            saved
        }

        fn open(&mut self) -> Result<(), Problem> {
            self.window.send(Command::OpenItem { item: self.item, revision: None });
            self.window.until("ItemOpened or Failed", |what| match what {
                What::ItemOpened { .. } => ControlFlow::Break(Ok(())),
                What::Failed(problem) => ControlFlow::Break(Err(problem)),
                other => ControlFlow::Continue(other),
            })
        }

        /// All is well again, whatever was wrong.
        fn heal(&self) {
            self.kms.heal();
            self.kms.set_key_state(&self.key, "Enabled");
            for action in ["GenerateDataKey", "Decrypt"] {
                self.kms.allow(FakeKms::ACCESS_KEY_ID, action);
            }
            self.kms.add_principal(FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY, None);
        }

        fn revisions(&mut self, item: ItemId) -> usize {
            self.window.send(Command::OpenHistory { item });
            expect!(self.window, What::HistoryOpened { revisions, .. } => revisions.len())
        }

        fn owed(&mut self) -> u64 {
            self.window.send(Command::ListWays);
            expect!(self.window, What::Ways(list) => list.ways[0].owed)
        }

        fn repair(&mut self) -> u64 {
            self.window.send(Command::RepairWays);
            expect!(self.window, What::Repaired { made, .. } => made)
        }

        /// The vault has just what was saved, and all of it opens.
        fn check(&mut self, items: u64, when: &str) {
            self.window.send(Command::CheckVault);
            let checked = expect!(self.window, What::Checked(checked) => checked);
            assert_eq!((checked.items, checked.revisions, checked.unopened), (items, self.saved, 0), "{when}");
            assert!(checked.found == 0 && checked.problems.is_empty(), "{when}: {:?}", checked.problems);
            assert_eq!(names_in(&vault_in(self.home.path()).join("bodies")), [""; 0], "{when}");
        }
    }

    fn text(value: &str) -> Vec<(String, String)> {
        vec![("text".to_owned(), value.to_owned())]
    }

    type Spoil = Box<dyn Fn(&Desk)>;

    /// What goes wrong, how, what the window is told, and words that only this has there.
    struct No {
        what: &'static str,
        spoil: Spoil,
        told: Problem,
        words: &'static str,
    }

    fn no(what: &'static str, told: Problem, words: &'static str, spoil: impl Fn(&Desk) + 'static) -> No {
        No { what, spoil: Box::new(spoil), told, words }
    }

    /// What AWS refuses of `action`, and what can't be right of its answers.
    fn refusals(desk: &Desk, action: &'static str) -> Vec<No> {
        const ID: &str = FakeKms::ACCESS_KEY_ID;
        let (arn, other) = (desk.key.to_string(), desk.kms.make_key().to_string());
        let denied = |denial, by, words| {
            let told = Problem::KmsDenied { action: format!("kms:{action}"), key: arn.clone(), by };
            no("denied", told, words, move |desk| desk.kms.deny_by(FakeKms::ACCESS_KEY_ID, action, denial))
        };
        let state = |state, told, words| no(state, told, words, move |desk| desk.kms.set_key_state(&desk.key, state));
        let credentials = |reason: &'static str, words, spoil: fn(&FakeKms)| {
            no(reason, Problem::Credentials { reason: reason.to_owned() }, words, move |desk| spoil(&desk.kms))
        };
        let failing = |what, told, words, fault: Fault| {
            no(what, told, words, move |desk| desk.kms.fail_always(action, fault.clone()))
        };
        let unexpected = |what: &str| Problem::KmsUnexpected { what: what.to_owned() };
        vec![
            denied(Denial::NoIdentityPolicy, DeniedBy::IdentityPolicy, "None of its own IAM policies"),
            denied(Denial::IdentityDeny, DeniedBy::IdentityDeny, "One of its own IAM policies denies it"),
            denied(Denial::NoKeyPolicy, DeniedBy::KeyPolicy, "The key policy does not allow it"),
            denied(Denial::KeyDeny, DeniedBy::KeyDeny, "The key policy denies it"),
            denied(Denial::ServiceControlDeny, DeniedBy::Organisation, "the organisation's administrator"),
            denied(Denial::NoBoundary, DeniedBy::Boundary, "The permissions boundary"),
            denied(Denial::Hidden, DeniedBy::Hidden, "does not say whether there is such a key"),
            state("Disabled", Problem::KmsDisabled { key: arn.clone() }, "is disabled"),
            no(
                "pending deletion",
                Problem::KmsPendingDeletion { key: arn.clone(), days: Some(12) },
                "will be deleted in 12 days",
                |desk| desk.kms.schedule_deletion(&desk.key, 12),
            ),
            state(
                "PendingImport",
                Problem::KmsNotUsable { key: arn.clone(), why: "its state does not allow it".to_owned() },
                "can't be used",
            ),
            failing(
                "not found",
                Problem::KmsNotFound { key: arn.clone() },
                "AWS knows no",
                Fault::Refuse("NotFoundException"),
            ),
            credentials("ExpiredTokenException", "session has ended", |kms| kms.expire(ID)),
            credentials("UnrecognizedClientException", "does not know this access key", |kms| {
                kms.add_principal(ID, FakeKms::SECRET_ACCESS_KEY, Some("a session of somebody"));
            }),
            credentials("InvalidSignatureException", "signature is wrong", |kms| {
                kms.add_principal(ID, "another secret", None);
            }),
            no("clock", Problem::ClockSkew { ahead: Some(-14_400) }, "4 hours behind", |desk| {
                desk.kms.set_clock_ahead(86_400);
                // What stands between tells another time, and the SDK goes by that.
                desk.kms.set_date_ahead(-72_000);
            }),
            failing(
                "another key named",
                unexpected(&format!("for another key, {other}")),
                "for another key",
                Fault::AnswerFor(other),
            ),
            failing("no key named", unexpected("for no key"), "for no key", Fault::AnswerForNone),
            failing(
                "a short data key",
                unexpected("the data key has not 256 bits"),
                "has not 256 bits",
                Fault::KeyLength(31),
            ),
            failing(
                "a new exception",
                unexpected("SomethingNewException"),
                "SomethingNewException",
                Fault::Refuse("SomethingNewException"),
            ),
            // What a parser says of it is its own affair.
            failing("garbage", unexpected(""), "with something that can't be right", Fault::Garbage),
        ]
    }

    /// What only an unwrap can meet.
    fn of_unwraps(desk: &Desk) -> Vec<No> {
        let failing = |what, told, words, fault: Fault| {
            no(what, told, words, move |desk: &Desk| desk.kms.fail_always("Decrypt", fault.clone()))
        };
        let unreachable = |reason: &str| Problem::Unreachable { reason: reason.to_owned() };
        vec![
            failing(
                "wrong key",
                Problem::KmsOtherKey { key: desk.key.to_string() },
                "made by another KMS key",
                Fault::Refuse("IncorrectKeyException"),
            ),
            failing(
                "changed bytes",
                Problem::WrapDamaged,
                "bound to something else",
                Fault::Refuse("InvalidCiphertextException"),
            ),
            failing("a wrong data key", Problem::WrongKey, "the answer is wrong", Fault::OtherKey),
            failing("throttled", Problem::Throttled, "too many requests", Fault::Refuse("ThrottlingException")),
            failing("500", unreachable("HTTP status 500"), "HTTP status 500", Fault::Status(500)),
            failing(
                "KMS itself",
                unreachable("KMSInternalException"),
                "KMSInternalException",
                Fault::Refuse("KMSInternalException"),
            ),
        ]
    }

    /// Whether it is what was to be told, as far as that can be known before.
    fn assert_told(told: &Problem, no: &No) {
        match (told, &no.told) {
            // This machine is busy, and the answer takes its time.
            (Problem::ClockSkew { ahead: Some(told) }, Problem::ClockSkew { ahead: Some(expected) }) => {
                assert!((told - expected).abs() < 60, "{}: {told} s", no.what);
            }
            (Problem::KmsUnexpected { what }, Problem::KmsUnexpected { what: expected }) if expected.is_empty() => {
                assert!(!what.is_empty(), "{}", no.what);
            }
            (told, expected) => assert_eq!(told, expected, "{}", no.what),
        }
    }

    #[test]
    #[ignore = "run by a test above"]
    fn saving() {
        let mut desk = Desk::new();
        let mut told = Vec::new();
        for (number, no) in (1_u64..).zip(refusals(&desk, "GenerateDataKey")) {
            let new = || note(no.what, "new");
            let changed = || note("Door codes", &number.to_string());
            desk.kms.forget_calls();
            (no.spoil)(&desk);
            let item = desk.item;
            let problem = desk.save(None, new()).unwrap_err();
            assert_told(&problem, &no);
            assert_told(&desk.save(Some(item), changed()).unwrap_err(), &no);
            // The clock's is signed anew by the SDK.
            if no.what != "clock" {
                assert_eq!(desk.kms.count("GenerateDataKey"), 2, "{} is no reason to ask again", no.what);
            }
            desk.heal();
            // The same drafts.
            let added = desk.save(None, new()).unwrap();
            assert_eq!(desk.save(Some(item), changed()), Ok(item));
            assert_eq!((desk.window.read(added), desk.revisions(added)), (text("new"), 1), "{}", no.what);
            let revisions = desk.revisions(item);
            assert_eq!((desk.window.read(item), revisions as u64), (text(&number.to_string()), 1 + number));
            desk.check(1 + number, no.what);
            told.push((problem, no.words.to_owned()));
        }
        assert_eq!(desk.owed(), 0, "what was refused is not put off");
        // What came through has words, and a way out, in the window.
        every_no::refuse(told);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn opening() {
        let mut desk = Desk::new();
        let mut told = Vec::new();
        for no in refusals(&desk, "Decrypt").into_iter().chain(of_unwraps(&desk)) {
            (no.spoil)(&desk);
            let problem = desk.open().unwrap_err();
            assert_told(&problem, &no);
            desk.heal();
            assert_eq!(desk.window.read(desk.item), text("0"), "{}", no.what);
            told.push((problem, no.words.to_owned()));
        }
        for broken in [Fault::Close, Fault::ResetInBody] {
            desk.kms.fail_always("Decrypt", broken.clone());
            let problem = desk.open().unwrap_err();
            assert!(matches!(problem, Problem::Unreachable { .. }), "{broken:?}: {problem:?}");
            desk.heal();
        }
        desk.kms.go_away();
        let problem = desk.open().unwrap_err();
        assert!(matches!(problem, Problem::Unreachable { .. }), "{problem:?}");
        desk.heal();
        // What was half-open by then costs a try, and nothing else.
        desk.kms.kill_open_connections();
        assert_eq!(desk.window.read(desk.item), text("0"));
        desk.check(1, "all of it");
        every_no::refuse(told);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn unanswered() {
        let mut desk = Desk::new();
        let item = desk.item;
        let faults = [
            Fault::Refuse("ThrottlingException"),
            Fault::Refuse("KMSInternalException"),
            Fault::Status(500),
            Fault::Status(503),
            Fault::Close,
            Fault::ResetInBody,
        ];
        for (number, fault) in (1_u64..).zip(faults) {
            let what = format!("{fault:?}");
            desk.kms.forget_calls();
            desk.kms.fail_always("GenerateDataKey", fault);
            let added = desk.save(None, note(&what, "new")).unwrap();
            assert_eq!(desk.kms.count("GenerateDataKey"), 3, "{what}: it is tried again, and not for ever");
            assert_eq!(desk.save(Some(item), note("Door codes", &number.to_string())), Ok(item));
            assert_eq!(desk.owed(), 2, "{what}");
            assert_eq!((desk.window.read(added), desk.revisions(added)), (text("new"), 1), "{what}");
            desk.heal();
            assert_eq!((desk.repair(), desk.owed()), (2, 0), "{what}");
            assert_eq!((desk.window.read(added), desk.window.read(item)), (text("new"), text(&number.to_string())));
            assert_eq!(desk.revisions(item) as u64, 1 + number, "{what}");
            desk.check(1 + number, &what);
        }
        desk.kms.go_away();
        let added = desk.save(None, note("Away", "new")).unwrap();
        assert_eq!(desk.window.read(added), text("new"), "and opens meanwhile");
        desk.heal();
        assert_eq!((desk.repair(), desk.owed()), (1, 0));
        // What was half-open by then costs a try, and nothing is owed.
        desk.kms.forget_calls();
        desk.kms.kill_open_connections();
        desk.save(Some(added), note("Away", "newer")).unwrap();
        assert_eq!((desk.kms.count("GenerateDataKey"), desk.owed()), (1, 0), "the first never arrived");
        desk.check(8, "all of it");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn too_slow() {
        /// What a person in front of a window waits for at most, and what a busy machine adds to it.
        const LONGEST: Duration = Duration::from_secs(10 + 15);
        let mut desk = Desk::new();
        let item = desk.item;
        for (number, fault) in (1_u64..).zip([Fault::Hang, Fault::Trickle]) {
            let what = format!("{fault:?}");
            for action in ["GenerateDataKey", "Decrypt"] {
                desk.kms.fail_always(action, fault.clone());
            }
            let begun = Instant::now();
            assert_eq!(desk.open(), Err(Problem::Unreachable { reason: "no answer in time".to_owned() }), "{what}");
            assert!(begun.elapsed() < LONGEST, "{what}: {:?}", begun.elapsed());
            let begun = Instant::now();
            assert_eq!(desk.save(Some(item), note("Door codes", &number.to_string())), Ok(item), "{what}");
            assert!(begun.elapsed() < LONGEST, "{what}: {:?}", begun.elapsed());
            desk.heal();
            assert_eq!((desk.owed(), desk.repair(), desk.owed()), (1, 1, 0), "{what}");
            assert_eq!(
                (desk.window.read(item), desk.revisions(item)),
                (text(&number.to_string()), 1 + number as usize)
            );
            desk.check(1, &what);
        }
    }
}
