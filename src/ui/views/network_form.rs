//! The part of a profile's form that says by which way AWS is reached. Folded, because most need nothing of it.

use egui::Ui;

use super::parts;
use crate::secret::SecretString;
use crate::ui::theme::tokens::space;
use crate::ui::widgets::{SecretEdit, button, choice, text};
use crate::worker::NetworkFields;

/// The way to AWS being typed.
#[derive(Debug, Default)]
pub struct NetworkForm {
    endpoint: SecretEdit,
    proxy: SecretEdit,
    password: SecretEdit,
    names: Names,
    open: bool,
}

/// Which of AWS's own names are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Names {
    #[default]
    Usual,
    Fips,
    DualStack,
    Both,
}

const NAMES: &[(Names, &str)] =
    &[(Names::Usual, "Usual"), (Names::Fips, "FIPS"), (Names::DualStack, "Dual-stack"), (Names::Both, "Both")];

impl NetworkForm {
    /// Draws it; whether Enter was pressed in it.
    pub fn show(&mut self, ui: &mut Ui) -> bool {
        if !self.open {
            self.open = button::link(ui, "Network").clicked();
            return false;
        }
        let endpoint = parts::field(ui, "Endpoint address", &mut self.endpoint, |f| {
            f.placeholder("only for a VPC endpoint (https://vpce-…) or an emulator")
        });
        let mut submitted = endpoint.submitted;
        if self.endpoint.is_empty() {
            text::label(ui, "AWS's own endpoints");
            if let Some(names) = choice::bar(ui, "AWS's own endpoints", self.names, NAMES) {
                self.names = names;
            }
            ui.add_space(space::S);
        }
        submitted |= parts::field(ui, "Proxy", &mut self.proxy, |f| {
            f.placeholder("http://USER@HOST:PORT, or direct; empty: as HTTPS_PROXY says")
        })
        .submitted;
        if self.has_user() {
            submitted |= parts::field(ui, "Proxy password", &mut self.password, |f| f.hidden()).submitted;
        }
        submitted
    }

    /// What was typed.
    pub fn fields(&self) -> NetworkFields {
        let plain = |edit| Some(parts::plain(edit)).filter(|text| !text.is_empty());
        let endpoint_url = plain(&self.endpoint);
        // An endpoint of one's own has no such names, and then they are not on the screen.
        let names = if endpoint_url.is_some() { Names::Usual } else { self.names };
        // EXPOSE: copied into a secret for the worker.
        let password = || SecretString::copy_of(self.password.text().expose());
        NetworkFields {
            endpoint_url,
            proxy: plain(&self.proxy),
            proxy_password: (self.has_user() && !self.password.is_empty()).then(password),
            fips: matches!(names, Names::Fips | Names::Both),
            dual_stack: matches!(names, Names::DualStack | Names::Both),
        }
    }

    fn has_user(&self) -> bool {
        parts::plain(&self.proxy).contains('@')
    }
}
