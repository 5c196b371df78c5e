//! What a view wants to happen: views draw and say so, the [`super::App`] acts.

use std::path::PathBuf;

use crate::secret::SecretString;
use crate::ui::toasts::Toast;
use crate::vault::{ItemId, RekeyScope, SlotId};
use crate::worker::{Command, RequestId};

/// One thing to do.
#[derive(Debug)]
pub enum Action {
    /// Send a command; what answers it comes back with the purpose.
    Send(Command, Purpose),
    /// Cancel the commands that were sent for this.
    Cancel(Purpose),
    /// Cancel one command.
    CancelRequest(RequestId),
    /// Lock the vault.
    Lock,
    /// Show something else.
    Go(Place),
    /// Say something in passing.
    Say(Toast),
    /// Make encrypted copies beside these files: ask for whom, where that has to be asked.
    SealBeside(Vec<PathBuf>),
    /// Show everything that can be done.
    Palette,
    /// Let the toolkit forget what was on the screen: a part of a page with a secret went away.
    Forget,
}

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The vaults that were opened here.
    Picker,
    /// A new vault.
    Create,
    /// Unlocking the vault in this folder.
    Unlock(PathBuf),
    /// Salvaging the vault in this folder.
    Salvage(PathBuf),
    /// Salvaging the open vault, which is locked for it.
    SalvageThis,
    /// The settings.
    Settings,
    /// The AWS profiles.
    Profiles,
    /// Profiles of the AWS command line, to be taken over.
    Import,
    /// The open vault's ways in.
    Ways,
    /// Moving the open vault from the KMS key of this way in, or from the only one in use, to another: on the same page.
    Move(Option<SlotId>),
    /// New keys for the open vault, or for a part of it.
    NewKeys(RekeyScope),
    /// Checking the open vault.
    Check,
    /// An item in the open vault's list.
    Item(ItemId),
    /// What was there before the page that is shown.
    Back,
}

impl Place {
    /// Whether an open vault is locked to go there.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Picker | Self::Create | Self::Unlock(_) | Self::Salvage(_) | Self::SalvageThis => true,
            Self::Settings
            | Self::Profiles
            | Self::Import
            | Self::Ways
            | Self::NewKeys(_)
            | Self::Move(_)
            | Self::Check
            | Self::Item(_)
            | Self::Back => false,
        }
    }
}

/// Why a command was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To begin.
    Start,
    /// To show what a vault needs.
    Inspect,
    /// To open a vault.
    Unlock,
    /// To make a vault.
    Create,
    /// To take a vault as it is.
    Accept,
    /// To show an item.
    Open(ItemId),
    /// To show an item's versions.
    History(ItemId),
    /// To bring an earlier version back.
    RestoreVersion(ItemId),
    /// To choose a document's next version.
    PickVersion(ItemId),
    /// To keep a document's next version.
    AddVersion(ItemId),
    /// To say which versions a save will remove.
    Limit(ItemId),
    /// To set for how long the vault keeps things.
    Retention,
    /// To keep what is past its time in the trash.
    KeepLonger,
    /// To keep what was edited.
    Save,
    /// To change titles, tags or favourites.
    Describe,
    /// To take items out of the trash.
    Restore,
    /// To put items into the trash, with a way back.
    Trash(ItemId),
    /// To remove items for good.
    Purge,
    /// To add files.
    AddFiles,
    /// To make encrypted copies.
    SealBeside,
    /// To write a document out.
    SaveDocument(ItemId),
    /// To copy.
    Copy,
    /// To copy a value that the window has this name for.
    CopyNamed(&'static str),
    /// To choose a vault that is not in the list.
    PickVault,
    /// To choose where a new vault goes.
    PickPlace,
    /// To choose files to add.
    PickFiles,
    /// To choose files to make encrypted copies of.
    PickToSeal,
    /// To choose where a document, or an earlier version of it, goes.
    PickTarget(ItemId, Option<u32>),
    /// To fill a field with something random.
    Generate,
    /// To show the profiles.
    Profiles,
    /// The same, because somebody came back to the window: nobody asked for it, and no failure of it is said.
    CameBack,
    /// To take over profiles of the AWS command line.
    Import,
    /// To add a profile.
    AddProfile,
    /// The accounts and roles that a new profile may be.
    Seats,
    /// A profile is sealed under a passphrase, or no longer.
    ProtectProfile,
    /// An answer to what a profile asks.
    Answer,
    /// A profile's session begins again.
    SignIn,
    /// To try a profile and a key.
    TestProfile,
    /// To remove a profile.
    RemoveProfile,
    /// To list a profile's keys.
    Keys,
    /// To say what making a KMS key would take.
    PlanKey,
    /// To make a KMS key.
    MakeKey,
    /// To see how the open vault's KMS keys stand.
    LookAtKeys,
    /// To have a KMS key's material replaced.
    Rotate,
    /// To keep the settings.
    Settings,
    /// To show the ways in.
    Ways,
    /// To make an emergency sheet.
    Sheet,
    /// To choose where an item's sealed file goes.
    PickSealed(ItemId),
    /// To write an item as a sealed file.
    SealItem(ItemId),
    /// To choose where a sheet is written.
    PickSheet,
    /// To write a sheet.
    SaveSheet,
    /// To add a way in.
    AddWay,
    /// To retire a way in, or to take it away.
    ChangeWay,
    /// To wrap what is owed.
    Repair,
    /// To see what moving to another KMS key takes.
    PlanMove,
    /// To move to another KMS key.
    MoveKeys,
    /// To see what new keys take.
    PlanNewKeys,
    /// To make new keys.
    NewKeys,
    /// To change a passphrase.
    ChangePassphrase,
    /// To try recovery.
    Drill,
    /// To put a hint aside.
    Hint,
    /// To check the vault.
    Check,
    /// To copy what is intact of a damaged vault.
    Salvage,
}

impl Purpose {
    /// Whether the page of ways in asked for it.
    pub fn is_of_ways(self) -> bool {
        matches!(
            self,
            Self::Ways
                | Self::Sheet
                | Self::PickSheet
                | Self::SaveSheet
                | Self::AddWay
                | Self::ChangeWay
                | Self::Repair
                | Self::PlanMove
                | Self::MoveKeys
                | Self::ChangePassphrase
                | Self::Drill
                | Self::LookAtKeys
                | Self::Rotate
        )
    }

    /// Whether the page of new keys asked for it.
    pub fn is_of_new_keys(self) -> bool {
        matches!(self, Self::PlanNewKeys | Self::NewKeys)
    }

    /// Whether it is a page's own, which is told how it ends also after it was left.
    pub fn is_of_a_page(self) -> bool {
        self.is_of_ways() || self.is_of_new_keys() || matches!(self, Self::Check | Self::Import)
    }
}

/// What a view's frame asked for, in order.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Adds one.
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// Sends a command.
    pub fn send(&mut self, command: Command, purpose: Purpose) {
        self.push(Action::Send(command, purpose));
    }

    /// Shows something else.
    pub fn go(&mut self, place: Place) {
        self.push(Action::Go(place));
    }

    /// Copies a secret.
    pub fn copy(&mut self, text: SecretString) {
        self.send(Command::Copy { text }, Purpose::Copy);
    }

    /// Copies a secret, and says that it was `what`: a word of the window's own, never of a vault.
    pub fn copy_named(&mut self, text: SecretString, what: &'static str) {
        self.send(Command::Copy { text }, Purpose::CopyNamed(what));
    }

    /// Copies what is no secret and may stay in the clipboard: a command, an ARN, a policy. Says that it was `what`.
    pub fn copy_plain(&mut self, text: impl Into<String>, what: &'static str) {
        self.send(Command::CopyPlain { text: text.into() }, Purpose::CopyNamed(what));
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = std::vec::IntoIter<Action>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
