//! Doing what the views asked for.

use egui::Context;

use super::{App, Over, Page};
use crate::ui::action::{Action, Actions, Place, Purpose};
use crate::ui::palette::{Chosen, Palette};
use crate::ui::route::Route;
use crate::ui::shared::Held;
use crate::ui::views::picker::Picker;
use crate::ui::views::salvage::Salvage;
use crate::ui::views::unlock::Unlock;
use crate::ui::views::{NewKeysPage, ProfilesPage, SealBeside, SettingsPage, WaysPage};
use crate::vault::RekeyScope;
use crate::worker::{Command, LockReason};

impl App {
    /// Does one thing.
    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Send(command, purpose) => self.send(command, purpose),
            Action::Cancel(purpose) => {
                let requests: Vec<_> =
                    self.asked.iter().filter(|(_, asked)| *asked == purpose).map(|(request, _)| *request).collect();
                for request in requests {
                    self.port.cancel(request);
                }
            }
            Action::CancelRequest(request) => self.port.cancel(request),
            Action::Lock => {
                self.port.lock_now();
                self.lock(ctx, LockReason::Asked);
            }
            // Nothing that it could go to works before the worker can begin.
            Action::Go(_) if matches!(self.route, Route::Unready(_)) => {}
            Action::Go(place) => {
                let stays = match &mut self.route {
                    Route::Vault(vault) => place.is_outside() && !vault.may_leave_for(&place),
                    _ => false,
                };
                if stays {
                    // The question stands over the vault, not over a page.
                    self.leave_page(ctx);
                } else {
                    self.go(ctx, place);
                }
            }
            Action::Say(toast) => self.toasts.add(toast),
            Action::SealBeside(paths) => {
                let key = self.shared.open.as_ref().map(|open| &open.key);
                self.over = Over::SealBeside(SealBeside::new(paths, key));
            }
            Action::Forget => self.forgetting.begin(ctx),
            Action::Palette => self.over = Over::Palette(Palette::default()),
        }
        ctx.request_repaint();
    }

    /// Sends a command; what answers it is for `purpose`.
    pub(super) fn send(&mut self, command: Command, purpose: Purpose) {
        let request = self.port.send(command);
        self.asked.push((request, purpose));
    }

    fn go(&mut self, ctx: &Context, place: Place) {
        match place {
            Place::Settings => self.leave_page_for(ctx, Page::Settings(SettingsPage)),
            Place::Profiles => {
                // One that was left while an import goes on.
                let page = self.kept_page(is_busy_import).unwrap_or_else(|| Page::Profiles(Box::default()));
                self.leave_page_for(ctx, page);
                self.send(Command::ListProfiles, Purpose::Profiles);
            }
            Place::Import => {
                let mut out = Actions::default();
                let page = self.kept_page(is_busy_import);
                let page = page.unwrap_or_else(|| Page::Profiles(Box::new(ProfilesPage::importing(&mut out))));
                self.leave_page_for(ctx, page);
                self.act_all(ctx, out);
            }
            // They are about an open vault.
            Place::Ways | Place::Move(_) | Place::NewKeys(_) | Place::Check | Place::Item(_)
                if self.shared.open.is_none() => {}
            Place::Ways | Place::Move(_) => {
                let mut out = Actions::default();
                let page = self.kept_page(|page| matches!(page, Page::Ways(_)));
                let mut page = page.unwrap_or_else(|| Page::Ways(Box::new(WaysPage::new(&mut out))));
                if let (Place::Move(from), Page::Ways(ways)) = (&place, &mut page) {
                    ways.wants_move(*from, &mut out);
                }
                self.leave_page_for(ctx, page);
                self.act_all(ctx, out);
            }
            Place::NewKeys(scope) => {
                let mut out = Actions::default();
                let page = self.kept_page(|page| matches!(page, Page::NewKeys(page) if page.stays_for(&scope)));
                let page = page.unwrap_or_else(|| Page::NewKeys(Box::new(NewKeysPage::new(scope, &mut out))));
                self.leave_page_for(ctx, page);
                self.act_all(ctx, out);
            }
            Place::Check => {
                let page = self.kept_page(|page| matches!(page, Page::Check(_)));
                self.leave_page_for(ctx, page.unwrap_or_else(|| Page::Check(Box::default())));
            }
            Place::Item(item) => {
                self.leave_page(ctx);
                let mut out = Actions::default();
                if let Route::Vault(vault) = &mut self.route {
                    vault.reveal(item, &mut out);
                }
                self.act_all(ctx, out);
            }
            Place::Back => self.leave_page(ctx),
            Place::SalvageThis => {
                // Where it was locked meanwhile, the page that leads here is gone.
                if let Some(folder) = self.shared.open.as_ref().map(|open| open.folder.clone()) {
                    self.go(ctx, Place::Salvage(folder));
                }
            }
            Place::Picker | Place::Create | Place::Unlock(_) | Place::Salvage(_) => {
                if self.shared.open.is_some() || self.is_opening() {
                    self.port.lock_now();
                    self.lock(ctx, LockReason::Switching);
                }
                self.leave_page(ctx);
                let mut out = Actions::default();
                self.route = match place {
                    Place::Create => Route::Create(Box::default()),
                    Place::Unlock(folder) => Route::Unlock(Box::new(Unlock::new(folder, None, &mut out))),
                    Place::Salvage(folder) => Route::Salvage(Box::new(Salvage::new(folder, &mut out))),
                    _ => Route::Picker(Picker::default()),
                };
                self.forgetting.begin(ctx);
                for action in out {
                    self.act(ctx, action);
                }
            }
        }
    }

    /// Leaves the page, if there is one; it stays where something goes on in it.
    pub(super) fn leave_page(&mut self, ctx: &Context) {
        let keeps = |page: &Page| match page {
            Page::Ways(page) => page.is_busy(),
            Page::NewKeys(page) => page.is_busy(),
            Page::Check(page) => page.is_busy(),
            Page::Profiles(page) => page.is_busy(),
            Page::Settings(_) => false,
        };
        if let Some(Page::NewKeys(page)) = &mut self.page {
            page.leave();
        }
        self.kept.extend(self.page.take().filter(keeps));
        self.forgetting.begin(ctx);
    }

    fn leave_page_for(&mut self, ctx: &Context, page: Page) {
        self.leave_page(ctx);
        // One that was left is the same page.
        self.kept.retain(|kept| std::mem::discriminant(kept) != std::mem::discriminant(&page));
        self.page = Some(page);
    }

    fn kept_page(&mut self, is: impl Fn(&Page) -> bool) -> Option<Page> {
        if self.page.as_ref().is_some_and(&is) {
            return self.page.take();
        }
        let at = self.kept.iter().position(is)?;
        Some(self.kept.swap_remove(at))
    }

    pub(super) fn act_all(&mut self, ctx: &Context, out: Actions) {
        for action in out {
            self.act(ctx, action);
        }
    }

    /// Whether a vault is on its way to be opened, or made.
    pub(super) fn is_opening(&self) -> bool {
        self.asked.iter().any(|(_, purpose)| opens(*purpose))
    }

    /// Drops everything of the open vault, or of one on its way, and everything that was typed, at once.
    pub(super) fn lock(&mut self, ctx: &Context, reason: LockReason) {
        let mut out = Actions::default();
        let lost = matches!(&self.route, Route::Vault(vault) if vault.has_draft());
        let open = self.shared.open.take().map(|open| open.folder);
        let route = std::mem::replace(&mut self.route, Route::Starting);
        self.route = match (open, route) {
            (Some(folder), _) => {
                Route::Unlock(Box::new(Unlock::new(folder, Some(reason), &mut out).after_a_draft(lost)))
            }
            // The worker says that it locks, and that it has: what the page says stays.
            (None, Route::Unlock(view)) => Route::Unlock(Box::new(view.afresh(reason, &mut out))),
            (None, Route::Salvage(view)) => Route::Salvage(Box::new(view.locked(&mut out))),
            (None, Route::Create(_)) => Route::Create(Box::default()),
            (None, stays @ (Route::Starting | Route::Unready(_))) => stays,
            (None, Route::Picker(_) | Route::Vault(_)) => Route::Picker(Picker::default()),
        };
        // What arrives for them now is late.
        self.asked.retain(|(_, purpose)| !opens(*purpose));
        self.page = None;
        self.kept.clear();
        self.over = Over::Nothing;
        self.questions.clear();
        self.jobs.lock();
        self.toasts.lock();
        self.forgetting.begin(ctx);
        for action in out {
            self.act(ctx, action);
        }
    }

    /// Does what was chosen in the palette.
    pub(super) fn chosen(&mut self, chosen: Chosen, out: &mut Actions) {
        let shortcut = match chosen {
            Chosen::Lock => return out.push(Action::Lock),
            Chosen::Settings => return out.go(Place::Settings),
            Chosen::Profiles => return out.go(Place::Profiles),
            Chosen::Import => return out.go(Place::Import),
            Chosen::Ways => return out.go(Place::Ways),
            Chosen::Move => return out.go(Place::Move(None)),
            Chosen::NewKeys => return out.go(Place::NewKeys(RekeyScope::default())),
            Chosen::Check => return out.go(Place::Check),
            Chosen::Salvage => return out.go(Place::SalvageThis),
            Chosen::Vaults => return out.go(Place::Picker),
            Chosen::Create => return out.go(Place::Create),
            Chosen::Theme(theme) => {
                let settings = crate::worker::Settings { theme, ..self.shared.settings.clone() };
                return out.send(Command::SaveSettings(settings), Purpose::Settings);
            }
            Chosen::Encrypt => {
                return out.send(Command::PickFiles { title: "Choose files to encrypt" }, Purpose::PickToSeal);
            }
            Chosen::Do(shortcut) => shortcut,
        };
        if self.page.is_some() {
            out.go(Place::Back);
        }
        if let Some(view) = self.route.view() {
            view.shortcut(shortcut, out);
        }
    }

    /// Notes what the clipboard holds.
    pub(super) fn holds(&mut self, ctx: &Context, clears_in: Option<std::time::Duration>) {
        let now = ctx.input(|input| input.time);
        self.shared.clipboard = clears_in.map_or(Held::Kept, |time| Held::Until(now + time.as_secs_f64()));
    }
}

/// Whether it is the page of profiles, with an import that goes on or has an end to show.
fn is_busy_import(page: &Page) -> bool {
    matches!(page, Page::Profiles(page) if page.is_importing())
}

/// Whether a command for this opens a vault, be it to copy out of it.
pub(super) fn opens(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Unlock | Purpose::Create | Purpose::Salvage)
}
