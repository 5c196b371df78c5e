//! What new keys take, before anything is done: what gets them, what AWS asks for it, and what they are not good for.

use egui::{Sense, Ui, vec2};

use crate::ui::shared::Shared;
use crate::ui::show;
use crate::ui::theme::{self, fonts, tokens::space, tokens::type_size};
use crate::ui::views::named_rows::{self, NamedRow};
use crate::ui::widgets::{card, describe, facts, notice, secret_text, text};
use crate::worker::{PlannedRekey, RevisionNamed};

/// So many of what is damaged are named; a check names all.
const NAMED: usize = 8;
/// The room that a title takes, in points.
const TITLE: f32 = 18.0;

/// Whether there is nothing to do.
pub(super) fn is_empty(planned: &PlannedRekey) -> bool {
    let rekeying = &planned.plan.rekeying;
    rekeying.revisions.is_empty() && !rekeying.index
}

/// What is meant, in numbers: `12 versions with 3.4 MB`.
pub(super) fn extent(revisions: u64, bytes: u64) -> String {
    format!("{} with {}", show::count(revisions, "version"), show::bytes(bytes))
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, planned: &PlannedRekey, shared: &Shared) {
    let rekeying = &planned.plan.rekeying;
    let damaged = !rekeying.damaged.is_empty() || rekeying.pages > 0;
    if !is_empty(planned) {
        card::show(ui, |ui| rows(ui, planned, shared));
    } else if !damaged {
        let (happened, to_do) = match planned.scope.older_than_days {
            Some(days) => (format!("No key is older than {}", show::count(days.into(), "day")), "Nothing to do."),
            None => ("Nothing here has a key".to_owned(), ""),
        };
        notice::plain(ui, notice::Tone::Plain, &happened, to_do);
    }
    if damaged {
        ui.add_space(space::M);
        self::damaged(ui, planned);
    }
}

fn rows(ui: &mut Ui, planned: &PlannedRekey, shared: &Shared) {
    let (plan, rekeying) = (&planned.plan, &planned.plan.rekeying);
    if let Some(title) = &planned.title {
        facts::beside(ui, "Item", |ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), TITLE), Sense::hover());
            describe(ui, &response, egui::accesskit::Role::Label, |node| {
                // EXPOSE: the title is on the screen; only while somebody listens.
                node.set_value(title.expose());
            });
            let p = theme::palette(ui);
            secret_text::line(ui.painter(), rect, title, fonts::strong(type_size::BODY), p.text);
        });
    }
    let whole = planned.scope.older_than_days.is_none() && plan.begun.is_none();
    let more = match planned.scope.items {
        None if whole => ", history and trash included",
        Some(_) if whole => ", all that there is of it",
        _ => "",
    };
    let revisions = extent(rekeying.revisions.len() as u64, plan.bytes());
    facts::row(ui, "Opened and sealed again", format!("{revisions}{more}"));
    if let Some(begun) = plan.begun {
        let since = show::moment(begun, &shared.zone);
        facts::row(ui, "Goes on", format!("With what was begun on {since}: what is done already is left out"));
    }
    if planned.scope.items.is_none() {
        let words = match rekeying.index {
            true => "Gets a new key too: titles, tags and dates are sealed again",
            false if plan.begun.is_some() => "Has its new key already",
            false => "Keeps its key, which is not that old",
        };
        facts::row(ui, "The list", words);
    }
    let calls: u64 = plan.calls.iter().map(|(_, count)| count).sum();
    if calls > 0 {
        facts::row(ui, "Cost", show::cost_of_calls(calls, plan.dollars()));
    }
    ui.add_space(space::XS);
    text::small(ui, "It takes as long as reading and writing all of it. Where it is stopped, what is done stays.");
}

fn damaged(ui: &mut Ui, planned: &PlannedRekey) {
    let rekeying = &planned.plan.rekeying;
    let versions = show::count(rekeying.damaged.len() as u64, "version");
    let happened = match (rekeying.damaged.len(), rekeying.pages) {
        (0, pages) => format!("{} of the list can't be read", show::count(pages, "page")),
        (_, 0) => format!("{versions} can't be sealed again, because of damage"),
        (_, pages) => {
            format!("{versions}, and what stands on {} of the list, can't be sealed again", show::count(pages, "page"))
        }
    };
    let to_do = "What is damaged keeps its old keys. Bring it back from a backup, or delete it for good. “Check this vault” names everything.";
    notice::plain(ui, notice::Tone::Warning, &happened, to_do);
    if planned.damaged.is_empty() {
        return;
    }
    ui.add_space(space::S);
    let row = |damaged: &'_ RevisionNamed| format!("Version {} is not what was written", damaged.revision);
    let rows: Vec<NamedRow<'_>> = planned
        .damaged
        .iter()
        .take(NAMED)
        .map(|damaged| NamedRow {
            item: Some(damaged.item),
            title: damaged.title.as_ref(),
            words: row(damaged),
            leads: false,
        })
        .collect();
    card::show(ui, |ui| named_rows::show(ui, &rows));
}

/// What new keys do not do, said before they are made.
pub(super) fn meaning(ui: &mut Ui, planned: &PlannedRekey) {
    let mut more = "Older copies of this vault, backups too, still open with the old keys: delete those that are not needed. This can't take back \
                    what somebody has already read."
        .to_owned();
    if planned.plan.rekeying.index {
        more.push_str(
            " Other computers that have seen this vault ask to accept the list's new key. Anybody who has the vault open will have to unlock it again.",
        );
    }
    notice::plain(ui, notice::Tone::Plain, "New keys are for what is here, from now on", &more);
}
