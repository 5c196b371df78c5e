use super::*;
use crate::providers::aws::{AssumeRole, MachineRole};
use crate::providers::{AwsProfile, ProfileKind};
use crate::secret::{SecretBytes, SecretString};

fn bytes(text: &str) -> SecretBytes {
    SecretBytes::copy_of(text.as_bytes())
}

fn scan(text: &str) -> SharedFile {
    SharedFile::scan(&bytes(text)).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Both files, and what is read of them.
fn with_files<T>(config: &str, credentials: &str, read: impl FnOnce(SharedFiles<'_>) -> T) -> T {
    read(SharedFiles { config: Some(&scan(config)), credentials: Some(&scan(credentials)) })
}

/// Pairs of a configuration and credentials, as people and programs have them.
const ODD: [(&str, &str); 12] = [
    (
        "[default]\nregion = eu-west-1\n[profile work]\nregion=eu-central-1\n",
        "[default]\naws_access_key_id=AKIA1\naws_secret_access_key=s/+=\n",
    ),
    ("[default]\r\nregion = eu-west-1\r\n\r\n[profile a]\r\noutput = json", ""),
    (
        "# top\n; other\n[profile a] # why\nregion = eu-west-1 # here\nrole_arn = a#b;c ; d\n",
        "[a]\nAWS_ACCESS_KEY_ID = AKIA\n",
    ),
    ("[profile a]\nregion = eu-west-1\n[profile a]\noutput = json\nregion = eu-west-2\n", ""),
    ("[profile a]\nregion = eu-west-1\nregion = eu-west-2\n", "[a]\nregion = eu-west-3\n"),
    ("[profile a]\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\nregion = eu-west-1\n", ""),
    ("[profile a]\nregion = eu-west-1\n  and more\n\n  and yet more\noutput = json\n", ""),
    ("[profile   a  ]\nregion\t=\teu-west-1\t\n[ profile b ]\nregion=us-east-1\n", "[ c ]\nregion=us-east-2\n"),
    ("[default]\nregion = eu-west-1\n[profile default]\noutput = json\n", "[default]\naws_access_key_id = A\n"),
    (
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x/start\n[profile a]\nsso_session = corp\n",
        "",
    ),
    (
        "[preview]\na = b\n[other]\nregion = x-y\n[profile a]\nempty =\n",
        "[profile b]\nregion = eu-west-1\n[d-e_f.g@h+i:j/k%l]\nregion=z-z\n",
    ),
    ("", ""),
];

/// The settings that are looked for.
const SETTINGS: [&str; 10] = [
    "region",
    "output",
    "role_arn",
    "s3",
    "sso_session",
    "empty",
    "aws_access_key_id",
    "aws_secret_access_key",
    "source_profile",
    "mfa_serial",
];

/// What the SDK reads: profiles and their settings that are not empty.
fn read_by_the_sdk(config: &str, credentials: &str) -> Vec<(String, Vec<(String, String)>)> {
    #[allow(deprecated)]
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    #[allow(deprecated)]
    let files = ProfileFiles::builder()
        .with_contents(ProfileFileKind::Config, config)
        .with_contents(ProfileFileKind::Credentials, credentials)
        .build();
    let (fs, env) = (Default::default(), Default::default());
    let read = aws_config::profile::load(&fs, &env, &files, None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = runtime.block_on(read).unwrap();
    let settings = |name: &str| {
        let profile = read.get_profile(name).unwrap();
        let known = SETTINGS.into_iter().filter_map(|one| Some((one.to_owned(), profile.get(one)?.to_owned())));
        known.filter(|(_, value)| !value.is_empty()).collect()
    };
    let mut profiles: Vec<(String, Vec<_>)> = read.profiles().map(|name| (name.to_owned(), settings(name))).collect();
    profiles.sort();
    profiles
}

fn read_here(files: SharedFiles<'_>) -> Vec<(String, Vec<(String, String)>)> {
    let settings = |profile: &found::Found<'_>| {
        let value = |one: &&str| Some(((*one).to_owned(), profile.value(one)?.expose().to_owned()));
        SETTINGS.iter().filter_map(value).collect()
    };
    // The SDK passes over names with blanks: for us they are names that can't be had.
    let profiles = files.profiles();
    let known = profiles.iter().filter(|profile| !profile.name.contains(' '));
    let mut profiles: Vec<(String, Vec<_>)> = known.map(|one| (one.name.clone(), settings(one))).collect();
    profiles.sort();
    profiles
}

#[test]
fn odd_files_are_read_as_the_sdk_reads_them() {
    for (config, credentials) in ODD {
        let read = with_files(config, credentials, read_here);
        assert_eq!(read, read_by_the_sdk(config, credentials), "{config:?} {credentials:?}");
    }
}

#[test]
fn what_only_the_command_line_reads_is_read_as_it_does() {
    // Settings that all stand to the right, a colon, an indented comment, a lone CR, names in quotes.
    let file = scan(
        "[default]\n  aws_access_key_id: AKIA1\n  # a = b\n  aws_secret_access_key = s3=:cr\n\r[profile \"my work\"]\rregion = a-b\n    # far\n",
    );
    let found = SharedFiles { config: Some(&file), credentials: None };
    let profiles = found.profiles();
    let value = |at: usize, name: &str| profiles[at].value(name).map(|value| value.expose().to_owned());
    assert_eq!(value(0, "aws_access_key_id").as_deref(), Some("AKIA1"));
    assert_eq!(value(0, "aws_secret_access_key").as_deref(), Some("s3=:cr"));
    assert_eq!((profiles[1].name.as_str(), value(1, "region").as_deref()), ("my work", Some("a-b")));
}

#[test]
fn what_is_no_such_file_is_told_by_its_line_and_never_shown() {
    for (text, error) in [
        ("region = x\n[default]\n", ScanError::NoSection(1)),
        ("[default]\nhunter2\n", ScanError::NotASetting(2)),
        ("[default]\n\n[broken\n", ScanError::NotASetting(3)),
        ("[]\n", ScanError::NotASetting(1)),
        ("[default]\n= hunter2\n", ScanError::NotASetting(2)),
        ("[default]\nkey = hunter2\n", ScanError::NotText),
    ] {
        let mut content = text.as_bytes().to_vec();
        if error == ScanError::NotText {
            content.push(0xFF);
        }
        assert_eq!(SharedFile::scan(&SecretBytes::new(content)).unwrap_err(), error, "{text:?}");
    }
    let file = scan("[a]\naws_secret_access_key = hunter2\n");
    assert!(!format!("{file:?}").contains("hunter2"));
}

/// What is taken out for `profile`, of whose key `parts` were stored: its id, its secret and its token.
fn stored(profile: &str, process: Option<&str>, parts: [&str; 3]) -> TakeOut {
    let [id, secret, token] = parts;
    let secret_of = SecretString::copy_of;
    let kind = ProfileKind::Static {
        access_key_id: id.to_owned(),
        secret_access_key: secret_of(secret),
        session_token: Some(token).filter(|token| !token.is_empty()).map(secret_of),
    };
    TakeOut { profile: profile.to_owned(), process: process.map(str::to_owned), stored: kind.into() }
}

fn rest(text: &str, in_config: bool, wanted: TakeOut) -> (String, usize, usize) {
    let wanted = [wanted];
    let taken = scan(text).take_out(&bytes(text), in_config, &wanted).unwrap();
    (String::from_utf8(taken.rest.expose().to_vec()).unwrap(), taken.lines, taken.with_process.len())
}

#[test]
fn keys_are_taken_out_and_every_other_byte_stays() {
    let credentials = "# mine\r\n[a]\r\n\taws_access_key_id\t= A ; old\r\n\r\n; between\r\nregion = x-y\r\nAWS_Secret_Access_Key = s\r\n  more\r\n# kept\r\n  \
                       # and this goes\r\n[b]\naws_access_key_id = B\naws_secret_access_key = t\n\n[a]\naws_session_token=u";
    let left = "# mine\r\n[a]\r\n\r\n; between\r\nregion = x-y\r\n# kept\r\n[b]\naws_access_key_id = B\naws_secret_access_key = t\n\n[a]\n";
    let of_a = |process| stored("a", process, ["A", "s\nmore", "u"]);
    assert_eq!(rest(credentials, false, of_a(None)), (left.to_owned(), 5, 0));
    let with = left.replacen("[a]\r\n", "[a]\r\n\tcredential_process = cmd a\r\n", 1);
    assert_eq!(rest(credentials, false, of_a(Some("cmd a"))), (with, 5, 1));
    assert_eq!(scan(credentials).key_lines(false, &[of_a(None)]), [KeyLines { section: "a".to_owned(), lines: 5 }]);
    let none = [stored("c", None, ["A", "s\nmore", "u"])];
    assert!(scan(credentials).take_out(&bytes(credentials), false, &none).is_none());

    let config = "[profile a]\naws_access_key_id = A\naws_secret_access_key = s\n[a]\naws_access_key_id = kept\n[default]\ncredential_process = x\naws_access_key_id = D";
    let left = "[profile a]\n[a]\naws_access_key_id = kept\n[default]\ncredential_process = x\naws_access_key_id = D";
    assert_eq!(rest(config, true, stored("a", None, ["A", "s", ""])), (left.to_owned(), 2, 0));
    let left = config.replace("\naws_access_key_id = D", "\n");
    assert_eq!(rest(config, true, stored("default", Some("cmd default"), ["D", "s", ""])), (left, 1, 0));
}

#[test]
fn a_key_is_taken_from_one_file_and_another_one_stays_where_it_stands() {
    let config =
        "[profile work]\naws_access_key_id = B\naws_secret_access_key = t\naws_session_token = u\nregion = eu-west-1\n";
    let credentials = "[work]\naws_access_key_id = A\naws_secret_access_key = s\n";
    let offers = offered(config, credentials);
    let ProfileKind::Static { access_key_id, secret_access_key, session_token } = kind(&offers, "work") else {
        panic!("{offers:?}")
    };
    assert_eq!((access_key_id.as_str(), secret_access_key.expose()), ("A", "s"));
    assert!(session_token.is_none(), "that is another key's");
    let work = || stored("work", Some("cmd"), ["A", "s", ""]);
    assert!(scan(config).take_out(&bytes(config), true, &[work()]).is_none());
    assert!(scan(config).key_lines(true, &[work()]).is_empty());
    assert_eq!(scan(config).other_keys(true, &[work()]), ["profile work"]);
    assert_eq!(rest(credentials, false, work()), ("[work]\ncredential_process = cmd\n".to_owned(), 2, 1));
    assert!(scan(credentials).other_keys(false, &[work()]).is_empty());

    // The section comes twice, or the setting: what is another key's stays, and all that stands with it.
    let twice = "[work]\naws_access_key_id = B\naws_secret_access_key = s\n[work]\naws_access_key_id = A\naws_secret_access_key = s\n";
    let left = "[work]\naws_access_key_id = B\naws_secret_access_key = s\n[work]\n";
    assert_eq!(rest(twice, false, stored("work", None, ["A", "s", ""])), (left.to_owned(), 2, 0));
    assert_eq!(scan(twice).other_keys(false, &[work()]), ["work"]);
    let again = format!("{credentials}aws_secret_access_key = t\n");
    let offers = offered("", &again);
    let ProfileKind::Static { secret_access_key, .. } = kind(&offers, "work") else { panic!("{offers:?}") };
    assert_eq!(secret_access_key.expose(), "t");
    assert!(scan(&again).take_out(&bytes(&again), false, &[stored("work", None, ["A", "t", ""])]).is_none());

    let split = offered("[profile work]\naws_access_key_id = A\n", "[work]\naws_secret_access_key = s\n");
    assert!(why(&split, "work").contains("two files"), "{split:?}");
}

/// Small numbers that look like any.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn whatever_a_file_looks_like_what_is_left_has_all_that_was_not_stored() {
    const PARTS: [&str; 17] = [
        "[a]",
        "[b]",
        "[default]",
        "[profile a]",
        "aws_access_key_id = AKIA",
        "aws_secret_access_key: x # y",
        "  aws_session_token = t",
        "aws_security_token=t",
        "aws_access_key_id = AKIB",
        "aws_secret_access_key = z",
        "aws_security_token=u",
        "region = eu-west-1",
        "s3 =",
        "  nested = v",
        "",
        "# comment",
        "\t; indented",
    ];
    let mut dice = Dice(7);
    let mut tried = 0;
    for _ in 0..20_000 {
        let in_config = dice.throw(2) == 0;
        // Of one kind: where a line between them goes, CR and LF of two lines are the end of one.
        let end = ["\n", "\r\n", "\r"][dice.throw(3)];
        let mut text = format!("[a]{end}");
        for _ in 0..dice.throw(24) {
            text.push_str(PARTS[dice.throw(PARTS.len())]);
            text.push_str(end);
        }
        let text = if dice.throw(4) == 0 { text.trim_end() } else { &text };
        let before = scan(text);
        let wanted = ["a", "default"].map(|name| stored(name, None, ["AKIA", "x", "t"]));
        let told: usize = before.key_lines(in_config, &wanted).iter().map(|section| section.lines).sum();
        let Some(taken) = before.take_out(&bytes(text), in_config, &wanted) else {
            assert_eq!(told, 0);
            continue;
        };
        assert_eq!(told, taken.lines, "what is told before is what goes");
        tried += 1;
        let after = SharedFile::scan(&taken.rest).unwrap();
        // Said again in other words: all of a section's key is just what was stored.
        let is_stored = |one: &scan::Setting| {
            let value = one.value.expose();
            value.is_empty()
                || match one.name.as_str() {
                    "aws_access_key_id" => value == "AKIA",
                    "aws_secret_access_key" => value == "x",
                    _ => value == "t",
                }
        };
        let goes = |file: &SharedFile, section: &scan::Section| {
            found::profile_sections(file, in_config)
                .any(|(name, one)| std::ptr::eq(one, section) && ["a", "default"].contains(&name))
                && section.settings.iter().filter(|one| is_of_key(&one.name)).all(is_stored)
        };
        let kept = |file: &SharedFile| -> Vec<(String, Vec<(String, String)>)> {
            let settings = |section: &scan::Section| {
                let kept = section.settings.iter().filter(|one| !(is_of_key(&one.name) && goes(file, section)));
                kept.map(|one| (one.name.clone(), one.value.expose().to_owned())).collect()
            };
            file.sections.iter().map(|section| (section.header.clone(), settings(section))).collect()
        };
        assert_eq!(kept(&before), kept(&after), "{text:?}");
        for section in after.sections.iter().filter(|section| goes(&after, section)) {
            assert!(!section.settings.iter().any(|one| is_of_key(&one.name)), "{text:?}");
        }
        // Nothing but whole lines went, and as many as were counted.
        let rest = std::str::from_utf8(taken.rest.expose()).unwrap();
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").split_terminator('\n').count();
        assert_eq!(lines(rest) + taken.lines, lines(text), "{text:?}");
    }
    assert!(tried > 5000, "{tried}");
}

fn offered(config: &str, credentials: &str) -> Offers {
    with_files(config, credentials, |files| files.offers(Some("eu-central-1"), 5))
}

fn names(offers: &Offers) -> Vec<&str> {
    offers.offers.iter().map(|offer| offer.profile.name()).collect()
}

fn kind<'a>(offers: &'a Offers, name: &str) -> &'a ProfileKind {
    let offer = offers.offers.iter().find(|offer| offer.profile.name() == name);
    offer.map(|offer| AwsProfile::kind(&offer.profile)).unwrap_or_else(|| panic!("no {name}: {offers:?}"))
}

fn why<'a>(offers: &'a Offers, name: &str) -> &'a str {
    let refused = offers.refused.iter().find(|refused| refused.name == name);
    refused.map(|refused| refused.why.as_str()).unwrap_or_else(|| panic!("{name} is not refused: {offers:?}"))
}

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/reader";
const KEYS: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = s";

#[test]
fn a_chain_comes_with_its_sources_before_it() {
    let config = format!(
        "[profile top]\n{ROLE}\nsource_profile = mid\nexternal_id = x-1\nmfa_serial = arn:aws:iam::111122223333:mfa/anna\nduration_seconds = 900\n\
         [profile mid]\n{ROLE}\nsource_profile = base\nregion = us-east-1\n[profile on-ec2]\n{ROLE}\ncredential_source = Ec2InstanceMetadata\n"
    );
    let offers = offered(&config, &format!("[base]\n{KEYS}\naws_session_token = t\n"));
    assert_eq!(names(&offers), ["base", "mid", "top", "on-ec2-instance", "on-ec2"]);
    let ProfileKind::AssumeRole(top) = kind(&offers, "top") else { panic!("{offers:?}") };
    let expected = AssumeRole {
        source: "mid".to_owned(),
        role_arn: "arn:aws:iam::111122223333:role/reader".to_owned(),
        external_id: Some("x-1".to_owned()),
        mfa_serial: Some("arn:aws:iam::111122223333:mfa/anna".to_owned()),
        duration_seconds: Some(900),
    };
    assert_eq!(*top, expected);
    assert!(matches!(kind(&offers, "on-ec2-instance"), ProfileKind::Machine(MachineRole::Instance)));
    assert!(offers.offers[0].notes[0].contains("ends with it") && offers.offers[0].has_keys);
    let regions: Vec<_> = offers.offers.iter().map(|offer| offer.profile.region()).collect();
    assert_eq!(regions, ["eu-central-1", "us-east-1", "eu-central-1", "eu-central-1", "eu-central-1"]);
    assert!(offers.refused.is_empty());
}

#[test]
fn keys_and_a_role_in_one_section_are_two_profiles() {
    let both = format!(
        "[default]\nregion = eu-west-1\n{KEYS}\n{ROLE}\nsource_profile = default\n[profile other]\n{ROLE}\nsource_profile = default\n"
    );
    let offers = offered(&both, "");
    assert_eq!(names(&offers), ["default-keys", "default", "other"]);
    for role in ["default", "other"] {
        assert!(
            matches!(kind(&offers, role), ProfileKind::AssumeRole(AssumeRole { source, .. }) if source == "default-keys")
        );
    }
    assert!(offers.offers[0].is_own_source && offers.offers[0].from == "default");
    let taken = format!("{both}[profile default-keys]\n{KEYS}\n");
    assert!(why(&offered(&taken, ""), "default").contains("another “default-keys”"));
}

#[test]
fn circles_and_chains_without_an_end_are_refused_by_name() {
    let circle = format!(
        "[profile a]\n{ROLE}\nsource_profile = b\n[profile b]\n{ROLE}\nsource_profile = a\n[profile c]\n{ROLE}\nsource_profile = c\n"
    );
    let offers = offered(&circle, "");
    assert!(why(&offers, "a").contains("a → b → a") && why(&offers, "c").contains("c → c"), "{offers:?}");
    assert!(why(&offers, "b").contains("each other") && offers.offers.is_empty());
    let mut long = String::new();
    for at in 0..6 {
        long.push_str(&format!(
            "[profile r{at}]\n{ROLE}\nsource_profile = {}\n",
            if at == 5 { "base".to_owned() } else { format!("r{}", at + 1) }
        ));
    }
    let offers = offered(&long, &format!("[base]\n{KEYS}\n"));
    assert!(why(&offers, "r0").contains("more than 5 roles"), "{offers:?}");
    assert_eq!(names(&offers), ["base", "r5", "r4", "r3", "r2", "r1"]);
    assert!(why(&offered(&format!("[profile a]\n{ROLE}\nsource_profile = gone\n"), ""), "a").contains("“gone”"));
}

#[test]
fn identity_center_is_read_from_its_session_and_from_the_profile_itself() {
    let of_profile = "sso_account_id = 111122223333\nsso_role_name = Reader\n";
    let config = format!(
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n[profile new]\nsso_session = corp\n{of_profile}\
         [profile old]\nsso_start_url = https://old.awsapps.com/start\nsso_region = us-east-1\n{of_profile}[profile lost]\nsso_session = gone\n{of_profile}\
         [profile half]\nsso_session = corp\n"
    );
    let offers = offered(&config, "");
    for (name, host, region) in [("new", "corp", "eu-west-1"), ("old", "old", "us-east-1")] {
        let ProfileKind::IdentityCenter(center) = kind(&offers, name) else { panic!("{name}") };
        assert_eq!(
            (center.start_url.as_str(), center.region.as_str()),
            (format!("https://{host}.awsapps.com/start").as_str(), region)
        );
        assert_eq!(
            center.seat.as_ref().map(|seat| (seat.account.as_str(), seat.role.as_str())),
            Some(("111122223333", "Reader"))
        );
    }
    assert!(why(&offers, "lost").contains("sso_start_url") && why(&offers, "half").contains("sso_account_id"));
}

#[test]
fn the_way_to_aws_comes_along_and_what_can_not_be_had_is_told() {
    let config = format!(
        "[profile way]\n{KEYS}\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = false\nservices = mine\n[profile end]\n{KEYS}\nendpoint_url = https://vpce.example.com\n\
         [profile both]\n{KEYS}\nendpoint_url = https://vpce.example.com\nuse_fips_endpoint = true\n[profile plain]\n{KEYS}\nendpoint_url = http://evil.example.com\n\
         [profile run]\ncredential_process = x\n[profile web]\n{ROLE}\nweb_identity_token_file = /t\n[profile env]\n{ROLE}\ncredential_source = Environment\n\
         [profile only]\noutput = json\n[profile my name]\n{KEYS}\n[profile no-secret]\naws_access_key_id = A\n[profile long]\n{ROLE}\nsource_profile = way\nduration_seconds = 1h\n\
         [meant]\n{KEYS}\n[plugins]\na = b\n[profile pasted]\naws_access_key_id = A\naws_secret_access_key = hunter2 and more\n"
    );
    let offers = offered(&config, "");
    assert_eq!(names(&offers), ["way", "end"]);
    assert!(offers.offers[0].profile.network().fips() && !offers.offers[0].profile.network().dual_stack());
    assert!(offers.offers[0].notes[0].contains("services"));
    assert!(offers.offers[1].profile.network().endpoint().is_some());
    for (name, word) in [
        ("both", "leave out"),
        ("plain", "https"),
        ("run", "another program"),
        ("web", "web identity"),
        ("env", "Environment"),
        ("only", "no credentials"),
        ("my name", "name has"),
        ("no-secret", "aws_secret_access_key"),
        ("long", "duration_seconds"),
        ("meant", "[profile meant]"),
        ("pasted", "characters"),
    ] {
        assert!(why(&offers, name).contains(word), "{name}: {}", why(&offers, name));
    }
    assert!(!offers.refused.iter().any(|refused| refused.name == "plugins" || refused.why.contains("hunter2")));
    let keys = format!("[b]\n{KEYS}\n");
    let nowhere = with_files("[profile a]\noutput = json\n", &keys, |files| files.offers(None, 5));
    assert!(why(&nowhere, "b").contains("region"));
    assert!(nowhere.refused.iter().any(|refused| refused.name == "b" && refused.needs_region));
    assert!(offers.refused.iter().all(|refused| !refused.needs_region), "a region helps none of these");
}
