//! Jobs: how far they have come, how they are cancelled, and what they left out.

use std::time::Duration;

use egui::Key;
use sealkeep::vault::ItemId;
use sealkeep::worker::{Command, JobEnd, JobKind, JobOutcome, Problem, Progress, RequestId, What};

use crate::support::screen::{Screen, items};

fn begin(screen: &mut Screen) -> RequestId {
    screen.ctrl(Key::O);
    let (request, _) = screen.command();
    screen.answer(request, What::Picked(vec!["/home/anna/film.mp4".into()]));
    let (request, command) = screen.command();
    assert!(matches!(command, Command::AddFiles { .. }));
    let progress = Progress {
        kind: JobKind::AddFiles,
        current: "film.mp4".to_owned(),
        current_done: 250_000_000,
        current_total: 1_000_000_000,
        files_done: 1,
        files_total: 3,
        done: 300_000_000,
        total: 1_200_000_000,
        per_second: Some(150_000_000),
        left: Some(Duration::from_secs(6)),
    };
    screen.answer(request, What::Job(progress));
    request
}

#[test]
fn a_job_shows_size_speed_and_time_left_and_can_be_cancelled() {
    let mut screen = Screen::unlocked(items());
    let request = begin(&mut screen);
    assert!(screen.shows("1 of 3 files · 300 MB of 1.2 GB · 150 MB/s · 6 seconds left"));
    screen.press("Cancel");
    assert_eq!(screen.cancelled(), [request]);
    assert!(screen.shows("Cancelling"));
    let outcome = JobOutcome { end: JobEnd::Cancelled, items: vec![ItemId([5; 16])], files: vec![], left_out: vec![] };
    screen.answer(request, What::JobDone(outcome));
    assert!(screen.shows("1 file added, then cancelled"));
    assert!(!screen.shows("Working"));
}

#[test]
fn what_was_left_out_stays_until_it_was_read() {
    let mut screen = Screen::unlocked(items());
    let request = begin(&mut screen);
    let left_out = vec![("/home/anna/film.mp4".into(), Problem::NotReadable { path: "/home/anna/film.mp4".into() })];
    screen.answer(request, What::JobDone(JobOutcome { end: JobEnd::Finished, items: vec![], files: vec![], left_out }));
    assert!(screen.shows("0 files added, 1 left out"));
    assert!(screen.mentions("“film.mp4” may not be read."));
    screen.press("Dismiss");
    assert!(!screen.shows("0 files added, 1 left out"));
}
