//! The vault picker: the vaults that were opened here, another one, a new one.

use std::path::PathBuf;

use egui::{EventFilter, Key, Modifiers, Rect, Response, Ui, vec2};
use lucide_icons::Icon;

use super::parts;
use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, button, card, choice, text};
use crate::ui::wording;
use crate::worker::{Command, Problem, What};

/// The vault picker.
#[derive(Debug, Default)]
pub struct Picker {
    problem: Option<Problem>,
    picking: bool,
    drawn: bool,
}

impl Picker {
    fn open_other(&mut self, out: &mut Actions) {
        self.picking = true;
        self.problem = None;
        out.send(Command::PickFolder { title: "Open a vault" }, Purpose::PickVault);
    }
}

impl View for Picker {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let first = !std::mem::replace(&mut self.drawn, true);
        parts::corner(ui, out);
        card::column(ui, size::FORM + 40.0, |ui| {
            parts::above(ui, 200.0 + 60.0 * shared.settings.recent_vaults.len() as f32);
            parts::mark(ui);
            ui.add_space(space::L);
            text::weak(ui, "Choose a vault.");
            ui.add_space(space::S);
            let mut rows = Vec::new();
            for vault in &shared.settings.recent_vaults {
                rows.push(row(ui, &vault.path, out));
            }
            walk(ui, &rows);
            if shared.settings.recent_vaults.is_empty() {
                text::body(ui, "No vault was opened on this computer yet.");
            }
            ui.add_space(space::L);
            ui.horizontal(|ui| {
                let new = Button::primary("New vault").icon(Icon::Plus).tip("Ctrl+N").show(ui);
                if new.clicked() {
                    out.go(Place::Create);
                }
                if first {
                    rows.first().unwrap_or(&new).request_focus();
                }
                let open = Button::new("Open another vault…").icon(Icon::FolderOpen).tip("Ctrl+O");
                if open.enabled(!self.picking).show(ui).clicked() {
                    self.open_other(out);
                }
            });
            if let Some(problem) = &self.problem {
                ui.add_space(space::M);
                parts::apply(parts::say(ui, &wording::in_place(problem, Purpose::PickVault)), out);
            }
        });
    }

    fn told(&mut self, purpose: Option<Purpose>, what: What, _shared: &Shared, out: &mut Actions) {
        if let (Some(Purpose::PickVault), What::Picked(paths)) = (purpose, what) {
            self.picking = false;
            if let Some(folder) = paths.into_iter().next() {
                out.go(Place::Unlock(folder));
            }
        }
    }

    fn failed(&mut self, purpose: Purpose, problem: Problem) -> Option<Problem> {
        match purpose {
            Purpose::PickVault => {
                self.picking = false;
                self.problem = Some(problem);
                None
            }
            _ => Some(problem),
        }
    }

    fn shortcut(&mut self, shortcut: Shortcut, out: &mut Actions) -> bool {
        match shortcut {
            Shortcut::New => out.go(Place::Create),
            Shortcut::AddFiles if !self.picking => self.open_other(out),
            _ => return false,
        }
        true
    }
}

/// Up and down walk through the rows; Enter opens the one with the focus, as it presses any button.
fn walk(ui: &Ui, rows: &[Response]) {
    let Some(at) = rows.iter().position(Response::has_focus) else { return };
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(rows[at].id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let next = match (pressed(Key::ArrowDown), pressed(Key::ArrowUp)) {
        (true, _) => rows.get(at + 1),
        (_, true) => at.checked_sub(1).and_then(|row| rows.get(row)),
        _ => None,
    };
    if let Some(row) = next {
        row.request_focus();
        row.scroll_to_me(None);
    }
}

fn row(ui: &mut Ui, folder: &PathBuf, out: &mut Actions) -> Response {
    ui.push_id(folder, |ui| {
        let name = show::vault_name(folder);
        let place = folder.parent().unwrap_or(folder).to_string_lossy().into_owned();
        let opens = choice::row_beside(ui, false, Icon::FolderLock, &name, &place, size::CONTROL_SMALL);
        let side = size::CONTROL_SMALL;
        let corner = opens.rect.right_center() - vec2(side + space::M, side / 2.0);
        let rect = Rect::from_min_size(corner, vec2(side, side));
        let forget = button::icon_at(ui, rect, Icon::X, &format!("Take {name} out of this list"));
        if forget.clicked() {
            out.send(Command::ForgetVault { folder: folder.clone() }, Purpose::Settings);
        } else if opens.clicked() {
            out.go(Place::Unlock(folder.clone()));
        }
        opens
    })
    .inner
}
