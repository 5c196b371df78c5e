//! Making egui forget what was on the screen.
//!
//! Owns: how many passes are still owed after a view with plaintext went away, and the picture that wipes itself. egui keeps the glyphs of a frame until two
//! passes later, and runs none at all while the window is hidden; textures keep their pixels until they are overwritten.
//! Invariant: after [`Forgetting::begin`], the passes happen, whether the window is visible or not.

use egui::{Color32, ColorImage, Context, TextureHandle, TextureId, TextureOptions, Vec2, ViewportCommand};

use super::widgets::clipboard;
use crate::secret::wipe_deep_stack;

/// What is still to be forgotten.
#[derive(Debug, Default)]
pub struct Forgetting {
    passes: u8,
}

/// Two after the one in which the view was gone.
const PASSES: u8 = 3;

impl Forgetting {
    /// A view with plaintext went away.
    pub fn begin(&mut self, ctx: &Context) {
        self.passes = PASSES;
        drop(clipboard::taken(ctx));
        ctx.request_repaint();
    }

    /// One pass begins, or would.
    pub fn pass(&mut self, ctx: &Context) {
        if self.passes == 0 {
            return;
        }
        self.passes -= 1;
        wipe_deep_stack();
        ctx.send_viewport_cmd(ViewportCommand::RequestPaintWhileHidden);
        ctx.request_repaint();
    }
}

/// A picture on the graphics card (or, where that is software, in memory), which is overwritten before it is freed.
pub struct Picture(TextureHandle);

impl Picture {
    /// Takes over a texture.
    pub fn new(texture: TextureHandle) -> Self {
        Self(texture)
    }

    /// The texture's name, to paint it.
    pub fn id(&self) -> TextureId {
        self.0.id()
    }

    /// Its size, in pixels.
    pub fn size(&self) -> Vec2 {
        self.0.size_vec2()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let blank = ColorImage::filled(self.0.size(), Color32::BLACK);
        // In place: a whole new image would get an allocation of its own and leave the old one as it was.
        self.0.set_partial([0, 0], blank, TextureOptions::LINEAR);
    }
}
