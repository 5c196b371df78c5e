//! The keyring, on a real gnome-keyring behind a private bus.
//!
//! The session is found through environment variables, which belong to a whole process: each case runs in a process of its
//! own, this test binary started again.

use std::process::Command;

use crate::support::again::{self, passes};
use crate::support::secret_service::{self, Prompts, SecretService, Service};

fn case(name: &str) -> Command {
    again::case(&format!("keyring::cases::{name}"))
}

#[test]
fn keeps_replaces_and_removes_any_bytes() {
    passes(SecretService::start().enter(&mut case("round_trip")));
}

#[test]
fn keeps_secrets_for_another_process() {
    let service = SecretService::start();
    passes(service.enter(&mut case("put_only")));
    passes(service.enter(&mut case("get_only")));
}

#[test]
fn can_be_called_from_inside_a_runtime() {
    passes(SecretService::start().enter(&mut case("inside_a_runtime")));
}

#[test]
fn says_that_there_is_no_bus() {
    let home = tempfile::tempdir().unwrap();
    passes(secret_service::enter(home.path(), &mut case("no_service")));
}

#[test]
fn says_that_there_is_no_service_on_the_bus() {
    passes(SecretService::start_with(Service::Missing, Prompts::Impossible).enter(&mut case("no_service")));
}

#[test]
fn finds_a_service_that_was_started_after_a_failure() {
    passes(SecretService::start_with(Service::Missing, Prompts::Impossible).enter(&mut case("service_comes_later")));
}

#[test]
fn says_that_there_is_no_default_keyring() {
    passes(SecretService::start_with(Service::Empty, Prompts::Impossible).enter(&mut case("no_collection")));
}

#[test]
fn says_that_a_locked_keyring_is_locked() {
    let service = SecretService::start();
    passes(service.enter(&mut case("put_only")));
    service.lock();
    passes(service.enter(&mut case("locked")));
}

#[test]
fn gives_up_on_a_prompt_that_nobody_answers() {
    let service = SecretService::start_with(Service::Unlocked, Prompts::Unanswered);
    passes(service.enter(&mut case("put_only")));
    service.lock();
    passes(service.enter(&mut case("unanswered")));
}

#[test]
fn trusts_none_of_several_entries_with_one_name() {
    passes(SecretService::start().enter(&mut case("several_entries")));
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::time::Duration;

    use sealkeep::platform::{Keyring, KeyringError};
    use sealkeep::secret::SecretBytes;
    use secret_service::EncryptionType;

    use crate::support::again::assert_inside;
    use crate::support::secret_service::await_secrets;

    const BYTES: &[u8] = b"\0binary\xFF, with text: \xC3\xA4\n";

    fn keyring() -> Keyring {
        assert_inside();
        Keyring::new()
    }

    fn secret(bytes: &[u8]) -> SecretBytes {
        SecretBytes::copy_of(bytes)
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn round_trip() {
        let keyring = keyring();
        assert!(matches!(keyring.get("work"), Err(KeyringError::NotFound(name)) if name == "work"));
        assert!(matches!(keyring.remove("work"), Err(KeyringError::NotFound(_))));
        keyring.put("work", &secret(BYTES)).unwrap();
        keyring.put("wörk/home", &secret(b"other")).unwrap();
        assert_eq!(keyring.get("work").unwrap().expose(), BYTES);
        keyring.put("work", &secret(b"")).unwrap();
        assert_eq!(keyring.get("work").unwrap().expose(), b"");
        keyring.put("work", &secret(&[7; 20_000])).unwrap();
        assert_eq!(keyring.get("work").unwrap().expose(), [7; 20_000]);
        keyring.remove("work").unwrap();
        assert!(matches!(keyring.get("work"), Err(KeyringError::NotFound(_))));
        assert_eq!(keyring.get("wörk/home").unwrap().expose(), b"other");
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn put_only() {
        keyring().put("work", &secret(BYTES)).unwrap();
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn get_only() {
        assert_eq!(keyring().get("work").unwrap().expose(), BYTES);
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn inside_a_runtime() {
        let keyring = keyring();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            keyring.put("work", &secret(BYTES)).unwrap();
            assert_eq!(keyring.get("work").unwrap().expose(), BYTES);
        });
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn no_service() {
        let keyring = keyring();
        for error in [keyring.get("work").unwrap_err(), keyring.put("work", &secret(BYTES)).unwrap_err()] {
            assert!(matches!(error, KeyringError::NoService(_)), "{error:?}");
            assert!(error.hint().contains("gnome-keyring"));
        }
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn service_comes_later() {
        let keyring = keyring();
        assert!(matches!(keyring.get("work"), Err(KeyringError::NoService(_))));
        let script = "printf 'pw\n' | gnome-keyring-daemon --unlock --components=secrets";
        let started = std::process::Command::new("sh").args(["-c", script]).output().unwrap();
        assert!(started.status.success());
        await_secrets(&std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap());
        assert!(matches!(keyring.get("work"), Err(KeyringError::NotFound(_))));
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn no_collection() {
        let error = keyring().put("work", &secret(BYTES)).unwrap_err();
        assert!(matches!(error, KeyringError::NoCollection), "{error:?}");
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn locked() {
        let keyring = keyring();
        for error in [keyring.get("work").unwrap_err(), keyring.put("work", &secret(BYTES)).unwrap_err()] {
            assert!(matches!(error, KeyringError::Locked), "{error:?}");
        }
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn several_entries() {
        let keyring = keyring();
        keyring.put("work", &secret(BYTES)).unwrap();
        let service = secret_service::blocking::SecretService::connect(EncryptionType::Plain).unwrap();
        let ours = service.search_items([("service", "sealkeep")].into()).unwrap().unlocked.remove(0);
        let attributes = ours.get_attributes().unwrap();
        let attributes = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let collection = service.get_default_collection().unwrap();
        collection.create_item("somebody else's", attributes, b"theirs", false, "text/plain").unwrap();
        for error in [keyring.get("work").unwrap_err(), keyring.put("work", &secret(b"x")).unwrap_err()] {
            assert!(matches!(&error, KeyringError::Ambiguous(name) if name == "work"), "{error:?}");
        }
        keyring.remove("work").unwrap();
        assert!(matches!(keyring.get("work"), Err(KeyringError::NotFound(_))), "all of them are gone");
    }

    #[test]
    #[ignore = "run by its namesake above"]
    fn unanswered() {
        keyring();
        let error = Keyring::with_patience(Duration::from_secs(1)).get("work").unwrap_err();
        assert!(matches!(error, KeyringError::NotAnswered), "{error:?}");
    }
}
