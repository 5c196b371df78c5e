//! Which kind of way in to add.

use egui::Ui;
use lucide_icons::Icon;

use crate::ui::theme::tokens::space;
use crate::ui::widgets::button;

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Choice {
    Sheet,
    Passphrase,
    Kms,
}

const CHOICES: [(Choice, Icon, &str, &str); 3] = [
    (
        Choice::Sheet,
        Icon::QrCode,
        "Emergency sheet",
        "A code to print or to write down, and to keep with your passport. It needs no network, and nobody to remember it.",
    ),
    (
        Choice::Passphrase,
        Icon::KeyRound,
        "Recovery passphrase",
        "A passphrase that you, or somebody you trust, remembers. It needs no network.",
    ),
    (
        Choice::Kms,
        Icon::Cloud,
        "AWS KMS key",
        "One that does not open this vault yet: of another account or region, say. Whoever may use it opens the vault, and AWS logs it.",
    ),
];

pub(super) fn show(ui: &mut Ui) -> Option<Choice> {
    let mut chosen = None;
    for (choice, picture, title, second) in CHOICES {
        if button::wide_tile(ui, picture, title, second).clicked() {
            chosen = Some(choice);
        }
        ui.add_space(space::S);
    }
    chosen
}
