//! The steps in which a way in is added or its passphrase changed: each is drawn, and what came of it is sent off.

use egui::Ui;

use super::choose::{self, Choice};
use super::passphrase::PassphraseForm;
use super::sheet::{SheetEnd, SheetStep};
use super::{Doing, Step, WaysPage};
use crate::ui::action::{Actions, Purpose};
use crate::ui::shared::Shared;
use crate::ui::theme::tokens::space;
use crate::ui::views::kms_choice::KmsChoice;
use crate::ui::widgets::{Button, button};
use crate::worker::{Command, NewWay, SlotKind};

impl WaysPage {
    pub(super) fn choose(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Some(choice) = choose::show(ui) else { return };
        let step = match choice {
            Choice::Sheet => {
                out.send(Command::MakeSheet, Purpose::Sheet);
                Step::Sheet(SheetStep::default())
            }
            Choice::Passphrase => Step::Passphrase(PassphraseForm::default()),
            Choice::Kms => {
                let ways = self.ways.ready().map_or(&[][..], |list| &list.ways);
                let arns = ways.iter().filter_map(|way| match &way.kind {
                    SlotKind::Kms { arn } => Some(arn.clone()),
                    _ => None,
                });
                Step::Kms(Box::new(KmsChoice::besides(arns.collect(), "a way in already")))
            }
        };
        self.go(step, out);
    }

    pub(super) fn kms(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let Step::Kms(choice) = &mut self.step else { return };
        choice.show(ui, shared, out);
        ui.add_space(space::L);
        let tested = choice.tested();
        let pressed = Button::primary("Add this key").enabled(tested.is_some()).show(ui).clicked();
        if let Some((profile, key)) = tested.filter(|_| pressed) {
            self.add(NewWay::Kms { profile, key }, out);
        }
    }

    pub(super) fn passphrase(&mut self, ui: &mut Ui, out: &mut Actions) {
        let Step::Passphrase(form) = &mut self.step else { return };
        let label = if self.lost.is_some() { "New passphrase" } else { "Recovery passphrase" };
        let Some((_, new)) = form.show(ui, (None, label), "Add this passphrase", false, out) else { return };
        let lost = self.lost;
        self.add(NewWay::Passphrase(new), out);
        self.lost = lost;
    }

    pub(super) fn sheet(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        let Step::Sheet(step) = &mut self.step else { return };
        match step.show(ui, shared, out) {
            None => {}
            Some(SheetEnd::Confirmed(sheet)) => self.add(NewWay::Sheet(sheet), out),
            Some(SheetEnd::Left) => self.go(Step::Choose, out),
            Some(SheetEnd::Again) => {
                self.step = Step::Sheet(SheetStep::default());
                out.send(Command::MakeSheet, Purpose::Sheet);
            }
        }
    }

    pub(super) fn change(&mut self, ui: &mut Ui, out: &mut Actions) {
        let working = self.doing == Some(Doing::Changing);
        let Step::Change(slot, form) = &mut self.step else { return };
        let slot = *slot;
        let labels = (Some("Present passphrase"), "New passphrase");
        let typed = form.show(ui, labels, "Change it", working, out);
        // Whoever opened the vault with it knows it.
        let may_be_lost = !working && self.way(slot).is_some_and(|way| !way.opened);
        if may_be_lost {
            ui.add_space(space::M);
            if button::link(ui, "I don't know it any more").clicked() {
                self.go(Step::Passphrase(PassphraseForm::default()), out);
                self.lost = Some(slot);
                return;
            }
        }
        let Some((old, new)) = typed else { return };
        self.doing = Some(Doing::Changing);
        self.end = None;
        out.send(Command::ChangePassphrase { slot, old, new }, Purpose::ChangePassphrase);
    }
}
