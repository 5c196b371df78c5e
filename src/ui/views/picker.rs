//! The vault picker: the vaults that were opened here, another one, a new one.

use std::path::PathBuf;

use egui::{Rect, Ui, vec2};
use lucide_icons::Icon;

use super::parts;
use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::route::{Shortcut, View};
use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{Button, button, card, choice, text};
use crate::worker::{Command, Problem, What};

/// The vault picker.
#[derive(Debug, Default)]
pub struct Picker {
    problem: Option<Problem>,
    picking: bool,
}

impl Picker {
    fn open_other(&mut self, out: &mut Actions) {
        self.picking = true;
        self.problem = None;
        out.send(Command::PickFolder, Purpose::PickVault);
    }
}

impl View for Picker {
    fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        parts::corner(ui, out);
        card::column(ui, size::FORM + 40.0, |ui| {
            ui.add_space(space::HUGE + space::L);
            parts::mark(ui);
            ui.add_space(space::L);
            text::weak(ui, "Choose a vault.");
            ui.add_space(space::S);
            for vault in &shared.settings.recent_vaults {
                row(ui, &vault.path, out);
            }
            if shared.settings.recent_vaults.is_empty() {
                text::body(ui, "No vault was opened on this computer yet.");
            }
            ui.add_space(space::L);
            ui.horizontal(|ui| {
                if Button::primary("New vault").icon(Icon::Plus).tip("Ctrl+N").show(ui).clicked() {
                    out.go(Place::Create);
                }
                let open = Button::new("Open another vault…").icon(Icon::FolderOpen).tip("Ctrl+O");
                if open.enabled(!self.picking).show(ui).clicked() {
                    self.open_other(out);
                }
            });
            if let Some(problem) = &self.problem {
                ui.add_space(space::M);
                parts::apply(parts::problem(ui, problem), out);
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

fn row(ui: &mut Ui, folder: &PathBuf, out: &mut Actions) {
    ui.push_id(folder, |ui| {
        let name = show::vault_name(folder);
        let place = folder.parent().unwrap_or(folder).to_string_lossy().into_owned();
        let opens = choice::row(ui, false, Icon::Vault, &name, &place);
        let side = size::CONTROL_SMALL;
        let corner = opens.rect.right_center() - vec2(side + space::M, side / 2.0);
        let rect = Rect::from_min_size(corner, vec2(side, side));
        let forget = button::icon_at(ui, rect, Icon::X, &format!("Take {name} out of this list"));
        if forget.clicked() {
            out.send(Command::ForgetVault { folder: folder.clone() }, Purpose::Settings);
        } else if opens.clicked() {
            out.go(Place::Unlock(folder.clone()));
        }
    });
}
