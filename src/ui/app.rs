//! The window's state, and its one frame: what happened, what is drawn, what was asked for.
//!
//! Owns: the route, the page over it, and which command was sent for what. Touches nothing but the [`Port`].
//! Invariant: the route and the pages hold every plaintext of the vault, so that locking is replacing them.

mod act;
mod events;
mod keys;

use std::path::PathBuf;

use egui::{CentralPanel, Context, Frame, Ui};
use jiff::tz::TimeZone;

use super::action::{Action, Actions, Place, Purpose};
use super::drop::{Dropped, Drops};
use super::jobs::Jobs;
use super::measured::Measured;
use super::palette::Palette;
use super::port::Port;
use super::route::Route;
use super::shared::{Held, Shared};
use super::toasts::{Toasts, Undo};
use super::views::{AskedDialog, CheckPage, NewKeysPage, ProfilesPage, SealBeside, SettingsPage, WaysPage};
use super::widgets::clipboard;
use super::wipe::Forgetting;
use super::{status, theme};
use crate::vault::SummaryEdit;
use crate::worker::{Command, JobKind, RequestId, Settings};

/// The window.
pub struct App {
    port: Box<dyn Port>,
    shared: Shared,
    route: Route,
    page: Option<Page>,
    /// Pages that were left while something goes on in them.
    kept: Vec<Page>,
    over: Over,
    /// What an AWS profile asks of the person; a command waits.
    questions: Vec<AskedDialog>,
    asked: Vec<(RequestId, Purpose)>,
    jobs: Jobs,
    toasts: Toasts,
    drops: Drops,
    forgetting: Forgetting,
    measured: Measured,
    /// When somebody was last here, in egui's time.
    active: f64,
    /// The vault to begin with, until the worker is ready.
    first: Option<PathBuf>,
}

/// A page over the route.
enum Page {
    Settings(SettingsPage),
    Profiles(Box<ProfilesPage>),
    Ways(Box<WaysPage>),
    NewKeys(Box<NewKeysPage>),
    Check(Box<CheckPage>),
}

/// A question or a list over everything.
#[derive(Default)]
enum Over {
    #[default]
    Nothing,
    SealBeside(SealBeside),
    Palette(Palette),
}

/// Seconds between two words to the worker that somebody is here.
const STILL_HERE: f64 = 4.0;

impl App {
    /// The window before anything has happened; asks the worker to begin.
    pub fn new(ctx: &Context, port: Box<dyn Port>, zone: TimeZone) -> Self {
        theme::install(ctx);
        let shared =
            Shared { settings: Settings::default(), vaults_folder: None, zone, open: None, clipboard: Held::Nothing };
        let mut app = Self {
            port,
            shared,
            route: Route::Starting,
            page: None,
            kept: Vec::new(),
            over: Over::Nothing,
            questions: Vec::new(),
            asked: Vec::new(),
            jobs: Jobs::default(),
            toasts: Toasts::default(),
            drops: Drops::default(),
            forgetting: Forgetting::default(),
            measured: Measured::default(),
            active: f64::NEG_INFINITY,
            first: None,
        };
        app.send(Command::Start, Purpose::Start);
        app
    }

    /// The same, to begin with the vault in `folder`.
    pub fn beginning_with(mut self, folder: Option<PathBuf>) -> Self {
        self.first = folder;
        self
    }

    /// Takes in what happened: also while the window is hidden.
    pub fn take_events(&mut self, ctx: &Context) {
        self.forgetting.pass(ctx);
        while let Some(event) = self.port.next_event() {
            self.happened(ctx, event);
        }
    }

    /// Draws the window, and does what it was asked for.
    pub fn draw(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        let mut out = Actions::default();
        status::name_window(&ctx, self.shared.open.as_ref());
        // What closes in this frame took its Escape or Enter in it.
        let covered = keys::is_covered(&ctx);
        self.keys_first(&ctx, &mut out);
        if let Some(open) = &self.shared.open {
            status::show(ui, &self.shared, open, &self.jobs, &mut out);
        }
        self.middle(ui, &mut out);
        self.overlays(&ctx, &mut out);
        if !covered && !keys::is_covered(&ctx) {
            self.keys_left(&ctx, &mut out);
        }
        if let Some(text) = clipboard::taken(&ctx) {
            out.copy(text);
        }
        for action in out {
            self.act(&ctx, action);
        }
        if let Route::Vault(vault) = &mut self.route
            && std::mem::take(&mut vault.forget)
        {
            self.forgetting.begin(&ctx);
        }
        self.came_back(&ctx);
        self.still_here(&ctx);
        if let Some(size) = self.measured.look(&ctx) {
            self.send(Command::RememberSize(size), Purpose::Settings);
        }
    }

    fn middle(&mut self, ui: &mut Ui, out: &mut Actions) {
        let vault = matches!(self.route, Route::Vault(_)) && self.page.is_none();
        let fill = theme::palette(ui).page;
        let mut content = |ui: &mut Ui| match (&mut self.page, self.route.view()) {
            (Some(Page::Settings(page)), _) => page.show(ui, &self.shared, out),
            (Some(Page::Profiles(page)), _) => page.show(ui, &self.shared, out),
            (Some(Page::Ways(page)), _) => page.show(ui, &self.shared, &self.jobs, out),
            (Some(Page::NewKeys(page)), _) => page.show(ui, &self.shared, &self.jobs, out),
            (Some(Page::Check(page)), _) => page.show(ui, &self.shared, &self.jobs, out),
            (None, Some(view)) => view.show(ui, &self.shared, out),
            (None, None) => {}
        };
        if vault {
            content(ui);
        } else {
            CentralPanel::default().frame(Frame::NONE.fill(fill)).show(ui, content);
        }
    }

    fn overlays(&mut self, ctx: &Context, out: &mut Actions) {
        match self.drops.show(ctx, self.shared.open.as_ref().map(|open| &open.key)) {
            Some(Dropped::Add(paths)) => out.send(Command::AddFiles { paths }, Purpose::AddFiles),
            Some(Dropped::Open(folder)) => out.go(Place::Unlock(folder)),
            Some(Dropped::SealBeside(paths)) => out.push(Action::SealBeside(paths)),
            None => {}
        }
        let done = match &mut self.over {
            Over::Nothing => false,
            Over::SealBeside(question) => question.show(ctx, out),
            Over::Palette(palette) => {
                let mut can = |shortcut| self.route.view().is_some_and(|view| view.can(shortcut));
                match palette.show(ctx, self.shared.open.is_some(), &mut can) {
                    Some(chosen) => {
                        if let Some(command) = chosen {
                            self.chosen(command, out);
                        }
                        true
                    }
                    None => false,
                }
            }
        };
        if done {
            self.over = Over::Nothing;
            self.forgetting.begin(ctx);
        }
        if let Some(question) = self.questions.first_mut()
            && question.show(ctx, out)
        {
            self.questions.remove(0);
            self.forgetting.begin(ctx);
        }
        let elsewhere = |kind| match &self.page {
            Some(Page::Ways(_)) => WaysPage::shows(kind),
            Some(Page::NewKeys(_)) => kind == JobKind::Rekey,
            Some(Page::Check(_)) => kind == JobKind::Check,
            _ => false,
        };
        if let Some(request) = self.jobs.show(ctx, elsewhere) {
            out.push(Action::CancelRequest(request));
        }
        if let Some(undo) = self.toasts.show(ctx) {
            self.take_back(undo, out);
        }
    }

    /// Does what a toast offered.
    fn take_back(&mut self, undo: Undo, out: &mut Actions) {
        match (undo, &mut self.route) {
            (Undo::Restore(items), _) => {
                let out_of = || SummaryEdit { trashed: Some(false), ..SummaryEdit::default() };
                let edits = items.into_iter().map(|item| (item, out_of())).collect();
                out.send(Command::Describe { edits }, Purpose::Restore);
            }
            (Undo::Version(item, revision), _) => {
                out.send(Command::RestoreRevision { item, revision }, Purpose::RestoreVersion(item));
            }
            (Undo::Show(item), Route::Vault(vault)) => {
                self.page = None;
                vault.reveal(item, out);
            }
            (Undo::Show(_), _) => {}
        }
    }

    /// Asks for the profiles when the window is come back to: whoever was at a terminal meanwhile may have added some there.
    fn came_back(&mut self, ctx: &Context) {
        let comes_back = |event: &egui::Event| matches!(event, egui::Event::WindowFocused(true));
        let is_ready = !matches!(self.route, Route::Starting | Route::Unready(_));
        if is_ready && ctx.input(|input| input.raw.events.iter().any(comes_back)) {
            self.send(Command::ListProfiles, Purpose::CameBack);
        }
    }

    /// Tells the worker now and then that a hand is on mouse or keyboard.
    fn still_here(&mut self, ctx: &Context) {
        let (now, any) = ctx.input(|input| (input.time, !input.raw.events.is_empty()));
        if any && now - self.active >= STILL_HERE {
            self.active = now;
            self.port.send(Command::StillHere);
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_events(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
