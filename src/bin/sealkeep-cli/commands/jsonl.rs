//! `add --jsonl`: many items, one a line, in transactions of 1,000.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use sealkeep::secret::SecretString;
use sealkeep::session::{BodiesAhead, Session};
use sealkeep::vault::{Change, Fields, ItemId, Kind, VaultError};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::items::{kind_to_add, save};
use crate::context::Context;
use crate::error::CliError;
use crate::fields::{sort, spec_of};
use crate::input::{label, names_stdin, open_secret};

/// How many items become visible together.
const TRANSACTION: usize = 1000;

/// More than the longest item takes, escaped, in bytes.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// A line. Unknown keys are refused: a misspelt one would lose what stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    title: Secret,
    #[serde(default)]
    tags: Vec<Secret>,
    #[serde(default)]
    fields: Assignments,
}

struct Secret(SecretString);

#[derive(Default)]
struct Assignments(Vec<(String, SecretString)>);

/// An item that was read, and can be saved.
struct Item {
    kind: Kind,
    title: SecretString,
    tags: Vec<SecretString>,
    fields: Fields,
}

pub fn add(context: &Context, path: &Path) -> Result<(), CliError> {
    if names_stdin(path) {
        context.claim_stdin("--jsonl -")?;
    }
    let source = open_secret(path)?;
    let mut session = context.unlock()?;
    let mut added = Vec::new();
    let result = add_all(context, &mut session, BufReader::new(source), &label(path), &mut added);
    // What is in the vault is told, whatever came after.
    context.out.json(|| Value::Array(std::mem::take(&mut added)))?;
    result
}

fn add_all(
    context: &Context,
    session: &mut Session,
    mut lines: impl BufRead,
    label: &str,
    added: &mut Vec<Value>,
) -> Result<(), CliError> {
    let (mut number, mut saved, mut ended) = (0_u64, 0_usize, false);
    while !ended {
        let mut items = Vec::with_capacity(TRANSACTION);
        while items.len() < TRANSACTION {
            number += 1;
            let Some(line) = next_line(&mut lines, label, number, saved)? else {
                ended = true;
                break;
            };
            if !line.trim_ascii().is_empty() {
                items.push(parse(&line).map_err(|why| refused(label, number, saved, &why))?);
            }
        }
        if items.is_empty() {
            break;
        }
        let titles: Vec<SecretString> = items.iter().map(|item| item.title.duplicate()).collect();
        let ids = save_items(context, session, items)?;
        saved += ids.len();
        for (id, title) in ids.iter().zip(titles) {
            if context.out.json {
                // EXPOSE: told to whoever sent it.
                added.push(json!({ "id": id.to_string(), "title": title.expose() }));
            } else {
                context.out.line(&id.to_string())?;
            }
        }
    }
    context.out.message(&format!("{saved} added."));
    Ok(())
}

fn save_items(context: &Context, session: &mut Session, items: Vec<Item>) -> Result<Vec<ItemId>, CliError> {
    let vault = &session.vault;
    let sealing = async {
        let mut sealed = Vec::with_capacity(items.len());
        // None of them is large; each seals at once what it is for.
        let mut keys = BodiesAhead::of(vec![0; items.len()]);
        for (at, item) in items.iter().enumerate() {
            let body = keys.take(vault, at).await?;
            sealed.push(body.seal_fields(&item.fields)?);
        }
        Ok::<_, VaultError>(sealed)
    };
    let sealed = context.block_on(sealing)?;
    let mut changes = Vec::with_capacity(items.len());
    for (Item { kind, title, tags, fields }, body) in items.into_iter().zip(sealed) {
        changes.push(Change::Add {
            subtitle: fields.subtitle(&kind),
            kind,
            title,
            tags,
            media_type: String::new(),
            body,
        });
    }
    save(context, session, changes)
}

/// The next line, or `None` at the end.
fn next_line(lines: &mut impl BufRead, label: &str, number: u64, saved: usize) -> Result<Option<Vec<u8>>, CliError> {
    let mut line = Vec::new();
    let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
    match read {
        Ok(0) => Ok(None),
        Ok(count) if count as u64 == LONGEST_LINE => Err(refused(label, number, saved, "it is too long")),
        Ok(_) => Ok(Some(line)),
        Err(error) => Err(CliError::input(format!("Reading {label} failed: {error}."), rest_of(saved))),
    }
}

/// The item of a line; else why it is none, without anything that stands in it.
fn parse(line: &[u8]) -> Result<Item, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| {
        let column = error.column();
        match error.classify() {
            serde_json::error::Category::Data => {
                format!("an item has a kind and a title, and may have tags and fields; something else stands at column {column}")
            }
            _ => format!("it is not JSON (column {column})"),
        }
    })?;
    let usage = |error: CliError| match error {
        CliError::Usage(what, hint) => format!("{what} {}", hint.trim_end_matches('.')),
        _ => "it can't be used".to_owned(),
    };
    let kind = kind_to_add(&line.kind).map_err(usage)?;
    // EXPOSE: to see that there is one.
    if line.title.0.expose().trim().is_empty() {
        return Err("its title is empty".to_owned());
    }
    let mut fields = Fields::default();
    for (name, value) in line.fields.0 {
        spec_of(&kind, &name).map_err(usage)?;
        fields.set(&kind, &name, value);
    }
    sort(&kind, &mut fields);
    Ok(Item { kind, title: line.title.0, tags: line.tags.into_iter().map(|tag| tag.0).collect(), fields })
}

fn refused(label: &str, number: u64, saved: usize, why: &str) -> CliError {
    CliError::input(format!("Line {number} of {label} is not an item: {why}."), rest_of(saved))
}

fn rest_of(saved: usize) -> String {
    match saved {
        0 => "Nothing was added. Correct it, then try again.".to_owned(),
        saved => {
            format!("The first {saved} items are in the vault, nothing after them. Correct it, then send the rest.")
        }
    }
}

struct SecretVisitor;

impl Visitor<'_> for SecretVisitor {
    type Value = SecretString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<SecretString, E> {
        Ok(SecretString::copy_of(text))
    }

    fn visit_string<E>(self, text: String) -> Result<SecretString, E> {
        Ok(SecretString::new(text))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(SecretVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Assignments {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Assignments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Assignments, M::Error> {
                let mut pairs = Vec::new();
                while let Some((name, Secret(value))) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Assignments(pairs))
            }
        }
        from.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_items_or_say_why_not_without_repeating_a_secret() {
        let item = parse(br#"{"kind":"login","title":"T","fields":{"password":"p\u00e4ss","username":"u"}}"#).unwrap();
        assert_eq!(item.fields.0.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["username", "password"]);
        assert!(item.fields.0[1].hidden && item.tags.is_empty());
        for (line, why) in [
            (r#"{"kind":"login","title":"T","fields":{"password":"hunter2","#, "not JSON"),
            (r#"{"kind":"login","title":"T","hunter2":1}"#, "a kind and a title"),
            (r#"{"kind":"login","title":{"a":"hunter2"}}"#, "a kind and a title"),
            (r#"{"title":"T"}"#, "a kind and a title"),
            (r#"{"kind":"login","title":" "}"#, "title is empty"),
            (r#"{"kind":"document","title":"T"}"#, "put FILE"),
            (r#"{"kind":"note","title":"T","fields":{"password":"hunter2"}}"#, "It has: text"),
            ("\"hunter2\"", "a kind and a title"),
        ] {
            let said = parse(line.as_bytes()).map(drop).unwrap_err();
            assert!(said.contains(why) && !said.contains("hunter2"), "{line}: {said}");
        }
    }
}
