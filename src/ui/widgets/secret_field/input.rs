//! What keys, pastes and input methods do to a field.
//!
//! Owns: the translation of egui's events. Invariant: an event that the field used is taken out of egui's input and wiped, so
//! that nobody else acts on it, and nothing typed waits there.

use egui::{Event, ImeEvent, Key, Modifiers};
use zeroize::Zeroize;

use super::edit::{Reach, SecretEdit};
use crate::secret::SecretString;
use crate::ui::widgets::clipboard;

/// What kind of field the events are for.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) multiline: bool,
    pub(super) read_only: bool,
    /// Whether the text is on the screen, and may be copied.
    pub(super) visible: bool,
}

/// What the events did.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) changed: bool,
    /// Enter, in a field of one line.
    pub(super) submitted: bool,
    /// Moves by rows, which need the text's layout: how many, and whether the selection grows.
    pub(super) rows: Vec<(Rows, bool)>,
}

#[derive(Clone, Copy)]
pub(super) enum Rows {
    Up,
    Down,
    PageUp,
    PageDown,
}

/// Lets the focused field act on this pass's events.
pub(super) fn take(ctx: &egui::Context, edit: &mut SecretEdit, rules: Rules) -> Outcome {
    let events = ctx.input_mut(|input| std::mem::take(&mut input.events));
    let mut outcome = Outcome::default();
    let mut copied = None;
    let mut others = Vec::with_capacity(events.len());
    for mut event in events {
        if act(edit, rules, &mut event, &mut outcome, &mut copied) {
            wipe(&mut event);
        } else {
            others.push(event);
        }
    }
    ctx.input_mut(|input| input.events = others);
    if let Some(text) = copied {
        clipboard::offer(ctx, text);
    }
    outcome
}

/// What an assistive technology asked the field to hold.
pub(super) fn value_set_by_assistive_technology(ctx: &egui::Context, id: egui::Id) -> Option<SecretString> {
    use egui::accesskit::{Action, ActionData};
    ctx.input(|input| {
        let last = input.accesskit_action_requests(id, Action::SetValue).last();
        match last.and_then(|request| request.data.as_ref()) {
            Some(ActionData::Value(value)) => Some(SecretString::copy_of(value)),
            _ => None,
        }
    })
}

/// Returns whether the field used the event.
fn act(
    edit: &mut SecretEdit,
    rules: Rules,
    event: &mut Event,
    outcome: &mut Outcome,
    copied: &mut Option<SecretString>,
) -> bool {
    let mut insert = |edit: &mut SecretEdit, text: &str| {
        if rules.multiline {
            edit.insert(text);
        } else {
            edit.insert_line(text);
        }
        outcome.changed = true;
    };
    match event {
        Event::Copy if rules.visible && !edit.selection().is_empty() => *copied = edit.selected_text(),
        Event::Cut if rules.visible && !rules.read_only && !edit.selection().is_empty() => {
            *copied = edit.selected_text();
            insert(edit, "");
        }
        Event::Text(text) if !rules.read_only => {
            if !text.is_empty() && !text.contains(['\n', '\r']) {
                insert(edit, text);
            }
        }
        Event::Paste(text) if !rules.read_only => insert(edit, text),
        Event::Ime(ime) if !rules.read_only => match ime {
            ImeEvent::Preedit { text, .. } => edit.composing = SecretString::copy_of(text),
            ImeEvent::Commit(text) => {
                edit.composing = SecretString::default();
                insert(edit, text);
            }
            ImeEvent::DeleteSurrounding { before_chars, after_chars } => {
                (0..*after_chars).for_each(|_| edit.delete_forward(Reach::Character));
                (0..*before_chars).for_each(|_| edit.delete_back(Reach::Character));
                outcome.changed = true;
            }
            #[expect(deprecated, reason = "named to ignore them")]
            ImeEvent::Enabled | ImeEvent::Disabled => return false,
        },
        Event::Key { key, pressed: true, modifiers, .. } => return key_pressed(edit, rules, *key, *modifiers, outcome),
        _ => return false,
    }
    true
}

fn key_pressed(edit: &mut SecretEdit, rules: Rules, key: Key, modifiers: Modifiers, outcome: &mut Outcome) -> bool {
    let reach = if modifiers.ctrl || modifiers.alt { Reach::Word } else { Reach::Character };
    let edge = if modifiers.ctrl { Reach::Text } else { Reach::Line };
    let extend = modifiers.shift;
    match key {
        Key::ArrowLeft => edit.move_back(reach, extend),
        Key::ArrowRight => edit.move_forward(reach, extend),
        Key::Home => edit.move_back(edge, extend),
        Key::End => edit.move_forward(edge, extend),
        Key::ArrowUp if rules.multiline => outcome.rows.push((Rows::Up, extend)),
        Key::ArrowDown if rules.multiline => outcome.rows.push((Rows::Down, extend)),
        Key::PageUp if rules.multiline => outcome.rows.push((Rows::PageUp, extend)),
        Key::PageDown if rules.multiline => outcome.rows.push((Rows::PageDown, extend)),
        Key::A if modifiers.command_only() => edit.select_all(),
        Key::Backspace if !rules.read_only => {
            edit.delete_back(reach);
            outcome.changed = true;
        }
        Key::Delete if !rules.read_only => {
            edit.delete_forward(reach);
            outcome.changed = true;
        }
        Key::Enter if rules.multiline && !rules.read_only && !modifiers.command => {
            edit.insert("\n");
            outcome.changed = true;
        }
        Key::Enter if !rules.multiline && modifiers.is_none() => outcome.submitted = true,
        // A space reaches the text as text; the key itself must not press anything.
        Key::Space if !modifiers.command => {}
        _ => return false,
    }
    true
}

fn wipe(event: &mut Event) {
    match event {
        Event::Text(text) | Event::Paste(text) | Event::Ime(ImeEvent::Commit(text)) => text.zeroize(),
        Event::Ime(ImeEvent::Preedit { text, .. }) => text.zeroize(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: Rules = Rules { multiline: false, read_only: false, visible: false };
    const NOTE: Rules = Rules { multiline: true, read_only: false, visible: true };

    fn key(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    /// Runs the events through a field; returns its text, what was left for others, and what was copied.
    fn run(rules: Rules, start: &str, events: Vec<Event>) -> (String, Vec<Event>, Option<String>) {
        let ctx = egui::Context::default();
        ctx.input_mut(|input| input.events = events);
        let mut edit = SecretEdit::of(SecretString::copy_of(start));
        take(&ctx, &mut edit, rules);
        let copied = clipboard::taken(&ctx).map(|text| text.expose().to_owned());
        (edit.text().expose().to_owned(), ctx.input(|input| input.events.clone()), copied)
    }

    #[test]
    fn typed_text_is_taken_out_of_the_input() {
        let (text, left, _) = run(PASSWORD, "", vec![Event::Text("pä".to_owned()), Event::Paste("ss\n".to_owned())]);
        assert_eq!(text, "päss");
        assert!(left.is_empty());
    }

    #[test]
    fn a_hidden_password_is_not_copied_and_the_shortcut_is_left_to_others() {
        let all = || vec![key(Key::A, Modifiers::COMMAND | Modifiers::CTRL), Event::Copy, Event::Cut];
        let (text, left, copied) = run(PASSWORD, "hunter2", all());
        assert_eq!((text.as_str(), left.len(), copied), ("hunter2", 2, None));
        let (text, left, copied) = run(NOTE, "hunter2", all());
        assert_eq!((text.as_str(), left.len(), copied.as_deref()), ("", 0, Some("hunter2")));
    }

    #[test]
    fn enter_submits_one_line_and_breaks_many() {
        let (text, left, _) = run(PASSWORD, "a", vec![key(Key::Enter, Modifiers::NONE)]);
        assert_eq!((text.as_str(), left.len()), ("a", 0));
        let (text, ..) = run(NOTE, "a", vec![key(Key::Enter, Modifiers::NONE), Event::Text("b".to_owned())]);
        assert_eq!(text, "a\nb");
    }

    #[test]
    fn an_input_method_shows_its_draft_before_it_commits() {
        let ctx = egui::Context::default();
        let mut edit = SecretEdit::default();
        let preedit = ImeEvent::Preedit { text: "ni".to_owned(), active_range_chars: None };
        ctx.input_mut(|input| input.events = vec![Event::Ime(preedit)]);
        take(&ctx, &mut edit, NOTE);
        assert_eq!((edit.text().expose(), edit.composing.expose()), ("", "ni"));
        ctx.input_mut(|input| input.events = vec![Event::Ime(ImeEvent::Commit("你".to_owned()))]);
        take(&ctx, &mut edit, NOTE);
        assert_eq!((edit.text().expose(), edit.composing.expose()), ("你", ""));
    }

    #[test]
    fn shortcuts_of_the_window_pass_through() {
        let keys =
            [Key::L, Key::F, Key::N, Key::O, Key::B, Key::S].map(|k| key(k, Modifiers::COMMAND | Modifiers::CTRL));
        let (text, left, _) = run(NOTE, "a", keys.to_vec());
        assert_eq!((text.as_str(), left.len()), ("a", 6));
        let (_, left, _) =
            run(PASSWORD, "a", vec![key(Key::ArrowDown, Modifiers::NONE), key(Key::Escape, Modifiers::NONE)]);
        assert_eq!(left.len(), 2);
    }
}
