//! The schema: numbered SQL files, never changed once released, and the check that a vault has exactly that schema.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use super::access::Access;

/// `SKEP`.
const APPLICATION_ID: i64 = 0x534B_4550;

/// Each brings the database from one `user_version` to the next.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// The latest format that is known: the number of migrations.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Lays out an empty database.
pub(super) fn create(database: &mut Connection) -> Result<(), StoreError> {
    // Before anything is written: so that pages that nothing uses can go back to the disk.
    database.pragma_update(None, "auto_vacuum", "incremental")?;
    database.pragma_update(None, "application_id", APPLICATION_ID)?;
    let mode: String = database.query_row("PRAGMA journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Damaged("this file system does not support it".to_owned()));
    }
    migrate(database)
}

/// Sees to it that the database in `folder` is a vault's, migrated, with this schema and nothing more.
pub(super) fn check(database: &mut Connection, folder: &Path, access: Access) -> Result<(), StoreError> {
    let number = |database: &Connection, sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application_id = match number(database, "PRAGMA application_id").map_err(StoreError::from) {
        Err(StoreError::Damaged(_) | StoreError::NotAVault { .. }) => {
            return Err(StoreError::NotAVault { path: folder.to_owned() });
        }
        other => other?,
    };
    if application_id != APPLICATION_ID {
        return Err(StoreError::NotAVault { path: folder.to_owned() });
    }
    let mode: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    // Of a file that is read alone SQLite does not say it; no journal is played back into such a one.
    if mode != "wal" && !access.is_alone() {
        return Err(StoreError::Damaged("it keeps another kind of journal than Sealkeep's".to_owned()));
    }
    let found = number(database, "PRAGMA user_version")?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    if found < 1 {
        return Err(StoreError::Damaged("it was never finished".to_owned()));
    }
    if found < SCHEMA_VERSION {
        migrate(database)?;
    }
    let mut expected = Connection::open_in_memory()?;
    migrate(&mut expected)?;
    if schema_of(database)? != schema_of(&expected)? {
        return Err(StoreError::Damaged("its tables are not a vault's".to_owned()));
    }
    Ok(())
}

/// Applies what is missing, each step in a transaction of its own.
fn migrate(database: &mut Connection) -> Result<(), StoreError> {
    loop {
        let step = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Read inside the transaction: another process may just have migrated.
        let version: i64 = step.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let Some(sql) = usize::try_from(version).ok().and_then(|at| MIGRATIONS.get(at)) else {
            return Ok(());
        };
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", version + 1)?;
        step.commit()?;
    }
}

/// Everything that the schema has. A trigger or a view that somebody slipped in would show here.
fn schema_of(database: &Connection) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
    let sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
    let mut query = database.prepare(sql)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
