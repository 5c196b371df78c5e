//! What saving one item costs in a small and in a large vault: in this process, in an open session, until it is on the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sealkeep::secret::SecretString;
use sealkeep::session::{Home, Session, TrustAnswer, UnlockBy, inspect};
use sealkeep::vault::{Change, Fields, ItemId, Kind, SummaryEdit};
use tokio::runtime::Runtime;

use super::Extent;
use super::entries::make_vault;
use super::people::{PASSPHRASE, Person};
use super::sample::Sample;

/// How many items the small vault has.
const SMALL: usize = 100;

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let folder = folder.join("saves");
    std::fs::create_dir(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let home = Home::under(&folder.join("home")).unwrap();
    let mut desks = [("Small.sealkeep", SMALL), ("Large.sealkeep", extent.items)].map(|(name, count)| {
        let vault = folder.join(name);
        make_vault(person, &vault, count);
        let by = UnlockBy::Passphrase(SecretString::copy_of(PASSPHRASE));
        let opened =
            runtime.block_on(async { inspect(&home, &vault).await?.unlock(&home, by, TrustAnswer::Ask).await });
        Desk { session: opened.unwrap(), runtime: &runtime, added: Costs::default(), changed: Costs::default() }
    });
    for number in 0..extent.saves {
        for desk in &mut desks {
            desk.save(number);
        }
    }
    let [small, large] = &desks;
    let lines =
        line("a new item", &small.added, &large.added) + &line("an item changed", &small.changed, &large.changed);
    let count = extent.items;
    drop(desks);
    std::fs::remove_dir_all(&folder).unwrap();
    format!(
        "One login, from its fields to the word that it is on the disk: sealed, committed, the log emptied, what was seen of the vault \
         remembered. {} of each, in turns. What is not this program's processor time is waiting for the disk.\n\n\
         | what | {SMALL} items | {count} items | |\n|---|---|---|---|\n{lines}",
        extent.saves
    )
}

fn line(what: &str, small: &Costs, large: &Costs) -> String {
    let row = |what: &str, small: &Sample, large: &Sample| {
        let (ratio, small, large) = (large.median() / small.median(), small.in_milliseconds(), large.in_milliseconds());
        format!("| {what} | {small} | {large} | {ratio:.2} × |\n")
    };
    row(what, &small.time, &large.time) + &row("of it, the processor's", &small.processor, &large.processor)
}

#[derive(Default)]
struct Costs {
    time: Sample,
    processor: Sample,
}

impl Costs {
    fn of<T>(&mut self, action: impl FnOnce() -> T) -> T {
        let (begun, before) = (Instant::now(), processor());
        let done = action();
        self.time.add(begun.elapsed());
        self.processor.add(processor() - before);
        done
    }
}

/// An open vault, and what saving costs there.
struct Desk<'a> {
    session: Session,
    runtime: &'a Runtime,
    added: Costs,
    changed: Costs,
}

impl Desk<'_> {
    /// Adds an item, and changes it.
    fn save(&mut self, number: usize) {
        let Self { session, runtime, added, changed } = self;
        let item = added.of(|| save(session, runtime, None, number));
        changed.of(|| save(session, runtime, Some(item), number));
    }
}

fn save(session: &mut Session, runtime: &Runtime, item: Option<ItemId>, number: usize) -> ItemId {
    let mut fields = Fields::default();
    fields.set(&Kind::Login, "username", SecretString::copy_of("anna@example.org"));
    fields.set(&Kind::Login, "password", SecretString::new(format!("{number:032}")));
    let body = runtime.block_on(session.vault.new_body(item)).unwrap().seal_fields(&fields).unwrap();
    let change = match item {
        Some(item) => Change::Revise { item, body, edit: SummaryEdit::default() },
        None => Change::Add {
            subtitle: fields.subtitle(&Kind::Login),
            kind: Kind::Login,
            title: SecretString::new(format!("Saved {number}")),
            tags: Vec::new(),
            media_type: String::new(),
            body,
        },
    };
    session.vault.commit(vec![change]).unwrap()[0]
}

/// What all threads of this process have used of the processors.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
