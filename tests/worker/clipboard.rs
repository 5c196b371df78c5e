//! Copied secrets, on an X display of their own.

use crate::support::again::{case, passes};
use crate::support::display::Display;

#[test]
fn a_copied_secret_leaves_the_clipboard_in_time_on_demand_and_with_a_lock() {
    passes(Display::start().enter(&mut case("worker::clipboard::cases::copies")));
}

#[test]
fn what_is_no_secret_stays_in_the_clipboard_over_a_lock() {
    passes(Display::start().enter(&mut case("worker::clipboard::cases::copies_plainly")));
}

#[test]
fn without_a_display_a_copy_fails_and_says_so() {
    passes(case("worker::clipboard::cases::no_display").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY"));
}

/// Run by the tests above, each on a display of its own.
mod cases {
    use std::process::Command as Process;
    use std::time::{Duration, Instant};

    use sealkeep::secret::SecretString;
    use sealkeep::worker::{Command, LockReason, Problem, What};

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::window::{Window, login};

    /// What another program pastes.
    fn paste() -> String {
        let pasted = Process::new("xclip").args(["-selection", "clipboard", "-o"]).output().unwrap();
        String::from_utf8(pasted.stdout).unwrap()
    }

    #[test]
    #[ignore = "run by a test above"]
    fn copies() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let mut window = Window::with_vault(home.path());
        let item = window.save(None, login("GitHub", "anna", "hunter2"));
        window.send(Command::CopyField { item, field: "password".to_owned() });
        let clears_in = expect!(window, What::ClipboardHolds { clears_in } => clears_in).unwrap();
        assert!(clears_in <= Duration::from_secs(30));
        assert_eq!(paste(), "hunter2");
        window.send(Command::ClearClipboard);
        expect!(window, What::ClipboardCleared);
        assert_eq!(paste(), "");

        window.send(Command::Start);
        let mut settings = expect!(window, What::Started { settings, .. } => settings);
        settings.clipboard_clear_seconds = 1;
        window.send(Command::SaveSettings(settings));
        expect!(window, What::SettingsChanged(_));
        window.send(Command::Copy { text: SecretString::copy_of("short-lived") });
        expect!(window, What::ClipboardHolds { clears_in: Some(_) });
        expect!(window, What::ClipboardCleared);
        assert_eq!(paste(), "");

        window.send(Command::Copy { text: SecretString::copy_of("before the lock") });
        expect!(window, What::ClipboardHolds { .. });
        window.lock();
        expect!(window, What::Locked(LockReason::Asked));
        drop(window);
        assert_eq!(paste(), "");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn copies_plainly() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let mut window = Window::with_vault(home.path());
        window.send(Command::Start);
        let mut settings = expect!(window, What::Started { settings, .. } => settings);
        settings.clipboard_clear_seconds = 1;
        window.send(Command::SaveSettings(settings));
        expect!(window, What::SettingsChanged(_));
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/team";
        window.send(Command::CopyPlain { text: alias.to_owned() });
        expect!(window, What::CopiedPlain);
        // Longer than a secret would stay.
        let outlasted = Instant::now() + Duration::from_millis(1500);
        while Instant::now() < outlasted {
            assert_eq!(paste(), alias);
        }
        assert_eq!(paste(), alias);
        window.send(Command::Copy { text: SecretString::copy_of("short-lived") });
        expect!(window, What::ClipboardHolds { .. });
        window.send(Command::CopyPlain { text: "aws kms cancel-key-deletion".to_owned() });
        expect!(window, What::CopiedPlain);
        window.lock();
        expect!(window, What::Locked(LockReason::Asked));
        assert_eq!(paste(), "aws kms cancel-key-deletion");
        window.send(Command::ClearClipboard);
        expect!(window, What::ClipboardCleared);
        assert_eq!(paste(), "aws kms cancel-key-deletion", "there is no secret to clear");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn no_display() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let mut window = Window::open(home.path());
        window.send(Command::Copy { text: SecretString::copy_of("nowhere") });
        assert_eq!(expect!(window, What::Failed(problem) => problem), Problem::NoClipboard);
    }
}
