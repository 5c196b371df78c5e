//! The window: how long until it shows something, and what it does while nothing happens.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Extent;
use super::people::Person;
use super::sample::Sample;
use super::support::desktop::Desktop;
use super::support::ends::Ends;

pub fn measure(_: &Person, _: &Path, extent: Extent) -> String {
    let desktop = Desktop::start();
    let mut first = Sample::default();
    for _ in 0..extent.rounds {
        let begun = Instant::now();
        let mut program = start(&desktop);
        // It is put on the screen once its first frame is painted.
        while !is_visible(&desktop, &mut program) {}
        first.add(begun.elapsed());
    }
    let mut program = start(&desktop);
    while !is_visible(&desktop, &mut program) {}
    settle(&program);
    let (runs, ticks) = (runs(&program), ticks(&program));
    std::thread::sleep(Duration::from_secs(extent.idle));
    let (runs, ticks) = (self::runs(&program) - runs, self::ticks(&program) - ticks);
    format!(
        "Under Xvfb, drawn by the processor (Mesa's llvmpipe), a screen reader's bus switched on.\n\n\
         | what | |\n|---|---|\n\
         | from the start to the first frame | {first} |\n\
         | frames in {idle} s while nothing happens: times that the window's thread ran | {runs} |\n\
         | processor ticks of all its threads in that time | {ticks} |\n",
        idle = extent.idle
    )
}

fn start(desktop: &Desktop) -> Ends {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
    Ends::start(desktop.enter(&mut command).stdin(Stdio::null()))
}

fn is_visible(desktop: &Desktop, program: &mut Ends) -> bool {
    assert!(program.is_running(), "the window has closed by itself");
    let mut command = Command::new("xdotool");
    command.args(["search", "--onlyvisible", "--pid", &program.process().to_string()]);
    !desktop.enter(&mut command).output().unwrap().stdout.is_empty()
}

/// Waits until the window's thread has not run for a second: what fades in has faded in.
fn settle(program: &Ends) {
    let mut before = 0;
    while runs(program) != before {
        before = runs(program);
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// How often the kernel has let the first thread run, which draws the window.
fn runs(program: &Ends) -> u64 {
    let process = program.process();
    let text = std::fs::read_to_string(format!("/proc/{process}/task/{process}/schedstat")).unwrap();
    text.split_whitespace().nth(2).unwrap().parse().unwrap()
}

fn ticks(program: &Ends) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", program.process())).unwrap();
    let after_name = text.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}
