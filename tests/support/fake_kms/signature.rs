//! Who calls: AWS Signature Version 4, checked as AWS checks it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::FakeKms;
use super::answer::{Refusal, refuse};
use super::http::Request;
use super::state::State;
use super::sts;

/// Farther than this from the server's clock, a signature counts no more.
const TOLERANCE_SECONDS: i64 = 5 * 60;

struct Authorization<'a> {
    caller: &'a str,
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// The access key's id that `request` says it was signed with; nothing is checked yet.
pub(super) fn caller_of(request: &Request) -> &str {
    parse(request.header("authorization")).map_or("", |authorization| authorization.caller)
}

pub(super) fn check(state: &State, request: &Request, now: Timestamp) -> Result<(), Refusal> {
    let Some(authorization) = parse(request.header("authorization")) else {
        return refuse("MissingAuthenticationTokenException", "Missing Authentication Token");
    };
    let Some(principal) = state.principals.get(authorization.caller) else {
        return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
    };
    if principal.token.as_deref().unwrap_or_default() != request.header("x-amz-security-token") {
        return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
    }
    if principal.expired {
        return refuse("ExpiredTokenException", "The security token included in the request is expired");
    }
    let date = request.header("x-amz-date");
    let of_sts = [sts::ACTION, "AssumeRole", "GetSessionToken"].contains(&request.action());
    let service = if of_sts { "sts" } else { "kms" };
    if !authorization.scope.ends_with(&format!("/{}/{service}/aws4_request", FakeKms::REGION)) {
        return refuse("InvalidSignatureException", "Credential should be scoped to a valid region.");
    }
    let Some(signed_at) = parse_date(date) else {
        return refuse("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.");
    };
    if (signed_at.as_second() - now.as_second()).abs() > TOLERANCE_SECONDS {
        return refuse("InvalidSignatureException", format!("Signature expired: {date} is now earlier than it may be"));
    }
    if sign(request, &authorization, &principal.secret) != authorization.signature {
        return refuse("InvalidSignatureException", "The request signature we calculated does not match.");
    }
    Ok(())
}

fn parse(header: &str) -> Option<Authorization<'_>> {
    let parts = header.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name));
    let (caller, scope) = part("Credential=")?.split_once('/')?;
    Some(Authorization { caller, scope, signed_headers: part("SignedHeaders=")?, signature: part("Signature=")? })
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn sign(request: &Request, authorization: &Authorization<'_>, secret: &str) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let headers = authorization.signed_headers.split(';');
    let headers: String = headers.map(|name| format!("{name}:{}\n", request.header(name))).collect();
    let (method, names) = (&request.method, authorization.signed_headers);
    let canonical = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{}", hex(&Sha256::digest(&request.body)));
    let (date, scope) = (request.header("x-amz-date"), authorization.scope);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let first = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').fold(first, |key, part| hmac(&key, part.as_bytes()));
    hex(&hmac(&key, to_sign.as_bytes()))
}

/// RFC 2104, with keys of up to one block: AWS's are shorter.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| (0..64).map(|at| key.get(at).unwrap_or(&0) ^ byte).collect::<Vec<u8>>();
    let inner = Sha256::digest([&pad(0x36), message].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
