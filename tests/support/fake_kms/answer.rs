//! What the server says.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

pub(super) struct Answer {
    status: u16,
    /// A header of its own: its line, with the end of a line.
    header: &'static str,
    body: Vec<u8>,
}

/// A refusal: AWS's name for it, and its text.
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Answer {
    pub(super) fn of(result: Result<Value, Refusal>) -> Self {
        match result {
            Ok(value) => Self::bare(200, value.to_string().as_bytes()),
            Err(Refusal { code, message }) => {
                // AWS writes it with either capital.
                let text = if code == "AccessDeniedException" { "Message" } else { "message" };
                Self::bare(status_of(code), json!({ "__type": code, text: message }).to_string().as_bytes())
            }
        }
    }

    pub(super) fn bare(status: u16, body: &[u8]) -> Self {
        Self { status, header: "", body: body.to_vec() }
    }

    pub(super) fn with_header(self, header: &'static str) -> Self {
        Self { header, ..self }
    }

    /// The answer's bytes, and how many of them are head.
    pub(super) fn to_bytes(&self, now: Timestamp) -> (Vec<u8>, usize) {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
        let (status, header, length) = (self.status, self.header, self.body.len());
        let head = format!(
            "HTTP/1.1 {status} x\r\nDate: {date}\r\nContent-Type: application/x-amz-json-1.1\r\n\
             x-amzn-RequestId: 00000000-0000-4000-8000-000000000000\r\n{header}Content-Length: {length}\r\n\r\n"
        );
        let head_length = head.len();
        ([head.into_bytes(), self.body.clone()].concat(), head_length)
    }
}

pub(super) fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

fn status_of(code: &str) -> u16 {
    match code {
        "KMSInternalException" | "KeyUnavailableException" | "InternalFailure" => 500,
        "DependencyTimeoutException" | "ServiceUnavailable" => 503,
        _ => 400,
    }
}
