//! What AWS refuses, and whose turn it is.

use super::{Fix, Words, words};
use crate::ui::show;
use crate::ui::wording::ways::{self, account};
use crate::worker::{
    CredentialFault, DeniedBy, KeyAlarm, KeyChoice, KeyRotation, KeyState, MakingStep, Problem, Unfit, Without,
    missing_statement,
};
use jiff::tz::TimeZone;

pub(super) fn kms(problem: &Problem) -> Option<Words> {
    Some(match problem {
        Problem::KmsDenied { action, key, by } => denied(action, key, *by),
        Problem::KmsDisabled { key } => Words {
            also: Some(Fix::TryAgain),
            ..words(
                format!("The {} is disabled.", show::kms_key(key)),
                "Your data is safe but can't be opened until the key is enabled: AWS console, KMS, the key, Key actions, Enable.",
                Some(Fix::CopyCommand(enable_command(key))),
            )
        },
        Problem::KmsPendingDeletion { key, days } => Words {
            also: Some(Fix::TryAgain),
            ..words(
                format!("The {} will be deleted {}.", show::kms_key(key), in_days(*days)),
                "After that nothing that only it opens can be opened, by nobody. Cancel it now: AWS console, KMS, the key, Key actions, \
                 Cancel key deletion; then enable the key.",
                Some(Fix::CopyCommand(cancel_command(key))),
            )
        },
        Problem::KmsNotUsable { key, why } => Words {
            also: Some(Fix::TryAgain),
            ..words(
                format!("The {} can't be used: {why}.", show::kms_key(key)),
                "A vault's key has to be enabled in AWS KMS. A new one has to be symmetric and for encryption, as AWS makes it by default. The \
                 command says what is the matter with this one.",
                Some(Fix::CopyCommand(describe_command(key))),
            )
        },
        Problem::KmsNotFound { key } => Words {
            also: Some(Fix::TryAgain),
            ..words(
                format!("AWS knows no {} {}.", show::kms_key(key), region(key)),
                "Check the ARN: its region and its account. A key of another account needs its full ARN, and an endpoint of your own in the \
                 profile has to serve its region. One that was deleted is gone for good: then another way into the vault is what is left.",
                Some(Fix::Profiles),
            )
        },
        Problem::ForeignKey { key } => words(
            format!("This names a KMS key that nobody has confirmed here: {key}."),
            "Nothing was sent to AWS. If you expect this key, look at the vault again and confirm it.",
            Some(Fix::LookAgain),
        ),
        Problem::Credentials { reason } => credentials(reason),
        Problem::ClockSkew { ahead } => words(
            clock(*ahead),
            "Set this computer's clock: AWS takes no request that is more than 5 minutes off. Turn on the setting that keeps it right.",
            Some(Fix::TryAgain),
        ),
        Problem::SignIn(problem) => super::sign_in::of(problem),
        Problem::Throttled => {
            words("AWS KMS is getting too many requests from this account.", "Wait a moment.", Some(Fix::TryAgain))
        }
        Problem::Unreachable { reason } => {
            words(format!("AWS KMS didn't answer ({reason})."), "Check the network.", Some(Fix::TryAgain))
        }
        Problem::WrapDamaged => Words {
            also: Some(Fix::TryAgain),
            ..words(
                "The wrapped key is damaged: its bytes were changed, or it is bound to something else.",
                "No key opens it as it is. An earlier version, or a backup, may still open. A check says what else is damaged.",
                Some(Fix::Check),
            )
        },
        Problem::KmsOtherKey { key } => Words {
            also: Some(Fix::TryAgain),
            ..words(
                format!(
                    "This wrapped key was made by another KMS key than {}, which is named beside it.",
                    show::key_name(key)
                ),
                "Somebody has put it there, or changed the name: AWS tells nobody which key made it. An earlier version, a backup or another way \
                 in may still open this. A check says where else that is so.",
                Some(Fix::Check),
            )
        },
        Problem::WrongKey => words(
            "AWS KMS gave back another key than the one that was wrapped.",
            "What is saved here is as it was written: the answer is wrong. Try again; if it stays, look at the address that the AWS profile \
             names for AWS.",
            Some(Fix::TryAgain),
        ),
        Problem::KmsUnexpected { what } => words(
            format!("AWS KMS answered with something that can't be right ({what})."),
            "Nothing of it was used. Try again; if it stays, look at the address that the AWS profile names for AWS.",
            Some(Fix::TryAgain),
        ),
        Problem::MaybeMade { reason } => words(
            format!("Whether AWS made the key is not known: its answer was lost ({reason})."),
            "Look at the list of keys before you try again: each key costs about a dollar a month.",
            None,
        ),
        Problem::KmsMadeElsewhere { key, account, region } => words(
            format!("AWS answered with the key {key}, and was asked for one of account {account} in {region}."),
            "It is not used: it got no alias, and nothing is wrapped under it. Look at the address that the AWS profile names for AWS, and at \
             the list of keys before you try again: each key costs about a dollar a month.",
            Some(Fix::Profiles),
        ),
        Problem::KmsExists { what } => words(format!("“{what}” exists already."), "Choose another name.", None),
        Problem::KmsLimit { what } => words(
            format!("AWS has a limit for this ({what})."),
            "Wait until what goes on there is done, or ask AWS for a higher limit.",
            None,
        ),
        Problem::KeyPolicy { why } => words(
            format!("AWS does not take this key policy ({why})."),
            "Nothing was made. Make the key in the AWS console, and paste its ARN here.",
            None,
        ),
        Problem::KmsUnsupported { key } => words(
            format!("AWS does not do this with a key like {}.", show::key_name(key)),
            "Only a symmetric key whose material AWS made is rotated.",
            None,
        ),
        _ => return None,
    })
}

fn denied(action: &str, key: &str, by: DeniedBy) -> Words {
    if action.starts_with("sts:AssumeRole") {
        return words(
            format!("AWS says this profile may not take the role {key} ({action})."),
            "The role's trust policy has to name whoever takes it, with its external ID and MFA device where it wants them, and their own \
             policy has to allow it.",
            Some(Fix::Profiles),
        );
    }
    if action.starts_with("sso:") {
        return words(
            format!("Identity Center says that {key} is not for you ({action})."),
            "Ask whoever runs it, or choose another account and role.",
            Some(Fix::Profiles),
        );
    }
    let happened = format!("AWS says this profile may not use the key ({action} on {}).", show::key_name(key));
    let owner = match account(key) {
        Some(account) => format!("the owner of the key, account {account},"),
        None => "the owner of the key".to_owned(),
    };
    let (to_do, adds) = match by {
        DeniedBy::IdentityPolicy => (
            "None of its own IAM policies allows it. Ask whoever runs the AWS account to add this statement to one.".to_owned(),
            true,
        ),
        DeniedBy::NotSaid => {
            ("Ask whoever runs the AWS account to add this statement to the profile's policy.".to_owned(), true)
        }
        DeniedBy::KeyPolicy => {
            (format!("The key policy does not allow it. Ask {owner} to add this statement to it."), true)
        }
        DeniedBy::IdentityDeny => (
            "One of its own IAM policies denies it, and no other statement helps against that. Ask whoever runs the AWS account to take \
             that one back."
                .to_owned(),
            false,
        ),
        DeniedBy::KeyDeny => (format!("The key policy denies it. Ask {owner} to take that statement back."), false),
        DeniedBy::Organisation => (
            "A policy of the AWS organisation (SCP or RCP) forbids it, and no statement in the account helps against that. Ask the \
             organisation's administrator."
                .to_owned(),
            false,
        ),
        DeniedBy::Boundary => (
            "The permissions boundary of the user or role leaves it out. Ask whoever runs the AWS account to widen it by this statement."
                .to_owned(),
            true,
        ),
        DeniedBy::Session => (
            "The session of these credentials was narrowed when it began. Sign in again without that, or with another role.".to_owned(),
            false,
        ),
        DeniedBy::Endpoint => (
            "The policy of the VPC endpoint that the request went through forbids it. Ask whoever runs the network.".to_owned(),
            false,
        ),
        DeniedBy::Hidden => (
            "It does not say whether there is such a key: it may be gone, in another region, or another account's and not shared with \
             this one. Ask whoever gave you the key."
                .to_owned(),
            false,
        ),
    };
    match adds.then(|| Fix::CopyStatement(missing_statement(action, key, by))) {
        Some(copy) => Words { also: Some(Fix::TryAgain), ..words(happened, to_do, Some(copy)) },
        None => words(happened, to_do, Some(Fix::TryAgain)),
    }
}

fn credentials(reason: &str) -> Words {
    let (happened, to_do) = match CredentialFault::of(reason) {
        CredentialFault::Ended => (
            "Your AWS session has ended.".to_owned(),
            "Sign in to AWS again and store the new credentials in the profile.",
        ),
        CredentialFault::Unknown => (
            "AWS does not know this access key, or not with this session token.".to_owned(),
            "It may have been deleted, or is of another kind of AWS (China, GovCloud). Make a new one in AWS IAM, and store it in the \
             profile.",
        ),
        CredentialFault::WrongSecret => (
            "The secret access key does not belong to the access key: AWS says the signature is wrong.".to_owned(),
            "Store both again in the profile. With an address of your own for AWS, see that it serves the key's region.",
        ),
        CredentialFault::Other => (
            format!("AWS refused this profile's credentials ({reason})."),
            "Check the access key in AWS IAM, and store it again in the profile.",
        ),
    };
    Words { also: Some(Fix::TryAgain), ..words(happened, to_do, Some(Fix::Profiles)) }
}

fn clock(ahead: Option<i64>) -> String {
    let off = |seconds: u64| match seconds {
        0..120 => show::count(seconds, "second"),
        120..7200 => show::count(seconds / 60, "minute"),
        7200..172_800 => show::count(seconds / 3600, "hour"),
        _ => show::count(seconds / 86_400, "day"),
    };
    match ahead {
        Some(ahead) if ahead > 0 => format!("This computer's clock is {} ahead of AWS's.", off(ahead.unsigned_abs())),
        Some(ahead) if ahead < 0 => format!("This computer's clock is {} behind AWS's.", off(ahead.unsigned_abs())),
        _ => "AWS says that this computer's clock is wrong.".to_owned(),
    }
}

/// When a key will be gone.
pub fn in_days(days: Option<u32>) -> String {
    match days {
        None => "soon".to_owned(),
        Some(0) => "within a day".to_owned(),
        Some(days) => format!("in {}", show::count(days.into(), "day")),
    }
}

/// What a key that was made has not.
pub fn missing(step: MakingStep) -> &'static str {
    match step {
        MakingStep::Alias => "The key is made and works, without its alias.",
        MakingStep::Rotation => "The key is made and works; its rotation is not turned on.",
    }
}

/// How a key stands, in a few words; nothing where that is not known.
pub fn state(state: Option<&KeyState>) -> Option<String> {
    Some(match state?.unfit {
        None => "enabled".to_owned(),
        Some(Unfit::Disabled) => "disabled".to_owned(),
        Some(Unfit::PendingDeletion) => format!("will be deleted {}", in_days(state?.days)),
        Some(Unfit::NotReady) => "not ready".to_owned(),
        Some(Unfit::NotSymmetric) => "not a symmetric key for encryption".to_owned(),
        Some(Unfit::OfAws) => "managed by AWS for its own services".to_owned(),
    })
}

/// That AWS does not use a key of the open vault as it stands, and what to do; nothing where it does.
pub fn unfit(arn: &str, key: &KeyState) -> Option<Words> {
    let state = state(Some(key))?;
    Some(match key.unfit? {
        Unfit::PendingDeletion => words(
            format!("This key {state}"),
            "AWS does not use it until the deletion is cancelled, and moving to another key needs it one last time. Cancel the deletion first, then \
             move.",
            Some(Fix::CopyCommand(cancel_command(arn))),
        ),
        Unfit::Disabled => words(
            "This key is disabled",
            "AWS does not use it until it is enabled. Your data is safe; moving to another key needs this one a last time.",
            Some(Fix::CopyCommand(enable_command(arn))),
        ),
        Unfit::NotReady | Unfit::NotSymmetric | Unfit::OfAws => {
            words(format!("This key is {state}"), "Nothing can be opened or saved with it as it is.", None)
        }
    })
}

/// What the button says that copies what [`unfit`] gives.
pub fn copies(key: &KeyState) -> &'static str {
    if key.unfit == Some(Unfit::PendingDeletion) { CANCELS } else { "Copy the command that enables it" }
}

/// What the button says that copies [`cancel_command`].
pub const CANCELS: &str = "Copy the command that cancels it";

/// A key in a list: state, region, account, rotation, as far as they are known.
pub fn choice(key: &KeyChoice) -> String {
    let mut parts = Vec::with_capacity(4);
    parts.extend(state(key.state.as_ref()));
    parts.push(key.arn.split(':').nth(3).unwrap_or_default().to_owned());
    parts.extend(account(&key.arn).map(|account| format!("account {account}")));
    parts.extend(key.rotates.map(|rotates| if rotates { "rotates yearly" } else { "rotation is off" }.to_owned()));
    parts.join(" · ")
}

/// How the material of a key is replaced.
pub fn rotation(rotation: &KeyRotation, zone: &TimeZone) -> String {
    let mut parts = vec![match (rotation.enabled, rotation.every_days) {
        (true, None | Some(365)) => "Rotates every year".to_owned(),
        (true, Some(days)) => format!("Rotates every {}", show::count(days.into(), "day")),
        (false, _) => "Rotation is off".to_owned(),
    }];
    parts.extend(rotation.next.map(|next| format!("next {}", show::day(next, zone))));
    if rotation.running {
        parts.push("one under way".to_owned());
    }
    match rotation.last {
        Some(last) => parts.push(format!("last {}", show::day(last, zone))),
        None if rotation.tells_past => parts.push("never rotated so far".to_owned()),
        // AWS does not say.
        None => {}
    }
    parts.join(" · ")
}

/// That a key of the open vault will be gone.
pub fn alarm(alarm: &KeyAlarm) -> Words {
    let key = show::kms_key(&alarm.arn);
    let after = match alarm.without {
        Without::Everything => "After that it opens nothing; the vault's other ways in still do.".to_owned(),
        Without::AllBut(owed) => format!(
            "After that it opens nothing, and the vault's other way in does not open everything yet: {}. Repair that now, under “Ways in”.",
            ways::owed(owed)
        ),
        Without::Unknown => {
            "After that it opens nothing, and it could not be told whether another way in opens everything: see “Ways in”.".to_owned()
        }
        Without::Nothing => {
            "It is the only way in that is complete: after that, nothing here can be opened, by nobody.".to_owned()
        }
    };
    words(
        format!("The {key} will be deleted {}.", in_days(alarm.days)),
        format!(
            "{after} Cancel the deletion first: until you do, AWS won't use this key, so that moving is not possible yet. Then move to \
             another key."
        ),
        Some(Fix::CopyCommand(cancel_command(&alarm.arn))),
    )
}

/// What takes a deletion back, to be pasted where the AWS command line is. A key whose deletion was cancelled is disabled.
pub fn cancel_command(key: &str) -> String {
    let at = place(key);
    format!("aws kms cancel-key-deletion{at} --key-id {key} && {}", enable_command(key))
}

fn describe_command(key: &str) -> String {
    format!("aws kms describe-key{} --key-id {key}", place(key))
}

fn enable_command(key: &str) -> String {
    format!("aws kms enable-key{} --key-id {key}", place(key))
}

fn place(key: &str) -> String {
    let region = key.split(':').nth(3).unwrap_or_default();
    if region.is_empty() { String::new() } else { format!(" --region {region}") }
}

fn region(key: &str) -> String {
    match key.split(':').nth(3) {
        Some(region) if !region.is_empty() => format!("in {region}"),
        _ => "in this region".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn said(problem: &Problem) -> Words {
        kms(problem).unwrap()
    }

    #[test]
    fn who_says_no_decides_whose_turn_it_is() {
        let said = |by| said(&Problem::KmsDenied { action: "kms:Decrypt".to_owned(), key: KEY.to_owned(), by });
        for (by, turn, copies) in [
            (DeniedBy::IdentityPolicy, "whoever runs the AWS account", true),
            (DeniedBy::NotSaid, "whoever runs the AWS account", true),
            (DeniedBy::IdentityDeny, "take that one back", false),
            (DeniedBy::KeyPolicy, "the owner of the key, account 1111-2222-3333,", true),
            (DeniedBy::KeyDeny, "the owner of the key, account 1111-2222-3333,", false),
            (DeniedBy::Organisation, "the organisation's administrator", false),
            (DeniedBy::Boundary, "permissions boundary", true),
            (DeniedBy::Session, "Sign in again", false),
            (DeniedBy::Endpoint, "whoever runs the network", false),
            (DeniedBy::Hidden, "whoever gave you the key", false),
        ] {
            let words = said(by);
            assert!(words.to_do.contains(turn), "{words:?}");
            assert_eq!(matches!(words.fix, Some(Fix::CopyStatement(_))), copies, "{by:?}");
            assert!(words.fix == Some(Fix::TryAgain) || words.also == Some(Fix::TryAgain), "{by:?}");
        }
    }

    #[test]
    fn credentials_are_told_apart() {
        let said = |reason: &str| said(&Problem::Credentials { reason: reason.to_owned() }).happened;
        assert_eq!(said("ExpiredTokenException"), "Your AWS session has ended.");
        assert!(said("UnrecognizedClientException").contains("does not know this access key"));
        assert!(said("InvalidSignatureException").contains("secret access key does not belong"));
        assert!(said("OptInRequired").contains("OptInRequired"));
    }

    #[test]
    fn a_wrong_clock_says_by_how_much() {
        let said = |ahead| said(&Problem::ClockSkew { ahead }).happened;
        assert_eq!(said(Some(90)), "This computer's clock is 90 seconds ahead of AWS's.");
        assert_eq!(said(Some(-400)), "This computer's clock is 6 minutes behind AWS's.");
        assert_eq!(said(Some(-86_400)), "This computer's clock is 24 hours behind AWS's.");
        assert_eq!(said(Some(864_000)), "This computer's clock is 10 days ahead of AWS's.");
        assert_eq!(said(None), "AWS says that this computer's clock is wrong.");
    }

    #[test]
    fn a_deletion_says_when_and_what_takes_it_back() {
        let words = said(&Problem::KmsPendingDeletion { key: KEY.to_owned(), days: Some(6) });
        assert!(words.happened.ends_with("will be deleted in 6 days."), "{words:?}");
        let Some(Fix::CopyCommand(command)) = words.fix else { panic!("no command") };
        let cancel = format!("aws kms cancel-key-deletion --region eu-west-1 --key-id {KEY}");
        assert_eq!(command, format!("{cancel} && aws kms enable-key --region eu-west-1 --key-id {KEY}"));
        assert_eq!(
            (in_days(Some(0)), in_days(Some(1)), in_days(None)),
            ("within a day".into(), "in 1 day".into(), "soon".into())
        );
    }
}
