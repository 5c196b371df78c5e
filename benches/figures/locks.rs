//! How long a lock takes while something works for the vault: from the person's key to the word that nothing of it is left.
//!
//! Measured where the window stands, at the worker's channel. The worker reads the keyring of its session, so it runs in a process
//! of its own that is started in one.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use sealkeep::secret::SecretString;
use sealkeep::worker::{
    Command, NetworkFields, NewProfile, NewVault, Problem, ProfileKind, TrustAnswer, UnlockBy, What,
};

use super::people::Person;
use super::sample::Sample;
use super::support::fake_kms::{FakeKms, Fault};
use super::support::window::{Window, note, vault_in};
use super::{Extent, MIB};
use crate::expect;

/// The first argument of the process that measures.
const INSIDE: &str = "--locks-inside";
/// A smaller file is through before anybody has locked.
const SHORTEST: u64 = 512 * MIB;
/// What the design promises for the work, in milliseconds.
const PROMISED: u64 = 50;

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let length = extent.file.max(SHORTEST);
    let mut inside = Process::new(std::env::current_exe().unwrap());
    inside.arg(INSIDE).arg(folder).arg(extent.rounds.to_string()).arg(length.to_string());
    let output = person.enter(&mut inside).stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "measuring locks failed");
    format!(
        "From the request to the answer that the vault is locked: every job has stopped and dropped its key. The design allows \
         {PROMISED} ms. The file has {} MiB.\n\n| meanwhile | locked after |\n|---|---|\n{}",
        length / MIB,
        String::from_utf8(output.stdout).unwrap()
    )
}

/// Where this process was started to measure: does that, prints the rows, and returns `true`.
pub fn measure_inside(arguments: &[String]) -> bool {
    let [first, folder, rounds, length] = arguments else { return false };
    if first != INSIDE {
        return false;
    }
    let mut desk = Desk::open(&Path::new(folder).join("locks"), length.parse().unwrap());
    let mut samples: [Sample; 5] = Default::default();
    for _ in 0..rounds.parse::<usize>().unwrap() {
        let [nothing, import, export, call, calls] = &mut samples;
        desk.time_lock(nothing);
        desk.window.send(Command::AddFiles { paths: vec![desk.home.join(PLAIN)] });
        desk.time_lock_of_job(import);
        let path = desk.home.join("out");
        desk.window.send(Command::SaveDocumentAs { item: desk.document, revision: None, path, replace: true });
        desk.time_lock_of_job(export);
        desk.kms.forget_calls();
        desk.kms.fail_always("Decrypt", Fault::Hang);
        desk.window.send(Command::OpenItem { item: desk.note, revision: None });
        desk.kms.await_calls("Decrypt", 1);
        desk.time_lock(call);
        desk.kms.forget_calls();
        desk.kms.fail_always("Decrypt", Fault::Hang);
        // As many as may wait at once, in two parts.
        for half in 1..=2 {
            for _ in 0..MANY / 2 {
                desk.window.send(Command::OpenItem { item: desk.note, revision: None });
            }
            desk.kms.await_calls("Decrypt", half * MANY / 2);
        }
        desk.time_lock(calls);
    }
    let many = format!("KMS is asked for {MANY} items at once");
    let names =
        ["nothing works", "a file is sealed into it", "a document is opened and written out", "KMS is asked", &many];
    for (name, times) in names.iter().zip(&samples) {
        println!("| {name} | {} |", times.in_milliseconds());
    }
    println!("{}", desk.time_opens(OPENS));
    true
}

/// So many calls are on their way when it locks.
const MANY: usize = 100;
/// How long each answer of the KMS takes where opening is timed.
const DELAY: Duration = Duration::from_millis(20);
const OPENS: usize = 51;

const PLAIN: &str = "plain";
const PROFILE: &str = "locks";

/// An open vault on a KMS that does as it is told.
struct Desk {
    home: std::path::PathBuf,
    kms: FakeKms,
    window: Window,
    document: sealkeep::vault::ItemId,
    note: sealkeep::vault::ItemId,
}

impl Desk {
    fn open(home: &Path, length: u64) -> Self {
        std::fs::create_dir(home).unwrap();
        // Its bytes don't matter here, and a hole takes no disk.
        File::create(home.join(PLAIN)).unwrap().set_len(length).unwrap();
        let (kms, key) = FakeKms::with_key();
        let mut window = Window::open(home);
        window.send(Command::AddProfile(NewProfile {
            name: PROFILE.to_owned(),
            region: FakeKms::REGION.to_owned(),
            network: NetworkFields { endpoint_url: Some(kms.endpoint()), ..NetworkFields::default() },
            kind: ProfileKind::Static {
                access_key_id: FakeKms::ACCESS_KEY_ID.to_owned(),
                secret_access_key: SecretString::copy_of(FakeKms::SECRET_ACCESS_KEY),
                session_token: None,
            },
            protect: None,
        }));
        expect!(window, What::Profiles(_));
        let new = NewVault::Kms { profile: PROFILE.to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: vault_in(home), key: new });
        expect!(window, What::Unlocked(_));
        let note = window.save(None, note("Door codes", "1234"));
        window.send(Command::AddFiles { paths: vec![home.join(PLAIN)] });
        let document = expect!(window, What::JobDone(outcome) => outcome.items[0]);
        Self { home: home.to_owned(), kms, window, document, note }
    }

    /// How long a note takes to open, beside one round trip to the KMS in the same minute.
    fn time_opens(&mut self, count: usize) -> String {
        self.kms.set_delay(DELAY);
        let (mut opens, mut trips) = (Sample::default(), Sample::default());
        let key = self.kms.calls().into_iter().find_map(|call| call.key);
        for _ in 0..count {
            self.window.send(Command::TestProfile { name: PROFILE.to_owned(), key: key.clone() });
            let report = expect!(self.window, What::ProfileTested(report) => report);
            trips.add(report.key.map(|key| key.latency).unwrap_or_default());
            opens.time(|| {
                self.window.send(Command::OpenItem { item: self.note, revision: None });
                expect!(self.window, What::ItemOpened { .. });
            });
        }
        self.kms.set_delay(Duration::ZERO);
        format!(
            "\nWhere each answer of the KMS takes {} ms, one round trip took {} and opening a note {}: 1 : {:.2} (asked: 1.3 at most).",
            DELAY.as_millis(),
            trips.in_milliseconds(),
            opens.in_milliseconds(),
            opens.median() / trips.median()
        )
    }

    /// Locks once the job that was asked for is under way.
    fn time_lock_of_job(&mut self, times: &mut Sample) {
        expect!(self.window, What::Job(progress) if progress.current_done > 0 => ());
        self.time_lock(times);
    }

    /// Locks, and opens the vault again.
    fn time_lock(&mut self, times: &mut Sample) {
        times.time(|| {
            self.window.lock();
            self.await_lock();
        });
        self.kms.heal();
        let by = UnlockBy::Profile(PROFILE.to_owned());
        self.window.send(Command::Unlock { folder: vault_in(&self.home), by, trust: TrustAnswer::Ask });
        expect!(self.window, What::Unlocked(_));
    }

    fn await_lock(&mut self) {
        self.window.until("What::Locked", |what| match what {
            What::Locked(_) => ControlFlow::Break(()),
            // How what was under way ended.
            What::Failed(Problem::Locked) => ControlFlow::Continue(What::LocksIn(None)),
            other => ControlFlow::Continue(other),
        });
    }
}
