//! What is wrong with the open vault, above it for as long as nobody has decided.
//!
//! Owns: the doubts as the worker told them, and the questions about them. Touches no item.
//! Invariant: what is accepted is what was told, and nothing that came after it.

use std::collections::HashMap;

use egui::{Frame, Margin, Panel, Rect, ScrollArea, Sense, Ui, vec2};
use lucide_icons::Icon;

use super::catalogue::Catalogue;
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::size, tokens::space, tokens::type_size};
use crate::ui::toasts::Toast;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, describe, dialog, frame, icon, secret_text, text};
use crate::ui::wording::salvage::SALVAGE;
use crate::ui::wording::{self, Extent};
use crate::vault::ItemId;
use crate::worker::{Command, Doubt, Problem};

/// So many are listed; a person who has more has read enough.
const LISTED: usize = 200;
const LIST_HEIGHT: f32 = 320.0;
const ROW: f32 = 46.0;

/// What stands above the vault.
#[derive(Debug, Default)]
pub(super) struct Banner {
    doubts: Vec<Doubt>,
    extent: Extent,
    /// How much was accepted last.
    accepted: Extent,
    rows: Vec<Row>,
    /// Another database stands where the vault was.
    replaced: Option<Problem>,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Told,
    /// What can't be trusted is listed.
    Listing,
    /// Whether the vault is to be taken as it is.
    Asking,
    Accepting,
    Failed(Problem),
}

/// What is wrong with one item, or with the vault itself.
#[derive(Debug)]
struct Row {
    item: Option<ItemId>,
    words: String,
}

impl Banner {
    /// What is wrong with a vault that was just opened.
    pub fn new(doubts: Vec<Doubt>) -> Self {
        let mut banner = Self::default();
        banner.put(doubts);
        banner
    }

    /// What is wrong now; a question about something else is taken back.
    pub fn put(&mut self, doubts: Vec<Doubt>) {
        self.extent = Extent::default();
        self.rows.clear();
        let mut items = HashMap::new();
        for doubt in &doubts {
            if let Some(history) = wording::history_of(&doubt.what) {
                self.extent.see(history);
                continue;
            }
            let next = items.len() + self.extent.rest;
            let row = match doubt.item {
                Some(item) => *items.entry(item).or_insert(next),
                None => next,
            };
            self.extent.rest += usize::from(doubt.item.is_none());
            match self.rows.get_mut(row) {
                Some(known) => {
                    known.words.push(' ');
                    known.words.push_str(&wording::finding(&doubt.what));
                }
                None if row < LISTED => {
                    self.rows.push(Row { item: doubt.item, words: wording::finding(&doubt.what) });
                }
                None => {}
            }
        }
        self.extent.items = items.len();
        self.doubts = doubts;
        self.state = State::Told;
    }

    /// Another database stands where the vault was.
    pub fn replaced(&mut self, problem: Problem) {
        self.replaced = Some(problem);
    }

    /// The vault was taken as it is; the worker has told before what is doubtful now.
    pub fn accepted(&self, out: &mut Actions) {
        out.push(Action::Say(Toast::done(self.accepted.accepted())));
    }

    /// Accepting failed.
    pub fn failed(&mut self, problem: Problem) {
        // What there is now was told before, and has to be looked at.
        self.state = if problem == Problem::Cancelled { State::Told } else { State::Failed(problem) };
    }

    /// Whether a question or the list is over the vault.
    pub fn asks(&self) -> bool {
        matches!(self.state, State::Listing | State::Asking)
    }

    /// Draws it, if there is anything to say; returns an item that was chosen from the list.
    pub fn show(&mut self, ui: &mut Ui, catalogue: &Catalogue, out: &mut Actions) -> Option<ItemId> {
        if self.doubts.is_empty() && self.replaced.is_none() {
            return None;
        }
        let p = theme::palette(ui);
        let frame = Frame::NONE.fill(p.warning_soft).inner_margin(Margin::symmetric(space::L as i8, space::M as i8));
        let panel = Panel::top("doubts").resizable(false).show_separator_line(true).frame(frame);
        panel.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            match &self.replaced {
                Some(problem) => replaced(ui, problem, out),
                None => self.told(ui, out),
            }
        });
        match self.state {
            State::Listing => self.listing(ui, catalogue),
            State::Asking => {
                self.question(ui, out);
                None
            }
            State::Told | State::Accepting | State::Failed(_) => None,
        }
    }

    fn told(&mut self, ui: &mut Ui, out: &mut Actions) {
        say(ui, &self.extent.told());
        if let State::Failed(problem) = &self.state {
            let fix = parts::problem(ui, problem);
            if parts::apply(fix, out).is_some() {
                self.state = State::Asking;
            }
        }
        ui.horizontal(|ui| {
            ui.add_space(size::ICON + space::M);
            if matches!(self.state, State::Accepting) {
                parts::waiting(ui, "Taking the vault as it is…");
                return;
            }
            if !self.rows.is_empty() && Button::new("Show them").small().icon(Icon::List).show(ui).clicked() {
                self.state = State::Listing;
            }
            if Button::new(self.extent.go_on()).small().show(ui).clicked() {
                self.state = State::Asking;
            }
            if !self.rows.is_empty() && Button::new(SALVAGE).small().show(ui).clicked() {
                out.go(Place::SalvageThis);
            }
            lock(ui, out);
        });
    }

    fn question(&mut self, ui: &Ui, out: &mut Actions) {
        let (title, meaning, yes) = self.extent.question();
        let answer = dialog::show(ui.ctx(), title, false, |ui| {
            text::weak(ui, meaning);
            dialog::answer(ui, "Not now", Button::danger(yes), true)
        });
        match answer {
            None => {}
            Some(false) => self.state = State::Told,
            Some(true) => {
                self.state = State::Accepting;
                self.accepted = self.extent;
                out.send(Command::AcceptVault { seen: self.doubts.clone() }, Purpose::Accept);
            }
        }
    }

    fn listing(&mut self, ui: &Ui, catalogue: &Catalogue) -> Option<ItemId> {
        let answer = dialog::show(ui.ctx(), "What can't be trusted", None, |ui| {
            text::weak(ui, "Nothing else was found. What a document holds is looked at when it is opened.");
            ui.add_space(space::M);
            let mut chosen = None;
            ScrollArea::vertical().max_height(LIST_HEIGHT).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                for (number, row) in self.rows.iter().enumerate() {
                    ui.push_id(number, |ui| {
                        if row.show(ui, catalogue) {
                            chosen = row.item.filter(|item| catalogue.find(*item).is_some());
                        }
                    });
                }
                let more = self.extent.items + self.extent.rest - self.rows.len();
                if more > 0 {
                    text::small(ui, format!("And {} more.", show::grouped(more as u64)));
                }
            });
            ui.add_space(space::L);
            let closed = Button::new("Close").show(ui).clicked();
            (closed || chosen.is_some()).then_some(chosen)
        });
        let chosen = answer?;
        self.state = State::Told;
        chosen
    }
}

impl Row {
    /// Draws it; whether it was pressed.
    fn show(&self, ui: &mut Ui, catalogue: &Catalogue) -> bool {
        let p = theme::palette(ui);
        let known = self.item.and_then(|item| catalogue.find(item));
        let stand_in = if self.item.is_some() { "An item that is not in the list" } else { "The vault itself" };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        describe(ui, &response, egui::accesskit::Role::ListItem, |node| {
            // EXPOSE: the title is on the screen; only while somebody listens.
            let title = known.map_or(stand_in, |item| item.title.expose());
            node.set_label(format!("{title}: {}", self.words));
        });
        if response.hovered() {
            frame::row(ui, rect, frame::RowState::Hovered);
        }
        if response.has_focus() {
            frame::focus_ring(ui, rect);
        }
        if response.gained_focus() {
            response.scroll_to_me(None);
        }
        let inner = rect.shrink2(vec2(space::S, space::XS));
        let (first, second) = inner.split_top_bottom_at_fraction(0.5);
        let strong = fonts::strong(type_size::BODY);
        match known {
            Some(item) => {
                secret_text::line(ui.painter(), first, &item.title, strong, p.text);
            }
            None => text::line(ui.painter(), first, stand_in, strong, p.text),
        }
        text::line(ui.painter(), second, &self.words, fonts::text(type_size::SMALL), p.danger);
        response.clicked()
    }
}

/// The vault's place was taken while it was open: there is nothing to accept here.
fn replaced(ui: &mut Ui, problem: &Problem, out: &mut Actions) {
    say(ui, &wording::of(problem));
    ui.horizontal(|ui| {
        ui.add_space(size::ICON + space::M);
        lock(ui, out);
    });
}

fn lock(ui: &mut Ui, out: &mut Actions) {
    if Button::new("Lock").small().icon(Icon::Lock).tip("Ctrl+L").show(ui).clicked() {
        out.push(Action::Lock);
    }
}

/// What happened and what to do, with a picture; a screen reader reads it out when it appears.
fn say(ui: &mut Ui, words: &wording::Words) {
    let p = theme::palette(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, 2.0);
        let (place, _) = ui.allocate_exact_size(vec2(size::ICON, size::ICON), Sense::hover());
        icon::paint(
            ui.painter(),
            Rect::from_center_size(place.center(), place.size()),
            Icon::TriangleAlert,
            size::ICON,
            p.warning,
        );
        ui.vertical(|ui| {
            let label = text::strong(ui, words.happened.as_str());
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Assertive));
            text::small(ui, words.to_do.as_str());
        });
    });
}
