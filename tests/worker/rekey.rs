//! New keys as the window makes them: for everything, for what is old, for one item; with what has to be typed; stopped and gone on with.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sealkeep::secret::SecretString;
use sealkeep::vault::RekeyScope;
use sealkeep::worker::{
    Command, EmergencySheet, NewWay, PlannedRekey, Problem, RekeyRun, RekeyStep, RekeyedKeys, RequestId, Resume,
    SlotKind, WaysIn, What,
};

use crate::expect;
use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;
use crate::support::vaults::{self, block_on, unlock_on};
use crate::support::window::{PASSPHRASE, Window, login, note, vault_in};

const RECOVERY: &str = "eleven quiet herons on a lock gate";

fn secret(text: &str) -> SecretString {
    SecretString::copy_of(text)
}

fn everything() -> RekeyScope {
    RekeyScope::default()
}

fn ask_plan(window: &Window, scope: RekeyScope) -> RequestId {
    window.send(Command::Rekey(RekeyStep::Plan(scope, Resume::GoOn)))
}

fn plan(window: &mut Window, scope: RekeyScope) -> PlannedRekey {
    ask_plan(window, scope);
    *expect!(window, What::RekeyPlanned(planned) => planned)
}

/// Makes the keys that were planned.
fn begin(window: &Window, planned: &PlannedRekey, typed: &[&str]) -> RequestId {
    let missing = planned.plan.missing.iter().map(|(slot, _)| *slot).collect();
    let typed = typed.iter().map(|text| secret(text)).collect();
    window.send(Command::Rekey(RekeyStep::Run(RekeyRun {
        scope: planned.scope.clone(),
        resume: planned.plan.resume,
        missing,
        typed,
    })))
}

fn rekeyed(window: &mut Window) -> RekeyedKeys {
    *expect!(window, What::Rekeyed(rekeyed) => rekeyed)
}

fn ways(window: &mut Window) -> WaysIn {
    window.send(Command::ListWays);
    expect!(window, What::Ways(ways) => ways)
}

fn relock(window: &mut Window, folder: &Path, typed: &str) {
    window.lock();
    expect!(window, What::Locked(_));
    window.unlock_with(folder, typed);
    expect!(window, What::Unlocked(_));
}

/// Every revision of the vault, which has another name under another key; and the epoch of its list's key.
fn rows(folder: &Path) -> (BTreeSet<Vec<u8>>, u32) {
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    let mut listed = database.prepare("SELECT revision_id FROM revision").unwrap();
    let revisions = listed.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let epoch = database.query_row("SELECT max(epoch) FROM collection", (), |row| row.get(0)).unwrap();
    (revisions, epoch)
}

#[test]
fn everything_gets_new_keys_and_opens_under_the_same_numbers() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let github = window.save(None, login("GitHub", "anna", "hunter2"));
    window.save(Some(github), login("GitHub", "anna", "hunter3"));
    let codes = window.save(None, note("Door codes", "1234"));
    let (before, epoch) = rows(&folder);

    let planned = plan(&mut window, everything());
    let rekeying = &planned.plan.rekeying;
    assert_eq!((rekeying.revisions.len(), rekeying.index, rekeying.damaged.len()), (3, true, 0));
    assert_eq!((&planned.plan.begun, planned.plan.missing.len(), planned.plan.calls.len()), (&None, 0, 0));
    assert_eq!(rows(&folder), (before.clone(), epoch), "a plan changes nothing");

    begin(&window, &planned, &[]);
    let done = rekeyed(&mut window);
    assert_eq!((done.done.revisions, done.done.index, done.missing.len(), done.removed.len()), (3, true, 0, 0));
    assert_eq!(done.done.bytes, planned.plan.bytes());
    let (after, now) = rows(&folder);
    assert!(after.len() == 3 && after.is_disjoint(&before) && now > epoch, "{epoch} {now}");

    // The session goes on, and so does the next one.
    let later = window.save(None, note("Later", "saved under the new key of the list"));
    relock(&mut window, &folder, PASSPHRASE);
    assert_eq!(window.read(github)[1].1, "hunter3");
    assert_eq!(window.read(codes)[0].1, "1234");
    assert_eq!(window.read(later)[0].1, "saved under the new key of the list");
    window.send(Command::OpenItem { item: github, revision: Some(1) });
    expect!(window, What::ItemOpened { revision: Some(1), .. });
    assert_eq!(ways(&mut window).begun, None);
}

#[test]
fn only_old_keys_are_replaced_and_where_none_is_old_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    window.lock();
    expect!(window, What::Locked(_));
    // Somebody whose clock is right, a while ago. The list's key is of today.
    let mut vault = unlock_on(&folder, Timestamp::now() - SignedDuration::from_hours(24 * 100));
    let old = vaults::add_note(&mut vault, "Old", "from long ago");
    drop(vault);
    window.unlock(&folder);
    let young = window.save(None, note("Young", "from today"));
    let (before, epoch) = rows(&folder);

    let older = |days| RekeyScope { items: None, older_than_days: Some(days) };
    let planned = plan(&mut window, older(365));
    assert!(planned.plan.rekeying.revisions.is_empty() && !planned.plan.rekeying.index);
    let planned = plan(&mut window, older(90));
    let meant: Vec<_> = planned.plan.rekeying.revisions.iter().map(|revision| revision.item).collect();
    assert_eq!((meant, planned.plan.rekeying.index), (vec![old], false));
    begin(&window, &planned, &[]);
    assert_eq!(rekeyed(&mut window).done.revisions, 1);
    let (after, now) = rows(&folder);
    assert_eq!((after.intersection(&before).count(), now), (1, epoch));
    assert_eq!((window.read(old)[0].1.as_str(), window.read(young)[0].1.as_str()), ("from long ago", "from today"));
    assert!(plan(&mut window, older(90)).plan.rekeying.revisions.is_empty());
}

#[test]
fn one_item_gets_new_keys_with_all_its_versions_and_nothing_is_asked_for_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    window.send(Command::AddWay(NewWay::Passphrase(secret(RECOVERY))));
    expect!(window, What::WayAdded { .. });
    let github = window.save(None, login("GitHub", "anna", "hunter2"));
    window.save(Some(github), login("GitHub", "anna", "hunter3"));
    window.save(None, note("Door codes", "1234"));
    let (before, epoch) = rows(&folder);
    let planned = plan(&mut window, RekeyScope { items: Some(vec![github]), older_than_days: None });
    // EXPOSE: compared in a test.
    assert_eq!(planned.title.as_ref().map(SecretString::expose), Some("GitHub"));
    assert_eq!((planned.plan.rekeying.revisions.len(), planned.plan.missing.len()), (2, 0));
    begin(&window, &planned, &[]);
    let done = rekeyed(&mut window);
    assert_eq!((done.done.revisions, done.done.index), (2, false));
    let (after, now) = rows(&folder);
    assert_eq!((after.intersection(&before).count(), now), (1, epoch));
    // The way in that nobody typed anything for opens what is new.
    relock(&mut window, &folder, RECOVERY);
    assert_eq!(window.read(github)[1].1, "hunter3");
}

#[test]
fn every_way_in_has_to_be_typed_for_a_new_key_of_the_list_and_opens_it_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, note("Door codes", "1234"));
    window.send(Command::MakeSheet);
    let sheet: Arc<EmergencySheet> = expect!(window, What::SheetMade(sheet) => sheet);
    for way in [NewWay::Sheet(Arc::clone(&sheet)), NewWay::Passphrase(secret(RECOVERY))] {
        window.send(Command::AddWay(way));
        expect!(window, What::WayAdded { .. });
    }
    let (before, epoch) = rows(&folder);
    let planned = plan(&mut window, everything());
    let kinds: BTreeSet<_> = planned.plan.missing.iter().map(|(_, kind)| format!("{kind:?}")).collect();
    let expected = [SlotKind::Sheet, SlotKind::RecoveryPassphrase].map(|kind| format!("{kind:?}"));
    assert_eq!(kinds, expected.into_iter().collect());

    // EXPOSE: typed in a test.
    let code = sheet.code().expose().to_owned();
    let mistyped =
        { if code.ends_with('0') { code.replace('0', "1") } else { format!("{}0", &code[..code.len() - 1]) } };
    for (typed, refused) in [
        (vec![], Problem::WayAway),
        (vec![RECOVERY], Problem::WayAway),
        (vec!["not this one", &code], Problem::WrongPassphrase),
        (vec![RECOVERY, "not this one"], Problem::WrongPassphrase),
        (vec![RECOVERY, &mistyped], Problem::MistypedCode),
    ] {
        begin(&window, &planned, &typed);
        assert_eq!(expect!(window, What::Failed(problem) => problem), refused);
        assert_eq!(rows(&folder), (before.clone(), epoch), "nothing was begun");
    }
    assert_eq!(ways(&mut window).begun, None);
    // In any order.
    begin(&window, &planned, &[&code, RECOVERY]);
    assert!(rekeyed(&mut window).done.index);
    for typed in [code.as_str(), RECOVERY, PASSPHRASE] {
        relock(&mut window, &folder, typed);
        assert_eq!(window.read(item)[0].1, "1234");
    }
}

#[test]
fn what_is_damaged_is_named_and_keeps_its_keys_and_the_rest_has_new_ones() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let bad = window.save(None, note("Bad", "the frames of this are changed"));
    let good = window.save(None, note("Good", "1234"));
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = randomblob(length(frames)) WHERE item_id = ?1";
    assert_eq!(database.execute(sql, [bad.0]).unwrap(), 1);
    drop(database);
    let planned = plan(&mut window, everything());
    begin(&window, &planned, &[]);
    let done = rekeyed(&mut window);
    assert_eq!((done.done.revisions, done.done.index), (1, true));
    let [missing] = &done.missing[..] else { panic!("{done:?}") };
    // EXPOSE: compared in a test.
    let title = missing.title.as_ref().map(SecretString::expose);
    assert_eq!((missing.item, missing.revision, title), (bad, 1, Some("Bad")));
    assert_eq!(window.read(good)[0].1, "1234");
}

#[test]
fn a_window_whose_list_got_another_key_from_elsewhere_says_so() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, note("Door codes", "1234"));
    let mut other = unlock_on(&folder, Timestamp::now());
    let made = block_on(other.make_index_keys()).unwrap();
    other.put_index_keys(made).unwrap();
    drop(other);
    window.send(Command::StillHere);
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Rekeyed);
    window.send(Command::SaveItem { item: None, draft: note("Another", "text") });
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Rekeyed);
    window.lock();
    expect!(window, What::Locked(_));
    // The list has another key than the one that is pinned here: the person is asked.
    window.unlock_with(&folder, PASSPHRASE);
    let doubts = expect!(window, What::Unlocked(opened) => opened.doubts);
    window.send(Command::AcceptVault { seen: doubts });
    expect!(window, What::Accepted);
    assert_eq!(window.read(item)[0].1, "1234");
}

#[test]
fn new_keys_are_stopped_by_a_cancel_and_by_a_lock_and_go_on_after() {
    passes(SecretService::start().enter(&mut again::case("worker::rekey::cases::stops")));
}

#[test]
fn what_was_begun_is_forgotten_where_it_begins_anew() {
    passes(SecretService::start().enter(&mut again::case("worker::rekey::cases::begins_anew")));
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use sealkeep::worker::{NewVault, TrustAnswer, UnlockBy};

    use super::*;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{FakeKms, Fault};

    /// More than are saved at once.
    const NOTES: usize = 70;
    const FIRST: usize = 64;

    #[test]
    #[ignore = "run by a test above"]
    fn begins_anew() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let folder = vault_in(home.path());
        let (kms, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        window.send(Command::AddProfile(kms.new_profile("work")));
        expect!(window, What::Profiles(_));
        let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: folder.clone(), key: new });
        expect!(window, What::Unlocked(_));
        for title in ["One", "Two"] {
            window.save(None, note(title, "saved before"));
        }
        let planned = plan(&mut window, everything());
        kms.forget_calls();
        kms.fail_always("GenerateDataKey", Fault::Hang);
        let running = begin(&window, &planned, &[]);
        kms.await_calls("GenerateDataKey", 1);
        window.cancel(running);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        kms.heal();
        kms.release();
        window.save(None, note("Three", "saved after it was begun"));
        let revisions = |planned: &PlannedRekey| planned.plan.rekeying.revisions.len();
        let goes_on = plan(&mut window, everything());
        assert!(goes_on.plan.begun.is_some() && revisions(&goes_on) == 2, "{:?}", goes_on.plan);

        window.send(Command::Rekey(RekeyStep::Plan(everything(), Resume::Anew)));
        let anew = *expect!(window, What::RekeyPlanned(planned) => planned);
        assert!(anew.plan.begun.is_none() && revisions(&anew) == 3, "{:?}", anew.plan);
        assert!(ways(&mut window).begun.is_some(), "nothing is forgotten before it is begun");
        let (before, _) = rows(&folder);
        begin(&window, &anew, &[]);
        assert_eq!(rekeyed(&mut window).done.revisions, 3);
        assert_eq!(ways(&mut window).begun, None);
        let (after, _) = rows(&folder);
        assert!(after.len() == 3 && after.is_disjoint(&before));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn stops() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let folder = vault_in(home.path());
        let (kms, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        window.send(Command::AddProfile(kms.new_profile("work")));
        expect!(window, What::Profiles(_));
        let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: folder.clone(), key: new });
        expect!(window, What::Unlocked(_));
        let items: Vec<_> = (0..NOTES)
            .map(|number| window.save(None, note(&format!("Note {number}"), &format!("text {number}"))))
            .collect();
        let (before, epoch) = rows(&folder);
        kms.forget_calls();
        let planned = plan(&mut window, everything());
        assert_eq!(kms.actions(), [""; 0], "nobody was asked");
        let count = NOTES as u64;
        assert_eq!(planned.plan.calls, [("GenerateDataKey", count + 1), ("Decrypt", 2 * count + 1)]);

        // The first batch is sealed again and saved; of the second nothing is answered.
        let well = std::iter::repeat_n(Fault::Well, FIRST);
        kms.fail_next("GenerateDataKey", well);
        kms.fail_always("GenerateDataKey", Fault::Hang);
        let running = begin(&window, &planned, &[]);
        kms.await_calls("GenerateDataKey", NOTES);
        window.cancel(running);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        let (stopped, now) = rows(&folder);
        assert_eq!((stopped.intersection(&before).count(), stopped.len(), now), (NOTES - FIRST, NOTES, epoch));
        let begun = ways(&mut window).begun.unwrap();
        assert_eq!((begun.left, &begun.scope), ((NOTES - FIRST) as u64, &everything()));

        // The same again goes on with what is left.
        kms.release();
        kms.forget_calls();
        let planned = plan(&mut window, begun.scope);
        assert_eq!((planned.plan.rekeying.revisions.len(), planned.plan.begun), (NOTES - FIRST, Some(begun.since)));
        begin(&window, &planned, &[]);
        kms.await_calls("GenerateDataKey", NOTES - FIRST);
        window.lock();
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Locked);
        expect!(window, What::Locked(_));
        kms.heal();
        kms.release();
        let unlock = |window: &mut Window| {
            let by = UnlockBy::Profile("work".to_owned());
            window.send(Command::Unlock { folder: folder.clone(), by, trust: TrustAnswer::Ask });
            expect!(window, What::Unlocked(opened) => opened)
        };
        unlock(&mut window);
        assert_eq!(window.read(items[NOTES - 1])[0].1, format!("text {}", NOTES - 1));

        // Where nothing may be saved, nothing goes on, and the ways in are listed all the same.
        window.lock();
        expect!(window, What::Locked(_));
        let database = || rusqlite::Connection::open(folder.join("vault.db")).unwrap();
        let name: Vec<u8> = database().query_row("SELECT name FROM collection", (), |row| row.get(0)).unwrap();
        let put = |name: &[u8]| assert_eq!(database().execute("UPDATE collection SET name = ?1", [name]).unwrap(), 1);
        put(&vec![0; name.len()]);
        assert!(!unlock(&mut window).doubts.is_empty());
        assert_eq!(ways(&mut window).begun, None);
        window.lock();
        expect!(window, What::Locked(_));
        put(&name);
        unlock(&mut window);
        assert!(ways(&mut window).begun.is_some());

        kms.forget_calls();
        let planned = plan(&mut window, everything());
        begin(&window, &planned, &[]);
        let done = rekeyed(&mut window);
        assert_eq!((done.done.revisions, done.done.index), ((NOTES - FIRST) as u64, true));
        assert_eq!(kms.count("GenerateDataKey"), NOTES - FIRST + 1, "only what was left");
        let (after, now) = rows(&folder);
        assert!(after.len() == NOTES && after.is_disjoint(&before) && now > epoch);
        assert_eq!(ways(&mut window).begun, None);
        window.lock();
        expect!(window, What::Locked(_));
        assert_eq!(unlock(&mut window).items.len(), NOTES);
        for (number, item) in items.iter().enumerate() {
            assert_eq!(window.read(*item)[0].1, format!("text {number}"));
        }
    }
}
