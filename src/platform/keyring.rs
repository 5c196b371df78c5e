//! The system's keyring: opaque secret bytes by name.
//!
//! Owns: every call to the Secret Service (gnome-keyring, KWallet, KeePassXC). Knows nothing of what the bytes are.
//! Invariant: a secret is in the keyring or nowhere: there is no file to fall back to.
//!
//! Each call runs on a plain thread of its own with a connection of its own: the client must not run inside an async runtime
//! (it panics there), a prompt that nobody answers blocks it for ever, and a service that was started or restarted meanwhile
//! is found by the next call. Names are listed in the settings, because keyrings have no portable search.

use std::error::Error as StdError;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error as StoreError};
use secret_service::Error as ServiceError;
use zbus_secret_service_keyring_store::Store;

use crate::secret::{SecretBytes, wipe_deep_stack};

/// The `service` attribute of every entry.
const SERVICE: &str = "sealkeep";

/// Long enough to type a keyring's password, short enough to say that something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the keyring did not do what was asked. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// No keyring service runs for this user, or no session bus to reach one.
    #[error("no keyring service is running")]
    NoService(#[source] Box<dyn StdError + Send + Sync>),
    /// The keyring is locked, and unlocking it was refused or could not be asked.
    #[error("the keyring is locked")]
    Locked,
    /// A prompt of the keyring was not answered in time.
    #[error("the keyring's prompt was not answered")]
    NotAnswered,
    /// The service runs, but has no keyring that new entries go to.
    #[error("there is no default keyring")]
    NoCollection,
    /// There is no entry of this name.
    #[error("the keyring has nothing named “{0}”")]
    NotFound(String),
    /// Several entries have this name, so that none can be trusted to be the right one.
    #[error("the keyring has several entries named “{0}”")]
    Ambiguous(String),
    /// Anything else the service had to say.
    #[error("the keyring failed")]
    Failed(#[source] Box<dyn StdError + Send + Sync>),
}

impl KeyringError {
    /// What to do about it, in one or two short sentences.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoService(_) => {
                "Install gnome-keyring or KWallet, or switch on “Secret Service” in KeePassXC, then try again."
            }
            Self::Locked => "Unlock the keyring, then try again.",
            Self::NotAnswered => "Look for the keyring's window, enter its password there, then try again.",
            Self::NoCollection => "Make a default keyring in the system's password program, then try again.",
            Self::NotFound(_) => "Add it again.",
            Self::Ambiguous(_) => "Remove all but one in the system's password program.",
            Self::Failed(_) => "Try again; log out and in if it stays.",
        }
    }
}

/// The keyring of this user's session.
#[derive(Clone, Debug)]
pub struct Keyring {
    patience: Duration,
}

impl Default for Keyring {
    fn default() -> Self {
        Self::new()
    }
}

impl Keyring {
    /// The session's keyring; nothing is contacted before the first call. A call blocks for up to a minute while the keyring
    /// asks for its password: never make one on the window's or the worker's thread.
    pub fn new() -> Self {
        Self { patience: PATIENCE }
    }

    /// The same, but giving up after `patience`.
    pub fn with_patience(patience: Duration) -> Self {
        Self { patience }
    }

    /// Stores `secret` under `name`, replacing what was there.
    ///
    /// # Errors
    /// `NoService`, `Locked`, `NotAnswered`, `NoCollection`, `Ambiguous`, `Failed`. After `NotAnswered` the secret's copy lives on
    /// until the prompt is answered or the program ends, and it may still be stored.
    pub fn put(&self, name: &str, secret: &SecretBytes) -> Result<(), KeyringError> {
        // EXPOSE: the call's thread may outlive this call, so it owns a copy, which wipes itself.
        let copy = SecretBytes::copy_of(secret.expose());
        self.call(name, move |entry| {
            // EXPOSE: this is where it is handed to the keyring, which encrypts it for the bus.
            entry.set_secret(copy.expose())
        })
    }

    /// The secret stored under `name`.
    ///
    /// # Errors
    /// `NotFound`; `NoService`, `Locked`, `NotAnswered`, `Ambiguous`, `Failed`.
    pub fn get(&self, name: &str) -> Result<SecretBytes, KeyringError> {
        self.call(name, |entry| entry.get_secret().map(SecretBytes::new))
    }

    /// Removes what is stored under `name`; all of it, where there are several.
    ///
    /// # Errors
    /// `NotFound`; `NoService`, `Locked`, `NotAnswered`, `Failed`.
    pub fn remove(&self, name: &str) -> Result<(), KeyringError> {
        self.call(name, |entry| match entry.delete_credential() {
            Err(StoreError::Ambiguous(entries)) => entries.iter().try_for_each(Entry::delete_credential),
            done => done,
        })
    }

    fn call<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Entry) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let name = name.to_owned();
        let work = move || {
            let store = Store::new().map_err(|error| KeyringError::NoService(Box::new(error)))?;
            let label = format!("Sealkeep: {name}");
            let entry = store.build(SERVICE, &name, Some(&[("label", label.as_str())].into()));
            entry.and_then(|entry| work(&entry)).map_err(|error| explain(error, name))
        };
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                let done = work();
                // The next thread gets this one's stack as it is.
                wipe_deep_stack();
                // A receiver that gave up is no concern of this thread.
                drop(answer.send(done));
            })
            .map_err(|error| KeyringError::Failed(Box::new(error)))?;
        match answered.recv_timeout(self.patience) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(KeyringError::NotAnswered),
            Err(RecvTimeoutError::Disconnected) => Err(KeyringError::Failed("its client stopped".into())),
        }
    }
}

fn explain(error: StoreError, name: String) -> KeyringError {
    match error {
        StoreError::NoEntry => KeyringError::NotFound(name),
        StoreError::Ambiguous(_) => KeyringError::Ambiguous(name),
        StoreError::PlatformFailure(source) | StoreError::NoStorageAccess(source) => {
            match source.downcast_ref::<ServiceError>() {
                Some(ServiceError::Locked | ServiceError::Prompt | ServiceError::PromptDisconnected) => {
                    KeyringError::Locked
                }
                Some(ServiceError::NoResult) => KeyringError::NoCollection,
                Some(ServiceError::Unavailable) => KeyringError::NoService(source),
                _ => KeyringError::Failed(source),
            }
        }
        // These two hold the bytes that were read: they go no further.
        StoreError::BadEncoding(bytes) | StoreError::BadDataFormat(bytes, _) => {
            drop(SecretBytes::new(bytes));
            KeyringError::Failed("the entry is not in the keyring's own form".into())
        }
        other => KeyringError::Failed(Box::new(other)),
    }
}
