//! Every no of AWS, while somebody saves: its own words, a way out, and the draft is still there.

use egui::Key;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, DeniedBy, Problem, What};

use crate::support::screen::{KEY, Screen, items, login};

const GITHUB: ItemId = ItemId([1; 16]);

fn every_no() -> Vec<(Problem, String)> {
    let key = || KEY.to_owned();
    let denied = |by| Problem::KmsDenied { action: "kms:GenerateDataKey".to_owned(), key: key(), by };
    let credentials = |reason: &str| Problem::Credentials { reason: reason.to_owned() };
    [
        (denied(DeniedBy::IdentityPolicy), "None of its own IAM policies"),
        (denied(DeniedBy::KeyPolicy), "The key policy does not allow it"),
        (denied(DeniedBy::Organisation), "the organisation's administrator"),
        (denied(DeniedBy::Hidden), "does not say whether there is such a key"),
        (Problem::KmsDisabled { key: key() }, "is disabled"),
        (Problem::KmsPendingDeletion { key: key(), days: Some(6) }, "will be deleted in 6 days"),
        (Problem::KmsNotUsable { key: key(), why: "its state does not allow it".to_owned() }, "can't be used"),
        (Problem::KmsNotFound { key: key() }, "in eu-west-1"),
        (credentials("ExpiredTokenException"), "session has ended"),
        (credentials("UnrecognizedClientException"), "does not know this access key"),
        (credentials("InvalidSignatureException"), "signature is wrong"),
        (Problem::ClockSkew { ahead: Some(7200) }, "2 hours ahead"),
        (Problem::Throttled, "too many requests"),
        (Problem::Unreachable { reason: "the connection broke".to_owned() }, "the connection broke"),
        (Problem::KmsUnexpected { what: "for another key".to_owned() }, "can't be right"),
        (Problem::WrongKey, "the answer is wrong"),
        (Problem::WrapDamaged, "bound to something else"),
        (Problem::KmsOtherKey { key: key() }, "made by another KMS key"),
    ]
    .map(|(problem, words)| (problem, words.to_owned()))
    .into()
}

/// What is wrong with the key itself, and the button that leads on.
fn next_steps() -> [(Problem, &'static str); 2] {
    let key = || KEY.to_owned();
    [
        (Problem::KmsNotUsable { key: key(), why: "its state does not allow it".to_owned() }, "Copy the AWS command"),
        (Problem::KmsNotFound { key: key() }, "AWS profiles"),
    ]
}

/// The window after a login was changed and refused for each of these problems in turn. Each is told in its own words, of which these are
/// some, beside the draft and with a way out.
pub fn refuse(noes: Vec<(Problem, String)>) -> Screen {
    let mut screen = Screen::unlocked(items());
    screen.press("GitHub");
    let (request, _) = screen.command();
    let fields = login("anna@example.org", "hunter2-secret");
    screen.answer(request, What::ItemOpened { item: GITHUB, revision: None, fields });
    screen.ctrl(Key::E);
    screen.write("Title", " at work");
    screen.write("User name", "!");
    let mut said = Vec::new();
    for (problem, words) in noes {
        screen.press("Save");
        let (request, command) = screen.command();
        let Command::SaveItem { draft, .. } = command else { panic!("{command:?}") };
        assert_eq!(draft.title.expose(), "GitHub at work", "the draft is sent whole, after every no before");
        screen.answer(request, What::Failed(problem.clone()));
        assert!(screen.mentions(&words), "{problem:?}: {}", screen.tree());
        assert!(screen.tree().contains("GitHub at work"), "{problem:?} loses the draft");
        let way_out = ["Check this vault", "Try again", "Copy the statement", "Copy the AWS command", "AWS profiles"];
        assert!(way_out.iter().any(|name| screen.shows(name)), "{problem:?} has no way out");
        assert!(!said.contains(&words), "two say the same");
        said.push(words);
    }
    screen
}

#[test]
fn every_no_keeps_the_draft_and_has_words_of_its_own_and_a_way_out() {
    let mut screen = refuse(every_no());
    for (problem, button) in next_steps() {
        screen.press("Save");
        let (request, _) = screen.command();
        screen.answer(request, What::Failed(problem.clone()));
        screen.press(button);
        let (_, command) = screen.command();
        match &command {
            Command::CopyPlain { text } => assert!(text.starts_with("aws kms describe-key"), "{problem:?}"),
            Command::ListProfiles => screen.key(Key::Escape),
            other => panic!("{problem:?}: {other:?}"),
        }
    }
    screen.press("Save");
    let (request, _) = screen.command();
    screen.answer(request, What::Saved { item: GITHUB });
    assert!(!screen.mentions("the answer is wrong"));
}
