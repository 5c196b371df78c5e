//! the one thread that owns the session.
