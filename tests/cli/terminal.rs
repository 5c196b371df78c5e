//! On a terminal: what is asked, and what is shown while it takes time.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::cli::{PASSPHRASE, Person};
use crate::support::fake_kms::FakeKms;
use crate::support::secret_service::SecretService;

/// A terminal with a shell's command line in it.
pub(super) struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    /// Runs `line`, in which `$0` is the command line.
    pub(super) fn run(person: &Person<'_>, line: &str) -> Self {
        let quoted = format!("'{}'", env!("CARGO_BIN_EXE_sealkeep-cli"));
        let line = line.replace("$0", &quoted);
        let mut command: Command = person.through(&["true"], [""; 0]);
        let environment: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        // Whoever runs the tests in the background has Ctrl+C ignored, and so would all that they start.
        command = Command::new("env");
        command.args(["--default-signal=INT", "script"]);
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(person.at(""));
        let mut script =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script is installed (bsdutils)");
        let (keys, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        Self { script, keys, screen, shown: String::new() }
    }

    /// Waits until `text` is shown after what was waited for before.
    pub(super) fn await_text(&mut self, text: &str) -> &mut Self {
        let mut chunk = [0; 4096];
        while !self.shown.contains(text) {
            let count = self.screen.read(&mut chunk).unwrap();
            assert!(count > 0, "{text:?} was never shown: {}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
        let end = self.shown.find(text).unwrap() + text.len();
        self.shown.drain(..end);
        self
    }

    pub(super) fn type_line(&mut self, line: &str) -> &mut Self {
        writeln!(self.keys, "{line}").unwrap();
        self
    }

    /// What was shown since, once it ended with `status`.
    pub(super) fn end(mut self, status: i32) -> String {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.shown.push_str(&String::from_utf8_lossy(&rest));
        drop(self.keys);
        assert_eq!(self.script.wait().unwrap().code(), Some(status), "{}", self.shown);
        self.shown
    }
}

#[test]
fn passphrases_are_asked_for_and_new_ones_twice() {
    let anna = Person::new();
    let mut terminal = Terminal::run(&anna, "$0 --vault v.sealkeep new --passphrase");
    terminal.await_text("New passphrase: ").type_line("one thing").await_text("The same again: ").type_line("another");
    let shown = terminal.end(1);
    assert!(shown.contains("The two passphrases differ"), "{shown}");
    assert_eq!(anna.files(), [""; 0]);

    let mut terminal = Terminal::run(&anna, "$0 --vault v.sealkeep new --passphrase");
    terminal.await_text("New passphrase: ").type_line(PASSPHRASE).await_text("The same again: ").type_line(PASSPHRASE);
    let shown = terminal.end(0);
    assert!(shown.contains("Made the vault"), "{shown}");

    let mut terminal = Terminal::run(&anna, "$0 add note Door");
    terminal.await_text("Passphrase: ").type_line(PASSPHRASE);
    terminal.end(0);
    // Where standard input is the terminal, that would show what is typed.
    let mut terminal = Terminal::run(&anna, "$0 ls --passphrase-file -");
    terminal.await_text("Passphrase: ").type_line(PASSPHRASE);
    let shown = terminal.end(0);
    assert!(shown.contains("Door") && !shown.contains(PASSPHRASE), "{shown}");
    // Deleting for good is asked, and anything but yes is no.
    for (answer, status) in [("", 1), ("n", 1), ("y", 0)] {
        let mut terminal = Terminal::run(&anna, "$0 purge Door --passphrase-file pw");
        terminal.await_text("for good? [y/N] ").type_line(answer);
        terminal.end(status);
    }
    assert_eq!(anna.open(["ls"]).ok().text(), "");
}

/// What is typed, or pasted, the moment that a prompt stands is not shown, however slow the machine is to turn echo off.
#[test]
fn nothing_typed_at_a_prompt_is_ever_shown() {
    let anna = Person::with_vault();
    let slow = "strace --quiet=all -o strace.log -e trace=ioctl -e inject=ioctl:delay_enter=200000 $0 ls";
    let mut terminal = Terminal::run(&anna, &format!("{slow}; stty -a"));
    terminal.await_text("Passphrase: ").type_line(PASSPHRASE);
    let shown = terminal.end(0);
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    assert!(shown.contains(" echo ") && shown.contains(" icanon "), "the terminal is as it was: {shown}");
    let mut terminal = Terminal::run(&anna, "$0 ls; stty -a");
    terminal.await_text("Passphrase: ").type_line("\u{3}");
    let shown = terminal.end(0);
    assert!(shown.contains(" echo ") && shown.contains(" icanon "), "the terminal is as it was: {shown}");
}

#[test]
fn ctrl_c_at_a_question_ends_it() {
    let anna = Person::with_vault();
    anna.open(["add", "note", "Door"]).ok();
    for (line, question) in [("$0 ls", "Passphrase: "), ("$0 purge Door --passphrase-file pw", "[y/N] ")] {
        let mut terminal = Terminal::run(&anna, line);
        terminal.await_text(question).type_line("\u{3}");
        // As a shell tells the end by SIGINT.
        terminal.end(130);
    }
    assert_eq!(anna.open(["ls"]).ok().text().lines().count(), 1);
}

#[test]
fn the_keys_of_a_strange_vault_are_shown_before_it_is_opened() {
    let keyring = SecretService::start();
    let (anna, bob) = (Person::with_keyring(&keyring), Person::with_keyring(&keyring));
    let (kms, key) = FakeKms::with_key();
    for person in [&anna, &bob] {
        let args = ["--region", FakeKms::REGION, "--endpoint-url", &kms.endpoint(), "--yes"];
        let args = [&["profile", "add", "work", "--access-key-id", FakeKms::ACCESS_KEY_ID], &args[..]].concat();
        person.run_with(FakeKms::SECRET_ACCESS_KEY, args).ok();
    }
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    let copied = Command::new("cp").arg("-a").arg(anna.at("v.sealkeep")).arg(bob.at("")).status().unwrap();
    assert!(copied.success());
    kms.forget_calls();
    let mut terminal = Terminal::run(&bob, "$0 ls --vault v.sealkeep");
    terminal.await_text("never opened on this machine").await_text(key.as_str()).await_text("[y/N] ").type_line("n");
    terminal.end(1);
    assert_eq!(kms.actions(), [""; 0]);
    let mut terminal = Terminal::run(&bob, "$0 ls --vault v.sealkeep");
    terminal.await_text("[y/N] ").type_line("y");
    terminal.end(0);
    bob.run(["ls"]).ok();
}

#[test]
fn a_weak_passphrase_is_taken_with_a_warning() {
    let anna = Person::new();
    anna.write("weak", "password1\n");
    let made = anna.run(["--vault", "v.sealkeep", "new", "--passphrase", "--passphrase-file", "weak"]).ok();
    made.says(&["easy to guess", "generate --words 6"]);
}

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let anna = Person::new();
    let pipe = anna.at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let shown = AtomicBool::new(false);
    thread::scope(|scope| {
        // Sends more for as long as nothing is shown, so that it takes as long as it must.
        scope.spawn(|| {
            let mut pipe = OpenOptions::new().write(true).open(&pipe).unwrap();
            while !shown.load(Ordering::Relaxed) {
                pipe.write_all(&[7; 16 * 1024]).unwrap();
            }
        });
        let line = "$0 encrypt - --passphrase --passphrase-file pw -o - < pipe > /dev/null";
        let mut terminal = Terminal::run(&anna, line);
        terminal.await_text("standard input  ").await_text("B, ").await_text("B/s");
        shown.store(true, Ordering::Relaxed);
        terminal.end(0);
    });
    anna.write("a", "a");
    let quiet = Terminal::run(&anna, "$0 encrypt a --passphrase --passphrase-file pw --quiet");
    assert_eq!(quiet.end(0), "");
    let elsewhere = anna.open(["encrypt", "a", "--passphrase", "-o", "b"]).ok();
    assert_eq!(elsewhere.err, format!("Wrote b ({} B).\n", anna.read("b").len()));
}

#[test]
fn a_terminal_is_not_steered_by_what_is_in_a_vault() {
    let anna = Person::with_vault();
    let added = anna.open(["add", "note", "N\u{1b}[2J", "--set", "text=\u{1b}]0;title\u{7}"]).ok();
    let show = format!("$0 show {} --passphrase-file pw", added.line());
    for (line, expected) in [
        ("$0 ls --passphrase-file pw".to_owned(), "[2J"),
        ("$0 ls --passphrase-file pw --json".to_owned(), "[2J"),
        (format!("{show} --json"), "]0;title"),
        (format!("{show} --field text"), "]0;title"),
        (show, "]0;title"),
    ] {
        let shown = Terminal::run(&anna, &line).end(0);
        assert!(shown.contains(expected), "{line}: {shown:?}");
        assert!(!shown.contains("\u{1b}[2J") && !shown.contains("\u{1b}]0;"), "{line}: {shown:?}");
    }
}

#[test]
fn json_has_nothing_that_steers_or_turns_a_line_around_wherever_it_goes() {
    let anna = Person::with_vault();
    let title = "N\u{9b}2J \u{202e}gpj.exe\u{2066} \u{7f}\u{200f}";
    anna.open(["add", "note", title]).ok();
    let harmless = |printed: &str| {
        !printed.chars().any(|letter| title[1..].contains(letter) && !letter.is_ascii_graphic() && letter != ' ')
    };
    let piped = anna.open(["ls", "--json"]).ok();
    assert!(harmless(piped.text()), "{}", piped.text());
    assert_eq!(piped.json()[0]["title"], title);
    let on_terminal = Terminal::run(&anna, "$0 ls --passphrase-file pw --json").end(0);
    assert!(harmless(&on_terminal), "{on_terminal}");
    // Errors are JSON, too, and name what was typed.
    let missing = anna.open(["show", "\u{9b}gone\u{202e}", "--json"]).ended(4).err;
    let error: serde_json::Value = serde_json::from_str(&missing).unwrap();
    assert!(harmless(&missing) && error["error"].as_str().is_some_and(|error| error.contains('\u{9b}')), "{missing}");
}
