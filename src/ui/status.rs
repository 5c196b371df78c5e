//! The bar at the window's foot: what holds the key, when the vault locks, what the clipboard holds, and Lock.

use egui::{Align, Frame, Layout, Margin, Panel, Stroke, Ui};
use lucide_icons::Icon;

use super::action::{Action, Actions, Place, Purpose};
use super::jobs::Jobs;
use super::shared::{Held, OpenState, Shared};
use super::show;
use super::theme::{self, tokens::size, tokens::space};
use super::widgets::{Button, button, icon, text};
use super::wording::ways;
use crate::worker::{Command, KeyDescription, LocksIn};

/// Below this width there is no room for everything side by side.
const NARROW: f32 = 1000.0;

/// Tells assistive technologies what the window is called: by the vault that is open in it.
pub fn name_window(ctx: &egui::Context, open: Option<&OpenState>) {
    ctx.accesskit_node_builder(egui::accesskit_root_id(), |window| {
        window.set_label(match open {
            Some(open) => format!("Sealkeep – {}", show::vault_name(&open.folder)),
            None => "Sealkeep".to_owned(),
        });
    });
}

/// Draws the bar below everything else.
pub fn show(ui: &mut Ui, shared: &Shared, open: &OpenState, jobs: &Jobs, out: &mut Actions) {
    let p = theme::palette(ui);
    let frame = Frame::NONE.fill(p.sidebar).inner_margin(Margin::symmetric(space::L as i8, 0));
    Panel::bottom("status").exact_size(size::STATUS).show_separator_line(false).frame(frame).show(ui, |ui| {
        let edge = ui.max_rect().expand2(egui::vec2(space::L, 0.0));
        ui.painter().hline(edge.x_range(), edge.min.y, Stroke::new(1.0, p.line));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let is_narrow = edge.width() < NARROW;
            key(ui, open, is_narrow, out);
            // What the clipboard holds goes away by itself, and the hint comes back then.
            if !is_narrow || matches!(shared.clipboard, Held::Nothing) {
                standing(ui, open, out);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if Button::quiet("Lock").small().icon(Icon::Lock).tip("Ctrl+L").show(ui).clicked() {
                    out.push(Action::Lock);
                }
                ui.add_space(space::S);
                match open.locks_in {
                    Some(LocksIn::Seconds(seconds)) => soon(ui, seconds),
                    Some(LocksIn::Minutes(minutes)) => {
                        text::small(ui, format!("Locks in {minutes} min"));
                    }
                    None => {}
                }
                clipboard(ui, shared, out);
                if let Some((count, part)) = jobs.total() {
                    ui.add_space(space::S);
                    text::small(ui, format!("{} · {:.0} %", show::count(count as u64, "job"), part * 100.0));
                }
            });
        });
    });
}

/// A quiet sign that something is owed, or that recovery wants a look: it leads to the page of ways in.
fn standing(ui: &mut Ui, open: &OpenState, out: &mut Actions) {
    let Some((words, does)) = ways::standing(&open.standing) else { return };
    let p = theme::palette(ui);
    let is_owed = open.standing.adding || open.standing.owed > 0;
    ui.add_space(space::S);
    let (picture, colour) = if is_owed { (Icon::TriangleAlert, p.warning) } else { (Icon::LifeBuoy, p.weak) };
    icon::show(ui, picture, 14.0, colour);
    text::small(ui, words);
    if button::link(ui, does).clicked() {
        out.go(Place::Ways);
    }
    if !is_owed && button::icon_button(ui, Icon::X, "Put this hint aside").clicked() {
        out.send(Command::PutHintAside, Purpose::Hint);
    }
}

fn key(ui: &mut Ui, open: &OpenState, is_narrow: bool, out: &mut Actions) {
    let p = theme::palette(ui);
    match &open.key {
        KeyDescription::Passphrase => {
            icon::show(ui, Icon::KeyRound, 14.0, p.weak);
            text::small(ui, "Passphrase");
        }
        KeyDescription::Recovery => {
            icon::show(ui, Icon::LifeBuoy, 14.0, p.weak);
            text::small(ui, "Recovery key");
            if button::link(ui, "Lost the usual way in?").clicked() {
                out.go(Place::Ways);
            }
        }
        KeyDescription::Kms { region, arn, profile } => {
            icon::show(ui, Icon::Cloud, 14.0, p.weak);
            let mut words = format!("KMS · {region} · {}", show::key_name(arn));
            if let Some(latency) = open.latency.filter(|_| !is_narrow) {
                words.push_str(&format!(" · {}", show::latency(latency)));
            }
            text::small(ui, words).on_hover_text(format!("AWS profile {profile}"));
        }
    }
}

fn clipboard(ui: &mut Ui, shared: &Shared, out: &mut Actions) {
    let words = match shared.clipboard {
        Held::Nothing => return,
        Held::Kept => "Copied".to_owned(),
        Held::Until(moment) => {
            let now = ui.input(|input| input.time);
            let left = (moment - now).max(0.0);
            // One frame a second, and only while the number changes.
            ui.ctx().request_repaint_after_secs((left.fract() as f32).max(0.05));
            format!("Copied · cleared in {} s", left.ceil() as u64)
        }
    };
    ui.add_space(space::S);
    if button::icon_button(ui, Icon::X, "Clear the clipboard now").clicked() {
        out.send(Command::ClearClipboard, Purpose::Copy);
    }
    text::small(ui, words);
    icon::show(ui, Icon::ClipboardCheck, 14.0, theme::palette(ui).accent_text);
}

/// The last minute before a lock: what is on the screen goes with it, a draft too.
fn soon(ui: &mut Ui, seconds: u32) {
    let p = theme::palette(ui);
    let words = text::coloured(ui, format!("Locks in {seconds} s"), p.warning);
    words.on_hover_text("A hand on mouse or keyboard keeps it open. A draft that is not saved goes with the lock.");
    icon::show(ui, Icon::Timer, 14.0, p.warning);
}
