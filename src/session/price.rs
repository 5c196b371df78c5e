//! What AWS asks for calls to KMS.

/// Dollars for one request, in most regions.
const DOLLARS_A_CALL: f64 = 0.03 / 10_000.0;

/// What these calls cost, in dollars, in most regions; each action with how often it is called.
pub(super) fn dollars_of(calls: &[(&'static str, u64)]) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    calls.iter().map(|(_, count)| *count as f64 * DOLLARS_A_CALL).sum()
}
