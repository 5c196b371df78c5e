//! The list: search on top, rows that exist only while they are on the screen, and the keys that walk through them.

use egui::{Align, EventFilter, Id, Key, Layout, Modifiers, Rect, ScrollArea, Sense, Ui, pos2, vec2};
use jiff::Timestamp;
use lucide_icons::Icon;

use super::catalogue::{Catalogue, Filter};
use crate::ui::icons;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::size, tokens::space, tokens::type_size};
use crate::ui::widgets::frame::{self, RowState};
use crate::ui::widgets::{Button, SecretField, button, describe, icon, secret_text, text};
use crate::ui::wording::keeping::left_in_trash;
use crate::vault::{ItemId, ItemSummary, Kind, Order, Retention};

/// What the list's frame brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Picked {
    /// An item is selected, and no more.
    Selected(ItemId),
    /// An item is to be opened.
    Opened(ItemId),
    /// An item goes to the trash, or for good where it is there.
    Deleted(ItemId),
    /// A new item.
    New,
    /// Files are to be added.
    AddFiles,
    /// The trash is to be emptied.
    EmptyTrash,
}

/// What the list remembers between frames.
#[derive(Debug)]
pub struct ListState {
    /// The selected item.
    pub selected: Option<ItemId>,
    /// Whether the search takes the focus.
    pub focus_search: bool,
    /// Whether the list takes it.
    pub take_focus: bool,
    /// Whether other rows are shown than when it was asked last.
    pub has_narrowed: bool,
    /// Whether the selected row is to be brought into view; the first one where none is selected.
    bring_up: bool,
    /// Whether the keyboard chose the row: then it shows the focus.
    by_keys: bool,
}

impl ListState {
    /// Nothing is selected, and the search has the focus.
    pub fn fresh() -> Self {
        let (take_focus, has_narrowed) = (false, false);
        Self { selected: None, focus_search: true, take_focus, has_narrowed, bring_up: true, by_keys: false }
    }

    /// Selects an item, and brings it into view.
    pub fn select(&mut self, item: Option<ItemId>) {
        self.selected = item;
        self.bring_up = true;
    }

    /// The list shows other rows than before.
    pub fn narrowed(&mut self) {
        self.bring_up = true;
        self.has_narrowed = true;
    }
}

/// For how long the trash is kept, and what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Keeping {
    /// The vault's limits.
    pub retention: Retention,
    /// About now.
    pub now: Timestamp,
}

/// Draws it.
pub fn show(ui: &mut Ui, catalogue: &mut Catalogue, state: &mut ListState, keeping: Keeping) -> Option<Picked> {
    let mut picked = None;
    ui.spacing_mut().item_spacing.y = space::S;
    ui.add_space(space::M);
    let focus = std::mem::take(&mut state.focus_search);
    let field = SecretField::new(&mut catalogue.search, "Search").search().placeholder("Search").focus(focus).show(ui);
    if field.changed {
        catalogue.searched();
        state.narrowed();
    }
    if field.submitted {
        picked = state
            .selected
            .filter(|item| catalogue.row_of(*item).is_some())
            .or_else(|| first(catalogue))
            .map(Picked::Opened);
    }
    if let Some(order) = order(ui, catalogue) {
        catalogue.set_order(order);
        state.narrowed();
    }
    let foot = size::CONTROL + space::M + space::S;
    let room = vec2(ui.available_width(), (ui.available_height() - foot).max(size::ROW));
    let (rect, _) = ui.allocate_exact_size(room, Sense::hover());
    let list = ui.interact(rect, ui.scope_id().with("items"), Sense::FOCUSABLE);
    describe(ui, &list, egui::accesskit::Role::ListBox, |node| {
        node.set_label("Items");
    });
    if std::mem::take(&mut state.take_focus) {
        list.request_focus();
    }
    if list.gained_focus() {
        // By Tab: a click asks for it later in the frame.
        state.by_keys = true;
        state.bring_up = true;
    }
    if let Some(other) = keys(ui, catalogue, state, list.id, field.response.id) {
        picked = Some(other);
    }
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt("rows"));
    if catalogue.is_empty() {
        empty(&mut inner, catalogue);
    } else if let Some(item) = rows(&mut inner, catalogue, state, list.has_focus(), keeping) {
        state.selected = Some(item);
        state.by_keys = false;
        list.request_focus();
        picked = Some(Picked::Opened(item));
    }
    if list.has_focus() && state.by_keys && state.selected.and_then(|item| catalogue.row_of(item)).is_none() {
        frame::focus_ring(ui, rect);
    }
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        if matches!(catalogue.filter(), Filter::Trash) {
            let empty = Button::new("Empty the trash").icon(Icon::Trash2).enabled(catalogue.counts().trash > 0);
            if empty.show(ui).clicked() {
                picked = Some(Picked::EmptyTrash);
            }
        } else {
            if Button::primary("New").icon(Icon::Plus).tip("Ctrl+N").show(ui).clicked() {
                picked = Some(Picked::New);
            }
            if Button::new("Add files").icon(Icon::Upload).tip("Ctrl+O, or drop them here").show(ui).clicked() {
                picked = Some(Picked::AddFiles);
            }
        }
    });
    picked
}

fn first(catalogue: &Catalogue) -> Option<ItemId> {
    catalogue.row(0).map(|item| item.id)
}

fn order(ui: &mut Ui, catalogue: &Catalogue) -> Option<Order> {
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.add_space(space::XS);
        text::small(ui, show::count(catalogue.len() as u64, "item"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (words, other) = match catalogue.order() {
                Order::Name => ("By name", Order::Newest),
                Order::Newest => ("Newest first", Order::Name),
            };
            if button::link(ui, words).on_hover_text("Change the order").clicked() {
                chosen = Some(other);
            }
        });
    });
    chosen
}

/// The keys that walk through the list, where it, the search or nothing has the focus.
fn keys(ui: &Ui, catalogue: &Catalogue, state: &mut ListState, list: Id, search: Id) -> Option<Picked> {
    let ctx = ui.ctx();
    let focused = ctx.memory(|memory| memory.focused());
    let elsewhere = focused.is_some_and(|id| id != list && id != search);
    if elsewhere || ctx.memory(|memory| memory.top_modal_layer().is_some()) || egui::Popup::is_any_open(ctx) {
        return None;
    }
    if focused == Some(list) {
        let filter = EventFilter { tab: false, escape: false, horizontal_arrows: false, vertical_arrows: true };
        ctx.memory_mut(|memory| memory.set_focus_lock_filter(list, filter));
    }
    let page = (ui.available_height() / size::ROW).max(2.0) as isize - 1;
    let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = catalogue.len().checked_sub(1)?;
    let now = state.selected.and_then(|item| catalogue.row_of(item));
    let step = |by: isize| now.map_or(0, |row| row.saturating_add_signed(by).min(last));
    let target = if pressed(Key::ArrowDown) {
        Some(step(1))
    } else if pressed(Key::ArrowUp) {
        Some(step(-1))
    } else if pressed(Key::PageDown) {
        Some(step(page))
    } else if pressed(Key::PageUp) {
        Some(step(-page))
    } else if focused != Some(search) && pressed(Key::Home) {
        Some(0)
    } else if focused != Some(search) && pressed(Key::End) {
        Some(last)
    } else {
        None
    };
    if let Some(item) = target.and_then(|row| catalogue.row(row)) {
        state.select(Some(item.id));
        state.by_keys = true;
        // From the search into the list: what the keys do there is for the row.
        ctx.memory_mut(|memory| memory.request_focus(list));
        return Some(Picked::Selected(item.id));
    }
    let selected = state.selected.filter(|_| now.is_some() && focused != Some(search))?;
    if pressed(Key::Enter) {
        return Some(Picked::Opened(selected));
    }
    pressed(Key::Delete).then_some(Picked::Deleted(selected))
}

/// The rows that are on the screen; returns the one that was pressed.
fn rows(ui: &mut Ui, catalogue: &Catalogue, state: &mut ListState, focused: bool, keeping: Keeping) -> Option<ItemId> {
    let mut pressed = None;
    let pitch = size::ROW + 2.0;
    let bring_up = std::mem::take(&mut state.bring_up);
    let target = state.selected.filter(|_| bring_up).and_then(|item| catalogue.row_of(item));
    let mut area = ScrollArea::vertical().auto_shrink(false);
    if bring_up && target.is_none() {
        area = area.vertical_scroll_offset(0.0);
    }
    let width = ui.available_width();
    let mut wider = ui.max_rect();
    wider.max.x += size::GUTTER;
    let mut outer = ui.new_child(egui::UiBuilder::new().max_rect(wider));
    area.show_viewport(&mut outer, |ui, viewport| {
        let top = ui.min_rect().min;
        let (whole, _) = ui.allocate_exact_size(vec2(width, catalogue.len() as f32 * pitch), Sense::hover());
        let place =
            |row: usize| Rect::from_min_size(pos2(whole.min.x, top.y + row as f32 * pitch), vec2(width, size::ROW));
        if let Some(row) = target {
            ui.scroll_to_rect(place(row), None);
        }
        let first = (viewport.min.y / pitch).floor().max(0.0) as usize;
        let last = ((viewport.max.y / pitch).ceil() as usize + 1).min(catalogue.len());
        for row in first..last {
            let Some(item) = catalogue.row(row) else { continue };
            let selected = state.selected == Some(item.id);
            if draw(ui, place(row), item, selected, selected && focused && state.by_keys, keeping) {
                pressed = Some(item.id);
            }
        }
    });
    pressed
}

fn draw(ui: &Ui, rect: Rect, item: &ItemSummary, selected: bool, ring: bool, keeping: Keeping) -> bool {
    let p = theme::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with(item.id.0), Sense::CLICK);
    let state = match (selected, response.hovered()) {
        (true, _) => RowState::Selected,
        (false, true) => RowState::Hovered,
        (false, false) => RowState::Idle,
    };
    frame::row(ui, rect, state);
    if ring {
        frame::focus_ring(ui, rect);
    }
    if response.hovered() {
        ui.set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    describe(ui, &response, egui::accesskit::Role::ListBoxOption, |node| {
        node.set_label(secret_text::spoken_line(&item.title));
        node.set_selected(selected);
    });
    let damaged = !item.is_intact();
    let tile = Rect::from_min_size(
        rect.min + vec2(space::S + 2.0, (size::ROW - size::TILE) / 2.0),
        vec2(size::TILE, size::TILE),
    );
    icon::tile(ui, tile, if damaged { Icon::ShieldAlert } else { icons::of_item(item) }, selected);
    let mut right = rect.max.x - space::M;
    if item.favourite {
        let star = Rect::from_min_size(pos2(right - 14.0, rect.min.y + 12.0), vec2(14.0, 14.0));
        icon::filled_star(ui.painter(), star, 14.0, p.accent_text);
        right -= 20.0;
    }
    let left = tile.max.x + space::M;
    let (strong, weak) = if selected { (p.selected_text, p.text) } else { (p.text, p.weak) };
    let painter = ui.painter();
    let first = Rect::from_min_max(pos2(left, rect.min.y + 9.0), pos2(right, rect.min.y + 29.0));
    let shown = secret_text::line(painter, first, &item.title, fonts::strong(type_size::BODY), strong);
    let response = whole_title(response, item, shown, first.width());
    let painter = ui.painter();
    let mut second = Rect::from_min_max(pos2(left, rect.min.y + 30.0), pos2(rect.max.x - space::M, rect.min.y + 49.0));
    let small = fonts::text(type_size::SMALL);
    if damaged {
        text::line(painter, second, "Can't be trusted", small, p.danger);
        return response.clicked();
    }
    if item.is_trashed() {
        let left = left_in_trash(item, keeping.retention, keeping.now);
        let right = egui::Align2::RIGHT_CENTER;
        let shown = painter.text(second.right_center(), right, &left, small.clone(), weak);
        second.max.x = shown.min.x - space::S;
    } else if let Some(tag) = item.tags.first() {
        let room = Rect::from_min_max(pos2(second.max.x - 96.0, second.min.y), second.max);
        let width = secret_text::line_right(painter, room, tag, small.clone(), weak);
        second.max.x -= width + space::S;
    }
    match item.kind {
        Kind::Document => text::line(painter, second, &show::bytes(item.size), small, weak),
        _ if item.subtitle.is_empty() => text::line(painter, second, icons::name_of(&item.kind), small, weak),
        _ => {
            secret_text::line(painter, second, &item.subtitle, small, weak);
        }
    }
    response.clicked()
}

/// Shows a title in full where the pointer stays, if it had to be cut to `room`.
fn whole_title(response: egui::Response, item: &ItemSummary, shown: f32, room: f32) -> egui::Response {
    // What was cut fills its room but for less than a letter.
    if shown < room - type_size::BODY {
        return response;
    }
    response.on_hover_ui(|ui| {
        secret_text::rows(ui, &item.title, fonts::body(), 8);
    })
}

/// What is said where no row is.
fn empty(ui: &mut Ui, catalogue: &Catalogue) {
    let (picture, title, second) = if !catalogue.search.is_empty() {
        (Icon::Search, "Nothing found", "Search looks at titles, user names, tags and kinds. Esc clears it.")
    } else {
        match catalogue.filter() {
            Filter::Trash => (Icon::Trash2, "The trash is empty", "What you delete waits here until you empty it."),
            Filter::Favourites => (Icon::Star, "No favourites yet", "Open an item and press its star."),
            Filter::Kind(Kind::Document) => {
                (Icon::Upload, "No documents yet", "Drop files onto this window, or press Ctrl+O.")
            }
            _ => (Icon::Inbox, "Nothing here yet", "Drop a file here, or press Ctrl+N for a login or a note."),
        }
    };
    super::blank(ui, picture, title, second);
}
