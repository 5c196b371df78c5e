//! What the window says in passing, at its foot, with a way back where there is one.
//!
//! Owns: the toasts on the screen. Invariant: no plaintext of a vault is in one: they outlive a lock.

use egui::{Align2, Area, Context, CornerRadius, Frame, Id, Margin, Order, Rect, Stroke, pos2};
use lucide_icons::Icon;

use super::theme::{self, tokens::radius, tokens::size, tokens::space};
use super::widgets::{button, icon, speech, text};
use crate::vault::ItemId;

/// How long one stays, in seconds.
const STAYS: f64 = 6.0;
/// How long one stays that says what went wrong.
const PROBLEM_STAYS: f64 = 12.0;
/// How wide one may become, in points.
const WIDEST: f32 = 560.0;

/// Something to say.
#[derive(Debug)]
pub struct Toast {
    happened: String,
    to_do: String,
    problem: bool,
    undo: Option<Undo>,
    until: Option<f64>,
}

/// A way back, or on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Take these out of the trash.
    Restore(Vec<ItemId>),
    /// Show where this is now.
    Show(ItemId),
    /// Bring this version back.
    Version(ItemId, u32),
}

impl Undo {
    fn label(&self) -> &'static str {
        match self {
            Self::Restore(_) | Self::Version(..) => "Undo",
            Self::Show(_) => "Show",
        }
    }
}

impl Toast {
    /// Something went well.
    pub fn done(happened: impl Into<String>) -> Self {
        Self { happened: happened.into(), to_do: String::new(), problem: false, undo: None, until: None }
    }

    /// Something went wrong.
    pub fn problem(happened: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { to_do: to_do.into(), problem: true, ..Self::done(happened) }
    }

    /// Offers a way back.
    pub fn with_undo(mut self, undo: Undo) -> Self {
        self.undo = Some(undo);
        self
    }
}

/// The toasts on the screen, oldest first.
#[derive(Debug, Default)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Shows one more; at most three stay.
    pub fn add(&mut self, toast: Toast) {
        self.0.retain(|shown| shown.happened != toast.happened);
        self.0.push(toast);
        if self.0.len() > 3 {
            self.0.remove(0);
        }
    }

    /// Forgets the ways back: there is no vault to go back in any more.
    pub fn lock(&mut self) {
        self.0.retain(|toast| toast.undo.is_none());
    }

    /// The way back of what was done last, where one is on the screen; it is used up then.
    pub fn undo_last(&mut self) -> Option<Undo> {
        let goes_back = |toast: &Toast| matches!(toast.undo, Some(Undo::Restore(_) | Undo::Version(..)));
        let last = self.0.iter().rposition(goes_back)?;
        self.0.remove(last).undo
    }

    /// Draws them; returns a way back that was chosen.
    pub fn show(&mut self, ctx: &Context) -> Option<Undo> {
        let now = ctx.input(|input| input.time);
        for toast in &mut self.0 {
            let stays = if toast.problem { PROBLEM_STAYS } else { STAYS };
            toast.until.get_or_insert(now + stays);
        }
        self.0.retain(|toast| toast.until.is_none_or(|until| until > now));
        let next = self.0.iter().filter_map(|toast| toast.until).fold(f64::INFINITY, f64::min);
        if !next.is_finite() {
            return None;
        }
        ctx.request_repaint_after_secs((next - now) as f32 + 0.01);
        let mut chosen = None;
        let mut closed = None;
        let room = room(ctx);
        let foot = pos2(room.center().x, room.max.y - space::S);
        let area = Area::new(Id::unique("toasts")).order(Order::Foreground).movable(false);
        area.pivot(Align2::CENTER_BOTTOM).fixed_pos(foot).show(ctx, |ui| {
            ui.set_max_width((room.width() - 2.0 * space::XL).clamp(200.0, WIDEST));
            ui.spacing_mut().item_spacing.y = space::S;
            for (index, toast) in self.0.iter().enumerate() {
                match toast.show(ui) {
                    Some(Pressed::Undo) => {
                        chosen.clone_from(&toast.undo);
                        closed = Some(index);
                    }
                    Some(Pressed::Close) => closed = Some(index),
                    None => {}
                }
            }
        });
        if let Some(index) = closed {
            self.0.remove(index);
            ctx.request_repaint();
        }
        chosen
    }
}

/// Lets the toasts of this frame stand at the foot of `rect`, rather than of the whole window.
pub fn stand_in(ctx: &Context, rect: Rect) {
    let pass = ctx.cumulative_pass_nr();
    ctx.data_mut(|data| data.insert_temp(Id::unique("where toasts stand"), (pass, rect)));
}

/// What they stand at the foot of.
fn room(ctx: &Context) -> Rect {
    let pass = ctx.cumulative_pass_nr();
    let said = ctx.data(|data| data.get_temp::<(u64, Rect)>(Id::unique("where toasts stand")));
    said.filter(|(when, _)| *when == pass).map_or_else(
        || {
            let whole = ctx.content_rect();
            whole.with_max_y(whole.max.y - size::STATUS - space::S)
        },
        |(_, rect)| rect,
    )
}

enum Pressed {
    Undo,
    Close,
}

impl Toast {
    fn show(&self, ui: &mut egui::Ui) -> Option<Pressed> {
        let p = theme::palette(ui);
        let frame = Frame::NONE
            .fill(p.raised)
            .stroke(Stroke::new(1.0, p.line))
            .corner_radius(CornerRadius::same(radius::LARGE))
            .inner_margin(Margin::symmetric(space::L as i8, space::S as i8))
            .shadow(egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: p.shadow });
        let mut pressed = None;
        ui.push_id(("toast", &self.happened), |ui| {
            frame.show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.set_min_height(size::CONTROL_SMALL);
                    let (picture, colour) =
                        if self.problem { (Icon::CircleAlert, p.danger) } else { (Icon::CircleCheck, p.success) };
                    icon::show(ui, picture, size::ICON, colour);
                    let undo = self.undo.as_ref().map(|undo| button::Button::quiet(undo.label()).small());
                    let gap = ui.spacing().item_spacing.x;
                    let buttons = undo.as_ref().map_or(0.0, |undo| undo.width(ui) + gap) + size::CONTROL_SMALL + gap;
                    let room = ui.available_width() - buttons;
                    ui.vertical(|ui| {
                        ui.set_max_width(room);
                        ui.spacing_mut().item_spacing.y = 0.0;
                        if self.to_do.is_empty() {
                            ui.add_space(4.0);
                        }
                        let label = text::body(ui, self.happened.as_str());
                        speech::announce(ui, &label, &self.happened, self.problem);
                        if !self.to_do.is_empty() {
                            let label = text::small(ui, self.to_do.as_str());
                            speech::announce(ui, &label, &self.to_do, self.problem);
                        }
                    });
                    let tip = if matches!(self.undo, Some(Undo::Show(_))) { "" } else { "Ctrl+Z" };
                    if undo.is_some_and(|undo| undo.tip(tip).show(ui).clicked()) {
                        pressed = Some(Pressed::Undo);
                    }
                    if button::icon_button(ui, Icon::X, "Dismiss").clicked() {
                        pressed = Some(Pressed::Close);
                    }
                });
            });
        });
        pressed
    }
}
