//! Profiles of the AWS command line at the worker: what is shown is stored, what is stored is removed, and nothing else is. Each case
//! has a keyring and a home, and so a process, of its own.

use std::os::unix::fs::PermissionsExt;
use std::process::Command as Process;

use crate::support::again::{self, passes};
use crate::support::secret_service::SecretService;

fn passes_at_home(name: &str) {
    passes_with(name, |_, _| ());
}

fn passes_with(name: &str, more: impl FnOnce(&SecretService, &mut Process)) {
    let service = SecretService::start();
    let mut case = again::case(&format!("worker::import::cases::{name}"));
    let case = service.enter(&mut case).env_remove("AWS_CONFIG_FILE").env_remove("AWS_SHARED_CREDENTIALS_FILE");
    more(&service, case);
    passes(case);
}

#[test]
fn a_chain_is_shown_stored_protected_and_its_keys_removed_when_that_is_asked_for() {
    let empty = tempfile::tempdir().unwrap();
    passes_with("chain", |_, case| {
        case.env("PATH", empty.path());
    });
}

#[test]
fn a_program_that_is_on_the_path_is_named_by_its_name_and_nothing_more_is_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sealkeep-cli");
    std::fs::write(&program, "").unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    passes_with("on_the_path", |_, case| {
        case.env("PATH", folder.path());
    });
}

#[test]
fn what_changed_since_it_was_shown_is_neither_stored_nor_removed() {
    passes_at_home("changed");
}

#[test]
fn what_another_program_stored_since_the_look_is_not_replaced() {
    passes_at_home("came");
}

#[test]
fn another_secret_under_the_same_name_is_not_replaced_and_whose_a_profile_is_decides_nothing() {
    passes_at_home("other_secret");
}

#[test]
fn what_comes_while_profiles_are_stored_ends_it_and_what_is_stored_is_told() {
    passes_at_home("came_halfway");
}

#[test]
fn a_lock_in_the_middle_leaves_whole_profiles_and_whole_files() {
    passes_at_home("locked");
}

#[test]
fn the_files_are_those_that_the_aws_command_line_would_read() {
    passes_with("named", |_, case| {
        case.env("AWS_CONFIG_FILE", "~/elsewhere/config").env("AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere/credentials");
    });
}

/// Run by the tests above, each in a session of its own.
mod cases {
    use std::fs;
    use std::ops::ControlFlow;
    use std::path::PathBuf;

    use sealkeep::secret::SecretString;
    use sealkeep::worker::{
        AwsProfiles, Command, FoundBy, GoesOn, ImportCommand, ImportProblem, ImportTold, Imported, KeyLines,
        KeysInFile, KeysRemoved, OldContent, Problem, ProfileEntry, ProfileKind, What,
    };

    use crate::expect;
    use crate::support::again::assert_inside;
    use crate::support::aws_files::{AwsFiles, without_key};
    use crate::support::fake_kms::FakeKms;
    use crate::support::window::Window;

    /// The line for `user`: there is no such program beside the one that runs these cases.
    const LINE: &str = "credential_process = sealkeep-cli profile credentials user";

    fn person() -> PathBuf {
        PathBuf::from(std::env::var_os("HOME").unwrap())
    }

    fn told(window: &mut Window) -> ImportTold {
        expect!(window, What::Import(told) => *told)
    }

    fn refused(window: &mut Window) -> Problem {
        expect!(window, What::Failed(problem) => problem)
    }

    fn send(window: &Window, step: ImportCommand) {
        window.send(Command::Import(step));
    }

    fn look(window: &mut Window) -> AwsProfiles {
        send(window, ImportCommand::Look { region: None });
        let ImportTold::Found(there) = told(window) else { panic!("something else came") };
        there
    }

    fn begin_to_store(window: &Window, names: &[&str], protect: Option<&str>) {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        send(window, ImportCommand::Store { names, protect: protect.map(SecretString::copy_of) });
    }

    fn stored(window: &mut Window) -> Imported {
        let mut last = 0;
        loop {
            match told(window) {
                ImportTold::Storing { done, total } => {
                    assert!(done >= last && done <= total, "{done} of {total} after {last}");
                    last = done;
                }
                ImportTold::Imported(imported) => return imported,
                other => panic!("{other:?}"),
            }
        }
    }

    fn came_by_then(profile: &str, stored: &[&str]) -> Problem {
        let stored = stored.iter().map(|&name| name.to_owned()).collect();
        Problem::Import(ImportProblem::Came { profile: profile.to_owned(), stored })
    }

    fn listed(window: &mut Window) -> Vec<ProfileEntry> {
        window.send(Command::ListProfiles);
        expect!(window, What::Profiles(profiles) => profiles)
    }

    fn names(imported: &Imported) -> Vec<&str> {
        imported.stored.iter().map(|found| found.name.as_str()).collect()
    }

    #[test]
    #[ignore = "run by a test above"]
    fn chain() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, key) = FakeKms::with_key();
        let mut window = Window::open(home.path());
        send(&window, ImportCommand::Look { region: None });
        let folder = person().join(".aws");
        let missing = ImportProblem::NoFiles { files: vec![folder.join("config"), folder.join("credentials")] };
        assert_eq!(refused(&mut window), Problem::Import(missing));

        let files = AwsFiles::write(&person(), &fake);
        let (config, before) = files.contents();
        let there = look(&mut window);
        assert_eq!(there.files, [files.config.clone(), files.credentials.clone()]);
        let found: Vec<_> =
            there.found.iter().map(|found| (found.name.as_str(), found.kind, found.source.as_deref())).collect();
        assert_eq!(found, [("user", "static", None), ("reader", "assume-role", Some("user"))]);
        assert!(there.refused.iter().any(|refused| refused.name == "elsewhere"));
        let shown = format!("{there:?}");
        assert!(!shown.contains(FakeKms::SECRET_ACCESS_KEY) && shown.contains(FakeKms::ACCESS_KEY_ID));

        // Nothing goes before it is stored.
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: true });
        assert_eq!(refused(&mut window), Problem::Import(ImportProblem::Over));
        fs::write(folder.join("credentials~"), &before).unwrap();
        begin_to_store(&window, &["reader"], Some("4711"));
        let imported = stored(&mut window);
        assert_eq!(names(&imported), ["user", "reader"], "whose credentials it takes comes along");
        let protected: Vec<_> = imported.profiles.iter().map(|one| (one.name.as_str(), one.protected)).collect();
        assert_eq!(protected, [("reader", false), ("user", true)]);
        let sections = vec![KeyLines { section: "user".to_owned(), lines: 2 }];
        assert_eq!(imported.keys, [KeysInFile { file: files.credentials.clone(), sections }]);
        assert_eq!(imported.lines, [("user".to_owned(), LINE.to_owned())]);
        assert_eq!(imported.found_by, FoundBy::Nothing);
        assert_eq!(imported.copies, [folder.join("credentials~")]);
        assert_eq!(files.contents(), (config.clone(), before.clone()), "only stored");

        send(&window, ImportCommand::RemoveKeys { use_sealkeep: true });
        let ImportTold::KeysRemoved(KeysRemoved { removed, stopped: None, goes_on, copies }) = told(&mut window) else {
            panic!("not removed")
        };
        assert_eq!(files.contents(), (config, without_key(&before, &format!("{LINE}\n"))));
        assert_eq!((removed.len(), removed[0].lines, removed[0].old), (1, 2, OldContent::Overwritten));
        assert_eq!(goes_on, [("user".to_owned(), GoesOn::Asks)]);
        assert_eq!(copies, [folder.join("credentials~")]);
        let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["config", "credentials", "credentials~"]);
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: true });
        assert_eq!(refused(&mut window), Problem::Import(ImportProblem::Over), "it is over");

        // They are whole: the role is taken with the key that the passphrase opens.
        window.lock();
        expect!(window, What::Locked(_));
        window.send(Command::TestProfile { name: "reader".to_owned(), key: Some(key.to_string()) });
        let id = expect!(window, What::Asked { id, .. } => id);
        window.send(Command::Answer { id, answer: Some(SecretString::copy_of("4711")) });
        expect!(window, What::ProfileTested(_));
        assert_eq!(fake.count("AssumeRole"), 1);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn came() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        AwsFiles::write(&person(), &fake);
        let mut window = Window::open(home.path());
        assert!(look(&mut window).profiles.is_empty());
        // As the command line does, which knows nothing of the window.
        let mut other = Window::open(home.path());
        other.send(Command::AddProfile(fake.new_profile("reader")));
        expect!(other, What::Profiles(_));
        begin_to_store(&window, &["user", "reader"], None);
        let came = came_by_then("reader", &[]);
        assert_eq!(refused(&mut window), came);
        window.send(Command::ListProfiles);
        let profiles = expect!(window, What::Profiles(profiles) => profiles);
        let kinds: Vec<_> = profiles.iter().map(|one| (one.name.as_str(), one.kind.as_str())).collect();
        assert_eq!(kinds, [("reader", "static")], "nothing was stored, and nothing replaced");

        // Seen, it is replaced by whoever says so; and what was stored here itself is no stranger.
        assert_eq!(look(&mut window).profiles.len(), 1);
        begin_to_store(&window, &["user"], None);
        stored(&mut window);
        begin_to_store(&window, &["user", "reader"], None);
        let kinds: Vec<_> = stored(&mut window).profiles.iter().map(|one| one.kind.clone()).collect();
        assert_eq!(kinds, ["assume-role", "static"]);
        // A profile that is another by now is not the one that was seen.
        other
            .send(Command::ProtectProfile { name: "user".to_owned(), passphrase: Some(SecretString::copy_of("4711")) });
        expect!(other, What::Profiles(_));
        begin_to_store(&window, &["user"], None);
        let changed = came_by_then("user", &[]);
        assert_eq!(refused(&mut window), changed);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn other_secret() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let (fake, _) = FakeKms::with_key();
        AwsFiles::write(&person(), &fake);
        let (mut window, mut other) = (Window::open(home.path()), Window::open(home.path()));
        other.send(Command::AddProfile(fake.new_profile("user")));
        expect!(other, What::Profiles(_));
        let seen = look(&mut window).profiles;
        other.send(Command::RemoveProfile { name: "user".to_owned() });
        expect!(other, What::Profiles(_));
        let mut new = fake.new_profile("user");
        let ProfileKind::Static { secret_access_key, .. } = &mut new.kind else { panic!("another kind") };
        *secret_access_key = SecretString::copy_of("another/secret");
        other.send(Command::AddProfile(new));
        expect!(other, What::Profiles(_));
        assert_eq!(listed(&mut window), seen, "in a list they are the same");
        begin_to_store(&window, &["user"], None);
        assert_eq!(refused(&mut window), came_by_then("user", &[]));

        // Seen, it is replaced, and works.
        look(&mut window);
        begin_to_store(&window, &["user"], None);
        stored(&mut window);
        let seen = look(&mut window).profiles;
        other.send(Command::TestProfile { name: "user".to_owned(), key: None });
        expect!(other, What::ProfileTested(_));
        assert!(seen[0].account.is_none() && listed(&mut window)[0].account.is_some(), "whose it is is news");
        begin_to_store(&window, &["user"], None);
        assert_eq!(names(&stored(&mut window)), ["user"]);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn came_halfway() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        let files = AwsFiles::write(&person(), &fake);
        let many: String =
            (0..12).map(|number| files.contents().1.replace("[user]", &format!("[user-{number}]"))).collect();
        fs::write(&files.credentials, &many).unwrap();
        let (mut window, mut other) = (Window::open(home.path()), Window::open(home.path()));
        let all = look(&mut window).found;
        let all: Vec<&str> = all.iter().map(|found| found.name.as_str()).collect();
        let (last, before) = all.split_last().unwrap();
        begin_to_store(&window, &all, Some("4711"));
        expect!(window, What::Import(told) if matches!(&*told, ImportTold::Storing { done: 1, .. }) => ());
        // Eleven passphrases are slower than this.
        other.send(Command::AddProfile(fake.new_profile(last)));
        expect!(other, What::Profiles(_));
        assert_eq!(refused(&mut window), came_by_then(last, before));
        let open: Vec<String> =
            listed(&mut window).into_iter().filter(|one| !one.protected).map(|one| one.name).collect();
        assert_eq!(open, [*last], "it is what the other program stored");
    }

    #[test]
    #[ignore = "run by a test above"]
    fn on_the_path() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        AwsFiles::write(&person(), &fake);
        let mut window = Window::open(home.path());
        look(&mut window);
        begin_to_store(&window, &["user"], None);
        let imported = stored(&mut window);
        assert_eq!(imported.lines, [("user".to_owned(), LINE.to_owned())]);
        assert_eq!(imported.found_by, FoundBy::Name);
    }

    #[test]
    #[ignore = "run by a test above"]
    fn changed() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        let files = AwsFiles::write(&person(), &fake);
        let mut window = Window::open(home.path());
        look(&mut window);
        let other = files.contents().1.replace("fake/secret", "another/secret");
        fs::write(&files.credentials, &other).unwrap();
        let changed = Problem::Import(ImportProblem::Changed { path: files.credentials.clone() });
        begin_to_store(&window, &["user"], None);
        assert_eq!(refused(&mut window), changed);
        window.send(Command::ListProfiles);
        assert_eq!(expect!(window, What::Profiles(profiles) => profiles.len()), 0);

        look(&mut window);
        begin_to_store(&window, &["user", "nobody"], None);
        let gone = ImportProblem::Gone { profile: "nobody".to_owned() };
        assert_eq!(refused(&mut window), Problem::Import(gone));
        begin_to_store(&window, &["user"], None);
        stored(&mut window);
        let third = other.replace("another/secret", "a-third/secret");
        fs::write(&files.credentials, &third).unwrap();
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: false });
        assert_eq!(refused(&mut window), changed);
        assert_eq!(files.contents().1, third, "what was not stored stays");

        // Somebody else stored another key under the name meanwhile: the one in the file may be the last.
        look(&mut window);
        begin_to_store(&window, &["user"], Some("4711"));
        stored(&mut window);
        window.send(Command::AddProfile(fake.new_profile("user")));
        let there = expect!(window, What::Failed(Problem::ProfileExists(there)) => there);
        window.send(Command::ReplaceProfile { new: fake.new_profile("user"), old: there });
        expect!(window, What::Profiles(_));
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: false });
        let not_stored = ImportProblem::NotStored { profile: "user".to_owned() };
        assert_eq!(refused(&mut window), Problem::Import(not_stored));
        assert_eq!(files.contents().1, third);

        // The same, whole: nothing in the place of the keys.
        look(&mut window);
        begin_to_store(&window, &["user"], None);
        stored(&mut window);
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: false });
        let ImportTold::KeysRemoved(removed) = told(&mut window) else { panic!("not removed") };
        assert_eq!(files.contents().1, without_key(&third, ""));
        assert!(matches!(&removed.goes_on[..], [(_, GoesOn::WithLine(line))] if line.ends_with("credentials user")));
    }

    #[test]
    #[ignore = "run by a test above"]
    fn locked() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        let files = AwsFiles::write(&person(), &fake);
        let many: String =
            (0..12).map(|number| files.contents().1.replace("[user]", &format!("[user-{number}]"))).collect();
        fs::write(&files.credentials, &many).unwrap();
        let mut window = Window::open(home.path());
        let all = look(&mut window).found;
        let all: Vec<&str> = all.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(all.len(), 12);
        begin_to_store(&window, &all, Some("4711"));
        expect!(window, What::Import(told) if matches!(&*told, ImportTold::Storing { done: 2, .. }) => ());
        window.lock();
        let mut ended = None;
        window.until("What::Locked", |what| match what {
            What::Locked(_) => ControlFlow::Break(()),
            What::Failed(problem) => {
                ended = Some(problem);
                ControlFlow::Continue(What::LocksIn(None))
            }
            other => ControlFlow::Continue(other),
        });
        assert_eq!(ended, Some(Problem::Locked));
        assert_eq!(files.contents().1, many);
        send(&window, ImportCommand::RemoveKeys { use_sealkeep: true });
        assert_eq!(refused(&mut window), Problem::Import(ImportProblem::Over));
        begin_to_store(&window, &all, None);
        assert_eq!(refused(&mut window), Problem::Import(ImportProblem::Over), "the lock ended all of it");

        // What is listed is whole, and protected.
        window.send(Command::ListProfiles);
        let profiles = expect!(window, What::Profiles(profiles) => profiles);
        assert!((2..12).contains(&profiles.len()), "{}", profiles.len());
        for profile in profiles {
            assert!(profile.protected);
            window.send(Command::SignIn { profile: profile.name.clone() });
            let id = expect!(window, What::Asked { id, .. } => id);
            window.send(Command::Answer { id, answer: Some(SecretString::copy_of("4711")) });
            expect!(window, What::SignedIn { .. });
        }
    }

    #[test]
    #[ignore = "run by a test above"]
    fn named() {
        assert_inside();
        let home = tempfile::tempdir().unwrap();
        let fake = FakeKms::start();
        AwsFiles::write(&person(), &fake);
        let folder = person().join("elsewhere");
        fs::create_dir(&folder).unwrap();
        let mut window = Window::open(home.path());
        send(&window, ImportCommand::Look { region: None });
        let missing = ImportProblem::NoFiles { files: vec![folder.join("config"), folder.join("credentials")] };
        assert_eq!(refused(&mut window), Problem::Import(missing), "what is at home is not read");
        let keys = "[bert]\naws_access_key_id = AKIABERT\naws_secret_access_key = s\n";
        fs::write(folder.join("credentials"), keys).unwrap();
        let there = look(&mut window);
        assert_eq!(there.files, [folder.join("credentials")]);
        assert!(there.found.is_empty() && there.refused[0].needs_region);
        send(&window, ImportCommand::Look { region: Some("eu-north-1".to_owned()) });
        let ImportTold::Found(there) = told(&mut window) else { panic!("something else came") };
        assert_eq!((there.found[0].name.as_str(), there.found[0].region.as_str()), ("bert", "eu-north-1"));
        begin_to_store(&window, &["bert"], None);
        let imported = stored(&mut window);
        assert_eq!(imported.profiles[0].region, "eu-north-1", "the region is known to the step that stores");
        fs::write(folder.join("credentials"), format!("{keys}[broken")).unwrap();
        send(&window, ImportCommand::Look { region: None });
        let problem = refused(&mut window);
        assert!(
            matches!(&problem, Problem::Import(ImportProblem::NotAFile { why, .. }) if why.contains("line 4")),
            "{problem:?}"
        );
    }
}
