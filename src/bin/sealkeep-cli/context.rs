//! What every command has: the global options, the one reader of standard input, passphrases, confirmations, a runtime.

use std::cell::{Cell, OnceCell};
use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sealkeep::platform;
use sealkeep::secret::SecretString;
use sealkeep::session::{Home, SessionError};
use tokio::runtime::Runtime;

use crate::args::Global;
use crate::error::CliError;
use crate::input::{Purpose, ask_to_go_on, names_stdin, typed_secret};
use crate::output::Output;
use crate::person::AtTerminal;

/// So often somebody looks whether a signal came.
const LOOKED: Duration = Duration::from_millis(50);

/// What every command has.
pub struct Context {
    pub global: Global,
    pub out: Output,
    home: OnceCell<Home>,
    runtime: OnceCell<Runtime>,
    /// Who reads standard input.
    stdin: Cell<Option<&'static str>>,
    /// Whether something damaged was found, and told, on the way.
    damaged: Cell<bool>,
    /// Whether AWS was asked for the vault's keys that will be gone.
    pub(crate) looked_for_doomed: Cell<bool>,
    /// Whether another program started this one for its answer, and takes its messages.
    pub(crate) is_started_by_program: Cell<bool>,
}

impl Context {
    pub fn new(global: Global) -> Self {
        let out = Output { json: global.json, quiet: global.quiet };
        let stdin =
            Cell::new(global.passphrase_file.as_deref().is_some_and(names_stdin).then_some("--passphrase-file -"));
        Self {
            global,
            out,
            home: OnceCell::new(),
            runtime: OnceCell::new(),
            stdin,
            damaged: Cell::new(false),
            looked_for_doomed: Cell::new(false),
            is_started_by_program: Cell::new(false),
        }
    }

    /// Standard input is `reader`'s. To be called before anything else is done.
    pub fn claim_stdin(&self, reader: &'static str) -> Result<(), CliError> {
        match self.stdin.replace(Some(reader)) {
            None => Ok(()),
            Some(other) => {
                let what = format!("Standard input can't be read by both {other} and {reader}.");
                Err(CliError::usage(what, "Put one of them into a file."))
            }
        }
    }

    /// Something damaged was told: the command ends with that, even where it did all it was asked to.
    pub fn note_damage(&self) {
        self.damaged.set(true);
    }

    /// What was told was accepted.
    pub fn forget_damage(&self) {
        self.damaged.set(false);
    }

    /// Whether something damaged was told.
    pub fn is_damaged(&self) -> bool {
        self.damaged.get()
    }

    /// This installation, with a warning where its settings were damaged.
    pub fn home(&self) -> Result<&Home, CliError> {
        if let Some(home) = self.home.get() {
            return Ok(home);
        }
        let home = Home::open()?;
        if let Some(kept) = home.settings().load().map_err(SessionError::from)?.set_aside {
            self.out
                .warning(&format!("The settings were damaged. They were kept as {} and begin anew.", kept.display()));
        }
        let person = AtTerminal {
            passphrase_file: self.global.passphrase_file.clone(),
            out: self.out,
            is_started_by_program: self.is_started_by_program.get(),
        };
        Ok(self.home.get_or_init(|| home.with_person(Arc::new(person))))
    }

    /// The vault's folder: what `--vault`, then `$SEALKEEP_VAULT` says, else the one opened last.
    pub fn vault_folder(&self) -> Result<PathBuf, CliError> {
        if let Some(folder) = self.named_vault() {
            return Ok(folder);
        }
        let last = self.home()?.last_vault()?;
        last.ok_or_else(|| {
            CliError::usage("No vault was named, and none was opened here before.", "Name one: --vault DIR.")
        })
    }

    /// The vault's folder, if it was named.
    pub fn named_vault(&self) -> Option<PathBuf> {
        let variable = || std::env::var_os("SEALKEEP_VAULT").filter(|value| !value.is_empty()).map(PathBuf::from);
        self.global.vault.clone().or_else(variable)
    }

    /// The passphrase, from `--passphrase-file` or the terminal, where `prompt` says what it is for.
    pub fn passphrase(&self, prompt: &str, purpose: Purpose) -> Result<SecretString, CliError> {
        typed_secret(self.global.passphrase_file.as_deref(), ("passphrase", "--passphrase-file"), prompt, purpose)
    }

    /// Goes on only where the person, or `--yes`, says so.
    pub fn confirm(&self, question: &str) -> Result<(), CliError> {
        if self.global.yes {
            return Ok(());
        }
        if !platform::can_ask() {
            let what = format!("This needs to be confirmed: {question}");
            return Err(CliError::usage(what, "Say --yes to go on."));
        }
        ask_to_go_on(question)
    }

    /// Runs a future of the library to its end, or until Ctrl+C.
    pub fn block_on<T, E: Into<SessionError>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, CliError> {
        self.runtime()?.block_on(async {
            tokio::select! {
                done = work => Ok(done.map_err(Into::into)?),
                () = interruption() => Err(SessionError::Cancelled.into()),
            }
        })
    }

    /// Runs a future that must not be left half-way to its end, and that looks by itself for Ctrl+C where it can stop: often enough that
    /// nobody waits for it. A second Ctrl+C ends the process all the same.
    pub fn block_on_all_of<T, E: Into<SessionError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CliError> {
        self.runtime()?.block_on(async {
            tokio::select! {
                done = work => Ok(done.map_err(Into::into)?),
                never = waking() => match never {},
            }
        })
    }

    /// One for the whole command: connections to AWS belong to the runtime that they were made in.
    fn runtime(&self) -> Result<&Runtime, CliError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| SessionError::Thread)?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

/// Comes when a signal came that somebody watches for.
async fn interruption() {
    let mut ticks = tokio::time::interval(LOOKED);
    while !platform::interrupted() {
        ticks.tick().await;
    }
}

/// Never comes, and has everything polled that is awaited beside it.
async fn waking() -> Infallible {
    let mut ticks = tokio::time::interval(LOOKED);
    loop {
        ticks.tick().await;
    }
}
