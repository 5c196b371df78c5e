//! The real `sealkeep-cli`, run as a person runs it: in a folder, with a home of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::secret_service::{self, SecretService};

pub const PASSPHRASE: &str = "correct horse battery staple";

/// One person's installation, and the folder that they work in.
pub struct Person<'a> {
    folder: TempDir,
    keyring: Option<&'a SecretService>,
}

/// What came of a command.
#[derive(Debug)]
pub struct Said {
    command: String,
    status: Option<i32>,
    signal: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

impl<'a> Person<'a> {
    /// Somebody without a keyring. Their passphrase stands in the file `pw`.
    pub fn new() -> Self {
        Self::begin(None)
    }

    /// Somebody in the session of `keyring`.
    pub fn with_keyring(keyring: &'a SecretService) -> Self {
        Self::begin(Some(keyring))
    }

    fn begin(keyring: Option<&'a SecretService>) -> Self {
        let folder = tempfile::Builder::new().prefix("sealkeep-cli-").tempdir().unwrap();
        for name in ["home", "work"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let person = Self { folder, keyring };
        person.write("pw", format!("{PASSPHRASE}\n"));
        person
    }

    /// Somebody who has a vault on their passphrase, `v.sealkeep`.
    pub fn with_vault() -> Self {
        let person = Self::new();
        person.run(["new", "--passphrase", "--vault", "v.sealkeep", "--passphrase-file", "pw"]).ok();
        person
    }

    /// The path of `name` in the folder that they work in.
    pub fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        fs::write(self.at(name), content).unwrap();
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }

    /// The names in their folder, hidden ones too, without the passphrase's file.
    pub fn files(&self) -> Vec<String> {
        names_in(&self.at("")).into_iter().filter(|name| name != "pw").collect()
    }

    /// The names in `folder`, which stands in theirs.
    pub fn files_in(&self, folder: &str) -> Vec<String> {
        names_in(&self.at(folder))
    }

    /// A command that is not started yet.
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_sealkeep-cli")), args)
    }

    /// A command that Ctrl+C ends, also where the tests run in the background of a script, which ignores it.
    pub fn interruptible(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        self.through(&["env", "--default-signal=INT"], args)
    }

    /// `program`, which will start the command line with the rest of its arguments.
    pub fn through(&self, program: &[&str], args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).arg(env!("CARGO_BIN_EXE_sealkeep-cli"));
        self.prepare(command, args)
    }

    fn prepare(&self, mut command: Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let home = self.folder.path().join("home");
        match self.keyring {
            Some(keyring) => keyring.enter(&mut command),
            None => secret_service::enter(&home, &mut command),
        };
        for name in ["SEALKEEP_VAULT", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(name);
        }
        command.env("SEALKEEP_HOME", home).current_dir(self.at("")).args(args).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        Said::of(&mut self.command(args))
    }

    /// Runs with the passphrase's file.
    pub fn open(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        let mut command = self.command(["--passphrase-file", "pw"]);
        Said::of(command.args(args))
    }

    /// Runs with the passphrase's file and `input` on standard input.
    pub fn open_with(&self, input: impl AsRef<[u8]>, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        let mut command = self.command(["--passphrase-file", "pw"]);
        Said::with_input(command.args(args), input.as_ref())
    }

    /// Runs with the passphrase's file, as somebody who may write nothing that its permissions don't let them write: root may
    /// write everywhere, unless it is told not to.
    pub fn unprivileged(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let stripped = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"];
        let mut command = self.through(if root { &stripped } else { &["env"] }, ["--passphrase-file", "pw"]);
        Said::of(command.args(args))
    }

    /// Runs with `input` on standard input.
    pub fn run_with(&self, input: impl AsRef<[u8]>, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        Said::with_input(&mut self.command(args), input.as_ref())
    }
}

impl Said {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self::from_output(command, output)
    }

    pub fn with_input(command: &mut Command, input: &[u8]) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // A command that refuses reads nothing; that it stops reading is its right.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        Self::from_output(command, output)
    }

    pub fn from_output(command: &Command, output: Output) -> Self {
        Self {
            command: format!("{command:?}"),
            status: output.status.code(),
            signal: output.status.signal(),
            out: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It went well.
    pub fn ok(self) -> Self {
        self.ended(0)
    }

    /// It ended with `status`.
    pub fn ended(self, status: i32) -> Self {
        let out = String::from_utf8_lossy(&self.out);
        assert_eq!(self.status, Some(status), "{}\n{out}{}", self.command, self.err);
        self
    }

    /// It ended with `status`, printed nothing, and said each of `words`, what happened and what to do.
    pub fn refused(self, status: i32, words: &[&str]) -> Self {
        let said = self.ended(status);
        assert!(said.out.is_empty(), "{}: {}", said.command, String::from_utf8_lossy(&said.out));
        said.says(words);
        assert!(said.err.trim_end().lines().count() >= 2, "what happened and what to do: {}", said.err);
        assert!(!said.err.contains("panic"), "{}", said.err);
        said
    }

    /// Its messages have each of `words`.
    pub fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in what it said:\n{}\n{}", self.command, self.err);
        }
    }

    /// Whether it went well.
    pub fn is_done(&self) -> bool {
        self.status == Some(0)
    }

    /// Whether it was killed.
    pub fn was_killed(&self) -> bool {
        self.signal == Some(9)
    }

    /// It was ended by `signal`.
    pub fn ended_by(&self, signal: i32) {
        assert_eq!(self.signal, Some(signal), "{}\n{:?}\n{}", self.command, self.status, self.err);
    }

    /// What it printed.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// The one line that it printed.
    pub fn line(&self) -> &str {
        let line = self.text().strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{line}");
        line
    }

    /// What it printed, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Changes the permissions of `path` and everything in it, as `chmod` does.
pub fn set_mode(path: &Path, mode: &str) {
    assert!(Command::new("chmod").args(["-R", mode]).arg(path).status().unwrap().success());
}

/// The names in `folder`, in order.
pub fn names_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
