//! From what the SDK says went wrong to what went wrong.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>

use std::error::Error;
use std::io;

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ConnectorError, ProvideErrorMetadata, SdkError};

use crate::providers::ProviderError;
use crate::providers::aws::wire_error;

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
            answered(said.code(), said.message().unwrap_or_default(), status, action, key)
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
        Some("AccessDeniedException") => ProviderError::AccessDenied { action, key: name() },
        Some("DisabledException") => ProviderError::KeyDisabled { key: name() },
        // One exception for every state in which a key can't be used; only its text says which.
        Some("KMSInvalidStateException") if message.contains("pending deletion") => {
            ProviderError::KeyPendingDeletion { key: name() }
        }
        Some("KMSInvalidStateException") => {
            ProviderError::KeyNotUsable { key: name(), why: "its state does not allow it" }
        }
        Some("InvalidKeyUsageException") => {
            ProviderError::KeyNotUsable { key: name(), why: "it is not a symmetric key for encryption" }
        }
        Some("NotFoundException" | "InvalidArnException") => ProviderError::KeyNotFound { key: name() },
        Some("InvalidCiphertextException" | "IncorrectKeyException") => ProviderError::NotAuthentic,
        Some(code) if CREDENTIALS.contains(&code) => ProviderError::Credentials { reason: code.to_owned() },
        Some(code) if THROTTLED.contains(&code) => ProviderError::Throttled,
        Some(code) if ASLEEP.contains(&code) || status >= 500 => unreachable(code),
        Some(code) => ProviderError::Unexpected(code.to_owned()),
        None if status == 429 => ProviderError::Throttled,
        None if status >= 500 => unreachable(format!("HTTP status {status}")),
        None => ProviderError::Unexpected(format!("HTTP status {status}")),
    }
}

const CREDENTIALS: [&str; 16] = [
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "ExpiredTokenException",
    "ExpiredToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "AuthFailure",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
];

const THROTTLED: [&str; 7] = [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottledException",
    "LimitExceededException",
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
        let denied = ProviderError::AccessDenied { action: "kms:Decrypt", key: key.to_owned() };
        assert_eq!(said(Some("AccessDeniedException"), "", 400), denied);
        let pending = ProviderError::KeyPendingDeletion { key: key.to_owned() };
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
        assert_eq!(said(Some("IncorrectKeyException"), "", 400), ProviderError::NotAuthentic);
        assert_eq!(said(None, "", 503), unreachable("HTTP status 503"));
        assert_eq!(said(None, "", 429), ProviderError::Throttled);
        assert_eq!(said(Some("Other"), "", 400), ProviderError::Unexpected("Other".to_owned()));
    }
}
