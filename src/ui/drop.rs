//! Files over the window: two targets, and which of them a drop meant.
//!
//! Owns: what was dropped until it is clear what for. The pointer's place is not known while files hover, only once they are
//! dropped; where even that is missing, the targets stay and become buttons.

use std::path::PathBuf;

use egui::{Align2, Area, Color32, Context, CornerRadius, Id, Order, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use lucide_icons::Icon;

use super::theme::{self, fonts, tokens::radius, tokens::space, tokens::type_size};
use super::widgets::icon;
use crate::worker::KeyDescription;

/// What dropped files are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Into the vault.
    Add(Vec<PathBuf>),
    /// An encrypted copy beside each.
    SealBeside(Vec<PathBuf>),
    /// The vault in this folder.
    Open(PathBuf),
}

/// Files over the window.
#[derive(Debug, Default)]
pub struct Drops {
    waiting: Vec<PathBuf>,
    /// Whether the targets were put away while something hovers.
    put_away: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Vault,
    Beside,
    Open,
}

impl Drops {
    /// Draws the targets while files hover or wait; returns what a drop meant. `open` is what opened the vault: without
    /// one there is one target.
    pub fn show(&mut self, ctx: &Context, open: Option<&KeyDescription>) -> Option<Dropped> {
        let (hovering, dropped, pointer): (Vec<PathBuf>, _, _) = ctx.input(|input| {
            let dropped: Vec<PathBuf> = input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
            let hovering = input.raw.hovered_files.iter().map(|file| file.path.clone().unwrap_or_default()).collect();
            (hovering, dropped, input.pointer.latest_pos())
        });
        let just_dropped = !dropped.is_empty();
        self.waiting.extend(dropped);
        self.put_away &= !hovering.is_empty() && !just_dropped;
        if self.waiting.is_empty() && (hovering.is_empty() || self.put_away) {
            return None;
        }
        let whole = ctx.content_rect();
        let over = if self.waiting.is_empty() { &hovering } else { &self.waiting };
        let targets = targets(whole, open.is_some(), vault_of(over).is_some());
        let mut chosen = None;
        if just_dropped {
            chosen = match targets.as_slice() {
                [(only, _)] => Some(*only),
                _ => {
                    pointer.and_then(|at| targets.iter().find(|(_, rect)| rect.contains(at))).map(|(target, _)| *target)
                }
            };
            ctx.request_repaint();
        }
        if chosen.is_none() {
            let waiting = !self.waiting.is_empty();
            let count = if waiting { self.waiting.len() } else { hovering.len() };
            let area = Area::new(Id::unique("drop targets")).fixed_pos(whole.min).order(Order::Foreground);
            chosen = area.show(ctx, |ui| draw(ui, whole, &targets, count, waiting, open)).inner;
            if ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
                self.waiting.clear();
                // What hovers is said to until it is dropped or leaves: a program that died says neither.
                self.put_away = true;
            }
        }
        if self.waiting.is_empty() {
            return None;
        }
        let target = chosen?;
        let paths = std::mem::take(&mut self.waiting);
        Some(match target {
            Target::Vault => Dropped::Add(paths),
            Target::Open => match vault_of(&paths) {
                Some(folder) => Dropped::Open(folder.clone()),
                None => Dropped::SealBeside(paths),
            },
            Target::Beside => Dropped::SealBeside(paths),
        })
    }
}

/// The one folder that is a vault by its name; whether it is one the worker finds out.
fn vault_of(paths: &[PathBuf]) -> Option<&PathBuf> {
    match paths {
        [only] if only.extension().is_some_and(|ending| ending == "sealkeep") => Some(only),
        _ => None,
    }
}

/// Side by side, each as high as half of the window.
fn targets(whole: Rect, vault_is_open: bool, is_vault: bool) -> Vec<(Target, Rect)> {
    let inner = whole.shrink2(vec2(space::HUGE, space::HUGE + space::XXL));
    if !vault_is_open {
        return vec![(if is_vault { Target::Open } else { Target::Beside }, inner)];
    }
    let (left, right) = inner.split_left_right_at_fraction(0.5);
    vec![
        (Target::Vault, Rect::from_min_max(left.min, pos2(left.max.x - space::M, left.max.y))),
        (Target::Beside, Rect::from_min_max(pos2(right.min.x + space::M, right.min.y), right.max)),
    ]
}

fn draw(
    ui: &mut Ui,
    whole: Rect,
    targets: &[(Target, Rect)],
    count: usize,
    waiting: bool,
    open: Option<&KeyDescription>,
) -> Option<Target> {
    let p = theme::palette(ui);
    ui.painter().rect_filled(whole, 0.0, p.scrim);
    if waiting {
        // What lies below must not be pressed.
        ui.interact(whole, ui.scope_id().with("behind the targets"), Sense::click());
    }
    let pointer = ui.ctx().input(|input| input.pointer.latest_pos());
    let mut chosen = None;
    for &(target, rect) in targets {
        let (title, second, picture) = match target {
            Target::Vault => ("Add to the vault", "The files stay where they are.", Icon::FolderLock),
            Target::Open => ("Open this vault", "It stays where it is.", Icon::LockOpen),
            Target::Beside => {
                let second = match open {
                    Some(KeyDescription::Kms { .. }) => "Makes NAME.sealed, for this key or a passphrase.",
                    Some(KeyDescription::Passphrase | KeyDescription::Recovery) | None => {
                        "Makes NAME.sealed, for a passphrase."
                    }
                };
                ("Encrypted copy beside the file", second, Icon::FileLock2)
            }
        };
        let over = pointer.is_some_and(|at| rect.contains(at));
        let sense = if waiting { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, ui.scope_id().with(title), sense);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, title));
        if waiting && response.clicked() {
            chosen = Some(target);
        }
        let fill: Color32 = if over { p.accent_soft } else { p.raised };
        let line = Stroke::new(if over { 3.0 } else { 2.0 }, p.accent_text);
        ui.painter().rect(rect, CornerRadius::same(radius::LARGE + 4), fill, line, StrokeKind::Inside);
        let centre = rect.center();
        let place = Rect::from_center_size(centre - vec2(0.0, 36.0), vec2(56.0, 56.0));
        icon::paint(ui.painter(), place, picture, 44.0, p.accent_text);
        let painter = ui.painter();
        let font = fonts::strong(type_size::TITLE);
        painter.text(centre + vec2(0.0, 22.0), Align2::CENTER_CENTER, title, font, p.text);
        let font = fonts::text(type_size::BODY);
        painter.text(centre + vec2(0.0, 50.0), Align2::CENTER_CENTER, second, font, p.weak);
    }
    let files = if count == 1 { "1 file or folder".to_owned() } else { format!("{count} files and folders") };
    let words = if waiting { format!("{files}: where to? Esc forgets them.") } else { format!("Drop {files}") };
    let at = pos2(whole.center().x, whole.min.y + space::XXL + space::S);
    let plate = Rect::from_center_size(at, vec2(320.0, 36.0));
    ui.painter().rect_filled(plate, f32::from(radius::LARGE), p.raised);
    ui.painter().text(at, Align2::CENTER_CENTER, words, fonts::strong(type_size::BODY), p.text);
    chosen
}
