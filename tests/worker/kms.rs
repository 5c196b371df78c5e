//! A vault on AWS KMS: the story on moto, and what overtakes a call on a KMS of our own that hangs. Each case has a keyring,
//! and so a process, of its own.

use std::process::Command as Process;

use crate::support::again::{self, passes};
use crate::support::moto::Moto;
use crate::support::secret_service::SecretService;

fn case(name: &str) -> Process {
    again::case(&format!("worker::kms::cases::{name}"))
}

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut case(name)));
}

#[test]
fn a_vault_on_kms_lives_through_a_lock_and_opens_for_a_colleague() {
    let service = SecretService::start();
    passes(service.enter(&mut case("story")).env("SEALKEEP_TEST_KMS", Moto::shared().endpoint()));
}

#[test]
fn a_lock_overtakes_a_call_in_flight() {
    passes_with_keyring("lock_overtakes");
}

#[test]
fn a_cancel_overtakes_a_call_in_flight() {
    passes_with_keyring("cancel_overtakes");
}

#[test]
fn unlocking_can_be_stopped_while_kms_is_asked() {
    passes_with_keyring("unlocking_stops");
}

#[test]
fn saves_are_kept_in_the_order_they_were_asked_for() {
    passes_with_keyring("saves_in_order");
}

#[test]
fn what_aws_refuses_is_told_as_what_it_is() {
    passes_with_keyring("refusals");
}

#[test]
fn a_key_that_will_be_gone_is_an_alarm_until_it_will_not() {
    passes_with_keyring("alarm");
}

#[test]
fn the_keys_of_many_dropped_files_are_on_their_way_at_once() {
    passes_with_keyring("many_files");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::path::Path;
    use std::time::Duration;

    use sealkeep::providers::KeyArn;
    use sealkeep::secret::SecretString;
    use sealkeep::worker::{
        Command, DeniedBy, JobEnd, KeyDescription, LockReason, NetworkFields, NewProfile, NewVault, NewWay, Problem,
        ProfileKind, Recipients, Trust, TrustAnswer, UnlockBy, UnlockStep, What, Without,
    };

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{FakeKms, Fault};
    use crate::support::vaults::copy_folder;
    use crate::support::window::{Window, login, note, vault_in};

    /// A window with an open vault under the fake's key.
    fn open_vault(home: &Path) -> (FakeKms, KeyArn, Window) {
        assert_inside();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home);
        window.send(Command::AddProfile(fake.new_profile("work")));
        expect!(window, What::Profiles(_));
        let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: vault_in(home), key: new });
        expect!(window, What::Unlocked(_));
        expect!(window, What::SettingsChanged(_));
        (fake, key, window)
    }

    fn unlock(window: &Window, home: &Path, profile: &str, trust: TrustAnswer) -> sealkeep::worker::RequestId {
        let by = UnlockBy::Profile(profile.to_owned());
        window.send(Command::Unlock { folder: vault_in(home), by, trust })
    }

    #[test]
    #[ignore = "run by a test above"]
    fn story() {
        assert_inside();
        let endpoint = std::env::var("SEALKEEP_TEST_KMS").unwrap();
        let new_profile = |name: &str| NewProfile {
            name: name.to_owned(),
            region: "eu-central-1".to_owned(),
            network: NetworkFields { endpoint_url: Some(endpoint.clone()), ..NetworkFields::default() },
            kind: ProfileKind::Static {
                access_key_id: "testing".to_owned(),
                secret_access_key: SecretString::copy_of("testing"),
                session_token: None,
            },
            protect: None,
        };
        let key =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(make_key(&endpoint));
        let home = tempfile::tempdir().unwrap();
        let mut window = Window::open(home.path());
        window.send(Command::AddProfile(new_profile("work")));
        let profiles = expect!(window, What::Profiles(profiles) => profiles);
        assert_eq!(profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), ["work"]);
        window.send(Command::ListKeys { profile: "work".to_owned() });
        let keys = expect!(window, What::Keys { keys, .. } => keys);
        assert!(keys.iter().any(|choice| choice.arn == key));
        window.send(Command::TestProfile { name: "work".to_owned(), key: Some(key.clone()) });
        let report = expect!(window, What::ProfileTested(report) => report);
        assert!(report.principal.is_some_and(|arn| arn.starts_with("arn:aws:sts::")));
        assert_eq!(report.key.map(|key| key.arn), Some(key.clone()));

        let new = NewVault::Kms { profile: "work".to_owned(), key: key.clone() };
        window.send(Command::CreateVault { folder: vault_in(home.path()), key: new });
        expect!(window, What::Unlocking(UnlockStep::AskingKms));
        let opened = expect!(window, What::Unlocked(opened) => opened);
        assert!(matches!(opened.key, KeyDescription::Kms { ref region, .. } if region == "eu-central-1"));
        let item = window.save(None, login("Production", "root", "hunter2"));
        let document = home.path().join("plan.txt");
        std::fs::write(&document, "the plan").unwrap();
        window.send(Command::AddFiles { paths: vec![document.clone()] });
        let outcome = expect!(window, What::JobDone(outcome) => outcome);
        assert_eq!((outcome.end, outcome.items.len()), (JobEnd::Finished, 1));
        window.send(Command::SealBeside { paths: vec![document], recipients: Recipients::VaultKey });
        let sealed = expect!(window, What::JobDone(outcome) => outcome.files);
        assert!(sealed[0].ends_with("plan.txt.sealed") && sealed[0].exists());
        window.lock();
        expect!(window, What::Locked(LockReason::Asked));
        unlock(&window, home.path(), "work", TrustAnswer::Ask);
        expect!(window, What::Unlocking(UnlockStep::Reading));
        expect!(window, What::Unlocking(UnlockStep::AskingKms));
        expect!(window, What::Unlocked(_));
        expect!(window, What::KeyLatency(_));
        assert_eq!(window.read(item)[1], ("password".to_owned(), "hunter2".to_owned()));
        drop(window);

        // A colleague, with a copy of the vault, on a machine that has never seen it.
        let theirs = tempfile::tempdir().unwrap();
        copy_folder(&vault_in(home.path()), &vault_in(theirs.path()));
        let mut colleague = Window::open(theirs.path());
        colleague.send(Command::AddProfile(new_profile("mine")));
        expect!(colleague, What::Profiles(_));
        unlock(&colleague, theirs.path(), "mine", TrustAnswer::Ask);
        assert_eq!(expect!(colleague, What::Failed(problem) => problem), Problem::NeedsTrust);
        unlock(&colleague, theirs.path(), "mine", TrustAnswer::Confirmed);
        let problem = expect!(colleague, What::Failed(problem) => problem);
        assert_eq!(problem, Problem::NeedsTrust, "nobody has seen what they confirm");
        colleague.send(Command::InspectVault { folder: vault_in(theirs.path()) });
        let view = expect!(colleague, What::Inspected(view) => view);
        assert_eq!(view.trust, Trust::FirstUse { keys: vec![key] });
        unlock(&colleague, theirs.path(), "mine", TrustAnswer::Confirmed);
        assert_eq!(expect!(colleague, What::Unlocked(opened) => opened.items.len()), 2);
        assert_eq!(colleague.read(item)[1], ("password".to_owned(), "hunter2".to_owned()));
    }

    /// A KMS key in moto.
    async fn make_key(endpoint: &str) -> String {
        use sealkeep::providers::{AwsProfile, Network, Patience, ProfileKind};
        let kind = ProfileKind::Static {
            access_key_id: "testing".to_owned(),
            secret_access_key: SecretString::copy_of("testing"),
            session_token: None,
        };
        let moto = AwsProfile::new("moto", "eu-central-1", Network::at(endpoint).unwrap(), kind).unwrap();
        let client = aws_sdk_kms::Client::new(&moto.configure("eu-central-1", Patience::default()));
        let made = client.create_key().send().await.unwrap();
        made.key_metadata().and_then(|key| key.arn()).unwrap().to_owned()
    }

    #[test]
    #[ignore = "run by a test above"]
    fn lock_overtakes() {
        let home = tempfile::tempdir().unwrap();
        let (fake, _, mut window) = open_vault(home.path());
        let item = window.save(None, note("Door codes", "1234"));
        fake.forget_calls();
        fake.fail_always("Decrypt", Fault::Hang);
        window.send(Command::OpenItem { item, revision: None });
        fake.await_calls("Decrypt", 1);
        window.lock();
        expect!(window, What::Locking(LockReason::Asked));
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Locked);
        expect!(window, What::Locked(LockReason::Asked));
        fake.await_hang_ups(1);
        fake.heal();
        unlock(&window, home.path(), "work", TrustAnswer::Ask);
        expect!(window, What::Unlocked(_));
        assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())]);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn cancel_overtakes() {
        let home = tempfile::tempdir().unwrap();
        let (fake, _, mut window) = open_vault(home.path());
        let item = window.save(None, note("Door codes", "1234"));
        fake.forget_calls();
        fake.fail_next("Decrypt", [Fault::Hang]);
        let opening = window.send(Command::OpenItem { item, revision: None });
        fake.await_calls("Decrypt", 1);
        window.cancel(opening);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        fake.await_hang_ups(1);
        assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())], "the vault is still open");
        fake.fail_next("GenerateDataKey", [Fault::Hang]);
        let saving = window.send(Command::SaveItem { item: None, draft: note("Never", "saved") });
        fake.await_calls("GenerateDataKey", 1);
        window.cancel(saving);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        window.save(None, note("Next", "saved"));
        let told = expect!(window, What::Items(items) => items);
        let titles = told.iter().flat_map(|(_, item)| item).map(|item| item.title.expose());
        assert!(titles.eq(["Next"]));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn unlocking_stops() {
        let home = tempfile::tempdir().unwrap();
        let (fake, _, mut window) = open_vault(home.path());
        window.lock();
        expect!(window, What::Locked(LockReason::Asked));
        fake.forget_calls();
        fake.fail_next("Decrypt", [Fault::Hang, Fault::Hang]);
        let unlocking = unlock(&window, home.path(), "work", TrustAnswer::Ask);
        fake.await_calls("Decrypt", 1);
        window.cancel(unlocking);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        unlock(&window, home.path(), "work", TrustAnswer::Ask);
        fake.await_calls("Decrypt", 2);
        window.lock();
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Locked);
        expect!(window, What::Locked(LockReason::Asked));
        unlock(&window, home.path(), "work", TrustAnswer::Ask);
        expect!(window, What::Unlocked(_));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn saves_in_order() {
        let home = tempfile::tempdir().unwrap();
        let (fake, _, mut window) = open_vault(home.path());
        let item = window.save(None, note("Door codes", "zero"));
        fake.forget_calls();
        fake.fail_next("GenerateDataKey", [Fault::Hang]);
        window.send(Command::SaveItem { item: Some(item), draft: note("Door codes", "one") });
        fake.await_calls("GenerateDataKey", 1);
        window.send(Command::SaveItem { item: Some(item), draft: note("Door codes", "two") });
        // Reading does not wait for a save that hangs.
        assert_eq!(window.read(item), [("text".to_owned(), "zero".to_owned())]);
        fake.release();
        expect!(window, What::Saved { .. });
        expect!(window, What::Saved { .. });
        assert_eq!(window.read(item), [("text".to_owned(), "two".to_owned())]);
        window.send(Command::OpenHistory { item });
        assert_eq!(expect!(window, What::HistoryOpened { revisions, .. } => revisions.len()), 3);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn alarm() {
        let home = tempfile::tempdir().unwrap();
        let (fake, key, mut window) = open_vault(home.path());
        let item = window.save(None, note("Door codes", "1234"));
        fake.await_calls("DescribeKey", 1);
        // After the unlock AWS was asked for the key's state, once, and for nothing else about it.
        assert_eq!((fake.count("DescribeKey"), fake.count("GetKeyRotationStatus")), (1, 0));
        // By the answer to this one, that one has its own.
        window.send(Command::LookAtKeys);
        expect!(window, What::KeysLooked(_));
        fake.schedule_deletion(&key, 12);
        window.send(Command::OpenItem { item, revision: None });
        let problem = expect!(window, What::Failed(problem) => problem);
        assert!(matches!(problem, Problem::KmsPendingDeletion { .. }), "{problem:?}");
        let alarms = expect!(window, What::KeyAlarms(alarms) => alarms);
        assert_eq!(
            (alarms[0].arn.as_str(), alarms[0].days, alarms[0].without),
            (key.as_str(), Some(12), Without::Nothing)
        );
        // Whoever looks again once it was cancelled is told that it is over.
        fake.set_key_state(&key, "Enabled");
        window.send(Command::LookAtKeys);
        assert!(expect!(window, What::KeyAlarms(alarms) => alarms).is_empty());
        assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())]);

        // Where AWS does not let one know, nothing is said, and nothing waits.
        fake.schedule_deletion(&key, 12);
        fake.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
        window.send(Command::OpenItem { item, revision: None });
        expect!(window, What::Failed(_));
        window.catches_up();
        assert!(!window.take_events().iter().any(|event| matches!(event.what, What::KeyAlarms(_))));

        // Another key to which something is owed is no other way in yet; what is made good is told without a question.
        fake.allow(FakeKms::ACCESS_KEY_ID, "DescribeKey");
        fake.set_key_state(&key, "Enabled");
        let second = fake.make_key();
        window.send(Command::AddWay(NewWay::Kms { profile: "work".to_owned(), key: second.to_string() }));
        expect!(window, What::WayAdded { .. });
        fake.set_key_state(&second, "Disabled");
        window.save(None, note("Later", "5678"));
        fake.set_key_state(&second, "Enabled");
        let look = |window: &mut Window| {
            window.send(Command::LookAtKeys);
            expect!(window, What::KeyAlarms(alarms) => alarms)
        };
        fake.schedule_deletion(&key, 12);
        assert_eq!(look(&mut window)[0].without, Without::AllBut(1));
        fake.set_key_state(&key, "Enabled");
        window.send(Command::RepairWays);
        assert!(expect!(window, What::KeyAlarms(alarms) => alarms).is_empty());
        fake.schedule_deletion(&key, 12);
        assert_eq!(look(&mut window)[0].without, Without::Everything);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn many_files() {
        const FILES: usize = 40;
        let home = tempfile::tempdir().unwrap();
        let (fake, _, mut window) = open_vault(home.path());
        let drop = tempfile::tempdir().unwrap();
        for number in 0..FILES {
            std::fs::write(drop.path().join(format!("{number:02}.txt")), format!("content {number}")).unwrap();
        }
        fake.forget_calls();
        fake.take_high_water();
        fake.set_delay(Duration::from_millis(20));
        window.send(Command::AddFiles { paths: vec![drop.path().to_owned()] });
        let outcome = expect!(window, What::JobDone(outcome) => outcome);
        let (most, _) = fake.take_high_water();
        assert!(most >= 16, "{most}");
        assert_eq!((outcome.end, outcome.items.len(), fake.count("GenerateDataKey")), (JobEnd::Finished, FILES, FILES));
        fake.set_delay(Duration::ZERO);

        // A lock lets go of what is on its way.
        fake.forget_calls();
        fake.fail_always("GenerateDataKey", Fault::Hang);
        window.send(Command::AddFiles { paths: vec![drop.path().to_owned()] });
        fake.await_calls("GenerateDataKey", 16);
        window.lock();
        expect!(window, What::Locked(LockReason::Asked));
        fake.heal();
        unlock(&window, home.path(), "work", TrustAnswer::Ask);
        assert_eq!(expect!(window, What::Unlocked(opened) => opened.items.len()), FILES);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn refusals() {
        let home = tempfile::tempdir().unwrap();
        let (fake, key, mut window) = open_vault(home.path());
        let item = window.save(None, note("Door codes", "1234"));
        let arn = key.to_string();
        fake.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
        window.send(Command::OpenItem { item, revision: None });
        let denied =
            Problem::KmsDenied { action: "kms:Decrypt".to_owned(), key: arn.clone(), by: DeniedBy::IdentityPolicy };
        assert_eq!(expect!(window, What::Failed(problem) => problem), denied);
        fake.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
        fake.set_key_state(&key, "Disabled");
        window.send(Command::SaveItem { item: None, draft: note("Never", "saved") });
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::KmsDisabled { key: arn });
        fake.set_key_state(&key, "Enabled");
        window.send(Command::TestProfile { name: "gone".to_owned(), key: None });
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::NoProfile { name: "gone".to_owned() });
        window.send(Command::RemoveProfile { name: "work".to_owned() });
        assert!(expect!(window, What::Profiles(profiles) => profiles).is_empty());
        assert_eq!(window.read(item), [("text".to_owned(), "1234".to_owned())], "the open vault goes on");
    }
}
