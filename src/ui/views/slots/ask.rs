//! The questions that are asked before something is done with a way in.

use egui::Ui;

use super::WaysPage;
use crate::ui::action::{Actions, Purpose};
use crate::ui::widgets::{Button, dialog, text};
use crate::ui::wording::ways;
use crate::worker::Command;

/// A question before something is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ask {
    Retire,
    Remove,
    /// Whether the material of its KMS key is to be replaced now.
    Rotate,
}

impl WaysPage {
    pub(super) fn ask(&mut self, ui: &Ui, out: &mut Actions) {
        let Some((ask, slot)) = self.asking else { return };
        let Some(way) = self.way(slot) else {
            self.asking = None;
            return;
        };
        let name = ways::full_name(&way.kind);
        let (title, meaning, yes) = match ask {
            Ask::Remove => (
                format!("Remove “{name}”?"),
                "It will open nothing here any more. Whoever has it, and an older copy of the vault, still opens that copy, and can read the list \
                 of this one: titles, user names, tags.",
                Button::danger("Remove"),
            ),
            Ask::Retire => (
                format!("Retire “{name}”?"),
                "It goes on opening what the vault has now, and its list: titles, user names, tags. It opens no content that is saved from now on.",
                Button::primary("Retire"),
            ),
            Ask::Rotate => (
                format!("Replace the material of “{name}” now?"),
                "AWS does that at once. Everything that is wrapped still opens, and nothing is wrapped anew. Each of the first two rotations of a \
                 key adds about a dollar a month to its price; a key can be rotated like this 25 times.",
                Button::primary("Rotate now"),
            ),
        };
        let answer = dialog::show(ui.ctx(), &title, false, |ui| {
            text::weak(ui, meaning);
            dialog::answer(ui, if ask == Ask::Rotate { "Not now" } else { "Keep it" }, yes, true)
        });
        let Some(yes) = answer else { return };
        self.asking = None;
        if yes {
            self.end = None;
            let command = match ask {
                Ask::Remove => Command::RemoveWay { slot },
                Ask::Retire => Command::RetireWay { slot },
                Ask::Rotate => return self.rotate(Command::RotateNow { slot }, out),
            };
            out.send(command, Purpose::ChangeWay);
        }
    }
}
