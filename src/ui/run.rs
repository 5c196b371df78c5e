//! Opening the window.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{IconData, ViewportBuilder};
use jiff::tz::TimeZone;

use super::theme::tokens::size;
use super::{App, Port, wording};
use crate::worker::{Problem, WindowSize};

/// Wakes the window: something happened.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Its size when it was closed last.
    pub size: Option<WindowSize>,
    /// Whether to prefer X11 to Wayland, where both are there: on Wayland no file can be dropped onto the window.
    pub prefer_x11: bool,
    /// The vault's folder to begin with; else the one that was opened last.
    pub vault: Option<PathBuf>,
}

/// The window could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The display is not there, or doesn't let this user in. What the window's library says to that has paths of its own
    /// source in it, and nothing that helps.
    #[error("the display does not answer")]
    NoDisplay,
    /// Anything else: no OpenGL, no worker.
    #[error("the window can't be opened: {0}")]
    Window(eframe::Error),
}

/// Opens the window and returns when it is closed. `start` gets what wakes the window, and starts the worker.
///
/// # Errors
/// [`RunError`] where there is no display, or no OpenGL.
pub fn run<P: Port + 'static>(window: Window, start: impl FnOnce(Wake) -> Result<P, Problem>) -> Result<(), RunError> {
    let wanted = window.size.map_or(size::WINDOW, |size| [size.width, size.height]);
    let viewport = ViewportBuilder::default()
        .with_title("Sealkeep")
        .with_app_id("sealkeep")
        .with_inner_size(wanted)
        .with_min_inner_size(size::WINDOW_MIN)
        .with_drag_and_drop(true);
    let viewport = match icon() {
        Some(icon) => viewport.with_icon(icon),
        None => viewport,
    };
    let mut options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    if window.prefer_x11 {
        options.event_loop_builder = Some(Box::new(|builder| {
            use winit::platform::x11::EventLoopBuilderExtX11;
            builder.with_x11();
        }));
    }
    let create: eframe::AppCreator<'_> = Box::new(move |creation| {
        let ctx = creation.egui_ctx.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let port = start(wake).map_err(|problem| wording::of(&problem).happened)?;
        Ok(Box::new(App::new(&creation.egui_ctx, Box::new(port), TimeZone::system()).beginning_with(window.vault)))
    });
    eframe::run_native("Sealkeep", options, create).map_err(|error| match error {
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => RunError::NoDisplay,
        error => RunError::Window(error),
    })
}

fn icon() -> Option<IconData> {
    let image = image::load_from_memory(include_bytes!("../../assets/icon-128.png")).ok()?.into_rgba8();
    let (width, height) = image.dimensions();
    Some(IconData { rgba: image.into_raw(), width, height })
}
