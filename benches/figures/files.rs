//! Encrypting and decrypting a file, putting it into a vault and getting it out of one, beside copying it and beside `age`.
//! Everything ends on the disk: fsynced.

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
    Put,
    Get,
    /// What every unlocking costs before anything of a file is done.
    Unlock,
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
    let (vault, empty) = (at("Files.sealkeep"), at("Empty.sealkeep"));
    let in_vault = |vault: &Path, command: &str| {
        let mut cli = person.cli([command, "--vault"]);
        cli.arg(vault).args(person.with_passphrase());
        cli
    };
    for vault in [&vault, &empty] {
        run(in_vault(vault, "new").arg("--passphrase"));
    }
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
        Contestant::new("Sealkeep puts into a vault, passphrase", Kind::Put, || {
            run(in_vault(&vault, "put").arg(at("plain")));
        }),
        Contestant::new("Sealkeep gets from a vault, passphrase", Kind::Get, || {
            run(in_vault(&vault, "get").arg("plain").arg("-o").arg(at(COPY)));
        }),
        Contestant::new("of each of these two: to start, Argon2id, unlock", Kind::Unlock, || {
            run(&mut in_vault(&empty, "ls"));
        }),
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
            if round == 0 && matches!(kind, Kind::Decrypt | Kind::Get) {
                assert!(same(&at("plain"), &at(COPY)), "{name}");
            }
        }
        run(in_vault(&vault, "purge").arg("plain"));
    }
    let table = table(&contestants, extent);
    drop(contestants);
    for name in ["plain", COPY, "plain.age", "plain.sealed"] {
        remove(&at(name));
    }
    for vault in [vault, empty] {
        std::fs::remove_dir_all(vault).unwrap();
    }
    format!(
        "A file of {} MiB of random bytes, from the page cache to the disk. A passphrase costs its Argon2id each time, which \
         is in the times; the last line tells it apart.\n\n\
         | what | time | speed | of `cp` | beside `age` |\n|---|---|---|---|---|\n{table}",
        extent.file / MIB
    )
}

fn table(contestants: &[Contestant<'_>], extent: Extent) -> String {
    let median = |place: usize| contestants[place].times.median();
    let line = |contestant: &Contestant<'_>| {
        let time = contestant.times.median();
        let (name, times) = (contestant.name, &contestant.times);
        if contestant.kind == Kind::Unlock {
            return format!("| {name} | {times} | | {:.2} × | |\n", time / median(0));
        }
        let speed = extent.file as f64 / MIB as f64 / time;
        let age = match contestant.kind {
            Kind::Copy | Kind::Put | Kind::Get | Kind::Unlock => String::new(),
            Kind::Encrypt => format!("{:.2} × as fast", median(1) / time),
            Kind::Decrypt => format!("{:.2} × as fast", median(2) / time),
        };
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
