//! A KMS key of the open vault that will be gone: above the vault for as long as that is so. Nobody can put it aside.

use egui::{Frame, Margin, Panel, Ui};
use lucide_icons::Icon;

use crate::ui::action::{Actions, Place, Purpose};
use crate::ui::theme::{self, tokens::space};
use crate::ui::widgets::{Button, text};
use crate::ui::wording::{Fix, kms};
use crate::worker::{Command, KeyAlarm};

/// Draws every alarm that there is.
pub(super) fn show(ui: &mut Ui, alarms: &[KeyAlarm], out: &mut Actions) {
    if alarms.is_empty() {
        return;
    }
    let p = theme::palette(ui);
    let frame = Frame::NONE.fill(p.danger_soft).inner_margin(Margin::symmetric(space::L as i8, space::M as i8));
    Panel::top("key alarms").resizable(false).show_separator_line(true).frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for alarm in alarms {
            ui.push_id(&alarm.arn, |ui| one(ui, alarm, out));
        }
    });
}

fn one(ui: &mut Ui, alarm: &KeyAlarm, out: &mut Actions) {
    let words = kms::alarm(alarm);
    let label = text::strong(ui, words.happened.as_str());
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Assertive));
    text::small(ui, words.to_do.as_str());
    ui.add_space(space::XS);
    ui.horizontal_wrapped(|ui| {
        if Button::primary("Move to another key…").small().icon(Icon::KeyRound).show(ui).clicked() {
            out.go(Place::Move(Some(alarm.slot)));
        }
        if let Some(Fix::CopyCommand(command)) = words.fix
            && Button::new(kms::CANCELS).small().icon(Icon::Copy).show(ui).clicked()
        {
            out.copy_plain(command, "Command");
        }
        if Button::quiet("Look again").small().show(ui).clicked() {
            out.send(Command::LookAtKeys, Purpose::LookAtKeys);
        }
    });
}
