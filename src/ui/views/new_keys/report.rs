//! What came of making new keys.

use egui::Ui;

use super::plan::extent;
use crate::ui::action::{Actions, Place};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::named_rows;
use crate::ui::views::slots::good;
use crate::ui::widgets::{Button, notice, text};
use crate::ui::wording::ways;
use crate::worker::{ListKept, RekeyedKeys};

/// Whether everything that was meant has new keys.
pub(super) fn is_whole(rekeyed: &RekeyedKeys) -> bool {
    is_every_version(rekeyed) && rekeyed.done.list_kept.is_none()
}

fn is_every_version(rekeyed: &RekeyedKeys) -> bool {
    rekeyed.done.not_rekeyed.is_empty() && rekeyed.done.pages == 0
}

/// What has new keys.
pub(super) fn happened(rekeyed: &RekeyedKeys) -> String {
    let done = &rekeyed.done;
    match (done.revisions, done.index) {
        (0, true) => "New key for the list".to_owned(),
        (revisions, true) => format!("New keys for {}, and for the list", show::count(revisions, "version")),
        (revisions, false) => format!("New keys for {}", show::count(revisions, "version")),
    }
}

/// Draws it; whether it was read.
pub(super) fn show(ui: &mut Ui, rekeyed: &RekeyedKeys, out: &mut Actions) -> bool {
    let done = &rekeyed.done;
    if is_whole(rekeyed) {
        let more = format!(
            "{} opened and sealed again. Each new key was seen to be unwrapped before its old one went.",
            extent(done.revisions, done.bytes)
        );
        good(ui, &happened(rekeyed), &more);
    } else {
        if is_every_version(rekeyed) {
            notice::plain(ui, notice::Tone::Plain, &happened(rekeyed), "Each was opened and sealed again.");
        } else {
            not_whole(ui, rekeyed, out);
        }
        if let Some(kept) = &done.list_kept {
            ui.add_space(space::M);
            let (happened, to_do) = ("The list kept its key", list_kept(rekeyed, kept));
            notice::plain(ui, notice::Tone::Problem, happened, &to_do);
        }
    }
    for kind in &rekeyed.removed {
        ui.add_space(space::S);
        let name = ways::full_name(kind);
        text::small(ui, format!("The retired way in “{name}” is gone: nothing is under its key any more."));
    }
    ui.add_space(space::M);
    let mut more = "They open with the old keys: delete those that are not needed, and make a new backup.".to_owned();
    if done.index {
        more.push_str(" Other computers that have seen this vault ask to accept the list's new key.");
    }
    notice::plain(ui, notice::Tone::Plain, "Older copies and backups are as they were", &more);
    ui.add_space(space::L);
    Button::new("Done").show(ui).clicked()
}

fn list_kept(rekeyed: &RekeyedKeys, kept: &ListKept) -> String {
    match kept {
        ListKept::Retired(slot) => {
            let way = rekeyed.ways.iter().find(|(id, _)| id == slot).map(|(_, kind)| ways::full_name(kind));
            let way = way.map_or_else(|| "A retired way in".to_owned(), |name| format!("The retired way in “{name}”"));
            format!(
                "{way} still opens something, and would not open the list any more. Remove it in Ways in, then make new keys once more."
            )
        }
        ListKept::Damaged(what) => {
            format!(
                "Something in it is not what was written: {what}. Bring it back from a backup, or delete it for good. Then make new keys once more."
            )
        }
    }
}

fn not_whole(ui: &mut Ui, rekeyed: &RekeyedKeys, out: &mut Actions) {
    let done = &rekeyed.done;
    let left = match (done.not_rekeyed.len() as u64, done.pages) {
        (0, pages) => format!("what stands on {} of the list", show::count(pages, "page")),
        (revisions, 0) => show::count(revisions, "version"),
        (revisions, pages) => {
            format!(
                "{} and what stands on {} of the list",
                show::count(revisions, "version"),
                show::count(pages, "page")
            )
        }
    };
    let happened = format!("{}; not for {left}", happened(rekeyed));
    let to_do = "What could not be sealed again has its old keys. Bring it back from a backup, or delete it for good. Then make new keys once more.";
    notice::plain(ui, notice::Tone::Problem, &happened, to_do);
    if rekeyed.missing.is_empty() {
        return;
    }
    ui.add_space(space::M);
    let why = done.not_rekeyed.iter().map(|key| &key.why);
    if let Some(item) = named_rows::show_versions(ui, &rekeyed.missing, why) {
        out.go(Place::Item(item));
    }
}
