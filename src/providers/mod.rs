//! what wraps and unwraps data keys.
