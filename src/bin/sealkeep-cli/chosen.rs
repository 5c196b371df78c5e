//! A KMS key that somebody chose for a vault: what an alias stands for is shown before anything depends on it, and another account's key
//! is warned of.

use sealkeep::providers::aws::Identity;
use sealkeep::providers::{KeyArn, KeyName};
use sealkeep::session::{keys, profiles};

use crate::context::Context;
use crate::error::CliError;

/// A key that somebody chose.
pub struct Chosen {
    /// The key itself.
    pub key: KeyName,
    /// Who the profile is that will use it, as far as AWS says it.
    pub who: Option<Identity>,
}

impl Context {
    /// The KMS key that `name` stands for, asked as `profile`, for a vault that will depend on it. Whoever may change an alias decides
    /// where it points: the key that it is now is confirmed. A key's ARN is what was said. Warns, once, where the key is not of the
    /// profile's own account; with `--quiet` that is not asked.
    pub fn chosen_key(&self, profile: &str, name: &KeyName) -> Result<Chosen, CliError> {
        let home = self.home()?;
        let key = self.block_on(keys::resolve(home, profile, name))?;
        // Who that is AWS STS says; where it does not, there is nothing to compare.
        let who = if self.global.quiet { None } else { self.block_on(profiles::who(home, profile)).ok().flatten() };
        let account = who.as_ref().and_then(|who| who.account.as_deref());
        if let Some(own) = account.filter(|own| *own != key.account()) {
            self.out.warning(&foreign(&key, profile, own));
        }
        if let KeyName::Alias(alias) = name {
            let stands = format!("{alias} stands for {key} now.");
            if self.global.yes {
                self.out.message(&stands);
            }
            self.confirm(&format!("{stands} Is that the key?"))?;
        }
        Ok(Chosen { key: KeyName::Key(key), who })
    }
}

fn foreign(key: &KeyArn, profile: &str, own: &str) -> String {
    format!(
        "The KMS key {key} is another account's: {}. The profile {profile} is of account {own}. Whoever runs that other account can withdraw \
         the key, disable it or delete it.",
        key.account()
    )
}
