//! The window's passes without a screen: what a person does, pass by pass, and the processor time of each.
//!
//! A pass is egui's: from the input to what is to be painted. What the painting takes does not depend on the vault.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, RawInput, pos2, vec2};
use egui_kittest::kittest::NodeT;
use rustix::time::{ClockId, clock_gettime};
use sealkeep::format::v1::SummaryRecord;
use sealkeep::secret::SecretString;
use sealkeep::vault::{CollectionId, ItemId, ItemSummary};
use sealkeep::worker::{Command, What};

use super::entries::{Entry, entries};
use super::support::screen::{Screen, login};

/// In the list, on a row, whatever is scrolled.
const IN_LIST: Pos2 = pos2(390.0, 330.0);
const SIZE: egui::Vec2 = vec2(1180.0, 760.0);

/// What a person does in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Scrolling,
    Selecting,
    Opening,
    Typing,
    Nothing,
}

/// A window with an open vault.
pub struct Desk {
    screen: Screen,
    /// How many items were opened.
    pub opened: usize,
}

impl Desk {
    /// A window with `count` items.
    pub fn open(count: usize) -> Self {
        let mut desk = Self { screen: Screen::unlocked(items(count)), opened: 0 };
        for _ in 0..30 {
            desk.pass(Vec::new());
        }
        desk
    }

    /// One pass; the processor time that it took.
    pub fn pass(&mut self, events: Vec<Event>) -> Duration {
        let screen_rect = Some(egui::Rect::from_min_size(Pos2::ZERO, SIZE));
        let ctx = self.screen.window.ctx.clone();
        let time = Some(ctx.input(|input| input.time) + 1.0 / 60.0);
        let input = RawInput { screen_rect, time, events, ..RawInput::default() };
        let app = self.screen.window.state_mut();
        let before = processor();
        let output = ctx.run_ui(input, |ui| {
            app.take_events(ui.ctx());
            app.draw(ui);
        });
        let took = processor() - before;
        output.drop_without_applying_deltas();
        while let Some((request, command)) = self.screen.try_command() {
            if let Command::OpenItem { item, .. } = command {
                let fields = login("anna@example.org", "a password of some length");
                self.opened += 1;
                self.screen.answer_in_time(request, What::ItemOpened { item, revision: None, fields });
            }
        }
        took
    }

    /// Puts the cursor into the search, which is empty then.
    pub fn search(&mut self) {
        for key in [Key::F, Key::A] {
            self.pass(vec![with_ctrl(key, true)]);
            self.pass(vec![with_ctrl(key, false)]);
        }
        self.pass(vec![press(Key::Backspace, true)]);
        self.pass(vec![press(Key::Backspace, false)]);
    }

    /// Types a letter, and lets go of the key; what the first of both passes took.
    pub fn type_letter(&mut self, letter: char) -> Duration {
        let took = self.pass(vec![Event::Text(letter.to_string())]);
        self.pass(vec![press(Key::A, false)]);
        took
    }

    /// Whether rows are on the screen, and all of them have this in their name.
    pub fn shows_only(&mut self, part: &str) -> bool {
        self.screen.step();
        let nodes = self.screen.window.root().children_recursive();
        let mut rows = nodes.filter(|node| node.accesskit_node().role() == Role::ListBoxOption).peekable();
        rows.peek().is_some() && rows.all(|row| row.accesskit_node().label().is_some_and(|name| name.contains(part)))
    }
}

/// What a person does in a minute or so: the input of each pass.
pub fn script() -> Vec<(Doing, Vec<Event>)> {
    let mut passes = vec![(Doing::Scrolling, vec![Event::PointerMoved(IN_LIST)])];
    for turn in 0..8 {
        let by = if turn % 2 == 0 { -60.0 } else { 60.0 };
        passes.extend((0..25).map(|_| (Doing::Scrolling, vec![wheel(by)])));
    }
    for key in [Key::ArrowDown, Key::ArrowUp, Key::PageDown, Key::PageUp] {
        for _ in 0..25 {
            passes.push((Doing::Selecting, vec![press(key, true)]));
            passes.push((Doing::Selecting, vec![press(key, false)]));
        }
    }
    for number in 0..25 {
        let place = IN_LIST + vec2(0.0, if number % 2 == 0 { 0.0 } else { 130.0 });
        passes.push((Doing::Opening, vec![Event::PointerMoved(place)]));
        passes.push((Doing::Opening, vec![click(place, true)]));
        passes.push((Doing::Opening, vec![click(place, false)]));
        // Then the item comes.
        passes.extend((0..5).map(|_| (Doing::Opening, Vec::new())));
    }
    for key in [Key::F, Key::A] {
        passes.push((Doing::Typing, vec![with_ctrl(key, true)]));
        passes.push((Doing::Typing, vec![with_ctrl(key, false)]));
    }
    for word in ["zeppelin", "bank garden", "e", "anna 77"] {
        for letter in word.chars() {
            passes.push((Doing::Typing, vec![Event::Text(letter.to_string())]));
            passes.push((Doing::Typing, vec![press(Key::A, false)]));
        }
        for _ in word.chars() {
            passes.push((Doing::Typing, vec![press(Key::Backspace, true)]));
            passes.push((Doing::Typing, vec![press(Key::Backspace, false)]));
        }
    }
    passes.extend((0..150).map(|_| (Doing::Nothing, Vec::new())));
    passes
}

fn wheel(by: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, by),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    }
}

fn press(key: Key, pressed: bool) -> Event {
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
}

fn with_ctrl(key: Key, pressed: bool) -> Event {
    let modifiers = Modifiers::COMMAND | Modifiers::CTRL;
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}

fn click(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

fn items(count: usize) -> Vec<Arc<ItemSummary>> {
    let item = |(number, Entry { title, username, tag, .. }): (usize, Entry)| {
        let record = SummaryRecord {
            kind: "login".to_owned(),
            title: SecretString::new(title),
            tags: vec![SecretString::copy_of(tag)],
            subtitle: SecretString::new(username),
            media_type: String::new(),
            size: 0,
            favourite: number % 50 == 0,
            trashed: None,
            created: 1_760_000_000,
            modified: 1_760_000_000 + number as i64 * 7919 % 100_003,
            revision: 1,
        };
        let id = ItemId((number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes());
        Arc::new(ItemSummary::from_record(id, CollectionId([0; 16]), record))
    };
    entries(count).enumerate().map(item).collect()
}

/// What this thread has used of the processor.
pub fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
