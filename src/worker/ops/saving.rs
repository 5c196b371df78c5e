//! What every command that saves does: make files durable, change the vault, tell what could not be done after it, and show what there
//! is now.

use super::Asked;
use crate::vault::{Change, ItemId, UnlockedVault, VaultError};
use crate::worker::thread::on_thread_without_keys;
use crate::worker::{Problem, What};

/// Shows what was saved. Where the vault was locked meanwhile there is no list, and what was saved is saved.
pub(super) async fn tell_items(asked: &Asked) {
    let _ = asked.desk.tell_items(&asked.reply).await;
}

/// Makes the file of a sealed document durable, if it is one. A lock does not wait for that: there is no key any more, and what was not
/// saved goes with whoever drops it.
pub(super) async fn make_durable(asked: &Asked, change: &Change) -> Result<(), Problem> {
    let Some(flush) = change.unflushed()? else { return Ok(()) };
    Ok(asked.stop.or(on_thread_without_keys("flush", move || flush.run())).await???)
}

/// Saves, for whoever has the turn. What has begun here is done, whatever happens meanwhile.
pub(super) async fn commit(asked: &Asked, changes: Vec<Change>) -> Result<Vec<ItemId>, Problem> {
    save_by(asked, |vault| vault.commit(changes)).await
}

/// Changes the vault by `change`, for whoever has the turn, and tells what could not be done of what follows a change.
pub(super) async fn save_by<T: Send + 'static>(
    asked: &Asked,
    change: impl FnOnce(&mut UnlockedVault) -> Result<T, VaultError> + Send + 'static,
) -> Result<T, Problem> {
    let saving = asked.desk.seat.on_thread(move |session| {
        let before = session.vault.remains();
        let saved = change(&mut session.vault)?;
        let unpinned = session.vault.unpinned().map(|error| Problem::other(error));
        let left = (session.vault.remains().in_log && !before.in_log).then_some(Problem::StillInLog);
        Ok::<_, VaultError>((saved, unpinned.into_iter().chain(left)))
    });
    let (saved, problems) = saving.await??;
    problems.for_each(|problem| asked.desk.outbox.tell(What::Failed(problem)));
    Ok(saved)
}
