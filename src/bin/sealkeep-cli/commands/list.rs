//! `ls`.

use std::fmt::Write;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use sealkeep::secret::SecretString;
use sealkeep::session::item_json::item_json;
use sealkeep::vault::{ItemState, ItemSummary, Kind, LowerQuery, UnlockedVault};
use serde_json::Value;

use crate::context::Context;
use crate::error::CliError;
use crate::output::{columns, push_shown};
use crate::table::{Row, Table, lines_of};
use crate::text;

/// How much of an id a table shows: enough to name nearly any item by.
const SHORT_ID: usize = 8;

#[derive(Debug, Args)]
pub struct LsArgs {
    /// Words that must all be in the title, the user name, a tag or the media type
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only items with this tag (repeatable: with all of them)
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Only items of this kind: login, note, document
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Only items of this collection: its name or id
    #[arg(long, value_name = "C")]
    collection: Option<String>,
    /// Only favourites
    #[arg(long)]
    favourite: bool,
    /// The trash instead, with the days that each item has left there
    #[arg(long)]
    trash: bool,
}

pub fn run(context: &Context, args: &LsArgs) -> Result<(), CliError> {
    let session = context.unlock()?;
    let vault = &session.vault;
    if let Some(collection) = &args.collection
        && !vault.collections().iter().any(|known| is_collection(known, collection))
    {
        return Err(CliError::input(
            format!("There is no collection “{collection}”."),
            format!("There is: {}.", collection_names(vault).join(", ")),
        ));
    }
    if let Some(kind) = &args.kind
        && let Kind::Other(_) = Kind::from_name(kind)
        && !vault.summaries().iter().any(|item| item.kind.name() == kind)
    {
        // One that a later version wrote is found; a misspelling must not look like an empty list.
        return Err(CliError::usage(format!("There is no kind “{kind}”."), "There are login, note and document."));
    }
    let query = LowerQuery::new(&SecretString::new(args.query.join(" ")));
    let words = query.finders();
    let wanted = vault.summaries().iter().filter(|item| args.wants(vault, item) && item.is_found_by(&words));
    let items = by_title(wanted.collect());
    context.out.json(|| Value::Array(items.iter().map(|item| item_json(vault, item)).collect()))?;
    let (now, retention) = (vault.now(), vault.retention());
    let write = |table: &mut Table, items: &[&Arc<ItemSummary>]| {
        let mut days = Days::default();
        for item in items {
            table.add_row(|row| write_row(row, item, retention.days_left(item, now), &mut days));
        }
    };
    // In few pieces: what is printed goes out at once, and a call to the system for each of many lines takes longer than they do.
    for lines in lines_of(&items, write, 2, columns()) {
        context.out.line(lines.trim_end_matches('\n'))?;
    }
    Ok(())
}

/// `items` in the order of their titles' letters, large or small.
fn by_title(items: Vec<&Arc<ItemSummary>>) -> Vec<&Arc<ItemSummary>> {
    let mut letters = String::new();
    let mut keyed: Vec<_> = items
        .into_iter()
        .map(|item| {
            let start = letters.len();
            // EXPOSE: sorted by; wiped by the allocator when the list is printed.
            let title = item.title.expose();
            if title.is_ascii() {
                letters.push_str(title);
                letters[start..].make_ascii_lowercase();
            } else {
                letters.push_str(&title.to_lowercase());
            }
            (start..letters.len(), item)
        })
        .collect();
    keyed.sort_unstable_by(|(one, first), (two, second)| {
        letters[one.clone()].cmp(&letters[two.clone()]).then_with(|| first.id.cmp(&second.id))
    });
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Days as they are written; the last one is remembered, since what was saved together is of one day.
#[derive(Default)]
struct Days {
    last: Option<(i64, String)>,
}

impl Days {
    fn push(&mut self, line: &mut String, when: Timestamp) {
        let day = when.as_second().div_euclid(86_400);
        match &self.last {
            Some((last, written)) if *last == day => line.push_str(written),
            _ => {
                let written = when.strftime("%Y-%m-%d").to_string();
                line.push_str(&written);
                self.last = Some((day, written));
            }
        }
    }
}

impl LsArgs {
    fn wants(&self, vault: &UnlockedVault, item: &ItemSummary) -> bool {
        // EXPOSE: compared with what was typed.
        let has = |tag: &String| item.tags.iter().any(|known| known.expose() == tag);
        let in_collection = |name: &String| {
            vault.collections().iter().any(|known| known.id == item.collection && is_collection(known, name))
        };
        item.is_trashed() == self.trash
            && (!self.favourite || item.favourite)
            && self.tags.iter().all(has)
            && self.kind.as_ref().is_none_or(|kind| item.kind == Kind::from_name(kind))
            && self.collection.as_ref().is_none_or(in_collection)
    }
}

fn is_collection(known: &sealkeep::vault::CollectionView, name: &str) -> bool {
    // EXPOSE: compared with what was typed.
    known.name.expose() == name || known.id.to_string() == name
}

fn collection_names(vault: &UnlockedVault) -> Vec<String> {
    // EXPOSE: shown to choose from.
    vault.collections().iter().map(|known| known.name.expose().to_owned()).collect()
}

fn write_row(row: &mut Row<'_>, item: &ItemSummary, left: Option<u64>, days: &mut Days) {
    row.cell(|line| {
        let start = line.len();
        // Writing to a text does not fail.
        let _ = write!(line, "{}", item.id);
        line.truncate(start + SHORT_ID);
    });
    row.cell(|line| push_shown(line, item.kind.name()));
    row.cell(|line| {
        // EXPOSE: this is what a list shows.
        push_shown(line, item.title.expose());
        if item.favourite {
            line.push_str(" ★");
        }
    });
    row.cell(|line| {
        for (number, tag) in item.tags.iter().enumerate() {
            if number > 0 {
                line.push_str(", ");
            }
            // EXPOSE: as above.
            push_shown(line, tag.expose());
        }
    });
    row.cell(|line| {
        if item.kind == Kind::Document {
            line.push_str(&text::size(item.size));
        }
    });
    row.cell(|line| days.push(line, item.trashed.unwrap_or(item.modified)));
    match left {
        Some(0) => row.cell(|line| line.push_str("past its time")),
        Some(left) => row.cell(|line| line.push_str(&format!("{} left", text::count(left, "day")))),
        None => {}
    }
    if let ItemState::Damaged(reason) = &item.state {
        row.cell(|line| push_shown(line, &format!("DAMAGED: {reason}")));
    }
}
