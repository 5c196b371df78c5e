//! views, widgets, theme and routes.
