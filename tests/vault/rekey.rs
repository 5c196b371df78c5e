//! New keys in the place of those that there are: nothing else changes, nothing of before is left, and nobody loses their way in.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use sealkeep::crypto::{DataKey, NoWatch};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{BoxFuture, KeyProvider, ProviderError, Wrapped};
use sealkeep::vault::{
    Change, ClockDoubt, CollectionId, Depth, Finding, ItemId, ItemSummary, Kind, LockedVault, NewIndexKeys, Opening,
    Pins, RekeyScope, SummaryEdit, UnlockedVault, VaultError,
};

use crate::support::recovery::{
    Items, LARGE, begin_recovery, fill, make_good, recover, recovery_provider, recovery_slot,
};
use crate::support::vaults::{
    Bench, PASSPHRASE, add_document, add_note, adding, block_on, bytes, copy_folder, note, read_document, read_field,
    revise_note, unlock_on,
};

/// Seals again what `scope` means, and saves it at once; how many revisions it was.
fn rekey(vault: &mut UnlockedVault, scope: &RekeyScope) -> Result<usize, VaultError> {
    let found = vault.rekeying(scope)?;
    assert_eq!((found.damaged, found.pages), (vec![], 0));
    let mut changes = Vec::new();
    for key in &found.revisions {
        changes.push(block_on(vault.rekey_revision(*key))?.seal(&NoWatch)?);
    }
    assert_eq!(vault.put_resealed(changes)?, found.revisions);
    if found.index {
        rekey_index(vault)?;
    }
    Ok(found.revisions.len())
}

fn older_than(days: u32) -> RekeyScope {
    RekeyScope { older_than_days: Some(days), ..RekeyScope::default() }
}

fn of_items(items: Vec<ItemId>) -> RekeyScope {
    RekeyScope { items: Some(items), ..RekeyScope::default() }
}

fn rekey_index(vault: &mut UnlockedVault) -> Result<(), VaultError> {
    let new: NewIndexKeys = block_on(vault.make_index_keys())?;
    vault.put_index_keys(new).map(drop)
}

fn everything_opens(vault: &mut UnlockedVault, items: &Items) {
    assert_eq!(vault.problems(), []);
    assert_eq!(read_field(vault, items.login, "password").unwrap(), "hunter2");
    assert_eq!(read_field(vault, items.note, "text").unwrap(), "second");
    let first = block_on(vault.body_reader(items.note, Some(1))).unwrap().fields().unwrap();
    assert_eq!(first.value("text").unwrap().expose(), "first");
    assert!(read_document(vault, items.document).unwrap() == bytes(LARGE));
    let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    assert_eq!(report.problems, []);
}

/// Everything in the database that is sealed, wrapped, or says which key it is about.
fn sealed(bench: &Bench) -> HashSet<Vec<u8>> {
    let columns = [
        ("revision", "revision_id"),
        ("revision", "message_id"),
        ("revision", "commitment"),
        ("revision", "digest"),
        ("revision", "header"),
        ("revision_wrap", "edk"),
        ("index_wrap", "edk"),
        ("epoch", "commitment"),
        ("collection", "name"),
        ("collection", "head"),
        ("summary", "sealed"),
        ("page", "sealed"),
    ];
    let database = bench.database();
    let of = |(table, column)| -> Vec<Vec<u8>> {
        let mut query = database.prepare(&format!("SELECT {column} FROM {table} WHERE {column} NOTNULL")).unwrap();
        let found: Vec<Vec<u8>> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(!found.is_empty(), "{table}.{column}");
        found
    };
    columns.into_iter().flat_map(of).collect()
}

#[test]
fn everything_gets_another_key_and_nothing_else_changes() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let trashed = add_note(&mut vault, "In the trash", "gone");
    let edit = SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
    vault.commit(vec![Change::Describe { item: trashed, edit }]).unwrap();
    let shown = |vault: &mut UnlockedVault| -> Vec<_> {
        let mut items = vault.summaries().to_vec();
        items.sort_by_key(|item| item.id);
        let told = |item: &ItemSummary| format!("{} {:?} {:?}", item.title.expose(), item.modified, item.revision);
        let mut of = |item: &ItemSummary| (told(item), vault.history(item.id).unwrap());
        items.iter().map(|item| of(item)).collect()
    };
    let (before, were, files) = (shown(&mut vault), sealed(&bench), bench.body_files());
    assert_eq!(rekey(&mut vault, &RekeyScope::default()).unwrap(), 5);

    assert_eq!(shown(&mut vault), before, "numbers, days, authors and titles are what they were");
    everything_opens(&mut vault, &items);
    let left: Vec<_> = sealed(&bench).intersection(&were).cloned().collect();
    assert_eq!(left, Vec::<Vec<u8>>::new(), "nothing that was sealed or wrapped before is there");
    assert!(bench.body_files().iter().all(|file| !files.contains(file)), "the old file is gone");
    let epochs = "SELECT count(*), max(epoch) FROM epoch";
    let epochs = bench.database().query_row(epochs, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    assert_eq!(epochs.unwrap(), (1, 2));
    drop(vault);

    let mut vault = bench.unlock_with(PASSPHRASE).unwrap();
    everything_opens(&mut vault, &items);
    assert_eq!(shown(&mut vault), before);
    assert_eq!(read_field(&mut vault, trashed, "text").unwrap(), "gone");
    // And again: an epoch is as good as another.
    rekey(&mut vault, &RekeyScope::default()).unwrap();
    everything_opens(&mut vault, &items);
    revise_note(&mut vault, items.note, "third").unwrap();
    drop(vault);
    let vault = bench.unlock_with(PASSPHRASE).unwrap();
    assert_eq!((vault.problems(), vault.summary(items.note).unwrap().revision), (&[][..], 3));
}

#[test]
fn nothing_of_before_is_left_in_the_database_file() {
    let (bench, mut vault) = Bench::new();
    fill(&mut vault);
    let were = sealed(&bench);
    rekey(&mut vault, &RekeyScope::default()).unwrap();
    drop(vault);
    let file = std::fs::read(bench.folder().join("vault.db")).unwrap();
    // The end of each: a tag, or what is random anyhow.
    let is_there = |bytes: &Vec<u8>| file.windows(16).any(|window| *window == bytes[bytes.len() - 16..]);
    let found = were.iter().filter(|bytes| is_there(bytes)).count();
    assert_eq!(found, 0);
}

#[test]
fn a_choice_gets_other_data_keys_and_the_list_keeps_its_own() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let commitment = || bench.database().query_row("SELECT commitment FROM epoch", [], |row| row.get::<_, Vec<u8>>(0));
    let before = commitment().unwrap();
    let wraps = bench.asked.wraps.load(Ordering::Relaxed);
    let unwraps = bench.asked.unwraps.load(Ordering::Relaxed);
    assert_eq!(rekey(&mut vault, &of_items(vec![items.note])).unwrap(), 2);
    assert_eq!(bench.asked.wraps.load(Ordering::Relaxed) - wraps, 2);
    assert_eq!(bench.asked.unwraps.load(Ordering::Relaxed) - unwraps, 4, "the old key, and the proof of the new one");
    assert_eq!(commitment().unwrap(), before);
    everything_opens(&mut vault, &items);
    let nobody = ItemId::from_random([1; 16]);
    let unknown = vault.rekeying(&of_items(vec![nobody]));
    assert!(matches!(unknown, Err(VaultError::NoSuchItem(item)) if item == nobody));
}

#[test]
fn keys_are_as_old_as_they_were_made_and_a_revision_as_it_was_saved() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    drop(vault);
    // The clock of the bench goes a day further each time it is asked, from this day on.
    let day = |days: i64| Timestamp::from_second(1_760_000_000 + days * 86_400).unwrap();
    let mut vault = unlock_on(&bench.folder(), day(40));
    let days: Vec<_> = vault.history(items.note).unwrap().iter().map(|revision| revision.created).collect();
    let of = |vault: &mut UnlockedVault, days| {
        let found = vault.rekeying(&older_than(days)).unwrap();
        (found.revisions.len(), found.index)
    };
    assert_eq!((of(&mut vault, 41), of(&mut vault, 10)), ((0, false), (4, true)));
    // Made on day 0; the first items a few days later.
    let (between, index) = of(&mut vault, 37);
    assert!(index && between < 4, "{between}");
    assert_eq!(rekey(&mut vault, &older_than(10)).unwrap(), 4);
    assert_eq!(of(&mut vault, 0), (0, false), "they are of today");
    let now: Vec<_> = vault.history(items.note).unwrap().iter().map(|revision| revision.created).collect();
    assert_eq!(now, days);
    everything_opens(&mut vault, &items);
    drop(vault);
    let mut vault = unlock_on(&bench.folder(), day(60));
    assert_eq!((of(&mut vault, 19), of(&mut vault, 20)), ((4, true), (0, false)));
    drop(vault);
    let mut vault = unlock_on(&bench.folder(), day(-300));
    let doubted = vault.rekeying(&older_than(0));
    assert!(matches!(doubted, Err(VaultError::Clock(ClockDoubt::Behind(_)))), "{doubted:?}");
}

#[test]
fn what_was_changed_since_it_was_listed_is_left_alone() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let listed = vault.rekeying(&RekeyScope::default()).unwrap().revisions;
    let mut other = bench.unlock().unwrap();
    let sealed: Vec<_> =
        listed.iter().map(|key| block_on(vault.rekey_revision(*key)).unwrap().seal(&NoWatch).unwrap()).collect();
    other
        .commit(vec![Change::Prune { item: items.note, revisions: [1].into() }, Change::purge(items.login, None)])
        .unwrap();
    let put = vault.put_resealed(sealed).unwrap();
    let left: Vec<_> = listed
        .iter()
        .filter(|key| key.item == items.document || (key.item, key.revision) == (items.note, 2))
        .copied()
        .collect();
    assert_eq!((put.len(), put), (2, left));
    // A second time under the same listing: they have other keys by now.
    for key in listed {
        let again = block_on(vault.rekey_revision(key));
        assert!(matches!(again, Err(VaultError::NoSuchItem(_) | VaultError::NoSuchRevision(_))));
    }
    assert_eq!(read_field(&mut vault, items.note, "text").unwrap(), "second");
    assert!(read_document(&mut vault, items.document).unwrap() == bytes(LARGE));
    assert_eq!(block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap().problems, []);
}

#[test]
fn another_session_is_told_that_the_lists_key_was_replaced_and_changes_nothing() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let mut other = bench.unlock().unwrap();
    let made = block_on(other.make_index_keys()).unwrap();
    rekey_index(&mut vault).unwrap();
    assert!(matches!(other.refresh(), Err(VaultError::Rekeyed)));
    assert!(matches!(revise_note(&mut other, items.note, "third"), Err(VaultError::Rekeyed)));
    assert!(matches!(other.put_index_keys(made), Err(VaultError::Rekeyed)));
    drop(other);
    everything_opens(&mut vault, &items);
    let mut other = bench.unlock().unwrap();
    everything_opens(&mut other, &items);
}

#[test]
fn every_way_in_is_needed_for_a_new_index_key_and_each_opens_everything_after_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    assert_eq!(vault.missing_for_index().iter().map(|slot| slot.id).collect::<Vec<_>>(), [slot]);
    assert!(matches!(block_on(vault.make_index_keys()), Err(VaultError::SlotAway(id)) if id == slot));
    // What is saved meanwhile from the recovery key's session is owed to the passphrase.
    let mut recovered = recover(&bench, slot).unwrap();
    let owed = add_note(&mut recovered, "Owed", "to the passphrase");
    drop(recovered);
    let provider = recovery_provider(&vault, slot);
    vault.bring(slot, provider);
    assert_eq!(vault.missing_for_index().len(), 0);
    rekey_index(&mut vault).unwrap();
    drop(vault);

    let mut vault = bench.unlock().unwrap();
    everything_opens(&mut vault, &items);
    assert_eq!(read_field(&mut vault, owed, "text").unwrap(), "to the passphrase", "it is owed under the new key");
    assert_eq!(vault.owed(None).unwrap().keys.len(), 1);
    make_good(&mut vault, usize::MAX);
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    everything_opens(&mut recovered, &items);
    assert_eq!(read_field(&mut recovered, owed, "text").unwrap(), "to the passphrase");
}

#[test]
fn a_retired_way_in_goes_with_the_last_that_was_under_its_key_and_not_before() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    vault.retire_slot(slot).unwrap();
    assert!(matches!(rekey_index(&mut vault), Err(VaultError::SlotRetired(id)) if id == slot));
    everything_opens(&mut vault, &items);
    rekey(&mut vault, &RekeyScope::default()).unwrap();
    assert_eq!(vault.slots().len(), 1);
    drop(vault);
    let mut vault = bench.unlock_with(PASSPHRASE).unwrap();
    everything_opens(&mut vault, &items);
}

#[test]
fn slots_that_changed_since_the_key_was_made_refuse_it() {
    let (_bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let made = block_on(vault.make_index_keys()).unwrap();
    let new = recovery_slot(&vault);
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    vault.add_slot(added).unwrap();
    assert!(matches!(vault.put_index_keys(made), Err(VaultError::SlotsChanged)));
    everything_opens(&mut vault, &items);
}

/// Wraps another key than the one that it was asked to.
struct Lying(Arc<dyn KeyProvider>);

impl KeyProvider for Lying {
    fn wrap<'a>(
        &'a self,
        _key: Option<&'a DataKey>,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<Wrapped, ProviderError>> {
        Box::pin(async move {
            let (one, other) = (self.0.wrap(None, context).await?, self.0.wrap(None, context).await?);
            Ok(Wrapped { wrapped: one.wrapped, made: other.made })
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a EncryptedDataKey,
        context: &'a EncryptionContext,
    ) -> BoxFuture<'a, Result<DataKey, ProviderError>> {
        self.0.unwrap(wrapped, context)
    }

    fn recognises(&self, wrapped: &EncryptedDataKey) -> bool {
        self.0.recognises(wrapped)
    }
}

#[test]
fn a_provider_that_does_not_open_what_it_wrapped_replaces_nothing() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    drop(vault);
    let locked = LockedVault::open(&bench.folder()).unwrap();
    let confirmed = locked.confirm();
    let opening: Opening = bench.opening(Arc::new(Lying(Arc::clone(&bench.asked) as _)));
    let mut vault = block_on(locked.unlock(opening, confirmed)).unwrap();
    let key = vault.rekeying(&RekeyScope::default()).unwrap().revisions[0];
    let wrong = |error| matches!(error, VaultError::Provider(ProviderError::WrongKey));
    assert!(block_on(vault.rekey_revision(key)).is_err_and(wrong));
    assert!(block_on(vault.make_index_keys()).is_err_and(wrong));
    everything_opens(&mut vault, &items);
}

#[test]
fn an_index_key_that_this_machine_was_about_to_make_is_known_and_another_is_not() {
    let (bench, mut vault) = Bench::new();
    let (id, items) = (vault.id(), fill(&mut vault));
    let before = bench.pins.load(id, &bench.folder()).unwrap().unwrap();
    let old = bench.place.path().join("old");
    copy_folder(&bench.folder(), &old);
    rekey_index(&mut vault).unwrap();
    drop(vault);
    let row = "SELECT collection_id, commitment FROM epoch";
    let (collection, commitment): ([u8; 16], [u8; 32]) =
        bench.database().query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    // Power went between the commit and what is remembered after it.
    let mut announced = before.clone();
    announced.announce_key(CollectionId(collection), &commitment);
    bench.pins.replace(&announced, &bench.folder()).unwrap();
    let mut vault = bench.unlock().unwrap();
    everything_opens(&mut vault, &items);
    drop(vault);
    // Nothing was announced here: somebody else did it.
    bench.pins.replace(&before, &bench.folder()).unwrap();
    let found = |bench: &Bench| -> Vec<Finding> {
        bench.unlock().unwrap().problems().iter().map(|problem| problem.what.clone()).collect()
    };
    assert_eq!(found(&bench), [Finding::NewIndexKey]);
    // And where this machine has seen the new key, the folder of before is no rekey elsewhere.
    bench.unlock().unwrap().accept().unwrap();
    assert_eq!(found(&bench), []);
    std::fs::remove_dir_all(bench.folder()).unwrap();
    copy_folder(&old, &bench.folder());
    assert_eq!(found(&bench), [Finding::OtherIndexKey]);
}

#[test]
fn a_body_that_is_not_what_was_written_stays_and_the_others_do_not_wait_for_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let document = add_document(&mut vault, "Small", b"small");
    let frames = "UPDATE revision SET frames = zeroblob(length(frames)) WHERE item_id = ?1";
    assert_eq!(bench.database().execute(frames, [document.0]).unwrap(), 1);
    let listed = vault.rekeying(&RekeyScope::default()).unwrap().revisions;
    let mut refused = Vec::new();
    for key in listed {
        match block_on(vault.rekey_revision(key)).and_then(|resealing| resealing.seal(&NoWatch)) {
            Ok(resealed) => assert_eq!(vault.put_resealed(vec![resealed]).unwrap(), [key]),
            Err(error) => refused.push((key.item, error.to_string())),
        }
    }
    assert_eq!(refused.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [document], "{refused:?}");
    assert_eq!(read_field(&mut vault, items.login, "password").unwrap(), "hunter2");
}

/// A slot is being added, or everything is being moved to another, while somebody else gives a revision another key.
#[test]
fn a_wrap_of_the_old_key_that_comes_after_the_new_key_is_not_taken_for_one_of_it() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, 0);
    let owed = vault.owed(Some(slot)).unwrap().keys;
    let on_their_way: Vec<_> = owed.into_iter().map(|owed| block_on(vault.wrap_owed(owed)).unwrap()).collect();
    let mut other = bench.unlock().unwrap();
    assert_eq!(rekey(&mut other, &of_items(vec![items.note])).unwrap(), 2);
    drop(other);
    vault.put_wraps(on_their_way).unwrap();
    make_good(&mut vault, usize::MAX);
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    everything_opens(&mut recovered, &items);
    let provider = recovery_provider(&recovered, slot);
    assert!(block_on(recovered.drill(slot, provider, Arc::new(NoWatch))).unwrap().is_whole());
}

#[test]
fn nothing_that_was_wrapped_for_a_way_in_is_owed_to_it_afterwards() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    drop(vault);
    // Opened by the recovery key, the session has nothing to wrap for the passphrase with.
    let mut recovered = recover(&bench, slot).unwrap();
    let passphrase = recovered.slots().iter().find(|known| known.id != slot).unwrap().id;
    assert_eq!(recovered.missing_for_keys().unwrap().iter().map(|slot| slot.id).collect::<Vec<_>>(), [passphrase]);
    let key = recovered.rekeying(&RekeyScope::default()).unwrap().revisions[0];
    let refused = block_on(recovered.rekey_revision(key)).map(drop);
    assert!(matches!(refused, Err(VaultError::SlotAway(id)) if id == passphrase));
    recovered.bring(passphrase, Arc::clone(&bench.asked) as _);
    rekey(&mut recovered, &RekeyScope::default()).unwrap();
    assert_eq!(recovered.owed(None).unwrap().keys, []);
    drop(recovered);
    let mut vault = bench.unlock().unwrap();
    everything_opens(&mut vault, &items);
}

/// What could not be wrapped for a slot waits under the index key, also while it is on its way.
#[test]
fn what_is_owed_under_the_old_index_key_is_not_saved_under_the_new_one() {
    let (bench, mut vault) = Bench::new();
    let items = fill(&mut vault);
    let slot = begin_recovery(&mut vault, usize::MAX);
    drop(vault);
    let mut recovered = recover(&bench, slot).unwrap();
    let late = adding(&recovered, Kind::Note, "Late", &note("owed to the passphrase"));
    let passphrase = recovered.slots().iter().find(|known| known.id != slot).unwrap().id;
    recovered.bring(passphrase, Arc::clone(&bench.asked) as _);
    rekey_index(&mut recovered).unwrap();
    assert!(matches!(recovered.commit(vec![late]), Err(VaultError::SlotGone)));
    let again = adding(&recovered, Kind::Note, "Again", &note("text"));
    recovered.commit(vec![again]).unwrap();
    everything_opens(&mut recovered, &items);
}

#[test]
fn a_summary_that_is_not_what_was_written_keeps_the_lists_key_and_says_so() {
    let (bench, vault) = Bench::new();
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    fill(&mut vault);
    drop(vault);
    let changed = "UPDATE summary SET sealed = zeroblob(length(sealed)) WHERE rowid = (SELECT min(rowid) FROM summary)";
    let changed = bench.database().execute(&changed.replace("rowid", "item_id"), []).unwrap();
    assert!(changed > 0);
    let mut vault = bench.unlock().unwrap();
    vault.accept().unwrap();
    let made = block_on(vault.make_index_keys()).unwrap();
    assert!(matches!(vault.put_index_keys(made), Err(VaultError::Damaged(_))));
}
