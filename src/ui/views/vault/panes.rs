//! The three panes, and how they share the window: the sidebar folds where it is narrow, and where it is narrower still an
//! open item takes the list's place.

use egui::{CentralPanel, Frame, Margin, Panel, Stroke, Ui, vec2};

use super::{Next, Pane, Vault, key_alarm, list, sidebar};
use crate::ui::action::Actions;
use crate::ui::shared::Shared;
use crate::ui::theme::{self, tokens::size, tokens::space};
use crate::ui::toasts;
use crate::vault::Kind;

impl Vault {
    /// Draws the sidebar, the list, the item, and a question over them.
    pub(super) fn panes(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let alarms = shared.open.as_ref().map_or(&[][..], |open| &open.alarms);
        key_alarm::show(ui, alarms, out);
        if let Some(item) = self.banner.show(ui, &self.catalogue, out) {
            self.leave(Next::Select(item), out);
        }
        self.overdue(ui, shared, out);
        let width = ui.ctx().content_rect().width();
        self.sidebar(ui, width < size::FOLD_BELOW, out);
        self.let_go_of_hidden();
        if width >= size::ONE_PANE_BELOW {
            let width = if width < size::FOLD_BELOW { size::LIST_NARROW } else { size::LIST };
            let panel = Panel::left("list").exact_size(width).resizable(false).show_separator_line(false);
            panel.frame(list_frame(ui)).show(ui, |ui| self.list(ui, shared, out));
            self.item_pane(ui, shared, out);
        } else if self.reads() {
            self.item_pane(ui, shared, out);
        } else {
            CentralPanel::default().frame(list_frame(ui)).show(ui, |ui| {
                let rect = ui.max_rect();
                toasts::stand_in(ui.ctx(), rect.with_max_y(rect.max.y - size::CONTROL - space::L));
                self.list(ui, shared, out);
            });
        }
        if let Some(dialog) = self.dialog.take() {
            // An answer may bring the next question.
            if let Some(unanswered) = self.ask(ui, dialog, out) {
                self.dialog = Some(unanswered);
            }
        }
    }

    fn sidebar(&mut self, ui: &mut Ui, folded: bool, out: &mut Actions) {
        let side = if folded { size::SIDEBAR_FOLDED } else { size::SIDEBAR };
        let margin = Margin::symmetric(if folded { 6 } else { space::S as i8 }, 0);
        let frame = Frame::NONE.fill(theme::palette(ui).sidebar).inner_margin(margin);
        let panel = Panel::left("sidebar").exact_size(side).resizable(false).show_separator_line(false).frame(frame);
        let chosen = panel.show(ui, |ui| sidebar::show(ui, &self.name, &self.catalogue, folded, out)).inner;
        if let Some(filter) = chosen {
            self.catalogue.set_filter(filter);
            self.list.narrowed();
        }
    }

    fn list(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let edges = ui.max_rect().expand2(vec2(space::M, 0.0));
        let line = Stroke::new(1.0, theme::palette(ui).line);
        ui.painter().vline(edges.min.x, edges.y_range(), line);
        ui.painter().vline(edges.max.x - 1.0, edges.y_range(), line);
        let before = self.list.selected;
        let now = shared.open.as_ref().map_or(jiff::Timestamp::UNIX_EPOCH, |open| open.now(ui.ctx()));
        let keeping = list::Keeping { retention: self.retention, now };
        let picked = list::show(ui, &mut self.catalogue, &mut self.list, keeping);
        self.let_go_of_hidden();
        let Some(picked) = picked else { return };
        if matches!(self.pane, Pane::Editor(_)) {
            // Until the draft is given up, the list stays where it was.
            self.list.selected = before;
        }
        self.picked(picked, out);
    }

    /// Where the search or a filter hides the item that is selected, it is closed: keys would be for what nobody sees in the list.
    fn let_go_of_hidden(&mut self) {
        let narrowed = std::mem::take(&mut self.list.has_narrowed);
        let hidden = self.list.selected.is_some_and(|item| self.catalogue.row_of(item).is_none());
        if narrowed && hidden && !matches!(self.pane, Pane::Editor(_)) {
            self.list.selected = None;
            self.set_pane(Pane::Closed(None));
        }
    }

    fn item_pane(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let frame =
            Frame::NONE.fill(theme::palette(ui).page).inner_margin(Margin::symmetric(space::XL as i8, space::L as i8));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            // Over the list's foot a toast would cover what adds items.
            toasts::stand_in(ui.ctx(), ui.max_rect());
            // Plaintext never meets widgets that showed another item's.
            ui.push_id(self.opened, |ui| {
                ui.set_max_width(size::READING.min(ui.available_width()));
                self.item(ui, shared, out);
            });
        });
    }

    /// Whether there is something to read, or to fill in: more than a row of the list says.
    fn reads(&self) -> bool {
        match (&self.pane, self.selected()) {
            (Pane::Closed(None), Some(item)) => !item.is_intact() || matches!(item.kind, Kind::Other(_)),
            (Pane::Closed(None), None) => false,
            _ => true,
        }
    }
}

fn list_frame(ui: &Ui) -> Frame {
    Frame::NONE.fill(theme::palette(ui).list).inner_margin(Margin::symmetric(space::M as i8, 0))
}
