//! The keyboard: what the window takes before a view, and what no view took.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::{App, Over, Page};
use crate::ui::action::{Action, Actions, Place};
use crate::ui::palette::Palette;
use crate::ui::route::{Route, Shortcut};

/// Whether a dialog or a menu is over the views.
pub(super) fn is_covered(ctx: &Context) -> bool {
    ctx.memory(|memory| memory.top_modal_layer().is_some()) || egui::Popup::is_any_open(ctx)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const NEW_NOTE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::N);

/// The longer ones first: Ctrl+N would take Ctrl+Shift+N.
const OF_VIEWS: &[(KeyboardShortcut, Shortcut)] = &[
    (NEW_NOTE, Shortcut::NewNote),
    (ctrl(Key::N), Shortcut::New),
    (ctrl(Key::F), Shortcut::Search),
    (ctrl(Key::O), Shortcut::AddFiles),
    (ctrl(Key::B), Shortcut::CopyUser),
    (ctrl(Key::E), Shortcut::Edit),
    (ctrl(Key::S), Shortcut::Save),
];

impl App {
    /// What works wherever the focus is.
    pub(super) fn keys_first(&mut self, ctx: &Context, out: &mut Actions) {
        let pressed = |shortcut: &KeyboardShortcut| ctx.input_mut(|input| input.consume_shortcut(shortcut));
        // Also where no vault is open: one may be on its way, and a passphrase half typed.
        if pressed(&ctrl(Key::L)) {
            out.push(Action::Lock);
            return;
        }
        if ctx.memory(|memory| memory.top_modal_layer().is_some()) {
            return;
        }
        if pressed(&ctrl(Key::K)) {
            self.over = Over::Palette(Palette::default());
            return;
        }
        let chosen = OF_VIEWS.iter().find(|(keys, _)| pressed(keys)).map(|(_, shortcut)| *shortcut);
        if let (Some(shortcut), None, Some(view)) = (chosen, &self.page, self.route.view()) {
            view.shortcut(shortcut, out);
        }
    }

    /// What no field, no dialog and no list took.
    pub(super) fn keys_left(&mut self, ctx: &Context, out: &mut Actions) {
        let drafting = matches!(&self.route, Route::Vault(vault) if vault.has_draft());
        if !drafting && ctx.input_mut(|input| input.consume_shortcut(&ctrl(Key::Z))) {
            if let Some(undo) = self.toasts.undo_last() {
                self.take_back(undo, out);
            }
            return;
        }
        let mut shortcut = None;
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            shortcut = Some(Shortcut::Back);
        } else if ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
            shortcut = Some(Shortcut::CopyMain);
        } else if ctx.memory(|memory| memory.focused().is_none())
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter))
        {
            shortcut = Some(Shortcut::Open);
        }
        let stepped = match (shortcut, &mut self.page) {
            (Some(Shortcut::Back), Some(Page::Ways(page))) => page.back(out),
            (Some(Shortcut::Back), Some(Page::Profiles(page))) => page.back(out),
            _ => false,
        };
        if stepped {
            return;
        }
        match (shortcut, &self.page, self.route.view()) {
            (Some(Shortcut::Back), Some(Page::NewKeys(page)), _) => out.go(page.back()),
            (Some(Shortcut::Back), Some(_), _) => out.go(Place::Back),
            (Some(shortcut), None, Some(view)) => {
                view.shortcut(shortcut, out);
            }
            _ => {}
        }
    }
}
