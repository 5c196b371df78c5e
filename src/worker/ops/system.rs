//! Settings, file dialogs, generated secrets, and the beginning.

use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use super::Asked;
use crate::platform::{Dialog, DialogKind, DialogOutcome, LoadedSettings, LockListener, WindowSize, show_dialog};
use crate::session::generate;
use crate::worker::handle::{Asker, Control};
use crate::worker::thread::on_thread;
use crate::worker::{Generate, LockReason, Problem, Settings, What};

pub(super) async fn start(asked: &Asked) -> Result<(), Problem> {
    let LoadedSettings { settings, set_aside } = load_settings(asked).await?;
    asked.reply.tell(What::Started { settings, set_aside, vaults_folder: asked.desk.vaults_folder() });
    if asked.desk.listener.borrow().is_some() {
        return Ok(());
    }
    let (epoch, controls) = (asked.epoch.clone(), asked.controls.clone());
    let listener = LockListener::start(asked.desk.home()?.folders(), move |request| {
        epoch.advance();
        // Unheard, the request is dropped, which says that nothing was locked.
        let _ = controls.send(Control::Lock(LockReason::Requested, Asker::Program(request)));
    })?;
    asked.desk.listener.replace(Some(listener));
    Ok(())
}

pub(super) async fn load_settings(asked: &Asked) -> Result<LoadedSettings, Problem> {
    let file = asked.desk.home()?.settings().clone();
    let loaded = on_thread("settings", move || file.load()).await??;
    asked.desk.put_settings(&loaded.settings);
    Ok(loaded)
}

/// Sends the profiles, where they are others than the window knows: another program may have added one. Where they can't be read, the
/// window goes on with those.
pub(super) async fn tell_changed_profiles(asked: &Asked) {
    let before = asked.desk.settings().profiles;
    let Ok(now) = load_settings(asked).await.map(|loaded| loaded.settings.profiles) else { return };
    if now != before {
        asked.desk.outbox.tell(What::ProfilesChanged(now));
    }
}

/// Sends the settings as they are now.
pub(super) async fn tell_settings(asked: &Asked) -> Result<(), Problem> {
    let loaded = load_settings(asked).await?;
    asked.reply.tell(What::SettingsChanged(loaded.settings));
    Ok(())
}

pub(super) async fn save_settings(asked: &Asked, new: Settings) -> Result<(), Problem> {
    change_settings(asked, move |settings| {
        settings.theme = new.theme;
        settings.idle_lock_minutes = new.idle_lock_minutes;
        settings.clipboard_clear_seconds = new.clipboard_clear_seconds;
        settings.scale_percent = new.scale_percent;
    })
    .await
}

pub(super) async fn remember_size(asked: &Asked, size: WindowSize) -> Result<(), Problem> {
    change_settings(asked, move |settings| settings.window = Some(size)).await
}

pub(super) async fn forget_vault(asked: &Asked, folder: PathBuf) -> Result<(), Problem> {
    change_settings(asked, move |settings| settings.forget_vault(&folder)).await
}

pub(super) async fn change_settings(
    asked: &Asked,
    change: impl FnOnce(&mut Settings) + Send + 'static,
) -> Result<(), Problem> {
    let file = asked.desk.home()?.settings().clone();
    let changed = on_thread("settings", move || file.update(change)).await??;
    asked.desk.put_settings(&changed.settings);
    asked.reply.tell(What::SettingsChanged(changed.settings));
    Ok(())
}

pub(super) fn clear_clipboard(asked: &Asked) -> Result<(), Problem> {
    if !asked.desk.clear_clipboard() {
        asked.reply.tell(What::ClipboardCleared);
    }
    Ok(())
}

pub(super) fn generate(asked: &Asked, what: Generate) -> Result<(), Problem> {
    let made = match what {
        Generate::Password(length) => generate::password(length)?,
        Generate::Words(count) => generate::words(count)?,
    };
    asked.reply.tell(What::Generated(made.secret));
    Ok(())
}

pub(super) async fn pick_save_as(asked: &Asked, title: &str, name: &str) -> Result<(), Problem> {
    // What a title says must not choose the folder.
    let name = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    pick(asked, DialogKind::Save { name }, title).await
}

pub(super) async fn pick(asked: &Asked, kind: DialogKind, title: &str) -> Result<(), Problem> {
    let (give, take) = oneshot::channel();
    let dialog = Dialog { kind, title: title.to_owned(), folder: None };
    // Dropping it, which a cancel and a lock do, closes it.
    let _open = show_dialog(&dialog, move |outcome| drop(give.send(outcome)));
    match asked.stop.or(take).await? {
        Ok(DialogOutcome::Picked(paths)) => asked.reply.tell(What::Picked(paths)),
        Ok(DialogOutcome::Cancelled) => asked.reply.tell(What::Picked(Vec::new())),
        Ok(DialogOutcome::Unavailable) | Err(_) => return Err(Problem::NoDialog),
    }
    Ok(())
}
