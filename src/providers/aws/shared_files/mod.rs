//! What the AWS command line keeps in `~/.aws/config` and `~/.aws/credentials`, read to be imported; and what is left of these
//! files when access keys are taken out of them.
//!
//! Owns: the bytes of these files and what they mean. Opens no file.
//! Invariant: a value is a secret from the moment it is read; what is taken out are whole lines of the sections that were named, with
//! values that were stored, and every other byte stays.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

mod found;
mod offers;
mod scan;
mod take_out;

pub use found::SharedFiles;
pub use offers::{NotOffered, Offer, Offers};
pub use scan::{ScanError, SharedFile};
pub use take_out::{KeyLines, TakeOut, TakenOut};

/// The settings that hold an access key: the last is the token's old name.
const ACCESS_KEY_ID: &str = "aws_access_key_id";
const SECRET_ACCESS_KEY: &str = "aws_secret_access_key";
const SESSION_TOKEN: &str = "aws_session_token";
const SECURITY_TOKEN: &str = "aws_security_token";
const CREDENTIAL_PROCESS: &str = "credential_process";

/// Whether a setting is a part of an access key.
fn is_of_key(setting: &str) -> bool {
    [ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, SECURITY_TOKEN].contains(&setting)
}

#[cfg(test)]
mod tests;
