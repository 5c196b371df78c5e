//! Checking everything that the open vault has: a job beside everything else, one revision at a time.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::Asked;
use crate::vault::{self, CheckReport, Depth, ItemId};
use crate::worker::meter::JobMeter;
use crate::worker::thread::on_thread;
use crate::worker::{Checked, JobKind, Problem, ProblemNamed, What};

/// So many problems are told; a person who has more needs another tool.
const TOLD: usize = 1000;

pub(super) async fn check(asked: &Asked) -> Result<(), Problem> {
    let begun = Instant::now();
    let seat = &asked.desk.seat;
    let rows = JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::Check, 0, 0).file(String::new(), 0);
    let mut checking = seat.on_thread(move |session| session.vault.begin_check(Depth::Full, &*rows)).await??;
    let meter =
        JobMeter::new(asked.reply.clone(), asked.stop.clone(), JobKind::Check, checking.left(), checking.total());
    loop {
        asked.stop.check()?;
        // A revision at a time, so that whoever opens or saves something in between waits for none.
        let Some(next) = seat.with(|session| session.vault.check_next(&mut checking)).await? else { break };
        let Some(step) = asked.stop.or(next).await?? else { continue };
        let file = meter.file(String::new(), step.length());
        let watch = Arc::clone(&file);
        checking.take_in(on_thread("check", move || step.look(&*watch)).await??);
        file.finish();
    }
    let report = checking.into_report();
    let checked = seat.with(|session| named(&session.vault, report, begun)).await?;
    asked.reply.tell(What::Checked(checked));
    asked.desk.tell_latency(&asked.reply).await
}

fn named(vault: &vault::UnlockedVault, report: CheckReport, begun: Instant) -> Checked {
    let CheckReport { items, revisions, bytes, unopened, problems } = report;
    let title = |item: ItemId| vault.summary(item).ok().map(|summary| summary.title.duplicate());
    let problem = |problem: vault::Problem| ProblemNamed {
        item: problem.item,
        title: problem.item.and_then(title),
        what: problem.what,
    };
    let found = problems.len() as u64;
    let problems = problems.into_iter().take(TOLD).map(problem).collect();
    Checked { items, revisions, bytes, unopened, time: begun.elapsed(), found, problems, at: Timestamp::now() }
}
