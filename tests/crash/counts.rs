//! What was tried, counted, and published.

use std::fs;
use std::path::Path;

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/durability.md");
    let page = fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- {name}: written by `make crash` -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let end = "<!-- end -->\n";
    let (_, after) = rest.split_once(end).unwrap();
    fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
}

fn thousands(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}
