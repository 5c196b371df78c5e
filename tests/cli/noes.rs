//! Every no of AWS while something is saved, and every way in which nobody answers: its exit status, its words, and what is in the vault
//! then. Those of opening are in `keys.rs`.

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::cli::Person;
use crate::support::fake_kms::{Denial, FakeKms, Fault};
use crate::support::secret_service::SecretService;

/// Somebody with a vault under a KMS of their own, and a note in it.
struct Bed<'a> {
    anna: Person<'a>,
    kms: FakeKms,
}

impl<'a> Bed<'a> {
    /// With the profile `name`: one keyring has each name once.
    fn new(keyring: &'a SecretService, name: &str) -> Self {
        let anna = Person::with_keyring(keyring);
        let (kms, key) = FakeKms::with_key();
        let (endpoint, id) = (kms.endpoint(), FakeKms::ACCESS_KEY_ID);
        let place = ["--region", FakeKms::REGION, "--endpoint-url", &endpoint, "--access-key-id", id];
        let args = [&["profile", "add", name], &place[..]].concat();
        anna.run_with(format!("{}\n", FakeKms::SECRET_ACCESS_KEY), args).ok();
        anna.run(["new", "--kms", key.as_str(), "--vault", "v.sealkeep"]).ok();
        anna.run(["add", "note", "N", "--set", "text=t"]).ok();
        Self { anna, kms }
    }

    fn titles(&self) -> Vec<String> {
        let listed = self.anna.run(["ls", "--json"]).ok().json();
        let titles = listed.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned());
        titles.collect()
    }

    fn owed(&self) -> u64 {
        self.anna.run(["slot", "ls", "--json"]).ok().json()[0]["owed"].as_u64().unwrap()
    }

    /// What was saved while nobody answered is there, and owed to the key until it is repaired.
    fn owes_and_repairs(&self, what: &str) {
        assert_eq!(self.owed(), 1, "{what}");
        self.anna.run(["slot", "repair"]).ok();
        assert_eq!(self.owed(), 0, "{what}");
        assert_eq!(self.anna.run(["show", what, "--field", "text"]).ok().text(), "kept\n");
        self.anna.run(["check"]).ok();
    }
}

const ADD: [&str; 5] = ["add", "note", "Never", "--set", "text=lost"];

#[test]
fn every_no_to_add_has_its_status_and_its_words_and_adds_nothing() {
    let keyring = SecretService::start();
    let bed = Bed::new(&keyring, "work");
    let other = bed.kms.make_key().to_string();
    let statement = "\"Action\":\"kms:GenerateDataKey\"";
    let denials: [(Denial, &[&str]); 6] = [
        (Denial::NoIdentityPolicy, &["own IAM policies", statement]),
        (Denial::IdentityDeny, &["take that statement back"]),
        (Denial::NoKeyPolicy, &["owner of the key, account 111122223333", statement]),
        (Denial::KeyDeny, &["The key policy denies it"]),
        (Denial::ServiceControlDeny, &["organisation's administrator"]),
        (Denial::NoBoundary, &["permissions boundary", statement]),
    ];
    for (denial, words) in denials {
        bed.kms.forget_calls();
        bed.kms.deny_by(FakeKms::ACCESS_KEY_ID, "GenerateDataKey", denial);
        bed.anna.run(ADD).refused(3, &[&["kms:GenerateDataKey on arn:aws:kms:"], words].concat());
        bed.kms.allow(FakeKms::ACCESS_KEY_ID, "GenerateDataKey");
        assert_eq!(bed.kms.count("GenerateDataKey"), 1, "{denial:?}");
        assert_eq!(bed.titles(), ["N"], "{denial:?}");
    }
    let faults: [(Fault, i32, &[&str]); 9] = [
        // Between the unlock and the save, as by somebody in the console.
        (Fault::Refuse("DisabledException"), 3, &["is disabled", "aws kms enable-key"]),
        (Fault::Refuse("NotFoundException"), 3, &["in eu-central-1", "Check the ARN"]),
        (Fault::Refuse("ExpiredTokenException"), 3, &["session has ended", "Sign in"]),
        (Fault::Refuse("UnrecognizedClientException"), 3, &["does not know this access key"]),
        (Fault::Refuse("InvalidSignatureException"), 3, &["secret access key does not belong"]),
        (Fault::Garbage, 1, &["unexpectedly", "profile test"]),
        (Fault::AnswerFor(other.clone()), 1, &["for another key", &other, "profile test"]),
        (Fault::AnswerForNone, 1, &["for no key", "profile test"]),
        (Fault::KeyLength(31), 1, &["has not 256 bits", "profile test"]),
    ];
    for (fault, code, words) in faults {
        bed.kms.forget_calls();
        bed.kms.fail_always("GenerateDataKey", fault.clone());
        bed.anna.run(ADD).refused(code, words);
        bed.kms.heal();
        assert_eq!(bed.kms.count("GenerateDataKey"), 1, "{fault:?}");
        assert_eq!(bed.titles(), ["N"], "{fault:?}");
    }
    assert_eq!(bed.owed(), 0, "what is refused is not put off");
    bed.anna.run(["check"]).ok();
}

#[test]
fn where_nobody_answers_it_is_added_all_the_same_and_owed_to_the_key() {
    let keyring = SecretService::start();
    let bed = Bed::new(&keyring, "work");
    let faults = [
        ("throttled", Fault::Refuse("ThrottlingException")),
        ("500", Fault::Status(500)),
        ("reset", Fault::ResetInBody),
        ("closed", Fault::Close),
    ];
    for (what, fault) in faults {
        bed.kms.forget_calls();
        bed.kms.fail_always("GenerateDataKey", fault);
        bed.anna.run(["add", "note", what, "--set", "text=kept"]).ok();
        assert_eq!(bed.kms.count("GenerateDataKey"), 3, "{what}");
        bed.kms.heal();
        bed.owes_and_repairs(what);
    }
}

#[test]
fn who_does_not_answer_in_time_or_hangs_up_is_told_as_the_network() {
    /// What a person waits for at most, and what starting the program takes on a busy machine.
    const LONGEST: Duration = Duration::from_secs(10 + 20);
    let keyring = SecretService::start();
    let late = "no answer in time";
    // The third try of a slow one begins, or its time is over by then.
    let rows: [(&str, Fault, RangeInclusive<usize>, &str); 3] = [
        ("slow", Fault::Trickle, 2..=3, late),
        ("half-open", Fault::Hang, 2..=3, late),
        ("closed", Fault::Close, 3..=3, "connection closed"),
    ];
    thread::scope(|scope| {
        for (what, fault, tries, reason) in rows {
            let keyring = &keyring;
            scope.spawn(move || {
                let bed = Bed::new(keyring, what);
                bed.kms.forget_calls();
                bed.kms.fail_always("Decrypt", fault.clone());
                let begun = Instant::now();
                bed.anna.run(["ls"]).refused(6, &["did not answer", reason, "Check the network"]);
                assert!(begun.elapsed() < LONGEST, "{what}: {:?}", begun.elapsed());
                assert!(tries.contains(&bed.kms.count("Decrypt")), "{what}: {:?}", bed.kms.actions());
                bed.kms.heal();
                bed.kms.fail_always("GenerateDataKey", fault);
                let begun = Instant::now();
                bed.anna.run(["add", "note", what, "--set", "text=kept"]).ok();
                assert!(begun.elapsed() < LONGEST, "{what}: {:?}", begun.elapsed());
                bed.kms.heal();
                bed.owes_and_repairs(what);
            });
        }
    });
}

#[test]
fn a_connection_that_goes_dead_between_two_calls_costs_a_try_and_nothing_else() {
    let keyring = SecretService::start();
    let bed = Bed::new(&keyring, "work");
    bed.kms.forget_calls();
    bed.kms.fail_next("Decrypt", [Fault::Well, Fault::Hang]);
    assert_eq!(bed.anna.run(["show", "N", "--field", "text"]).ok().text(), "t\n");
    let connections: Vec<u64> = bed.kms.calls().iter().map(|call| call.connection).collect();
    let [list, dead, again] = connections[..] else { panic!("{connections:?}") };
    assert!(list == dead && dead != again, "over a new one: {connections:?}");
}
