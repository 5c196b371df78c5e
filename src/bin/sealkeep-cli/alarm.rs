//! A KMS key of the vault that will be gone, told on whatever command opens the vault: by then another way in has to be whole.

use std::io::{self, IsTerminal};
use std::time::Duration;

use sealkeep::session::{DoomedKey, KeyDescription, Session, SessionError, Without};

use crate::context::Context;
use crate::text::count;
use crate::wording::{cancel_command, when_deleted};

/// A command waits no longer for it.
const PATIENCE: Duration = Duration::from_secs(3);

impl Context {
    /// Warns of the vault's KMS keys that will be gone, where somebody sees it who may act on it: on a terminal, of a vault that AWS KMS
    /// opened. A script's calls stay as few as they are.
    pub fn warn_of_doomed_on_terminal(&self, session: &mut Session) {
        if matches!(session.key_description(), KeyDescription::Kms { .. }) && io::stderr().is_terminal() {
            self.warn_of_doomed(session);
        }
    }

    /// The same wherever it is run, for a command that is about the vault's ways in. Once for each command.
    pub fn warn_of_doomed(&self, session: &mut Session) {
        if self.looked_for_doomed.replace(true) {
            return;
        }
        let Ok(home) = self.home() else { return };
        let looking = async {
            // What is not known in time is not said: the command itself says what it meets.
            Ok::<_, SessionError>(tokio::time::timeout(PATIENCE, session.doomed_keys(home)).await)
        };
        let Ok(Ok(Ok(doomed))) = self.block_on(looking) else { return };
        for key in &doomed {
            self.out.warning(&words(key));
        }
    }
}

fn words(doomed: &DoomedKey) -> String {
    let DoomedKey { key, deletion, without } = doomed;
    let after = match without {
        Without::Everything => "After that it opens nothing here; another way in still opens everything.".to_owned(),
        Without::AllBut(owed) => format!(
            "After that it opens nothing, and no other way in opens everything yet: {} not wrapped for it. \
             Wrap them now: sealkeep-cli slot repair.",
            if *owed == 1 { "1 key is".to_owned() } else { format!("{} are", count(*owed, "key")) }
        ),
        Without::Unknown => {
            "After that it opens nothing, and it could not be told whether another way in opens everything: sealkeep-cli slot ls."
                .to_owned()
        }
        Without::Nothing => {
            "It is the only way in that is complete: after that, nothing here can be opened, by nobody.".to_owned()
        }
    };
    format!(
        "The KMS key {key} will be deleted{}. {after} Cancel its deletion: {}. Then move to another key: sealkeep-cli rewrap --kms ARN.",
        when_deleted(*deletion),
        cancel_command(key.as_str())
    )
}
