//! What the worker tells the window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Checked, Drilled, Problem, Progress, RequestId, Standing, WaysIn};
use crate::platform::{ProfileEntry, Settings};
use crate::secret::{SecretBytes, SecretString};
use crate::session::EmergencySheet;
use crate::vault::{
    CollectionView, Fields, Finding, ItemChange, ItemId, Listing, PassedOver, Retention, RevisionView, SlotId,
    VaultId,
};

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
    /// The clipboard holds nothing of ours any more.
    ClipboardCleared,
    /// What a file dialog gave; empty where it was cancelled.
    Picked(Vec<PathBuf>),
    /// A fresh password or passphrase.
    Generated(SecretString),
    /// The settings as they are now.
    SettingsChanged(Settings),
    /// The AWS profiles.
    Profiles(Vec<ProfileEntry>),
    /// What AWS says about a profile.
    ProfileTested(ProfileReport),
    /// KMS keys that a profile can see.
    Keys {
        /// The profile.
        profile: String,
        /// The keys: those with an alias first.
        keys: Vec<KeyChoice>,
    },
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
    /// A way in has another passphrase.
    PassphraseChanged {
        /// Its slot.
        slot: SlotId,
    },
    /// What a drill proved.
    Drilled(Drilled),
    /// What a check found.
    Checked(Checked),
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
            | Self::PassphraseChanged { .. }
            | Self::Drilled(_)
            | Self::Checked(_)
            | Self::KeyLatency(_) => true,
            Self::Started { .. }
            | Self::Inspected(_)
            | Self::DocumentSaved { .. }
            | Self::SheetSaved { .. }
            | Self::JobDone(_)
            | Self::Locking(_)
            | Self::Locked(_)
            | Self::ClipboardHolds { .. }
            | Self::ClipboardCleared
            | Self::Picked(_)
            | Self::SettingsChanged(_)
            | Self::Profiles(_)
            | Self::ProfileTested(_)
            | Self::Keys { .. }
            | Self::Failed(_) => false,
        }
    }
}

/// What a document looks like, as far as the worker decodes it.
#[derive(Debug)]
pub enum Preview {
    /// It is no image.
    None,
    /// It is this image.
    Image(Picture),
    /// It is an image with too many pixels to show.
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// It says that it is an image and can't be read as one.
    Unreadable,
}

/// A decoded image: upright, and no side longer than [`super::PICTURE_SIDE`].
#[derive(Debug)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Red, green, blue and alpha (not premultiplied) of each pixel, row by row from the top.
    pub rgba: SecretBytes,
    /// The image's own width and height, before it was made smaller to be shown.
    pub original: (u32, u32),
}

/// A locked vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultView {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's name without `.sealkeep`.
    pub name: String,
    /// Its id.
    pub id: VaultId,
    /// What can open it.
    pub keys: Vec<KeyView>,
    /// What the person has to confirm first.
    pub trust: Trust,
    /// The AWS profile that opened it here last.
    pub profile: Option<String>,
    /// How many items it has, documents among them.
    pub items: u64,
    /// How many documents.
    pub documents: u64,
    /// Its size on the disk, in bytes.
    pub bytes: u64,
}

/// Something that opens a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyView {
    /// A recovery key, which a passphrase or the code on an emergency sheet opens.
    Recovery,
    /// A passphrase.
    Passphrase,
    /// An AWS KMS key.
    Kms {
        /// Its ARN.
        arn: String,
        /// Its region.
        region: String,
    },
}

/// Whether this machine knows a vault and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It does: nothing needs to be confirmed.
    Known,
    /// Its first use here.
    FirstUse {
        /// The KMS keys to confirm; none for a passphrase, which confirms itself.
        keys: Vec<String>,
    },
    /// The keys are others than the last time.
    KeysChanged {
        /// What they were.
        before: Vec<String>,
        /// What they are.
        now: Vec<String>,
    },
    /// Another vault stood here the last time.
    AnotherVault,
}

/// How far opening a vault has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockStep {
    /// Reading what needs no key.
    Reading,
    /// Making the key from the passphrase.
    DerivingKey,
    /// Reading credentials from the keyring, then waiting for AWS KMS.
    AskingKms,
    /// The key is there: reading the items, and holding them against what was written.
    ReadingItems {
        /// How many are read.
        done: u64,
        /// How many there are, as far as is known by then.
        total: u64,
    },
}

/// An open vault.
#[derive(Debug)]
pub struct OpenedVault {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's name without `.sealkeep`.
    pub name: String,
    /// Its id.
    pub id: VaultId,
    /// What opened it, for the status bar.
    pub key: KeyDescription,
    /// Its collections.
    pub collections: Vec<CollectionView>,
    /// Its items, trashed ones too.
    pub items: Box<Listing>,
    /// What is wrong with it and was not accepted. Intact items open all the same; nothing is saved before
    /// [`super::Command::AcceptVault`].
    pub doubts: Vec<Doubt>,
    /// What the person should know before they rely on it.
    pub warnings: Vec<Warning>,
    /// For how long it keeps the trash and old versions.
    pub retention: Retention,
    /// The time when it was opened.
    pub now: Timestamp,
    /// The items whose time in the trash was over then; none where this machine's clock can't be right. They stay until the
    /// person says otherwise.
    pub overdue: Vec<ItemId>,
}

/// Something in an open vault is not what was written, or not what was seen here before, and nobody has accepted it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The item that it is about; `None` where it is about the vault.
    pub item: Option<ItemId>,
    /// What was found.
    pub what: Finding,
}

/// What the person should know of a vault that is open all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The vault is on a network share of this kind.
    OnNetwork(String),
    /// The vault is in a folder that this program copies.
    Synced(String),
}

/// What opened a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyDescription {
    /// A passphrase.
    Passphrase,
    /// A recovery passphrase, or the code on an emergency sheet.
    Recovery,
    /// AWS KMS.
    Kms {
        /// The region.
        region: String,
        /// The alias, or the end of the key's ARN.
        key: String,
        /// The AWS profile.
        profile: String,
    },
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
}
