//! Waiting: a bar for what can be measured, a turning arc for what can't, and a passphrase's strength.

use std::f32::consts::TAU;

use egui::{Color32, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::describe;
use crate::ui::theme::{self, tokens::space};

/// A bar of `part` between 0 and 1; `name` says of what.
pub fn bar(ui: &mut Ui, name: &str, part: f32) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    describe(ui, &response, egui::accesskit::Role::ProgressIndicator, |node| {
        node.set_label(name);
        node.set_numeric_value(f64::from((part * 100.0).round()));
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(100.0);
    });
    ui.painter().rect_filled(rect, 3.0, p.pressed);
    let mut done = rect;
    done.set_width(rect.width() * part.clamp(0.0, 1.0));
    if done.width() > 1.0 {
        ui.painter().rect_filled(done, 3.0, p.accent);
    }
}

/// A turning arc. It asks for frames as long as it is shown, and only then.
pub fn spinner(ui: &mut Ui, points: f32) {
    let colour = theme::palette(ui).accent_text;
    let (rect, _) = ui.allocate_exact_size(vec2(points, points), Sense::hover());
    let turn = ui.input(|input| (input.time * 0.9).fract() as f32) * TAU;
    let radius = points / 2.0 - 1.5;
    let arc: Vec<Pos2> = (0..=20)
        .map(|step| {
            let angle = turn + step as f32 / 20.0 * TAU * 0.7;
            rect.center() + radius * vec2(angle.cos(), angle.sin())
        })
        .collect();
    ui.painter().line(arc, Stroke::new(2.0, colour));
    ui.ctx().request_repaint_after_secs(1.0 / 30.0);
}

/// A passphrase's strength in four steps, 0 to 4 as zxcvbn counts; `None` before anything is typed.
pub fn strength(ui: &mut Ui, score: Option<u8>, words: &str) {
    let p = theme::palette(ui);
    let colour: Color32 = match score {
        None => p.weak,
        Some(0 | 1) => p.danger,
        Some(2) => p.warning,
        _ => p.success,
    };
    // As wide as the field above; the words stand below, where they can wrap.
    let gap = space::XS;
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), Sense::hover());
    let width = (whole.width() - 3.0 * gap) / 4.0;
    for step in 1..=4_u8 {
        let left = whole.min.x + f32::from(step - 1) * (width + gap);
        let rect = Rect::from_min_size(pos2(left, whole.min.y), vec2(width, whole.height()));
        let fill = if score.is_some_and(|score| step <= score.max(1)) { colour } else { p.pressed };
        ui.painter().rect_filled(rect, 2.0, fill);
    }
    let label = super::text::coloured(ui, words, colour);
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
}
