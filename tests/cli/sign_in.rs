//! Profiles whose credentials come from somewhere else, and those that ask before they give any.

use std::process::Command;

use serde_json::{Value, json};

use super::terminal::Terminal;
use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{FakeKms, Fault, PortalAnswer, Role};
use crate::support::secret_service::SecretService;

const ROLE: &str = "arn:aws:iam::111122223333:role/vault-reader";
const OTHER_ROLE: &str = "arn:aws:iam::111122223333:role/vault-editor";
const MFA: &str = "arn:aws:iam::111122223333:mfa/anna";

/// Somebody with an access key in the profile `user`, and a key that they may use.
struct Desk {
    keyring: SecretService,
    kms: FakeKms,
    key: String,
}

impl Desk {
    fn new() -> Self {
        let (kms, key) = FakeKms::with_key();
        Self { keyring: SecretService::start(), kms, key: key.to_string() }
    }

    fn person(&self) -> Person<'_> {
        let person = Person::with_keyring(&self.keyring);
        let args = ["--access-key-id", FakeKms::ACCESS_KEY_ID, "--yes"];
        self.add(&person, "user", &args, FakeKms::SECRET_ACCESS_KEY).ok();
        person
    }

    fn add(&self, person: &Person<'_>, name: &str, args: &[&str], input: &str) -> Said {
        let endpoint = self.kms.endpoint();
        let usual = ["profile", "add", name, "--region", FakeKms::REGION, "--endpoint-url", &endpoint];
        person.run_with(input, usual.iter().chain(args))
    }

    fn trust(&self, arn: &str, external_id: Option<&str>, mfa_serial: Option<&str>) {
        self.kms.add_role(Role {
            arn: arn.to_owned(),
            trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()],
            external_id: external_id.map(str::to_owned),
            mfa_serial: mfa_serial.map(str::to_owned),
        });
    }

    fn test(&self, person: &Person<'_>, name: &str) -> Said {
        person.run(["profile", "test", name, "--key", &self.key])
    }

    fn report(&self, person: &Person<'_>, name: &str) -> Value {
        person.run(["profile", "test", name, "--key", &self.key, "--json"]).ok().json()
    }
}

#[test]
fn a_role_is_taken_through_its_source_with_its_external_id_and_used_for_a_vault() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.trust(ROLE, Some("agreed-1"), None);
    let of_role = ["--role-arn", ROLE, "--source", "user", "--external-id", "agreed-1", "--duration", "900"];
    desk.add(&anna, "role", &of_role, "").ok();
    let report = desk.report(&anna, "role");
    assert_eq!(report["kind"], "assume-role");
    assert_eq!(report["access_key_id"], Value::Null);
    let principal = "arn:aws:sts::111122223333:assumed-role/vault-reader/sealkeep";
    assert_eq!(report["principal"], principal);
    anna.run(["new", "--kms", &desk.key, "--profile", "role", "--yes", "--vault", "v.sealkeep"]).ok();
    anna.run(["add", "note", "Door"]).ok();
    desk.kms.forget_calls();
    anna.run(["ls"]).ok();
    assert_eq!(desk.kms.count("AssumeRole"), 1);
    // KMS saw the role and nobody else.
    let callers: Vec<_> = desk.kms.calls().into_iter().filter(|call| call.action == "Decrypt").collect();
    assert!(!callers.is_empty() && callers.iter().all(|call| call.caller.starts_with("ASIA")), "{callers:?}");

    // Without what the role's owner wants to hear.
    desk.add(&anna, "stranger", &["--role-arn", ROLE, "--source", "user"], "").ok();
    desk.test(&anna, "stranger").refused(3, &["sts:AssumeRole", ROLE, "trust policy"]);
}

#[test]
fn roles_stand_behind_each_other_and_never_in_a_circle() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.trust(ROLE, None, None);
    desk.kms.add_role(Role {
        arn: OTHER_ROLE.to_owned(),
        trusts: vec!["arn:aws:sts::111122223333:assumed-role/vault-reader/sealkeep".to_owned()],
        ..Role::default()
    });
    desk.add(&anna, "first", &["--role-arn", ROLE, "--source", "user"], "").ok();
    desk.add(&anna, "second", &["--role-arn", OTHER_ROLE, "--source", "first"], "").ok();
    let report = desk.report(&anna, "second");
    assert_eq!(report["principal"], "arn:aws:sts::111122223333:assumed-role/vault-editor/sealkeep");

    desk.add(&anna, "first", &["--role-arn", ROLE, "--source", "second", "--yes"], "").ok();
    desk.kms.forget_calls();
    desk.test(&anna, "second").refused(1, &["second → first → second", "profile add"]);
    assert!(desk.kms.calls().is_empty());
    anna.run(["profile", "rm", "user"]).ok();
    desk.add(&anna, "first", &["--role-arn", ROLE, "--source", "user", "--yes"], "").ok();
    desk.test(&anna, "first").refused(1, &["no AWS profile “user”"]);
}

#[test]
fn a_role_with_an_mfa_device_asks_for_its_code_and_only_on_a_terminal() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.trust(ROLE, None, Some(MFA));
    desk.add(&anna, "role", &["--role-arn", ROLE, "--source", "user", "--mfa-serial", MFA], "").ok();
    desk.test(&anna, "role").refused(3, &["needs an answer", "on a terminal"]);
    assert_eq!(desk.kms.count("AssumeRole"), 0);
    let line = format!("$0 profile test role --key {}", desk.key);
    let ask = |code: &str, status| {
        let mut terminal = Terminal::run(&anna, &line);
        terminal.await_text(&format!("MFA code of {MFA}: ")).type_line(code);
        let shown = terminal.end(status);
        assert!(!shown.contains(code), "{shown}");
        shown
    };
    assert!(ask("123455", 3).contains("does not take this MFA code"));
    assert!(ask("123456", 0).contains("Works"));
    // Used already: the device has to show the next one.
    assert!(ask("123456", 3).contains("next code"));
    anna.run_with("", ["profile", "protect", "role", "--new-passphrase-file", "pw"])
        .refused(1, &["MFA device instead", "Nothing was changed"]);
}

#[test]
fn the_roles_of_a_machine_are_its_own() {
    let desk = Desk::new();
    let anna = desk.person();
    for kind in ["instance", "container", "web-identity"] {
        desk.add(&anna, kind, &["--machine", kind], "").ok();
    }
    // No role yet, and no variables.
    let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];
    desk.test(&anna, "instance").refused(3, &["metadata service"]);
    desk.test(&anna, "container").refused(3, &["AWS_CONTAINER_CREDENTIALS"]);
    desk.test(&anna, "web-identity").refused(3, &["AWS_WEB_IDENTITY_TOKEN_FILE"]);

    anna.write("token", "web-identity-token");
    let mut command = anna.command(["profile", "test", "web-identity"]);
    command.env("AWS_WEB_IDENTITY_TOKEN_FILE", anna.at("token")).env("AWS_ROLE_ARN", ROLE);
    let refused = Said::of(&mut command).refused(3, &["web identity's token", "InvalidIdentityToken"]);
    assert!(!refused.err.contains("container"), "{}", refused.err);
    desk.kms.set_machine_role(ROLE);
    let session = |kind: &str| {
        let mut command = anna.command(["profile", "test", kind, "--key", &desk.key, "--json"]);
        command.env(container[0], format!("{}/container/credentials", desk.kms.endpoint()));
        command.env(container[1], "container-token");
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", anna.at("token")).env("AWS_ROLE_ARN", ROLE);
        command.env("AWS_ROLE_SESSION_NAME", "pod");
        Said::of(&mut command).ok().json()["principal"].as_str().unwrap().to_owned()
    };
    let role = "arn:aws:sts::111122223333:assumed-role/vault-reader";
    assert_eq!(session("instance"), format!("{role}/i-0123456789abcdef0"));
    assert_eq!(session("container"), format!("{role}/container"));
    assert_eq!(session("web-identity"), format!("{role}/pod"));
    anna.run(["profile", "protect", "instance", "--new-passphrase-file", "pw"])
        .refused(1, &["every program on it", "Nothing was changed"]);
}

#[test]
fn identity_center_shows_a_page_lists_what_one_may_be_and_keeps_its_tokens_in_the_keyring() {
    let desk = Desk::new();
    let anna = desk.person();
    let center = ["--sso-start-url", "https://d-1.awsapps.com/start", "--sso-region", FakeKms::REGION];
    // Nobody there to say yes.
    desk.add(&anna, "people", &center, "").refused(3, &["needs an answer", "on a terminal"]);

    desk.kms.add_seat("111122223333", "Production", "Reader");
    desk.kms.add_seat("444455556666", "Sandbox", "Admin");
    let endpoint = desk.kms.endpoint();
    let add =
        format!("$0 profile add people --region {} --endpoint-url {endpoint} {}", FakeKms::REGION, center.join(" "));
    let mut terminal = Terminal::run(&anna, &add);
    terminal.await_text("WXYZ-2345").await_text("https://d-1.awsapps.com/start#/device?user_code=WXYZ-2345");
    desk.kms.answer_in_browser(PortalAnswer::Allowed);
    terminal.await_text("111122223333 Production").await_text("444455556666 Sandbox").await_text("Which one? ");
    terminal.type_line("1");
    terminal.end(0);
    let report = desk.report(&anna, "people");
    assert_eq!(report["principal"], "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Reader_0/anna");
    assert_eq!(desk.kms.count("StartDeviceAuthorization"), 2, "the one that nobody saw, and the one above");

    // What renews it is in the keyring, and in no file.
    desk.kms.end_sign_ins();
    let mut terminal = Terminal::run(&anna, &format!("$0 profile test people --key {}", desk.key));
    terminal.await_text("WXYZ-2345");
    terminal.end(0);
    let pattern = "sso-(access|refresh)-[0-9]|fake-client-secret";
    let found = Command::new("grep").args(["-rlE", pattern]).arg(anna.at("..")).output().unwrap();
    assert_eq!((found.status.code(), found.stdout), (Some(1), Vec::new()));

    desk.kms.end_sign_ins();
    desk.kms.answer_in_browser(PortalAnswer::Refused);
    let mut terminal = Terminal::run(&anna, "$0 profile test people");
    terminal.await_text("WXYZ-2345").await_text("refused in the browser");
    terminal.end(3);
}

#[test]
fn a_sign_in_renews_itself_where_it_may() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.kms.add_seat("111122223333", "Production", "Reader");
    desk.kms.answer_in_browser(PortalAnswer::Allowed);
    // Every token is over as soon as it is there.
    desk.kms.set_sessions_last(1);
    let endpoint = desk.kms.endpoint();
    let add = format!(
        "$0 profile add people --region {} --endpoint-url {endpoint} --sso-start-url https://d-1.awsapps.com/start \
         --sso-region {}",
        FakeKms::REGION,
        FakeKms::REGION
    );
    let mut terminal = Terminal::run(&anna, &add);
    // Only one account and role: nothing to choose.
    terminal.await_text("WXYZ-2345");
    terminal.end(0);
    desk.kms.set_sessions_last(3600);
    desk.kms.forget_calls();
    desk.test(&anna, "people").ok();
    assert_eq!((desk.kms.count("CreateToken"), desk.kms.count("StartDeviceAuthorization")), (1, 0));
}

#[test]
fn a_protected_profile_asks_for_its_passphrase_and_is_nothing_without() {
    let desk = Desk::new();
    let anna = desk.person();
    anna.write("pin", "4711\n");
    let protected = anna.run(["profile", "protect", "user", "--new-passphrase-file", "pin"]).ok();
    protected.says(&["casual", "can guess it"]);
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json()[0]["protected"], json!(true));
    desk.test(&anna, "user").refused(3, &["needs an answer", "--passphrase-file"]);
    anna.run(["profile", "test", "user", "--passphrase-file", "pw"]).refused(3, &["Wrong passphrase"]);
    assert!(desk.kms.calls().is_empty());
    anna.run(["profile", "test", "user", "--passphrase-file", "pin"]).ok();
    let mut terminal = Terminal::run(&anna, "$0 profile test user");
    terminal.await_text("Passphrase of the profile user: ").type_line("4711");
    terminal.end(0);
    // A vault opens with it as with any other.
    let new = ["new", "--kms", &desk.key, "--profile", "user", "--yes", "--vault", "v.sealkeep"];
    anna.run(new.iter().chain(&["--passphrase-file", "pin"])).ok();
    anna.run(["add", "note", "Door", "--passphrase-file", "pin"]).ok();
    anna.run(["ls"]).refused(3, &["needs an answer"]);

    // From one to another, and off again.
    anna.run(["profile", "protect", "user", "--passphrase-file", "pin", "--new-passphrase-file", "pw"]).ok();
    anna.run(["profile", "test", "user", "--passphrase-file", "pin"]).refused(3, &["Wrong passphrase"]);
    anna.run(["profile", "protect", "user", "--passphrase-file", "pw", "--remove"]).ok();
    anna.run(["ls"]).ok();

    let of_key = ["--access-key-id", FakeKms::ACCESS_KEY_ID, "--protect", "--new-passphrase-file", "pw", "--yes"];
    desk.add(&anna, "safe", &of_key, FakeKms::SECRET_ACCESS_KEY).ok();
    desk.test(&anna, "safe").refused(3, &["needs an answer"]);
}

#[test]
fn a_protected_profile_that_another_program_replaced_by_an_open_one_is_not_used() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.trust(ROLE, None, None);
    desk.add(&anna, "role", &["--role-arn", ROLE, "--source", "user"], "").ok();
    anna.run(["profile", "protect", "user", "--new-passphrase-file", "pw"]).ok();
    anna.run(["profile", "test", "user", "--passphrase-file", "pw"]).ok();
    // Another program, which has the same keyring and not these settings.
    let other = desk.person();
    desk.test(&other, "user").ok();
    desk.kms.forget_calls();
    for args in [&["profile", "test", "user", "--key", &desk.key][..], &["profile", "credentials", "user", "--lasting"]]
    {
        anna.run(args).refused(3, &["“user” was protected", "now is not", "profile add --protect"]);
    }
    desk.test(&anna, "role").refused(3, &["“user” was protected"]);
    assert!(desk.kms.calls().is_empty(), "nothing was asked of AWS with it");
    // Sealing it would be trusting it: whoever did it themselves says anew what it is.
    let protect = ["profile", "protect", "user", "--new-passphrase-file", "pw"];
    anna.run(protect).refused(3, &["“user” was protected"]);
    anna.run(["profile", "protect", "user", "--remove"]).refused(3, &["“user” was protected"]);
    let again = ["--access-key-id", FakeKms::ACCESS_KEY_ID, "--yes"];
    desk.add(&anna, "user", &again, FakeKms::SECRET_ACCESS_KEY).ok();
    anna.run(protect).ok();
    desk.test(&anna, "user").refused(3, &["needs an answer"]);
    anna.run(["profile", "test", "user", "--passphrase-file", "pw"]).ok();
    desk.add(&other, "user", &again, FakeKms::SECRET_ACCESS_KEY).ok();
    desk.test(&anna, "user").refused(3, &["“user” was protected"]);
    desk.add(&anna, "user", &again, FakeKms::SECRET_ACCESS_KEY).ok();
    desk.test(&anna, "user").ok();
}

#[test]
fn credentials_for_other_programs_end_by_themselves() {
    let desk = Desk::new();
    let anna = desk.person();
    let given = anna.run(["profile", "credentials", "user"]).ok();
    let document: Value = serde_json::from_slice(&given.out).unwrap();
    assert_eq!(document["Version"], 1);
    assert!(document["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
    assert!(document["SessionToken"].is_string());
    let end: jiff::Timestamp = document["Expiration"].as_str().unwrap().parse().unwrap();
    let minutes = (end.as_second() - jiff::Timestamp::now().as_second()) / 60;
    assert!((55..=60).contains(&minutes), "{minutes}");
    assert!(!given.text().contains(FakeKms::SECRET_ACCESS_KEY));

    let lasting = anna.run(["profile", "credentials", "user", "--lasting"]).ok();
    let lasting: Value = serde_json::from_slice(&lasting.out).unwrap();
    assert_eq!(lasting["AccessKeyId"], FakeKms::ACCESS_KEY_ID);
    assert_eq!(lasting["SecretAccessKey"], FakeKms::SECRET_ACCESS_KEY);
    assert!(lasting.get("Expiration").is_none() && lasting.get("SessionToken").is_none());

    // On a terminal a protected one asks, though its output goes elsewhere.
    anna.run(["profile", "protect", "user", "--new-passphrase-file", "pw"]).ok();
    anna.run(["profile", "credentials", "user"]).refused(3, &["needs an answer"]);
    let mut terminal = Terminal::run(&anna, "$0 profile credentials user > out.json");
    terminal.await_text("Passphrase of the profile user: ").type_line(crate::support::cli::PASSPHRASE);
    terminal.end(0);
    let document: Value = serde_json::from_slice(&anna.read("out.json")).unwrap();
    assert!(document["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
}

#[test]
fn a_sign_in_for_another_program_is_shown_on_the_terminal_and_not_to_that_program() {
    let desk = Desk::new();
    let anna = desk.person();
    desk.kms.add_seat("111122223333", "Production", "Reader");
    let center = ["--sso-start-url", "https://d-1.awsapps.com/start", "--sso-region", FakeKms::REGION];
    desk.add(&anna, "people", &[&center[..], &["--account", "111122223333", "--role", "Reader"]].concat(), "").ok();
    // As the AWS command line starts it: both outputs are its own.
    let mut terminal = Terminal::run(&anna, "$0 profile credentials people > out.json 2> err");
    terminal.await_text("sealkeep-cli: To sign in as “people”").await_text("WXYZ-2345");
    terminal.await_text("https://d-1.awsapps.com/start#/device?user_code=WXYZ-2345");
    desk.kms.answer_in_browser(PortalAnswer::Allowed);
    terminal.end(0);
    let document: Value = serde_json::from_slice(&anna.read("out.json")).unwrap();
    assert!(document["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
    assert_eq!(anna.read("err"), b"");
    // With nobody there, nothing waits.
    desk.kms.end_sign_ins();
    anna.run(["profile", "credentials", "people"]).refused(3, &["needs an answer"]);
}

#[test]
fn what_a_profile_can_not_be_is_said_before_anything_is_stored() {
    let desk = Desk::new();
    let anna = desk.person();
    let center = ["--sso-start-url", "https://d-1.awsapps.com/start", "--sso-region", FakeKms::REGION];
    let refused = |args: &[&str], words: &[&str]| {
        desk.add(&anna, "odd", args, "").refused(2, words);
    };
    refused(&["--role-arn", ROLE], &["--source"]);
    refused(&["--role-arn", "arn:aws:iam::1:role/x", "--source", "user"], &["role's ARN"]);
    refused(&["--role-arn", ROLE, "--source", "user", "--duration", "60"], &["900"]);
    refused(&["--role-arn", ROLE, "--source", "user", "--mfa-serial", "x y"], &["MFA device"]);
    refused(&["--role-arn", ROLE, "--source", "user", "--machine", "instance"], &["cannot be used with"]);
    refused(&["--machine", "toaster"], &["instance"]);
    refused(&[&center[..], &["--account", "12", "--role", "Reader"]].concat(), &["12 digits"]);
    refused(&["--sso-start-url", "http://evil.example.com/start", "--sso-region", FakeKms::REGION], &["start URL"]);
    refused(&[], &["--access-key-id"]);
    assert_eq!(anna.run(["profile", "ls", "--json"]).ok().json().as_array().unwrap().len(), 1);
    assert!(desk.kms.calls().is_empty());
    // AWS is away: said as what it is.
    desk.trust(ROLE, None, None);
    desk.add(&anna, "role", &["--role-arn", ROLE, "--source", "user"], "").ok();
    desk.kms.fail_always("Decrypt", Fault::Status(503));
    let refused = desk.test(&anna, "role").ended(6);
    refused.says(&["did not answer", "Check the network"]);
    assert!(refused.text().contains("assumed-role/vault-reader") && !refused.text().contains("Works"));
}
