//! What the window can ask for.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::QuestionId;
use crate::platform::{ProfileEntry, Settings, WindowSize};
use crate::secret::SecretString;
use crate::session::profiles::NewProfile;
use crate::session::{EmergencySheet, UnlockBy};
use crate::vault::{ItemId, Retention, SlotId, SummaryEdit};
use crate::worker::{
    Doubt, Draft, Generate, ImportCommand, KeyPlan, MoveTo, NewVault, NewWay, Recipients, RekeyStep, Salvage, SealItem,
    TrustAnswer,
};

/// Names one command, and the events that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

impl From<u64> for RequestId {
    /// The name with this number: for whoever stands in for the worker. The worker gives each command a fresh one.
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing to do. Each is answered by the events that its line names, or by [`super::What::Failed`].
///
/// To lock, or to cancel a command, use [`super::WorkerHandle::lock_now`] and [`super::WorkerHandle::cancel`]: they overtake
/// what waits here.
#[derive(Debug)]
pub enum Command {
    /// Reads the settings, and begins to listen for requests to lock. → `Started`
    Start,
    /// Looks at a vault without a key and without the network, and at the profiles. → `ProfilesChanged`?, `Inspected`
    InspectVault {
        /// The vault's folder.
        folder: PathBuf,
    },
    /// Makes a vault and opens it. → `Unlocking`…, `Unlocked`
    CreateVault {
        /// The folder to make, `NAME.sealkeep`.
        folder: PathBuf,
        /// What opens it.
        key: NewVault,
    },
    /// Opens a vault; one that is open is locked first. → `Unlocking`…, `Unlocked`
    Unlock {
        /// The vault's folder.
        folder: PathBuf,
        /// What opens it.
        by: UnlockBy,
        /// What the person has confirmed.
        trust: TrustAnswer,
    },
    /// Takes the open vault as it is, and allows saving to it. → `Doubts`, `Accepted`
    ///
    /// Refused with [`super::Problem::MoreFound`] where its doubts are others than the person has seen.
    AcceptVault {
        /// What the person has seen.
        seen: Vec<Doubt>,
    },
    /// Opens a login or a note. → `ItemOpened`
    OpenItem {
        /// Which.
        item: ItemId,
        /// An earlier revision, or the current one.
        revision: Option<u32>,
    },
    /// Saves what an item was in an earlier revision as a new one; an item in the trash comes out of it. → `Job`…,
    /// `RevisionRestored`, `Items`
    RestoreRevision {
        /// Which.
        item: ItemId,
        /// The revision whose content comes back.
        revision: u32,
    },
    /// Lists an item's revisions, newest first. → `HistoryOpened`
    OpenHistory {
        /// Which.
        item: ItemId,
    },
    /// Opens a document in memory; one over [`super::DOCUMENT_LIMIT`] is refused as too large. → `DocumentOpened`
    OpenDocument {
        /// Which.
        item: ItemId,
        /// An earlier revision, or the current one.
        revision: Option<u32>,
    },
    /// Saves a login or a note: a new one, or a new revision. → `Saved`, `Items`
    SaveItem {
        /// The item to save, or `None` for a new one.
        item: Option<ItemId>,
        /// Its content.
        draft: Draft,
    },
    /// Changes title, tags, favourite or trash of items, in one transaction. → `Changed`, `Items`
    Describe {
        /// Which, and how.
        edits: Vec<(ItemId, SummaryEdit)>,
    },
    /// Removes items for good. → `Changed`, `Items`
    Purge {
        /// Which, and since when each was in the trash as somebody saw it, if it was: one that has left it is not removed.
        items: Vec<(ItemId, Option<Timestamp>)>,
    },
    /// Sets for how long the open vault keeps the trash and old versions, for everybody who uses it. → `Changed`, `Retention`
    SetRetention(Retention),
    /// Adds files, and what is in folders, as documents. → `Job`…, `Items`…, `JobDone`
    AddFiles {
        /// Files and folders.
        paths: Vec<PathBuf>,
    },
    /// Saves a file as the next version of a document. → `Job`…, `Saved`, `Items`
    AddVersion {
        /// The document.
        item: ItemId,
        /// The file.
        path: PathBuf,
    },
    /// Makes an encrypted copy beside each file. Needs no open vault, unless its key is asked for. → `Job`…, `JobDone`
    SealBeside {
        /// Files.
        paths: Vec<PathBuf>,
        /// Who can open them.
        recipients: Recipients,
    },
    /// Writes an item as a sealed file of its own, which opens without the vault: a document's bytes; a login or a note as JSON.
    /// → `Job`…, `ItemSealed`
    SealItem(SealItem),
    /// Writes a document out, in the clear. → `Job`…, `DocumentSaved`
    SaveDocumentAs {
        /// Which.
        item: ItemId,
        /// An earlier revision, or the current one.
        revision: Option<u32>,
        /// The file to write.
        path: PathBuf,
        /// Whether an existing file may go: the person was asked.
        replace: bool,
    },
    /// Puts a secret into the clipboard, for as long as the settings say. → `ClipboardHolds`, later `ClipboardCleared`
    Copy {
        /// The text.
        text: SecretString,
    },
    /// Puts text that is no secret into the clipboard, where it stays: a command, an ARN, a policy. → `CopiedPlain`
    CopyPlain {
        /// The text.
        text: String,
    },
    /// Opens an item and puts one of its fields into the clipboard, without showing it. → `ClipboardHolds`
    CopyField {
        /// Which.
        item: ItemId,
        /// The field's name.
        field: String,
    },
    /// Removes a secret that was copied from the clipboard, if it is still there. → `ClipboardCleared`
    ClearClipboard,
    /// Shows the system's dialog for files to add. → `Picked`
    PickFiles {
        /// The dialog's title.
        title: &'static str,
    },
    /// Shows the system's dialog for a folder. → `Picked`
    PickFolder {
        /// The dialog's title.
        title: &'static str,
    },
    /// Shows the system's dialog for where to save. → `Picked`
    PickSaveAs {
        /// The dialog's title.
        title: &'static str,
        /// The name to begin with.
        name: String,
    },
    /// Makes a password or a passphrase. → `Generated`
    Generate(Generate),
    /// Lists the AWS profiles. → `Profiles`
    ListProfiles,
    /// Stores an AWS profile: its credentials in the keyring. → `Profiles`
    AddProfile(NewProfile),
    /// The same in the place of one that there is, which the person was asked about. → `Profiles`
    ReplaceProfile {
        /// The new one.
        new: NewProfile,
        /// The one that goes. Where there is another by now, nothing is stored.
        old: Box<ProfileEntry>,
    },
    /// Sign in at the portal that this new profile names, and list the accounts and roles that it may be. Answered by
    /// [`What::Seats`](super::What::Seats).
    ListSeats(NewProfile),
    /// Seal a profile's secret under a passphrase; with `None`, no longer.
    ProtectProfile {
        /// Its name.
        name: String,
        /// The passphrase.
        passphrase: Option<SecretString>,
    },
    /// See to it that a profile has credentials: whoever has to be asked is.
    SignIn {
        /// Its name.
        profile: String,
    },
    /// An answer to [`What::Asked`](super::What::Asked); `None`: there won't be one.
    Answer {
        /// Which question.
        id: QuestionId,
        /// What was typed.
        answer: Option<SecretString>,
    },
    /// Asks AWS who the profile is, and tries the key with a real round trip, if one is named. → `ProfileTested`
    TestProfile {
        /// The profile.
        name: String,
        /// A KMS key's ARN or alias.
        key: Option<String>,
    },
    /// Removes an AWS profile and its credentials. → `Profiles`
    RemoveProfile {
        /// The profile.
        name: String,
    },
    /// Takes over profiles of the AWS command line: a step of it. → `Import`
    Import(ImportCommand),
    /// Lists the KMS keys that the profile can see. → `Keys`, `Keys`, `KeysListed`
    ListKeys {
        /// The profile.
        profile: String,
    },
    /// Says what making a KMS key would take, and makes nothing. → `KeyPlanned`
    PlanKey {
        /// The profile to make it as.
        profile: String,
        /// Where; the profile's region where none is named.
        region: Option<String>,
        /// What to call it.
        alias: String,
        /// What it is for.
        description: String,
    },
    /// Makes a KMS key as it was planned and shown. → `KeyMade`
    MakeKey {
        /// The profile to make it as.
        profile: String,
        /// What was shown.
        plan: KeyPlan,
    },
    /// Asks AWS how the KMS keys of the open vault stand. → `KeyAlarms`, `KeysLooked`
    LookAtKeys,
    /// Has AWS replace the material of a way in's KMS key every year. → `KeysLooked`
    EnableRotation {
        /// Its slot.
        slot: SlotId,
    },
    /// Replaces the material of a way in's KMS key now, once: that costs. → `KeysLooked`
    RotateNow {
        /// Its slot.
        slot: SlotId,
    },
    /// Changes the settings that the settings page shows; what the program remembers itself stays. → `SettingsChanged`
    SaveSettings(Settings),
    /// Remembers how large the window is. → `SettingsChanged`
    RememberSize(WindowSize),
    /// Takes a vault out of the picker. → `SettingsChanged`
    ForgetVault {
        /// Its folder.
        folder: PathBuf,
    },
    /// Lists the open vault's ways in, and what is owed to each. → `Ways`
    ListWays,
    /// Makes an emergency sheet, which opens nothing before it is added. → `SheetMade`
    MakeSheet,
    /// Writes a sheet out, in the clear, as a page to print. → `SheetSaved`
    SaveSheet {
        /// The sheet.
        sheet: Arc<EmergencySheet>,
        /// The file to write.
        path: PathBuf,
        /// Whether an existing file may go: the person was asked.
        replace: bool,
    },
    /// Adds a way into the open vault, and wraps every key for it. → `WayBegun`, `Job`…, `WayAdded`
    ///
    /// From `WayBegun` on it is there; what a stop or a failure leaves owed, [`Command::RepairWays`] makes good.
    AddWay(NewWay),
    /// Lets a way in open what it has, and no content that is saved from now on. → `Ways`
    ///
    /// Refused with [`super::Problem::OwnWay`] for the one that opened the vault, here and for [`Command::RemoveWay`].
    RetireWay {
        /// Its slot.
        slot: SlotId,
    },
    /// Takes a way in away for good. → `Ways`
    RemoveWay {
        /// Its slot.
        slot: SlotId,
    },
    /// Wraps what is owed to any way in that can be reached. → `Job`…, `Repaired`
    RepairWays,
    /// Says what moving everything to another KMS key would do; asks neither key, and changes nothing. → `MovePlanned`
    PlanMove(MoveTo),
    /// Moves everything that is wrapped under one KMS key to another, and takes the old way in away. → `Job`…, `KeysMoved`
    ///
    /// What a stop or a failure leaves, the same command goes on with.
    MoveKeys(MoveTo),
    /// New data keys, and a new key of the list. Each step says what answers it.
    Rekey(RekeyStep),
    /// Another passphrase for one way in. → `PassphraseChanged`
    ChangePassphrase {
        /// Its slot.
        slot: SlotId,
        /// The present one.
        old: SecretString,
        /// The new one.
        new: SecretString,
    },
    /// Proves that what was typed, a passphrase or a recovery code, opens everything. → `Job`…, `Drilled`
    Drill {
        /// What was typed.
        secret: SecretString,
    },
    /// The person wants no hint about recovery for now. → `SettingsChanged`, `Standing`
    PutHintAside,
    /// Checks everything that the open vault has: every frame of every revision. → `Job`…, `Checked`
    CheckVault,
    /// Looks at a vault, however damaged, without a key and without the network, to salvage it. → `Inspected`
    InspectToSalvage {
        /// The vault's folder.
        folder: PathBuf,
    },
    /// Copies everything of a damaged vault that still verifies into a new one; a vault that is open is locked first.
    /// → `Unlocking`…, `Job`…, `Salvaged`
    ///
    /// [`super::Problem::NeedsPassphrase`] where the code on an emergency sheet opened it, and nothing else was chosen.
    Salvage(Salvage),
    /// Somebody is at the window: the idle lock begins anew, and where no vault is open the time after which what they type is
    /// forgotten. Send it at most every few seconds. No answer.
    StillHere,
}

impl Command {
    /// Whether a lock stops it: everything that holds something of a vault, opens one, or stands on the screen for one.
    pub(super) fn ends_with_the_lock(&self) -> bool {
        match self {
            Self::CreateVault { .. }
            | Self::Unlock { .. }
            | Self::AcceptVault { .. }
            | Self::OpenItem { .. }
            | Self::OpenHistory { .. }
            | Self::RestoreRevision { .. }
            | Self::AddVersion { .. }
            | Self::OpenDocument { .. }
            | Self::SaveItem { .. }
            | Self::Describe { .. }
            | Self::Purge { .. }
            | Self::SetRetention(_)
            | Self::AddFiles { .. }
            | Self::SealBeside { .. }
            | Self::SealItem(_)
            | Self::SaveDocumentAs { .. }
            | Self::Copy { .. }
            | Self::CopyField { .. }
            | Self::PickFiles { .. }
            | Self::PickFolder { .. }
            | Self::PickSaveAs { .. }
            | Self::ListWays
            | Self::MakeSheet
            | Self::SaveSheet { .. }
            | Self::AddWay(_)
            | Self::RetireWay { .. }
            | Self::RemoveWay { .. }
            | Self::RepairWays
            | Self::PlanMove(_)
            | Self::MoveKeys(_)
            | Self::Rekey(_)
            | Self::ChangePassphrase { .. }
            | Self::Drill { .. }
            | Self::PutHintAside
            | Self::CheckVault
            | Self::Salvage(_)
            | Self::LookAtKeys
            | Self::EnableRotation { .. }
            | Self::RotateNow { .. }
            | Self::ListSeats(_)
            | Self::Import(_)
            | Self::SignIn { .. }
            | Self::TestProfile { .. }
            | Self::ListKeys { .. }
            | Self::PlanKey { .. }
            | Self::Generate(_) => true,
            Self::Start
            | Self::InspectVault { .. }
            | Self::InspectToSalvage { .. }
            | Self::ClearClipboard
            | Self::CopyPlain { .. }
            | Self::ListProfiles
            | Self::AddProfile(_)
            | Self::ReplaceProfile { .. }
            | Self::ProtectProfile { .. }
            | Self::Answer { .. }
            | Self::RemoveProfile { .. }
            | Self::MakeKey { .. }
            | Self::SaveSettings(_)
            | Self::RememberSize(_)
            | Self::ForgetVault { .. }
            | Self::StillHere => false,
        }
    }

    /// Whether it opens a vault, be it to copy out of it: the one that is open is locked first.
    pub(super) fn opens(&self) -> bool {
        matches!(self, Self::Unlock { .. } | Self::CreateVault { .. } | Self::Salvage(_))
    }

    /// Whether it goes on while nobody is there: what was asked for takes long, and needs no answer.
    pub(super) fn needs_nobody(&self) -> bool {
        matches!(self, Self::SealBeside { .. } | Self::Salvage(_))
    }
}
