//! What every view may read.

use std::path::PathBuf;
use std::time::Duration;

use egui::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::vault::Retention;
use crate::worker::{KeyAlarm, KeyDescription, LocksIn, Settings, Standing};

/// What every view may read, and only the [`super::App`] changes.
#[derive(Debug)]
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// Where a new vault is made, unless the person says otherwise.
    pub vaults_folder: Option<PathBuf>,
    /// In which dates are shown.
    pub zone: TimeZone,
    /// The open vault, for the status bar; `None` while there is none.
    pub open: Option<OpenState>,
    /// What is in the clipboard.
    pub clipboard: Held,
}

/// What the status bar says of the open vault.
#[derive(Debug)]
pub struct OpenState {
    /// Its folder.
    pub folder: PathBuf,
    /// What opened it.
    pub key: KeyDescription,
    /// How long the last call to AWS KMS took.
    pub latency: Option<Duration>,
    /// When it locks by itself.
    pub locks_in: Option<LocksIn>,
    /// How its ways in stand.
    pub standing: Standing,
    /// The KMS keys of its that will be gone.
    pub alarms: Vec<KeyAlarm>,
    /// Its name.
    pub name: String,
    /// For how long it keeps the trash and old versions.
    pub retention: Retention,
    /// The time when it was opened, and egui's time then.
    pub opened: (Timestamp, f64),
}

impl OpenState {
    /// About what time it is, to say how long something still takes; the worker looks at the clock itself.
    pub fn now(&self, ctx: &Context) -> Timestamp {
        let (opened, since) = self.opened;
        let passed = ctx.input(|input| input.time) - since;
        let passed = SignedDuration::try_from_secs_f64(passed.max(0.0)).unwrap_or_default();
        opened.checked_add(passed).unwrap_or(opened)
    }
}

/// What the clipboard holds of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// A secret, until it is replaced.
    Kept,
    /// A secret, until this moment of egui's time.
    Until(f64),
}

/// A value that comes later.
#[derive(Debug, Default)]
pub enum Later<T> {
    /// Nobody asked.
    #[default]
    Idle,
    /// It was asked for.
    Pending,
    /// Here it is.
    Ready(T),
    /// It did not come.
    Failed(crate::worker::Problem),
}

impl<T> Later<T> {
    /// The value, if it is here.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}
