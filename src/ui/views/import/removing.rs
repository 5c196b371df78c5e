//! What was imported; and its plaintext keys, which stand in the files until somebody says otherwise.

use egui::{ScrollArea, Ui};
use lucide_icons::Icon;

use super::Pressed;
use crate::ui::action::Actions;
use crate::ui::shared::Later;
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::toasts::Toast;
use crate::ui::widgets::{button, card, choice, notice, text};
use crate::ui::wording::{self, import};
use crate::worker::{FoundBy, GoesOn, Imported, KeptKey, KeysInFile, KeysRemoved};

/// How high a list is at most, in points.
const MOST: f32 = 160.0;

/// What becomes of the keys in the files.
#[derive(Debug)]
pub(super) struct Removing {
    imported: Imported,
    protected: bool,
    after: After,
    removed: Later<KeysRemoved>,
}

/// What the AWS command line has afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Asks,
    Nothing,
}

const AFTER: &[(After, &str)] = &[(After::Asks, "Asks Sealkeep"), (After::Nothing, "Has no credentials")];

/// What a protected profile means to a program that has no terminal for the passphrase.
const WAITS: &str = "A protected profile asks for its passphrase on the terminal that the AWS command line runs in. Where there is none, in a script, it \
                     is refused.";

impl Removing {
    pub fn of(imported: Imported, protected: bool) -> Self {
        Self { imported, protected, after: After::Asks, removed: Later::Idle }
    }

    /// Whether there are keys that could go.
    pub fn offers(&self) -> bool {
        !self.imported.keys.is_empty() && self.removed.ready().is_none()
    }

    pub fn is_pending(&self) -> bool {
        matches!(self.removed, Later::Pending)
    }

    /// What is said in passing of how it ended.
    pub fn said(&self) -> Toast {
        let Some(removed) = self.removed.ready() else {
            let stored = self.imported.stored.len() as u64;
            return Toast::done(format!("{} imported", show::count(stored, "profile")));
        };
        if let Some(problem) = &removed.stopped {
            let words = wording::of(problem);
            return Toast::problem(
                "Not all plaintext keys were removed",
                format!("{} {}", words.happened, words.to_do),
            );
        }
        if let Some(words) = removed.removed.iter().find_map(|one| import::left(&one.file, one.old)) {
            return Toast::problem(words.happened, words.to_do);
        }
        match self.imported.kept.first() {
            Some(kept) => Toast::problem("Not all plaintext keys were removed", import::kept(kept)),
            None => Toast::done("Plaintext keys removed"),
        }
    }

    /// Whether the AWS command line asks from now on, where the keys are to go and are not under way.
    pub fn begin(&mut self) -> Option<bool> {
        if !self.offers() || self.is_pending() {
            return None;
        }
        self.removed = Later::Pending;
        Some(self.after == After::Asks)
    }

    pub fn removed(&mut self, removed: KeysRemoved) {
        self.removed = Later::Ready(removed);
    }

    pub fn stopped(&mut self) {
        self.removed = Later::Idle;
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, out: &mut Actions) -> Pressed {
        let names: Vec<&str> = self.imported.stored.iter().map(|found| found.name.as_str()).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let happened = format!("{} {verb} in the keyring", show::count(names.len() as u64, "profile"));
        notice::plain(ui, notice::Tone::Good, &happened, &names.join(", "));
        ui.add_space(space::M);
        match &self.removed {
            Later::Ready(removed) => {
                result(ui, removed, (self.protected, &self.imported.found_by), out);
                kept(ui, &self.imported.kept);
            }
            _ if self.imported.keys.is_empty() => {
                text::weak(
                    ui,
                    "No plaintext key of what was imported can be removed from the AWS command line's files.",
                );
                kept(ui, &self.imported.kept);
                copies(ui, &self.imported.copies);
            }
            _ => {
                let pending = self.is_pending();
                ui.add_enabled_ui(!pending, |ui| self.offer(ui));
            }
        }
        Pressed::Nothing
    }

    fn offer(&mut self, ui: &mut Ui) {
        card::show(ui, |ui| {
            text::heading(ui, "Their keys still stand here in plaintext");
            text::weak(
                ui,
                "Every program that you run can read them. These lines can go now; every other line stays as it is. Sealkeep keeps no copy of the file.",
            );
            ui.add_space(space::S);
            bounded(ui, "keys in files", |ui| {
                for keys in &self.imported.keys {
                    file(ui, keys);
                }
            });
            ui.add_space(space::S);
            text::label(ui, "The AWS command line afterwards");
            if let Some(after) = choice::bar(ui, "The AWS command line afterwards", self.after, AFTER) {
                self.after = after;
            }
            ui.add_space(space::XS);
            match self.after {
                After::Asks => {
                    self.instead(ui);
                    if self.protected {
                        text::small(ui, WAITS);
                    }
                }
                After::Nothing => {
                    text::small(ui, "It can't use these profiles any more, before they get credentials otherwise.");
                }
            }
        });
        if !self.imported.needs_its_keys.is_empty() {
            ui.add_space(space::M);
            let roles = self.imported.needs_its_keys.join(", ");
            let happened = format!("The AWS command line can't take the role of {roles} without the key");
            let to_do = "The key and the role stand in one section. Once the key is gone, Sealkeep says which line goes in its place.";
            notice::plain(ui, notice::Tone::Warning, &happened, to_do);
        }
        kept(ui, &self.imported.kept);
        copies(ui, &self.imported.copies);
    }
}

impl Removing {
    /// What comes into the place of the keys.
    fn instead(&self, ui: &mut Ui) {
        match self.imported.lines.as_slice() {
            [] => {
                text::small(ui, "No line comes into their place: the AWS command line takes a role with each of them.");
                return;
            }
            [(_, line)] => {
                text::small(ui, "It goes on working. In place of the key stands this line:");
                text::wrapped_mono(ui, line);
            }
            lines => {
                text::small(ui, "It goes on working. In place of the keys stand these lines:");
                bounded(ui, "lines instead", |ui| {
                    for (from, line) in lines {
                        text::small(ui, format!("[{from}]"));
                        text::wrapped_mono(ui, line);
                    }
                });
            }
        }
        found_by(ui, &self.imported.found_by);
    }
}

/// How the program is found that a line names, where that is not by its name.
fn found_by(ui: &mut Ui, found: &FoundBy) {
    if let Some(words) = import::found_by(found) {
        text::small(ui, words);
    }
}

fn file(ui: &mut Ui, keys: &KeysInFile) {
    text::wrapped_mono(ui, &keys.file.display().to_string());
    for section in &keys.sections {
        text::small(ui, import::section(section));
    }
    ui.add_space(space::XS);
}

fn bounded(ui: &mut Ui, id: &str, content: impl FnOnce(&mut Ui)) {
    let area = ScrollArea::vertical().id_salt(id).max_height(MOST).auto_shrink([false, true]);
    card::scroll(ui, area, space::M, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        content(ui);
    });
}

/// Keys that stay, because the keyring does not have them or somebody else needs them.
fn kept(ui: &mut Ui, kept: &[KeptKey]) {
    if kept.is_empty() {
        return;
    }
    ui.add_space(space::M);
    let happened = match kept.len() {
        1 => "A key stays where it is",
        _ => "Some keys stay where they are",
    };
    let said: Vec<String> = kept.iter().map(import::kept).collect();
    notice::plain(ui, notice::Tone::Warning, happened, &said.join("\n"));
}

/// Files that nobody touches.
fn copies(ui: &mut Ui, copies: &[std::path::PathBuf]) {
    if copies.is_empty() {
        return;
    }
    ui.add_space(space::M);
    let happened = match copies.len() {
        1 => "Another file has one of these keys, and is not touched",
        _ => "Other files have one of these keys, and are not touched",
    };
    let to_do = "Editors and people leave such copies. Delete what you don't need.";
    notice::show(ui, notice::Tone::Warning, happened, to_do, |ui| {
        bounded(ui, "copies", |ui| {
            for copy in copies {
                text::wrapped_mono(ui, &copy.display().to_string());
            }
        });
    });
}

fn result(ui: &mut Ui, removed: &KeysRemoved, (protected, found): (bool, &FoundBy), out: &mut Actions) {
    for one in &removed.removed {
        notice::plain(ui, notice::Tone::Good, &import::removed(one), "Every other line is as it was.");
        ui.add_space(space::S);
        if let Some(words) = import::left(&one.file, one.old) {
            notice::plain(ui, notice::Tone::Warning, &words.happened, &words.to_do);
            ui.add_space(space::S);
        }
    }
    if let Some(problem) = &removed.stopped {
        // What it offers would begin in the middle: the import can be begun again.
        let words = wording::of(problem);
        let to_do = format!("{} What it has of the keys is still there. Import again to remove the rest.", words.to_do);
        notice::plain(ui, notice::Tone::Problem, &words.happened, &to_do);
        ui.add_space(space::S);
    }
    notice::plain(
        ui,
        notice::Tone::Warning,
        "Replace this access key in AWS soon",
        "File systems, SSDs and backups may keep what a file was, and the key itself is valid until AWS forgets it. AWS console, IAM, Users, \
         Security credentials: make a new access key, store it here, delete the old one.",
    );
    if !removed.goes_on.is_empty() {
        ui.add_space(space::M);
        card::show(ui, |ui| {
            text::strong(ui, "The AWS command line");
            bounded(ui, "goes on", |ui| {
                for (from, how) in &removed.goes_on {
                    goes_on(ui, from, how, out);
                }
            });
            found_by(ui, found);
            if protected {
                text::small(ui, WAITS);
            }
        });
    }
    copies(ui, &removed.copies);
}

fn goes_on(ui: &mut Ui, from: &str, how: &GoesOn, out: &mut Actions) {
    let (words, line) = match how {
        GoesOn::Asks => (format!("asks Sealkeep for the credentials of {from}."), None),
        GoesOn::WithLine(line) => {
            (format!("has no credentials for {from}. For it to ask Sealkeep, put into its section:"), Some(line))
        }
        GoesOn::WithLineForRole(line) => (
            format!("can't take the role of {from}. Put into its section, in place of role_arn and source_profile:"),
            Some(line),
        ),
    };
    text::small(ui, format!("It {words}"));
    if let Some(line) = line {
        ui.push_id((from, "line"), |ui| {
            ui.horizontal_top(|ui| {
                let copy = format!("Copy the line of {from}");
                if button::icon_button(ui, Icon::Copy, &copy).clicked() {
                    out.copy_plain(line.as_str(), "Line");
                }
                ui.vertical(|ui| {
                    ui.add_space(space::XS);
                    text::wrapped_mono(ui, line);
                });
            });
        });
    }
    ui.add_space(space::XS);
}
