//! Moving everything to another KMS key while others want something of the vault: a lock above all. The story of a move is in
//! `slots.rs`.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut again::case(&format!("worker::moves::cases::{name}"))));
}

#[test]
fn a_lock_hangs_up_on_a_hundred_calls_at_once_and_asks_nobody_else() {
    passes_with_keyring("hundred_calls");
}

#[test]
fn a_lock_in_the_last_transaction_leaves_a_vault_that_opens_and_a_move_that_goes_on() {
    passes_with_keyring("last_transaction");
}

#[test]
fn a_key_that_does_not_open_what_it_got_loses_its_slot_from_the_first_one_on() {
    passes_with_keyring("lying_key");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::path::Path;
    use std::{fs, thread};

    use sealkeep::providers::KeyArn;
    use sealkeep::vault::{ItemId, SlotState};
    use sealkeep::worker::{
        Command, KeyDescription, LockReason, MoveTo, NewVault, OpenedVault, Problem, SlotKind, TrustAnswer, UnlockBy,
        WayIn, WaysIn, What,
    };

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{FakeKms, Fault};
    use crate::support::window::{Window, note, vault_in};

    /// An open vault of some notes, and another key for it.
    struct Desk {
        home: tempfile::TempDir,
        kms: FakeKms,
        new: KeyArn,
        window: Window,
        notes: Vec<ItemId>,
    }

    impl Desk {
        fn new(notes: usize) -> Self {
            assert_inside();
            let home = tempfile::tempdir().unwrap();
            let (kms, old) = FakeKms::with_key();
            let new = kms.make_key();
            let mut window = Window::open(home.path());
            window.send(Command::AddProfile(kms.new_profile("work")));
            expect!(window, What::Profiles(_));
            let key = NewVault::Kms { profile: "work".to_owned(), key: old.to_string() };
            window.send(Command::CreateVault { folder: vault_in(home.path()), key });
            expect!(window, What::Unlocked(_));
            let notes = (0..notes).map(|number| window.save(None, note(&format!("Note {number}"), "text"))).collect();
            Self { home, kms, new, window, notes }
        }

        fn ways(&mut self) -> WaysIn {
            self.window.send(Command::ListWays);
            expect!(self.window, What::Ways(list) => list)
        }

        /// Asks for the move; of the first key to the other.
        fn begin(&mut self) {
            let slot = self.ways().ways.iter().find(|way| !is_of(way, &self.new)).unwrap().slot;
            self.kms.forget_calls();
            let to = MoveTo { slot, profile: "work".to_owned(), key: self.new.to_string() };
            self.window.send(Command::MoveKeys(to));
        }

        fn unlock(&mut self) -> OpenedVault {
            let by = UnlockBy::Profile("work".to_owned());
            self.window.send(Command::Unlock { folder: vault_in(self.home.path()), by, trust: TrustAnswer::Ask });
            expect!(self.window, What::Unlocked(opened) => opened)
        }

        /// Moves the rest; everything opens under the new key then.
        fn move_the_rest(&mut self, left: u64) {
            self.begin();
            let moved = expect!(self.window, What::KeysMoved(moved) => moved);
            assert!(moved.done.is_replaced && moved.done.proof.is_whole() && moved.missing.is_empty());
            assert_eq!((moved.done.moved, moved.done.proof.data_wraps), (left, self.notes.len() as u64));
            assert!(matches!(moved.key, KeyDescription::Kms { ref arn, .. } if arn == self.new.as_str()));
            for note in self.notes.clone() {
                assert_eq!(self.window.read(note), [("text".to_owned(), "text".to_owned())]);
            }
        }
    }

    fn is_of(way: &WayIn, key: &KeyArn) -> bool {
        matches!(&way.kind, SlotKind::Kms { arn } if arn == key.as_str())
    }

    #[test]
    #[ignore = "run by a test above"]
    fn hundred_calls() {
        /// As many keys are on their way from the start; the others wait for their turn.
        const MOVED: usize = 16;
        const OPENED: usize = 100 - MOVED;
        let mut desk = Desk::new(40);
        // The list's key moves, and is proved; then nobody is answered any more.
        desk.kms.fail_next("ReEncrypt", [Fault::Well]);
        desk.kms.fail_next("Decrypt", [Fault::Well]);
        desk.kms.fail_always("ReEncrypt", Fault::Hang);
        desk.kms.fail_always("Decrypt", Fault::Hang);
        desk.begin();
        desk.kms.await_calls("ReEncrypt", 1 + MOVED);
        // As many as may wait at once, in two parts.
        for half in 1..=2 {
            for number in 0..OPENED / 2 {
                desk.window.send(Command::OpenItem { item: desk.notes[number % desk.notes.len()], revision: None });
            }
            desk.kms.await_calls("Decrypt", 1 + half * OPENED / 2);
        }
        desk.window.lock();
        expect!(desk.window, What::Locking(LockReason::Asked));
        let mut refused = 0;
        desk.window.until("What::Locked", |what| match what {
            What::Failed(Problem::Locked) => {
                refused += 1;
                std::ops::ControlFlow::Continue(What::LocksIn(None))
            }
            What::Locked(LockReason::Asked) => std::ops::ControlFlow::Break(()),
            other => std::ops::ControlFlow::Continue(other),
        });
        assert_eq!(refused, OPENED + 1, "whoever asked has an answer before it is locked");
        desk.kms.await_hang_ups(100);
        let asked = (desk.kms.count("ReEncrypt"), desk.kms.count("Decrypt"));
        assert_eq!(asked, (1 + MOVED, 1 + OPENED), "whose turn came by that asked nobody");
        desk.kms.heal();
        assert_eq!(desk.unlock().items.len(), 40);
        let list = desk.ways();
        let new = list.ways.iter().find(|way| is_of(way, &desk.new)).unwrap();
        assert_eq!((new.state, new.owed), (SlotState::Pending, 40), "what was on its way is lost, and nothing else");
        desk.move_the_rest(40);
    }

    /// Waits until the worker has a thread that saves.
    fn await_save() {
        let saves = |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "sealkeep save\n");
        let tasks = || fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
        while !tasks().any(|task| saves(&task)) {
            thread::yield_now();
        }
    }

    #[test]
    #[ignore = "run by a test above"]
    fn last_transaction() {
        let mut desk = Desk::new(3);
        // The list's key is proved, and the first one; of the sample the list's key, two notes, and no answer for the third.
        desk.kms.fail_next("Decrypt", vec![Fault::Well; 5]);
        desk.kms.fail_always("Decrypt", Fault::Hang);
        desk.begin();
        desk.kms.await_calls("Decrypt", 6);
        // Another program writes: the last transaction can't begin, and is asked for.
        let other = rusqlite::Connection::open(vault_in(desk.home.path()).join("vault.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        desk.kms.heal();
        desk.kms.release();
        await_save();
        desk.window.lock();
        expect!(desk.window, What::Locking(LockReason::Asked));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(expect!(desk.window, What::Failed(problem) => problem), Problem::Locked);
        expect!(desk.window, What::Locked(LockReason::Asked));
        drop(other);

        let opened = desk.unlock();
        assert!(opened.doubts.is_empty() && opened.items.len() == 3);
        assert!(matches!(opened.key, KeyDescription::Kms { ref arn, .. } if arn != desk.new.as_str()));
        let list = desk.ways();
        let states: Vec<_> = list.ways.iter().map(|way| (is_of(way, &desk.new), way.state, way.owed)).collect();
        assert_eq!(list.ways.len(), 2, "{states:?}");
        assert!(states.contains(&(false, SlotState::Active, 0)) && states.iter().all(|(_, _, owed)| *owed == 0));
        desk.move_the_rest(0);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn lying_key() {
        let mut desk = Desk::new(3);
        let before = desk.ways();
        // The list's key comes back as it was, and the first data key as another one.
        desk.kms.fail_next("Decrypt", [Fault::Well, Fault::OtherKey]);
        desk.begin();
        assert_eq!(expect!(desk.window, What::Failed(problem) => problem), Problem::WrongKey);
        assert_eq!(desk.ways(), before, "what was begun is taken back");
        desk.move_the_rest(3);
    }
}
