//! Whether a profile takes the place of one that there is: asked, with what goes.

use egui::Context;

use crate::ui::theme::tokens::space;
use crate::ui::widgets::{Button, dialog, notice, text};
use crate::ui::wording::profiles;
use crate::worker::ProfileEntry;

/// Asks; `seals`: the new one is sealed under a passphrase. `None` as long as nobody has answered.
pub(super) fn ask(ctx: &Context, there: &ProfileEntry, seals: bool) -> Option<bool> {
    let title = format!("Replace the profile “{}”?", there.name);
    dialog::show(ctx, &title, false, |ui| {
        text::body(ui, format!("There is one of this name: {}", profiles::about(there)));
        ui.add_space(space::XS);
        text::weak(
            ui,
            "What the keyring has of it is deleted. Vaults that use it are opened as the new one, where that may use their keys.",
        );
        if there.protected && !seals {
            ui.add_space(space::M);
            let more = "Any program that you run can use what you store now, without a passphrase. To seal it, keep the old one, and \
                        type a profile passphrase first.";
            notice::plain(ui, notice::Tone::Warning, "It is protected; the new one is not", more);
        }
        dialog::answer(ui, "Keep the old one", Button::danger("Replace"), true)
    })
}
