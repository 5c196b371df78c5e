//! A disk that is really full: a file system of a few megabytes, in a mount namespace of its own. Where the kernel gives nobody one
//! (in some containers), a limit of the kernel's on the length of files, which refuses writes in the same places.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::script::{LARGE, prepare};
use crate::support::cli::{Person, Said};
use crate::support::vaults::bytes;

/// How much room there is.
const ROOM: u64 = 3 << 20;

/// Mounts it, says so, and keeps the namespace until its input ends.
const MOUNT: &str = "mount -t tmpfs -o size=\"$2\" tmpfs \"$1\" && echo ready && read -r _";

/// A small file system at `m` in a person's folder, that only this process's commands see.
struct SmallDisk {
    person: Person<'static>,
    holder: Child,
    _input: ChildStdin,
    enter: Vec<String>,
}

impl SmallDisk {
    /// `None` where neither a person nor root may mount anything.
    fn mount() -> Option<Self> {
        let person = prepare();
        let place = person.at("m");
        std::fs::create_dir(&place).unwrap();
        for (unshare, enter) in [("-Urm", &["-U", "-m", "--preserve-credentials"][..]), ("-m", &["-m"])] {
            let mut command = Command::new("unshare");
            command.args([unshare, "sh", "-c", MOUNT, "sh"]).arg(&place).arg(ROOM.to_string());
            let mut holder =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut said = String::new();
            BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
            if said != "ready\n" {
                holder.wait().unwrap();
                continue;
            }
            // Where it is is what is mounted in there: the folder is entered again, inside.
            let (pid, work) = (holder.id().to_string(), person.at("").to_str().unwrap().to_owned());
            let again = ["sh", "-c", "cd \"$0\" && exec \"$@\"", &work];
            let into = [&["nsenter", "-t", &pid], enter, &again].concat();
            let input = holder.stdin.take().unwrap();
            return Some(Self { person, holder, _input: input, enter: into.into_iter().map(str::to_owned).collect() });
        }
        None
    }

    /// A folder of it, from outside.
    fn at(&self, name: &str) -> PathBuf {
        let inside = self.person.at("m").join(name);
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside.strip_prefix("/").unwrap())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Runs a command on the vault at `vault` through `enter`.
fn on(person: &Person<'_>, enter: &[String], vault: &str, args: &[&str], input: &str) -> Said {
    let program: Vec<&str> = enter.iter().map(String::as_str).collect();
    let args = [&["--yes", "--vault", vault, "--passphrase-file", "pw"], args].concat();
    Said::with_input(&mut person.through(&program, args), input.as_bytes())
}

fn body_files(vault: &Path) -> Vec<String> {
    crate::support::cli::names_in(&vault.join("bodies"))
}

const FULL: [&str; 2] = ["No space is left for", "Nothing was lost, and nothing was changed. Free some space"];

#[test]
fn a_full_disk_refuses_what_has_no_room_keeps_everything_else_and_goes_on_when_there_is_some() {
    let Some(disk) = SmallDisk::mount() else { return a_limit_on_files_refuses_what_has_no_room() };
    let run = |args: &[&str]| on(&disk.person, &disk.enter, "m/v.sealkeep", args, "");
    let vault = disk.at("v.sealkeep");
    run(&["new", "--passphrase"]).ok();
    on(&disk.person, &disk.enter, "m/v.sealkeep", &["add", "login", "GitHub", "--set-stdin", "password"], "hunter2")
        .ok();

    // Documents, until there is no room for another.
    let mut stored = 0;
    loop {
        let said = run(&["put", "large.bin", "--title", &format!("Large {stored}")]);
        if !said.is_done() {
            said.refused(1, &FULL);
            break;
        }
        stored += 1;
    }
    assert!(stored > 3 && stored as u64 * (LARGE as u64) < ROOM, "{stored}");
    assert_eq!(body_files(&vault).len(), stored, "the one that was refused left nothing");

    // To the last byte: nothing that writes has room, and everything can be read.
    fill(&disk.at("filler"));
    assert_eq!(run(&["show", "GitHub", "--field", "password"]).ok().text(), "hunter2\n");
    run(&["add", "note", "No room", "--set", "text=x"]).refused(1, &FULL);
    run(&["edit", "GitHub", "--title", "Renamed"]).refused(1, &FULL);
    run(&["put", "small.txt"]).refused(1, &FULL);
    run(&["purge", "Large 0"]).refused(1, &FULL);
    assert_eq!(run(&["ls", "--json"]).ok().json().as_array().unwrap().len(), stored + 1);
    assert_eq!(run(&["show", "GitHub", "--field", "password"]).ok().text(), "hunter2\n");
    assert!(run(&["get", "Large 0", "-o", "-"]).ok().out == bytes(LARGE));
    run(&["check"]).ok();
    assert_eq!(body_files(&vault).len(), stored);

    // Somebody makes room.
    std::fs::remove_file(disk.at("filler")).unwrap();
    run(&["purge", "Large 0"]).ok();
    assert_eq!(body_files(&vault).len(), stored - 1);
    run(&["put", "large.bin", "--title", "There is room now"]).ok();
    run(&["add", "note", "And for this", "--set", "text=x"]).ok();
    run(&["check"]).ok();
    assert_eq!(run(&["ls", "--json"]).ok().json().as_array().unwrap().len(), stored + 2);
}

/// Writes until not a byte more has room.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for length in [4096, 1] {
        while file.write_all(&vec![1; length]).is_ok() {}
    }
}

/// The same, as far as it goes, where no file may be longer than a limit.
#[test]
fn a_limit_on_files_refuses_what_has_no_room() {
    let person = prepare();
    let limited = ["prlimit", "--fsize=200000", "env", "--ignore-signal=XFSZ"].map(str::to_owned);
    let free = ["env".to_owned()];
    on(&person, &free, "v.sealkeep", &["new", "--passphrase"], "").ok();
    on(&person, &free, "v.sealkeep", &["put", "large.bin", "--title", "Kept"], "").ok();
    on(&person, &limited, "v.sealkeep", &["put", "other.bin"], "").refused(1, &FULL);
    assert_eq!(body_files(&person.at("v.sealkeep")).len(), 1, "the one that was refused left nothing");
    on(&person, &limited, "v.sealkeep", &["add", "note", "Short", "--set", "text=x"], "").ok();
    assert!(on(&person, &limited, "v.sealkeep", &["get", "Kept", "-o", "-"], "").ok().out == bytes(LARGE));
    on(&person, &free, "v.sealkeep", &["put", "other.bin"], "").ok();
    on(&person, &free, "v.sealkeep", &["check"], "").ok();
}
