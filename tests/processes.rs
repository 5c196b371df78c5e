//! One vault and several processes: killed at any moment, or both saving at once, nothing that was acknowledged is lost.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PASSPHRASE: &str = "correct horse battery staple\n";

/// How many moments of an import are tried.
const MOMENTS: u32 = 16;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(place.folder.path().join("passphrase"), PASSPHRASE).unwrap();
        place.run(&["new", "--passphrase"]);
        place
    }

    fn vault(&self) -> PathBuf {
        self.folder.path().join("Family.sealkeep")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep-cli"));
        command.env("SEALKEEP_HOME", self.folder.path().join("home")).env_remove("SEALKEEP_VAULT");
        command.arg("--vault").arg(self.vault());
        command.arg("--passphrase-file").arg(self.folder.path().join("passphrase")).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Identifiers of all items, as a fresh process lists them after it has verified every row.
    fn listed(&self) -> BTreeSet<String> {
        let items: serde_json::Value = serde_json::from_str(&self.run(&["ls", "--json"])).unwrap();
        items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    fn body_files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.vault().join("bodies")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The body files that rows name.
    fn expected_files(&self) -> BTreeSet<String> {
        let database = rusqlite::Connection::open(self.vault().join("vault.db")).unwrap();
        let mut query = database.prepare("SELECT revision_id FROM revision WHERE frames IS NULL").unwrap();
        let rows = query.query_map([], |row| row.get::<_, [u8; 16]>(0)).unwrap();
        rows.map(|id| uuid::Uuid::from_bytes(id.unwrap()).to_string()).collect()
    }
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).lines().map(str::to_owned).collect()
}

#[test]
fn an_import_that_is_killed_loses_nothing_acknowledged_and_leaves_no_orphan() {
    let place = Place::new();
    let files: Vec<_> = (0..6)
        .map(|number| {
            let path = place.folder.path().join(format!("document {number}.bin"));
            // Every other one is large enough for a file of its own.
            fs::write(&path, vec![number; if number % 2 == 0 { 3_000_000 } else { 10_000 }]).unwrap();
            path.into_os_string().into_string().unwrap()
        })
        .collect();
    let import: Vec<&str> = ["put"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let begun = Instant::now();
    let mut acknowledged: BTreeSet<_> = lines(place.run(&import).as_bytes()).into_iter().collect();
    let whole = begun.elapsed();
    assert_eq!(acknowledged.len(), files.len());

    let mut interrupted = 0;
    for moment in 1..=MOMENTS {
        let mut child = place.spawn(&import);
        let until = Instant::now() + whole * moment / MOMENTS;
        // Not a wait for something: the moment itself is what is tried.
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        interrupted += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        acknowledged.extend(lines(&child.wait_with_output().unwrap().stdout));
        let listed = place.listed();
        assert!(acknowledged.is_subset(&listed), "after {moment}/{MOMENTS}");
        assert_eq!(place.body_files(), place.expected_files(), "after {moment}/{MOMENTS}");
    }
    assert!(interrupted >= MOMENTS / 4, "only {interrupted} imports were still running when they were killed");
    let checked: serde_json::Value = serde_json::from_str(&place.run(&["check", "--json"])).unwrap();
    assert_eq!(checked["problems"].as_array().map(Vec::len), Some(0), "{checked}");
}

#[test]
fn two_processes_that_save_at_once_lose_nothing() {
    let place = Place::new();
    let children: Vec<_> = ["one", "two", "three"]
        .into_iter()
        .map(|name| {
            let mut child = place.command(&["add", "--jsonl", "-"]).stdin(Stdio::piped()).spawn().unwrap();
            let mut input = child.stdin.take().unwrap();
            let name = name.to_owned();
            let feeder = std::thread::spawn(move || {
                for number in 0..1_500 {
                    writeln!(input, r#"{{"kind":"note","title":"{name} {number}","fields":{{"text":"x"}}}}"#).unwrap();
                }
            });
            (child, feeder)
        })
        .collect();
    let mut saved = BTreeSet::new();
    for (child, feeder) in children {
        feeder.join().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        saved.extend(lines(&output.stdout));
    }
    assert_eq!(saved.len(), 4_500);
    assert_eq!(place.listed(), saved);
}
