//! What a key provider refuses in words, and whose turn it is: a passphrase, and above all AWS KMS.

use jiff::Timestamp;
use sealkeep::providers::kms::missing_statement;
use sealkeep::providers::{CredentialFault, DeniedBy, ProviderError};
use serde_json::Value;

use super::{Worded, sentence};
use crate::text;

pub(super) fn word_provider(error: &ProviderError, code: u8) -> Worded {
    let (error, hint) = match error {
        ProviderError::WrongPassphrase => ("Wrong passphrase.".to_owned(), "Try again.".to_owned()),
        ProviderError::MistypedCode => (
            "A character of the recovery code is not the one that stands on the sheet.".to_owned(),
            "Compare it with the sheet, group by group, and type it again.".to_owned(),
        ),
        ProviderError::AccessDenied { action, key, .. } if action.starts_with("sts:AssumeRole") => (
            format!("AWS says this profile may not take the role {key} ({action})."),
            "The role's trust policy has to name whoever takes it, with its external id and MFA device where it wants them, and their own policy \
             has to allow it."
                .to_owned(),
        ),
        ProviderError::AccessDenied { action, key, .. } if action.starts_with("sso:") => (
            format!("Identity Center says that {key} is not for you ({action})."),
            "Ask whoever runs it, or choose another account and role: sealkeep-cli profile add.".to_owned(),
        ),
        ProviderError::AccessDenied { action, key, by } => (
            format!("AWS says this profile may not use the key ({action} on {key})."),
            format!("{} Or use another profile with --profile.", whose_turn(action, key, *by)),
        ),
        ProviderError::KeyDisabled { key } => (
            format!("The KMS key {key} is disabled."),
            format!("Your data is safe, but can't be opened until the key is enabled: {}", enable_command(key)),
        ),
        ProviderError::KeyPendingDeletion { key, deletion } => (
            format!("The KMS key {key} will be deleted{}.", when_deleted(*deletion)),
            format!(
                "Cancel its deletion and enable it: {}. AWS does nothing with it until then. After it is deleted, nothing that only it opens \
                 can be opened, by nobody. Once it works again, move the vault to another key: sealkeep-cli rewrap --kms ARN.",
                cancel_command(key)
            ),
        ),
        ProviderError::KeyNotFound { key } => (
            format!("There is no KMS key {key}{}.", region(key)),
            "Check the ARN, its region and its account. One that was deleted is gone for good.".to_owned(),
        ),
        ProviderError::ForeignKey { key } => (
            format!("This is wrapped under {key}, which is not trusted here; AWS was not asked."),
            format!("If you know that key, name it: --key {key}"),
        ),
        ProviderError::Credentials { reason } => credentials(reason),
        ProviderError::ClockSkew { ahead } => (
            clock(*ahead),
            "Set this machine's clock (timedatectl set-ntp true): AWS takes no request that is more than 5 minutes off."
                .to_owned(),
        ),
        ProviderError::Throttled => {
            ("AWS KMS is limiting requests just now.".to_owned(), "Wait a moment, then try again.".to_owned())
        }
        ProviderError::Unreachable { reason } => {
            (format!("AWS KMS did not answer ({reason})."), "Check the network, then try again.".to_owned())
        }
        ProviderError::NotAuthentic => (
            "The wrapped key is damaged: its bytes were changed, or it is bound to something else.".to_owned(),
            "No key opens it as it is. Use another copy: a backup, or an earlier revision (sealkeep-cli history).".to_owned(),
        ),
        ProviderError::OtherKey { key } => (
            format!("This wrapped key was made by another KMS key than {key}, which is named beside it."),
            "Somebody has put it there, or changed the name: AWS tells nobody which key made it. See which keys the vault has, and open it \
             with another of its slots: sealkeep-cli status. Or use another copy."
                .to_owned(),
        ),
        ProviderError::WrongKey => (
            "AWS KMS gave back another key than the one that was wrapped.".to_owned(),
            "What is saved is as it was written: the answer is wrong. Try again. If it stays, look at the endpoint that the profile names: \
             sealkeep-cli profile test."
                .to_owned(),
        ),
        ProviderError::MaybeMade { reason } => (
            format!("Whether AWS made the key is not known: its answer was lost ({reason})."),
            "Look before you try again, because each key costs: sealkeep-cli key ls.".to_owned(),
        ),
        ProviderError::MadeElsewhere { key, account, region } => (
            format!("AWS answered with the key {key}, and was asked for one of account {account} in {region}."),
            "It is not used: it got no alias, and nothing is wrapped under it. Look at the endpoint that the profile names, and at the keys \
             that there are before you try again, because each costs: sealkeep-cli key ls."
                .to_owned(),
        ),
        ProviderError::Exists { what } => {
            (format!("“{what}” exists already."), "Choose another name. Nothing was made.".to_owned())
        }
        ProviderError::Limit { what } => (
            format!("AWS has a limit for this ({what})."),
            "Wait until what goes on there is done, or ask AWS for a higher limit.".to_owned(),
        ),
        other => (sentence(&other.to_string()), hint_of_provider(other).to_owned()),
    };
    Worded::new(error, hint, code)
}

fn hint_of_provider(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::KeyNotUsable { .. } => {
            "A vault's key has to be enabled in AWS KMS. A new one has to be symmetric and for encryption, as AWS makes it by default."
        }
        ProviderError::WrongCode => "Wait for the device's next code, then try again: each is taken once.",
        ProviderError::SignedOut { .. } => "Run the command again: it asks for what it needs.",
        ProviderError::SignInFailed { .. } => {
            "See how the profile is made: sealkeep-cli profile ls. Then try again: sealkeep-cli profile test NAME."
        }
        ProviderError::RecoveryLocked => "Give the recovery passphrase or code: --passphrase-file.",
        ProviderError::Malformed(_) => "It can't be trusted. Use another copy.",
        ProviderError::Unexpected(_) => {
            "Try again. If it stays, look at the endpoint that the profile names: sealkeep-cli profile test."
        }
        ProviderError::KeyPolicy { .. } => "Nothing was made. Make the key in the AWS console, and name its ARN.",
        ProviderError::Unsupported { .. } => "Only a symmetric key whose material AWS made is rotated.",
        _ => "",
    }
}

/// Why the KMS keys of a profile can't be listed, which opening a vault does not need: one line.
pub fn unlisted(error: &ProviderError) -> String {
    match error {
        ProviderError::AccessDenied { action, key, by } => format!(
            "can't be listed ({action}), which opening a vault does not need. {}",
            whose_turn(action, key, *by).replace(" on it,", ",")
        ),
        other => format!("could not be listed. {}", word_provider(other, 0).error),
    }
}

/// The IAM statement that a denied call lacks, where adding one helps.
pub fn statement(error: &ProviderError) -> Option<String> {
    use DeniedBy::{Boundary, IdentityPolicy, KeyPolicy, NotSaid};
    match error {
        ProviderError::AccessDenied { action, key, by: by @ (IdentityPolicy | KeyPolicy | NotSaid | Boundary) } => {
            Some(missing_statement(action, key, *by))
        }
        _ => None,
    }
}

/// What helps against a denial, and who can do it.
fn whose_turn(action: &str, key: &str, by: DeniedBy) -> String {
    let statement = || one_line(&missing_statement(action, key, by));
    let account = key.split(':').nth(4).filter(|account| !account.is_empty());
    let owner = account
        .map_or("the owner of the key".to_owned(), |account| format!("the owner of the key, account {account},"));
    match by {
        DeniedBy::IdentityPolicy => format!(
            "None of its own IAM policies allows it. Ask whoever runs the account to add this statement to one: {}.",
            statement()
        ),
        DeniedBy::NotSaid => {
            format!("Ask whoever runs the account to allow {action} on it, with this statement: {}.", statement())
        }
        DeniedBy::IdentityDeny => {
            "One of its own IAM policies denies it. Ask whoever runs the account to take that statement back.".to_owned()
        }
        DeniedBy::KeyPolicy => {
            format!("The key policy does not allow it. Ask {owner} to add this statement to it: {}.", statement())
        }
        DeniedBy::KeyDeny => format!("The key policy denies it. Ask {owner} to take that statement back."),
        DeniedBy::Organisation => {
            "A policy of the AWS organisation (SCP or RCP) forbids it. Ask the organisation's administrator.".to_owned()
        }
        DeniedBy::Boundary => format!(
            "The permissions boundary of the user or role leaves it out. Ask whoever runs the account to widen it by: {}.",
            statement()
        ),
        DeniedBy::Session => {
            "The session of these credentials was narrowed when it began. Sign in again without that.".to_owned()
        }
        DeniedBy::Endpoint => {
            "The policy of the VPC endpoint that the request went through forbids it. Ask whoever runs the network."
                .to_owned()
        }
        DeniedBy::Hidden => {
            "AWS does not say whether there is such a key: it may be gone, in another region, or another account's and not shared. Ask \
             whoever gave you the key."
                .to_owned()
        }
    }
}

fn credentials(reason: &str) -> (String, String) {
    let again = "Add the profile again with new ones: sealkeep-cli profile add.";
    match CredentialFault::of(reason) {
        CredentialFault::Ended => (
            format!("AWS refused the credentials: their session has ended ({reason})."),
            format!("Sign in to AWS again. {again}"),
        ),
        CredentialFault::Unknown => (
            format!(
                "AWS refused the credentials: it does not know this access key, or not with this session token ({reason})."
            ),
            format!("They may have been withdrawn, or are of another kind of AWS (China, GovCloud). {again}"),
        ),
        CredentialFault::WrongSecret => (
            format!("AWS refused the credentials: the secret access key does not belong to the access key ({reason})."),
            format!("{again} With an --endpoint-url, see that it serves the key's region."),
        ),
        CredentialFault::Other => (
            format!("AWS refused the credentials ({reason})."),
            format!("They may have ended or been withdrawn. {again}"),
        ),
    }
}

fn clock(ahead: Option<i64>) -> String {
    let off = |seconds: u64| match seconds {
        0..120 => text::count(seconds, "second"),
        120..7200 => text::count(seconds / 60, "minute"),
        7200..172_800 => text::count(seconds / 3600, "hour"),
        _ => text::count(seconds / 86_400, "day"),
    };
    match ahead {
        Some(ahead) if ahead > 0 => format!("This machine's clock is {} ahead of AWS's.", off(ahead.unsigned_abs())),
        Some(ahead) if ahead < 0 => format!("This machine's clock is {} behind AWS's.", off(ahead.unsigned_abs())),
        _ => "AWS says that this machine's clock is wrong.".to_owned(),
    }
}

/// In how many days a key is gone, and on which; nothing where that is not known.
pub fn when_deleted(deletion: Option<Timestamp>) -> String {
    let Some(deletion) = deletion else { return String::new() };
    let days = u64::try_from(deletion.duration_since(Timestamp::now()).as_hours().max(0) / 24).unwrap_or_default();
    let date = deletion.strftime("%Y-%m-%d");
    match days {
        0 => format!(" within a day, on {date}"),
        days => format!(" in {}, on {date}", text::count(days, "day")),
    }
}

/// What takes a deletion back. A key whose deletion was cancelled is disabled.
pub fn cancel_command(key: &str) -> String {
    format!("aws kms cancel-key-deletion{} --key-id {key} && {}", at(key), enable_command(key))
}

fn enable_command(key: &str) -> String {
    format!("aws kms enable-key{} --key-id {key}", at(key))
}

fn at(key: &str) -> String {
    let region = key.split(':').nth(3).filter(|region| !region.is_empty());
    region.map_or(String::new(), |region| format!(" --region {region}"))
}

fn region(key: &str) -> String {
    let region = key.split(':').nth(3).filter(|region| !region.is_empty());
    region.map_or(String::new(), |region| format!(" in {region}"))
}

/// JSON without its line breaks: a hint is a line.
fn one_line(json: &str) -> String {
    serde_json::from_str::<Value>(json).map_or_else(|_| json.to_owned(), |value| value.to_string())
}
