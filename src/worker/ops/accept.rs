//! Taking a vault as it is, although something in it is not as it was written.

use super::Asked;
use crate::vault::VaultError;
use crate::worker::desk::doubts_of;
use crate::worker::{Doubt, Problem, What};

/// Accepts what the person has seen, and nothing else. As with a save: what has begun is done, whatever happens meanwhile.
pub(super) async fn accept(asked: &Asked, seen: Vec<Doubt>) -> Result<(), Problem> {
    let seat = &asked.desk.seat;
    let _turn = asked.stop.or(seat.turn()).await??;
    let accepting = seat.on_thread(move |session| {
        if doubts_of(&session.vault) != seen {
            return Err(Problem::MoreFound);
        }
        session.vault.accept().map_err(VaultError::into)
    });
    accepting.await??;
    // Before it, because somebody else's work may be first to tell.
    asked.desk.tell_news(&asked.reply).await;
    asked.reply.tell(What::Accepted);
    Ok(())
}
