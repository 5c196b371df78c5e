//! What the worker tells the window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Checked, Doubt, Drilled, ImportTold, KeyAlarm, KeyChoice, KeyLooked, KeyMade, KeyPlan, ListedSeat, MovedKeys,
    OpenedVault, PersonAsked, PlannedMove, PlannedRekey, Preview, Problem, ProfileReport, Progress, QuestionId,
    RekeyedKeys, RequestId, Salvaged, Standing, UnlockStep, VaultView, WaysIn,
};
use crate::platform::{ProfileEntry, Settings};
use crate::secret::{SecretBytes, SecretString};
use crate::session::EmergencySheet;
use crate::vault::{Fields, ItemChange, ItemId, PassedOver, Retention, RevisionView, SlotId};

/// One thing that happened.
#[derive(Debug)]
pub struct Event {
    /// The command that it answers; `None` where nobody asked.
    pub request: Option<RequestId>,
    /// How often a vault had been locked when that command was sent.
    pub epoch: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug)]
pub enum What {
    /// The worker is ready.
    Started {
        /// The settings, recent vaults and profiles among them.
        settings: Settings,
        /// Where a damaged settings file was put.
        set_aside: Option<PathBuf>,
        /// Where a new vault is made, unless the person says otherwise: [`crate::platform::vaults_folder`].
        vaults_folder: Option<PathBuf>,
    },
    /// What can be known of a locked vault.
    Inspected(VaultView),
    /// How far opening a vault has come.
    Unlocking(UnlockStep),
    /// A vault is open.
    Unlocked(OpenedVault),
    /// Items changed, trashed ones too: those and no others, the last change of each last.
    Items(Vec<ItemChange>),
    /// What is wrong with the open vault and not accepted is this now; nothing is saved while there is anything.
    Doubts(Vec<Doubt>),
    /// For how long the open vault keeps the trash and old versions is this now.
    Retention(Retention),
    /// The vault was accepted as it is: it can be saved to.
    Accepted,
    /// A login or a note is open.
    ItemOpened {
        /// Which.
        item: ItemId,
        /// The revision that was asked for; `None` is the current one.
        revision: Option<u32>,
        /// Its content.
        fields: Fields,
    },
    /// An item's revisions, newest first.
    HistoryOpened {
        /// Which.
        item: ItemId,
        /// Its revisions.
        revisions: Vec<RevisionView>,
    },
    /// An earlier revision is the current one again, as a new one.
    RevisionRestored {
        /// Which.
        item: ItemId,
        /// The revision that came back.
        revision: u32,
        /// The one that was current until then.
        before: u32,
    },
    /// A document is open.
    DocumentOpened {
        /// Which.
        item: ItemId,
        /// The revision that was asked for; `None` is the current one.
        revision: Option<u32>,
        /// What its bytes are.
        media_type: String,
        /// Its bytes; none where `preview` has them as a picture.
        bytes: SecretBytes,
        /// The picture that it is, if it is one.
        preview: Preview,
    },
    /// A login, a note or a document's new version is saved, and on the disk.
    Saved {
        /// Which; a new item's id.
        item: ItemId,
    },
    /// Items were described anew, or purged; none, where it was the vault itself.
    Changed {
        /// Which.
        items: Vec<ItemId>,
    },
    /// A document was written out.
    DocumentSaved {
        /// Which.
        item: ItemId,
        /// The file.
        path: PathBuf,
    },
    /// An item was written as a sealed file.
    ItemSealed {
        /// Which.
        item: ItemId,
        /// The file.
        path: PathBuf,
    },
    /// How far a job has come: at most ten times a second.
    Job(Progress),
    /// A job ended.
    JobDone(JobOutcome),
    /// Locking has begun: show nothing of the vault any more, and nothing of what was typed. Sent at once, whatever the worker
    /// is doing; also where no vault is open.
    Locking(LockReason),
    /// Every key of the vault is gone.
    Locked(LockReason),
    /// When the idle lock comes, as the window should show it; sent when that changes. `None`: never.
    LocksIn(Option<LocksIn>),
    /// The clipboard holds a secret.
    ClipboardHolds {
        /// When it will be cleared; `None`: never.
        clears_in: Option<Duration>,
    },
    /// The clipboard holds what was copied as no secret, and keeps it; no secret of ours is in it any more.
    CopiedPlain,
    /// The clipboard holds no secret of ours any more.
    ClipboardCleared,
    /// What a file dialog gave; empty where it was cancelled.
    Picked(Vec<PathBuf>),
    /// A fresh password or passphrase.
    Generated(SecretString),
    /// The settings as they are now.
    SettingsChanged(Settings),
    /// The AWS profiles.
    Profiles(Vec<ProfileEntry>),
    /// The AWS profiles are these now: found on the way to something else.
    ProfilesChanged(Vec<ProfileEntry>),
    /// How far an import of the AWS command line's profiles has come.
    Import(Box<ImportTold>),
    /// What AWS says about a profile.
    ProfileTested(ProfileReport),
    /// What AWS says about a profile whose test fails: why, comes after it.
    ProfileKnown(ProfileReport),
    /// KMS keys that a profile can see: told with their names first, and again with how they stand.
    Keys {
        /// The profile.
        profile: String,
        /// The keys: those with an alias first.
        keys: Vec<KeyChoice>,
    },
    /// Every key that could be asked about was told.
    KeysListed,
    /// What making a KMS key would take; nothing is made yet.
    KeyPlanned {
        /// The profile that would make it.
        profile: String,
        /// Everything that will be sent.
        plan: KeyPlan,
    },
    /// A KMS key was made.
    KeyMade(KeyMade),
    /// What AWS says of the KMS keys of the open vault.
    KeysLooked(Vec<KeyLooked>),
    /// The open vault's KMS keys that will be gone, whenever that changes: all of them.
    KeyAlarms(Vec<KeyAlarm>),
    /// How long the last call to AWS KMS took.
    KeyLatency(Duration),
    /// The open vault's ways in.
    Ways(WaysIn),
    /// How the open vault's ways in stand, after it was opened and whenever that changes.
    Standing(Standing),
    /// An emergency sheet was made; it opens nothing yet.
    SheetMade(Arc<EmergencySheet>),
    /// A sheet was written out.
    SheetSaved {
        /// The file.
        path: PathBuf,
    },
    /// A way in is there, and its keys are being wrapped.
    WayBegun {
        /// Its slot.
        slot: SlotId,
    },
    /// Every key that could be is wrapped for it.
    WayAdded {
        /// Its slot.
        slot: SlotId,
        /// What could not be, because it is damaged. Where a page was, it opens nothing as yet.
        passed_over: PassedOver,
    },
    /// What was owed, and could be, is wrapped.
    Repaired {
        /// How many keys that were.
        made: u64,
        /// What could not be, because it is damaged.
        passed_over: PassedOver,
    },
    /// What moving to another KMS key would do.
    MovePlanned(Box<PlannedMove>),
    /// Everything that could be was moved to another KMS key.
    KeysMoved(Box<MovedKeys>),
    /// What new keys would take.
    RekeyPlanned(Box<PlannedRekey>),
    /// Everything that could be was sealed again under new keys.
    Rekeyed(Box<RekeyedKeys>),
    /// A way in has another passphrase.
    PassphraseChanged {
        /// Its slot.
        slot: SlotId,
    },
    /// What a drill proved.
    Drilled(Drilled),
    /// What a check found.
    Checked(Checked),
    /// What still verifies of a damaged vault is in a new one; that is whole, and not open.
    Salvaged(Box<Salvaged>),
    /// A profile needs something of the person; a command waits for [`Command::Answer`](super::Command::Answer).
    Asked {
        /// Which question.
        id: QuestionId,
        /// What it needs.
        asked: PersonAsked,
    },
    /// Nobody waits for that answer any more.
    AskedNoMore {
        /// Which question.
        id: QuestionId,
    },
    /// A profile has credentials again.
    SignedIn {
        /// Its name.
        profile: String,
    },
    /// The accounts and roles that a new profile may be.
    Seats(Vec<ListedSeat>),
    /// The command failed.
    Failed(Problem),
}

impl What {
    /// Whether this is about an open vault, and must not arrive after a lock. Wherever plaintext is, the answer is yes.
    pub(super) fn ends_with_the_lock(&self) -> bool {
        match self {
            Self::Unlocking(_)
            | Self::Unlocked(_)
            | Self::Items(_)
            | Self::Doubts(_)
            | Self::Retention(_)
            | Self::Accepted
            | Self::ItemOpened { .. }
            | Self::HistoryOpened { .. }
            | Self::RevisionRestored { .. }
            | Self::DocumentOpened { .. }
            | Self::Saved { .. }
            | Self::Changed { .. }
            | Self::Generated(_)
            | Self::Job(_)
            | Self::LocksIn(_)
            | Self::Ways(_)
            | Self::Standing(_)
            | Self::SheetMade(_)
            | Self::WayBegun { .. }
            | Self::WayAdded { .. }
            | Self::Repaired { .. }
            | Self::MovePlanned(_)
            | Self::KeysMoved(_)
            | Self::RekeyPlanned(_)
            | Self::Rekeyed(_)
            | Self::PassphraseChanged { .. }
            | Self::Drilled(_)
            | Self::Checked(_)
            | Self::Salvaged(_)
            | Self::Asked { .. }
            | Self::Import(_)
            | Self::KeysLooked(_)
            | Self::KeyAlarms(_)
            | Self::KeyLatency(_) => true,
            Self::Started { .. }
            | Self::Inspected(_)
            | Self::DocumentSaved { .. }
            | Self::ItemSealed { .. }
            | Self::SheetSaved { .. }
            | Self::JobDone(_)
            | Self::Locking(_)
            | Self::Locked(_)
            | Self::ClipboardHolds { .. }
            | Self::CopiedPlain
            | Self::ClipboardCleared
            | Self::Picked(_)
            | Self::SettingsChanged(_)
            | Self::Profiles(_)
            | Self::ProfilesChanged(_)
            | Self::AskedNoMore { .. }
            | Self::SignedIn { .. }
            | Self::Seats(_)
            | Self::ProfileTested(_)
            | Self::ProfileKnown(_)
            | Self::Keys { .. }
            | Self::KeysListed
            | Self::KeyPlanned { .. }
            | Self::KeyMade(_)
            | Self::Failed(_) => false,
        }
    }
}

/// Why a vault was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockReason {
    /// The person said so.
    Asked,
    /// Nobody was at the window for as long as the settings say.
    Idle,
    /// `sealkeep-cli lock`, the desktop or the system asked for it.
    Requested,
    /// Another vault is being opened.
    Switching,
    /// A part of Sealkeep crashed.
    Crashed,
}

/// When the idle lock comes: as coarse as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocksIn {
    /// In about this many minutes, at least two.
    Minutes(u32),
    /// In this many seconds, at most a minute.
    Seconds(u32),
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// How it ended.
    pub end: JobEnd,
    /// The items that were added.
    pub items: Vec<ItemId>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// What was left out, and why.
    pub left_out: Vec<(PathBuf, Problem)>,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It went through all of its files.
    Finished,
    /// It was cancelled. What was done stays; nothing half-done does.
    Cancelled,
    /// The vault was locked. As above.
    Locked,
    /// It could not go on: the last file left out says why.
    Stopped,
}
