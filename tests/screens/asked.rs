//! What an AWS profile asks of the person: over whatever is on the screen.

use sealkeep::worker::{Command, LockReason, PersonAsked, Question, QuestionId, SignInPage, What};

use crate::support::screen::{Screen, settings_with};

fn asked(id: u64, question: Question) -> What {
    What::Asked { id: QuestionId::from(id), asked: PersonAsked::Secret(question) }
}

fn code(again: bool) -> Question {
    Question::MfaCode { profile: "reader".to_owned(), serial: "arn:aws:iam::111122223333:mfa/anna".to_owned(), again }
}

fn passphrase(again: bool) -> Question {
    Question::ProfilePassphrase { profile: "work".to_owned(), again }
}

#[test]
fn a_code_and_a_passphrase_are_typed_and_go_to_whoever_asked() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.tell(asked(3, code(false)));
    assert!(screen.shows("MFA code for “reader”") && screen.mentions("your MFA device “anna” shows now"));
    screen.write("MFA code", "123456");
    screen.press("Continue");
    let Command::Answer { id, answer: Some(answer) } = screen.command().1 else { panic!("no answer") };
    // EXPOSE: compared in a test.
    assert_eq!((id, answer.expose()), (QuestionId::from(3), "123456"));
    screen.tell(asked(4, code(true)));
    assert!(screen.mentions("did not take that code"));
    screen.press("Cancel");
    assert!(matches!(screen.command().1, Command::Answer { id, answer: None } if id == QuestionId::from(4)));

    screen.tell(asked(5, passphrase(true)));
    assert!(screen.mentions("Wrong passphrase"));
    screen.write("Passphrase", "correct horse");
    assert!(!screen.tree().contains("correct horse"));
    screen.press("Continue");
    assert!(matches!(screen.command().1, Command::Answer { answer: Some(_), .. }));
    assert!(!screen.shows("Continue"));
}

#[test]
fn a_page_is_shown_with_its_code_until_it_was_allowed() {
    let mut screen = Screen::with(settings_with(&[]));
    let id = QuestionId::from(1);
    let page = || SignInPage {
        profile: "people".to_owned(),
        url: "https://d-1.awsapps.com/start#/device?user_code=WXYZ-2345".to_owned(),
        user_code: "WXYZ-2345".to_owned(),
    };
    screen.tell(What::Asked { id, asked: PersonAsked::Page(page()) });
    assert!(screen.shows("WXYZ-2345") && screen.mentions("https://d-1.awsapps.com/start#/device?user_code=WXYZ-2345"));
    assert!(screen.shows("The code as a QR code"));
    screen.press("Copy its address");
    assert!(matches!(screen.command().1, Command::CopyPlain { .. }));
    screen.tell(What::AskedNoMore { id });
    assert!(!screen.shows("WXYZ-2345"));
    screen.tell(What::Asked { id, asked: PersonAsked::Page(page()) });
    screen.press("Cancel");
    assert!(matches!(screen.command().1, Command::Answer { answer: None, .. }));
}

#[test]
fn a_lock_takes_every_question_away_with_what_was_typed() {
    let mut screen = Screen::with(settings_with(&[]));
    screen.tell(asked(1, passphrase(false)));
    screen.tell(asked(2, code(false)));
    screen.write("Passphrase", "half of it");
    screen.tell(What::Locking(LockReason::Idle));
    screen.step();
    assert!(!screen.shows("Continue"));
    // One at a time, the first one first.
    screen.tell(asked(3, passphrase(false)));
    screen.tell(asked(4, code(false)));
    assert!(screen.shows("Passphrase of “work”") && !screen.shows("MFA code for “reader”"));
    screen.press("Cancel");
    screen.step();
    assert!(screen.shows("MFA code for “reader”"));
}
