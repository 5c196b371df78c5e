//! Salvaging: from where damage is shown to the new vault; what is asked, how far it is, what was lost, what a lock leaves.

use egui::Key;
use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::ui::wording::salvage::SALVAGE;
use sealkeep::vault::{Alteration, Altered, Finding, ItemId, Lost, SalvageReport, VaultId};
use sealkeep::worker::{
    Checked, Command, JobKind, KeyView, LockReason, Problem, ProblemNamed, Progress, RequestId, Salvage, Salvaged,
    Trust, TrustAnswer, UnlockBy, UnlockStep, What,
};

use crate::support::screen::{FAMILY, KEY, Screen, items, settings_with, vault_with};

/// The page, once the vault was looked at.
fn salvaging(keys: Vec<KeyView>, trust: Trust) -> Screen {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Damaged { what: "its head".to_owned() }));
    screen.press(SALVAGE);
    let (request, command) = screen.command();
    assert!(matches!(command, Command::InspectToSalvage { folder } if folder.ends_with("Family.sealkeep")));
    screen.answer(request, What::Inspected(vault_with(keys, trust)));
    screen
}

fn begun(screen: &mut Screen) -> (RequestId, Salvage) {
    let (request, command) = screen.command();
    let Command::Salvage(wanted) = command else { panic!("{command:?}") };
    (request, wanted)
}

fn on_passphrase() -> (Screen, RequestId) {
    let mut screen = salvaging(vec![KeyView::Passphrase], Trust::Known);
    screen.write("Passphrase", "correct horse");
    screen.press("Save what still opens");
    let (request, _) = begun(&mut screen);
    (screen, request)
}

fn progress(done: u64) -> What {
    What::Job(Progress {
        kind: JobKind::Salvage,
        current: String::new(),
        current_done: done,
        current_total: 204_000,
        files_done: 0,
        files_total: 0,
        done,
        total: 204_000,
        per_second: None,
        left: None,
    })
}

fn title(text: &str) -> Option<SecretString> {
    Some(SecretString::copy_of(text))
}

fn left(item: u8, name: &str, whole_item: bool, revision: u32) -> Lost {
    Lost { item: Some(ItemId([item; 16])), title: title(name), whole_item, what: Finding::BodyChanged(revision) }
}

fn salvaged(lost: Vec<Lost>, changed: Vec<Altered>) -> What {
    let report = SalvageReport {
        vault: VaultId([8; 16]),
        items: 126,
        revisions: 201,
        bytes: 200_000,
        lost,
        changed,
        problems: Vec::new(),
        slots: Vec::new(),
    };
    let into = "/home/anna/Family saved.sealkeep".into();
    What::Salvaged(Box::new(Salvaged { from: FAMILY.into(), into, report }))
}

fn damage() -> What {
    let lost = vec![left(1, "GitHub", true, 1), left(1, "GitHub", true, 2), left(2, "Passport.txt", false, 3)];
    let how = Alteration::OlderContent { was: 3, now: 2 };
    salvaged(lost, vec![Altered { item: ItemId([2; 16]), title: title("Passport.txt"), how }])
}

#[test]
fn a_vault_that_does_not_open_leads_to_a_new_one_beside_it() {
    let mut screen = salvaging(vec![KeyView::Passphrase], Trust::Known);
    assert!(screen.mentions("In /home/anna") && screen.field("Passphrase").is_focused());
    screen.write("Passphrase", "correct horse");
    screen.key(Key::Enter);
    let (request, wanted) = begun(&mut screen);
    assert_eq!((wanted.folder.to_str(), wanted.trust), (Some(FAMILY), TrustAnswer::Confirmed));
    assert_eq!(wanted.into.to_str(), Some("/home/anna/Family saved.sealkeep"));
    assert!(matches!(&wanted.by, UnlockBy::Passphrase(typed) if typed.expose() == "correct horse"));
    assert!(wanted.passphrase.is_none());
    screen.answer(request, What::Unlocking(UnlockStep::DerivingKey));
    assert!(screen.mentions("Making the key from the passphrase"));
    screen.answer(request, progress(51_000));
    assert!(screen.mentions("Saving what still opens") && screen.mentions("51 kB of 204 kB"), "{}", screen.tree());
    assert!(!screen.shows("Fold the jobs"), "the page says it");
    screen.answer(request, salvaged(Vec::new(), Vec::new()));
    assert!(screen.shows("Everything was copied") && screen.mentions("126 items · 201 versions · 200 kB"));
    screen.press("Open the new vault");
    let (_, command) = screen.command();
    assert!(matches!(command, Command::InspectVault { folder } if folder.ends_with("Family saved.sealkeep")));
}

#[test]
fn what_was_lost_is_listed_by_name_one_row_for_each_item() {
    let (mut screen, request) = on_passphrase();
    screen.answer(request, damage());
    let told = "126 items copied; 1 lost, 1 without some of their versions, 1 not as they were";
    assert!(screen.mentions(told), "{}", screen.tree());
    assert!(screen.shows("GitHub: Version 1 was changed or cut short. Version 2 was changed or cut short."));
    assert!(screen.shows("Passport.txt: Version 3 was changed or cut short."));
    assert!(screen.shows("Passport.txt: Version 3 is damaged: version 2 is the current one now."));
    // Not by an Escape that was meant for something else: nowhere else is it said.
    screen.key(Key::Escape);
    assert!(screen.mentions(told));
}

#[test]
fn a_lock_takes_the_titles_and_leaves_what_was_lost_in_numbers() {
    let (mut screen, request) = on_passphrase();
    screen.answer(request, damage());
    screen.tell(What::Locking(LockReason::Idle));
    assert!(!screen.tree().contains("GitHub") && !screen.tree().contains("Passport"), "{}", screen.tree());
    assert!(screen.mentions("126 items copied; 1 lost") && screen.mentions("The titles went with the lock"));
    assert!(screen.shows("Open the new vault"));
}

#[test]
fn a_lock_in_the_middle_forgets_what_was_typed_and_says_so() {
    let (mut screen, request) = on_passphrase();
    screen.answer(request, progress(51_000));
    screen.ctrl(Key::L);
    assert_eq!(screen.locks(), 1);
    screen.answer(request, What::Failed(Problem::Locked));
    let (request, command) = screen.command();
    assert!(matches!(command, Command::InspectToSalvage { .. }));
    screen.answer(request, What::Inspected(vault_with(vec![KeyView::Passphrase], Trust::Known)));
    assert!(screen.shows("Sealkeep locked while this ran"), "{}", screen.tree());
    screen.press("Save what still opens");
    assert!(screen.try_command().is_none(), "the passphrase has to be typed again");
}

#[test]
fn it_is_cancelled_with_escape_and_a_wrong_passphrase_is_typed_again() {
    let (mut screen, request) = on_passphrase();
    screen.answer(request, progress(51_000));
    screen.key(Key::Escape);
    assert_eq!(screen.cancelled(), [request]);
    screen.answer(request, What::Failed(Problem::Cancelled));
    assert!(screen.field("Passphrase").is_focused() && !screen.shows("Cancelled."));
    screen.key(Key::Enter);
    let (request, _) = begun(&mut screen);
    screen.answer(request, What::Failed(Problem::WrongPassphrase));
    assert!(screen.shows("Wrong passphrase.") && screen.field("Passphrase").is_focused());
    screen.key(Key::Escape);
    assert!(matches!(screen.command().1, Command::InspectVault { .. }), "back to the unlock screen");
}

#[test]
fn paper_opens_the_old_vault_and_a_passphrase_the_new_one() {
    let mut screen = salvaging(vec![KeyView::Passphrase, KeyView::Recovery], Trust::Known);
    screen.write("Passphrase, or recovery code", "7K3M-0000");
    screen.key(Key::Enter);
    let (request, _) = begun(&mut screen);
    screen.answer(request, What::Failed(Problem::NeedsPassphrase));
    assert!(screen.mentions("choose a passphrase for the new vault"));
    screen.write("New passphrase", "seven green boats");
    screen.write("New passphrase again", "seven green goats");
    assert!(screen.shows("The two are different."));
    screen.key(Key::Enter);
    assert!(screen.try_command().is_none());
    screen.ctrl(Key::A);
    screen.write("New passphrase again", "seven green boats");
    screen.key(Key::Enter);
    let (_, wanted) = begun(&mut screen);
    assert!(wanted.passphrase.is_some_and(|passphrase| passphrase.expose() == "seven green boats"));
}

#[test]
fn another_folder_can_be_chosen_and_a_name_that_is_none_is_refused() {
    let mut screen = salvaging(vec![KeyView::Passphrase], Trust::Known);
    screen.press("Choose a folder…");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::PickFolder { .. }));
    screen.answer(request, What::Picked(vec!["/mnt/other".into()]));
    assert!(screen.mentions("In /mnt/other"));
    screen.write("Passphrase", "correct horse");
    screen.write("Name", "a/b");
    screen.press("Save what still opens");
    assert!(screen.try_command().is_none());
    screen.field("Name").focus();
    screen.step();
    screen.ctrl(Key::A);
    screen.write("Name", "Rescued");
    screen.press("Save what still opens");
    let (_, wanted) = begun(&mut screen);
    assert_eq!(wanted.into.to_str(), Some("/mnt/other/Rescued.sealkeep"));
}

#[test]
fn a_kms_vault_is_asked_about_first_and_needs_no_passphrase() {
    let keys = vec![KeyView::Kms { arn: KEY.to_owned(), region: "eu-west-1".to_owned() }];
    let mut screen = salvaging(keys, Trust::FirstUse { keys: vec![KEY.to_owned()] });
    assert!(screen.shows(KEY) && !screen.shows("Save what still opens"));
    screen.press("Yes, go on");
    assert!(screen.mentions("The same KMS key opens it.") && !screen.shows("Opened by"));
    screen.press("Save what still opens");
    let (request, wanted) = begun(&mut screen);
    assert!(matches!(&wanted.by, UnlockBy::Profile(name) if name == "work"));
    screen.answer(request, What::Failed(Problem::Unreachable { reason: "timed out".to_owned() }));
    screen.press("Try again");
    begun(&mut screen);
}

#[test]
fn a_check_that_finds_damage_leads_here_and_locks_the_open_vault_for_it() {
    let mut screen = Screen::unlocked(items());
    screen.press("Vault menu: Family");
    screen.press("Check this vault…");
    screen.press("Check everything");
    let (request, _) = screen.command();
    let problem = ProblemNamed { item: Some(ItemId([1; 16])), title: title("GitHub"), what: Finding::BodyChanged(2) };
    screen.answer(
        request,
        What::Checked(Checked {
            items: 3,
            revisions: 4,
            bytes: 10,
            unopened: 0,
            time: std::time::Duration::ZERO,
            found: 1,
            problems: vec![problem],
            at: Timestamp::from_second(1_790_000_000).unwrap(),
        }),
    );
    screen.press(SALVAGE);
    assert_eq!(screen.locks(), 1);
    let sent: Vec<_> = std::iter::from_fn(|| screen.try_command()).collect();
    assert!(
        sent.iter().any(|(_, command)| matches!(command, Command::InspectToSalvage { folder } if folder.ends_with("Family.sealkeep"))),
        "{sent:?}"
    );
    assert!(screen.shows(SALVAGE) && !screen.tree().contains("GitHub"));
}

#[test]
fn nothing_that_can_be_found_says_so() {
    let mut screen = Screen::with(settings_with(&[FAMILY]));
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Damaged { what: "its head".to_owned() }));
    screen.press(SALVAGE);
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::Damaged { what: "the database".to_owned() }));
    assert!(screen.mentions("A backup of the folder is the way on."));
}
