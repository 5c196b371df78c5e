//! What AWS asks for calls to KMS.

/// Dollars for one request, in most regions.
const DOLLARS_A_CALL: f64 = 0.03 / 10_000.0;

/// What these calls cost, in dollars, in most regions; each action with how often it is called.
pub(super) fn dollars_of(calls: &[(&'static str, u64)]) -> f64 {
    let calls: u64 = calls.iter().map(|(_, count)| count).sum();
    #[allow(clippy::cast_precision_loss)]
    let calls = calls as f64;
    calls * DOLLARS_A_CALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_nobody_costs_nothing_and_no_less() {
        assert!(dollars_of(&[]).is_sign_positive());
        assert!((dollars_of(&[("Decrypt", 9_000), ("Encrypt", 1_000)]) - 0.03).abs() < 1e-9);
    }
}
