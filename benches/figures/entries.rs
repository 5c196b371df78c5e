//! The entries of a large vault: the same for everybody who is measured, and the same each time.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use base64::Engine;

use super::people::Person;

/// Titles are made of these; the last one is rare.
const WORDS: [&str; 16] = [
    "Bank",
    "Mail",
    "Forum",
    "Shop",
    "Cloud",
    "Router",
    "Insurance",
    "Library",
    "Travel",
    "School",
    "Printer",
    "Stream",
    "Museum",
    "Garden",
    "Clinic",
    "Zeppelin",
];
const TAGS: [&str; 6] = ["work", "home", "family", "travel", "money", "health"];

/// A login.
pub struct Entry {
    pub title: String,
    pub username: String,
    pub password: String,
    pub url: String,
    pub notes: String,
    pub tag: &'static str,
}

/// `count` of them.
pub fn entries(count: usize) -> impl Iterator<Item = Entry> {
    (0..count).map(|number| {
        // SplitMix64: looks random, and is the same each time.
        let mut mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let word = |shift: u32| WORDS[(mixed >> shift) as usize % (WORDS.len() - 1)];
        let first = if number % 1000 == 7 { WORDS[WORDS.len() - 1] } else { word(0) };
        let title = format!("{first} {} {number}", word(8));
        Entry {
            username: format!("anna.{}@example.org", word(16).to_lowercase()),
            password: format!("{mixed:016x}"),
            url: format!("https://{}.example.org/{number}", word(24).to_lowercase()),
            notes: format!("Opened in {}, number {number}.", 1990 + mixed % 36),
            tag: TAGS[mixed as usize % TAGS.len()],
            title,
        }
    })
}

/// Makes a vault on the person's passphrase that holds `count` of them.
pub fn make_vault(person: &Person, vault: &Path, count: usize) {
    let in_vault = |command: &str| {
        let mut cli = person.cli([command, "--vault"]);
        cli.arg(vault).args(person.with_passphrase());
        cli
    };
    super::people::run(in_vault("new").arg("--passphrase"));
    let mut adding = in_vault("add");
    let mut adding = adding.args(["--jsonl", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = std::io::BufWriter::new(adding.stdin.take().unwrap());
    for Entry { title, username, password, url, notes, tag } in entries(count) {
        let fields = serde_json::json!({
            "username": username, "password": password, "url": url, "notes": notes
        });
        let line = serde_json::json!({ "kind": "login", "title": title, "tags": [tag], "fields": fields });
        writeln!(lines, "{line}").unwrap();
    }
    drop(lines);
    assert!(adding.wait().unwrap().success(), "adding {count} items");
}

/// Writes what `keepassxc-cli import` reads.
pub fn write_keepass_xml(path: &Path, count: usize) {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KeePassFile><Meta><Generator>KeePassXC</Generator></Meta><Root><Group>\n",
    );
    let uuid = |number: usize| base64::prelude::BASE64_STANDARD.encode((number as u128 + 1).to_be_bytes());
    // Data of a group's own is what makes it write version 4 of the format.
    let own = "<CustomData><Item><Key>made</Key><Value>for figures</Value></Item></CustomData>";
    writeln!(xml, "<UUID>{}</UUID><Name>Root</Name>{own}", uuid(usize::MAX - 1)).unwrap();
    for (number, entry) in entries(count).enumerate() {
        write!(xml, "<Entry><UUID>{}</UUID><Tags>{}</Tags>", uuid(number), entry.tag).unwrap();
        let Entry { title, username, password, url, notes, .. } = entry;
        for (key, value) in
            [("Title", title), ("UserName", username), ("Password", password), ("URL", url), ("Notes", notes)]
        {
            write!(xml, "<String><Key>{key}</Key><Value>{value}</Value></String>").unwrap();
        }
        xml.push_str("</Entry>\n");
    }
    xml.push_str("</Group></Root></KeePassFile>\n");
    std::fs::write(path, xml).unwrap();
}
