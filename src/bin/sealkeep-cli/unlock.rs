//! Opening the vault that a command is about, and the items in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sealkeep::platform::{self, Place};
use sealkeep::providers::{KeyName, ProviderError};
use sealkeep::secret::SecretString;
use sealkeep::session::{
    Inspected, Session, SessionError, TrustAnswer, UnlockBy, inspect, inspect_to_salvage, profiles,
};
use sealkeep::vault::{FindError, ItemId, ItemSummary, Trust, UnlockedVault};

use crate::context::Context;
use crate::error::CliError;
use crate::input::{Purpose, ask_to_go_on};
use crate::wording::{Candidate, describe_trust, sentence};

/// How long a command waits for other programs that are saving, before it says that the vault is in use.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to look for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookIn {
    /// Among those that are not in the trash.
    Vault,
    /// Among those in the trash first, then among the others.
    TrashFirst,
    /// Everywhere.
    Both,
}

impl Context {
    /// Opens the vault, and warns of what was found wrong with it.
    pub fn unlock(&self) -> Result<Session, CliError> {
        Ok(self.unlock_how(covers_first_use, |inspected| self.unlock_by(inspected, self.profile()))?.0)
    }

    /// The same for a command that is there to take a vault as it is: `--yes` is about nothing else. What had to be confirmed for
    /// it is told, too.
    pub fn unlock_to_accept(&self) -> Result<(Session, Option<Trust>), CliError> {
        self.unlock_how(|_| true, |inspected| self.unlock_by(inspected, self.profile()))
    }

    /// The same with what opened it before: the profile that was named is for something else.
    pub fn unlock_as_remembered(&self) -> Result<Session, CliError> {
        Ok(self.unlock_how(covers_first_use, |inspected| self.unlock_by(inspected, None))?.0)
    }

    /// The same with `secret`, whatever else could open it.
    pub fn unlock_with(&self, secret: SecretString) -> Result<Session, CliError> {
        Ok(self.unlock_how(covers_first_use, |_| Ok(UnlockBy::Passphrase(secret)))?.0)
    }

    /// Opens a vault as it is, however damaged, to copy out of it: the session, how many bytes its bodies have, and the
    /// passphrase, if one opened it.
    pub fn unlock_to_salvage(&self, folder: &Path) -> Result<(Session, u64, Option<SecretString>), CliError> {
        let inspected = self.block_on(inspect_to_salvage(self.home()?, folder))?;
        let (inspected, status) = self.block_on(inspected.status())?;
        let mut passphrase = None;
        let by = |inspected: &Inspected| {
            let by = self.unlock_by(inspected, self.profile())?;
            if let UnlockBy::Passphrase(secret) = &by {
                passphrase = Some(secret.duplicate());
            }
            Ok(by)
        };
        let (session, _) = self.unlock_inspected(inspected, covers_first_use, by)?;
        Ok((session, status.bytes, passphrase))
    }

    fn profile(&self) -> Option<&str> {
        self.global.profile.as_deref()
    }

    /// `yes_covers` says what `--yes` confirms: it was said to another question, and other keys than those that were pinned can
    /// be those of whoever put the vault there.
    fn unlock_how(
        &self,
        yes_covers: impl Fn(&Trust) -> bool,
        by: impl FnOnce(&Inspected) -> Result<UnlockBy, CliError>,
    ) -> Result<(Session, Option<Trust>), CliError> {
        let inspected = self.inspect(&self.vault_folder()?)?;
        self.unlock_inspected(inspected, yes_covers, by)
    }

    fn unlock_inspected(
        &self,
        inspected: Inspected,
        yes_covers: impl Fn(&Trust) -> bool,
        by: impl FnOnce(&Inspected) -> Result<UnlockBy, CliError>,
    ) -> Result<(Session, Option<Trust>), CliError> {
        let trust = self.trust(&inspected, yes_covers)?;
        let confirmed = (!inspected.is_settled()).then(|| inspected.trust().clone());
        let by = by(&inspected)?;
        let home = self.home()?;
        let mut session = self.block_on(inspected.unlock(home, by, trust))?;
        session.vault.wait_for_others(PATIENCE).map_err(SessionError::from)?;
        if let Some(error) = session.not_remembered() {
            self.out.warning(&format!("The vault is open, but could not be remembered as the last one: {error}."));
        }
        self.warn_of_doomed_on_terminal(&mut session);
        for problem in session.vault.problems() {
            self.out.warning(&sentence(&problem.to_string()));
        }
        if !session.vault.problems().is_empty() {
            self.note_damage();
        }
        Ok((session, confirmed))
    }

    /// Looks at the vault in `folder`.
    pub fn inspect(&self, folder: &Path) -> Result<Inspected, CliError> {
        let inspected = self.block_on(inspect(self.home()?, folder))?;
        self.warn_of_place(folder);
        Ok(inspected)
    }

    /// Warns where `folder` is no place for a vault.
    pub fn warn_of_place(&self, folder: &Path) {
        let place = match platform::place_of(folder) {
            Place::Local => return,
            Place::Network(kind) => format!("is on a network share ({kind})"),
            Place::Synced(program) => format!("is in a folder that {program} copies"),
        };
        let name = folder.display();
        self.out.warning(&format!(
            "{name} {place}. Two machines that write at once can damage a vault; keep it on a disk of this machine."
        ));
    }

    /// The KMS keys that `--key` names.
    pub fn named_keys(&self) -> Result<Vec<KeyName>, CliError> {
        self.global.keys.iter().map(|key| key_name(key)).collect()
    }

    fn trust(&self, inspected: &Inspected, yes_covers: impl Fn(&Trust) -> bool) -> Result<TrustAnswer, CliError> {
        if inspected.is_settled() {
            return Ok(TrustAnswer::Ask);
        }
        if self.global.yes && yes_covers(inspected.trust()) {
            return Ok(TrustAnswer::Confirmed(inspected.confirm()));
        }
        let named = self.named_keys()?;
        if !named.is_empty() && !inspected.trust().key_arns().is_empty() {
            return Ok(TrustAnswer::Keys(named));
        }
        if platform::can_ask() {
            ask_to_go_on(&format!("{}\nOpen it?", describe_trust(inspected.trust())))?;
            return Ok(TrustAnswer::Confirmed(inspected.confirm()));
        }
        // Now, before a passphrase is asked for.
        Err(SessionError::NeedsTrust(inspected.trust().clone()).into())
    }

    fn unlock_by(&self, inspected: &Inspected, profile: Option<&str>) -> Result<UnlockBy, CliError> {
        let keys = inspected.key_arns();
        let wants_passphrase = self.global.passphrase_file.is_some() && profile.is_none();
        let Some(key) = keys.first().filter(|_| !(wants_passphrase && inspected.has_passphrase())) else {
            return Ok(UnlockBy::Passphrase(self.passphrase("Passphrase", Purpose::Open)?));
        };
        let named = profile.or(inspected.profile());
        // A slot whose key is no ARN fails on its own, with the right words.
        let key = key_name(key)?;
        Ok(UnlockBy::Profile(profiles::choose(self.home()?, named, &key)?))
    }
}

/// What `--yes` confirms where it is about something else: a vault that was never seen here, and a passphrase, which proves
/// itself. A recovery key that came proves nothing: what is saved would be wrapped for it.
fn covers_first_use(trust: &Trust) -> bool {
    match trust {
        Trust::FirstUse { .. } => true,
        Trust::SlotsChanged { now, .. } => matches!(now.as_slice(), [slot] if slot.config.key_arn().is_none()),
        Trust::Known | Trust::AnotherVault { .. } => trust.key_arns().is_empty(),
    }
}

/// The KMS key that somebody typed: its ARN or an alias's.
pub fn key_name(text: &str) -> Result<KeyName, CliError> {
    text.parse().map_err(|error: ProviderError| {
        CliError::usage(
            sentence(&error.to_string()),
            "Copy the ARN from the key's page in AWS KMS; an alias's ARN will do too.",
        )
    })
}

/// The item that `reference` means.
pub fn find(vault: &UnlockedVault, reference: &str, look_in: LookIn) -> Result<Arc<ItemSummary>, CliError> {
    let found = match look_in {
        LookIn::Vault => vault.find(reference, Some(false)),
        LookIn::Both => vault.find(reference, None),
        LookIn::TrashFirst => match vault.find(reference, Some(true)) {
            Err(FindError::NotFound) => vault.find(reference, Some(false)),
            found => found,
        },
    };
    match found {
        Ok(item) => summary(vault, item),
        Err(FindError::NotFound) => Err(CliError::NoItem(reference.to_owned(), Vec::new())),
        Err(FindError::Ambiguous(items)) => {
            let candidate = |item: &ItemId| {
                let summary = vault.summary(*item).ok()?;
                // EXPOSE: the person has to choose between titles.
                Some(Candidate { id: item.to_string(), title: summary.title.expose().to_owned() })
            };
            Err(CliError::NoItem(reference.to_owned(), items.iter().filter_map(candidate).collect()))
        }
    }
}

/// What a list shows of `item`.
pub fn summary(vault: &UnlockedVault, item: ItemId) -> Result<Arc<ItemSummary>, CliError> {
    Ok(Arc::clone(vault.summary(item).map_err(SessionError::from)?))
}
