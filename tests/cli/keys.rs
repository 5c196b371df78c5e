//! KMS keys on the command line, and every no of AWS: its exit status, its words, what to do, and how often it was asked.

use serde_json::json;

use crate::support::cli::{Person, Said};
use crate::support::fake_kms::{Denial, FakeKms, Fault};
use crate::support::secret_service::SecretService;

fn add_profile(person: &Person<'_>, kms: &FakeKms, name: &str, (id, secret): (&str, &str)) -> Said {
    let (endpoint, region) = (kms.endpoint(), FakeKms::REGION);
    let args = ["profile", "add", name, "--region", region, "--endpoint-url", &endpoint, "--access-key-id", id];
    person.run_with(format!("{secret}\n"), args)
}

fn admin(person: &Person<'_>, kms: &FakeKms) {
    add_profile(person, kms, "work", (FakeKms::ACCESS_KEY_ID, FakeKms::SECRET_ACCESS_KEY)).ok();
}

#[test]
fn a_key_is_shown_made_listed_looked_at_and_rotated() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let kms = FakeKms::start();
    admin(&anna, &kms);
    let refused = anna.run(["key", "new", "--alias", "team"]).refused(2, &["needs to be confirmed", "--yes"]);
    refused.says(&["alias/team", "MakerWrapsForSealkeep", "DeletionWaitsThirtyDays", FakeKms::ACCOUNT]);
    assert_eq!(kms.keys(), 0, "it was shown, and nothing was made");
    let made = anna.run(["key", "new", "--alias", "team", "--yes", "--json"]).ok().json();
    assert_eq!((&made["alias"], &made["rotation"], &made["works"]), (&json!("alias/team"), &json!(true), &json!(true)));
    let arn = made["key"].as_str().unwrap().to_owned();
    assert_eq!(kms.policy_of(&arn.parse().unwrap()).unwrap(), made["policy"], "what was shown is what was sent");
    anna.run(["key", "new", "--alias", "team", "--yes"])
        .refused(1, &["“alias/team” exists already", "Nothing was made"]);
    let strange = arn.replace(FakeKms::ACCOUNT, "999999999999");
    kms.forget_calls();
    kms.fail_next("CreateKey", [Fault::AnswerFor(strange.clone())]);
    anna.run(["key", "new", "--alias", "other", "--yes"])
        .refused(1, &[&strange, FakeKms::ACCOUNT, "It is not used", "key ls"]);
    assert_eq!((kms.count("CreateAlias"), kms.count("GenerateDataKey")), (0, 0));
    anna.run(["key", "new", "--alias", "a b", "--yes"]).refused(2, &["An alias has", "key new --help"]);

    let listed = anna.run(["key", "ls", "--json"]).ok().json();
    assert_eq!((&listed[0]["key"], &listed[0]["usable"]), (&json!(arn), &json!(true)));
    assert_eq!((&listed[0]["account"], &listed[0]["rotation"]), (&json!(FakeKms::ACCOUNT), &json!(true)));
    assert!(anna.run(["key", "ls"]).ok().text().contains("alias/team"));
    let rotated = anna.run(["key", "rotation", &arn, "--now", "--yes", "--json"]).ok().json();
    assert_eq!((&rotated["enabled"], &rotated["on_demand"]), (&json!(true), &json!(1)));
    anna.run(["key", "rotation", &arn, "--now"]).refused(2, &["about a dollar a month", "--yes"]);

    anna.run(["new", "--kms", &arn, "--vault", "v.sealkeep"]).ok();
    kms.schedule_deletion(&arn.parse().unwrap(), 6);
    let shown = anna.run(["key", "show", &arn]).ok();
    shown.says(&["will be deleted in 6 days", "aws kms cancel-key-deletion", "aws kms enable-key"]);
    assert!(anna.run(["key", "show", &arn, "--json"]).ok().json()["deletion"].is_string());
    anna.run(["ls"]).refused(3, &["will be deleted in 6 days", "aws kms cancel-key-deletion", "rewrap --kms"]);
}

struct Bed<'a> {
    anna: Person<'a>,
    kms: FakeKms,
}

#[test]
fn every_no_has_its_status_its_words_and_a_way_out() {
    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let (kms, key) = FakeKms::with_key();
    admin(&anna, &kms);
    add_profile(&anna, &kms, "unknown", ("AKIAUNKNOWN", "x")).ok();
    add_profile(&anna, &kms, "wrong", (FakeKms::ACCESS_KEY_ID, "wrong")).ok();
    anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep", "--profile", "work"]).ok();
    anna.run(["add", "note", "N", "--set", "text=t"]).ok();
    let bed = Bed { anna, kms };
    let deny = |by| move |bed: &Bed<'_>| bed.kms.deny_by(FakeKms::ACCESS_KEY_ID, "Decrypt", by);
    let fail = |fault: Fault| move |bed: &Bed<'_>| bed.kms.fail_always("Decrypt", fault.clone());
    let state = |state| {
        let key = key.clone();
        move |bed: &Bed<'_>| bed.kms.set_key_state(&key, state)
    };
    type Spoil<'a> = Box<dyn Fn(&Bed<'_>) + 'a>;
    let other = bed.kms.make_key().to_string();
    let table: Vec<(&str, Spoil<'_>, i32, usize, &[&str])> = vec![
        (
            "identity policy",
            Box::new(deny(Denial::NoIdentityPolicy)),
            3,
            1,
            &["own IAM policies", "\"Action\":\"kms:Decrypt\""],
        ),
        ("identity deny", Box::new(deny(Denial::IdentityDeny)), 3, 1, &["take that statement back"]),
        ("key policy", Box::new(deny(Denial::NoKeyPolicy)), 3, 1, &["owner of the key, account 111122223333"]),
        ("SCP", Box::new(deny(Denial::ServiceControlDeny)), 3, 1, &["organisation's administrator"]),
        ("hidden", Box::new(deny(Denial::Hidden)), 3, 1, &["does not say whether there is such a key"]),
        ("disabled", Box::new(state("Disabled")), 3, 1, &["is disabled", "aws kms enable-key"]),
        ("pending", Box::new(state("PendingDeletion")), 3, 1, &["will be deleted", "cancel-key-deletion"]),
        ("invalid state", Box::new(state("PendingImport")), 3, 1, &["can't be used"]),
        ("not found", Box::new(fail(Fault::Refuse("NotFoundException"))), 3, 1, &["in eu-central-1", "region"]),
        (
            "incorrect key",
            Box::new(fail(Fault::Refuse("IncorrectKeyException"))),
            5,
            1,
            &["made by another KMS key than arn:aws:kms:", "sealkeep-cli status", "another copy"],
        ),
        (
            "invalid ciphertext",
            Box::new(fail(Fault::Refuse("InvalidCiphertextException"))),
            5,
            1,
            &["The wrapped key is damaged", "another copy: a backup", "sealkeep-cli history"],
        ),
        ("expired", Box::new(fail(Fault::Refuse("ExpiredTokenException"))), 3, 1, &["session has ended", "Sign in"]),
        ("throttled", Box::new(fail(Fault::Refuse("ThrottlingException"))), 6, 3, &["limiting requests", "Wait"]),
        ("500", Box::new(fail(Fault::Status(500))), 6, 3, &["did not answer", "network"]),
        ("reset", Box::new(fail(Fault::ResetInBody)), 6, 3, &["did not answer", "network"]),
        ("garbage", Box::new(fail(Fault::Garbage)), 1, 1, &["unexpectedly", "profile test"]),
        ("other key's", Box::new(fail(Fault::AnswerFor(other))), 1, 1, &["for another key", "profile test"]),
        (
            "clock",
            Box::new(|bed: &Bed<'_>| {
                bed.kms.set_clock_ahead(86_400);
                bed.kms.set_date_ahead(-72_000);
            }),
            3,
            3,
            &["clock is 4 hours behind", "timedatectl"],
        ),
    ];
    let mut all = Vec::new();
    for (what, spoil, code, tries, words) in table {
        bed.kms.forget_calls();
        spoil(&bed);
        let said = bed.anna.run(["ls"]).refused(code, words);
        let asked = bed.kms.count("Decrypt");
        // The SDK may give up earlier where the clock can't be made up for.
        assert!(if what == "clock" { asked <= tries } else { asked == tries }, "{what}: asked {asked} times");
        assert!(!all.contains(&said.err), "{what} has words of its own");
        all.push(said.err);
        bed.kms.heal();
        bed.kms.allow(FakeKms::ACCESS_KEY_ID, "Decrypt");
        bed.kms.set_key_state(&key, "Enabled");
    }
    bed.anna.run(["ls", "--profile", "unknown"]).refused(3, &["does not know this access key", "profile add"]);
    bed.anna.run(["ls", "--profile", "wrong"]).refused(3, &["secret access key does not belong", "profile add"]);
    // A wrong data key: what is saved is as it was written, and the answer is to blame. A body's is known by what the list says of it.
    let wrong = ["gave back another key", "as it was written", "profile test"];
    bed.kms.forget_calls();
    bed.kms.fail_next("Decrypt", [Fault::Well, Fault::OtherKey]);
    bed.anna.run(["show", "N", "--field", "text"]).refused(1, &wrong);
    assert_eq!(bed.kms.count("Decrypt"), 2);
    // The list's own by being another one each time.
    bed.kms.fail_always("Decrypt", Fault::OtherKey);
    bed.anna.run(["ls"]).refused(1, &wrong);
    // One that is the same each time can be what was wrapped: nobody can tell that from a vault that was changed.
    bed.kms.fail_always("Decrypt", Fault::KeyLength(32));
    bed.anna.run(["ls"]).refused(5, &["index key"]);
    bed.kms.heal();
    bed.anna.run(["show", "N", "--field", "text"]).ok();
}
