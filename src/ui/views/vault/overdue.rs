//! What is past its time in the trash: told above the vault when it is opened, and left alone until somebody decides.
//!
//! Owns: nothing; the items are the catalogue's. Invariant: nothing goes without a question that names how much.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};
use lucide_icons::Icon;

use super::catalogue::Filter;
use super::dialogs::Dialog;
use super::{Next, Pane, Vault};
use crate::ui::action::{Actions, Purpose};
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::widgets::{Button, button, icon, speech, text};
use crate::vault::{ItemId, SummaryEdit};
use crate::worker::Command;

impl Vault {
    /// Draws it, if there is anything past its time.
    pub(super) fn overdue(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let (Some(open), Some(days)) = (&shared.open, self.retention.trash_days) else { return };
        if self.overdue.is_empty() {
            return;
        }
        // They may be all that the vault has: looked at again only where something has changed.
        if self.overdue_by.replace(self.retention) != Some(self.retention) {
            let (now, catalogue, retention) = (open.now(ui.ctx()), &self.catalogue, self.retention);
            let due = |item: &ItemId| catalogue.find(*item).and_then(|item| retention.due(item));
            self.overdue.retain(|item| due(item).is_some_and(|due| due <= now));
        }
        let Some(first) = self.overdue.first().copied() else { return };
        let p = theme::palette(ui);
        let frame = Frame::NONE.fill(p.accent_soft).inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
        let panel = Panel::top("overdue").resizable(false).show_separator_line(true).frame(frame);
        panel.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(size::CONTROL);
                icon::show(ui, Icon::Trash2, size::ICON, p.accent_text);
                let (count, has) = (
                    show::count(self.overdue.len() as u64, "item"),
                    if self.overdue.len() == 1 { "has" } else { "have" },
                );
                let words =
                    format!("{count} {has} been in the trash for more than {}", show::count(days.into(), "day"));
                let label = text::strong(ui, words.as_str());
                speech::announce(ui, &label, &words, false);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if button::icon_button(ui, Icon::X, "Not now").clicked() {
                        self.overdue.clear();
                    }
                    let more = format!("Keep {} more", show::count(days.into(), "day"));
                    if Button::quiet(&more).small().show(ui).clicked() {
                        // Into the trash once more: their time begins anew.
                        let again = || SummaryEdit { trashed: Some(true), ..SummaryEdit::default() };
                        let edits = self.overdue.iter().map(|item| (*item, again())).collect();
                        out.send(Command::Describe { edits }, Purpose::KeepLonger);
                    }
                    if Button::new("Delete for good").small().show(ui).clicked() {
                        let seen = |item: &ItemId| self.catalogue.find(*item).map(|seen| (*item, seen.trashed));
                        self.dialog = Some(Dialog::Purge(self.overdue.iter().filter_map(seen).collect()));
                    }
                    if Button::quiet("Show them").small().show(ui).clicked() {
                        self.catalogue.set_filter(Filter::Trash);
                        self.list.narrowed();
                        if !matches!(self.pane, Pane::Editor(_)) {
                            self.leave(Next::Select(first), out);
                        }
                    }
                });
            });
        });
    }
}
