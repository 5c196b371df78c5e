//! KMS keys as the window is told of them: how one stands, one that is to be made, and one that will be gone.

use jiff::Timestamp;

use super::Problem;
use super::failures::days_until;
use crate::session::{KmsKeyDescription, Unfit};
use crate::vault::SlotId;

pub use crate::session::{KeyPlan, MakingStep, Without};

/// How a KMS key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// Why it can't wrap now; `None`: it can.
    pub unfit: Option<Unfit>,
    /// In how many whole days it will be gone, where its deletion is pending.
    pub days: Option<u32>,
}

/// How the material of a KMS key is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// Whether that happens by itself.
    pub enabled: bool,
    /// When it does next.
    pub next: Option<Timestamp>,
    /// How often, in days, where AWS says.
    pub every_days: Option<u32>,
    /// When it was last; `None`: never, or it is not known.
    pub last: Option<Timestamp>,
    /// Whether AWS lets this profile know of the past.
    pub tells_past: bool,
    /// Whether one that somebody asked for is under way.
    pub running: bool,
}

/// What AWS says of the KMS key of a way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLooked {
    /// The way in.
    pub slot: SlotId,
    /// Its key's ARN.
    pub arn: String,
    /// How it stands; or why that is not known.
    pub state: Result<KeyState, Problem>,
    /// How its material is replaced; or why that is not known.
    pub rotation: Result<KeyRotation, Problem>,
}

/// A KMS key of the open vault that will be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAlarm {
    /// The way in that it is.
    pub slot: SlotId,
    /// Its ARN.
    pub arn: String,
    /// In how many whole days, where AWS says.
    pub days: Option<u32>,
    /// What opens the vault without it.
    pub without: Without,
}

/// A KMS key that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMade {
    /// The profile that made it.
    pub profile: String,
    /// Its ARN.
    pub arn: String,
    /// What could not be done with it, and why.
    pub missing: Vec<(MakingStep, Problem)>,
}

impl From<&KmsKeyDescription> for KeyState {
    fn from(described: &KmsKeyDescription) -> Self {
        Self { unfit: described.unfit, days: described.deletion.map(days_until) }
    }
}
