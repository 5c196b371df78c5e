//! A KMS key of the vault that will be gone, told by whatever command opens the vault another way: on a terminal, and where it is about ways in.

use super::slots::add_profile;
use super::terminal::Terminal;
use crate::support::cli::Person;
use crate::support::fake_kms::{FakeKms, Fault};
use crate::support::secret_service::SecretService;

#[test]
fn a_key_that_will_be_gone_is_told_on_a_terminal_and_by_what_is_about_ways_in() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    let second = kms.make_key();
    add_profile(&anna, "work", &kms);
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
    anna.run_with("1234", ["add", "note", "Door", "--set-stdin", "text"]).ok();
    anna.run(["slot", "add", "--kms", second.as_str()]).ok();
    let said = anna.run(["slot", "ls"]).ok();
    assert!(said.err.is_empty(), "all is well: {}", said.err);

    kms.forget_calls();
    for args in [&["ls"][..], &["check"], &["check", "--quick"]] {
        anna.run(args).ok();
    }
    assert_eq!(kms.count("DescribeKey"), 0, "a script's calls stay as few as they are");
    for line in ["$0 ls", "$0 slot ls"] {
        let shown = Terminal::run(&anna, line).end(0);
        assert!(!shown.contains("deleted"), "{shown}");
    }
    assert_eq!(kms.count("DescribeKey"), 4, "one call for each key and command");
    let shown = Terminal::run(&anna, "$0 ls 2>/dev/null").end(0);
    assert!(shown.contains("Door") && kms.count("DescribeKey") == 4, "{shown}");

    kms.schedule_deletion(&second, 6);
    for args in [&["ls"][..], &["check"]] {
        let said = anna.run(args).ok();
        assert!(!said.err.contains("deleted"), "{args:?}: {}", said.err);
    }
    let doomed = format!("The KMS key {second} will be deleted in 6 days");
    let well = "another way in still opens everything";
    anna.run(["slot", "ls"]).ok().says(&[&doomed, well, "aws kms cancel-key-deletion", "sealkeep-cli rewrap --kms"]);
    let said = anna.run(["slot", "ls", "--json"]).ok();
    assert!(said.err.contains(r#"{"warning":"The KMS key"#), "{}", said.err);
    said.json();
    for line in ["$0 ls", "$0 slot ls", "$0 check"] {
        let shown = Terminal::run(&anna, line).end(0);
        assert_eq!(shown.matches("will be deleted").count(), 1, "once: {shown}");
    }

    // The other one will be gone, and this one is owed something.
    kms.set_key_state(&second, "Disabled");
    anna.run_with("5678", ["add", "note", "Later", "--set-stdin", "text"]).ok();
    kms.set_key_state(&second, "Enabled");
    kms.schedule_deletion(&key, 1);
    anna.run(["slot", "ls"]).ok().says(&[
        &format!("The KMS key {key} will be deleted in 1 day"),
        "no other way in opens everything yet: 1 key is not wrapped for it",
        "sealkeep-cli slot repair",
    ]);
    // Where AWS does not let one know, nothing is said, and nothing fails.
    kms.deny(FakeKms::ACCESS_KEY_ID, "DescribeKey");
    let said = anna.run(["slot", "ls"]).ok();
    assert!(!said.err.contains("deleted"), "{}", said.err);
    // Nor does anything wait for an answer that does not come.
    kms.allow(FakeKms::ACCESS_KEY_ID, "DescribeKey");
    kms.fail_always("DescribeKey", Fault::Hang);
    anna.run(["slot", "ls"]).ok();
}
