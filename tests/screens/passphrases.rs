//! Ways in that somebody types: a recovery passphrase, another passphrase, one in the place of one that is lost; and another KMS key.

use sealkeep::vault::{PassedOver, SlotId};
use sealkeep::worker::{Command, NewWay, Problem, SlotKind, WayIn, What};

use super::slots::{answer_list, page, passphrase, sheet_way, way};
use crate::support::screen::KEY;

#[test]
fn a_recovery_passphrase_is_typed_twice_and_another_kms_key_is_tried_first() {
    let mut screen = page(vec![passphrase()]);
    screen.press("Add a way in…");
    screen.press("Recovery passphrase");
    screen.write("Recovery passphrase", "anchor-velvet-mosaic-plum-orbit");
    assert!(screen.shows("Strong"));
    screen.press("Add this passphrase");
    assert!(screen.try_command().is_none(), "it was typed once");
    screen.write("Recovery passphrase again", "anchor-velvet-mosaic-plum-orbit");
    screen.press("Add this passphrase");
    assert!(matches!(screen.command().1, Command::AddWay(NewWay::Passphrase(_))));
    assert!(screen.shows("Making the key for the new way in…"));

    let mut screen = page(vec![passphrase()]);
    screen.press("Add a way in…");
    screen.press("AWS KMS key");
    screen.press("work");
    assert!(matches!(screen.command().1, Command::ListKeys { .. }));
    screen.write("KMS key ARN or alias", KEY);
    screen.press("Test this key");
    let (testing, _) = screen.command();
    screen.press("Add this key");
    assert!(screen.try_command().is_none(), "AWS has not answered for it");
    let key =
        sealkeep::worker::KeyReport { arn: KEY.to_owned(), alias: None, latency: std::time::Duration::from_millis(20) };
    screen.answer(
        testing,
        What::ProfileTested(sealkeep::worker::ProfileReport {
            profile: "work".to_owned(),
            region: "eu-west-1".to_owned(),
            account: None,
            principal: None,
            key: Some(key),
            seen: Ok(Vec::new()),
        }),
    );
    screen.press("Add this key");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::AddWay(NewWay::Kms { profile, key }) if profile == "work" && key == KEY));
}

#[test]
fn a_passphrase_is_changed_by_whoever_knows_it() {
    let mut screen = page(vec![passphrase()]);
    screen.press("Change passphrase: Passphrase");
    screen.write("Present passphrase", "wrong");
    screen.write("New passphrase", "battery staple");
    screen.write("New passphrase again", "battery staple");
    screen.press("Change it");
    let (changing, command) = screen.command();
    assert!(matches!(command, Command::ChangePassphrase { slot, .. } if slot == SlotId([1; 16])));
    screen.answer(changing, What::Failed(Problem::WrongPassphrase));
    answer_list(&mut screen, vec![passphrase()]);
    assert!(screen.shows("Wrong passphrase."));
    screen.write("Present passphrase", "correct horse");
    screen.press("Change it");
    let (changing, _) = screen.command();
    screen.answer(changing, What::PassphraseChanged { slot: SlotId([1; 16]) });
    assert!(screen.shows("Passphrase changed") && !screen.shows("Present passphrase"));
    assert!(!screen.tree().contains("battery staple"));
}

#[test]
fn a_passphrase_that_is_lost_gets_another_in_its_place() {
    // The sheet opened the vault.
    let ways = || vec![WayIn { opened: false, ..passphrase() }, WayIn { opened: true, ..sheet_way() }];
    let mut screen = page(ways());
    screen.press("Change passphrase: Passphrase");
    screen.press("I don't know it any more");
    assert!(screen.shows("A new passphrase") && !screen.shows("Present passphrase"));
    screen.write("New passphrase", "battery staple");
    screen.write("New passphrase again", "battery staple");
    screen.press("Add this passphrase");
    let (adding, command) = screen.command();
    assert!(matches!(&command, Command::AddWay(NewWay::Passphrase(new)) if new.expose() == "battery staple"));
    screen.answer(adding, What::WayBegun { slot: SlotId([4; 16]) });
    let all = || ways().into_iter().chain([way(4, SlotKind::RecoveryPassphrase)]).collect::<Vec<_>>();
    answer_list(&mut screen, all());
    screen.answer(adding, What::WayAdded { slot: SlotId([4; 16]), passed_over: PassedOver::default() });
    answer_list(&mut screen, all());
    assert!(screen.shows("Remove “Passphrase”?"), "{}", screen.tree());
    screen.press("Remove");
    assert!(matches!(screen.command().1, Command::RemoveWay { slot } if slot == SlotId([1; 16])));

    // Whoever opened the vault with it knows it.
    let mut screen = page(vec![passphrase(), sheet_way()]);
    screen.press("Change passphrase: Passphrase");
    assert!(!screen.shows("I don't know it any more"));
}
