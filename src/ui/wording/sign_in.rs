//! What problems with signing in to AWS sound like.

use super::{Fix, Words, words};
use crate::worker::SignInProblem;

/// A problem with a profile's credentials in words.
pub fn of(problem: &SignInProblem) -> Words {
    match problem {
        SignInProblem::Ended { profile } => words(
            format!("Your AWS session of “{profile}” has ended."),
            "Sign in again, then try once more.",
            Some(Fix::SignIn(profile.clone())),
        ),
        SignInProblem::Failed { profile, reason } => words(
            format!("There are no credentials for the AWS profile “{profile}”: {reason}."),
            "See how the profile is made.",
            Some(Fix::Profiles),
        ),
        SignInProblem::WrongCode => words(
            "AWS does not take this MFA code.",
            "Wait for the device's next code: each is good once.",
            Some(Fix::TryAgain),
        ),
        SignInProblem::Chain { profiles } => words(
            format!("These profiles take their credentials from each other: {}.", profiles.join(" → ")),
            "Give one of them credentials of its own.",
            Some(Fix::Profiles),
        ),
        SignInProblem::NotProtectable { profile, why } => {
            words(format!("The AWS profile “{profile}” can't be protected: {why}."), "Nothing was changed.", None)
        }
        SignInProblem::ProtectionGone { profile } => words(
            format!("The AWS profile “{profile}” was protected, and what the keyring has of it now is not."),
            "Nothing was asked of AWS. Another program has put it there: add the profile again with credentials that you know.",
            Some(Fix::Profiles),
        ),
        SignInProblem::NoSeat { .. } => {
            words("No account and role are chosen.", "Sign in, then choose one from the list.", None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_happened_and_most_have_a_way_out() {
        let profile = || "work".to_owned();
        for problem in [
            SignInProblem::Ended { profile: profile() },
            SignInProblem::Failed { profile: profile(), reason: "it was refused in the browser".to_owned() },
            SignInProblem::WrongCode,
            SignInProblem::Chain { profiles: vec![profile(), profile()] },
            SignInProblem::NotProtectable { profile: profile(), why: "it has no secret of its own".to_owned() },
            SignInProblem::ProtectionGone { profile: profile() },
            SignInProblem::NoSeat { profile: profile() },
        ] {
            let said = of(&problem);
            assert!(said.happened.ends_with('.') && said.to_do.ends_with('.'), "{said:?}");
        }
    }
}
