//! Profiles that ask, at the worker: what is asked reaches the window, what is answered opens the vault, and a lock forgets it. Each
//! case has a keyring, and so a process, of its own.

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

fn passes_with_keyring(name: &str) {
    passes(SecretService::start().enter(&mut again::case(&format!("worker::sign_in::cases::{name}"))));
}

#[test]
fn a_protected_profile_asks_at_each_unlock_and_not_in_between() {
    passes_with_keyring("protected");
}

#[test]
fn a_role_with_an_mfa_device_asks_for_a_code_once_a_session() {
    passes_with_keyring("mfa");
}

#[test]
fn a_role_that_needs_nobody_is_taken_again_where_aws_has_ended_it() {
    passes_with_keyring("renewed");
}

#[test]
fn a_seat_at_identity_center_is_taken_again_and_a_sign_in_that_is_over_asks_again() {
    passes_with_keyring("seat");
}

#[test]
fn a_role_whose_source_has_ended_asks_for_the_source() {
    passes_with_keyring("source");
}

#[test]
fn a_browser_page_stands_until_it_was_allowed_or_put_away() {
    passes_with_keyring("browser");
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::ops::ControlFlow;
    use std::path::Path;

    use sealkeep::providers::KeyArn;
    use sealkeep::secret::SecretString;
    use sealkeep::vault::ItemId;
    use sealkeep::worker::{
        AssumeRole, Command, IdentityCenter, NewProfile, NewVault, PersonAsked, Problem, ProfileKind, Question,
        QuestionId, Seat, SignInProblem, TrustAnswer, UnlockBy, What,
    };

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::fake_kms::{FakeKms, PortalAnswer, Role};
    use crate::support::window::{Window, note, vault_in};

    const ROLE: &str = "arn:aws:iam::111122223333:role/vault-reader";
    const MFA: &str = "arn:aws:iam::111122223333:mfa/anna";

    fn secret(text: &str) -> SecretString {
        SecretString::copy_of(text)
    }

    fn add(window: &mut Window, new: NewProfile) {
        window.send(Command::AddProfile(new));
        expect!(window, What::Profiles(_));
    }

    /// A vault on `key`, made as the profile `work`, which asks for nothing yet; locked.
    fn make_vault(window: &mut Window, home: &Path, fake: &FakeKms, key: &KeyArn) -> ItemId {
        add(window, fake.new_profile("work"));
        let key = NewVault::Kms { profile: "work".to_owned(), key: key.to_string() };
        window.send(Command::CreateVault { folder: vault_in(home), key });
        expect!(window, What::Unlocked(_));
        let item = window.save(None, note("Door", "1234"));
        lock(window);
        item
    }

    fn lock(window: &mut Window) {
        window.lock();
        window.until("What::Locked", |what| match what {
            What::Locked(_) => ControlFlow::Break(()),
            // How what was under way ended.
            What::Failed(Problem::Locked) => ControlFlow::Continue(What::LocksIn(None)),
            other => ControlFlow::Continue(other),
        });
    }

    fn unlock(window: &Window, home: &Path, profile: &str) {
        let by = UnlockBy::Profile(profile.to_owned());
        window.send(Command::Unlock { folder: vault_in(home), by, trust: TrustAnswer::Ask });
    }

    fn asked(window: &mut Window) -> (QuestionId, Question) {
        match expect!(window, What::Asked { id, asked } => (id, asked)) {
            (id, PersonAsked::Secret(question)) => (id, question),
            (_, other) => panic!("asked for {other:?}"),
        }
    }

    fn answer(window: &Window, id: QuestionId, text: Option<&str>) {
        window.send(Command::Answer { id, answer: text.map(secret) });
    }

    #[test]
    #[ignore = "run by a test above"]
    fn protected() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        make_vault(&mut window, home.path(), &fake, &key);
        window.send(Command::ProtectProfile { name: "work".to_owned(), passphrase: Some(secret("4711")) });
        let profiles = expect!(window, What::Profiles(profiles) => profiles);
        assert!(profiles[0].protected);
        fake.forget_calls();
        // Whoever has just typed it need not do so again, until the next lock.
        window.send(Command::SignIn { profile: "work".to_owned() });
        expect!(window, What::SignedIn { .. });
        lock(&mut window);

        unlock(&window, home.path(), "work");
        let (id, question) = asked(&mut window);
        assert_eq!(question, Question::ProfilePassphrase { profile: "work".to_owned(), again: false });
        answer(&window, id, Some("0000"));
        let (id, question) = asked(&mut window);
        assert_eq!(question, Question::ProfilePassphrase { profile: "work".to_owned(), again: true });
        assert!(fake.calls().is_empty(), "nobody was asked anything yet");
        answer(&window, id, Some("4711"));
        expect!(window, What::Unlocked(_));
        // It is known until the lock.
        window.send(Command::TestProfile { name: "work".to_owned(), key: Some(key.to_string()) });
        expect!(window, What::ProfileTested(_));
        lock(&mut window);
        unlock(&window, home.path(), "work");
        let (id, _) = asked(&mut window);
        answer(&window, id, None);
        let problem = expect!(window, What::Failed(problem) => problem);
        assert_eq!(problem, Problem::Cancelled);
        // A lock takes the question away, whatever asked it, and nobody goes on waiting for the answer.
        window.send(Command::TestProfile { name: "work".to_owned(), key: None });
        let (id, _) = asked(&mut window);
        lock(&mut window);
        answer(&window, id, Some("4711"));
        unlock(&window, home.path(), "work");
        let (id, _) = asked(&mut window);
        lock(&mut window);
        answer(&window, id, Some("4711"));
        unlock(&window, home.path(), "work");
        let (id, _) = asked(&mut window);
        answer(&window, id, Some("4711"));
        expect!(window, What::Unlocked(_));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn mfa() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        let item = make_vault(&mut window, home.path(), &fake, &key);
        fake.add_role(Role {
            arn: ROLE.to_owned(),
            trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()],
            mfa_serial: Some(MFA.to_owned()),
            ..Role::default()
        });
        let role = AssumeRole {
            source: "work".to_owned(),
            role_arn: ROLE.to_owned(),
            external_id: None,
            mfa_serial: Some(MFA.to_owned()),
            duration_seconds: None,
        };
        add(&mut window, NewProfile { kind: ProfileKind::AssumeRole(role), ..fake.new_profile("role") });
        unlock(&window, home.path(), "role");
        let (id, question) = asked(&mut window);
        assert!(matches!(&question, Question::MfaCode { serial, again: false, .. } if serial == MFA), "{question:?}");
        answer(&window, id, Some("111455"));
        let (id, question) = asked(&mut window);
        assert!(matches!(question, Question::MfaCode { again: true, .. }));
        answer(&window, id, Some("111456"));
        expect!(window, What::Unlocked(_));
        window.send(Command::OpenItem { item, revision: None });
        expect!(window, What::ItemOpened { .. });
        assert_eq!(fake.count("AssumeRole"), 2, "the code that was wrong, and the one that was right");

        // The session ends in the middle: told as what it is, and begun again without a lock.
        end_session(&fake);
        fails_as_ended(&mut window, item, "role");
        // What has ended is not sent again, and nobody is taken for signed in.
        fake.forget_calls();
        fails_as_ended(&mut window, item, "role");
        assert!(fake.calls().is_empty(), "{:?}", fake.actions());
        window.send(Command::SignIn { profile: "role".to_owned() });
        let (id, question) = asked(&mut window);
        assert!(matches!(&question, Question::MfaCode { serial, again: false, .. } if serial == MFA), "{question:?}");
        answer(&window, id, Some("222456"));
        expect!(window, What::SignedIn { .. });
        opens(&mut window, item);
        assert_eq!((fake.count("AssumeRole"), fake.count("Decrypt")), (1, 1));
    }

    /// Ends the session that somebody used last; this computer's clock says that it is good for most of an hour.
    fn end_session(fake: &FakeKms) {
        let last = fake.calls().into_iter().map(|call| call.caller).rfind(|id| id.starts_with("ASIA"));
        fake.expire(&last.expect("a session was used"));
    }

    fn fails_as_ended(window: &mut Window, item: ItemId, profile: &str) {
        window.send(Command::OpenItem { item, revision: None });
        let problem = expect!(window, What::Failed(problem) => problem);
        assert_eq!(problem, Problem::SignIn(SignInProblem::Ended { profile: profile.to_owned() }));
    }

    fn opens(window: &mut Window, item: ItemId) {
        window.send(Command::OpenItem { item, revision: None });
        expect!(window, What::ItemOpened { .. });
    }

    fn role(source: &str, arn: &str, mfa_serial: Option<&str>) -> ProfileKind {
        ProfileKind::AssumeRole(AssumeRole {
            source: source.to_owned(),
            role_arn: arn.to_owned(),
            external_id: None,
            mfa_serial: mfa_serial.map(str::to_owned),
            duration_seconds: None,
        })
    }

    #[test]
    #[ignore = "run by a test above"]
    fn renewed() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        let item = make_vault(&mut window, home.path(), &fake, &key);
        let trusts = vec![FakeKms::ACCESS_KEY_ID.to_owned()];
        fake.add_role(Role { arn: ROLE.to_owned(), trusts, ..Role::default() });
        add(&mut window, NewProfile { kind: role("work", ROLE, None), ..fake.new_profile("role") });
        unlock(&window, home.path(), "role");
        expect!(window, What::Unlocked(_));
        end_session(&fake);
        fails_as_ended(&mut window, item, "role");
        fake.forget_calls();
        opens(&mut window, item);
        assert_eq!(fake.actions(), ["AssumeRole", "Decrypt"], "taken again, and nobody was asked");
        // An access key with a session token of its own: nobody here can begin that anew.
        fake.add_principal("ASIATYPED0000000001", "typed/secret", Some("typed-token"));
        let kind = ProfileKind::Static {
            access_key_id: "ASIATYPED0000000001".to_owned(),
            secret_access_key: secret("typed/secret"),
            session_token: Some(secret("typed-token")),
        };
        add(&mut window, NewProfile { kind, ..fake.new_profile("typed") });
        fake.expire("ASIATYPED0000000001");
        window.send(Command::TestProfile { name: "typed".to_owned(), key: Some(key.to_string()) });
        let problem = expect!(window, What::Failed(problem) => problem);
        assert_eq!(problem, Problem::Credentials { reason: "ExpiredTokenException".to_owned() });
    }

    #[test]
    #[ignore = "run by a test above"]
    fn seat() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        fake.add_seat("111122223333", "Production", "Reader");
        let mut window = Window::open(home.path());
        let item = make_vault(&mut window, home.path(), &fake, &key);
        let center = IdentityCenter {
            start_url: "https://d-1.awsapps.com/start".to_owned(),
            region: FakeKms::REGION.to_owned(),
            seat: Some(Seat { account: "111122223333".to_owned(), role: "Reader".to_owned() }),
        };
        add(&mut window, NewProfile { kind: ProfileKind::IdentityCenter(center), ..fake.new_profile("people") });
        let signs_in = |window: &mut Window| {
            expect!(window, What::Asked { asked: PersonAsked::Page(_), .. });
            fake.answer_in_browser(PortalAnswer::Allowed);
            expect!(window, What::AskedNoMore { .. });
        };
        unlock(&window, home.path(), "people");
        signs_in(&mut window);
        expect!(window, What::Unlocked(_));
        opens(&mut window, item);
        // The role's session alone: the sign-in gives another.
        end_session(&fake);
        fails_as_ended(&mut window, item, "people");
        opens(&mut window, item);
        // And the sign-in too: now it takes a browser.
        end_session(&fake);
        fake.end_sign_ins();
        fake.answer_in_browser(PortalAnswer::Waits);
        fails_as_ended(&mut window, item, "people");
        fails_as_ended(&mut window, item, "people");
        window.send(Command::SignIn { profile: "people".to_owned() });
        signs_in(&mut window);
        expect!(window, What::SignedIn { .. });
        opens(&mut window, item);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn source() {
        const OTHER: &str = "arn:aws:iam::111122223333:role/vault-editor";
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        make_vault(&mut window, home.path(), &fake, &key);
        let session = "arn:aws:sts::111122223333:assumed-role/vault-reader/sealkeep".to_owned();
        let first = Role { arn: ROLE.to_owned(), trusts: vec![FakeKms::ACCESS_KEY_ID.to_owned()], ..Role::default() };
        fake.add_role(Role { mfa_serial: Some(MFA.to_owned()), ..first });
        fake.add_role(Role { arn: OTHER.to_owned(), trusts: vec![session], ..Role::default() });
        add(&mut window, NewProfile { kind: role("work", ROLE, Some(MFA)), ..fake.new_profile("first") });
        add(&mut window, NewProfile { kind: role("first", OTHER, None), ..fake.new_profile("second") });
        window.send(Command::SignIn { profile: "first".to_owned() });
        let (id, _) = asked(&mut window);
        answer(&window, id, Some("111456"));
        expect!(window, What::SignedIn { .. });
        window.send(Command::TestProfile { name: "first".to_owned(), key: Some(key.to_string()) });
        expect!(window, What::ProfileTested(_));
        // Only AWS knows that it is over: whoever unlocks with what is taken through it is asked at once.
        end_session(&fake);
        unlock(&window, home.path(), "second");
        let (id, question) = asked(&mut window);
        assert_eq!(question.profile(), "first");
        answer(&window, id, Some("222456"));
        expect!(window, What::Unlocked(_));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn browser() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        fake.add_seat("111122223333", "Production", "Reader");
        let mut window = Window::open(home.path());
        let center = IdentityCenter {
            start_url: "https://d-1.awsapps.com/start".to_owned(),
            region: FakeKms::REGION.to_owned(),
            seat: None,
        };
        let new = || NewProfile { kind: ProfileKind::IdentityCenter(center.clone()), ..fake.new_profile("people") };
        window.send(Command::ListSeats(new()));
        let id = expect!(window, What::Asked { id, asked: PersonAsked::Page(_) } => id);
        answer(&window, id, None);
        let problem = expect!(window, What::Failed(problem) => problem);
        assert_eq!(problem, Problem::Cancelled);
        // A page that was put away is asked for no more.
        let tokens = fake.count("CreateToken");
        window.send(Command::ListSeats(new()));
        let page = expect!(window, What::Asked { asked: PersonAsked::Page(page), .. } => page);
        assert_eq!(page.user_code, "WXYZ-2345");
        assert!(page.picture().is_some_and(|picture| picture.width() > 20));
        fake.answer_in_browser(PortalAnswer::Allowed);
        expect!(window, What::AskedNoMore { .. });
        let seats = expect!(window, What::Seats(seats) => seats);
        assert_eq!(seats.len(), 1);
        assert!(fake.count("CreateToken") <= tokens + 2);
    }
}
