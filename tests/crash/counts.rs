//! What was tried, counted, and published.

use crate::support::published::{publish_in, thousands};

/// What was tried of one command.
#[derive(Clone, Debug, Default)]
pub struct Count {
    pub name: String,
    pub steps: usize,
    pub points: usize,
    pub states: usize,
    pub failures: Vec<String>,
}

/// The table that the page shows.
pub fn table(counts: &[Count]) -> String {
    let mut table = "| command | steps recorded | moments of a crash | different states opened | failures |\n\
                     |---|--:|--:|--:|--:|\n"
        .to_owned();
    let row = |name: &str, steps, points, states, failures| {
        format!("| {name} | {steps} | {points} | {} | {failures} |\n", thousands(states))
    };
    for count in counts {
        table += &row(&count.name, count.steps, count.points, count.states, count.failures.len());
    }
    let sum = |of: &dyn Fn(&Count) -> usize| counts.iter().map(of).sum();
    let states = sum(&|count| count.states);
    let failures = sum(&|count| count.failures.len());
    table + &row("**all**", sum(&|count| count.steps), sum(&|count| count.points), states, failures)
}

/// For whoever runs it with `--nocapture`.
#[allow(clippy::print_stdout)]
pub fn show(table: &str) {
    println!("{table}");
}

/// Puts `table` into the page, where that of this name stands.
pub fn publish(name: &str, table: &str) {
    publish_in("docs/durability.md", "make crash", name, table);
}
