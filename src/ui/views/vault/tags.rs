//! The field of an item's tags: those that it has, each with a way to take it off; what is being typed; and, below that, tags
//! of other items that this may become.
//!
//! Owns: the draft's tags. Invariant: what is typed counts as a tag too, whether or not it was finished with a comma.

use egui::accesskit::Role;
use egui::{Area, CornerRadius, Event, Frame, Id, Key, Margin, Modifiers, Order, Rect, Response, Sense, Stroke, Ui};
use egui::{pos2, vec2};
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::radius, tokens::space, tokens::type_size};
use crate::ui::views::parts::FieldEnd;
use crate::ui::widgets::{SecretEdit, SecretField, describe, frame, icon, secret_text, text};

/// So many tags of other items are offered.
const OFFERED: usize = 6;
const CHIP: f32 = 26.0;
/// A longer tag ends in an ellipsis.
const WIDEST: f32 = 180.0;
const ROW: f32 = 32.0;
const CROSS: f32 = 14.0;

/// The tags of a draft.
#[derive(Debug, Default)]
pub struct Tags {
    chosen: Vec<SecretString>,
    typing: SecretEdit,
    /// Which of those that are offered Enter takes.
    marked: Option<usize>,
    /// Whether the most used ones are to be offered, though nothing is typed.
    asked: bool,
    /// Whether what is offered was put away with Escape.
    put_away: bool,
    /// Whether the field had the keyboard when it was drawn last, and whether it is to have it.
    focused: bool,
    focus: bool,
    /// Where the offers stood when they were drawn last.
    offers: Option<Rect>,
}

impl Tags {
    /// Those of an item.
    pub fn of(tags: &[SecretString]) -> Self {
        Self { chosen: tags.iter().map(SecretString::duplicate).collect(), ..Self::default() }
    }

    /// All of them, each once; what is still being typed as the vault writes it, if it has it.
    pub fn all(&self, known: &[(SecretString, usize)]) -> Vec<SecretString> {
        let mut tags: Vec<SecretString> = self.chosen.iter().map(SecretString::duplicate).collect();
        split(self.typing.text()).iter().for_each(|tag| put(&mut tags, as_known(tag, known)));
        tags
    }

    /// Draws them; `known` are the vault's tags and how many items have each.
    pub fn show(&mut self, ui: &mut Ui, known: &[(SecretString, usize)]) -> FieldEnd {
        let usual = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, space::XS);
        text::label(ui, "Tags");
        let mut changed = self.chips(ui);
        let escaped = self.offers.is_some() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if escaped {
            self.put_away = true;
            self.focus = true;
        }
        // Looked at before the field takes it. One that is held down stops at the field's beginning.
        let back =
            |event: &Event| matches!(event, Event::Key { key: Key::Backspace, pressed: true, repeat: false, .. });
        let takes_back = self.focused && self.typing.is_empty() && ui.input(|input| input.events.iter().any(back));
        if takes_back {
            changed |= self.chosen.pop().is_some();
        }
        let before = self.typing.text().duplicate();
        let placeholder = if self.chosen.is_empty() { "work, travel" } else { "Another tag" };
        let field = SecretField::new(&mut self.typing, "Tags").placeholder(placeholder);
        let shown = field.focus(std::mem::take(&mut self.focus)).show(ui);
        ui.spacing_mut().item_spacing.y = usual;
        ui.add_space(space::S);
        if shown.changed && !before.same_as(self.typing.text()) {
            changed = true;
            (self.marked, self.put_away) = (None, false);
            // EXPOSE: looked through for a comma.
            if self.typing.text().expose().contains(',') {
                self.finish(known, false);
            }
        }
        let submitted = shown.submitted && !self.enter(known);
        changed |= shown.submitted && !submitted;
        changed |= self.offer(ui, &shown.response, known);
        FieldEnd { changed, submitted }
    }

    /// Draws the tags that there are; whether one was taken off.
    fn chips(&mut self, ui: &mut Ui) -> bool {
        if self.chosen.is_empty() {
            return false;
        }
        let gone = ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
            let mut gone = None;
            for (index, tag) in self.chosen.iter().enumerate() {
                if chip(ui, index, tag) {
                    gone = Some(index);
                }
            }
            gone
        });
        let Some(index) = gone.inner else { return false };
        self.chosen.remove(index);
        self.focus = true;
        true
    }

    /// Enter was pressed: takes what is marked, or what is typed; whether there was either.
    fn enter(&mut self, known: &[(SecretString, usize)]) -> bool {
        if let Some(tag) = self.marked.and_then(|row| self.offered(known).get(row).map(|(tag, _)| tag.duplicate())) {
            self.choose(tag);
            return true;
        }
        let typed = !self.typing.is_empty();
        self.finish(known, true);
        typed
    }

    fn choose(&mut self, tag: SecretString) {
        put(&mut self.chosen, tag);
        self.typing.set(SecretString::default());
        (self.marked, self.asked) = (None, false);
        self.focus = true;
    }

    /// What stands before the last comma is finished, or all of it. A tag that the vault has is written as it is there.
    fn finish(&mut self, known: &[(SecretString, usize)], all: bool) {
        let typed = self.typing.take();
        // EXPOSE: copied into secrets of their own.
        let text = typed.expose();
        let (finished, rest) = if all { (text, "") } else { text.rsplit_once(',').unwrap_or(("", text)) };
        for tag in split(&SecretString::copy_of(finished)) {
            put(&mut self.chosen, as_known(&tag, known));
        }
        self.typing.set(SecretString::copy_of(rest.trim_start()));
        (self.marked, self.asked) = (None, false);
    }

    /// Draws what else it could be, below the field; whether one was taken.
    fn offer(&mut self, ui: &Ui, field: &Response, known: &[(SecretString, usize)]) -> bool {
        let focused = field.has_focus();
        let pointer = ui.ctx().pointer_interact_pos();
        let over = self.offers.is_some_and(|place| pointer.is_some_and(|at| place.contains(at)));
        if self.focused && !focused && !over && ui.input(|input| input.focused) {
            // Whoever goes on has finished; not whoever looks something up in another window.
            self.finish(known, true);
        }
        self.focused = focused;
        self.asked &= focused;
        let offered = self.offered(known);
        if focused && !offered.is_empty() {
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
            self.asked |= down;
            let last = offered.len() - 1;
            self.marked = match self.marked {
                None if down => Some(0),
                Some(row) if down => Some((row + 1).min(last)),
                Some(row) if up => row.checked_sub(1),
                marked => marked,
            };
        }
        let open = (focused || over) && !self.put_away && (self.asked || !self.typing.is_empty());
        if !open || offered.is_empty() {
            self.offers = None;
            return false;
        }
        let (place, taken) = list(ui, field, &offered, self.marked);
        let taken = taken.and_then(|row| offered.get(row)).map(|(tag, _)| tag.duplicate());
        self.offers = Some(place);
        match taken {
            Some(tag) => {
                self.offers = None;
                self.choose(tag);
                true
            }
            None => false,
        }
    }

    /// Tags of other items with what is typed in them: those that begin with it first, and the most used.
    fn offered<'a>(&self, known: &'a [(SecretString, usize)]) -> Vec<&'a (SecretString, usize)> {
        // EXPOSE: compared.
        let typed = self.typing.text().expose().trim();
        let is_new = |tag: &SecretString| !self.chosen.iter().any(|own| own.same_as(tag));
        let mut fitting: Vec<_> = known
            .iter()
            // EXPOSE: as above.
            .filter_map(|entry| Some((place_in(entry.0.expose(), typed)?, entry)))
            .filter(|(_, entry)| is_new(&entry.0))
            .collect();
        fitting.sort_by_key(|(place, (_, count))| (*place, std::cmp::Reverse(*count)));
        fitting.into_iter().take(OFFERED).map(|(_, entry)| entry).collect()
    }
}

/// Draws a tag with a cross; whether it is to go.
fn chip(ui: &mut Ui, index: usize, tag: &SecretString) -> bool {
    let p = theme::palette(ui);
    let font = fonts::text(type_size::SMALL);
    let width = secret_text::width(ui, tag, font.clone()).min(WIDEST).ceil() + 1.0;
    let size = vec2(space::S + width + space::XS + CROSS + space::S, CHIP);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    // Named by its place: what comes after one that went is another thing.
    let response = ui.interact(rect, ui.scope_id().with(("tag", index)), Sense::click());
    describe(ui, &response, Role::Button, |node| {
        // EXPOSE: the tag is on the screen; only while somebody listens.
        node.set_label(format!("Remove tag {}", secret_text::spoken_line(tag)));
    });
    let (fill, colour) = if response.hovered() { (p.pressed, p.text) } else { (p.accent_soft, p.accent_text) };
    ui.painter().rect_filled(rect, CornerRadius::same(radius::MEDIUM), fill);
    if response.has_focus() {
        frame::focus_ring(ui, rect);
    }
    let words =
        Rect::from_min_max(pos2(rect.min.x + space::S, rect.min.y), pos2(rect.min.x + space::S + width, rect.max.y));
    secret_text::line(ui.painter(), words, tag, font, colour);
    let cross = Rect::from_min_size(pos2(words.max.x + space::XS, rect.min.y), vec2(CROSS, CHIP));
    icon::paint(ui.painter(), cross, Icon::X, CROSS - 1.0, colour);
    let key = |key| response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    response.clicked() || key(Key::Delete) || key(Key::Backspace)
}

/// Draws the offers below `field`; where they stand, and the row that was pressed.
fn list(ui: &Ui, field: &Response, offered: &[&(SecretString, usize)], marked: Option<usize>) -> (Rect, Option<usize>) {
    let p = theme::palette(ui);
    let below = field.rect.left_bottom() + vec2(0.0, space::XS);
    let area = Area::new(field.id.with("offers")).order(Order::Foreground).fixed_pos(below).show(ui.ctx(), |ui| {
        Frame::NONE
            .fill(p.raised)
            .stroke(Stroke::new(1.0, p.line))
            .corner_radius(CornerRadius::same(radius::MEDIUM))
            .inner_margin(Margin::same(space::XS as i8))
            .shadow(egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: p.shadow })
            .show(ui, |ui| {
                ui.set_width((field.rect.width() - 2.0 * space::XS).clamp(120.0, 320.0));
                ui.spacing_mut().item_spacing.y = 2.0;
                let mut taken = None;
                for (number, (tag, count)) in offered.iter().enumerate() {
                    let (id, pressed) = row(ui, tag, *count, marked == Some(number));
                    if marked == Some(number) {
                        let option = id.accesskit_id();
                        ui.ctx().accesskit_node_builder(field.id, |node| node.set_active_descendant(option));
                    }
                    taken = if pressed { Some(number) } else { taken };
                }
                taken
            })
            .inner
    });
    (area.response.rect, area.inner)
}

/// Draws one that is offered; its id, and whether it was pressed.
fn row(ui: &mut Ui, tag: &SecretString, count: usize, marked: bool) -> (Id, bool) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let items = show::count(count as u64, "item");
    describe(ui, &response, Role::ListBoxOption, |node| {
        // EXPOSE: the tag is on the screen; only while somebody listens.
        node.set_label(format!("Add tag {}", secret_text::spoken_line(tag)));
        node.set_description(items.as_str());
        node.set_selected(marked);
    });
    if marked || response.hovered() {
        frame::row(ui, rect, if marked { frame::RowState::Selected } else { frame::RowState::Hovered });
    }
    let inner = rect.shrink2(vec2(space::S, 0.0));
    let small = fonts::text(type_size::SMALL);
    let used = ui.painter().layout_no_wrap(show::grouped(count as u64), small, p.faint);
    let left = Rect::from_min_max(inner.min, pos2(inner.max.x - used.size().x - space::S, inner.max.y));
    let colour = if marked { p.selected_text } else { p.text };
    secret_text::line(ui.painter(), left, tag, fonts::body(), colour);
    let at = pos2(inner.max.x - used.size().x, inner.center().y - used.size().y / 2.0);
    ui.painter().galley(at, used, p.faint);
    (response.id, response.clicked())
}

/// Adds a tag that is not there yet.
fn put(tags: &mut Vec<SecretString>, tag: SecretString) {
    if !tags.iter().any(|known| known.same_as(&tag)) {
        tags.push(tag);
    }
}

/// How well a tag fits to what was typed, whatever the case: it begins so, or has it somewhere.
fn place_in(tag: &str, typed: &str) -> Option<u8> {
    let begins = |part: &str| {
        let mut letters = part.chars().flat_map(char::to_lowercase);
        typed.chars().flat_map(char::to_lowercase).all(|letter| letters.next() == Some(letter))
    };
    if begins(tag) {
        return Some(0);
    }
    tag.char_indices().any(|(at, _)| begins(tag.get(at..).unwrap_or_default())).then_some(1)
}

/// A tag as the vault writes it, if it has it.
fn as_known(tag: &SecretString, known: &[(SecretString, usize)]) -> SecretString {
    let same = known.iter().map(|(known, _)| known).find(|known| is_same(known, tag));
    same.unwrap_or(tag).duplicate()
}

/// Whether two tags are one, but for the case.
fn is_same(one: &SecretString, other: &SecretString) -> bool {
    // EXPOSE: compared.
    let (one, other) = (one.expose().chars(), other.expose().chars());
    one.flat_map(char::to_lowercase).eq(other.flat_map(char::to_lowercase))
}

/// Tags apart by commas, without blanks around them, each once.
fn split(text: &SecretString) -> Vec<SecretString> {
    let mut tags = Vec::new();
    // EXPOSE: copied into secrets of their own.
    let parts = text.expose().split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.for_each(|part| put(&mut tags, SecretString::copy_of(part)));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::copy_of(text)
    }

    fn words(tags: &[SecretString]) -> Vec<&str> {
        tags.iter().map(SecretString::expose).collect()
    }

    fn known() -> [(SecretString, usize); 4] {
        [("travel", 2), ("Trains", 7), ("work", 9), ("contracts", 1)].map(|(tag, count)| (secret(tag), count))
    }

    #[test]
    fn tags_are_apart_by_commas_and_each_is_there_once() {
        assert_eq!(words(&split(&secret(" work, ,travel,work "))), ["work", "travel"]);
        let mut tags = Tags::of(&[secret("work")]);
        tags.typing.set(secret("home,work, tra"));
        tags.finish(&known(), false);
        assert_eq!((words(&tags.chosen), tags.typing.text().expose()), (vec!["work", "home"], "tra"));
        assert_eq!(words(&tags.all(&known())), ["work", "home", "tra"], "what is still typed counts");
    }

    #[test]
    fn a_tag_that_the_vault_has_is_written_as_it_is_there() {
        let mut tags = Tags::default();
        tags.typing.set(secret("TRAINS, Work"));
        tags.finish(&known(), true);
        assert_eq!((words(&tags.chosen), tags.typing.is_empty()), (vec!["Trains", "work"], true));
        tags.typing.set(secret("TRAVEL"));
        assert_eq!(words(&tags.all(&known())), ["Trains", "work", "travel"], "also what is not finished");
    }

    #[test]
    fn tags_of_other_items_are_offered_those_that_begin_so_and_the_most_used_first() {
        let mut tags = Tags::of(&[secret("work")]);
        let known = known();
        let offered = |tags: &Tags| tags.offered(&known).into_iter().map(|(tag, _)| tag.expose().to_owned()).collect();
        let all: Vec<String> = offered(&tags);
        assert_eq!(all, ["Trains", "travel", "contracts"]);
        tags.typing.set(secret("TRA"));
        let fitting: Vec<String> = offered(&tags);
        assert_eq!(fitting, ["Trains", "travel", "contracts"]);
        tags.typing.set(secret("av"));
        let inside: Vec<String> = offered(&tags);
        assert_eq!(inside, ["travel"]);
    }
}
