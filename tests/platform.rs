//! The system's side, on real parts: an X display, a bus, a terminal, processes of their own.

mod clipboard;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal};

use crate::support::again::{case, passes};
use crate::support::portal::Portal;
use crate::support::secret_service::{self, Prompts, SecretService, Service};

#[test]
fn a_hardened_process_dumps_no_core_and_writes_private_files() {
    passes(&mut case("platform::cases::hardened"));
}

#[test]
fn what_is_kept_is_private_whatever_the_umask() {
    passes(&mut case("platform::cases::private"));
}

#[test]
fn a_request_to_end_is_passed_on_and_then_obeyed() {
    use std::os::unix::process::ExitStatusExt;
    for (path, signal) in
        [("ends", Signal::TERM), ("ends", Signal::INT), ("ends", Signal::HUP), ("watches", Signal::INT)]
    {
        let inner = case(&format!("platform::cases::{path}"));
        let mut started = with_every_signal(&inner);
        let mut running = started.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(running.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("ready") {
            assert_ne!(output.read_line(&mut said).unwrap(), 0, "{said}");
        }
        rustix::process::kill_process(Pid::from_child(&running), signal).unwrap();
        output.read_to_string(&mut said).unwrap();
        assert!(said.contains("put away"), "{said}");
        assert_eq!(running.wait().unwrap().signal(), Some(signal.as_raw()), "{path}");
    }
}

/// `command`, with no signal ignored: those that `nohup`, or a script with this in its background, ignores are for it too.
fn with_every_signal(command: &Command) -> Command {
    let mut started = Command::new("env");
    started.arg("--default-signal").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => started.env(name, value),
            None => started.env_remove(name),
        };
    }
    started
}

#[test]
fn a_desktop_without_file_dialogs_is_told_from_a_person_who_cancels() {
    let bus = SecretService::start_with(Service::Missing, Prompts::Impossible);
    let folder = tempfile::tempdir().unwrap();
    let mut none = dialog_helper(folder.path());
    bus.enter(&mut none);
    assert_eq!(ask_dialog_helper(&mut none, b"files\0\0Add files\0\0"), b"unavailable\0");

    write_zenity(folder.path(), "exit 1");
    assert_eq!(ask_dialog_helper(&mut dialog_helper(folder.path()), b"files\0\0Add files\0\0"), b"cancelled\0");
}

#[test]
fn picked_files_arrive_with_odd_names_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, barred) = (folder.path().join("a b.txt"), folder.path().join("x|y.txt"));
    for path in [&plain, &barred] {
        std::fs::write(path, "").unwrap();
    }
    write_zenity(folder.path(), &format!("printf '%s|%s\\n' '{}' '{}'", plain.display(), barred.display()));
    let answer = ask_dialog_helper(&mut dialog_helper(folder.path()), b"files\0\0Add files\0\0");
    assert_eq!(String::from_utf8(answer).unwrap(), format!("picked\0{}\0{}\0", plain.display(), barred.display()));
}

#[test]
fn the_desktops_portal_is_asked_first() {
    let bus = SecretService::start_with(Service::Missing, Prompts::Impossible);
    let folder = tempfile::tempdir().unwrap();
    let ask = |request: &[u8]| {
        let mut helper = dialog_helper(folder.path());
        bus.enter(&mut helper).env("PATH", folder.path());
        ask_dialog_helper(&mut helper, request)
    };
    let portal = Portal::start(bus.address());
    portal.will_answer(&["file:///d/a%20b.txt", "file:///d/x%7Cy%FF"]);
    assert_eq!(ask(b"files\0\0Add files\0/d\0"), b"picked\0/d/a b.txt\0/d/x|y\xff\0");
    portal.will_answer(&["file:///d/out.sealed"]);
    assert_eq!(ask(b"save\0out.sealed\0Save\0\0"), b"picked\0/d/out.sealed\0");
    portal.will_be_cancelled();
    assert_eq!(ask(b"folder\0\0Choose a folder\0\0"), b"cancelled\0");
    assert_eq!(portal.asked(), ["OpenFile Add files", "SaveFile Save", "OpenFile Choose a folder"]);
}

#[test]
fn a_passphrase_is_asked_on_the_terminal_without_echo() {
    // `script` gives the case a terminal of its own; it writes there what a person would see.
    let inner = case("platform::cases::asks");
    let line: Vec<_> = std::iter::once(inner.get_program()).chain(inner.get_args()).collect();
    let line = line.iter().map(|part| format!("'{}'", part.to_str().unwrap())).collect::<Vec<_>>().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    for (name, value) in inner.get_envs() {
        script.env(name, value.unwrap_or_default());
    }
    let mut running = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut screen = BufReader::new(running.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("the echo is off") {
        assert_ne!(screen.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    let mut keyboard = running.stdin.take().unwrap();
    keyboard.write_all("hunter2 — ä\n".as_bytes()).unwrap();
    screen.read_to_string(&mut seen).unwrap();
    assert!(running.wait().unwrap().success() && seen.contains("1 passed"), "{seen}");
    assert!(seen.contains("Passphrase: ") && !seen.contains("hunter2"), "{seen}");
}

/// The window's binary as the file dialog's process, with nothing on its `PATH` but `folder`.
fn dialog_helper(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
    command.arg("--file-dialog");
    secret_service::enter(folder, &mut command).env("PATH", folder);
    command
}

fn ask_dialog_helper(command: &mut Command, request: &[u8]) -> Vec<u8> {
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(request).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// Written by another process: a file that this one has open, or a child of another test still has, can't be executed.
fn write_zenity(folder: &std::path::Path, script: &str) {
    let mut writer = Command::new("sh");
    writer
        .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#])
        .arg(folder.join("zenity"))
        .arg(script);
    assert!(writer.status().unwrap().success());
}

/// Run by the tests above, each in a process of its own.
mod cases {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;
    use std::process::Command;
    use std::sync::mpsc;

    use sealkeep::platform::{self, Folders, InterruptWatch, OutFile, Replace, SettingsFile};

    use crate::support::again::assert_inside;

    #[test]
    #[ignore = "run by a test above"]
    fn hardened() {
        assert_inside();
        platform::harden().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
        // A process that is closed to others belongs to root in /proc.
        assert_eq!(std::fs::metadata("/proc/self/mem").unwrap().uid(), 0);
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), rustix::process::DumpableBehavior::NotDumpable);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        assert_eq!(std::fs::metadata(folder.path().join("plain")).unwrap().mode() & 0o777, 0o600);
        // Naming a finished file goes through /proc/self, which must stay open to ourselves.
        let mut out = OutFile::create(&folder.path().join("out"), Replace::No).unwrap();
        out.write_all(b"content").unwrap();
        out.commit().unwrap();
        assert_eq!(std::fs::read(folder.path().join("out")).unwrap(), b"content");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn private() {
        assert_inside();
        rustix::process::umask(rustix::fs::Mode::empty());
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(&home.path().join("home")).unwrap();
        SettingsFile::in_folders(&folders).update(|_| ()).unwrap();
        let pins = platform::Pins::open(&folders).unwrap();
        pins.of(uuid::Uuid::nil(), home.path()).store(b"{}").unwrap();
        platform::device_id(&folders).unwrap();
        let _listener = platform::LockListener::start(&folders, drop).unwrap();
        let mut seen = 0;
        let mut left = vec![home.path().join("home")];
        while let Some(path) = left.pop() {
            let found = std::fs::symlink_metadata(&path).unwrap();
            let (kind, mode) = (found.file_type(), found.mode() & 0o777);
            if kind.is_dir() {
                assert_eq!(mode, 0o700, "{}", path.display());
                left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if kind.is_file() {
                assert_eq!(mode, 0o600, "{}", path.display());
                seen += 1;
            }
        }
        // Settings, pins and device, with a lock file each.
        assert_eq!(seen, 6);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn ends() {
        assert_inside();
        let (send, requests) = mpsc::channel();
        platform::on_end_request(move |request| send.send(request).unwrap()).unwrap();
        println!("ready");
        let request = requests.recv().unwrap();
        println!("put away");
        request.end();
        unreachable!("it ends as the signal would have had it");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn watches() {
        assert_inside();
        let watch = InterruptWatch::start();
        println!("ready");
        while !watch.came() {
            std::thread::yield_now();
        }
        println!("put away");
        watch.end();
        unreachable!("it ends as the signal would have had it");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn asks() {
        assert_inside();
        assert!(platform::can_ask());
        std::thread::spawn(|| {
            let echoes = || {
                let output = Command::new("stty").args(["-F", "/dev/tty", "-a"]).output().unwrap();
                !String::from_utf8_lossy(&output.stdout).contains(" -echo ")
            };
            while echoes() {}
            println!("the echo is off");
        });
        let answer = platform::ask_passphrase("Passphrase: ").unwrap();
        assert_eq!(answer.expose(), "hunter2 — ä");
    }
}
