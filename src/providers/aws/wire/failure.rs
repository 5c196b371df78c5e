//! What goes wrong between here and AWS, in words, and in the SDK's kinds: it tries again what may pass.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;
use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError};

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// What a person can do something about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error("no connection in time")]
    NoConnectionInTime,
    #[error("no answer in time")]
    NoAnswerInTime,
    #[error(
        "what answered speaks no TLS 1.3, as AWS does: a proxy or firewall that opens TLS may stand between, and has to let this address pass"
    )]
    OldTls,
    #[error(
        "what answered has a certificate {0}: a proxy or firewall that opens TLS may stand between, and this system has to trust it"
    )]
    Certificate(&'static str),
    #[error("what answered speaks no TLS: look at the address of the endpoint, or of the proxy")]
    NoTls,
    #[error("plain http goes to this machine only: use https://")]
    Plain,
    #[error("what answered sent more than any answer of AWS has")]
    TooLong,
    #[error(
        "this system has no certificate authorities: install ca-certificates, or name a file of them in SSL_CERT_FILE"
    )]
    NoAuthorities,
    #[error("the proxy wants another user or password: they are in the profile, or in HTTPS_PROXY")]
    ProxyDenied,
    #[error("the proxy does not let this address pass, or found nobody there")]
    ProxyRefused,
    #[error("the proxy is of a kind that is not spoken here: it has to be http://HOST:PORT or https://HOST:PORT")]
    ProxyKind,
    #[error("the proxy did not answer: {0}")]
    Proxy(String),
}

/// What a handshake ended with.
pub(super) fn of_tls(error: BoxError) -> BoxError {
    match find::<rustls::Error>(error.as_ref()).and_then(known) {
        Some(known) => known.into(),
        None => error,
    }
}

/// What a proxy ended with, before there was a way through it. `Tunnel`'s errors have no names, so their texts are read.
pub(super) fn of_proxy(error: BoxError) -> BoxError {
    let said = error.to_string();
    if said.contains("authorization required") {
        return WireError::ProxyDenied.into();
    }
    if said.contains("unsuccessful") {
        return WireError::ProxyRefused.into();
    }
    if find::<rustls::Error>(error.as_ref()).is_some() {
        return of_tls(error);
    }
    let last = causes(error.as_ref()).last().map_or(said, ToString::to_string);
    WireError::Proxy(last.chars().filter(|letter| !letter.is_control()).take(200).collect()).into()
}

fn known(error: &rustls::Error) -> Option<WireError> {
    use AlertDescription::{HandshakeFailure, InsufficientSecurity, ProtocolVersion};
    Some(match error {
        rustls::Error::AlertReceived(ProtocolVersion | HandshakeFailure | InsufficientSecurity)
        | rustls::Error::PeerIncompatible(_) => WireError::OldTls,
        rustls::Error::InvalidCertificate(error) => WireError::Certificate(match error {
            CertificateError::UnknownIssuer => "from nobody whom this system trusts",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "for another name",
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "that has run out, or this clock is wrong"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "that is not valid yet, or this clock is wrong"
            }
            _ => "that is not sound",
        }),
        rustls::Error::InvalidMessage(_) => WireError::NoTls,
        _ => return None,
    })
}

/// What the SDK makes of it: a refusal is told at once; what may pass is tried again.
pub(super) fn of_connector(error: BoxError) -> ConnectorError {
    let kind = kind(error.as_ref());
    kind(error)
}

fn kind(error: &(dyn Error + 'static)) -> fn(BoxError) -> ConnectorError {
    let refusal = |error| ConnectorError::other(error, None);
    let io = find::<io::Error>(error).is_some();
    if let Some(known) = find::<WireError>(error) {
        return match known {
            WireError::NoConnectionInTime | WireError::NoAnswerInTime => ConnectorError::timeout,
            WireError::Proxy(_) => ConnectorError::io,
            _ => refusal,
        };
    }
    match find::<hyper::Error>(error) {
        Some(hyper) if hyper.is_timeout() => ConnectorError::timeout,
        Some(hyper) if hyper.is_user() => ConnectorError::user,
        Some(hyper) if hyper.is_closed() || hyper.is_canceled() || io => ConnectorError::io,
        Some(hyper) if hyper.is_incomplete_message() => {
            |error| ConnectorError::other(error, Some(ErrorKind::TransientError))
        }
        None if io || find::<legacy::Error>(error).is_some_and(legacy::Error::is_connect) => ConnectorError::io,
        _ => refusal,
    }
}

/// The first `E` among the error and its causes.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The error, its cause, and so on. What an `io::Error` was made of is its cause here: its own `source` leaves that out.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}
