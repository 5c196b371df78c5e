//! The commands' work, one file each group. Each waits only through its `Stop`, or for a thread that looks at it.

mod accept;
mod add_files;
mod bulk;
mod check;
mod documents;
mod expand;
mod history;
mod holding;
mod import;
mod items;
mod keys;
mod moves;
mod open;
mod profiles;
mod rekey;
mod salvage;
mod saving;
mod seal_beside;
mod seal_item;
mod slots;
mod system;

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::mpsc as queue;

use super::desk::Desk;
use super::handle::Control;
use super::outbox::{Epoch, Reply};
use super::stop::{Stop, StopReason};
use super::{Command, Problem};
use crate::platform::DialogKind;

/// What one command's work has.
pub(super) struct Asked {
    pub(super) desk: Rc<Desk>,
    pub(super) reply: Reply,
    pub(super) stop: Stop,
    pub(super) controls: queue::UnboundedSender<Control>,
    pub(super) epoch: Epoch,
    /// Whether it has something that a lock waits for.
    pub(super) holds: Rc<Cell<bool>>,
}

/// A command's work has let go of everything: a lock does not wait for it as long as this lives.
struct LetGo<'a>(&'a Asked);

impl Drop for LetGo<'_> {
    fn drop(&mut self) {
        self.0.holds.set(true);
    }
}

impl Asked {
    /// From now on this work has nothing of a vault: it only waits for the disk, and a lock does not wait for it.
    fn let_go(&self) -> LetGo<'_> {
        self.holds.set(false);
        // A lock that was waiting for this has to look again.
        let _ = self.controls.send(Control::Rang);
        LetGo(self)
    }

    /// What a thread's or a room's failure means, once it is known who stopped it.
    fn explain(&self, problem: Problem) -> Problem {
        match (problem, self.stop.reason()) {
            (Problem::Cancelled | Problem::NoVault, Some(reason @ StopReason::Locked)) => reason.into(),
            // A lock ends reads before anything else of it happens.
            (Problem::Cancelled, None) if self.reply.is_late() => Problem::Locked,
            (problem, _) => problem,
        }
    }
}

/// Does what `command` asks for, and answers.
pub(super) async fn answer(asked: Asked, command: Command) {
    let opens = command.opens();
    // What opens the vault without a key that will be gone is another now.
    let changes_ways = keys::changes_ways(&command) && !asked.desk.alarms.borrow().is_empty();
    let worked = work(&asked, command).await;
    // A key that fails may be one that will be gone; one that did its work may be so all the same.
    let is_about_key = opens || changes_ways || worked.as_ref().is_err_and(Problem::is_about_a_key);
    if let Err(problem) = worked {
        asked.reply.fail(asked.explain(problem));
    }
    // Whatever was done may have taken in what other programs saved.
    asked.desk.tell_news(&asked.reply).await;
    asked.desk.tell_standing(&asked.reply).await;
    if is_about_key && !asked.reply.is_late() {
        keys::watch(&asked).await;
    }
}

async fn work(asked: &Asked, command: Command) -> Result<(), Problem> {
    match command {
        Command::Start => system::start(asked).await,
        Command::InspectVault { folder } => open::inspect(asked, folder).await,
        Command::CreateVault { folder, key } => open::create(asked, folder, key).await,
        Command::Unlock { folder, by, trust } => open::unlock(asked, folder, by, trust).await,
        Command::AcceptVault { seen } => accept::accept(asked, seen).await,
        Command::OpenItem { item, revision } => items::open(asked, item, revision).await,
        Command::OpenHistory { item } => history::list(asked, item).await,
        Command::RestoreRevision { item, revision } => history::restore(asked, item, revision).await,
        Command::AddVersion { item, path } => history::add_version(asked, item, path).await,
        Command::SaveItem { item, draft } => items::save(asked, item, draft).await,
        Command::Describe { edits } => items::describe(asked, edits).await,
        Command::Purge { items } => items::purge(asked, items).await,
        Command::SetRetention(retention) => items::set_retention(asked, retention).await,
        Command::CopyField { item, field } => items::copy_field(asked, item, &field).await,
        Command::OpenDocument { item, revision } => documents::open(asked, item, revision).await,
        Command::SaveDocumentAs { item, revision, path, replace } => {
            documents::save_as(asked, item, revision, path, replace).await
        }
        Command::AddFiles { paths } => add_files::add(asked, paths).await,
        Command::SealBeside { paths, recipients } => seal_beside::seal(asked, paths, recipients).await,
        Command::SealItem(wanted) => seal_item::seal(asked, wanted).await,
        Command::Copy { text } => asked.desk.copy(asked.reply.clone(), text),
        Command::CopyPlain { text } => asked.desk.copy_plain(asked.reply.clone(), text),
        Command::ClearClipboard => system::clear_clipboard(asked),
        Command::PickFiles { title } => system::pick(asked, DialogKind::PickFiles, title).await,
        Command::PickFolder { title } => system::pick(asked, DialogKind::PickFolder, title).await,
        Command::PickSaveAs { title, name } => system::pick_save_as(asked, title, &name).await,
        Command::Generate(what) => system::generate(asked, what),
        Command::ListProfiles => profiles::list(asked).await,
        Command::AddProfile(new) => profiles::add(asked, new, None).await,
        Command::ReplaceProfile { new, old } => profiles::add(asked, new, Some(&old)).await,
        Command::ListSeats(new) => profiles::seats(asked, new).await,
        Command::ProtectProfile { name, passphrase } => profiles::protect(asked, &name, passphrase).await,
        Command::SignIn { profile } => profiles::sign_in(asked, profile).await,
        Command::Answer { id, answer } => {
            asked.desk.person.answer(id, answer);
            Ok(())
        }
        Command::TestProfile { name, key } => profiles::test(asked, &name, key).await,
        Command::RemoveProfile { name } => profiles::remove(asked, &name).await,
        Command::Import(step) => import::step(asked, step).await,
        Command::ListKeys { profile } => keys::list(asked, profile).await,
        Command::PlanKey { profile, region, alias, description } => {
            keys::plan(asked, profile, region, alias, description).await
        }
        Command::MakeKey { profile, plan } => keys::make(asked, profile, plan).await,
        Command::LookAtKeys => keys::look(asked).await,
        Command::EnableRotation { slot } => keys::enable_rotation(asked, slot).await,
        Command::RotateNow { slot } => keys::rotate_now(asked, slot).await,
        Command::SaveSettings(settings) => system::save_settings(asked, settings).await,
        Command::RememberSize(size) => system::remember_size(asked, size).await,
        Command::ForgetVault { folder } => system::forget_vault(asked, folder).await,
        Command::ListWays => slots::list(asked).await,
        Command::MakeSheet => slots::make_sheet(asked).await,
        Command::SaveSheet { sheet, path, replace } => slots::save_sheet(asked, sheet, path, replace).await,
        Command::AddWay(new) => slots::add(asked, new).await,
        Command::RetireWay { slot } => slots::retire(asked, slot).await,
        Command::RemoveWay { slot } => slots::remove(asked, slot).await,
        Command::PlanMove(to) => moves::plan(asked, to).await,
        Command::MoveKeys(to) => moves::run(asked, to).await,
        Command::Rekey(step) => rekey::step(asked, step).await,
        Command::RepairWays => slots::repair(asked).await,
        Command::ChangePassphrase { slot, old, new } => slots::change_passphrase(asked, slot, old, new).await,
        Command::Drill { secret } => slots::drill(asked, secret).await,
        Command::PutHintAside => slots::put_hint_aside(asked).await,
        Command::CheckVault => check::check(asked).await,
        Command::InspectToSalvage { folder } => salvage::inspect(asked, folder).await,
        Command::Salvage(wanted) => salvage::salvage(asked, wanted).await,
        Command::StillHere => look_for_changes(asked).await,
    }
}

/// Takes in what other programs saved in the open vault, if there is one.
async fn look_for_changes(asked: &Asked) -> Result<(), Problem> {
    let Ok(looked) = asked.desk.seat.with(|session| session.vault.refresh()).await else { return Ok(()) };
    looked.map(|_| ()).map_err(Problem::from)
}
