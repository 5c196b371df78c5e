//! Rows about items, by their titles: what a check or a drill found. A row can be pressed where the list has its item.

use egui::{Sense, Ui, vec2};

use crate::secret::SecretString;
use crate::ui::theme::{self, fonts, tokens::space, tokens::type_size};
use crate::ui::widgets::{card, describe, frame, secret_text, text};
use crate::vault::ItemId;
use crate::worker::RevisionNamed;

/// A row.
pub struct NamedRow<'a> {
    /// The item; `None` where it is about the vault.
    pub item: Option<ItemId>,
    /// Its title, where the list has it.
    pub title: Option<&'a SecretString>,
    /// What is said of it.
    pub words: String,
    /// Whether pressing it leads to the item.
    pub leads: bool,
}

/// The room that a title takes, in points; what is said of it takes as many lines below as it needs.
const TITLE: f32 = 18.0;

/// Draws them; returns the item of the one that was pressed.
pub fn show(ui: &mut Ui, rows: &[NamedRow<'_>]) -> Option<ItemId> {
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut pressed = None;
    for (number, row) in rows.iter().enumerate() {
        ui.push_id(number, |ui| {
            if row.show(ui) {
                pressed = row.item;
            }
        });
    }
    pressed
}

/// Draws versions that could not be done, each with why; returns the item of the one that was pressed.
pub fn show_versions<'a>(
    ui: &mut Ui,
    versions: &'a [RevisionNamed],
    why: impl Iterator<Item = &'a String>,
) -> Option<ItemId> {
    let row = |(version, why): (&'a RevisionNamed, &String)| NamedRow {
        item: Some(version.item),
        title: version.title.as_ref(),
        words: format!("Version {}: {why}", version.revision),
        leads: true,
    };
    let rows: Vec<NamedRow<'_>> = versions.iter().zip(why).map(row).collect();
    card::show(ui, |ui| show(ui, &rows))
}

impl NamedRow<'_> {
    fn show(&self, ui: &mut Ui) -> bool {
        let p = theme::palette(ui);
        let can = self.leads && self.title.is_some();
        let sense = if can { Sense::click() } else { Sense::hover() };
        let room = ui.available_width() - 2.0 * space::S;
        let words = ui.painter().layout(self.words.clone(), fonts::text(type_size::SMALL), p.weak, room);
        let height = space::XS + TITLE + words.size().y + space::S;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
        let stand_in = if self.item.is_some() { "An item that is not in the list" } else { "The vault itself" };
        describe(ui, &response, egui::accesskit::Role::ListItem, |node| {
            // EXPOSE: the title is on the screen; only while somebody listens.
            let title = self.title.map_or(stand_in, |title| title.expose());
            node.set_label(format!("{title}: {}", self.words));
        });
        if can && response.hovered() {
            frame::row(ui, rect, frame::RowState::Hovered);
        }
        if response.has_focus() {
            frame::focus_ring(ui, rect);
        }
        let (first, second) =
            rect.shrink2(vec2(space::S, space::XS)).split_top_bottom_at_y(rect.min.y + space::XS + TITLE);
        let strong = fonts::strong(type_size::BODY);
        match self.title {
            Some(title) => {
                secret_text::line(ui.painter(), first, title, strong, p.text);
            }
            None => text::line(ui.painter(), first, stand_in, strong, p.text),
        }
        ui.painter().galley(second.min, words, p.weak);
        response.clicked()
    }
}
