//! Who is asked for what only a person has: a code, a passphrase, a yes in a browser.

use std::fmt;

use crate::providers::BoxFuture;
use crate::secret::SecretString;

use super::{SessionError, SheetPicture};

/// What a profile needs of the person before it has credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The code that an MFA device shows now.
    MfaCode {
        /// The profile.
        profile: String,
        /// The device: its ARN or serial number.
        serial: String,
        /// AWS did not take the last one.
        again: bool,
    },
    /// The passphrase that the profile is sealed under.
    ProfilePassphrase {
        /// The profile.
        profile: String,
        /// The last one opened nothing.
        again: bool,
    },
}

/// A page that the person opens, on this machine or another, to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// The profile.
    pub profile: String,
    /// Its address, with the code in it.
    pub url: String,
    /// The code, which the page shows, too.
    pub user_code: String,
}

/// A port to the person. Each answer is awaited for as long as it takes: whoever asks can be stopped.
pub trait Person: Send + Sync {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`SessionError::NobodyToAsk`]; [`SessionError::Cancelled`] where they won't answer.
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<SecretString, SessionError>>;

    /// Shows `page` until what is returned is dropped.
    ///
    /// # Errors
    /// [`SessionError::NobodyToAsk`].
    fn show(&self, page: SignInPage) -> Result<Box<dyn Shown>, SessionError>;
}

/// Something that is shown until it is dropped.
pub trait Shown: Send {
    /// Comes when the person puts it away: they won't do what it shows.
    fn put_away(&mut self) -> BoxFuture<'_, ()>;
}

/// Where it can't be put away.
impl Shown for () {
    fn put_away(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

impl SignInPage {
    /// The page's address as a QR code, for a phone; `None` where it is too long for one.
    pub fn picture(&self) -> Option<SheetPicture> {
        SheetPicture::of(&SecretString::copy_of(&self.url)).ok()
    }
}

impl Question {
    /// The profile that it is about.
    pub fn profile(&self) -> &str {
        match self {
            Self::MfaCode { profile, .. } | Self::ProfilePassphrase { profile, .. } => profile,
        }
    }
}

/// Where there is nobody.
pub(super) struct Nobody;

impl Person for Nobody {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<SecretString, SessionError>> {
        Box::pin(async move { Err(SessionError::NobodyToAsk(question.profile().to_owned())) })
    }

    fn show(&self, page: SignInPage) -> Result<Box<dyn Shown>, SessionError> {
        Err(SessionError::NobodyToAsk(page.profile))
    }
}

impl fmt::Debug for dyn Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person")
    }
}
