//! The one thread that owns the open session: commands in, events out.
//!
//! Owns: the session while a vault is open, the jobs that work for it, and the clock of the idle lock. Knows nothing of the
//! window but a callback that wakes it. Words nothing: events carry types.
//! Invariant: locking is dropping. A lock bumps the epoch before anything else happens; what is in flight is dropped with its
//! keys, and an event of an earlier epoch that holds plaintext never reaches the window.

mod checked;
mod command;
mod deadline;
mod desk;
mod event;
mod failures;
mod handle;
mod idle;
mod import;
mod import_problem;
mod kms_keys;
mod kms_reports;
mod lock;
mod meter;
mod moves;
mod ops;
mod outbox;
mod person;
mod preview;
mod problem;
mod progress;
mod rekey;
mod run;
mod salvaged;
mod seat;
mod sign_in_problem;
mod standing;
mod stop;
mod thread;
mod views;
mod wanted;
mod ways;

pub use crate::platform::OldContent;
pub use crate::platform::{ProfileEntry, RecentVault, Settings, Theme, WindowSize};
pub use crate::session::import::{Found, FoundBy, GoesOn, KeptKey, KeyLines, KeysInFile, NotOffered, Removed, WhyKept};
pub use crate::session::profiles::{
    AssumeRole, IdentityCenter, ListedSeat, MachineRole, NetworkFields, NewProfile, ProfileKind, Seat,
};
pub use crate::session::{
    BegunRekey, CredentialFault, DeniedBy, EmergencySheet, KeyDescription, ListKept, MovesBy, Question, Resume,
    SheetPicture, SignInPage, SlotKind, Unfit, UnlockBy, missing_statement,
};
pub use checked::{Checked, ProblemNamed};
pub use command::{Command, RequestId};
pub use event::{Event, JobEnd, JobOutcome, LockReason, LocksIn, What};
pub use handle::{WorkerHandle, WorkerOptions};
pub use import::{AwsProfiles, ImportCommand, ImportTold, Imported, KeysRemoved};
pub use import_problem::ImportProblem;
pub use kms_keys::{KeyAlarm, KeyLooked, KeyMade, KeyPlan, KeyRotation, KeyState, MakingStep, Without};
pub use kms_reports::{KeyChoice, KeyReport, ProfileReport, SeenKey};
pub use moves::{MoveTo, MovedKeys, PlannedMove};
pub use person::{PersonAsked, QuestionId};
pub use problem::Problem;
pub use progress::{JobKind, Progress, part};
pub use rekey::{PlannedRekey, RekeyRun, RekeyStep, RekeyedKeys};
pub use salvaged::Salvaged;
pub use sign_in_problem::SignInProblem;
pub use views::{Doubt, KeyView, OpenedVault, Picture, Preview, Trust, UnlockStep, VaultView, Warning};
pub use wanted::{Draft, Generate, NewVault, Recipients, Salvage, SealItem, TrustAnswer};
pub use ways::{Drilled, NewWay, RecoveryHint, RevisionNamed, Standing, WayIn, WaysIn};

/// The longest document that is opened in memory, in bytes.
pub const DOCUMENT_LIMIT: u64 = 256 << 20;

/// The longest side of a picture that is shown, in pixels: what every graphics driver takes as one texture.
pub const PICTURE_SIDE: u32 = 4096;
