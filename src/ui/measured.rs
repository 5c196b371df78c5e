//! The window's size, to be remembered once a hand has let go of it.
//!
//! Owns: the size that was seen last. Touches nothing else. Invariant: a window that nobody resizes asks for no frame, and a
//! size that the desktop gave (maximised, full screen) is not the person's.

use egui::{Context, Vec2};

use crate::worker::WindowSize;

/// Seconds for which the size has to stay.
const RESTS: f64 = 1.0;

/// Watches the size.
#[derive(Debug, Default)]
pub struct Measured {
    /// The size when it was remembered last, or the first one.
    known: Option<Vec2>,
    /// Another one, and when it was first seen, in egui's time.
    new: Option<(Vec2, f64)>,
}

impl Measured {
    /// Looks at the window, once a frame; a size that is to be remembered now.
    pub fn look(&mut self, ctx: &Context) -> Option<WindowSize> {
        let (now, size, own) = ctx.input(|input| {
            let viewport = input.viewport();
            let own = [viewport.maximized, viewport.fullscreen, viewport.minimized].iter().all(|is| *is != Some(true));
            (input.time, input.viewport_rect().size(), own)
        });
        // As the window is opened: before our own scale.
        let size = (size * ctx.zoom_factor()).round();
        let known = *self.known.get_or_insert(size);
        if !own || size == known || size.min_elem() < 1.0 {
            self.new = None;
            return None;
        }
        let since = match self.new {
            Some((new, since)) if new == size => since,
            _ => now,
        };
        self.new = Some((size, since));
        if now - since < RESTS {
            ctx.request_repaint_after_secs((RESTS - (now - since)) as f32 + 0.01);
            return None;
        }
        self.new = None;
        self.known = Some(size);
        Some(WindowSize { width: size.x, height: size.y })
    }
}
