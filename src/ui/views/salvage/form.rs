//! What a salvage needs to know, and how far it is.

use egui::{Align, Layout, Ui, vec2};
use lucide_icons::Icon;

use super::{Salvage, State};
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::shared::Shared;
use crate::ui::theme::tokens::space;
use crate::ui::views::unlock::step_words;
use crate::ui::views::{create, parts};
use crate::ui::widgets::{Button, button, card, choice, notice, progress, text};
use crate::ui::wording::Fix;
use crate::worker::{Command, Problem, VaultView};

impl Salvage {
    /// Draws it.
    pub(super) fn form(&mut self, ui: &mut Ui, shared: &Shared, vault: &VaultView, out: &mut Actions) {
        if self.locked {
            let to_do = "What was typed is forgotten, and nothing half-done was left. Begin again.";
            notice::plain(ui, notice::Tone::Plain, "Sealkeep locked while this ran", to_do);
            ui.add_space(space::M);
        }
        let working = self.is_working();
        let wrong = matches!(self.state, State::Failed(Problem::WrongPassphrase | Problem::MistypedCode));
        let mut begin = false;
        let mut offers = false;
        card::show(ui, |ui| {
            text::strong(ui, "Open the damaged vault");
            ui.add_space(space::XS);
            let shown = self.unlock_form.show(ui, shared, vault, (working, wrong), out);
            if shown.turned {
                self.state = State::Editing;
            }
            begin |= shown.submitted && (!self.own_passphrase || self.is_ready());
            offers = shown.offers;
        });
        ui.add_space(space::M);
        card::show(ui, |ui| {
            text::strong(ui, "The new vault");
            ui.add_space(space::XS);
            begin |= ui.add_enabled_ui(!working, |ui| self.new_vault(ui, out)).inner;
        });
        ui.add_space(space::L);
        begin |= self.foot(ui, offers, out);
        if begin && !self.is_working() {
            self.begin(out);
        }
    }

    /// What the new vault is called, where it goes, and what opens it; whether Enter was pressed.
    fn new_vault(&mut self, ui: &mut Ui, out: &mut Actions) -> bool {
        let unusable = create::unusable(&parts::plain(&self.name));
        let name = parts::field(ui, "Name", &mut self.name, |field| field.wrong(unusable.is_some()));
        if let Some(why) = unusable {
            text::small(ui, why);
        }
        ui.horizontal(|ui| {
            let place = self.place.as_deref().or(self.folder.parent());
            let words = place.map_or_else(String::new, |place| format!("In {}", place.to_string_lossy()));
            let width = ui.available_width() - 140.0;
            ui.allocate_ui(vec2(width, 20.0), |ui| text::small_elided(ui, &words));
            if button::link(ui, "Choose a folder…").clicked() {
                out.send(Command::PickFolder { title: "Choose where the new vault goes" }, Purpose::PickPlace);
            }
        });
        text::small(ui, "Is the old disk failing? Then choose a folder on another one.");
        ui.add_space(space::M);
        if self.unlock_form.is_kms() {
            text::small(ui, "The same KMS key opens it. AWS KMS is asked twice for each version that is copied.");
            return name.submitted;
        }
        let ways = [(false, "The same passphrase"), (true, "Another passphrase")];
        text::label(ui, "Opened by");
        if let Some(own) = choice::bar(ui, "Opened by", self.own_passphrase, &ways) {
            self.own_passphrase = own;
        }
        if !self.own_passphrase {
            return name.submitted;
        }
        ui.add_space(space::M);
        name.submitted | self.passphrase.show(ui, "New passphrase", false)
    }

    /// How far it is, what went wrong, and the button; whether that was pressed.
    fn foot(&mut self, ui: &mut Ui, offers: bool, out: &mut Actions) -> bool {
        let mut again = false;
        match &self.state {
            State::Editing | State::Done(_) => {}
            State::Opening(step) => {
                working(ui, &step_words(*step), out, |_| ());
                return false;
            }
            State::Copying(done) => {
                working(ui, "Saving what still opens…", out, |ui| {
                    ui.add_space(space::S);
                    progress::bar(ui, "Saving", done.part());
                    ui.add_space(space::XS);
                    text::small(ui, crate::ui::jobs::numbers(done));
                });
                return false;
            }
            State::Failed(problem) => {
                let fix = parts::problem_while_locked(ui, problem);
                ui.add_space(space::M);
                match parts::apply(fix, out) {
                    Some(Fix::LookAgain) => {
                        self.look_again(out);
                        return false;
                    }
                    fix => again = fix.is_some(),
                }
            }
        }
        if !offers {
            return false;
        }
        let button = Button::primary("Save what still opens").icon(Icon::LifeBuoy).enabled(self.is_ready()).show(ui);
        self.unlock_form.hand_on(&button);
        if matches!(self.state, State::Failed(_)) && !ui.is_rect_visible(button.rect) {
            button.scroll_to_me(Some(Align::BOTTOM));
        }
        button.clicked() || again
    }
}

/// A card that says what is going on, with a way to stop it.
fn working(ui: &mut Ui, words: &str, out: &mut Actions, below: impl FnOnce(&mut Ui)) {
    card::show(ui, |ui| {
        ui.horizontal(|ui| {
            parts::waiting(ui, words);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if Button::new("Cancel").small().show(ui).clicked() {
                    out.push(Action::Cancel(Purpose::Salvage));
                }
            });
        });
        below(ui);
    });
}
