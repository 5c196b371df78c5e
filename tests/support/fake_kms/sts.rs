//! STS, as far as it says who somebody is: the query protocol, answered in XML.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use serde_json::Value;

use super::FakeKms;
use super::answer::Refusal;

/// The one action that there is.
pub(super) const ACTION: &str = "GetCallerIdentity";

/// The body for what came of a call, with its status.
pub(super) fn to_xml(outcome: &Result<Value, Refusal>, caller: &str, arn: &str) -> (u16, String) {
    const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
    match outcome {
        Ok(_) => {
            let account = FakeKms::ACCOUNT;
            let result = format!("<Arn>{arn}</Arn><UserId>{caller}</UserId><Account>{account}</Account>");
            let result = format!("<{ACTION}Result>{result}</{ACTION}Result>");
            (200, format!("<{ACTION}Response xmlns=\"{NAMESPACE}\">{result}</{ACTION}Response>"))
        }
        Err(Refusal { code, message }) => {
            let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
            (403, format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error></ErrorResponse>"))
        }
    }
}
