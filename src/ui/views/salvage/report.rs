//! What came of a salvage: what is in the new vault, and what is not, by name.

use egui::Ui;
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::action::{Actions, Place};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::views::named_rows::{self, NamedRow};
use crate::ui::views::slots::good;
use crate::ui::widgets::{Button, button, card, notice, text};
use crate::ui::wording::salvage as wording;
use crate::vault::{ItemId, SalvageReport};
use crate::worker::Salvaged;

/// So many rows are listed under each heading; a person who has more has read enough.
const LISTED: usize = 500;

/// Draws it. `locked`: its titles are gone.
pub(super) fn show(ui: &mut Ui, done: &Salvaged, locked: bool, out: &mut Actions) {
    let report = &done.report;
    ui.add_space(space::XL);
    text::title(ui, "What still opened");
    ui.add_space(space::M);
    let copied = format!(
        "{} · {} · {}",
        show::count(report.items, "item"),
        show::count(report.revisions, "version"),
        show::bytes(report.bytes)
    );
    if wording::is_whole(report) {
        good(ui, "Everything was copied", &copied);
    } else {
        let told = wording::told(report);
        notice::plain(ui, notice::Tone::Warning, &told.happened, &told.to_do);
        ui.add_space(space::XS);
        text::small(ui, format!("Copied: {copied}"));
    }
    ui.add_space(space::M);
    text::label(ui, "The new vault");
    text::wrapped_mono(ui, &done.into.to_string_lossy());
    if !report.slots.is_empty() {
        ui.add_space(space::XS);
        text::small(ui, wording::ways_left(report.slots.len()));
    }
    ui.add_space(space::M);
    ui.horizontal_wrapped(|ui| {
        if Button::primary("Open the new vault").icon(Icon::LockOpen).show(ui).clicked() {
            out.go(Place::Unlock(done.into.clone()));
        }
        if button::link(ui, "Back to the damaged one").clicked() {
            out.go(Place::Unlock(done.from.clone()));
        }
    });
    lists(ui, report, locked);
    ui.add_space(space::XL);
}

fn lists(ui: &mut Ui, report: &SalvageReport, locked: bool) {
    if locked && !(report.lost.is_empty() && report.changed.is_empty()) {
        ui.add_space(space::M);
        text::small(ui, "The titles went with the lock. To read them again, do this once more, into another folder.");
    }
    let lost = |whole| {
        let of = report.lost.iter().filter(move |lost| (lost.whole_item || lost.item.is_none()) == whole);
        of.map(|lost| (lost.item, lost.title.as_ref(), wording::lost(lost)))
    };
    let changed = report.changed.iter().map(|it| (it.item, it.title.as_ref(), wording::altered(it.how)));
    list(ui, "Lost", lost(true));
    list(ui, "Versions that were left behind", lost(false));
    list(ui, "Copied, and not as it was", changed.map(|(item, title, words)| (Some(item), title, words)));
    let of_vault = report.problems.iter().filter(|problem| problem.item.is_none());
    let of_vault = of_vault.map(|problem| (None, None, crate::ui::wording::finding(&problem.what)));
    list(ui, "Found wrong with the damaged vault", of_vault);
}

/// A heading with rows, one for each item.
fn list<'a>(
    ui: &mut Ui,
    heading: &str,
    found: impl Iterator<Item = (Option<ItemId>, Option<&'a SecretString>, String)>,
) {
    let mut rows: Vec<NamedRow<'a>> = Vec::new();
    let mut left_out = 0_u64;
    for (item, title, words) in found {
        let full = rows.len() >= LISTED;
        match rows.last_mut().filter(|row| row.item == item && item.is_some()) {
            Some(row) => {
                row.words.push(' ');
                row.words.push_str(&words);
            }
            None if full => left_out += 1,
            None => rows.push(NamedRow { item, title, words, leads: false }),
        }
    }
    if rows.is_empty() {
        return;
    }
    ui.add_space(space::L);
    text::label(ui, heading);
    ui.push_id(heading, |ui| {
        card::show(ui, |ui| {
            named_rows::show(ui, &rows);
            if left_out > 0 {
                text::small(ui, format!("And {} more.", show::grouped(left_out)));
            }
        });
    });
}
