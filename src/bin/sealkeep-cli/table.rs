//! Rows whose columns line up. All cells stand in one text: a list of a hundred thousand items is printed as fast as it is read.

use std::panic::resume_unwind;

use crate::text::{fit, width};

/// So many rows are not worth a thread.
const FEW: usize = 1024;

/// Rows of cells.
#[derive(Default)]
pub struct Table {
    text: String,
    cells: Vec<Cell>,
    /// Where each row's cells end.
    rows: Vec<usize>,
    /// How many columns of a terminal the widest cell of each takes.
    widths: Vec<usize>,
}

struct Cell {
    end: usize,
    width: usize,
}

impl Table {
    /// One more row, whose cells `write` adds.
    pub fn add_row(&mut self, write: impl FnOnce(&mut Row<'_>)) {
        write(&mut Row { table: self, column: 0 });
        self.rows.push(self.cells.len());
    }

    fn lines(&self, widths: &[usize]) -> String {
        let mut lines =
            String::with_capacity(self.rows.len() * widths.iter().map(|columns| columns + 2).sum::<usize>());
        let (mut cell, mut start) = (0, 0);
        for end in &self.rows {
            for (column, Cell { end, width: taken }) in self.cells[cell..*end].iter().enumerate() {
                put(&mut lines, &self.text[start..*end], *taken, widths[column]);
                start = *end;
            }
            cell = *end;
            lines.truncate(lines.trim_end_matches(' ').len());
            lines.push('\n');
        }
        lines
    }
}

/// The lines of rows that `write` makes of `things`, on all cores: each part's with line feeds, in their order. The column number
/// `flexible` gives way where they don't fit into `total` columns.
pub fn lines_of<T: Sync>(
    things: &[T],
    write: impl Fn(&mut Table, &[T]) + Sync,
    flexible: usize,
    total: Option<usize>,
) -> Vec<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = things.chunks(things.len().div_ceil(cores).max(FEW));
    let tables = on_all_cores(parts, |part| {
        let mut table = Table::default();
        write(&mut table, part);
        table
    });
    let widths = widths_of(&tables, flexible, total);
    on_all_cores(tables.iter(), |table| table.lines(&widths))
}

/// `work` on each of `parts`, all at once; on this thread, where there is one only.
fn on_all_cores<P: Send, T: Send>(parts: impl ExactSizeIterator<Item = P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    if parts.len() < 2 {
        return parts.map(work).collect();
    }
    std::thread::scope(|scope| {
        let working: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        // Where one panicked, so does this.
        working.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// How wide each column is.
fn widths_of(tables: &[Table], flexible: usize, total: Option<usize>) -> Vec<usize> {
    let columns = tables.iter().map(|table| table.widths.len()).max().unwrap_or(0);
    let widest = |column| tables.iter().filter_map(|table| table.widths.get(column).copied()).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    if let (Some(total), Some(own)) = (total, widths.get(flexible).copied()) {
        let others: usize = widths.iter().sum::<usize>() - own + 2 * columns.saturating_sub(1);
        if let Some(place) = widths.get_mut(flexible) {
            *place = own.min(total.saturating_sub(others).max(12));
        }
    }
    widths
}

/// A row that is being written.
pub struct Row<'a> {
    table: &'a mut Table,
    column: usize,
}

impl Row<'_> {
    /// One more cell, which `write` appends to the text.
    pub fn cell(&mut self, write: impl FnOnce(&mut String)) {
        let Table { text, cells, widths, .. } = &mut *self.table;
        let start = text.len();
        write(text);
        let width = width(&text[start..]);
        cells.push(Cell { end: text.len(), width });
        match widths.get_mut(self.column) {
            Some(widest) => *widest = width.max(*widest),
            None => widths.push(width),
        }
        self.column += 1;
    }
}

fn put(line: &mut String, cell: &str, taken: usize, columns: usize) {
    const SPACES: &str = "                                                                ";
    let taken = if taken <= columns {
        line.push_str(cell);
        taken
    } else {
        let cell = fit(cell, columns);
        line.push_str(&cell);
        width(&cell)
    };
    let mut padding = columns - taken + 2;
    while padding > 0 {
        let some = padding.min(SPACES.len());
        line.push_str(&SPACES[..some]);
        padding -= some;
    }
}

/// Lines whose columns line up, of rows that are there already. See [`lines_of`].
pub fn table(rows: &[Vec<String>], flexible: usize, total: Option<usize>) -> Vec<String> {
    let write = |table: &mut Table, rows: &[Vec<String>]| {
        for row in rows {
            table.add_row(|line| row.iter().for_each(|cell| line.cell(|text| text.push_str(cell))));
        }
    };
    lines_of(rows, write, flexible, total).iter().flat_map(|part| part.lines()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_titles_give_way() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["1", "日本", "x"]), row(["22", "a long title that goes on", ""])];
        let lines = table(&rows, 1, Some(20));
        assert_eq!(lines, ["1   日本           x", "22  a long title…"]);
        assert_eq!(table(&rows, 1, None)[1], "22  a long title that goes on");
    }

    #[test]
    fn many_rows_line_up_with_one_another_in_their_order() {
        let rows: Vec<_> = (0..5000).map(|row| vec!["x".repeat(row % 7), row.to_string()]).collect();
        let lines = table(&rows, 0, None);
        assert_eq!(lines.len(), 5000);
        assert!(lines.iter().enumerate().all(|(row, line)| line[8..] == row.to_string()));
    }

    #[test]
    fn a_row_with_nothing_in_it_is_an_empty_line_and_wide_columns_are_filled() {
        let rows = [vec![String::new()], vec!["a".repeat(100), "b".to_owned()], vec!["c".to_owned(), "d".to_owned()]];
        assert_eq!(table(&rows, 0, None), [String::new(), format!("{}  b", "a".repeat(100)), format!("c{:101}d", "")]);
    }
}
