//! The emergency sheet on the screen: shown once, taken down, and confirmed from what was taken down before its slot is added.
//!
//! Owns: the sheet, until its slot is there or the step is left. Touches no file: where it is saved to is the person's choice, each time.
//! Invariants: nothing is added before somebody has typed two groups of what they took down, so that no code that nobody has ever opens
//! the vault; code and picture are painted, never put into a widget or a texture that keeps them.

use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align2, Color32, Rect, Sense, Ui, pos2, vec2};
use lucide_icons::Icon;

use crate::secret::SecretString;
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::radius, tokens::space, tokens::type_size};
use crate::ui::views::parts;
use crate::ui::widgets::{Button, SecretEdit, button, card, describe, dialog, notice, secret_text, text};
use crate::ui::wording::{self, Fix};
use crate::worker::{Command, EmergencySheet, Problem, SheetPicture};

/// How many groups stand in a row.
const COLUMNS: usize = 3;
const GROUP_HEIGHT: f32 = 34.0;
const PICTURE: f32 = 196.0;
/// The white frame around a QR code, in modules.
const QUIET: f32 = 4.0;

/// An emergency sheet, on its way to paper.
#[derive(Debug, Default)]
pub(super) struct SheetStep {
    sheet: Later<Arc<EmergencySheet>>,
    part: Part,
    typed: [SecretEdit; 2],
    /// Whether what was typed is not what stands on the sheet.
    wrong: bool,
    focus: bool,
    asking: Option<Ask>,
    /// Whether somebody has said that it is on paper, or has had it written out.
    taken_down: bool,
    /// Whether it was thrown away.
    left: bool,
    saved: Option<PathBuf>,
    problem: Option<Problem>,
    target: Option<PathBuf>,
}

#[derive(Debug, Default, PartialEq)]
enum Part {
    /// It is on the screen.
    #[default]
    Shown,
    /// It is not, and two groups of it are asked for.
    Asked,
    /// Its slot is being added.
    Adding,
}

#[derive(Debug, PartialEq)]
enum Ask {
    /// Whether what was taken down may be for nothing.
    Leave,
    /// Whether a file that opens the vault may be written.
    Save,
    /// Whether a file may be replaced.
    Replace(PathBuf),
}

/// How the step ended.
pub(super) enum SheetEnd {
    /// Somebody has it on paper.
    Confirmed(Arc<EmergencySheet>),
    /// It could not be made: once more.
    Again,
    /// It was thrown away.
    Left,
}

impl SheetStep {
    /// Goes back within the step, or asks before the step is left; whether it did either.
    pub fn back(&mut self, out: &mut Actions) -> bool {
        match self.part {
            Part::Asked => self.show_again(out),
            Part::Shown if self.taken_down => self.asking = Some(Ask::Leave),
            Part::Shown | Part::Adding => return false,
        }
        true
    }

    fn show_again(&mut self, out: &mut Actions) {
        self.part = Part::Shown;
        self.problem = None;
        out.push(Action::Forget);
    }

    pub fn made(&mut self, sheet: Arc<EmergencySheet>) {
        self.sheet = Later::Ready(sheet);
    }

    pub fn saved(&mut self, path: PathBuf) {
        self.saved = Some(path);
        self.taken_down = true;
        self.problem = None;
    }

    /// Where the page to print goes.
    pub fn picked(&mut self, paths: Vec<PathBuf>, out: &mut Actions) {
        if let Some(path) = paths.into_iter().next() {
            self.save(path, false, out);
        }
    }

    fn save(&mut self, path: PathBuf, replace: bool, out: &mut Actions) {
        let Some(sheet) = self.sheet.ready() else { return };
        self.target = Some(path.clone());
        out.send(Command::SaveSheet { sheet: Arc::clone(sheet), path, replace }, Purpose::SaveSheet);
    }

    pub fn failed(&mut self, purpose: Purpose, problem: Problem) {
        if purpose == Purpose::AddWay {
            self.part = Part::Asked;
        }
        match (purpose, problem) {
            (_, Problem::Cancelled) => {}
            (Purpose::Sheet, problem) => self.sheet = Later::Failed(problem),
            (Purpose::SaveSheet, Problem::Exists { path }) => {
                self.asking = Some(Ask::Replace(self.target.take().unwrap_or(path)));
            }
            (_, problem) => self.problem = Some(problem),
        }
    }

    /// Which two groups are asked for: others on each sheet.
    fn asked(sheet: &EmergencySheet) -> [usize; 2] {
        let count = sheet.groups().max(2);
        let [first, second, ..] = sheet.slot().0;
        let first = usize::from(first) % count;
        let second = (first + 1 + usize::from(second) % (count - 1)) % count;
        [first.min(second), first.max(second)]
    }

    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) -> Option<SheetEnd> {
        let sheet = match &self.sheet {
            Later::Ready(sheet) => Arc::clone(sheet),
            Later::Failed(problem) => {
                let fix = parts::problem(ui, problem);
                let again = Button::new("Make another").show(ui).clicked();
                return (parts::apply(fix, out).is_some() || again).then_some(SheetEnd::Again);
            }
            Later::Idle | Later::Pending => {
                parts::waiting(ui, "Making a code…");
                return None;
            }
        };
        let mut end = None;
        if let Some(problem) = &self.problem {
            let mut words = wording::of(problem);
            if self.part == Part::Asked {
                words.to_do = format!("The sheet is not added: it opens nothing so far. {}", words.to_do);
            }
            if parts::apply(parts::say(ui, &words), out) == Some(Fix::TryAgain) && self.part == Part::Asked {
                end = self.confirm(&sheet);
            }
            ui.add_space(space::M);
        }
        match self.part {
            Part::Shown => self.paper(ui, &sheet, shared, out),
            Part::Asked => end = end.or(self.question(ui, &sheet, out)),
            Part::Adding => {
                ui.horizontal(|ui| {
                    parts::waiting(ui, "Making the key that the code opens…");
                    if Button::quiet("Cancel").small().show(ui).clicked() {
                        out.push(Action::Cancel(Purpose::AddWay));
                    }
                });
            }
        }
        self.ask(ui, &sheet, out);
        if self.left { Some(SheetEnd::Left) } else { end }
    }

    fn paper(&mut self, ui: &mut Ui, sheet: &EmergencySheet, shared: &Shared, out: &mut Actions) {
        card::show(ui, |ui| {
            text::label(ui, format!("{} · made {}", sheet.name(), show::day(sheet.made(), &shared.zone)));
            ui.add_space(space::S);
            let beside = ui.available_width() >= PICTURE + 300.0;
            let draw = |ui: &mut Ui| {
                let room = ui.available_width() - if beside { PICTURE + space::XXL } else { 0.0 };
                ui.vertical(|ui| {
                    ui.set_width(room);
                    code(ui, sheet);
                    ui.add_space(space::S);
                    text::small(
                        ui,
                        "Write it down, or photograph the picture with a camera that keeps no copy online. The order counts; \
                         case, spaces and hyphens don't.",
                    );
                });
                if beside {
                    ui.add_space(space::S);
                }
                picture(ui, sheet.picture());
            };
            if beside {
                ui.horizontal_top(draw);
            } else {
                ui.vertical(draw);
            }
        });
        ui.add_space(space::M);
        notice::plain(
            ui,
            notice::Tone::Warning,
            "Whoever has this code and a copy of the vault can open it",
            "Keep it on paper, away from this computer. It is shown only now, and opens nothing until you go on.",
        );
        if let Some(path) = &self.saved {
            ui.add_space(space::S);
            let happened = format!("Saved as “{}”", show::file_name(path));
            notice::plain(ui, notice::Tone::Plain, &happened, "Print it, then delete the file: it opens the vault.");
        }
        ui.add_space(space::L);
        ui.horizontal_wrapped(|ui| {
            if Button::primary("I have it on paper").show(ui).clicked() {
                self.part = Part::Asked;
                self.taken_down = true;
                self.focus = true;
                self.wrong = false;
                self.typed = Default::default();
                out.push(Action::Forget);
            }
            if Button::new("Save a printable sheet…").icon(Icon::Printer).show(ui).clicked() {
                self.asking = Some(Ask::Save);
            }
            if Button::quiet("Copy code").icon(Icon::Copy).show(ui).clicked() {
                out.copy_named(sheet.code(), "Recovery code");
            }
        });
    }

    fn question(&mut self, ui: &mut Ui, sheet: &Arc<EmergencySheet>, out: &mut Actions) -> Option<SheetEnd> {
        let asked = Self::asked(sheet);
        let mut submitted = false;
        card::show(ui, |ui| {
            text::strong(ui, "Two groups, from your paper");
            text::weak(ui, "So that nothing is added that nobody has.");
            ui.add_space(space::M);
            let focus = std::mem::take(&mut self.focus);
            let wrong = self.wrong;
            for (at, (number, edit)) in asked.into_iter().zip(&mut self.typed).enumerate() {
                let wrong = wrong && !sheet.is_group(number, edit.text());
                let label = format!("{} group", ordinal(number + 1));
                let field = parts::field(ui, &label, edit, |field| field.mono().wrong(wrong).focus(focus && at == 0));
                submitted |= field.submitted;
            }
            if wrong {
                let to_do = "Count the groups from left to right, row by row.";
                notice::plain(ui, notice::Tone::Problem, "That is not what stands on the sheet.", to_do);
            }
        });
        ui.add_space(space::L);
        let ready = self.typed.iter().all(|edit| !edit.is_empty());
        let mut pressed = false;
        ui.horizontal_wrapped(|ui| {
            pressed = Button::primary("Add this sheet").enabled(ready).show(ui).clicked();
            if button::link(ui, "Show the sheet again").clicked() {
                self.show_again(out);
            }
        });
        if !ready || !(pressed || submitted) {
            return None;
        }
        self.confirm(sheet)
    }

    fn confirm(&mut self, sheet: &Arc<EmergencySheet>) -> Option<SheetEnd> {
        let right = Self::asked(sheet).into_iter().zip(&self.typed).all(|(at, edit)| sheet.is_group(at, edit.text()));
        self.wrong = !right;
        self.focus = !right;
        self.problem = None;
        right.then(|| {
            self.part = Part::Adding;
            SheetEnd::Confirmed(Arc::clone(sheet))
        })
    }

    fn ask(&mut self, ui: &Ui, sheet: &EmergencySheet, out: &mut Actions) {
        let (title, meaning, no, yes) = match &self.asking {
            None => return,
            Some(Ask::Leave) => (
                "Throw this sheet away?".to_owned(),
                "It is not added yet: what you have taken down opens nothing, and never will. The next sheet has another code.",
                "Go on with it",
                "Throw it away",
            ),
            Some(Ask::Save) => (
                "Save a file that opens the vault?".to_owned(),
                "The sheet is written out in the clear. Save it only to print it, on a disk that you trust, and delete it \
                 afterwards: it may stay in backups.",
                "Don't save",
                "Choose where…",
            ),
            Some(Ask::Replace(path)) => (
                format!("Replace “{}”?", show::file_name(path)),
                "A file of this name exists there already.",
                "Cancel",
                "Replace",
            ),
        };
        let answer = dialog::show(ui.ctx(), &title, false, |ui| {
            text::weak(ui, meaning);
            dialog::answer(ui, no, Button::danger(yes), true)
        });
        let Some(yes) = answer else { return };
        let asked = self.asking.take();
        if !yes {
            return;
        }
        self.saved = None;
        self.problem = None;
        match asked {
            Some(Ask::Leave) => self.left = true,
            Some(Ask::Save) => {
                let name = format!("{} emergency sheet.html", sheet.name());
                out.send(Command::PickSaveAs { title: "Save a printable sheet", name }, Purpose::PickSheet);
            }
            Some(Ask::Replace(path)) => self.save(path, true, out),
            None => {}
        }
    }
}

fn ordinal(number: usize) -> String {
    let ending = match number {
        1 => "First",
        2 => "Second",
        3 => "Third",
        4 => "Fourth",
        5 => "Fifth",
        6 => "Sixth",
        7 => "Seventh",
        8 => "Eighth",
        9 => "Ninth",
        number => return format!("{number}th"),
    };
    ending.to_owned()
}

/// The code in its groups, numbered, as large as it is to be copied by hand.
fn code(ui: &mut Ui, sheet: &EmergencySheet) {
    let p = theme::palette(ui);
    let count = sheet.groups();
    let rows = count.div_ceil(COLUMNS);
    let size = vec2(ui.available_width(), rows as f32 * (GROUP_HEIGHT + space::XS) - space::XS);
    let (whole, response) = ui.allocate_exact_size(size, Sense::hover());
    describe(ui, &response, Role::Label, |node| {
        node.set_description("Recovery code");
        // EXPOSE: it is on the screen, for this once; only while somebody listens.
        node.set_value(sheet.code().expose());
    });
    let width = (whole.width() - (COLUMNS - 1) as f32 * space::S) / COLUMNS as f32;
    for number in 0..count {
        let (row, column) = ((number / COLUMNS) as f32, (number % COLUMNS) as f32);
        let at = whole.min + vec2(column * (width + space::S), row * (GROUP_HEIGHT + space::XS));
        let cell = Rect::from_min_size(at, vec2(width, GROUP_HEIGHT));
        ui.painter().rect_filled(cell, f32::from(radius::MEDIUM), p.list);
        let small = fonts::text(type_size::CAPTION);
        let middle = pos2(cell.min.x + space::S, cell.center().y);
        ui.painter().text(middle, Align2::LEFT_CENTER, (number + 1).to_string(), small, p.faint);
        let group: SecretString = sheet.group(number);
        let font = fonts::mono(type_size::TITLE - 2.0);
        let room = Rect::from_min_max(pos2(cell.min.x + space::XL, cell.min.y), cell.max);
        let used = secret_text::width(ui, &group, font.clone());
        let left = room.min.x + ((room.width() - space::S - used) / 2.0).max(0.0);
        secret_text::line(ui.painter(), room.with_min_x(left), &group, font, p.text);
    }
}

/// The QR code, black on white in any colours: a camera expects that.
pub(in crate::ui::views) fn picture(ui: &mut Ui, picture: &SheetPicture) {
    let (rect, response) = ui.allocate_exact_size(vec2(PICTURE, PICTURE), Sense::hover());
    describe(ui, &response, Role::Image, |node| node.set_label("The code as a QR code"));
    ui.painter().rect_filled(rect, f32::from(radius::SMALL), Color32::WHITE);
    // Whole pixels, or cameras see lines between the modules.
    let pixels = ui.pixels_per_point();
    let module = (rect.width() * pixels / (picture.width() as f32 + 2.0 * QUIET)).floor().max(1.0) / pixels;
    let inset = (rect.width() - module * picture.width() as f32) / 2.0;
    let origin = rect.min + vec2(inset, inset);
    let snap = |at: f32| (at * pixels).round() / pixels;
    let origin = pos2(snap(origin.x), snap(origin.y));
    for (row, first, count) in picture.runs() {
        let at = origin + vec2(first as f32, row as f32) * module;
        let run = Rect::from_min_size(at, vec2(count as f32 * module, module));
        ui.painter().rect_filled(run, 0.0, Color32::BLACK);
    }
}
