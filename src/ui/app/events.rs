//! Taking in what the worker says, and giving it to whom it concerns.

use std::path::PathBuf;

use egui::Context;

use super::act::opens;
use super::{App, Page};
use crate::ui::action::{Action, Actions, Purpose};
use crate::ui::route::Route;
use crate::ui::shared::{Held, OpenState};
use crate::ui::toasts::Toast;
use crate::ui::views::AskedDialog;
use crate::ui::views::create::Create;
use crate::ui::views::picker::Picker;
use crate::ui::views::unlock::Unlock;
use crate::ui::views::unready::Unready;
use crate::ui::views::vault::Vault;
use crate::ui::{show, theme, wording};
use crate::worker::{
    Event, ImportTold, JobKind, LockReason, OpenedVault, Problem, RequestId, Settings, Standing, What,
};

impl App {
    /// Takes in one event.
    pub(super) fn happened(&mut self, ctx: &Context, event: Event) {
        let Event { request, what, .. } = event;
        let purpose = request.and_then(|request| self.purpose(request, &what));
        let mut out = Actions::default();
        match what {
            What::Started { settings, set_aside, vaults_folder } => {
                self.shared.vaults_folder = vaults_folder;
                self.started(ctx, settings, set_aside, &mut out);
            }
            What::SettingsChanged(settings) => self.settings(ctx, settings),
            What::ProfilesChanged(profiles) => self.shared.settings.profiles = profiles,
            What::Unlocked(opened) if purpose.is_some_and(opens) => self.unlocked(ctx, opened),
            // Nobody waits for it any more. Where another is on its way, that one takes its place.
            What::Unlocked(_) if self.is_opening() => {}
            What::Unlocked(_) => self.port.lock_now(),
            What::Locking(reason) if self.shared.open.is_some() || !is_own(reason) => self.lock(ctx, reason),
            What::Locked(reason) if self.shared.open.is_some() => self.lock(ctx, reason),
            What::Locking(_) | What::Locked(_) => {}
            What::LocksIn(time) => {
                if let Some(open) = &mut self.shared.open {
                    open.locks_in = time;
                }
            }
            What::Retention(retention) => {
                if let Some(open) = &mut self.shared.open {
                    open.retention = retention;
                }
            }
            What::KeyLatency(time) => {
                if let Some(open) = &mut self.shared.open {
                    open.latency = Some(time);
                }
            }
            What::KeyAlarms(alarms) => {
                if let Some(open) = &mut self.shared.open {
                    open.alarms = alarms;
                }
            }
            What::Standing(standing) => {
                if let Some(open) = &mut self.shared.open {
                    open.standing = standing;
                }
            }
            What::ClipboardHolds { clears_in } => {
                self.holds(ctx, clears_in);
                self.toasts.add(copied(purpose));
            }
            What::CopiedPlain => {
                // A secret that was there is replaced by it.
                self.shared.clipboard = Held::Nothing;
                self.toasts.add(copied(purpose));
            }
            What::ClipboardCleared => self.shared.clipboard = Held::Nothing,
            What::Job(_) if purpose == Some(Purpose::Salvage) => self.pass_on(purpose, what, &mut out),
            What::Job(progress) => {
                if let Some(request) = request.filter(|_| progress.kind != JobKind::OpenDocument) {
                    self.jobs.progress(request, progress);
                }
            }
            What::JobDone(outcome) => {
                let fallback = match purpose {
                    Some(Purpose::SealBeside) => JobKind::SealBeside,
                    _ => JobKind::AddFiles,
                };
                let said = request.and_then(|request| self.jobs.ended(request, fallback, outcome));
                if let Some(said) = said {
                    self.toasts.add(Toast::done(said));
                }
            }
            What::Failed(problem) => {
                if let Some(request) = request {
                    self.jobs.drop_running(request);
                }
                match (purpose, &mut self.route) {
                    // Every look at the vault finds it again: it stays above it, instead of being said each time.
                    (None, Route::Vault(vault)) if is_of_place(&problem) => vault.replaced(problem),
                    (None, _) => self.say(&problem, None),
                    (Some(purpose), _) => self.failed(ctx, purpose, problem),
                }
            }
            What::Asked { id, asked } => self.questions.push(AskedDialog::new(id, asked)),
            What::SignedIn { profile } => self.toasts.add(Toast::done(format!("Signed in as “{profile}”"))),
            What::AskedNoMore { id } => {
                self.questions.retain(|question| question.id() != id);
                self.forgetting.begin(ctx);
            }
            What::Picked(paths) if purpose == Some(Purpose::PickToSeal) => {
                if !paths.is_empty() {
                    out.push(Action::SealBeside(paths));
                }
            }
            what => self.pass_on(purpose, what, &mut out),
        }
        for action in out {
            self.act(ctx, action);
        }
        ctx.request_repaint();
    }

    /// Why the command was sent that this answers; forgotten with its last answer.
    fn purpose(&mut self, request: RequestId, what: &What) -> Option<Purpose> {
        let index = self.asked.iter().position(|(asked, _)| *asked == request)?;
        let goes_on = matches!(
            what,
            What::Unlocking(_)
                | What::Job(_)
                | What::Items(_)
                | What::Doubts(_)
                | What::Retention(_)
                | What::KeyLatency(_)
                | What::LocksIn(_)
                | What::Standing(_)
                | What::Keys { .. }
                | What::ProfileKnown(_)
                | What::KeyAlarms(_)
                | What::WayBegun { .. }
        ) || matches!(what, What::Import(told) if matches!(**told, ImportTold::Storing { .. }))
            || (matches!(what, What::SettingsChanged(_)) && self.goes_on_after_settings(index));
        if goes_on {
            return self.asked.get(index).map(|(_, purpose)| *purpose);
        }
        if ends_a_job(what) {
            self.jobs.drop_running(request);
        }
        Some(self.asked.swap_remove(index).1)
    }

    /// Whether the settings are only a part of the answer: a new way in is remembered there, and a drill.
    fn goes_on_after_settings(&self, index: usize) -> bool {
        let purpose = self.asked.get(index).map(|(_, purpose)| *purpose);
        purpose.is_some_and(|purpose| purpose.is_of_ways() || purpose.is_of_new_keys())
    }

    /// The page that a command was sent by, though it may have been left since; and whether it was.
    fn page_of(&mut self, purpose: Purpose) -> Option<(&mut Page, bool)> {
        let is_its = |page: &Page| match page {
            Page::Ways(_) => purpose.is_of_ways(),
            Page::NewKeys(_) => purpose.is_of_new_keys(),
            Page::Check(_) => purpose == Purpose::Check,
            Page::Profiles(page) => purpose == Purpose::Import && page.is_importing(),
            Page::Settings(_) => false,
        };
        match &mut self.page {
            Some(page) if is_its(page) => Some((page, false)),
            _ => self.kept.iter_mut().find(|page| is_its(page)).map(|page| (page, true)),
        }
    }

    /// Says how something ended in a page that nobody looks at.
    fn say_of(&mut self, purpose: Purpose) {
        let said = match self.page_of(purpose) {
            Some((Page::Ways(page), true)) if !page.is_busy() => page.said(),
            Some((Page::NewKeys(page), true)) => page.said(),
            Some((Page::Check(page), true)) => page.said(),
            Some((Page::Profiles(page), true)) if !page.is_busy() => page.said(),
            _ => None,
        };
        if let Some(toast) = said {
            self.toasts.add(toast);
        }
    }

    fn pass_on(&mut self, purpose: Option<Purpose>, what: What, out: &mut Actions) {
        if let What::Profiles(profiles) = &what {
            self.shared.settings.profiles.clone_from(profiles);
        }
        if let What::Import(told) = &what
            && let ImportTold::Imported(imported) = &**told
        {
            self.shared.settings.profiles.clone_from(&imported.profiles);
        }
        if let (What::KeysMoved(moved), Some(open)) = (&what, &mut self.shared.open) {
            open.key = moved.key.clone();
            if let Route::Vault(vault) = &mut self.route {
                vault.opened_by(moved.key.clone());
            }
        }
        if let Some(purpose) = purpose.filter(|purpose| purpose.is_of_a_page()) {
            let is_end = ends_a_job(&what);
            if let (Purpose::Import, What::Import(_)) = (purpose, &what) {
                return self.of_import(what);
            }
            match self.page_of(purpose) {
                Some((Page::Ways(page), _)) => page.told(Some(purpose), what, out),
                Some((Page::NewKeys(page), _)) => page.told(what, out),
                Some((Page::Check(page), _)) => page.told(what),
                _ => {}
            }
            if is_end {
                self.say_of(purpose);
            }
            return;
        }
        match (&mut self.page, self.route.view()) {
            (Some(Page::Profiles(page)), _) if purpose.is_some_and(is_of_profiles) => {
                page.told(purpose, what);
            }
            (Some(Page::Ways(page)), _) if purpose.is_some_and(is_of_key) => page.told(purpose, what, out),
            (_, Some(view)) => view.told(purpose, what, &self.shared, out),
            _ => {}
        }
    }

    /// Gives a step of an import to its page, be it shown or kept.
    fn of_import(&mut self, what: What) {
        let pages = self.page.iter_mut().chain(&mut self.kept);
        let importing = pages.filter_map(|page| match page {
            Page::Profiles(page) if page.is_importing() => Some(page),
            _ => None,
        });
        if let Some(page) = { importing }.next() {
            page.told(Some(Purpose::Import), what);
        }
        self.say_of(Purpose::Import);
    }

    /// Gives a problem to the view that it concerns, or says it in passing.
    pub(super) fn failed(&mut self, ctx: &Context, purpose: Purpose, problem: Problem) {
        if matches!(self.route, Route::Starting) && purpose == Purpose::Start {
            self.route = Route::Unready(Unready::new(problem));
            return;
        }
        if purpose == Purpose::CameBack {
            // The list is as it was, and whoever looks at it for something asks for it again.
            return;
        }
        if purpose.is_of_a_page() {
            let mut out = Actions::default();
            let left = match self.page_of(purpose) {
                Some((Page::Ways(page), _)) => page.failed(purpose, problem, &mut out),
                Some((Page::NewKeys(page), _)) => {
                    page.failed(purpose, problem, &mut out);
                    None
                }
                Some((Page::Check(page), _)) => {
                    page.failed(problem);
                    None
                }
                Some((Page::Profiles(page), _)) => {
                    page.import_failed(problem, &mut out);
                    None
                }
                _ => Some(problem),
            };
            self.say_of(purpose);
            if let Some(problem) = left {
                self.say(&problem, Some(purpose));
            }
            self.act_all(ctx, out);
            return;
        }
        let mut out = Actions::default();
        let left = match (&mut self.page, self.route.view()) {
            (Some(Page::Profiles(page)), _) if is_of_profiles(purpose) => page.failed(purpose, problem),
            (Some(Page::Ways(page)), _) if is_of_key(purpose) => page.failed(purpose, problem, &mut out),
            (_, Some(view)) => view.failed(purpose, problem),
            _ => Some(problem),
        };
        if let Some(problem) = left {
            self.say(&problem, Some(purpose));
        }
        self.act_all(ctx, out);
    }

    fn say(&mut self, problem: &Problem, purpose: Option<Purpose>) {
        if !matches!(problem, Problem::Cancelled | Problem::Locked) {
            let words = purpose.map_or_else(|| wording::of(problem), |purpose| wording::in_place(problem, purpose));
            self.toasts.add(Toast::problem(words.happened, words.to_do));
        }
    }

    fn started(&mut self, ctx: &Context, settings: Settings, set_aside: Option<PathBuf>, out: &mut Actions) {
        self.settings(ctx, settings);
        if let Some(path) = set_aside {
            let words = format!("It was put aside as “{}”; the defaults are used.", show::file_name(&path));
            self.toasts.add(Toast::problem("The settings could not be read.", words));
        }
        let last = self.shared.settings.last_vault().map(ToOwned::to_owned);
        if let Some(folder) = self.first.take() {
            self.route = Route::Unlock(Box::new(Unlock::new(folder, None, out)));
            return;
        }
        self.route = match last {
            None => Route::Create(Box::<Create>::default()),
            Some(_) if self.shared.settings.recent_vaults.len() > 1 => Route::Picker(Picker::default()),
            Some(folder) => Route::Unlock(Box::new(Unlock::new(folder, None, out))),
        };
    }

    fn settings(&mut self, ctx: &Context, settings: Settings) {
        theme::choose(ctx, settings.theme, settings.scale_percent);
        self.shared.settings = settings;
    }

    fn unlocked(&mut self, ctx: &Context, opened: OpenedVault) {
        self.shared.open = Some(OpenState {
            folder: opened.folder.clone(),
            key: opened.key.clone(),
            latency: None,
            locks_in: None,
            standing: Standing::default(),
            alarms: Vec::new(),
            name: opened.name.clone(),
            retention: opened.retention,
            opened: (opened.now, ctx.input(|input| input.time)),
        });
        self.page = None;
        self.kept.clear();
        self.route = Route::Vault(Box::new(Vault::new(opened)));
        self.forgetting.begin(ctx);
    }
}

/// Whether the open vault is not what stands in its place any more: it has to be locked and opened again.
fn is_of_place(problem: &Problem) -> bool {
    matches!(problem, Problem::OlderCopy | Problem::Replaced | Problem::WaysChanged | Problem::Rekeyed)
}

/// Whether a page of a profile and a key is told of it.
fn is_of_key(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::AddProfile
            | Purpose::Seats
            | Purpose::TestProfile
            | Purpose::Keys
            | Purpose::PlanKey
            | Purpose::MakeKey
    )
}

/// Whether a job that was told of ends with it.
fn ends_a_job(what: &What) -> bool {
    matches!(
        what,
        What::DocumentSaved { .. }
            | What::ItemSealed { .. }
            | What::DocumentOpened { .. }
            | What::RevisionRestored { .. }
            | What::Saved { .. }
            | What::WayAdded { .. }
            | What::Repaired { .. }
            | What::KeysMoved(_)
            | What::Rekeyed(_)
            | What::PassphraseChanged { .. }
            | What::Drilled(_)
            | What::Checked(_)
            | What::Salvaged(_)
    )
}

/// Whether what answers it is for the page that asked, though that may have been left since.
fn is_of_profiles(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Profiles
            | Purpose::CameBack
            | Purpose::AddProfile
            | Purpose::Seats
            | Purpose::ProtectProfile
            | Purpose::TestProfile
            | Purpose::RemoveProfile
    )
}

/// Whether this window asked for the lock itself: then it has dropped everything already, and what was typed since stays.
fn is_own(reason: LockReason) -> bool {
    matches!(reason, LockReason::Asked | LockReason::Switching)
}

fn copied(purpose: Option<Purpose>) -> Toast {
    Toast::done(match purpose {
        Some(Purpose::CopyNamed(what)) => format!("{what} copied"),
        _ => "Copied".to_owned(),
    })
}
