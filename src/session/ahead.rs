//! Data keys for new items that are sealed one after the other: asked for before it is their turn, because AWS is far away and what is
//! small is sealed in no time.

use std::future::Future;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use crate::providers::{BoxFuture, ProviderError};
use crate::vault::{NewBody, UnlockedVault, VaultError};

/// So many are on their way, or wait to be used.
const AT_ONCE: usize = 32;
/// While something longer is sealed, in bytes, no other's key waits in memory.
const LARGE: u64 = 256 * 1024;

/// Bodies of new items that were asked for, and whose turn has not come.
#[derive(Default)]
pub struct BodiesAhead(FuturesOrdered<BoxFuture<'static, Result<NewBody, VaultError>>>);

impl BodiesAhead {
    /// The body of what is sealed now, the first of `lengths`, in bytes; asks for those of what follows, too. The future borrows no vault.
    /// Where nothing is sealed with it, the next one gets what was asked for.
    pub fn take<'a, L: Iterator<Item = u64>>(
        &'a mut self,
        vault: &UnlockedVault,
        lengths: L,
    ) -> impl Future<Output = Result<NewBody, VaultError>> + use<'a, L> {
        for _ in self.0.len()..wanted(lengths) {
            self.0.push_back(vault.new_body(None));
        }
        let asked = &mut self.0;
        async move {
            let none = || Err(ProviderError::Unexpected("no data key was asked for".to_owned()).into());
            asked.next().await.unwrap_or_else(none)
        }
    }
}

/// How many bodies there are to be before the first is sealed.
fn wanted(lengths: impl Iterator<Item = u64>) -> usize {
    lengths.take(AT_ONCE).take_while(|length| *length <= LARGE).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_small_ones_come_ahead_and_none_waits_for_a_large_one() {
        let wanted = |lengths: &[u64]| super::wanted(lengths.iter().copied());
        assert_eq!(wanted(&[1]), 1);
        assert_eq!(wanted(&[LARGE, 1, LARGE + 1, 1]), 2);
        assert_eq!(wanted(&[LARGE + 1, 1, 1]), 1);
        assert_eq!(wanted(&[1; 100]), AT_ONCE);
    }
}
