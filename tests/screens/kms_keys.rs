//! KMS keys in the window: picked with what they are fit for, made as shown, rotated, and the alarm of one that will be gone.

use std::time::Duration;

use egui_kittest::kittest::{NodeT, Queryable};
use sealkeep::vault::SlotId;
use sealkeep::worker::{
    Command, KeyAlarm, KeyChoice, KeyLooked, KeyMade, KeyPlan, KeyReport, KeyRotation, KeyState, MakingStep, Problem,
    ProfileReport, Unfit, What, Without,
};

use super::slots::{kms, page, passphrase};
use crate::support::screen::{KEY, Screen, items, settings_with};

fn picker() -> (Screen, sealkeep::worker::RequestId) {
    let mut screen = Screen::with(settings_with(&[]));
    screen.press("With AWS KMS");
    assert!(matches!(screen.command().1, Command::ListProfiles));
    screen.press("work");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::ListKeys { .. }), "{command:?}");
    (screen, request)
}

fn choice(end: &str, alias: &str, state: Option<KeyState>) -> KeyChoice {
    KeyChoice {
        arn: format!("{}{end}", &KEY[..KEY.len() - 2]),
        alias: Some(alias.to_owned()),
        state,
        rotates: Some(true),
    }
}

fn report(arn: &str, account: &str) -> What {
    let key = KeyReport { arn: arn.to_owned(), alias: None, latency: Duration::from_millis(38) };
    What::ProfileTested(ProfileReport {
        profile: "work".to_owned(),
        region: "eu-west-1".to_owned(),
        account: Some(account.to_owned()),
        principal: Some(format!("arn:aws:iam::{account}:user/anna")),
        key: Some(key),
        seen: Ok(Vec::new()),
    })
}

#[test]
fn a_key_that_can_not_wrap_says_why_and_is_no_choice() {
    let (mut screen, request) = picker();
    let unfit = |unfit, days| Some(KeyState { unfit: Some(unfit), days });
    let keys = vec![
        choice("01", "alias/good", Some(KeyState { unfit: None, days: None })),
        choice("02", "alias/off", unfit(Unfit::Disabled, None)),
        choice("03", "alias/gone", unfit(Unfit::PendingDeletion, Some(6))),
        choice("04", "alias/pair", unfit(Unfit::NotSymmetric, None)),
    ];
    screen.answer(request, What::Keys { profile: "work".to_owned(), keys });
    for said in
        ["will be deleted in 6 days", "disabled ·", "not a symmetric key", "account 1111-2222-3333 · rotates yearly"]
    {
        assert!(screen.tree().contains(said), "{said}: {}", screen.tree());
    }
    for name in ["alias/off", "alias/gone", "alias/pair"] {
        assert!(screen.window.get_by_label(name).accesskit_node().is_disabled(), "{name}");
        screen.press(name);
        assert!(screen.try_command().is_none(), "{name} can't be chosen");
    }
    screen.press("alias/good");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::TestProfile { key: Some(key), .. } if key.ends_with("01")), "{command:?}");
    screen.answer(request, report(&format!("{}01", &KEY[..KEY.len() - 2]), "444455556666"));
    assert!(screen.mentions("This key is another account's: 1111-2222-3333"));
}

#[test]
fn a_new_key_is_shown_word_for_word_then_made_then_proved() {
    let (mut screen, request) = picker();
    screen.answer(request, What::Keys { profile: "work".to_owned(), keys: Vec::new() });
    screen.press("New key…");
    screen.press("Show what will be made");
    let (request, command) = screen.command();
    let Command::PlanKey { profile, alias, region, .. } = command else { panic!("{command:?}") };
    assert_eq!((profile.as_str(), alias.as_str(), region.as_deref()), ("work", "sealkeep", Some("eu-west-1")));
    let plan = KeyPlan {
        region: "eu-west-1".to_owned(),
        alias: "alias/sealkeep".to_owned(),
        description: "for tests".to_owned(),
        account: "111122223333".to_owned(),
        principal: "arn:aws:iam::111122223333:user/anna".to_owned(),
        policy: "{\n  \"Version\": \"2012-10-17\"\n}".to_owned(),
    };
    screen.answer(request, What::KeyPlanned { profile: "work".to_owned(), plan: plan.clone() });
    assert!(screen.shows(&plan.policy) && screen.shows(&plan.principal), "{}", screen.tree());
    for said in ["alias/sealkeep", "for tests", "eu-west-1, account 1111-2222-3333"] {
        assert!(screen.shows(said), "{said}\n{}", screen.tree());
    }
    assert!(screen.mentions("less than 30 days") && screen.mentions("1 US dollar a month"));
    screen.press("Copy the key policy");
    let (_, command) = screen.command();
    assert!(matches!(&command, Command::CopyPlain { text } if *text == plan.policy), "{command:?}");
    assert!(screen.try_command().is_none(), "nothing is made before somebody says so");
    screen.press("Make this key");
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::MakeKey { plan: sent, .. } if *sent == plan), "{command:?}");
    let missing = vec![(MakingStep::Rotation, Problem::Throttled)];
    screen.answer(request, What::KeyMade(KeyMade { profile: "work".to_owned(), arn: KEY.to_owned(), missing }));
    let (request, command) = screen.command();
    assert!(matches!(&command, Command::TestProfile { key: Some(key), .. } if key == KEY), "{command:?}");
    screen.answer(request, report(KEY, "111122223333"));
    assert!(screen.shows("alias/sealkeep was made, and not everything could be done"), "{}", screen.tree());
    assert!(screen.mentions("its rotation is not turned on") && !screen.mentions("another account"));
    assert!(matches!(screen.command().1, Command::ListKeys { .. }));
    screen.press("Create vault");
    assert!(matches!(screen.command().1, Command::CreateVault { .. }));
}

/// What came of making `alias/sealkeep`, without what is `missing`.
fn made(missing: Vec<(MakingStep, Problem)>) -> Screen {
    let (mut screen, request) = picker();
    screen.answer(request, What::Keys { profile: "work".to_owned(), keys: Vec::new() });
    screen.press("New key…");
    screen.press("Show what will be made");
    let (request, _) = screen.command();
    let plan = KeyPlan {
        region: "eu-west-1".to_owned(),
        alias: "alias/sealkeep".to_owned(),
        description: String::new(),
        account: "111122223333".to_owned(),
        principal: "arn:aws:iam::111122223333:user/anna".to_owned(),
        policy: "{}".to_owned(),
    };
    screen.answer(request, What::KeyPlanned { profile: "work".to_owned(), plan });
    screen.press("Make this key");
    let (request, _) = screen.command();
    screen.answer(request, What::KeyMade(KeyMade { profile: "work".to_owned(), arn: KEY.to_owned(), missing }));
    let (request, _) = screen.command();
    screen.answer(request, report(KEY, "111122223333"));
    screen
}

#[test]
fn a_key_that_was_made_is_said_to_be_by_the_name_that_it_got() {
    let mut screen = made(Vec::new());
    assert!(screen.shows("alias/sealkeep was made") && screen.shows("alias/sealkeep"), "{}", screen.tree());
    // It is said of that key, and of no other.
    screen.press("Another key");
    assert!(!screen.mentions("was made"), "{}", screen.tree());
    let screen = made(vec![(MakingStep::Alias, Problem::Throttled)]);
    assert!(!screen.mentions("alias/sealkeep"), "it has no such name: {}", screen.tree());
    assert!(screen.shows("The KMS key …1234567890ab was made, and not everything could be done"));
}

#[test]
fn a_key_that_can_not_be_made_keeps_what_was_typed() {
    let (mut screen, request) = picker();
    screen.answer(request, What::Keys { profile: "work".to_owned(), keys: Vec::new() });
    screen.press("New key…");
    screen.write("Alias", "-two");
    screen.press("Show what will be made");
    let (request, _) = screen.command();
    screen.answer(request, What::Failed(Problem::KmsExists { what: "alias/sealkeep-two".to_owned() }));
    assert!(screen.mentions("“alias/sealkeep-two” exists already") && screen.shows("sealkeep-two"));
}

fn looked(rotation: KeyRotation) -> What {
    let state = Ok(KeyState { unfit: None, days: None });
    What::KeysLooked(vec![KeyLooked { slot: SlotId([2; 16]), arn: KEY.to_owned(), state, rotation: Ok(rotation) }])
}

#[test]
fn rotation_is_turned_on_and_asked_for_after_a_question_about_its_price() {
    let mut screen = page(vec![passphrase(), kms()]);
    assert!(screen.mentions("Rotates every year") && !screen.shows("Turn on rotation: AWS KMS key"));
    for when in
        ["Routine: AWS makes the key new", "is to be deleted, or is of the wrong account", "who should not any more"]
    {
        assert!(screen.mentions(when), "when one wants it: {when}\n{}", screen.tree());
    }
    screen.press("Rotate now: AWS KMS key");
    assert!(screen.mentions("about a dollar a month") && screen.try_command().is_none());
    screen.press("Rotate now");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::RotateNow { slot } if slot == SlotId([2; 16])), "{command:?}");
    screen.answer(
        request,
        looked(KeyRotation {
            enabled: false,
            next: None,
            every_days: Some(365),
            last: None,
            tells_past: true,
            running: true,
        }),
    );
    assert!(screen.mentions("Rotation is off · one under way"), "{}", screen.tree());
    assert!(!screen.shows("Rotate now: AWS KMS key"));
    screen.press("Turn on rotation: AWS KMS key");
    assert!(matches!(screen.command().1, Command::EnableRotation { .. }));
}

#[test]
fn a_key_that_will_be_gone_is_an_alarm_that_stays_until_it_is_not() {
    let mut screen = Screen::unlocked(items());
    let alarm = |days, without| {
        What::KeyAlarms(vec![KeyAlarm { slot: SlotId([2; 16]), arn: KEY.to_owned(), days: Some(days), without }])
    };
    screen.tell(alarm(6, Without::Nothing));
    assert!(screen.mentions("will be deleted in 6 days.") && screen.mentions("the only way in"));
    assert!(screen.mentions("moving is not possible yet"), "it is said truly what can't be done");
    screen.key(egui::Key::Escape);
    screen.press("Copy the command that cancels it");
    let (_, command) = screen.command();
    let Command::CopyPlain { text } = command else { panic!("{command:?}") };
    assert!(text.starts_with("aws kms cancel-key-deletion --region eu-west-1 --key-id "));
    screen.tell(alarm(6, Without::AllBut(3)));
    assert!(
        screen
            .mentions("other way in does not open everything yet: 3 keys are not wrapped for it yet. Repair that now")
    );
    assert!(!screen.mentions("still do"), "{}", screen.tree());
    screen.tell(alarm(5, Without::Everything));
    assert!(screen.mentions("in 5 days.") && screen.mentions("other ways in still do"));
    screen.press("Look again");
    let (request, command) = screen.command();
    assert!(matches!(command, Command::LookAtKeys), "{command:?}");
    screen.answer(request, What::KeyAlarms(Vec::new()));
    assert!(!screen.mentions("will be deleted"));
    screen.tell(alarm(5, Without::Everything));
    screen.press("Move to another key…");
    assert!(matches!(screen.command().1, Command::ListWays));
}
