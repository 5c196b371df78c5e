//! Copied secrets, on an X display of their own, and the process that holds them.

use std::io::{PipeWriter, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal};

use crate::support::accessibility::PATIENCE;
use crate::support::again::{case, passes};
use crate::support::display::Display;
use crate::support::ends::Ends;
use crate::support::scan::{self, Marker};

#[test]
fn a_copied_secret_can_be_pasted_and_is_marked_for_histories() {
    passes(Display::start().enter(&mut case("platform::clipboard::cases::copies")));
}

#[test]
fn a_copied_secret_is_removed_in_time() {
    passes(Display::start().enter(&mut case("platform::clipboard::cases::clears_in_time")));
}

#[test]
fn a_copied_secret_is_removed_on_demand_and_at_the_end() {
    passes(Display::start().enter(&mut case("platform::clipboard::cases::clears_on_demand")));
}

#[test]
fn somebody_elses_copy_is_left_alone() {
    passes(Display::start().enter(&mut case("platform::clipboard::cases::leaves_others_alone")));
}

#[test]
fn what_is_no_secret_stays_and_histories_may_have_it() {
    passes(Display::start().enter(&mut case("platform::clipboard::cases::copies_plainly")));
}

#[test]
fn what_was_pasted_is_in_no_memory_of_the_program_that_copied_it() {
    let display = Display::start();
    let mut holder = Holder::start(&display);
    let helper = holder.helper();
    let marker = [Marker::new("copied text", REVERSED.chars().rev().collect::<String>())];
    assert!(scan::memory(helper, &marker).of(&marker[0]) > 0, "the search finds it where it is");
    let limits = std::fs::read_to_string(format!("/proc/{helper}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "the helper is hardened");
    assert_eq!(pasted_bytes(&display), REVERSED.len());
    scan::memory(holder.process(), &marker).is_nothing("while it is copied");
    holder.clear();
    // Told and ended are one: there is nothing left to wait for.
    assert!(!runs(helper), "the helper has ended");
    assert_eq!(pasted_bytes(&display), 0);
    scan::memory(holder.process(), &marker).is_nothing("once it was removed");
}

#[test]
fn a_copied_secret_goes_with_a_program_that_is_killed() {
    let display = Display::start();
    let holder = Holder::start(&display);
    let helper = holder.helper();
    assert_eq!(pasted_bytes(&display), REVERSED.len());
    // Killed: it has no say in what follows.
    drop(holder);
    eventually("the helper ends", || !runs(helper));
    assert_eq!(pasted_bytes(&display), 0);
}

#[test]
fn a_helper_that_is_told_to_end_clears_and_is_noticed() {
    let display = Display::start();
    for signal in [Signal::TERM, Signal::KILL] {
        let mut holder = Holder::start(&display);
        rustix::process::kill_process(Pid::from_raw(holder.helper().cast_signed()).unwrap(), signal).unwrap();
        holder.says("cleared");
        assert_eq!(pasted_bytes(&display), 0);
    }
}

#[test]
fn without_a_display_copying_fails_and_says_so() {
    passes(case("platform::clipboard::cases::no_display").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY"));
}

/// What a program that holds a copy has copied, reversed: that program is this one, where the text stands nowhere as it is.
const REVERSED: &str = "xq-77-ecalp-rehto-on-ni-si-taht-txet-deipoc-a-5kc";

/// A program that has copied [`REVERSED`] the right way round, killed when dropped.
struct Holder {
    program: Ends,
    input: PipeWriter,
}

impl Holder {
    fn start(display: &Display) -> Self {
        let mut case = case("platform::clipboard::cases::holds_a_copy");
        case.stdout(Stdio::piped());
        // The child's standard input is not among what `Ends` keeps.
        let (theirs, ours) = std::io::pipe().unwrap();
        let program = Ends::start(display.enter(&mut case).stdin(theirs));
        let mut holder = Self { program, input: ours };
        holder.says("copied");
        holder
    }

    fn says(&mut self, word: &str) {
        while self.program.line() != word {}
    }

    fn process(&self) -> u32 {
        self.program.process()
    }

    fn clear(&mut self) {
        self.input.write_all(b"clear\n").unwrap();
        self.says("cleared");
    }

    fn helper(&self) -> u32 {
        let parent = format!("PPid:\t{}\n", self.process());
        let processes =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        let mut helpers = processes.filter(|name| {
            std::fs::read_to_string(format!("/proc/{name}/status")).is_ok_and(|status| status.contains(&parent))
        });
        let helper = helpers.next().unwrap().parse().unwrap();
        assert_eq!(helpers.next(), None, "one copy, one helper");
        helper
    }
}

/// Whether the process runs; one that has ended and was not waited for does not.
fn runs(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z') && !line.contains('X'))
}

fn eventually(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "waited for: {what}");
        std::thread::yield_now();
    }
}

/// How much another program pastes. What it is stays out of this program.
fn pasted_bytes(display: &Display) -> usize {
    let mut paste = Command::new("sh");
    paste.args(["-c", "xclip -selection clipboard -o 2>/dev/null | wc -c"]);
    let output = display.enter(&mut paste).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Run by the tests above, each in a process of its own.
mod cases {
    use std::io::Write;
    use std::process::{Command, Stdio};
    use std::sync::mpsc::{self, Receiver};
    use std::time::{Duration, Instant};

    use sealkeep::platform::{Clipboard, ClipboardError, ClipboardEvent};
    use sealkeep::secret::{SecretBytes, SecretString};

    use crate::support::again::assert_inside;

    const SECRET: &str = "correct horse — ä";

    fn clipboard() -> (Clipboard, Receiver<ClipboardEvent>) {
        assert_inside();
        let (send, events) = mpsc::channel();
        // This test is another program than the window's.
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_sealkeep"));
        (Clipboard::start_by(program, move |event| send.send(event).unwrap()).unwrap(), events)
    }

    fn secret() -> SecretString {
        SecretString::copy_of(SECRET)
    }

    /// What another program would paste; `None` where there is nothing.
    fn pasted(selection: &str, kind: &str) -> Option<String> {
        let output = Command::new("xclip").args(["-selection", selection, "-o", "-t", kind]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    fn text() -> Option<String> {
        pasted("clipboard", "UTF8_STRING")
    }

    /// Another program copies. xclip returns a little before the display knows of it.
    fn copy_elsewhere(selection: &str, text: &str) {
        let mut xclip = Command::new("xclip")
            .args(["-selection", selection, "-i"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        xclip.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(xclip.wait().unwrap().success());
        assert!((0..1000).any(|_| pasted(selection, "UTF8_STRING").as_deref() == Some(text)));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn copies() {
        copy_elsewhere("primary", "selected with the mouse");
        let (clipboard, events) = clipboard();
        clipboard.copy(secret(), None);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Copied { until: None });
        assert_eq!(text().as_deref(), Some(SECRET));
        let kinds = pasted("clipboard", "TARGETS").unwrap();
        assert!(kinds.lines().any(|kind| kind == "x-kde-passwordManagerHint"), "{kinds}");
        assert_eq!(pasted("clipboard", "x-kde-passwordManagerHint").as_deref(), Some("secret"));
        assert_eq!(pasted("primary", "UTF8_STRING").as_deref(), Some("selected with the mouse"));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn clears_in_time() {
        let (clipboard, events) = clipboard();
        let before = Instant::now();
        clipboard.copy(secret(), Some(Duration::from_millis(300)));
        let ClipboardEvent::Copied { until: Some(until) } = events.recv().unwrap() else { panic!("no deadline") };
        assert!(until >= before + Duration::from_millis(300));
        let seen = text();
        // On a busy machine looking takes longer than this time.
        assert!(seen.as_deref() == Some(SECRET) || Instant::now() >= until);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Cleared);
        assert!(Instant::now() >= until);
        assert_eq!(text(), None);
        // A second copy begins a time of its own.
        clipboard.copy(secret(), None);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Copied { until: None });
        assert_eq!(text().as_deref(), Some(SECRET));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn clears_on_demand() {
        let (clipboard, events) = clipboard();
        clipboard.clear();
        clipboard.copy(secret(), Some(Duration::from_secs(600)));
        assert!(matches!(events.recv().unwrap(), ClipboardEvent::Copied { .. }), "nothing to clear is nothing to tell");
        clipboard.clear();
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Cleared);
        assert_eq!(text(), None);
        clipboard.copy(secret(), None);
        drop(clipboard);
        assert!(matches!(events.recv().unwrap(), ClipboardEvent::Copied { .. }));
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Cleared);
        assert_eq!(text(), None);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn copies_plainly() {
        const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:alias/team";
        let (clipboard, events) = clipboard();
        clipboard.copy(secret(), Some(Duration::from_secs(600)));
        assert!(matches!(events.recv().unwrap(), ClipboardEvent::Copied { .. }));
        clipboard.copy_plain(ARN.to_owned());
        assert_eq!(events.recv().unwrap(), ClipboardEvent::CopiedPlain);
        assert_eq!(text().as_deref(), Some(ARN), "the secret before it is gone");
        let kinds = pasted("clipboard", "TARGETS").unwrap();
        assert!(!kinds.contains("passwordManagerHint"), "{kinds}");
        // What clears secrets, as a lock does, leaves it there.
        clipboard.clear();
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Replaced);
        assert_eq!(text().as_deref(), Some(ARN));
        clipboard.copy(secret(), None);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Copied { until: None });
        clipboard.clear();
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Cleared, "a secret that follows goes as ever");
        assert_eq!(text(), None);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn holds_a_copy() {
        let (clipboard, events) = clipboard();
        let mut text = SecretBytes::copy_of(super::REVERSED.as_bytes());
        text.expose_mut().reverse();
        clipboard.copy(SecretString::from_bytes(text).unwrap(), None);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Copied { until: None });
        println!("\ncopied");
        let watched = std::thread::spawn(move || {
            assert_eq!(events.recv().unwrap(), ClipboardEvent::Cleared);
            println!("\ncleared");
            events
        });
        let mut word = String::new();
        std::io::stdin().read_line(&mut word).unwrap();
        clipboard.clear();
        drop(watched.join());
        std::thread::park();
    }

    #[test]
    #[ignore = "run by a test above"]
    fn leaves_others_alone() {
        let (clipboard, events) = clipboard();
        clipboard.copy(secret(), Some(Duration::from_secs(600)));
        assert!(matches!(events.recv().unwrap(), ClipboardEvent::Copied { .. }));
        copy_elsewhere("clipboard", "somebody else's");
        clipboard.clear();
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Replaced);
        assert_eq!(text().as_deref(), Some("somebody else's"));
        // The same text again is a copy of its own.
        for _ in 0..2 {
            clipboard.copy(secret(), None);
            assert_eq!(events.recv().unwrap(), ClipboardEvent::Copied { until: None });
        }
        assert_eq!(text().as_deref(), Some(SECRET));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn no_display() {
        let (clipboard, events) = clipboard();
        clipboard.copy(secret(), None);
        assert_eq!(events.recv().unwrap(), ClipboardEvent::Failed(ClipboardError::Unavailable));
    }
}
