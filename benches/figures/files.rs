//! Encrypting and decrypting a file, beside copying it and beside `age`. Everything ends on the disk: fsynced.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::people::{Person, run};
use super::sample::Sample;
use super::{Extent, MIB};

/// Where each thing that does not make a name of its own writes to.
const COPY: &str = "copy";

/// Something that is timed.
struct Contestant<'a> {
    name: &'static str,
    kind: Kind,
    times: Sample,
    run: Box<dyn Fn() + 'a>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Copy,
    Encrypt,
    Decrypt,
}

impl<'a> Contestant<'a> {
    fn new(name: &'static str, kind: Kind, run: impl Fn() + 'a) -> Self {
        Self { name, kind, times: Sample::default(), run: Box::new(run) }
    }
}

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let at = |name: &str| folder.join(name);
    write_random(&at("plain"), extent.file);
    let recipient = make_age_key(&at("age.key"));

    let encrypt = |options: &[String]| run(person.cli(["encrypt"]).args(options).arg(at("plain")));
    let decrypt = |options: &[String]| {
        run(person.cli(["decrypt", "-o"]).arg(at("out")).args(options).arg(at("plain.sealed")));
        std::fs::rename(at("out").join("plain"), at(COPY)).unwrap();
    };
    let mut contestants = [
        Contestant::new("`cp`, `sync FILE`", Kind::Copy, || {
            run(Command::new("cp").arg(at("plain")).arg(at(COPY)));
            sync(&at(COPY));
        }),
        Contestant::new("`age` encrypts, `sync FILE`", Kind::Encrypt, || {
            run(Command::new("age").args(["-r", &recipient, "-o"]).arg(at("plain.age")).arg(at("plain")));
            sync(&at("plain.age"));
        }),
        Contestant::new("`age` decrypts, `sync FILE`", Kind::Decrypt, || {
            let mut age = Command::new("age");
            run(age.arg("-d").arg("-i").arg(at("age.key")).arg("-o").arg(at(COPY)).arg(at("plain.age")));
            sync(&at(COPY));
        }),
        Contestant::new("Sealkeep encrypts, KMS", Kind::Encrypt, || encrypt(&person.by_kms())),
        Contestant::new("Sealkeep decrypts, KMS", Kind::Decrypt, || decrypt(&person.with_kms())),
        Contestant::new("Sealkeep encrypts, passphrase", Kind::Encrypt, || encrypt(&person.by_passphrase())),
        Contestant::new("Sealkeep decrypts, passphrase", Kind::Decrypt, || decrypt(&person.with_passphrase())),
    ];
    for round in 0..extent.rounds {
        for Contestant { name, kind, times, run: action } in &mut contestants {
            remove(&at(COPY));
            if *kind == Kind::Encrypt {
                // What is decrypted next is what was encrypted last.
                remove(&at("plain.age"));
                remove(&at("plain.sealed"));
            }
            // Nobody pays for what another has left to be written.
            run(&mut Command::new("sync"));
            times.time(action);
            if round == 0 && *kind == Kind::Decrypt {
                assert!(same(&at("plain"), &at(COPY)), "{name}");
            }
        }
    }
    let table = table(&contestants, extent);
    drop(contestants);
    for name in ["plain", COPY, "plain.age", "plain.sealed"] {
        remove(&at(name));
    }
    format!(
        "A file of {} MiB of random bytes, from the page cache to the disk. A passphrase costs its Argon2id each time.\n\n\
         | what | time | speed | of `cp` | beside `age` |\n|---|---|---|---|---|\n{table}",
        extent.file / MIB
    )
}

fn table(contestants: &[Contestant<'_>], extent: Extent) -> String {
    let median = |place: usize| contestants[place].times.median();
    let line = |contestant: &Contestant<'_>| {
        let time = contestant.times.median();
        let speed = extent.file as f64 / MIB as f64 / time;
        let age = match contestant.kind {
            Kind::Copy => String::new(),
            Kind::Encrypt => format!("{:.2} × as fast", median(1) / time),
            Kind::Decrypt => format!("{:.2} × as fast", median(2) / time),
        };
        let (name, times) = (contestant.name, &contestant.times);
        format!("| {name} | {times} | {speed:.0} MiB/s | {:.2} × | {age} |\n", time / median(0))
    };
    contestants.iter().map(line).collect()
}

/// Makes a key, and returns who it is.
fn make_age_key(path: &Path) -> String {
    run(Command::new("age-keygen").arg("-o").arg(path).stderr(Stdio::null()));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

fn same(one: &Path, other: &Path) -> bool {
    Command::new("cmp").arg(one).arg(other).status().unwrap().success()
}

fn sync(path: &Path) {
    run(Command::new("sync").arg(path));
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

fn write_random(path: &Path, length: u64) {
    let mut random = std::fs::File::open("/dev/urandom").unwrap().take(length);
    let mut file = std::fs::File::create(path).unwrap();
    std::io::copy(&mut random, &mut file).unwrap();
}
