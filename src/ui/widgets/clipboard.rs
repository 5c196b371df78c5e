//! What a field copied, on its way to the worker, whose clipboard hides it from histories and clears it in time.
//!
//! Owns: the place in egui's memory where it waits until the end of the frame. egui's own clipboard is never used.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id};

use crate::secret::SecretString;

#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Option<SecretString>>>);

fn waiting(ctx: &Context) -> Waiting {
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Waiting>(Id::unique("clipboard, on its way")).clone())
}

/// Puts `text` where the window picks it up for the worker.
pub fn offer(ctx: &Context, text: SecretString) {
    *waiting(ctx).0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

/// Takes what a field offered.
pub fn taken(ctx: &Context) -> Option<SecretString> {
    waiting(ctx).0.lock().unwrap_or_else(PoisonError::into_inner).take()
}
