//! Counts and figures that tests write into the documentation.

use std::fs;
use std::path::Path;

/// Puts `text` into `page`, in the place of what `by` wrote there under this name before.
pub fn publish_in(page: &str, by: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let page = fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- {name}: written by `{by}` -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let end = "<!-- end -->\n";
    let (_, after) = rest.split_once(end).unwrap();
    fs::write(path, format!("{before}{begin}{text}{end}{after}")).unwrap();
}

/// A number that people read.
pub fn thousands(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}
