//! Profiles of the AWS command line become ours, and their plaintext keys go from its files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::terminal::Terminal;
use crate::support::aws_files::LINE_IN_FULL;
use crate::support::cli::{Person, Said, set_mode};
use crate::support::disk::{Chance, Thoroughness};
use crate::support::fake_kms::{FakeKms, Role};
use crate::support::secret_service::SecretService;
use crate::support::syscalls::{Recorder, assert_installed, recording};
use crate::support::tools::tool;

const ROLE: &str = "arn:aws:iam::111122223333:role/vault-reader";

/// Somebody who used the AWS command line: their files are in `aws`.
struct Desk {
    keyring: SecretService,
    kms: FakeKms,
    key: String,
}

impl Desk {
    fn new() -> Self {
        let (kms, key) = FakeKms::with_key();
        kms.add_role(Role { arn: ROLE.to_owned(), trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()], ..Role::default() });
        Self { keyring: SecretService::start(), kms, key: key.to_string() }
    }

    fn person(&self) -> Person<'_> {
        let person = Person::with_keyring(&self.keyring);
        fs::create_dir(person.at("aws")).unwrap();
        person.write("aws/config", self.config());
        person.write("aws/credentials", credentials());
        person
    }

    fn config(&self) -> String {
        format!(
            "# mine\n[default]\nregion = {}\n\n[profile role]\nrole_arn = {ROLE}\nsource_profile = user\nendpoint_url = {}\n\n\
             [profile other]\ncredential_process = pass aws\n",
            FakeKms::REGION,
            self.kms.endpoint()
        )
    }

    fn works(&self, person: &Person<'_>, name: &str) {
        person.run(["profile", "test", name, "--key", &self.key]).ok();
    }
}

/// The last two lines of `user` are its key; `spare` is another's, which stays.
fn credentials() -> String {
    format!(
        "[spare]\naws_access_key_id = AKIASPARE\naws_secret_access_key = spare\n\n; the team's\n[user]\nendpoint_url = ENDPOINT\n\
         aws_access_key_id = {}\naws_secret_access_key = {}",
        FakeKms::ACCESS_KEY_ID,
        FakeKms::SECRET_ACCESS_KEY
    )
}

/// Where nothing is on the `PATH`.
fn import(person: &Person<'_>, args: &[&str]) -> Said {
    Said::of(command(person, args).env("PATH", person.at("nothing")))
}

fn command(person: &Person<'_>, args: &[&str]) -> Command {
    let mut command = person.command(["profile", "import"].iter().chain(args));
    named(&mut command, person);
    command
}

/// With the files in `aws`.
fn named(command: &mut Command, person: &Person<'_>) {
    command.env("AWS_CONFIG_FILE", person.at("aws/config"));
    command.env("AWS_SHARED_CREDENTIALS_FILE", person.at("aws/credentials"));
}

fn at_endpoint(desk: &Desk, person: &Person<'_>) -> String {
    let content = credentials().replace("ENDPOINT", &desk.kms.endpoint());
    person.write("aws/credentials", &content);
    content
}

/// The same without the key of `user`.
fn without_key(content: &str) -> String {
    content
        .split_inclusive('\n')
        .filter(|line| !line.contains(FakeKms::ACCESS_KEY_ID) && !line.contains("fake/"))
        .collect()
}

fn text(person: &Person<'_>, name: &str) -> String {
    String::from_utf8(person.read(name)).unwrap()
}

/// What Python's AWS library, which is the AWS command line's, says to `program`.
fn botocore(person: &Person<'_>, program: &str) -> String {
    let mut python = person.through(&["true"], [""; 0]);
    let environment: Vec<_> =
        python.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    python = Command::new(tool("moto/bin/python"));
    for (name, value) in environment {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    named(&mut python, person);
    let output = python.args(["-c", program]).current_dir(person.at("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_chain_is_imported_works_and_its_keys_leave_the_file_only_when_that_is_asked_for() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    let listed = import(&anna, &["--list", "--json"]).ok().json();
    let found = |name: &str| -> Value {
        listed["found"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!((&found("role")["kind"], &found("role")["source"]), (&json!("assume-role"), &json!("user")));
    assert_eq!(
        (&found("user")["access_key_id"], &found("user")["exists"]),
        (&json!(FakeKms::ACCESS_KEY_ID), &json!(false))
    );
    let (role, endpoint) = (found("role"), desk.kms.endpoint());
    assert_eq!(
        (&role["role_arn"], &role["endpoint"], &role["asks_aws"]),
        (&json!(ROLE), &json!(endpoint), &json!(false))
    );
    let asks = format!("asks {endpoint} instead of AWS");
    assert!(import(&anna, &["--list"]).ok().text().contains(&asks));
    assert!(listed["not_importable"].as_array().unwrap().iter().any(|one| one["name"] == "other"));
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), json!([]));
    // Nobody there to say yes.
    import(&anna, &[]).refused(2, &["Import 3 profiles?", "--yes"]);

    let said = import(&anna, &["role", "--json"]).ok();
    said.says(&["still stand in", "--remove-keys", &asks]);
    let names: Vec<_> = said.json()["imported"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["user", "role"]);
    assert_eq!(text(&anna, "aws/credentials"), before);
    desk.works(&anna, "role");
    // The answer to one question is none to the other.
    import(&anna, &["user"]).refused(2, &["user", "Replace", "--yes"]);
    import(&anna, &["user", "--yes"]).ok().says(&["still stand in"]);
    assert_eq!(text(&anna, "aws/credentials"), before);

    set_mode(&anna.at("aws/credentials"), "640");
    let said = import(&anna, &["role", "--yes", "--remove-keys", "--json"]).ok();
    said.says(&["Removed 2 lines", "rotate", "not on the PATH", LINE_IN_FULL]);
    let file = anna.at("aws/credentials").to_string_lossy().into_owned();
    assert_eq!(said.json()["removed"], json!([{ "file": file, "lines": 2, "overwritten": true, "use_keyring": [] }]));
    assert_eq!(text(&anna, "aws/credentials"), without_key(&before));
    assert_eq!(text(&anna, "aws/config"), desk.config());
    assert_eq!(fs::metadata(anna.at("aws/credentials")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(anna.files_in("aws"), ["config", "credentials"]);
    desk.works(&anna, "user");
    assert!(!format!("{}{}", said.err, said.text()).contains(FakeKms::SECRET_ACCESS_KEY));
}

#[test]
fn the_aws_command_line_goes_on_by_asking_for_credentials() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    import(&anna, &["user", "--remove-keys", "--use-keyring"])
        .ok()
        .says(&["now asks Sealkeep for the credentials of user"]);
    assert_eq!(text(&anna, "aws/credentials"), format!("{}{LINE_IN_FULL}\n", without_key(&before)));
    let asked = "import botocore.session as s; print(s.Session(profile='user').get_credentials().get_frozen_credentials().access_key)";
    assert!(botocore(&anna, asked).starts_with("ASIA"));
    assert_eq!(desk.kms.count("GetSessionToken"), 1);
    // Nothing is left to remove, and the profile is still in the keyring.
    import(&anna, &["user", "--yes"]).refused(1, &["another program"]);
    desk.works(&anna, "user");
}

#[test]
fn a_program_that_is_on_the_path_is_named_by_its_name_alone() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    fs::create_dir(anna.at("programs")).unwrap();
    symlink(env!("CARGO_BIN_EXE_sealkeep-cli"), anna.at("programs/sealkeep-cli")).unwrap();
    let mut command = command(&anna, &["user", "--remove-keys", "--use-keyring"]);
    let said = Said::of(command.env("PATH", anna.at("programs"))).ok();
    assert!(!said.err.contains("PATH"), "{}", said.err);
    let line = "credential_process = sealkeep-cli profile credentials user";
    assert_eq!(text(&anna, "aws/credentials"), format!("{}{line}\n", without_key(&before)));
}

#[test]
fn no_key_goes_for_a_program_that_the_aws_command_line_would_not_find() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    // What stands after a `#` is a comment to some of AWS's tools.
    let program = anna.at("#1/sealkeep-cli");
    fs::create_dir(anna.at("#1")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_sealkeep-cli"), &program).unwrap();
    let usual = command(&anna, &["user", "--remove-keys", "--use-keyring"]);
    let mut odd = Command::new(&program);
    odd.args(usual.get_args()).current_dir(usual.get_current_dir().unwrap()).stdin(Stdio::null());
    for (name, value) in usual.get_envs() {
        match value {
            Some(value) => odd.env(name, value),
            None => odd.env_remove(name),
        };
    }
    let said = Said::of(odd.env("PATH", anna.at("nothing")));
    assert!(!said.is_done());
    said.says(&["no key was removed", "would not find sealkeep-cli", "on the PATH"]);
    assert_eq!(text(&anna, "aws/credentials"), before);
    desk.works(&anna, "user");
}

#[test]
fn files_are_read_as_the_aws_command_line_reads_them() {
    let desk = Desk::new();
    let anna = desk.person();
    let role = format!("role_arn = {ROLE}\nsource_profile = a\n");
    for (config, credentials) in [
        ("[default]\nregion = eu-west-1\n[profile a]\nregion: us-east-1\n".to_owned(), "[a]\naws_access_key_id=AKIA1111111111111111\naws_secret_access_key=s=:+/\n"),
        ("[profile \"a\"]\r\n  region = us-east-1\r\n  # why\r\n  output = json\r\n".to_owned(), "[a]\r\n\r\n  AWS_ACCESS_KEY_ID = AKIA1111111111111111\r\n  aws_secret_access_key : s\r\n"),
        (format!("; top\n[profile 'b']\n{role}s3 =\n  a = b\n\n[preview]\nx = y\n[profile a]\nregion = us-east-1\n    # far\n"), "# top\n[a]\naws_access_key_id = AKIA1111111111111111\naws_secret_access_key = s\nregion = us-west-2"),
        ("[default]\nregion=us-east-1\naws_access_key_id=A\naws_secret_access_key=s\n[profile a]\nendpoint_url=https://x.example.com\n".to_owned(), "[a]\naws_access_key_id=AKIA1111111111111111\naws_secret_access_key=s\n[default]\naws_access_key_id=AKIA2222222222222222\naws_secret_access_key=t\n"),
    ] {
        anna.write("aws/config", &config);
        anna.write("aws/credentials", credentials);
        let theirs = botocore(
            &anna,
            "import botocore.session, json\n\
             known = botocore.session.Session().full_config['profiles']\n\
             default = known.get('default', {}).get('region')\n\
             row = lambda one: [one.get('region', default), one.get('aws_access_key_id'), one.get('source_profile')]\n\
             with_credentials = lambda one: 'aws_access_key_id' in one or 'role_arn' in one\n\
             print(json.dumps({name: row(one) for name, one in known.items() if with_credentials(one)}))",
        );
        let listed = import(&anna, &["--list", "--json", "--region", "us-east-1"]).ok().json();
        let row = |one: &Value| (one["name"].as_str().unwrap().to_owned(), json!([one["region"], one["access_key_id"], one["source"]]));
        let mut theirs: serde_json::Map<String, Value> = serde_json::from_str(&theirs).unwrap();
        // Theirs has no other region to fall back on.
        theirs.values_mut().filter(|row| row[0].is_null()).for_each(|row| row[0] = json!("us-east-1"));
        let ours: serde_json::Map<String, Value> = listed["found"].as_array().unwrap().iter().map(row).collect();
        assert_eq!(ours, theirs, "{config:?} {credentials:?}");
    }
}

#[test]
fn what_is_imported_can_be_protected_at_once() {
    let desk = Desk::new();
    let anna = desk.person();
    at_endpoint(&desk, &anna);
    import(&anna, &["role", "--protect", "--new-passphrase-file", "pw", "--remove-keys"]).ok();
    anna.run(["profile", "test", "role"]).refused(3, &["needs an answer"]);
    anna.run(["profile", "test", "role", "--key", &desk.key, "--passphrase-file", "pw"]).ok();
    assert!(!text(&anna, "aws/credentials").contains(FakeKms::SECRET_ACCESS_KEY));
    anna.write(
        "aws/config",
        format!("[profile web]\nregion = eu-west-1\nrole_arn = {ROLE}\ncredential_source = EcsContainer\n"),
    );
    import(&anna, &["web", "--protect", "--new-passphrase-file", "pw"]).refused(2, &["None of these", "--protect"]);
    import(&anna, &["web", "--new-passphrase-file", "pw"]).refused(2, &["Add --protect"]);
    import(&anna, &["web", "--use-keyring"]).refused(2, &["--remove-keys"]);
}

#[test]
fn links_stay_links_and_what_has_the_keys_elsewhere_is_named() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    fs::create_dir_all(anna.at("home-of-anna/.aws")).unwrap();
    symlink(anna.at("aws/credentials"), anna.at("home-of-anna/.aws/credentials")).unwrap();
    anna.write("home-of-anna/.aws/credentials~", &before);
    anna.write("home-of-anna/.aws/credentials.bak", "nothing of it");
    fs::hard_link(anna.at("aws/credentials"), anna.at("aws/hard")).unwrap();
    // The files that the AWS command line has where nothing names others.
    let mut command =
        anna.command(["profile", "import", "user", "--remove-keys", "--region", FakeKms::REGION, "--json"]);
    command
        .env("HOME", anna.at("home-of-anna"))
        .env_remove("AWS_CONFIG_FILE")
        .env_remove("AWS_SHARED_CREDENTIALS_FILE");
    let said = Said::of(&mut command).ok();
    said.says(&["credentials~", "was not touched", "hard link"]);
    assert!(!said.err.contains("credentials.bak"));
    let copy = anna.at("home-of-anna/.aws/credentials~").to_string_lossy().into_owned();
    assert_eq!((&said.json()["copies"], &said.json()["removed"][0]["overwritten"]), (&json!([copy]), &json!(false)));
    assert!(fs::symlink_metadata(anna.at("home-of-anna/.aws/credentials")).unwrap().is_symlink());
    assert_eq!(text(&anna, "aws/credentials"), without_key(&before));
    assert_eq!((text(&anna, "aws/hard"), text(&anna, "home-of-anna/.aws/credentials~")), (before.clone(), before));
}

#[test]
fn keys_and_a_role_in_one_section_are_two_profiles_and_it_is_told_what_that_means() {
    let desk = Desk::new();
    let anna = desk.person();
    let keys = format!(
        "aws_access_key_id = {}\naws_secret_access_key = {}\n",
        FakeKms::ACCESS_KEY_ID,
        FakeKms::SECRET_ACCESS_KEY
    );
    let rest = format!(
        "[profile both]\nregion = {}\nendpoint_url = {}\nrole_arn = {ROLE}\nsource_profile = both\n",
        FakeKms::REGION,
        desk.kms.endpoint()
    );
    anna.write("aws/config", format!("{rest}{keys}"));
    fs::remove_file(anna.at("aws/credentials")).unwrap();
    let said = import(&anna, &["--yes", "--remove-keys", "--use-keyring"]).ok();
    said.says(&[
        "both-keys",
        "can't take the role of both any more",
        &LINE_IN_FULL.replace("credentials user", "credentials both"),
    ]);
    assert_eq!(text(&anna, "aws/config"), rest);
    desk.works(&anna, "both");
}

#[test]
fn another_key_of_the_same_profile_stays_where_it_is_and_that_is_told() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    let config = format!(
        "[profile user]\nregion = {}\naws_access_key_id = AKIAOTHEROTHEROTHER\naws_secret_access_key = other\n",
        FakeKms::REGION
    );
    anna.write("aws/config", &config);
    // AWS's own library takes that of the credentials.
    let asked = "import botocore.session as s; print(s.Session(profile='user').get_credentials().get_frozen_credentials().access_key)";
    assert_eq!(botocore(&anna, asked).trim(), FakeKms::ACCESS_KEY_ID);
    let said = import(&anna, &["user", "--remove-keys", "--json"]).ok();
    said.says(&["[profile user]", "has another key, which was not imported: it stays"]);
    let file = anna.at("aws/config").to_string_lossy().into_owned();
    assert_eq!(said.json()["kept"], json!([{ "file": file, "section": "profile user", "why": "another-key" }]));
    assert_eq!(text(&anna, "aws/config"), config);
    assert_eq!(text(&anna, "aws/credentials"), without_key(&before));
    desk.works(&anna, "user");
}

#[test]
fn on_a_terminal_each_thing_is_asked_for() {
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    let line = format!(
        "AWS_CONFIG_FILE='{}' AWS_SHARED_CREDENTIALS_FILE='{}' $0 profile import",
        anna.at("aws/config").display(),
        anna.at("aws/credentials").display()
    );
    let mut terminal = Terminal::run(&anna, &line);
    terminal.await_text("other can't be imported").await_text("Import 3 profiles? [y/N] ").type_line("n");
    terminal.end(1);
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), json!([]));
    let mut terminal = Terminal::run(&anna, &format!("{line} user"));
    terminal.await_text("Remove their plaintext keys from").await_text("[y/N] ").type_line("");
    terminal.end(0);
    assert_eq!(text(&anna, "aws/credentials"), before);
    let mut terminal = Terminal::run(&anna, &format!("{line} user"));
    terminal.await_text("Replace their credentials? [y/N] ").type_line("y");
    terminal.await_text("Remove their plaintext keys from").await_text("[y/N] ").type_line("y");
    terminal.await_text("from now on? [y/N] ").type_line("n");
    let shown = terminal.end(0);
    assert!(shown.contains("credential_process") && !shown.contains(FakeKms::SECRET_ACCESS_KEY), "{shown}");
    assert_eq!(text(&anna, "aws/credentials"), without_key(&before));
}

#[test]
fn what_can_not_be_read_is_told_without_a_word_of_it() {
    let desk = Desk::new();
    let anna = desk.person();
    at_endpoint(&desk, &anna);
    import(&anna, &["nobody"]).refused(1, &["no profile “nobody”", "--list"]);
    import(&anna, &["other"]).refused(1, &["“other” can't be imported", "another program"]);
    let refused = |content: &[u8], words: &[&str]| {
        anna.write("aws/credentials", content);
        let said = import(&anna, &["--yes"]).refused(1, words);
        assert!(!said.err.contains("hunter2"), "{}", said.err);
    };
    refused(b"[user]\nhunter2\n", &["line 2", "credentials", "Nothing was imported"]);
    refused(b"aws_secret_access_key = hunter2\n", &["line 1", "before any section"]);
    refused(b"[user]\naws_secret_access_key = hunter2\xFF\n", &["UTF-8"]);
    anna.write("aws/config", "[default]\nregion = eu-west-1\n");
    refused(b"", &["default can't be imported", "nothing to import"]);
    refused(
        b"[user]\naws_access_key_id = AKIA1\naws_secret_access_key = hunter2 x\n",
        &["user can't be imported", "characters"],
    );
    set_mode(&anna.at("aws/credentials"), "000");
    let mut unprivileged = vec!["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"];
    if Command::new("id").arg("-u").output().unwrap().stdout != b"0\n" {
        unprivileged = vec!["env"];
    }
    let mut locked = anna.through(&unprivileged, ["profile", "import"]);
    named(&mut locked, &anna);
    Said::of(&mut locked).refused(1, &["may not be read"]);
    fs::remove_file(anna.at("aws/credentials")).unwrap();
    fs::create_dir(anna.at("aws/credentials")).unwrap();
    import(&anna, &[]).refused(1, &["is a folder"]);
    fs::remove_dir_all(anna.at("aws")).unwrap();
    import(&anna, &[]).refused(1, &["no files here", "AWS_CONFIG_FILE"]);
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json(), json!([]));
}

#[test]
fn whenever_the_power_goes_the_file_is_the_old_one_or_the_new_one() {
    assert_installed();
    let desk = Desk::new();
    let anna = desk.person();
    let before = at_endpoint(&desk, &anna);
    let folder = anna.at("aws");
    let log = anna.at("log");
    let mut recorder = Recorder::new(&folder, &anna.at(""));
    let program = recording(&log);
    let program: Vec<&str> = program.iter().map(String::as_str).collect();
    let mut removing = anna.through(&program, ["profile", "import", "user", "--remove-keys"]);
    named(&mut removing, &anna);
    Said::of(&mut removing).ok();
    recorder.read(&fs::read_to_string(&log).unwrap());
    let after = without_key(&before);
    let how = Thoroughness { single: 8, torn: 4, chance: 16 };
    let (mut chance, mut seen) = (Chance(1), [0, 0]);
    for (number, point) in recorder.run().points() {
        for state in point.states(how, &mut chance) {
            let tree = state.tree();
            let (_, content) = tree[Path::new("credentials")].as_ref().unwrap();
            let content = String::from_utf8_lossy(content);
            assert!([&before, &after].iter().any(|whole| **whole == content), "after step {number}: {content}");
            seen[usize::from(content == after)] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 3), "{seen:?}");
    // What was written over the old one has no name: it is in the log.
    assert!(fs::read_to_string(&log).unwrap().contains("pwrite64("));
    assert_eq!(text(&anna, "aws/credentials"), after);
}

#[test]
fn a_protected_profile_asks_on_the_terminal_that_the_aws_command_line_runs_in() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, _) = FakeKms::with_key();
    super::slots::add_profile(&anna, "work", &kms);
    anna.write("pin", "2580\n");
    anna.run(["profile", "protect", "work", "--new-passphrase-file", "pin"]).ok();
    let program = env!("CARGO_BIN_EXE_sealkeep-cli");
    anna.write("config", format!("[profile work]\ncredential_process = {program} profile credentials work\n"));
    let asked = "import botocore.session as s; print(s.Session(profile='work').get_credentials().get_frozen_credentials().access_key)";
    anna.write("ask.py", asked);
    let line =
        format!("AWS_CONFIG_FILE=config AWS_EC2_METADATA_DISABLED=true '{}' ask.py", tool("moto/bin/python").display());
    let mut terminal = Terminal::run(&anna, &line);
    terminal.await_text("Passphrase of the profile work: ").type_line("2580");
    let shown = terminal.end(0);
    assert!(shown.contains("ASIA") && !shown.contains("2580"), "{shown}");
    // Two at once ask one after the other, and what is typed is never shown.
    let ask = "$0 profile credentials work";
    let mut terminal = Terminal::run(&anna, &format!("{ask} >a 2>&1 & {ask} >b 2>&1; wait; cat a b; stty -a"));
    for _ in 0..2 {
        terminal.await_text("Passphrase of the profile work: ").type_line("2580");
    }
    let shown = terminal.end(0);
    assert!(shown.matches("ASIA").count() == 2 && !shown.contains("2580"), "{shown}");
    assert!(!shown.contains("-echo ") && shown.contains(" echo "), "{shown}");
    // With nobody there, it is refused, and nothing waits.
    anna.run(["profile", "credentials", "work"]).refused(3, &["work"]);
}
