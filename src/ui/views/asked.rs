//! What an AWS profile asks of the person, over everything: a code, its passphrase, a sign-in in a browser.

use egui::{Context, Ui};
use lucide_icons::Icon;

use super::parts;
use super::slots::sheet::picture;
use crate::ui::action::{Actions, Purpose};
use crate::ui::theme::{self, tokens::space};
use crate::ui::widgets::{Button, SecretEdit, dialog, text};
use crate::worker::{Command, PersonAsked, Question, QuestionId, SheetPicture, SignInPage};

/// A question that is open.
pub struct AskedDialog {
    id: QuestionId,
    asked: PersonAsked,
    typed: SecretEdit,
    picture: Option<SheetPicture>,
    drawn: bool,
}

/// What the person decided.
enum Answer {
    Given,
    Refused,
}

impl AskedDialog {
    /// Asks.
    pub fn new(id: QuestionId, asked: PersonAsked) -> Self {
        let picture = match &asked {
            PersonAsked::Page(page) => page.picture(),
            PersonAsked::Secret(_) => None,
        };
        Self { id, asked, typed: SecretEdit::default(), picture, drawn: false }
    }

    /// Which question it is.
    pub fn id(&self) -> QuestionId {
        self.id
    }

    /// Draws the dialog; returns whether it is done.
    pub fn show(&mut self, ctx: &Context, out: &mut Actions) -> bool {
        let first = !std::mem::replace(&mut self.drawn, true);
        let answer = match &self.asked {
            PersonAsked::Secret(question) => secret(ctx, question, &mut self.typed, first),
            PersonAsked::Page(page) => browser(ctx, page, self.picture.as_ref(), out),
        };
        let answer = match answer {
            Some(Answer::Given) => Some(self.typed.text().duplicate()),
            Some(Answer::Refused) => None,
            None => return false,
        };
        out.send(Command::Answer { id: self.id, answer }, Purpose::Answer);
        true
    }
}

fn secret(ctx: &Context, question: &Question, typed: &mut SecretEdit, first: bool) -> Option<Answer> {
    let (title, why, label, again) = match question {
        Question::MfaCode { profile, serial, again } => (
            format!("MFA code for “{profile}”"),
            format!(
                "Type the digits that your MFA device “{}” shows now. They are asked for once per session. The device is {serial}.",
                serial.rsplit('/').next().unwrap_or(serial)
            ),
            "MFA code",
            again.then_some("AWS did not take that code. Each is good once: wait for the next one."),
        ),
        Question::ProfilePassphrase { profile, again } => (
            format!("Passphrase of “{profile}”"),
            "This AWS profile is protected: its credentials are sealed under a passphrase of their own, not the vault's, which is asked for after \
             each lock."
                .to_owned(),
            "Passphrase",
            again.then_some("Wrong passphrase. Try again."),
        ),
    };
    dialog::show(ctx, &title, Answer::Refused, |ui| {
        text::weak(ui, &why);
        ui.add_space(space::M);
        let hidden = matches!(question, Question::ProfilePassphrase { .. });
        let entered = parts::field(ui, label, typed, |field| {
            let field = field.focus(first).wrong(again.is_some());
            if hidden { field.hidden() } else { field.mono() }
        });
        if let Some(again) = again {
            let colour = theme::palette(ui).danger;
            let label = text::coloured(ui, again, colour);
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Assertive));
        }
        let ready = !typed.is_empty();
        let go_on = Button::primary("Continue").enabled(ready);
        match dialog::answer(ui, "Cancel", go_on, false) {
            Some(true) => Some(Answer::Given),
            Some(false) => Some(Answer::Refused),
            None => (ready && entered.submitted).then_some(Answer::Given),
        }
    })
}

fn browser(ctx: &Context, page: &SignInPage, drawn: Option<&SheetPicture>, out: &mut Actions) -> Option<Answer> {
    dialog::show(ctx, "Sign in with your browser", Answer::Refused, |ui| {
        text::weak(
            ui,
            format!(
                "For the AWS profile “{}”. Open the page here, or with a phone, and see that it shows this code.",
                page.profile
            ),
        );
        ui.add_space(space::M);
        text::title(ui, page.user_code.as_str());
        ui.add_space(space::S);
        if let Some(drawn) = drawn {
            picture(ui, drawn);
            ui.add_space(space::S);
        }
        text::wrapped_mono(ui, &page.url);
        ui.add_space(space::S);
        buttons(ui, page, out);
        ui.add_space(space::M);
        parts::waiting(ui, "Waiting for you to allow it there");
        ui.add_space(space::L);
        Button::new("Cancel").show(ui).clicked().then_some(Answer::Refused)
    })
}

fn buttons(ui: &mut Ui, page: &SignInPage, out: &mut Actions) {
    ui.horizontal(|ui| {
        if Button::primary("Open the page").icon(Icon::ExternalLink).show(ui).clicked() {
            ui.ctx().open_url(egui::OpenUrl::new_tab(&page.url));
        }
        if Button::new("Copy its address").icon(Icon::Copy).show(ui).clicked() {
            out.copy_plain(page.url.as_str(), "Address");
        }
    });
}
