//! Who says no, and what is wrong with credentials: told in types, so that a message can say whose turn it is.

use crate::providers::shown::shown;

/// Who did not let AWS do what was asked.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeniedBy {
    /// None of the policies of the user or role allows it.
    IdentityPolicy,
    /// One of the policies of the user or role denies it.
    IdentityDeny,
    /// The key policy does not allow it.
    KeyPolicy,
    /// The key policy denies it.
    KeyDeny,
    /// A policy of the organisation, for services or for resources, denies it or does not allow it.
    Organisation,
    /// The permissions boundary of the user or role.
    Boundary,
    /// The policy of the session that somebody assumed the role with.
    Session,
    /// The policy of the VPC endpoint that the request went through.
    Endpoint,
    /// AWS hides whether there is such a key: it is another account's and not shared, or it is not there.
    Hidden,
    /// AWS does not say.
    NotSaid,
}

impl DeniedBy {
    /// Reads AWS's own words. They end in what kind of policy it was; what stands before is names that somebody gave.
    pub(in crate::providers) fn read(message: &str) -> Self {
        if message.contains("you are not allowed to access") {
            return Self::Hidden;
        }
        let because = message.rsplit_once(" because no ").map(|(_, after)| (false, after));
        let Some((denies, what)) =
            because.or(message.rsplit_once(" with an explicit deny in ").map(|(_, after)| (true, after)))
        else {
            return Self::NotSaid;
        };
        let what = what.strip_prefix("a ").or(what.strip_prefix("an ")).unwrap_or(what);
        let kinds = [
            ("identity-based policy", if denies { Self::IdentityDeny } else { Self::IdentityPolicy }),
            ("resource-based policy", if denies { Self::KeyDeny } else { Self::KeyPolicy }),
            ("service control policy", Self::Organisation),
            ("resource control policy", Self::Organisation),
            ("permissions boundary", Self::Boundary),
            ("session policy", Self::Session),
            ("VPC endpoint policy", Self::Endpoint),
        ];
        kinds.iter().find(|(kind, _)| what.starts_with(kind)).map_or(Self::NotSaid, |(_, by)| *by)
    }
}

/// What is wrong with credentials, from AWS's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// The session that they were for has ended.
    Ended,
    /// AWS knows no such access key, or no such session token with it.
    Unknown,
    /// The secret access key is not the one of the access key: the signature is wrong.
    WrongSecret,
    /// Something else.
    Other,
}

impl CredentialFault {
    /// What AWS's name for it means, as [`ProviderError::Credentials`](super::ProviderError::Credentials) has it.
    pub fn of(reason: &str) -> Self {
        match reason {
            "ExpiredTokenException" | "ExpiredToken" => Self::Ended,
            "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => Self::Unknown,
            "InvalidSignatureException" | "SignatureDoesNotMatch" => Self::WrongSecret,
            _ => Self::Other,
        }
    }
}

/// What AWS said in its own words, made fit to be shown.
pub(super) fn said(message: &str) -> String {
    shown(message.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_no_is_read_from_aws_own_words() {
        let who = "User: arn:aws:iam::111122223333:user/anna is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-central-1:1:key/k";
        for (words, by) in [
            (" because no identity-based policy allows the kms:Decrypt action", DeniedBy::IdentityPolicy),
            (" because no resource-based policy allows the kms:Decrypt action", DeniedBy::KeyPolicy),
            (" because no service control policy allows the kms:Decrypt action", DeniedBy::Organisation),
            (" because no permissions boundary allows the kms:Decrypt action", DeniedBy::Boundary),
            (" because no session policy allows the kms:Decrypt action", DeniedBy::Session),
            (" because no VPC endpoint policy allows the kms:Decrypt action", DeniedBy::Endpoint),
            (" with an explicit deny in a service control policy", DeniedBy::Organisation),
            (
                " with an explicit deny in a service control policy: arn:aws:organizations::1:policy/x",
                DeniedBy::Organisation,
            ),
            (" with an explicit deny in a resource control policy", DeniedBy::Organisation),
            (" with an explicit deny in an identity-based policy", DeniedBy::IdentityDeny),
            (" with an explicit deny in a resource-based policy", DeniedBy::KeyDeny),
            (" with an explicit deny in a permissions boundary", DeniedBy::Boundary),
            (" with an explicit deny in a session policy", DeniedBy::Session),
            (" with an explicit deny in a VPC endpoint policy", DeniedBy::Endpoint),
            ("", DeniedBy::NotSaid),
            (" because of the moon", DeniedBy::NotSaid),
        ] {
            assert_eq!(DeniedBy::read(&format!("{who}{words}")), by, "{words}");
        }
        let hidden = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";
        assert_eq!(DeniedBy::read(hidden), DeniedBy::Hidden);
    }
}
