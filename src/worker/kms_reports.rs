//! What AWS says of profiles and keys, as the window is told of it.

use std::time::Duration;

use super::{KeyState, Problem};

/// What AWS says about a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileReport {
    /// The profile.
    pub profile: String,
    /// The region.
    pub region: String,
    /// The account's number, where it is known.
    pub account: Option<String>,
    /// Who the credentials are: an ARN, where it is known.
    pub principal: Option<String>,
    /// The key that was tried.
    pub key: Option<KeyReport>,
    /// The keys that it sees in its region; or why it sees none, which opening a vault does not need.
    pub seen: Result<Vec<SeenKey>, Problem>,
}

/// A KMS key that a profile sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenKey {
    /// Its ARN.
    pub arn: String,
    /// Its aliases, `alias/team`: none, one, or several.
    pub aliases: Vec<String>,
    /// How it stands; `None` where AWS did not say, or was not asked.
    pub state: Option<KeyState>,
}

/// What a round trip with a KMS key showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Its ARN.
    pub arn: String,
    /// Its alias, where one was given or found.
    pub alias: Option<String>,
    /// How long it took.
    pub latency: Duration,
}

/// A KMS key to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChoice {
    /// Its ARN.
    pub arn: String,
    /// Its alias, `alias/team`.
    pub alias: Option<String>,
    /// How it stands; `None` where that is not known, or not yet.
    pub state: Option<KeyState>,
    /// Whether its material is replaced by itself, where that is known.
    pub rotates: Option<bool>,
}
