//! The settings page.

use egui::{Align, Layout, Ui};

use super::parts;
use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::shared::Shared;
use crate::ui::theme::{tokens::size, tokens::space};
use crate::ui::widgets::{card, choice, text};
use crate::vault::Retention;
use crate::worker::{Command, Settings, Theme};

/// The settings page. It has no draft: a choice is kept at once.
#[derive(Debug, Default)]
pub struct SettingsPage;

const IDLE: &[(u32, &str)] = &[(1, "1"), (5, "5"), (15, "15"), (60, "60"), (0, "Never")];
const CLIPBOARD: &[(u32, &str)] = &[(10, "10"), (30, "30"), (60, "60"), (120, "120"), (0, "Never")];
const SCALE: &[(u16, &str)] = &[(90, "90"), (100, "100"), (125, "125"), (150, "150"), (200, "200")];
const TRASH: &[u16] = &[7, 30, 90, 365];
const VERSIONS: &[u32] = &[5, 20, 100];
const DOCUMENTS: &[u32] = &[2, 5, 20];
const THEME: &[(Theme, &str)] = &[(Theme::System, "System"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];

impl SettingsPage {
    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let now = &shared.settings;
        let mut change = None;
        let mut changed = |edit: &dyn Fn(&mut Settings)| {
            let mut settings = now.clone();
            edit(&mut settings);
            change = Some(settings);
        };
        card::column(ui, size::FORM + 200.0, |ui| {
            if parts::page_head(ui, "Settings", "") {
                out.go(Place::Back);
            }
            card::show(ui, |ui| {
                row(ui, "Colours", "System follows the desktop.", |ui| {
                    if let Some(theme) = choice::bar(ui, "Colours", now.theme, THEME) {
                        changed(&|settings| settings.theme = theme);
                    }
                });
                rule(ui);
                row(ui, "Size", "Of everything in the window, in per cent.", |ui| {
                    if let Some(scale) = choice::bar(ui, "Size", now.scale_percent, SCALE) {
                        changed(&|settings| settings.scale_percent = scale);
                    }
                });
            });
            ui.add_space(space::L);
            card::show(ui, |ui| {
                row(ui, "Lock when nobody is here", "Minutes without a hand on mouse or keyboard.", |ui| {
                    if let Some(minutes) = choice::bar(ui, "Lock after", now.idle_lock_minutes, IDLE) {
                        changed(&|settings| settings.idle_lock_minutes = minutes);
                    }
                });
                rule(ui);
                row(ui, "Clear the clipboard", "Seconds after a secret was copied.", |ui| {
                    if let Some(seconds) = choice::bar(ui, "Clear after", now.clipboard_clear_seconds, CLIPBOARD) {
                        changed(&|settings| settings.clipboard_clear_seconds = seconds);
                    }
                });
            });
            if let Some(open) = &shared.open {
                of_the_vault(ui, &open.name, open.retention, out);
            }
            ui.add_space(space::L);
            text::small(ui, concat!("Sealkeep ", env!("CARGO_PKG_VERSION"), " · MIT or Apache-2.0"));
        });
        if let Some(settings) = change {
            out.send(Command::SaveSettings(settings), Purpose::Settings);
        }
    }
}

/// What is the vault's own, and the same for everybody who uses it.
fn of_the_vault(ui: &mut Ui, name: &str, now: Retention, out: &mut Actions) {
    ui.add_space(space::L);
    text::heading(ui, format!("The vault “{name}”"));
    text::small(ui, "Sealed in the vault, and the same for everybody who uses it.");
    ui.add_space(space::S);
    let mut after = now;
    card::show(ui, |ui| {
        row(ui, "Trash", "Days before it asks to delete for good.", |ui| {
            if let Some(days) = limit_bar(ui, "Days in the trash", now.trash_days, TRASH, "Never") {
                after.trash_days = days;
            }
        });
        rule(ui);
        row(ui, "Versions of logins and notes", "The newest ones stay; saving removes older ones for good.", |ui| {
            if let Some(count) = limit_bar(ui, "Versions of logins and notes", now.revisions, VERSIONS, "All") {
                after.revisions = count;
            }
        });
        rule(ui);
        row(ui, "Versions of documents", "The same; setting a limit removes nothing yet.", |ui| {
            if let Some(count) = limit_bar(ui, "Versions of documents", now.document_revisions, DOCUMENTS, "All") {
                after.document_revisions = count;
            }
        });
    });
    if after != now {
        out.send(Command::SetRetention(after), Purpose::Retention);
    }
}

/// A bar of numbers and of none; the present number is there too, where somebody chose another one on the command line.
fn limit_bar<T: Copy + PartialEq + Into<u64>>(
    ui: &mut Ui,
    name: &str,
    now: Option<T>,
    numbers: &[T],
    none: &str,
) -> Option<Option<T>> {
    let mut numbers: Vec<T> = numbers.iter().copied().chain(now.filter(|now| !numbers.contains(now))).collect();
    numbers.sort_by_key(|number| (*number).into());
    let words = numbers.iter().map(|number| (Some(*number), Into::<u64>::into(*number).to_string()));
    let words: Vec<_> = words.chain([(None, none.to_owned())]).collect();
    let choices: Vec<_> = words.iter().map(|(number, words)| (*number, words.as_str())).collect();
    choice::bar(ui, name, now, &choices)
}

fn rule(ui: &mut Ui) {
    ui.add_space(space::S);
    card::rule(ui);
    ui.add_space(space::S);
}

fn row(ui: &mut Ui, title: &str, second: &str, choices: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            text::strong(ui, title);
            text::small(ui, second);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), choices);
    });
}
