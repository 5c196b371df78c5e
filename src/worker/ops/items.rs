//! Logins and notes: opening, saving, describing, purging.

use jiff::Timestamp;

use super::Asked;
use super::saving::{commit, save_by, tell_items};
use crate::vault::{Change, Fields, ItemId, Kind, Retention, SummaryEdit};
use crate::worker::thread::on_thread;
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

pub(super) async fn purge(asked: &Asked, items: Vec<(ItemId, Option<Timestamp>)>) -> Result<(), Problem> {
    change(asked, items.into_iter().map(|(item, trashed)| Change::purge(item, trashed)).collect()).await
}

pub(super) async fn set_retention(asked: &Asked, retention: Retention) -> Result<(), Problem> {
    let _turn = asked.stop.or(asked.desk.seat.turn()).await??;
    save_by(asked, move |vault| vault.set_retention(retention)).await?;
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
