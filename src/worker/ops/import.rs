//! Profiles of the AWS command line: read, stored, and their plaintext keys out of its files.
//!
//! Each step reads the files again, and goes on only where they are what the step before saw: between them nothing of a key is in
//! memory. A lock ends whatever is under way; a profile is stored whole or not at all, and so is a file.

use std::path::PathBuf;
use std::sync::Arc;

use super::Asked;
use super::system::load_settings;
use crate::secret::SecretString;
use crate::session::import::{Import, Process, Seen};
use crate::worker::import::Begun;
use crate::worker::thread::on_thread;
use crate::worker::{AwsProfiles, ImportCommand, ImportProblem, ImportTold, Imported, KeysRemoved, Problem, What};

pub(super) async fn step(asked: &Asked, step: ImportCommand) -> Result<(), Problem> {
    match step {
        ImportCommand::Look { region } => look(asked, region).await,
        ImportCommand::Store { names, protect } => store(asked, names, protect).await,
        ImportCommand::RemoveKeys { use_sealkeep } => remove_keys(asked, use_sealkeep).await,
    }
}

async fn look(asked: &Asked, region: Option<String>) -> Result<(), Problem> {
    asked.desk.import.take();
    let reading = region.clone();
    let import = asked.stop.or(on_thread("import", move || Import::read(reading.as_deref()))).await???;
    let (files, found) = (import.paths(), import.found());
    let profiles = load_settings(asked).await?.settings.profiles;
    let seen = asked.stop.or(Seen::of(asked.desk.home()?, profiles.clone(), &import)).await??;
    asked.desk.import.replace(Some(Begun { shown: import.files_read(), region, seen, stored: None }));
    tell(asked, ImportTold::Found(AwsProfiles { files, found, refused: import.refused, profiles }));
    Ok(())
}

async fn store(asked: &Asked, names: Vec<String>, protect: Option<SecretString>) -> Result<(), Problem> {
    let import = read_as_shown(asked, &names).await?;
    let (found, mut done) = (import.found(), 0);
    let total = found.len();
    tell(asked, ImportTold::Storing { done, total });
    let each = |_: &str| {
        done += 1;
        tell(asked, ImportTold::Storing { done, total });
    };
    let begun = asked.desk.import.borrow().as_ref().map(|begun| begun.seen.clone());
    let Some(mut seen) = begun else { return Err(Problem::Import(ImportProblem::Over)) };
    let stored = asked.stop.or(import.store(asked.desk.home()?, &mut seen, protect.as_ref(), each)).await;
    if let Some(begun) = asked.desk.import.borrow_mut().as_mut() {
        // What was stored before it failed is replaced without a question when it is tried again.
        begun.seen = seen;
    }
    let stored = stored??;
    let process = on_thread("import", Process::here).await?;
    let (lines, found_by) = (import.lines_instead(&process), process.found.clone());
    if let Some(begun) = asked.desk.import.borrow_mut().as_mut() {
        begun.stored = Some((names, stored, process));
    }
    tell(
        asked,
        ImportTold::Imported(Imported {
            stored: found,
            profiles: load_settings(asked).await?.settings.profiles,
            keys: import.keys_in_files(),
            kept: import.kept_keys(),
            needs_its_keys: import.needs_its_keys(),
            lines,
            found_by,
            copies: copies(import).await?,
        }),
    );
    Ok(())
}

async fn remove_keys(asked: &Asked, use_sealkeep: bool) -> Result<(), Problem> {
    let begun = asked.desk.import.borrow().as_ref().and_then(|begun| begun.stored.clone());
    let Some((names, stored, process)) = begun else { return Err(Problem::Import(ImportProblem::Over)) };
    let import = read_as_shown(asked, &names).await?;
    let mut removed = Vec::new();
    let instead = use_sealkeep.then_some(&process);
    let removing = import.remove_keys(asked.desk.home()?, &stored, instead, |one| removed.push(one));
    let stopped = asked.stop.or(removing).await?.err().map(Problem::from);
    if let (Some(problem), true) = (&stopped, removed.is_empty()) {
        return Err(problem.clone());
    }
    // What was shown is no more: another look begins anew.
    asked.desk.import.take();
    let goes_on = import.goes_on(&removed, &process);
    // What is done is told, whatever becomes of a look for more.
    let copies = copies(import).await.unwrap_or_default();
    tell(asked, ImportTold::KeysRemoved(KeysRemoved { removed, stopped, goes_on, copies }));
    Ok(())
}

/// The files once more, as long as they are what was shown: `names`, and whose credentials they take.
async fn read_as_shown(asked: &Asked, names: &[String]) -> Result<Arc<Import>, Problem> {
    let begun = asked.desk.import.borrow().as_ref().map(|begun| (begun.shown.clone(), begun.region.clone()));
    let Some((shown, region)) = begun else { return Err(Problem::Import(ImportProblem::Over)) };
    let names = names.to_vec();
    let reading = move || {
        let import = Import::read(region.as_deref())?;
        import.check_read(&shown)?;
        import.choose(&names)
    };
    Ok(Arc::new(asked.stop.or(on_thread("import", reading)).await???))
}

async fn copies(import: Arc<Import>) -> Result<Vec<PathBuf>, Problem> {
    on_thread("import", move || import.copies()).await
}

fn tell(asked: &Asked, told: ImportTold) {
    asked.reply.tell(What::Import(Box::new(told)));
}
