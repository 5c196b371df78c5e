//! The person at the terminal, for what a profile needs of them.

use std::path::PathBuf;

use sealkeep::platform;
use sealkeep::providers::{BoxFuture, ProviderError};
use sealkeep::secret::SecretString;
use sealkeep::session::{Person, Question, SessionError, Shown, SignInPage};

use crate::input::{Purpose, ask_secret, tell_terminal, typed_secret};
use crate::output::Output;

/// Asks on the terminal; a profile's passphrase may also come from `--passphrase-file`.
pub struct AtTerminal {
    pub passphrase_file: Option<PathBuf>,
    pub out: Output,
    /// Whether another program started this one for its answer, and takes its messages: then the terminal itself is enough.
    pub is_started_by_program: bool,
}

impl Person for AtTerminal {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<SecretString, SessionError>> {
        // Nothing else goes on in this process meanwhile.
        Box::pin(async move { self.ask_now(&question) })
    }

    fn show(&self, page: SignInPage) -> Result<Box<dyn Shown>, SessionError> {
        if !self.can_ask() {
            return Err(SessionError::NobodyToAsk(page.profile));
        }
        let what = format!(
            "{}To sign in as “{}”, open this page in any browser, see that it shows {}, and allow it:\n  {}",
            self.who(),
            page.profile,
            page.user_code,
            page.url
        );
        if self.is_started_by_program {
            // What goes to standard error is that program's to show, and it shows it when it is too late.
            tell_terminal(&what).map_err(|_| SessionError::NobodyToAsk(page.profile))?;
        } else {
            self.out.notice(&what);
        }
        Ok(Box::new(()))
    }
}

impl AtTerminal {
    fn can_ask(&self) -> bool {
        platform::can_ask() || self.is_started_by_program && platform::has_terminal()
    }

    /// Whoever is at the terminal may have started something else, and has to know who asks.
    fn who(&self) -> &'static str {
        if self.is_started_by_program { "sealkeep-cli: " } else { "" }
    }

    fn ask_now(&self, question: &Question) -> Result<SecretString, SessionError> {
        let who = self.who();
        let (again, prompt) = match question {
            Question::MfaCode { profile, serial, again } => {
                if !self.can_ask() {
                    return Err(SessionError::NobodyToAsk(profile.clone()));
                }
                // Whoever mistyped it waits for the next one: a code is good once.
                return if *again {
                    Err(ProviderError::WrongCode.into())
                } else {
                    ask_secret(&format!("{who}MFA code of {serial}")).map_err(|_| SessionError::Cancelled)
                };
            }
            Question::ProfilePassphrase { profile, again } => (again, format!("Passphrase of the profile {profile}")),
        };
        if *again {
            return Err(ProviderError::WrongPassphrase.into());
        }
        let file = self.passphrase_file.as_deref();
        if file.is_none() && !self.can_ask() {
            return Err(SessionError::NobodyToAsk(question.profile().to_owned()));
        }
        if file.is_none() {
            return ask_secret(&format!("{who}{prompt}")).map_err(|_| SessionError::Cancelled);
        }
        typed_secret(file, ("passphrase", "--passphrase-file"), &prompt, Purpose::Open).map_err(|error| match error {
            crate::error::CliError::Session(error) => error,
            _ => SessionError::Cancelled,
        })
    }
}
