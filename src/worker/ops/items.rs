//! Logins and notes: opening, saving, describing, purging.

use super::Asked;
use crate::vault::{Change, Fields, ItemId, Kind, Retention, SummaryEdit, UnlockedVault, VaultError};
use crate::worker::thread::{on_thread, on_thread_without_keys};
use crate::worker::{Draft, Problem, What};

pub(super) async fn open(asked: &Asked, item: ItemId, revision: Option<u32>) -> Result<(), Problem> {
    let fields = read(asked, item, revision).await?;
    asked.reply.tell(What::ItemOpened { item, revision, fields });
    Ok(())
}

pub(super) async fn copy_field(asked: &Asked, item: ItemId, name: &str) -> Result<(), Problem> {
    let fields = read(asked, item, None).await?;
    let field = fields.0.into_iter().find(|field| field.name == name);
    let field = field.ok_or_else(|| Problem::Invalid { what: format!("the item has no field “{name}”") })?;
    asked.desk.copy(asked.reply.clone(), field.value)
}

async fn read(asked: &Asked, item: ItemId, revision: Option<u32>) -> Result<Fields, Problem> {
    let opening = asked.desk.seat.with(|session| session.vault.body_reader(item, revision)).await?;
    let reader = asked.stop.or(opening).await??;
    asked.desk.tell_latency(&asked.reply).await?;
    let fields = on_thread("open", move || reader.fields()).await??;
    asked.stop.check()?;
    Ok(fields)
}

pub(super) async fn save(asked: &Asked, item: Option<ItemId>, draft: Draft) -> Result<(), Problem> {
    let Draft { kind, title, tags, fields } = draft;
    if !matches!(kind, Kind::Login | Kind::Note) {
        return Err(Problem::WrongKind);
    }
    let seat = &asked.desk.seat;
    let _turn = asked.stop.or(seat.turn()).await??;
    let making = seat.with(|session| session.vault.new_body(item)).await?;
    let body = asked.stop.or(making).await??;
    asked.desk.tell_latency(&asked.reply).await?;
    let subtitle = fields.subtitle(&kind);
    let body = on_thread("seal", move || body.seal_fields(&fields)).await??;
    asked.stop.check()?;
    let change = match item {
        None => Change::Add { kind, title, tags, subtitle, media_type: String::new(), body },
        Some(item) => {
            let (title, tags, subtitle) = (Some(title), Some(tags), Some(subtitle));
            let edit = SummaryEdit { title, tags, subtitle, ..SummaryEdit::default() };
            Change::Revise { item, body, edit }
        }
    };
    let saved = commit(asked, vec![change]).await?;
    if let Some(item) = saved.first() {
        asked.reply.tell(What::Saved { item: *item });
    }
    tell_items(asked).await;
    Ok(())
}

pub(super) async fn describe(asked: &Asked, edits: Vec<(ItemId, SummaryEdit)>) -> Result<(), Problem> {
    change(asked, edits.into_iter().map(|(item, edit)| Change::Describe { item, edit }).collect()).await
}

pub(super) async fn purge(asked: &Asked, items: Vec<ItemId>) -> Result<(), Problem> {
    change(asked, items.into_iter().map(|item| Change::Purge { item }).collect()).await
}

pub(super) async fn set_retention(asked: &Asked, retention: Retention) -> Result<(), Problem> {
    let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
    asked.desk.seat.on_thread(move |session| session.vault.set_retention(retention)).await??;
    asked.reply.tell(What::Changed { items: Vec::new() });
    tell_items(asked).await;
    Ok(())
}

async fn change(asked: &Asked, changes: Vec<Change>) -> Result<(), Problem> {
    let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
    let items = commit(asked, changes).await?;
    asked.reply.tell(What::Changed { items });
    tell_items(asked).await;
    Ok(())
}

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
