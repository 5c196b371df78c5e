//! Trying recovery: what opens, and what does not.

use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::vault::{ItemId, SlotId};
use sealkeep::worker::{Command, Drilled, JobKind, Problem, RequestId, RevisionNamed, SlotKind, What};

use super::{page, passphrase, progress, sheet_way};
use crate::support::screen::{Screen, changed, described};

fn drilled(owed: u64, failed: u64) -> What {
    let missing = RevisionNamed { item: ItemId([1; 16]), title: Some(SecretString::copy_of("GitHub")), revision: 2 };
    What::Drilled(Drilled {
        slot: SlotId([3; 16]),
        kind: SlotKind::Sheet,
        opened: 120 - owed - failed,
        owed,
        failed,
        missing: if owed + failed > 0 { vec![missing] } else { Vec::new() },
        at: Timestamp::from_second(1_790_000_000).unwrap(),
    })
}

/// The drill, begun with what was typed.
pub(super) fn drilling() -> (Screen, RequestId) {
    let mut screen = page(vec![passphrase(), sheet_way()]);
    screen.press("Try it: Emergency sheet");
    screen.write("Recovery passphrase or code", "0123-4567");
    screen.press("Try it");
    let (drilling, command) = screen.command();
    assert!(matches!(command, Command::Drill { .. }));
    (screen, drilling)
}

#[test]
fn a_drill_says_what_opens_and_what_does_not() {
    let (mut screen, request) = drilling();
    screen.answer(request, progress(JobKind::Drill, 60));
    assert!(screen.shows("60 of 120 keys") && screen.shows("Trying every key…"));
    screen.answer(request, drilled(0, 0));
    assert!(screen.shows("Emergency sheet: it opens everything") && screen.mentions("All 120 keys of this vault"));
    assert!(screen.mentions("on 21 September 2026") && !screen.tree().contains("0123-4567"));

    let (mut screen, request) = drilling();
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("That opens nothing here.") && screen.mentions("O counts as 0"));
    screen.press("Try it");
    let (request, _) = screen.command();
    screen.press("Cancel");
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(!screen.mentions("opens nothing"));

    let (mut screen, request) = drilling();
    screen.answer(request, drilled(2, 0));
    assert!(screen.shows("Emergency sheet: it does not open 2 of 120 keys"));
    let (_, command) = screen.command();
    assert!(matches!(command, Command::ListWays));
    screen.press("Repair");
    assert!(matches!(screen.command().1, Command::RepairWays));

    let (mut screen, request) = drilling();
    screen.answer(request, drilled(0, 1));
    assert!(screen.mentions("Save the items below anew"));
    screen.press("GitHub: Version 2");
    assert!(screen.shows("Open"), "{}", screen.tree());

    let (mut screen, request) = drilling();
    screen.tell(changed(vec![described(1, "login", "GitHub", true)]));
    screen.answer(request, drilled(0, 1));
    screen.press("GitHub: Version 2");
    screen.window.run_steps(3);
    assert!(screen.shows("Restore") && screen.shows("Open"), "what is in the trash is shown there: {}", screen.tree());
}
