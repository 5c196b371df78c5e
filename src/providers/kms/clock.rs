//! A clock that was wrong and is set right while a client lives.

use aws_sdk_kms::config::interceptors::InterceptorContext;
use aws_sdk_kms::config::retry::{ClassifyRetry, RetryAction};
use serde::Deserialize;

use super::failure::is_about_the_clock;

/// Has the SDK try again what AWS refused for its time. The SDK makes up for a wrong clock by what the last answer said of it, and goes by
/// that until the next one, also where the clock was set right in between. What is refused then has an answer whose time agrees with this
/// machine's, which the SDK by itself takes for a signature that stays wrong; but by that answer it has measured anew.
#[derive(Debug)]
pub(super) struct ClockSetRight;

/// A refusal, as AWS writes it.
#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(rename = "__type", borrow)]
    code: &'a str,
    #[serde(default, alias = "Message")]
    message: String,
}

impl ClassifyRetry for ClockSetRight {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        // Nothing else is looked into: an answer that is none has a data key in it.
        let refused = context.response().filter(|answer| answer.status().is_client_error());
        match refused.and_then(|answer| answer.body().bytes()) {
            Some(body) if is_for_its_time(body) => RetryAction::server_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "clock set right"
    }
}

fn is_for_its_time(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|Refusal { code, message }| {
        // A name may stand behind the service's.
        is_about_the_clock(code.rsplit('#').next().unwrap_or(code), &message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_refused_for_its_time_is_tried_again() {
        for (body, again) in [
            (r#"{"__type":"InvalidSignatureException","message":"Signature expired: 20260101T000000Z"}"#, true),
            (r#"{"__type":"a.b#InvalidSignatureException","Message":"Signature not yet current: 2026"}"#, true),
            (r#"{"__type":"RequestTimeTooSkewed"}"#, true),
            (r#"{"__type":"InvalidSignatureException","message":"The request signature we calculated"}"#, false),
            (r#"{"__type":"AccessDeniedException","Message":"Signature expired"}"#, false),
            (r#"{"message":"Signature expired"}"#, false),
            ("<html>", false),
        ] {
            assert_eq!(is_for_its_time(body.as_bytes()), again, "{body}");
        }
    }
}
