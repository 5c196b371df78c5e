//! Data keys for new items that are sealed one after the other: asked for before it is their turn, because AWS is far away and what is
//! small is sealed in no time.

use std::future::Future;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use crate::providers::BoxFuture;
use crate::vault::{NewBody, SlotRecord, UnlockedVault, VaultError};

/// So many are on their way, or wait to be used.
const AT_ONCE: usize = 32;
/// While something longer is sealed, in bytes, no other's key waits in memory.
const LARGE: u64 = 256 * 1024;

/// Bodies of new items that were asked for, and whose turn has not come.
pub struct BodiesAhead {
    /// Of all that will be sealed, in its order, in bytes.
    lengths: Vec<u64>,
    /// The ways in that they are wrapped for.
    slots: Vec<SlotRecord>,
    asked: FuturesOrdered<BoxFuture<'static, Result<NewBody, VaultError>>>,
}

impl BodiesAhead {
    /// Bodies of so many items, of these lengths in bytes. None is asked for yet.
    pub fn of(lengths: Vec<u64>) -> Self {
        Self { lengths, slots: Vec::new(), asked: FuturesOrdered::new() }
    }

    /// The body of item `at`, which is sealed now; asks for those of what follows, too. Where nothing is sealed with it, the next one
    /// gets what was asked for. What was asked for before the ways in changed is let go of, and what is owed to a way in is asked for
    /// once more. The future borrows no vault.
    pub fn take(
        &mut self,
        vault: &UnlockedVault,
        at: usize,
    ) -> impl Future<Output = Result<NewBody, VaultError>> + use<'_> {
        if self.slots != vault.slots() {
            self.slots = vault.slots().to_vec();
            self.asked.clear();
        }
        let wanted = wanted(self.lengths.iter().skip(at).copied());
        if wanted == 1 && self.asked.len() > 1 {
            // What failed before left them over, and this may take long.
            self.asked.clear();
        }
        let is_ahead = !self.asked.is_empty();
        for _ in self.asked.len()..wanted {
            self.asked.push_back(vault.new_body(None));
        }
        // Asks nobody yet.
        let again = vault.new_body(None);
        let next = self.asked.next();
        async move {
            match next.await {
                // Who could not be reached then may be by now.
                Some(Ok(body)) if is_ahead && body.owes() => again.await,
                Some(body) => body,
                None => again.await,
            }
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
