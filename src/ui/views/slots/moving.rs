//! Another KMS key in the place of one: chosen and tried, what it takes, how far it is, and the proof at the end.

use egui::{Align, Layout, Ui};
use lucide_icons::Icon;

use super::kms_row::{self, KeyPressed};
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::jobs::Jobs;
use crate::ui::shared::{Later, Shared};
use crate::ui::show;
use crate::ui::theme::tokens::space;
use crate::ui::toasts::Toast;
use crate::ui::views::kms_choice::KmsChoice;
use crate::ui::views::named_rows;
use crate::ui::views::parts;
use crate::ui::widgets::{Button, card, facts, notice, progress, text};
use crate::ui::wording::{self, ways};
use crate::vault::{ItemId, SlotId};
use crate::worker::{Command, JobKind, KeyLooked, MoveTo, MovedKeys, MovesBy, PlannedMove, Problem};

/// Moving everything from one KMS key to another.
#[derive(Debug)]
pub(super) struct MoveStep {
    slot: SlotId,
    /// The ARN of its key, which is in use.
    old: String,
    choice: KmsChoice,
    to: Option<MoveTo>,
    state: State,
}

#[derive(Debug)]
enum State {
    Choosing,
    Planning,
    Planned(PlannedMove),
    Running,
    Failed(Problem),
    Done(MovedKeys),
}

/// What was pressed.
pub(super) enum Pressed {
    Item(ItemId),
    Close,
}

impl MoveStep {
    /// To move away from the key `old` of this way in.
    pub fn of(slot: SlotId, old: String) -> Self {
        let choice = KmsChoice::besides(vec![old.clone()], "in use now");
        Self { slot, old, choice, to: None, state: State::Choosing }
    }

    /// What profiles and keys are told of, while one is being chosen.
    pub fn choice(&mut self) -> &mut KmsChoice {
        &mut self.choice
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    pub fn planned(&mut self, planned: PlannedMove) {
        if matches!(self.state, State::Planning) {
            self.state = State::Planned(planned);
        }
    }

    pub fn moved(&mut self, moved: MovedKeys) {
        self.state = State::Done(moved);
    }

    pub fn failed(&mut self, problem: Problem) {
        self.state = if problem == Problem::Cancelled { State::Choosing } else { State::Failed(problem) };
    }

    /// Goes back by one step; whether there was one.
    pub fn back(&mut self, out: &mut Actions) -> bool {
        match self.state {
            State::Running => {
                out.push(Action::Cancel(Purpose::MoveKeys));
                true
            }
            State::Planned(_) | State::Failed(_) => {
                self.state = State::Choosing;
                true
            }
            State::Choosing | State::Planning | State::Done(_) => false,
        }
    }

    /// What is said in passing where nobody looks any more.
    pub fn said(&self) -> Option<Toast> {
        match &self.state {
            State::Done(moved) if is_whole(moved) => Some(Toast::done("Everything is under the new key")),
            State::Done(_) => Some(Toast::problem("Not every key could be moved.", "Ways in says which.")),
            State::Failed(problem) => {
                let words = wording::of(problem);
                Some(Toast::problem(words.happened, words.to_do))
            }
            _ => None,
        }
    }

    pub fn show(
        &mut self,
        ui: &mut Ui,
        shared: &Shared,
        looked: &Later<Vec<KeyLooked>>,
        jobs: &Jobs,
        out: &mut Actions,
    ) -> Option<Pressed> {
        if matches!(self.state, State::Choosing | State::Planned(_) | State::Failed(_)) {
            self.unfit(ui, looked, out);
        }
        match &self.state {
            State::Done(moved) => return result(ui, moved),
            State::Planning => parts::waiting(ui, "Counting what is to be moved…"),
            State::Running => running(ui, jobs, out),
            State::Planned(planned) => {
                plan(ui, planned, &self.choice);
                ui.add_space(space::L);
                if Button::primary("Move everything").icon(Icon::KeyRound).show(ui).clicked() {
                    self.begin(out);
                }
            }
            State::Failed(problem) => {
                let again = parts::apply(parts::problem(ui, problem), out).is_some();
                ui.add_space(space::M);
                text::small(ui, "The vault opens as before. What was moved stays, and moving goes on with the rest.");
                ui.add_space(space::L);
                if (self.to.is_some() && Button::new("Go on").show(ui).clicked()) || again {
                    self.begin(out);
                }
            }
            State::Choosing => self.choosing(ui, shared, out),
        }
        None
    }

    /// Says so where AWS does not use the old key as it stands: it is what moves.
    fn unfit(&mut self, ui: &mut Ui, looked: &Later<Vec<KeyLooked>>, out: &mut Actions) {
        let Some(key) = looked.ready().and_then(|looked| looked.iter().find(|key| key.slot == self.slot)) else {
            return;
        };
        let Some(state) = key.state.as_ref().ok().filter(|state| state.unfit.is_some()) else { return };
        text::label(ui, "The key in use now");
        match kms_row::unfit(ui, &self.old, state, false, false) {
            Some(KeyPressed::Look) => {
                out.send(Command::LookAtKeys, Purpose::LookAtKeys);
                // What the list says of it is old by then, too.
                self.choice.list_again(out);
            }
            Some(KeyPressed::Copy(command)) => out.copy_plain(command, "Command"),
            _ => {}
        }
        ui.add_space(space::L);
    }

    fn choosing(&mut self, ui: &mut Ui, shared: &Shared, out: &mut Actions) {
        self.choice.show(ui, shared, out);
        ui.add_space(space::L);
        let tested = self.choice.tested();
        let pressed = Button::primary("See what it takes").enabled(tested.is_some()).show(ui).clicked();
        if let Some((profile, key)) = tested.filter(|_| pressed) {
            let to = MoveTo { slot: self.slot, profile, key };
            out.send(Command::PlanMove(to.clone()), Purpose::PlanMove);
            (self.to, self.state) = (Some(to), State::Planning);
        }
    }

    fn begin(&mut self, out: &mut Actions) {
        let Some(to) = self.to.clone() else { return };
        self.state = State::Running;
        out.send(Command::MoveKeys(to), Purpose::MoveKeys);
    }
}

fn is_whole(moved: &MovedKeys) -> bool {
    moved.done.is_replaced && moved.done.proof.is_whole()
}

/// A key by what people call it, and whose it is; in full where `whole`.
fn key(ui: &mut Ui, name: &str, (arn, choice): (&str, &KmsChoice), whole: bool) {
    facts::beside(ui, name, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        if let Some(alias) = choice.alias(arn) {
            text::strong(ui, alias);
            text::small(ui, ways::kms(arn)).on_hover_text(arn);
        } else {
            text::body(ui, ways::kms(arn)).on_hover_text(arn);
        }
        if whole {
            text::wrapped_mono(ui, arn);
        }
    });
    ui.add_space(space::XS);
}

fn plan(ui: &mut Ui, planned: &PlannedMove, choice: &KmsChoice) {
    let PlannedMove { old, new, plan } = planned;
    card::show(ui, |ui| {
        key(ui, "From", (old, choice), false);
        // In full: it is what everything will depend on.
        key(ui, "To", (new, choice), true);
        let before = match plan.moving.moved {
            0 => String::new(),
            moved => format!(" · {} moved before", show::grouped(moved)),
        };
        let what = match plan.moving.keys.len() as u64 {
            0 => "What opens the list".to_owned(),
            versions => format!("What opens the list, and {}", show::count(versions, "version")),
        };
        facts::row(ui, "To move", format!("{what}{before}"));
        let how = match &plan.by {
            Some(MovesBy::ReEncrypt { profile }) => {
                format!("Inside AWS KMS, as the profile “{profile}”: no key comes to this computer")
            }
            Some(MovesBy::ThroughHere { why }) => format!("Through this computer, because {why}"),
            None => "Nothing is to be moved".to_owned(),
        };
        facts::row(ui, "How", how);
        let calls: u64 = plan.calls.iter().map(|(_, count)| count).sum();
        facts::row(ui, "Cost", show::cost_of_calls(calls, plan.dollars()));
        ui.add_space(space::XS);
        text::small(
            ui,
            "Documents and notes are not touched. Until the last step is done, the old key opens everything.",
        );
    });
    if plan.reactivates {
        ui.add_space(space::M);
        let to_do = "It opens what it has, and nothing new is wrapped for it. Moving puts it in use again: from then on it opens everything.";
        notice::plain(ui, notice::Tone::Warning, "This vault has the new key already, retired", to_do);
    }
    if !plan.moving.damaged.is_empty() || plan.moving.pages > 0 {
        ui.add_space(space::M);
        let damaged = show::count(plan.moving.damaged.len() as u64, "version");
        let happened = format!("{damaged} can't be moved, because of damage");
        let to_do = "The old key stays in use for now. “Check this vault” names what is damaged.";
        notice::plain(ui, notice::Tone::Warning, &happened, to_do);
    }
    ui.add_space(space::M);
    let more = "Whoever may use the old key, and has an older copy of this vault, still opens that copy. Moving is no way to lock somebody out of \
                what they had.";
    notice::plain(ui, notice::Tone::Plain, "The key changes, and nothing else does", more);
}

fn running(ui: &mut Ui, jobs: &Jobs, out: &mut Actions) {
    card::show(ui, |ui| {
        ui.horizontal(|ui| {
            parts::waiting(ui, "Moving everything…");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if Button::new("Stop").small().show(ui).clicked() {
                    out.push(Action::Cancel(Purpose::MoveKeys));
                }
            });
        });
        if let Some(job) = jobs.of(JobKind::MoveKeys) {
            ui.add_space(space::S);
            progress::bar(ui, "Moving keys", job.part());
            ui.add_space(space::XS);
            let of = show::count(job.total, "key");
            text::small(ui, format!("{} of {of}", show::grouped(job.done)));
        }
    });
    ui.add_space(space::S);
    let stops = "Stop at any time: what is moved stays moved, and moving goes on with the rest later. Until the last step the old key opens \
                 everything.";
    text::small(ui, stops);
}

/// Says which other KMS keys open something here: what was moved was one key's.
fn other_keys(ui: &mut Ui, moved: &MovedKeys) {
    let others: Vec<_> = moved.done.other_keys(&moved.old, &moved.new).collect();
    if others.is_empty() {
        return;
    }
    ui.add_space(space::M);
    let more = "They open it as before. Each is a way in of its own, in use or retired: “Ways in” has them.";
    notice::plain(ui, notice::Tone::Plain, "Other KMS keys open something in this vault", more);
    for (arn, wraps) in others {
        ui.add_space(space::XS);
        text::small(ui, format!("Opens {} · {}", show::count(wraps, "key"), ways::kms(arn)));
        text::wrapped_mono(ui, arn);
    }
}

fn result(ui: &mut Ui, moved: &MovedKeys) -> Option<Pressed> {
    let done = &moved.done;
    let keys = show::count(done.proof.index_wraps + done.proof.data_wraps, "key");
    let mut pressed = None;
    if is_whole(moved) {
        let more = format!(
            "The list and {} moved. All {keys} of this vault were looked at, history and trash included: {} opens none.",
            show::count(done.moved, "version"),
            show::key_name(&moved.old)
        );
        super::good(ui, "Everything is under the new key", &more);
        if let Some(MovesBy::ThroughHere { why }) = &done.by {
            ui.add_space(space::S);
            text::small(ui, format!("The keys went through this computer, because {why}."));
        }
        other_keys(ui, moved);
    } else {
        let left = show::count(done.not_moved.len() as u64, "version");
        let happened = format!("{left} could not be moved, so the old key stays in use");
        let to_do = "Bring what is damaged back from a backup, or delete it for good. Then move to the same key again: it goes on with the rest.";
        notice::plain(ui, notice::Tone::Problem, &happened, to_do);
        ui.add_space(space::M);
        if let Some(item) = named_rows::show_versions(ui, &moved.missing, done.not_moved.iter().map(|key| &key.why)) {
            pressed = Some(Pressed::Item(item));
        }
    }
    ui.add_space(space::L);
    if Button::new("Done").show(ui).clicked() {
        pressed = Some(Pressed::Close);
    }
    pressed
}
