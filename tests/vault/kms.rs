//! A vault on AWS KMS: what it asks for, who may open it, and what happens while nobody answers.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkeep::crypto::{NoWatch, random};
use sealkeep::providers::{AwsProfile, DeniedBy, ErrorClass, KeyArn, KmsProvider, ProviderError};
use sealkeep::vault::{
    Change, Depth, DeviceId, Finding, ItemId, Kind, LockedVault, LowerQuery, NewSlot, NewVault, Opening, Pin, Pins,
    Problem, SlotConfig, SlotId, SummaryEdit, Trust, UnlockFailed, UnlockedVault, VaultError, VaultId, create_vault,
};

use crate::support::fake_kms::{Call, FakeKms, Fault};
use crate::support::recovery::recovery_slot;
use crate::support::vaults::{DayClock, MemoryPins, login, secret};

/// A person's machine, and the vault that they opened.
struct Desk {
    fake: Arc<FakeKms>,
    key: KeyArn,
    profile: AwsProfile,
    pins: Arc<MemoryPins>,
    device: DeviceId,
    folder: PathBuf,
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Desk {
    fn new(place: &Path) -> (Self, UnlockedVault) {
        let (fake, key) = FakeKms::with_key();
        let profile = fake.profile("work");
        let folder = place.join("Team.sealkeep");
        let desk = Self { fake: fake.into(), key, profile, pins: Arc::default(), device: DeviceId([1; 16]), folder };
        let slot = NewSlot {
            id: SlotId::from_random(random::make_bytes().unwrap()),
            config: SlotConfig::Kms { key_arn: desk.key.to_string() },
            provider: desk.provider() as _,
        };
        let vault = run(create_vault(NewVault {
            folder: desk.folder.clone(),
            id: VaultId::from_random(random::make_bytes().unwrap()),
            slots: vec![slot],
            device: desk.device,
            clock: Arc::new(DayClock::default()),
            pins: Arc::clone(&desk.pins) as _,
        }));
        (desk, vault.unwrap())
    }

    fn provider(&self) -> Arc<KmsProvider> {
        Arc::new(KmsProvider::new(&self.profile, self.key.clone()))
    }

    fn unlock(&self) -> Result<UnlockedVault, UnlockFailed> {
        self.unlock_again(LockedVault::open(&self.folder).unwrap(), self.provider())
    }

    fn unlock_again(&self, locked: LockedVault, provider: Arc<KmsProvider>) -> Result<UnlockedVault, UnlockFailed> {
        let (slot, confirmed) = (locked.slots()[0].id, locked.confirm());
        let opening = Opening {
            slot,
            provider,
            others: vec![],
            device: self.device,
            clock: Arc::new(DayClock::default()),
            pins: Arc::clone(&self.pins) as _,
            reading: Arc::new(()),
        };
        run(locked.unlock(opening, confirmed))
    }

    /// What was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let actions = self.fake.actions();
        self.fake.forget_calls();
        actions
    }
}

fn add(vault: &mut UnlockedVault, title: &str) -> Result<ItemId, VaultError> {
    let fields = login("anna", "hunter2");
    let body = run(vault.new_body(None))?.seal_fields(&fields)?;
    let (title, subtitle) = (secret(title), fields.subtitle(&Kind::Login));
    let change = Change::Add { kind: Kind::Login, title, tags: vec![], subtitle, media_type: String::new(), body };
    Ok(vault.commit(vec![change])?[0])
}

fn password(vault: &mut UnlockedVault, item: ItemId) -> Result<String, VaultError> {
    let fields = run(vault.body_reader(item, None))?.fields()?;
    Ok(fields.value("password").unwrap().expose().to_owned())
}

fn denied(error: &VaultError, expected: &ProviderError) -> bool {
    matches!(error, VaultError::Provider(error) if error == expected)
}

#[test]
fn one_call_unlocks_one_opens_an_item_and_none_lists_or_searches() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    assert_eq!(desk.asked(), ["GenerateDataKey", "Decrypt"], "the index key, and that it opens");
    let items: Vec<_> = (0..5).map(|number| add(&mut vault, &format!("Item {number}")).unwrap()).collect();
    assert_eq!(desk.asked(), ["GenerateDataKey"; 5], "a key for each save");
    drop(vault);
    assert_eq!(desk.asked(), [""; 0], "locking");

    let mut vault = desk.unlock().unwrap();
    assert_eq!(desk.asked(), ["Decrypt"], "unlocking");
    let query = LowerQuery::new(&secret("item 3"));
    assert_eq!(vault.summaries().iter().filter(|summary| summary.matches(&query)).count(), 1);
    assert_eq!(vault.find("Item 3", Some(false)).unwrap(), items[3]);
    vault.history(items[3]).unwrap();
    vault.refresh().unwrap();
    let title = Some(secret("Renamed"));
    let edit = SummaryEdit { title, ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item: items[3], edit }]).unwrap();
    assert_eq!(desk.asked(), [""; 0], "listing, searching, history, a new title");
    assert_eq!(password(&mut vault, items[3]).unwrap(), "hunter2");
    assert_eq!(desk.asked(), ["Decrypt"], "opening");
}

#[test]
fn the_trail_shows_identifiers_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Private title").unwrap();
    password(&mut vault, item).unwrap();
    let calls = desk.fake.calls();
    let purpose = |call: &Call| call.context["sealkeep:purpose"].clone();
    assert_eq!(calls.iter().map(purpose).collect::<Vec<_>>(), ["index", "index", "body", "body"]);
    assert_eq!((&calls[0].context, &calls[2].context), (&calls[1].context, &calls[3].context));
    for call in &calls {
        assert_eq!(call.key.as_deref(), Some(desk.key.as_str()));
        let mut others: BTreeMap<_, _> = call.context.clone();
        let names: Vec<_> = others.keys().map(String::as_str).collect();
        match purpose(call).as_str() {
            "index" => assert_eq!(names, ["sealkeep:collection", "sealkeep:purpose", "sealkeep:vault"]),
            _ => {
                let all = ["collection", "item", "purpose", "revision", "vault"].map(|name| format!("sealkeep:{name}"));
                assert_eq!(names, all);
            }
        }
        others.remove("sealkeep:purpose");
        assert!(others.values().all(|value| uuid::Uuid::parse_str(value).is_ok()), "{others:?}");
    }
    assert_eq!(calls[2].context["sealkeep:item"], item.to_string());
}

#[test]
fn a_colleague_opens_a_copy_with_their_own_credentials() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Shared").unwrap();
    drop(vault);
    let folder = place.path().join("Copy.sealkeep");
    fs::create_dir_all(folder.join("bodies")).unwrap();
    fs::copy(desk.folder.join("vault.db"), folder.join("vault.db")).unwrap();
    desk.fake.add_principal("AKIACOLLEAGUE", "secret", None);
    let colleague = Desk {
        fake: Arc::clone(&desk.fake),
        key: desk.key.clone(),
        profile: desk.fake.profile_of("mine", "AKIACOLLEAGUE", "secret", None),
        pins: Arc::default(),
        device: DeviceId([2; 16]),
        folder,
    };
    desk.fake.forget_calls();
    let locked = LockedVault::open(&colleague.folder).unwrap();
    let key_arns = vec![desk.key.to_string()];
    assert_eq!(locked.trust(&*colleague.pins).unwrap(), Trust::FirstUse { key_arns });
    assert_eq!(desk.fake.calls(), [], "nothing is asked before the person has confirmed the key");
    let mut theirs = colleague.unlock_again(locked, colleague.provider()).unwrap();
    assert_eq!(password(&mut theirs, item).unwrap(), "hunter2");
    add(&mut theirs, "Theirs").unwrap();
    assert!(desk.fake.calls().iter().all(|call| call.caller == "AKIACOLLEAGUE"));
    assert_eq!(LockedVault::open(&colleague.folder).unwrap().trust(&*colleague.pins).unwrap(), Trust::Known);
}

#[test]
fn whoever_may_no_longer_decrypt_opens_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Item").unwrap();
    desk.fake.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let expected =
        ProviderError::AccessDenied { action: "kms:Decrypt", key: desk.key.to_string(), by: DeniedBy::IdentityPolicy };
    let error = password(&mut vault, item).unwrap_err();
    assert!(denied(&error, &expected), "{error}");
    assert_eq!(vault.summaries().len(), 1, "what is unlocked can be listed");
    drop(vault);
    let failed = desk.unlock().unwrap_err();
    assert!(denied(&failed.error, &expected), "{failed:?}");
    desk.fake.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let again = desk.unlock_again(*failed.vault.unwrap(), desk.provider());
    assert_eq!(password(&mut again.unwrap(), item).unwrap(), "hunter2", "the vault came back with the refusal");
}

#[test]
fn another_key_is_refused_before_anybody_is_asked() {
    let place = tempfile::tempdir().unwrap();
    let (desk, vault) = Desk::new(place.path());
    drop(vault);
    desk.fake.forget_calls();
    let other = KmsProvider::new(&desk.profile, desk.fake.make_key());
    let failed = desk.unlock_again(LockedVault::open(&desk.folder).unwrap(), Arc::new(other)).unwrap_err();
    assert!(
        matches!(&failed.error, VaultError::Provider(ProviderError::ForeignKey { key }) if *key == desk.key.as_str())
    );
    assert_eq!(desk.fake.calls(), []);
}

#[test]
fn while_nobody_answers_what_is_unlocked_is_listed_and_nothing_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Item").unwrap();
    desk.fake.go_away();
    let class = |error: VaultError| match error {
        VaultError::Provider(error) => error.class(),
        other => panic!("{other}"),
    };
    assert_eq!(class(password(&mut vault, item).unwrap_err()), ErrorClass::Unreachable);
    let saved = add(&mut vault, "Saved meanwhile").unwrap();
    assert_eq!(vault.find("Item", Some(false)).unwrap(), item);
    assert_eq!(vault.problems(), []);
    assert_eq!(password(&mut vault, saved).unwrap(), "hunter2", "what is owed to KMS opens all the same");
    desk.fake.heal();
    assert_eq!(password(&mut vault, item).unwrap(), "hunter2");
    drop(vault);

    let mut vault = desk.unlock().unwrap();
    assert_eq!((vault.summaries().len(), vault.problems().len()), (2, 0));
    desk.asked();
    let owed = vault.owed(None).unwrap().keys;
    assert_eq!((owed.len(), vault.count_owed(vault.slots()[0].id).unwrap()), (1, 1));
    let wraps = run(vault.wrap_owed(owed[0].clone())).unwrap();
    vault.put_wraps(vec![wraps]).unwrap();
    assert_eq!(desk.asked(), ["Encrypt"], "the key is wrapped, and made no second time");
    assert_eq!(vault.owed(None).unwrap().keys, []);
    assert_eq!(password(&mut vault, saved).unwrap(), "hunter2");
    assert_eq!(desk.asked(), ["Decrypt"], "now whoever opens it is in the trail");
}

#[test]
fn what_aws_refuses_is_not_put_off() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    desk.fake.deny(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
    let refused = add(&mut vault, "Item").unwrap_err();
    let expected = ProviderError::AccessDenied {
        action: "kms:GenerateDataKey",
        key: desk.key.to_string(),
        by: DeniedBy::IdentityPolicy,
    };
    assert!(denied(&refused, &expected), "{refused}");
    assert_eq!(vault.summaries().len(), 0);
}

/// A second KMS key as another way into the vault; what is there is not wrapped for it yet.
fn add_second_key(vault: &mut UnlockedVault) -> (FakeKms, KeyArn, SlotId) {
    let (second, arn) = FakeKms::with_key();
    let provider = Arc::new(KmsProvider::new(&second.profile("second"), arn.clone()));
    let id = SlotId::from_random(random::make_bytes().unwrap());
    let config = SlotConfig::Kms { key_arn: arn.to_string() };
    let added = run(vault.wrap_for_slot(NewSlot { id, config, provider: provider as _ }));
    vault.add_slot(added.unwrap()).unwrap();
    (second, arn, id)
}

#[test]
fn what_another_slot_refuses_is_owed_to_it_and_what_the_first_one_refuses_another_opens() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let (second, arn, id) = add_second_key(&mut vault);
    let both = add(&mut vault, "For both").unwrap();
    vault.settle_slots().unwrap();

    second.set_key_state(&arn, "Disabled");
    let one = add(&mut vault, "For one").unwrap();
    assert_eq!(vault.count_owed(id).unwrap(), 1, "a key that was disabled stops nobody who has another one");
    second.set_key_state(&arn, "Enabled");
    desk.fake.set_key_state(&desk.key, "Disabled");
    assert_eq!(password(&mut vault, both).unwrap(), "hunter2", "the other key opens it");
    let refused = password(&mut vault, one).unwrap_err();
    assert!(denied(&refused, &ProviderError::KeyDisabled { key: desk.key.to_string() }), "{refused}");
    let refused = add(&mut vault, "Refused").unwrap_err();
    assert!(denied(&refused, &ProviderError::KeyDisabled { key: desk.key.to_string() }), "{refused}");
}

/// What is owed to a slot opens with the index key. Retired, it is owed nothing any more.
#[test]
fn what_is_owed_to_a_slot_that_is_retired_is_taken_from_it() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let (second, _, id) = add_second_key(&mut vault);
    assert!(matches!(vault.retire_slot(id), Err(VaultError::SlotPending(_))), "a slot that opens nothing yet");
    vault.settle_slots().unwrap();
    let both = add(&mut vault, "For both").unwrap();
    second.go_away();
    let one = add(&mut vault, "For one").unwrap();
    // Nobody answers: it is owed to both.
    desk.fake.go_away();
    let none = add(&mut vault, "For none yet").unwrap();
    desk.fake.heal();
    let rows = |state: u8| {
        let database = rusqlite::Connection::open(desk.folder.join("vault.db")).unwrap();
        let sql = "SELECT count(*) FROM revision_wrap WHERE slot_id = ?1 AND state = ?2";
        database.query_row(sql, rusqlite::params![id.0, state], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((rows(1), rows(2)), (1, 2));
    vault.retire_slot(id).unwrap();
    vault.retire_slot(id).unwrap();
    assert_eq!((rows(1), rows(2)), (1, 0), "it keeps what it has, and is owed nothing");
    let owed = vault.owed(None).unwrap().keys;
    let made = owed.into_iter().map(|owed| run(vault.wrap_owed(owed)).unwrap()).collect();
    vault.put_wraps(made).unwrap();
    for item in [both, one, none] {
        assert_eq!(password(&mut vault, item).unwrap(), "hunter2");
    }
    assert_eq!(run(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap().problems, []);
}

/// Adding it leaves its public half in the session, and no more: what AWS refuses is refused.
#[test]
fn a_recovery_key_that_was_added_opens_nothing_in_the_session_that_added_it() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Before").unwrap();
    let slot = recovery_slot(&vault);
    let id = vault.add_slot(run(vault.wrap_for_slot(slot)).unwrap()).unwrap();
    let owed = vault.owed(Some(id)).unwrap().keys;
    let made = owed.into_iter().map(|owed| run(vault.wrap_owed(owed)).unwrap()).collect();
    vault.put_wraps(made).unwrap();
    assert_eq!(vault.settle_slots().unwrap(), [id]);
    let later = add(&mut vault, "Later").unwrap();
    assert_eq!(vault.count_owed(id).unwrap(), 0, "it is wrapped for all the same");
    desk.fake.deny(FakeKms::ACCESS_KEY_ID, "Decrypt");
    let expected =
        ProviderError::AccessDenied { action: "kms:Decrypt", key: desk.key.to_string(), by: DeniedBy::IdentityPolicy };
    for item in [item, later] {
        let refused = password(&mut vault, item).unwrap_err();
        assert!(denied(&refused, &expected), "{refused}");
    }
}

#[test]
fn a_vault_under_another_index_key_is_named() {
    let place = tempfile::tempdir().unwrap();
    let (desk, vault) = Desk::new(place.path());
    let id = vault.id();
    drop(vault);
    // As if another key had been seen: to forge the vault takes what a test has not, its manifest sealed anew.
    let pin = desk.pins.load(id, &desk.folder).unwrap().unwrap();
    let mut pin: serde_json::Value = serde_json::from_slice(&pin.to_bytes().unwrap()).unwrap();
    pin["heads"][0]["key"] = "ab".repeat(32).into();
    let pin = Pin::from_bytes(pin.to_string().as_bytes()).unwrap();
    desk.pins.replace(&pin, &desk.folder).unwrap();
    let mut vault = desk.unlock().unwrap();
    assert!(matches!(vault.problems(), [Problem { what: Finding::OtherIndexKey, .. }]), "{:?}", vault.problems());
    assert!(matches!(add(&mut vault, "Item"), Err(VaultError::Unaccepted)));
    vault.accept().unwrap();
    add(&mut vault, "Item").unwrap();
    drop(vault);
    assert_eq!(desk.unlock().unwrap().problems(), []);
}

#[test]
fn an_answer_with_another_key_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Item").unwrap();
    desk.fake.fail_next("Decrypt", [Fault::OtherKey]);
    let wrong = password(&mut vault, item).unwrap_err();
    assert!(
        denied(&wrong, &ProviderError::WrongKey),
        "a body has a commitment to its key, and is not to blame: {wrong}"
    );
    assert_eq!(vault.problems(), []);
    assert_eq!(password(&mut vault, item).unwrap(), "hunter2");
    drop(vault);
    // So has the index. Whoever gives two keys for one wrap has given at least one that was not wrapped.
    for answers in [&[Fault::OtherKey][..], &[Fault::OtherKey, Fault::OtherKey]] {
        desk.fake.fail_next("Decrypt", answers.iter().cloned());
        let wrong = desk.unlock().unwrap_err().error;
        assert!(denied(&wrong, &ProviderError::WrongKey), "{wrong}");
        desk.fake.heal();
    }
    // What comes each time is what was wrapped, as far as anybody can tell: then it is the vault that is another one.
    desk.fake.fail_next("Decrypt", [Fault::KeyLength(32), Fault::KeyLength(32)]);
    assert!(matches!(desk.unlock().unwrap_err().error, VaultError::Damaged(_)));
    desk.fake.forget_calls();
    assert!(desk.unlock().is_ok());
    assert_eq!(desk.fake.count("Decrypt"), 1);
}

#[test]
fn giving_up_on_a_call_leaves_the_vault_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let (desk, mut vault) = Desk::new(place.path());
    let item = add(&mut vault, "Item").unwrap();
    desk.fake.fail_always("Decrypt", Fault::Hang);
    desk.fake.fail_always("GenerateDataKey", Fault::Hang);
    desk.fake.forget_calls();
    let seen = |action: &'static str| {
        let fake = Arc::clone(&desk.fake);
        tokio::task::spawn_blocking(move || fake.await_calls(action, 1))
    };
    run(async {
        tokio::select! {
            opened = vault.body_reader(item, None) => panic!("it hangs: {:?}", opened.err()),
            arrived = seen("Decrypt") => arrived.unwrap(),
        }
        tokio::select! {
            made = vault.new_body(Some(item)) => panic!("it hangs: {:?}", made.err()),
            arrived = seen("GenerateDataKey") => arrived.unwrap(),
        }
    });
    desk.fake.heal();
    assert_eq!(password(&mut vault, item).unwrap(), "hunter2");
    add(&mut vault, "Another").unwrap();
    assert_eq!((vault.summaries().len(), vault.problems().len()), (2, 0));
}
