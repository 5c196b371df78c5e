//! From what the SDK says went wrong to what went wrong.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>

use std::error::Error;
use std::io;
use std::time::SystemTime;

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ConnectorError, ProvideErrorMetadata, SdkError};

use aws_sdk_kms::primitives::{DateTime, DateTimeFormat};

use crate::providers::aws::wire_error;
use crate::providers::refusal::said as fit;
use crate::providers::{DeniedBy, ProviderError};

/// Why `action` on `key` failed.
pub(in crate::providers) fn explain<E>(
    error: &SdkError<E, HttpResponse>,
    action: &'static str,
    key: &str,
) -> ProviderError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    // Credentials that are fetched on the way have failures of their own, which the SDK hands on as they are.
    if let Some(error) = own(error) {
        return error;
    }
    match error {
        SdkError::TimeoutError(_) => unreachable("no answer in time"),
        SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or_else(|| chain(error), dispatch),
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let said = service.err().meta();
            let message = said.message().unwrap_or_default();
            if said.code().is_some_and(|code| is_about_the_clock(code, message)) {
                return ProviderError::ClockSkew { ahead: ahead(service.raw()) };
            }
            answered(said.code(), message, status, action, key)
        }
        SdkError::ResponseError(answer) if answer.raw().status().is_server_error() => {
            unreachable(format!("HTTP status {}", answer.raw().status().as_u16()))
        }
        // It began and did not end: an answer that is there and can't be parsed is a service error to the SDK.
        SdkError::ResponseError(_) => first_known(error).unwrap_or_else(|| unreachable("the answer broke off")),
        _ => ProviderError::Unexpected(innermost(error)),
    }
}

/// What an error that AWS named means.
fn answered(code: Option<&str>, message: &str, status: u16, action: &'static str, key: &str) -> ProviderError {
    let name = || key.to_owned();
    match code {
        Some("AccessDeniedException") => {
            ProviderError::AccessDenied { action, key: name(), by: DeniedBy::read(message) }
        }
        Some("DisabledException") => ProviderError::KeyDisabled { key: name() },
        // One exception for every state in which a key can't be used; only its text says which.
        Some("KMSInvalidStateException") if message.contains("pending deletion") => {
            ProviderError::KeyPendingDeletion { key: name(), deletion: None }
        }
        Some("KMSInvalidStateException") => {
            ProviderError::KeyNotUsable { key: name(), why: "its state does not allow it" }
        }
        Some("InvalidKeyUsageException") => {
            ProviderError::KeyNotUsable { key: name(), why: "it is not a symmetric key for encryption" }
        }
        Some("NotFoundException" | "InvalidArnException") => ProviderError::KeyNotFound { key: name() },
        Some("InvalidCiphertextException") => ProviderError::NotAuthentic,
        Some("IncorrectKeyException") => ProviderError::OtherKey { key: name() },
        Some("AlreadyExistsException") => ProviderError::Exists { what: name() },
        Some("LimitExceededException") => ProviderError::Limit { what: fit(message) },
        Some("ConflictException") => ProviderError::Limit { what: fit(message) },
        Some("MalformedPolicyDocumentException") => ProviderError::KeyPolicy { why: fit(message) },
        Some("UnsupportedOperationException") => ProviderError::Unsupported { key: name() },
        Some("InvalidAliasNameException") => ProviderError::Config(format!("{key} is not a name that AWS takes")),
        Some(code) if CREDENTIALS.contains(&code) => ProviderError::Credentials { reason: code.to_owned() },
        Some(code) if THROTTLED.contains(&code) => ProviderError::Throttled,
        Some(code) if ASLEEP.contains(&code) || status >= 500 => unreachable(code),
        Some(code) => ProviderError::Unexpected(code.to_owned()),
        None if status == 429 => ProviderError::Throttled,
        None if status >= 500 => unreachable(format!("HTTP status {status}")),
        None => ProviderError::Unexpected(format!("HTTP status {status}")),
    }
}

/// Whether AWS means the time that stands in the request. For a wrong signature it has the same name, in other words.
pub(super) fn is_about_the_clock(code: &str, message: &str) -> bool {
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => true,
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
        }
        _ => false,
    }
}

/// How many seconds this computer's clock is ahead of what the answer says of the time.
fn ahead(answer: &HttpResponse) -> Option<i64> {
    let theirs = DateTime::from_str(answer.headers().get("date")?, DateTimeFormat::HttpDate).ok()?;
    Some(DateTime::from(SystemTime::now()).secs().saturating_sub(theirs.secs()))
}

const CREDENTIALS: [&str; 14] = [
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "ExpiredTokenException",
    "ExpiredToken",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "AuthFailure",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
];

const THROTTLED: [&str; 6] = [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottledException",
];

/// AWS answers, but can't do it just now.
const ASLEEP: [&str; 6] = [
    "KMSInternalException",
    "KeyUnavailableException",
    "DependencyTimeoutException",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
];

fn dispatch(error: &ConnectorError) -> ProviderError {
    if error.is_timeout() { unreachable("no connection in time") } else { chain(error) }
}

/// The first cause that says something a person knows, else the last one's own words.
fn chain(error: &(dyn Error + 'static)) -> ProviderError {
    first_known(error).unwrap_or_else(|| unreachable(innermost(error)))
}

/// What a credentials provider of ours said.
fn own(error: &(dyn Error + 'static)) -> Option<ProviderError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(own) = error.downcast_ref::<ProviderError>() {
            return Some(own.clone());
        }
        cause = error.source();
    }
    None
}

fn first_known(error: &(dyn Error + 'static)) -> Option<ProviderError> {
    // What the wire knows of its own failures is said in its own words.
    if let Some(known) = wire_error(error) {
        return Some(unreachable(known.to_string()));
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(reason) = error.downcast_ref::<io::Error>().and_then(|error| known(error.kind())) {
            return Some(unreachable(reason));
        }
        cause = error.source();
    }
    None
}

fn known(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some("the connection broke")
        }
        io::ErrorKind::UnexpectedEof => Some("the connection was closed"),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Some("no way to the network"),
        io::ErrorKind::TimedOut => Some("no connection in time"),
        _ => None,
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string().chars().filter(|letter| !letter.is_control()).take(200).collect()
}

fn unreachable(reason: impl Into<String>) -> ProviderError {
    ProviderError::Unreachable { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_aws_has_for_a_failure_is_told_apart() {
        let key = "arn:k";
        let said = |code, message, status| answered(code, message, status, "kms:Decrypt", key);
        let denied = |by| ProviderError::AccessDenied { action: "kms:Decrypt", key: key.to_owned(), by };
        assert_eq!(said(Some("AccessDeniedException"), "", 400), denied(DeniedBy::NotSaid));
        let words = "User: u is not authorized … because no resource-based policy allows the kms:Decrypt action";
        assert_eq!(said(Some("AccessDeniedException"), words, 400), denied(DeniedBy::KeyPolicy));
        let pending = ProviderError::KeyPendingDeletion { key: key.to_owned(), deletion: None };
        assert_eq!(said(Some("KMSInvalidStateException"), "arn:k is pending deletion.", 400), pending);
        let creating = said(Some("KMSInvalidStateException"), "arn:k is pending import.", 400);
        assert!(matches!(creating, ProviderError::KeyNotUsable { .. }));
        for code in CREDENTIALS {
            assert_eq!(said(Some(code), "", 400), ProviderError::Credentials { reason: code.to_owned() });
        }
        for code in THROTTLED {
            assert_eq!(said(Some(code), "", 400), ProviderError::Throttled);
        }
        for code in ASLEEP {
            assert_eq!(said(Some(code), "", 400), unreachable(code));
        }
        assert_eq!(said(Some("IncorrectKeyException"), "", 400), ProviderError::OtherKey { key: key.to_owned() });
        assert_eq!(said(Some("InvalidCiphertextException"), "", 400), ProviderError::NotAuthentic);
        assert_eq!(
            said(Some("LimitExceededException"), "25 is enough\u{1b}", 400),
            ProviderError::Limit { what: "25 is enough\\x1b".to_owned() },
            "a quota does not pass by waiting"
        );
        assert_eq!(said(Some("AlreadyExistsException"), "", 400), ProviderError::Exists { what: key.to_owned() });
        let policy = ProviderError::KeyPolicy { why: "invalid principals".to_owned() };
        assert_eq!(said(Some("MalformedPolicyDocumentException"), "invalid principals", 400), policy);
        let unsupported = ProviderError::Unsupported { key: key.to_owned() };
        assert_eq!(said(Some("UnsupportedOperationException"), "", 400), unsupported);
        assert_eq!(said(None, "", 503), unreachable("HTTP status 503"));
        assert_eq!(said(None, "", 429), ProviderError::Throttled);
        assert_eq!(said(Some("Other"), "", 400), ProviderError::Unexpected("Other".to_owned()));
    }

    #[test]
    fn a_wrong_clock_is_told_from_a_wrong_signature() {
        let late =
            "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z (20260101T001000Z - 5 min.)";
        let early = "Signature not yet current: 20260101T010000Z is still later than 20260101T000500Z";
        for (code, message, is_clock) in [
            ("InvalidSignatureException", late, true),
            ("InvalidSignatureException", early, true),
            ("SignatureDoesNotMatch", late, true),
            ("RequestTimeTooSkewed", "", true),
            ("RequestExpired", "", true),
            ("InvalidSignatureException", "The request signature we calculated does not match", false),
            ("AccessDeniedException", late, false),
        ] {
            assert_eq!(is_about_the_clock(code, message), is_clock, "{code} {message}");
        }
    }
}
