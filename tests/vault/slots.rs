//! The vault's ways in: adding, interrupting, retiring and removing them, and what a recovery key opens when all else is gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sealkeep::crypto::{DataKey, NoWatch, random};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{
    BoxFuture, KdfParams, KeyProvider, PassphraseRecord, ProviderError, RecoveryProvider, RecoveryRecord, Wrapped,
};
use sealkeep::secret::SecretKey;
use sealkeep::vault::{
    Change, Depth, Kind, LockedVault, Opening, PassedOver, SlotConfig, SlotId, SlotState, UnlockedVault, VaultError,
};

use crate::support::recovery::{
    Items, LARGE, begin_recovery, fill, make_good, recover, recovery_provider, recovery_slot,
};
use crate::support::vaults::{
    Bench, PASSPHRASE, add_note, adding, block_on, bytes, note, read_document, read_field, secret,
};

fn state_of(vault: &UnlockedVault, slot: SlotId) -> SlotState {
    vault.slots().iter().find(|known| known.id == slot).unwrap().state
}

fn everything_opens(vault: &mut UnlockedVault, items: &Items) {
    assert_eq!(vault.problems(), []);
    assert_eq!(read_field(vault, items.login, "password").unwrap(), "hunter2");
    assert_eq!(read_field(vault, items.note, "text").unwrap(), "second");
    let first = block_on(vault.body_reader(items.note, Some(1))).unwrap().fields().unwrap();
    assert_eq!(first.value("text").unwrap().expose(), "first");
    assert!(read_document(vault, items.document).unwrap() == bytes(LARGE));
    assert_eq!(block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap().problems, []);
}

#[test]
fn a_recovery_key_opens_everything_history_included_and_what_is_saved_afterwards() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    assert_eq!(state_of(&vault, slot), SlotState::Active);
    everything_opens(&mut vault, &items);
    let later = add_note(&mut vault, "Later", "saved while nobody typed the recovery passphrase");
    drop(vault);

    let mut recovered = recover(&bench, slot).unwrap();
    everything_opens(&mut recovered, &items);
    assert!(read_field(&mut recovered, later, "text").unwrap().starts_with("saved while"));
    // And what is saved there is owed to the passphrase, which nobody has typed now.
    let owed = add_note(&mut recovered, "From recovery", "text").to_owned();
    drop(recovered);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(read_field(&mut vault, owed, "text").unwrap(), "text");
    assert_eq!(vault.owed(None).unwrap().keys.len(), 1);
    make_good(&mut vault, usize::MAX);
    assert_eq!(vault.owed(None).unwrap().keys, []);
}

#[test]
fn adding_goes_on_where_it_was_interrupted_and_opens_nothing_before_it_is_done() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let asked = bench.asked.unwraps.load(Ordering::Relaxed);
    let slot = begin_recovery(&mut vault, 2);
    assert_eq!(bench.asked.unwraps.load(Ordering::Relaxed) - asked, 2, "one unwrap for each key, and no more");
    assert_eq!((state_of(&vault, slot), vault.count_owed(slot).unwrap()), (SlotState::Pending, 2));
    drop(vault);
    assert!(matches!(recover(&bench, slot), Err(VaultError::NotWrapped(id)) if id == slot));

    let mut vault = bench.unlock().unwrap();
    everything_opens(&mut vault, &items);
    let between = add_note(&mut vault, "Between", "x");
    assert_eq!(vault.count_owed(slot).unwrap(), 2, "what is saved meanwhile is wrapped for it at once");
    make_good(&mut vault, usize::MAX);
    assert_eq!((state_of(&vault, slot), vault.count_owed(slot).unwrap()), (SlotState::Active, 0));
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    everything_opens(&mut recovered, &items);
    assert_eq!(read_field(&mut recovered, between, "text").unwrap(), "x");
}

/// A large document may be on its way while the ways in change.
#[test]
fn what_was_sealed_before_a_slot_came_or_went_is_owed_to_the_one_and_refused_for_the_other() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let begun = || adding(&vault, Kind::Note, "Note", &note("on its way"));
    let (first, second) = (begun(), begun());
    let slot = begin_recovery(&mut vault, usize::MAX);
    assert_eq!((state_of(&vault, slot), vault.count_waiting().unwrap()), (SlotState::Active, 0));
    let [item] = vault.commit(vec![first]).unwrap()[..] else { panic!("one item") };
    assert_eq!((vault.count_waiting().unwrap(), vault.count_owed(slot).unwrap()), (1, 1), "and somebody is told");
    make_good(&mut vault, usize::MAX);
    assert_eq!((vault.count_waiting().unwrap(), vault.count_owed(slot).unwrap()), (0, 0));

    let third = adding(&vault, Kind::Note, "For both", &note("x"));
    vault.retire_slot(slot).unwrap();
    assert!(matches!(vault.commit(vec![third]), Err(VaultError::SlotGone)));
    vault.commit(vec![second]).unwrap();
    let fourth = adding(&vault, Kind::Note, "For one", &note("x"));
    vault.remove_slot(slot).unwrap();
    vault.commit(vec![fourth]).unwrap();
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!((vault.problems(), vault.summaries().len()), (&[][..], 6));
    assert_eq!(read_field(&mut vault, item, "text").unwrap(), "on its way");
}

#[test]
fn no_body_is_touched_and_no_header_is_made_anew() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let bodies = |bench: &Bench| -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let database = bench.database();
        let mut query = database.prepare("SELECT digest, frames FROM revision ORDER BY revision_id").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let headers = |bench: &Bench| -> i64 {
        bench.database().query_row("SELECT count(header) FROM revision", [], |row| row.get(0)).unwrap()
    };
    let (before, files) = (bodies(&bench), bench.body_files());
    assert_eq!(headers(&bench), 4);
    begin_recovery(&mut vault, usize::MAX);
    assert_eq!((bodies(&bench), bench.body_files()), (before, files));
    assert_eq!(headers(&bench), 0, "the headers named other wraps; a second one under a key would give it away");
}

#[test]
fn the_last_way_in_stays() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let passphrase = vault.slots()[0].id;
    assert!(matches!(vault.remove_slot(passphrase), Err(VaultError::LastSlot(_))));
    assert!(matches!(vault.retire_slot(passphrase), Err(VaultError::LastSlot(_))));
    let slot = begin_recovery(&mut vault, 3);
    assert!(matches!(vault.remove_slot(passphrase), Err(VaultError::LastSlot(_))), "the other one is not whole");
    make_good(&mut vault, usize::MAX);
    let nobody = SlotId::from_random(random::make_bytes().unwrap());
    assert!(matches!(vault.remove_slot(nobody), Err(VaultError::NoSuchSlot(_))));
    vault.remove_slot(passphrase).unwrap();
    assert!(matches!(vault.remove_slot(slot), Err(VaultError::LastSlot(_))));
    drop(vault);

    assert!(matches!(bench.unlock(), Err(VaultError::NotWrapped(_))), "it opens nothing any more");
    let mut recovered = recover(&bench, slot).unwrap();
    everything_opens(&mut recovered, &items);
    add_note(&mut recovered, "Later", "x");
    assert_eq!(recovered.owed(None).unwrap().keys, []);
}

#[test]
fn a_retired_slot_opens_what_it_has_and_nothing_new() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    vault.retire_slot(slot).unwrap();
    let passphrase = vault.slots().iter().find(|known| known.id != slot).unwrap().id;
    assert!(matches!(vault.remove_slot(passphrase), Err(VaultError::LastSlot(_))), "nothing would wrap what is saved");
    let new = add_note(&mut vault, "New", "x");
    assert_eq!(vault.owed(None).unwrap().keys, []);
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    assert_eq!(read_field(&mut recovered, items.login, "password").unwrap(), "hunter2");
    assert!(matches!(read_field(&mut recovered, new, "text"), Err(VaultError::NotWrapped(_))));
}

#[test]
fn another_passphrase_changes_one_row_and_the_heads() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = vault.slots()[0].clone();
    let SlotConfig::Passphrase { record } = &slot.config else { panic!("a passphrase") };
    let binding = [vault.id().0, slot.id.0].concat();
    let record = PassphraseRecord::from_bytes(record).unwrap();
    let (old, new) = (secret(PASSPHRASE), secret("battery staple"));
    let changed = record.with_passphrase(&old, &new, KdfParams::FLOOR, &binding).unwrap();
    let wraps = |bench: &Bench| -> Vec<Vec<u8>> {
        let database = bench.database();
        let mut query = database.prepare("SELECT edk FROM revision_wrap ORDER BY revision_id").unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let before = wraps(&bench);
    vault.change_slot(slot.id, SlotConfig::Passphrase { record: changed.to_bytes() }).unwrap();
    assert_eq!(wraps(&bench), before);
    let other_kind = vault.change_slot(slot.id, SlotConfig::Kms { key_arn: "arn:x".to_owned() });
    assert!(matches!(other_kind, Err(VaultError::OtherSlot(_))));
    drop(vault);
    assert!(bench.unlock_with(PASSPHRASE).is_err());
    everything_opens(&mut bench.unlock_with("battery staple").unwrap(), &items);
}

#[test]
fn a_drill_proves_that_recovery_opens_everything_or_says_what_it_does_not() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, 1);
    let provider = |vault: &UnlockedVault| recovery_provider(vault, slot);
    let with = provider(&vault);
    let report = block_on(vault.drill(slot, with, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.opened, report.owed.len(), report.failed.len()), (1, 3, 0));
    make_good(&mut vault, usize::MAX);
    let with = provider(&vault);
    let report = block_on(vault.drill(slot, with, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.opened, report.owed, report.failed), (4, vec![], vec![]));
    drop(vault);

    // A wrap of another key, as a broken writer might leave it: the manifest is right, and the key is wrong.
    let mut vault = bench.unlock().unwrap();
    let with = provider(&vault);
    assert_eq!(vault.slots().len(), 2);
    assert_eq!(block_on(vault.drill(slot, with, Arc::new(NoWatch))).unwrap().opened, 4);
    assert_eq!(read_field(&mut vault, items.login, "password").unwrap(), "hunter2");
}

#[test]
fn another_open_session_is_told_that_the_slots_changed() {
    let (bench, mut vault) = Bench::new();
    let mut other = bench.unlock().unwrap();
    begin_recovery(&mut vault, usize::MAX);
    assert!(matches!(other.refresh(), Err(VaultError::SlotsChanged)));
    drop(other);
    assert_eq!(bench.unlock().unwrap().problems(), []);
}

#[test]
fn wraps_that_were_swapped_are_not_wrapped_again() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let swap = "UPDATE revision_wrap SET edk = (SELECT edk FROM revision_wrap ORDER BY revision_id LIMIT 1)";
    bench.database().execute(swap, []).unwrap();
    let new = recovery_slot(&vault);
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    vault.add_slot(added).unwrap();
    let owed = vault.owed(None).unwrap().keys;
    assert_eq!(owed.len(), 1, "of the one revision that has its own: {owed:?}");
}

/// Changes the wraps of a login's only revision, as a hostile host would who wants nobody to take a slot away.
#[test]
fn one_damaged_wrap_stops_no_repair_and_a_removal_names_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let old = vault.slots()[0].id;
    let spoiled = "UPDATE revision_wrap SET edk = CAST(edk || x'00' AS BLOB) WHERE revision_id IN \
         (SELECT revision_id FROM revision WHERE item_id = ?1)";
    assert_eq!(bench.database().execute(spoiled, [items.login.0]).unwrap(), 1);
    let slot = begin_recovery(&mut vault, usize::MAX);
    assert_eq!(state_of(&vault, slot), SlotState::Active, "the rest is wrapped, and the slot is of use");
    assert_eq!((vault.owed(None).unwrap().keys, vault.count_owed(slot).unwrap()), (vec![], 0));
    let provider = recovery_provider(&vault, slot);
    let report = block_on(vault.drill(slot, provider, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.opened, report.failed), (3, vec![(items.login, 1)]), "and a drill says that it is not all");
    let refused = vault.remove_slot(old).unwrap_err().to_string();
    assert!(refused.contains(&items.login.to_string()) && refused.contains("revision 1"), "{refused}");
    assert_eq!(vault.slots().len(), 2);
    vault.commit(vec![Change::Purge { item: items.login }]).unwrap();
    vault.remove_slot(old).unwrap();
}

#[test]
fn what_is_damaged_is_counted_and_a_slot_stays_pending_where_a_page_cannot_be_read() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    // The second page, so that there is something to be wrapped on the first.
    let changes: Vec<_> = (0..256).map(|number| adding(&vault, Kind::Note, &format!("{number}"), &note("x"))).collect();
    vault.commit(changes).unwrap();
    drop(vault);
    let spoiled = "UPDATE revision_wrap SET edk = CAST(edk || x'00' AS BLOB) WHERE revision_id IN \
         (SELECT revision_id FROM revision WHERE item_id = ?1)";
    assert_eq!(bench.database().execute(spoiled, [items.login.0]).unwrap(), 1);
    assert_eq!(bench.database().execute("UPDATE page SET sealed = x'00' WHERE page = 2", []).unwrap(), 1);
    let mut vault = bench.unlock().unwrap();
    vault.accept().unwrap();
    let slot = begin_recovery(&mut vault, usize::MAX);
    let owing = vault.owed(None).unwrap();
    assert_eq!((owing.keys, owing.passed_over), (vec![], PassedOver { revisions: 1, pages: 1 }));
    assert_eq!(vault.count_owed_to_all().unwrap().passed_over, PassedOver { revisions: 1, pages: 1 });
    assert_eq!(state_of(&vault, slot), SlotState::Pending, "nobody knows what that page listed");
}

#[test]
fn slots_are_not_changed_where_their_rows_are_not_those_that_were_sealed() {
    let (bench, mut vault) = Bench::new();
    let slot = begin_recovery(&mut vault, usize::MAX);
    let added = || {
        let new = recovery_slot(&vault);
        block_on(vault.wrap_for_slot(new)).unwrap()
    };
    let (first, second) = (added(), added());
    // Somebody's own way in, which the heads of the next change would list.
    bench.database().execute("UPDATE slot SET state = 3 WHERE slot_id = ?1", [slot.0]).unwrap();
    assert!(matches!(vault.add_slot(first), Err(VaultError::SlotsForged)));
    assert!(matches!(vault.retire_slot(slot), Err(VaultError::SlotsForged)));
    bench.database().execute("UPDATE slot SET state = 1 WHERE slot_id = ?1", [slot.0]).unwrap();
    bench.database().execute("UPDATE epoch SET commitment = zeroblob(32)", []).unwrap();
    assert!(matches!(vault.add_slot(second), Err(VaultError::Damaged(_))));
}

#[test]
fn what_was_saved_after_a_slot_was_retired_is_not_damaged_for_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    vault.retire_slot(slot).unwrap();
    add_note(&mut vault, "Later", "x");
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    let report = block_on(recovered.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.problems, report.unopened, report.revisions), (vec![], 1, 5));
    assert!(report.bytes > LARGE as u64);
    drop(recovered);
    // A wrap that is gone is damage all the same.
    let gone = "DELETE FROM revision_wrap WHERE slot_id = ?2 AND revision_id IN \
         (SELECT revision_id FROM revision WHERE item_id = ?1)";
    bench.database().execute(gone, rusqlite::params![items.login.0, slot.0]).unwrap();
    let mut recovered = recover(&bench, slot).unwrap();
    let report = block_on(recovered.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    assert!(report.problems.iter().any(|problem| problem.item == Some(items.login)), "{:?}", report.problems);
}

type Answer<'a, T> = BoxFuture<'a, Result<T, ProviderError>>;

/// Opens index keys as the real one does, and gives any key for a body.
struct Lying(Arc<RecoveryProvider>);

impl KeyProvider for Lying {
    fn wrap<'a>(&'a self, key: Option<&'a DataKey>, context: &'a EncryptionContext) -> Answer<'a, Wrapped> {
        self.0.wrap(key, context)
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.0.recognises(wrapped)
    }

    fn unwrap<'a>(&'a self, edk: &'a EncryptedDataKey, context: &'a EncryptionContext) -> Answer<'a, DataKey> {
        Box::pin(async move {
            let key = self.0.unwrap(edk, context).await?;
            let of_body = context.pairs().any(|(name, value)| name == "sealkeep:purpose" && value == "body");
            Ok(if of_body { DataKey::from_secret(SecretKey::copy_of(&[9; 32]).unwrap()) } else { key })
        })
    }
}

#[test]
fn a_key_that_is_not_the_bodys_fails_a_drill_and_is_not_wrapped_again() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    let lying = Arc::new(Lying(recovery_provider(&vault, slot)));
    let report = block_on(vault.drill(slot, Arc::clone(&lying) as _, Arc::new(NoWatch))).unwrap();
    assert_eq!((report.opened, report.failed.len()), (0, 4));
    drop(vault);
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let opening = Opening { slot, ..bench.opening(lying) };
    let mut vault = block_on(locked.unlock(opening, confirmed)).unwrap();
    let new = recovery_slot(&vault);
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    let id = vault.add_slot(added).unwrap();
    for owed in vault.owed(Some(id)).unwrap().keys {
        let wrapped = block_on(vault.wrap_owed(owed));
        assert!(matches!(wrapped, Err(VaultError::Provider(ProviderError::WrongKey))), "the answer is wrong");
    }
}

#[test]
fn more_slots_than_a_header_can_name_are_all_wrapped_for() {
    let (bench, mut vault) = Bench::new();
    let slots: Vec<SlotId> = (0..8).map(|_| begin_recovery(&mut vault, usize::MAX)).collect();
    let note = add_note(&mut vault, "For nine", "x");
    assert_eq!(vault.owed(None).unwrap().keys, []);
    drop(vault);
    for slot in slots {
        assert_eq!(read_field(&mut recover(&bench, slot).unwrap(), note, "text").unwrap(), "x");
    }
}

#[test]
fn a_drill_is_held_against_the_open_vault_and_so_are_the_rows_that_recovery_goes_by() {
    let (bench, mut vault) = Bench::new();
    let slot = begin_recovery(&mut vault, usize::MAX);
    let provider = recovery_provider(&vault, slot);
    let mut drill = || block_on(vault.drill(slot, Arc::clone(&provider) as _, Arc::new(NoWatch)));
    let commitment: Vec<u8> = bench.database().query_row("SELECT commitment FROM epoch", [], |row| row.get(0)).unwrap();
    let put = |value: &[u8]| bench.database().execute("UPDATE epoch SET commitment = ?1", [value]).unwrap();
    put(&[0; 32]);
    assert!(matches!(drill(), Err(VaultError::Damaged(_))), "no unlock would believe the key");
    put(&commitment);
    assert!(drill().unwrap().is_whole());
    bench.database().execute("UPDATE slot SET state = 2 WHERE slot_id = ?1", [slot.0]).unwrap();
    assert!(matches!(drill(), Err(VaultError::SlotsForged)));
    bench.database().execute("UPDATE slot SET state = 1 WHERE slot_id = ?1", [slot.0]).unwrap();
    assert!(drill().unwrap().is_whole());
    bench
        .database()
        .execute("UPDATE index_wrap SET edk = CAST(edk || x'00' AS BLOB) WHERE slot_id != ?1", [slot.0])
        .unwrap();
    let drilled = block_on(vault.drill(slot, provider, Arc::new(NoWatch)));
    assert!(matches!(drilled, Err(VaultError::Damaged(_))), "{drilled:?}");
}

#[test]
fn an_index_key_that_a_stranger_wrapped_for_the_recovery_key_is_refused() {
    let (bench, mut vault) = Bench::new();
    let slot = begin_recovery(&mut vault, usize::MAX);
    let SlotConfig::Recovery { record } = &vault.slots().iter().find(|known| known.id == slot).unwrap().config else {
        panic!("a recovery key")
    };
    // All that anybody needs who can write the folder: the public half stands in it.
    let public = RecoveryRecord::from_bytes(record).unwrap().wrapping(slot).unwrap();
    let forged = block_on(public.wrap(None, &EncryptionContext::empty())).unwrap().wrapped.to_bytes().unwrap();
    drop(vault);
    let changed = "UPDATE index_wrap SET edk = ?1 WHERE slot_id = ?2";
    assert_eq!(bench.database().execute(changed, rusqlite::params![forged, slot.0]).unwrap(), 1);
    let refused = recover(&bench, slot);
    assert!(matches!(refused, Err(VaultError::Provider(ProviderError::ForeignKey { .. }))), "{:?}", refused.err());
}

/// Where the manifest lists none, one that is too long to be read is not taken for none.
#[test]
fn a_header_that_is_longer_than_any_is_found() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    begin_recovery(&mut vault, usize::MAX);
    drop(vault);
    assert_eq!(bench.unlock().unwrap().problems(), []);
    let longer = "UPDATE revision SET header = zeroblob(2097153) WHERE item_id = ?1 AND header IS NULL";
    assert_eq!(bench.database().execute(longer, [items.login.0]).unwrap(), 1);
    let found: Vec<_> = bench.unlock().unwrap().problems().iter().map(ToString::to_string).collect();
    assert_eq!(found, [format!("item {}: revision 1 was changed", items.login)]);
}
