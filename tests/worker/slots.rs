//! The vault's ways in as the window uses them: a sheet, a drill, the day that it is needed, a second passphrase, a second KMS key, a
//! check.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sealkeep::secret::SecretString;
use sealkeep::vault::{Finding, SlotState};
use sealkeep::worker::{
    Command, Drilled, EmergencySheet, KeyDescription, MoveTo, MovesBy, NewWay, Problem, RecoveryHint, SlotKind,
    Standing, WaysIn, What,
};

use crate::expect;
use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;
use crate::support::window::{PASSPHRASE, Window, login, note, vault_in};

fn secret(text: &str) -> SecretString {
    SecretString::copy_of(text)
}

fn make_sheet(window: &mut Window) -> Arc<EmergencySheet> {
    window.send(Command::MakeSheet);
    expect!(window, What::SheetMade(sheet) => sheet)
}

fn ways(window: &mut Window) -> WaysIn {
    window.send(Command::ListWays);
    expect!(window, What::Ways(ways) => ways)
}

fn drill(window: &mut Window, typed: SecretString) -> Drilled {
    window.send(Command::Drill { secret: typed });
    expect!(window, What::Drilled(drilled) => drilled)
}

fn relock(window: &mut Window, folder: &Path, typed: &str) -> sealkeep::worker::OpenedVault {
    window.lock();
    expect!(window, What::Locked(_));
    window.unlock_with(folder, typed);
    expect!(window, What::Unlocked(opened) => opened)
}

#[test]
fn a_sheet_is_made_added_tried_and_opens_the_vault_when_it_is_needed() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let standing = expect!(window, What::Standing(standing) => standing);
    assert_eq!(standing, Standing { hint: Some(RecoveryHint::None), ..Standing::default() });
    let github = window.save(None, login("GitHub", "anna", "hunter2"));
    window.save(Some(github), login("GitHub", "anna", "hunter3"));

    let dropped = make_sheet(&mut window);
    let sheet = make_sheet(&mut window);
    assert!(!dropped.code().same_as(&sheet.code()), "each has a code of its own");
    assert_eq!(ways(&mut window).ways.len(), 1, "a sheet that was only made opens nothing");
    window.send(Command::Drill { secret: sheet.code() });
    let refused = expect!(window, What::Failed(problem) => problem);
    assert_eq!(refused, Problem::WrongPassphrase);

    window.send(Command::AddWay(NewWay::Sheet(Arc::clone(&sheet))));
    assert_eq!(expect!(window, What::WayBegun { slot } => slot), sheet.slot());
    assert_eq!(expect!(window, What::WayAdded { slot, .. } => slot), sheet.slot());
    let standing = expect!(window, What::Standing(standing) => standing);
    assert_eq!(standing.hint, Some(RecoveryHint::NeverTried));
    let listed = ways(&mut window);
    let kinds: Vec<_> = listed.ways.iter().map(|way| (way.kind.clone(), way.state, way.owed, way.opened)).collect();
    assert!(kinds.contains(&(SlotKind::Passphrase, SlotState::Active, 0, true)), "{kinds:?}");
    assert!(kinds.contains(&(SlotKind::Sheet, SlotState::Active, 0, false)), "{kinds:?}");
    assert_eq!(listed.keys, 2);
    let way = listed.ways.iter().find(|way| way.slot == sheet.slot()).unwrap();
    assert!(way.added.is_some() && way.drilled.is_none());

    let later = window.save(None, note("Later", "saved while nobody typed the code"));
    // EXPOSE: typed in a test.
    let typed = sheet.code().expose().to_lowercase().replace('-', " ");
    let drilled = drill(&mut window, secret(&typed));
    assert_eq!((drilled.slot, drilled.kind, drilled.opened), (sheet.slot(), SlotKind::Sheet, 3));
    assert_eq!((drilled.owed, drilled.failed), (0, 0));
    let standing = expect!(window, What::Standing(standing) => standing);
    assert_eq!(standing, Standing::default(), "it was tried, and all is well");
    assert!(ways(&mut window).ways.iter().any(|way| way.drilled.is_some()));

    let opened = relock(&mut window, &folder, &typed);
    assert_eq!((opened.key, opened.items.len()), (KeyDescription::Recovery, 2));
    assert_eq!(window.read(github)[1].1, "hunter3");
    assert_eq!(window.read(later)[0].1, "saved while nobody typed the code");
}

#[test]
fn what_recovery_saved_is_owed_to_the_passphrase_until_it_repairs() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    window.send(Command::AddWay(NewWay::Passphrase(secret("a recovery passphrase"))));
    expect!(window, What::WayAdded { .. });
    relock(&mut window, &folder, "a recovery passphrase");
    let saved = window.save(None, note("From recovery", "text"));
    let standing = expect!(window, What::Standing(standing) if standing.owed > 0 => standing);
    assert_eq!(standing.owed, 1);
    relock(&mut window, &folder, PASSPHRASE);
    assert_eq!(window.read(saved)[0].1, "text");
    let owed: Vec<_> = ways(&mut window).ways.iter().map(|way| (way.kind.clone(), way.owed)).collect();
    assert!(owed.contains(&(SlotKind::Passphrase, 1)), "{owed:?}");
    window.send(Command::RepairWays);
    // Whatever came before the repair may tell how the ways stand while it goes on.
    let (mut made, mut standing) = (None, None);
    while made.is_none() || standing.is_none() {
        match expect!(window, found @ (What::Repaired { .. } | What::Standing(_)) => found) {
            What::Standing(found) => standing = Some(found).filter(|found| found.owed == 0),
            What::Repaired { made: keys, .. } => made = Some(keys),
            _ => {}
        }
    }
    assert_eq!((made, standing.unwrap().hint), (Some(1), Some(RecoveryHint::NeverTried)));
    window.send(Command::PutHintAside);
    assert_eq!(expect!(window, What::Standing(standing) => standing), Standing::default());
}

#[test]
fn the_way_that_is_in_use_and_the_last_one_stay_and_others_can_go() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let item = window.save(None, note("Door codes", "1234"));
    let own = ways(&mut window).ways[0].slot;
    let sheet = make_sheet(&mut window);
    window.send(Command::AddWay(NewWay::Sheet(Arc::clone(&sheet))));
    expect!(window, What::WayAdded { .. });
    for command in [Command::RemoveWay { slot: own }, Command::RetireWay { slot: own }] {
        window.send(command);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::OwnWay);
    }
    window.send(Command::RetireWay { slot: sheet.slot() });
    let retired = expect!(window, What::Ways(list) => list);
    assert!(retired.ways.iter().any(|way| way.slot == sheet.slot() && way.state == SlotState::UnwrapOnly));
    window.send(Command::RemoveWay { slot: sheet.slot() });
    assert_eq!(expect!(window, What::Ways(list) => list.ways.len()), 1);
    assert_eq!(window.read(item)[0].1, "1234", "the open vault goes on");
    window.save(None, note("Another", "5678"));
    window.lock();
    expect!(window, What::Locked(_));
    // EXPOSE: typed in a test.
    window.unlock_with(&folder, sheet.code().expose());
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongPassphrase);
    assert_eq!(window.unlock(&folder).items.len(), 2);
}

#[test]
fn what_a_retired_way_in_does_not_open_is_said_to_be_for_another() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let before = window.save(None, note("Before", "1234"));
    let sheet = make_sheet(&mut window);
    window.send(Command::AddWay(NewWay::Sheet(Arc::clone(&sheet))));
    expect!(window, What::WayAdded { .. });
    window.send(Command::RetireWay { slot: sheet.slot() });
    expect!(window, What::Ways(_));
    let since = window.save(None, note("Since", "5678"));
    window.lock();
    expect!(window, What::Locked(_));
    // EXPOSE: typed in a test.
    window.unlock_with(&folder, sheet.code().expose());
    expect!(window, What::Unlocked(_));
    let standing = expect!(window, What::Standing(standing) => standing);
    assert_eq!(standing.hint, None, "recovery was used just now");
    assert_eq!(window.read(before)[0].1, "1234");
    window.send(Command::OpenItem { item: since, revision: None });
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::NotForThisWay);
}

#[test]
fn another_passphrase_opens_the_vault_and_the_old_one_does_not() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let slot = ways(&mut window).ways[0].slot;
    window.send(Command::ChangePassphrase { slot, old: secret("wrong"), new: secret("battery staple") });
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongPassphrase);
    window.send(Command::ChangePassphrase { slot, old: secret(PASSPHRASE), new: secret("battery staple") });
    expect!(window, What::PassphraseChanged { .. });
    window.save(None, note("Saved after that", "x"));
    window.lock();
    expect!(window, What::Locked(_));
    window.unlock_with(&folder, PASSPHRASE);
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::WrongPassphrase);
    window.unlock_with(&folder, "battery staple");
    assert_eq!(expect!(window, What::Unlocked(opened) => opened.items.len()), 1);
}

#[test]
fn a_printable_sheet_is_its_owners_alone_and_replaces_nothing_unasked() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_vault(home.path());
    let sheet = make_sheet(&mut window);
    let path = home.path().join("sheet.html");
    let save = |replace| Command::SaveSheet { sheet: Arc::clone(&sheet), path: path.clone(), replace };
    window.send(save(false));
    expect!(window, What::SheetSaved { .. });
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let page = std::fs::read_to_string(&path).unwrap();
    // EXPOSE: looked for in a test.
    assert!(page.contains(sheet.group(8).expose()) && page.contains("Family"));
    window.send(save(false));
    assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Exists { path: path.clone() });
    window.send(save(true));
    expect!(window, What::SheetSaved { .. });
}

#[test]
fn a_check_reads_everything_and_names_what_is_not_as_it_was_written() {
    let home = tempfile::tempdir().unwrap();
    let folder = vault_in(home.path());
    let mut window = Window::with_vault(home.path());
    let github = window.save(None, login("GitHub", "anna", "hunter2"));
    window.save(Some(github), login("GitHub", "anna", "hunter3"));
    window.save(None, note("Door codes", "1234"));
    window.send(Command::CheckVault);
    let checked = expect!(window, What::Checked(checked) => checked);
    assert_eq!((checked.items, checked.revisions), (2, 3));
    assert!(checked.problems.is_empty() && checked.bytes > 0);

    // A bit of the current version's content, which no row shows.
    let database = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    let sql = "UPDATE revision SET frames = CAST(substr(frames, 1, 40) || CASE hex(substr(frames, 41, 1)) WHEN '00' THEN x'01' \
               ELSE x'00' END || substr(frames, 42) AS BLOB) WHERE item_id = ?1 AND number = 2";
    assert_eq!(database.execute(sql, [github.0]).unwrap(), 1);
    drop(database);
    window.send(Command::CheckVault);
    let checked = expect!(window, What::Checked(checked) => checked);
    let [problem] = checked.problems.as_slice() else { panic!("{:?}", checked.problems) };
    assert_eq!((problem.item, &problem.what), (Some(github), &Finding::BodyChanged(2)));
    // EXPOSE: compared in a test.
    assert_eq!(problem.title.as_ref().map(SecretString::expose), Some("GitHub"));
}

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut again::case(&format!("worker::slots::cases::{name}"))));
}

#[test]
fn a_second_kms_key_that_was_away_is_owed_and_repaired() {
    passes_with_keyring("second_key");
}

#[test]
fn adding_a_kms_key_is_stopped_by_a_cancel_and_by_a_lock_and_goes_on_after() {
    passes_with_keyring("adding_stops");
}

#[test]
fn everything_moves_to_another_kms_key_through_a_cancel_and_a_lock() {
    passes_with_keyring("moving");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use sealkeep::providers::KeyArn;
    use sealkeep::worker::{NewVault, TrustAnswer, UnlockBy};

    use super::*;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{FakeKms, Fault};

    /// A window with an open vault of some notes under the first KMS key, and a second one with a profile, in another account.
    fn open_vault(home: &Path, notes: usize) -> (FakeKms, FakeKms, KeyArn, Window) {
        assert_inside();
        let ((first, key), (second, other)) = (FakeKms::with_key(), FakeKms::with_key());
        let mut window = Window::open(home);
        for new in [first.new_profile("work"), second.new_profile("spare")] {
            window.send(Command::AddProfile(new));
            expect!(window, What::Profiles(_));
        }
        let new = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: vault_in(home), key: new });
        expect!(window, What::Unlocked(_));
        for number in 0..notes {
            window.save(None, note(&format!("Note {number}"), "text"));
        }
        (first, second, other, window)
    }

    fn spare(key: &KeyArn) -> Command {
        Command::AddWay(NewWay::Kms { profile: "spare".to_owned(), key: key.to_string() })
    }

    fn of_key<'a>(list: &'a WaysIn, key: &KeyArn) -> &'a sealkeep::worker::WayIn {
        let is_it = |kind: &SlotKind| matches!(kind, SlotKind::Kms { arn } if arn == key.as_str());
        list.ways.iter().find(|way| is_it(&way.kind)).unwrap()
    }

    #[test]
    #[ignore = "run by a test above"]
    fn second_key() {
        let home = tempfile::tempdir().unwrap();
        let (first, second, other, mut window) = open_vault(home.path(), 2);
        window.send(spare(&other));
        expect!(window, What::WayAdded { .. });
        let list = ways(&mut window);
        let way = of_key(&list, &other);
        assert_eq!((way.state, way.owed, way.profile.as_deref()), (SlotState::Active, 0, Some("spare")));
        window.send(spare(&other));
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::SameKey { key: other.to_string() });

        second.go_away();
        window.save(None, note("Saved while it was away", "text"));
        let standing = expect!(window, What::Standing(standing) if standing.owed > 0 => standing);
        assert_eq!(standing.owed, 1);
        assert_eq!(of_key(&ways(&mut window), &other).owed, 1);
        window.send(Command::RepairWays);
        let problem = expect!(window, What::Failed(problem) => problem);
        assert!(matches!(problem, Problem::Unreachable { .. }), "{problem:?}");
        second.heal();
        window.send(Command::RepairWays);
        assert_eq!(expect!(window, What::Repaired { made, .. } => made), 1);
        let standing = expect!(window, What::Standing(standing) => standing);
        assert_eq!(standing.owed, 0);

        // The first account is gone for good.
        drop(first);
        window.lock();
        expect!(window, What::Locked(_));
        let by = UnlockBy::Profile("spare".to_owned());
        window.send(Command::Unlock { folder: vault_in(home.path()), by, trust: TrustAnswer::Ask });
        let opened = expect!(window, What::Unlocked(opened) => opened);
        assert!(matches!(opened.key, KeyDescription::Kms { ref profile, .. } if profile == "spare"));
        assert_eq!(opened.items.len(), 3);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn moving() {
        let home = tempfile::tempdir().unwrap();
        let (kms, _, _, mut window) = open_vault(home.path(), 20);
        let new = kms.make_key();
        let old = of_first(&ways(&mut window));
        let to = || MoveTo { slot: old, profile: "work".to_owned(), key: new.to_string() };
        kms.forget_calls();
        window.send(Command::PlanMove(to()));
        let planned = expect!(window, What::MovePlanned(planned) => planned);
        assert_eq!((planned.new.as_str(), planned.plan.moving.keys.len()), (new.as_str(), 20));
        assert_eq!(planned.plan.calls, [("ReEncrypt", 21), ("Decrypt", 19)]);
        assert!(matches!(planned.plan.by, Some(MovesBy::ReEncrypt { .. })));
        assert_eq!(kms.actions(), [""; 0], "nobody was asked");

        // The list's key moves; of the others none is answered.
        let hangs = || {
            kms.heal();
            kms.release();
            kms.fail_next("ReEncrypt", [Fault::AnswerFor(new.to_string())]);
            kms.fail_always("ReEncrypt", Fault::Hang);
            kms.forget_calls();
        };
        hangs();
        let moving = window.send(Command::MoveKeys(to()));
        kms.await_calls("ReEncrypt", 1 + 16);
        window.cancel(moving);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        let list = ways(&mut window);
        assert_eq!((of_key(&list, &new).state, of_key(&list, &new).owed), (SlotState::Pending, 20));

        hangs();
        window.send(Command::MoveKeys(to()));
        kms.await_calls("ReEncrypt", 1 + 16);
        window.lock();
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Locked);
        expect!(window, What::Locked(_));
        kms.heal();
        kms.release();
        let unlock = |window: &mut Window| {
            let by = UnlockBy::Profile("work".to_owned());
            window.send(Command::Unlock { folder: vault_in(home.path()), by, trust: TrustAnswer::Ask });
            expect!(window, What::Unlocked(opened) => opened)
        };
        unlock(&mut window);
        window.send(Command::MoveKeys(to()));
        let moved = expect!(window, What::KeysMoved(moved) => moved);
        assert!(moved.done.is_replaced && moved.done.proof.is_whole() && moved.missing.is_empty());
        assert_eq!((moved.done.moved, moved.done.proof.data_wraps), (20, 20));
        assert!(matches!(moved.key, KeyDescription::Kms { ref arn, .. } if arn == new.as_str()));
        let list = ways(&mut window);
        assert_eq!(list.ways.len(), 1);
        let way = of_key(&list, &new);
        assert_eq!((way.state, way.owed, way.opened), (SlotState::Active, 0, true));
        // The session goes on under the new key, and so does the next one.
        let saved = window.save(None, note("Saved under the new key", "text"));
        window.lock();
        expect!(window, What::Locked(_));
        let opened = unlock(&mut window);
        assert!(matches!(opened.key, KeyDescription::Kms { ref arn, .. } if arn == new.as_str()));
        assert_eq!((opened.items.len(), window.read(saved)[0].1.as_str()), (21, "text"));
    }

    /// The slot of the only KMS key.
    fn of_first(list: &WaysIn) -> sealkeep::vault::SlotId {
        list.ways[0].slot
    }

    #[test]
    #[ignore = "run by a test above"]
    fn adding_stops() {
        let home = tempfile::tempdir().unwrap();
        let (first, second, other, mut window) = open_vault(home.path(), 20);
        // The index key is wrapped; of the data keys none, because the first key does not open them.
        first.fail_always("Decrypt", Fault::Hang);
        let adding = window.send(spare(&other));
        expect!(window, What::WayBegun { .. });
        first.await_calls("Decrypt", 1);
        window.cancel(adding);
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Cancelled);
        let standing = expect!(window, What::Standing(standing) => standing);
        assert!(standing.adding);
        let list = ways(&mut window);
        assert_eq!((of_key(&list, &other).state, of_key(&list, &other).owed), (SlotState::Pending, 20));

        first.heal();
        first.release();
        second.fail_always("Encrypt", Fault::Hang);
        second.forget_calls();
        window.send(Command::RepairWays);
        second.await_calls("Encrypt", 1);
        window.lock();
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::Locked);
        expect!(window, What::Locked(_));
        second.heal();
        second.release();
        let by = UnlockBy::Profile("work".to_owned());
        window.send(Command::Unlock { folder: vault_in(home.path()), by, trust: TrustAnswer::Ask });
        expect!(window, What::Unlocked(_));
        assert!(expect!(window, What::Standing(standing) => standing).adding);
        window.send(Command::RepairWays);
        assert_eq!(expect!(window, What::Repaired { made, .. } => made), 20);
        assert!(!expect!(window, What::Standing(standing) => standing).adding);
        assert_eq!(of_key(&ways(&mut window), &other).state, SlotState::Active);
    }
}
