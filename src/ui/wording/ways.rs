//! The vault's ways in, in people's words.

use super::salvage::SALVAGING;
use super::{Words, of, words};
use crate::ui::show;
use crate::vault::PassedOver;
use crate::worker::{Problem, RecoveryHint, SlotKind, Standing};

/// What a way in is called.
pub fn name(kind: &SlotKind) -> &'static str {
    match kind {
        SlotKind::Passphrase => "Passphrase",
        SlotKind::Kms { .. } => "AWS KMS key",
        SlotKind::RecoveryPassphrase => "Recovery passphrase",
        SlotKind::Sheet => "Emergency sheet",
    }
}

/// The same, so that two KMS keys are told apart.
pub fn full_name(kind: &SlotKind) -> String {
    match kind {
        SlotKind::Kms { arn } => format!("AWS KMS {}", show::key_name(arn)),
        kind => name(kind).to_owned(),
    }
}

/// Region, account and the end of the key's id, as far as the ARN has them.
pub fn kms(arn: &str) -> String {
    let part = |at: usize| arn.split(':').nth(at).unwrap_or_default();
    let grouped = account(arn).unwrap_or_else(|| part(4).to_owned());
    format!("{} · account {grouped} · {}", part(3), show::key_name(arn))
}

/// Whose a key is, in groups of four, as the AWS console has it; `None` where the ARN has no account.
pub fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    is_account(account).then(|| grouped(account))
}

/// An account's number in groups of four; anything else as it is.
pub fn grouped(account: &str) -> String {
    match is_account(account) {
        true => format!("{}-{}-{}", &account[..4], &account[4..8], &account[8..]),
        false => account.to_owned(),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many keys are owed.
pub fn owed(count: u64) -> String {
    match count {
        1 => "1 key is not wrapped for it yet".to_owned(),
        count => format!("{} keys are not wrapped for it yet", show::grouped(count)),
    }
}

/// What could not be wrapped, because it is damaged, and what to do; `None` where that is nothing.
pub fn passed_over(passed_over: PassedOver) -> Option<String> {
    let PassedOver { revisions, pages } = passed_over;
    let versions = show::count(revisions, "version");
    let listed = format!("what stands on {} of the vault's list", show::count(pages, "page"));
    let what = match (revisions, pages) {
        (0, 0) => return None,
        (_, 0) => versions,
        (0, _) => listed,
        (..) => format!("{versions}, and {listed},"),
    };
    let to_do = match pages {
        0 => "“Check this vault” names what is damaged.".to_owned(),
        _ => format!(
            "A way in that is being added opens nothing for now: restore the vault from a backup, or {SALVAGING}."
        ),
    };
    Some(format!("Not all keys are wrapped: those of {what} can't be, because of damage. {to_do}"))
}

/// The sign in the status bar: what it says, and what pressing it does; nothing while all is well.
pub fn standing(standing: &Standing) -> Option<(String, &'static str)> {
    Some(match (standing.adding, standing.owed, standing.hint) {
        (true, ..) => ("A way in is not finished".to_owned(), "Continue"),
        (_, 0, None) => return None,
        (_, 0, Some(RecoveryHint::None)) => ("No recovery yet".to_owned(), "Add one"),
        (_, 0, Some(RecoveryHint::NeverTried)) => ("Recovery never tried".to_owned(), "Try it"),
        (_, 0, Some(RecoveryHint::TriedLongAgo)) => ("Recovery not tried for a year".to_owned(), "Try it"),
        (_, owed, _) => (format!("{} owed", show::count(owed, "key")), "Repair"),
    })
}

/// A problem, for somebody who typed a recovery passphrase or a code.
pub fn typed(problem: &Problem) -> Words {
    match problem {
        Problem::WrongPassphrase => words(
            "That opens nothing here.",
            "Hold it against what you have on paper. In a code, O counts as 0, and I and L as 1.",
            None,
        ),
        problem => of(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_is_said_and_nothing_where_all_is_well() {
        assert_eq!(standing(&Standing::default()), None);
        let hint = Some(RecoveryHint::NeverTried);
        let said = |standing_: Standing| standing(&standing_).map(|(words, _)| words);
        assert_eq!(said(Standing { hint, ..Standing::default() }).as_deref(), Some("Recovery never tried"));
        assert_eq!(said(Standing { owed: 2, hint, ..Standing::default() }).as_deref(), Some("2 keys owed"));
        assert_eq!(said(Standing { owed: 2, adding: true, hint }).as_deref(), Some("A way in is not finished"));
    }

    #[test]
    fn what_was_passed_over_is_said_and_nothing_where_nothing_was() {
        let said = |revisions, pages| passed_over(PassedOver { revisions, pages });
        assert_eq!(said(0, 0), None);
        let one = said(1, 0).unwrap();
        assert!(
            one.starts_with("Not all keys are wrapped: those of 1 version can't be, because of damage. “Check"),
            "{one}"
        );
        let both = said(2, 1).unwrap();
        assert!(both.contains("2 versions, and what stands on 1 page of the vault's list, can't be"), "{both}");
        assert!(said(0, 1).unwrap().contains("opens nothing for now"));
    }

    #[test]
    fn an_arn_is_said_in_parts() {
        let said = kms("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        assert_eq!(said, "eu-west-1 · account 1111-2222-3333 · key …1234567890ab");
        assert_eq!(kms("x"), " · account  · x");
    }
}
