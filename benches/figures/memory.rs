//! The most memory that encrypting and decrypting ever hold, for a small and for a large file.

use std::path::Path;
use std::process::{Command, Stdio};

use super::people::Person;
use super::{Extent, MIB};

/// Runs its arguments and says their largest resident size in KiB. Nothing in Rust's library asks the kernel for it.
const PEAK: &str = "\
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
";

pub fn measure(person: &Person, folder: &Path, extent: Extent) -> String {
    let mut table = String::new();
    for (name, make, open) in [
        ("KMS", person.by_kms(), person.with_kms()),
        ("passphrase (Argon2id's own 64 MiB with it)", person.by_passphrase(), person.with_passphrase()),
    ] {
        let mut peaks = Vec::new();
        for length in [extent.small, extent.large] {
            let plain = folder.join("plain");
            // Its bytes don't matter here, and a hole takes no disk.
            std::fs::File::create(&plain).unwrap().set_len(length).unwrap();
            let sealed = folder.join("plain.sealed");
            let out = folder.join("out");
            peaks.push(peak(person.cli(["encrypt"]).args(&make).arg(&plain)));
            std::fs::remove_file(&plain).unwrap();
            peaks.push(peak(person.cli(["decrypt", "-o"]).arg(&out).args(&open).arg(&sealed)));
            std::fs::remove_file(&sealed).unwrap();
            std::fs::remove_file(out.join("plain")).unwrap();
        }
        for (does, small, large) in [("encrypt", peaks[0], peaks[2]), ("decrypt", peaks[1], peaks[3])] {
            table += &format!("| {does}, {name} | {small:.1} MiB | {large:.1} MiB |\n");
        }
    }
    let (small, large) = (extent.small / MIB, extent.large / MIB);
    format!(
        "The largest resident size of `sealkeep-cli`.\n\n| what | {small} MiB | {large} MiB |\n|---|---|---|\n{table}"
    )
}

/// The largest resident size of `command` and of nothing else, in MiB.
fn peak(command: &Command) -> f64 {
    peak_with(command, Stdio::null())
}

/// The same of a command that reads `input`.
pub fn peak_with(command: &Command, input: Stdio) -> f64 {
    let mut measured = Command::new("/usr/bin/python3");
    measured.args(["-c", PEAK]).arg(command.get_program()).args(command.get_args()).stdin(input);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => measured.env(name, value),
            None => measured.env_remove(name),
        };
    }
    let output = measured.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let kib: f64 = said.lines().last().unwrap().parse().unwrap();
    kib / 1024.0
}
