//! A vault's folder: the SQLite rows and the files in `bodies/`.
//!
//! Owns: `vault.db`, its schema and migrations, and the body files' protocol. Sees ciphertext, identifiers and digests
//! only: no keys, no plaintext, no network; it says what is stored, not whether that is authentic.
//! Invariant: every change becomes visible in one transaction, and a body file is durable, under its final name, before
//! the row that needs it is committed.

mod access;
mod bodies;
mod change;
mod error;
mod frozen;
mod interrupt;
mod limits;
mod lists;
mod new_folder;
mod place;
mod rows;
mod scan;
mod schema;
mod temporary;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use access::Access;
use frozen::{FileStamp, Frozen};
use interrupt::{Changing, Watching};
use place::Place;

pub use bodies::{Bodies, BodyStat, Listing};
pub use change::{Change, Doomed};
pub use error::StoreError;
pub use interrupt::EndReads;
pub use new_folder::NewFolder;
pub use rows::{
    CollectionRow, Counts, ItemRows, MOST_SLOTS, NewRevision, RevisionRow, Rows, SmallFrames, SummaryRow, WrapRow,
};
pub use scan::{Lent, LentRevision, LentWrap};
pub use schema::SCHEMA_VERSION;
pub use temporary::{Flush, TemporaryBody};

const DATABASE: &str = "vault.db";
const BODIES: &str = "bodies";

/// How long a writer waits for another one before it says that the vault is in use.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many pages go back to the disk in one transaction: 4 MiB of them.
const PAGES_AT_ONCE: u32 = 1024;

/// No row, and no column, is longer: a body of fields has at most 64 of 1 MiB.
const LONGEST_ROW: i32 = 80 * 1024 * 1024;

/// Every statement that is used often is kept prepared.
const STATEMENTS: usize = 64;

/// Says that nobody wants what is being done any more.
pub type IsOver<'a> = &'a (dyn Fn() -> bool + Sync);

/// An open vault folder. One connection, used by one thread at a time.
pub struct Store {
    /// Who ends reads. Before the database, which nobody may interrupt while it is being closed.
    watching: Option<Watching>,
    changing: Changing,
    database: Connection,
    bodies: Arc<Bodies>,
    folder: PathBuf,
    place: Place,
    access: Access,
    patience: Duration,
    /// Where the database is a copy. After the database, which is closed first.
    _frozen: Option<Frozen>,
}

/// A view of all rows at one moment; other writers' commits don't show in it.
pub struct Snapshot<'a>(Transaction<'a>);

impl Snapshot<'_> {
    /// The rows.
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(&self.0)
    }
}

impl Store {
    /// Lays out an empty vault in `folder`, which must be there and empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        let folder = canonical(folder)?;
        let bodies = folder.join(BODIES);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&bodies)
            .map_err(|error| StoreError::of_file("make", &bodies, error))?;
        let (path, flags) = Access::Write.open(&folder);
        let flags = flags | FLAGS | OpenFlags::SQLITE_OPEN_CREATE;
        let mut database = set_up(Connection::open_with_flags(path, flags)?)?;
        schema::create(&mut database)?;
        let place = Place::of(&folder)?;
        Self::with(database, folder, place, Access::Write)
    }

    /// Opens the vault in `folder`: to be read only, where it can't be written or the disk is full.
    ///
    /// # Errors
    /// [`StoreError::NotAVault`], [`StoreError::Newer`], [`StoreError::LogLeft`], and others.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_unless(folder, &|| false)
    }

    /// The same, until `is_over` says that nobody wants it any more. It is asked on another thread, often.
    ///
    /// # Errors
    /// Those of [`Store::open`]; [`StoreError::Interrupted`].
    pub fn open_unless(folder: &Path, is_over: IsOver<'_>) -> Result<Self, StoreError> {
        let place = find(folder)?;
        let before = Place::of(&place)?;
        let mut access = Access::of(&place);
        let mut opened = open_database(folder, &place, &before, access, is_over);
        if let (Err(StoreError::NoSpace { .. }), Some(full)) = (&opened, access.of_full_disk(&place)) {
            access = full;
            opened = open_database(folder, &place, &before, access, is_over);
        }
        let database = opened?;
        Self::with(database, place, before, access)
    }

    /// Opens the vault in `folder` to be read, and sees to it that no byte in there changes by that; until `is_over` says that nobody
    /// wants it any more.
    ///
    /// # Errors
    /// Those of [`Store::open_unless`]; [`StoreError::InUse`] where somebody is saving.
    pub fn open_unchanged(folder: &Path, is_over: IsOver<'_>) -> Result<Self, StoreError> {
        let place = find(folder)?;
        let before = Place::of(&place)?;
        let stamp = FileStamp::of(&place);
        frozen::sweep(&std::env::temp_dir());
        let access = Access::Frozen(stamp);
        if !stamp.has_log() {
            let database = open_database(folder, &place, &before, access, is_over)?;
            return Self::with(database, place, before, access);
        }
        let frozen = Frozen::copy_of(&place, stamp, is_over)?;
        let copy = Place::of(frozen.folder())?;
        let database = open_database(folder, frozen.folder(), &copy, access, is_over)?;
        let mut store = Self::with(database, place, copy, access)?;
        store._frozen = Some(frozen);
        Ok(store)
    }

    fn with(database: Connection, folder: PathBuf, place: Place, access: Access) -> Result<Self, StoreError> {
        let bodies = Arc::new(Bodies::open_folder(&folder.join(BODIES))?);
        let (watching, changing) = (None, Changing::default());
        Ok(Self { watching, changing, database, bodies, folder, place, access, patience: PATIENCE, _frozen: None })
    }

    /// Waits for other writers this long, from now on, before it says that the vault is in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn be_patient(&mut self, patience: Duration) -> Result<(), StoreError> {
        self.database.busy_timeout(patience)?;
        self.patience = patience;
        Ok(())
    }

    /// Sees to it that the vault could be written when it was opened.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`]; [`StoreError::NoSpace`] where the disk was full.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        match self.access {
            Access::Write => Ok(()),
            Access::Full(_) => Err(StoreError::NoSpace { path: self.folder.clone() }),
            Access::ReadWithLog | Access::ReadAlone(_) | Access::Frozen(_) => {
                Err(StoreError::ReadOnly { path: self.folder.clone() })
            }
        }
    }

    /// The folder, with every link on the way to it resolved.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The body files.
    pub fn bodies(&self) -> &Arc<Bodies> {
        &self.bodies
    }

    /// All rows as they are now.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Interrupted`] where reads are to end; [`StoreError::Replaced`] where these are not the rows at the vault's place any more; [`StoreError::InUse`]
    /// where somebody saved since [`Store::open_unchanged`].
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        if self.is_ending() {
            return Err(StoreError::Interrupted);
        }
        // Not `&mut`: snapshots of one connection don't nest, and nothing here opens a second one.
        self.place.check(&self.database)?;
        if !self.access.still_holds(&self.folder) {
            return Err(match self.access {
                Access::Frozen(_) => StoreError::InUse,
                _ => StoreError::Replaced { path: self.folder.join(DATABASE) },
            });
        }
        let transaction = Transaction::new_unchecked(&self.database, TransactionBehavior::Deferred)?;
        Ok(Snapshot(transaction))
    }

    /// Begins a change, alone: another writer is waited for.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`]; [`StoreError::InUse`] after five seconds, or as long as [`Store::be_patient`] was told; [`StoreError::Replaced`].
    pub fn change(&mut self) -> Result<Change<'_>, StoreError> {
        self.check_writable()?;
        let changing = self.begin_changing();
        let transaction = Transaction::new_unchecked(&self.database, TransactionBehavior::Immediate)?;
        self.place.check(&self.database)?;
        Ok(Change::new(transaction, &self.bodies, &self.place, changing))
    }

    /// Removes body files that no row names and that were never committed, or are released; how many they were. A file that was
    /// committed and that no row names stays: it may belong to a newer copy of the rows. One that a row names and that is not marked
    /// as committed, because a crash or a failed flush came between, is marked. Nothing is changed where nothing can be written, and
    /// where another program is reading.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep_bodies(&mut self) -> Result<usize, StoreError> {
        let bodies = Arc::clone(&self.bodies);
        if self.check_writable().is_err() || bodies.uncommitted(&|| self.is_ending())?.is_empty() {
            return Ok(0);
        }
        // A flush of the log may have failed before: the rows that are seen now need not be those after a power cut. They are once the
        // database file has them, and another commit stands in the log, in the place of one that may come back.
        if !self.truncate_log(Duration::ZERO)? {
            return Ok(0);
        }
        let change = self.change()?;
        // No writer is between rename and commit now.
        let found = bodies.uncommitted(&|| change.is_ending())?;
        change.touch()?;
        change.commit()?;
        let change = self.change()?;
        let mut removed = 0;
        for id in found {
            if change.rows().has_revision(id)? {
                bodies.mark(id, true);
            } else {
                bodies.remove(id)?;
                removed += 1;
            }
        }
        if removed > 0 {
            bodies.sync()?;
        }
        Ok(removed)
    }

    /// Gives the database's pages that nothing uses back to the disk: the file becomes shorter with the next
    /// [`Store::truncate_log`]. In steps, between which others may write.
    ///
    /// # Errors
    /// [`StoreError`]; what was given back until then is.
    pub fn free_pages(&mut self) -> Result<(), StoreError> {
        let _changing = self.begin_changing();
        self.place.check(&self.database)?;
        let unused = |database: &Connection| {
            database.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0)).map_err(StoreError::from)
        };
        let mut left = unused(&self.database)?;
        while left > 0 {
            let mut step = self.database.prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
            let mut pages = step.query([])?;
            while pages.next()?.is_some() {}
            let now = unused(&self.database)?;
            if now >= left {
                break;
            }
            left = now;
        }
        Ok(())
    }

    /// Puts everything that was committed into the database file and empties the write-ahead log: nothing of what was
    /// deleted is left in it, and a copy of the file alone is whole. `false` where another process is using it, and for as long
    /// as `patience`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn truncate_log(&mut self, patience: Duration) -> Result<bool, StoreError> {
        let _changing = self.begin_changing();
        self.place.check(&self.database)?;
        self.database.busy_timeout(patience)?;
        let busy = self.database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.database.busy_timeout(self.patience)?;
        Ok(busy? == 0)
    }

    /// Lets SQLite check the database's structure, and where that is in order its references; what it found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check_structure(&self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let mut check = self.database.prepare("PRAGMA integrity_check(100)")?;
        for line in check.query_map([], |row| row.get::<_, String>(0))? {
            found.push(line?);
        }
        found.retain(|line| line != "ok");
        if !found.is_empty() {
            // Rows whose tree is damaged may have no end.
            return Ok(found);
        }
        let mut check = self.database.prepare("PRAGMA foreign_key_check")?;
        for line in check.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))? {
            let (table, parent) = line?;
            found.push(format!("a row of {table} without its {parent}"));
        }
        Ok(found)
    }
}

impl Drop for Store {
    /// A statement that was ended leaves a mark until the next one begins, and with it nothing would be put from the log into the
    /// database when that is closed.
    fn drop(&mut self) {
        self.watching = None;
        let _ = self.database.execute_batch("SELECT 1");
    }
}

/// Where the vault in `folder` is, with every link on the way resolved.
fn find(folder: &Path) -> Result<PathBuf, StoreError> {
    let not_a_vault = || StoreError::NotAVault { path: folder.to_owned() };
    let place = match fs::canonicalize(folder) {
        Ok(place) => place,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_a_vault()),
        Err(error) => return Err(StoreError::of_file("open", folder, error)),
    };
    let file = place.join(DATABASE);
    match fs::symlink_metadata(&file) {
        Ok(found) if found.is_file() => Ok(place),
        Ok(_) => Err(not_a_vault()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Err(not_a_vault())
        }
        Err(error) => Err(StoreError::of_file("open", &file, error)),
    }
}

fn canonical(folder: &Path) -> Result<PathBuf, StoreError> {
    fs::canonicalize(folder).map_err(|error| StoreError::of_file("open", folder, error))
}

/// Opens the database in `place`, which a person calls `folder`, and sees to it that it is a vault's.
fn open_database(
    folder: &Path,
    place: &Path,
    before: &Place,
    access: Access,
    is_over: IsOver<'_>,
) -> Result<Connection, StoreError> {
    let (path, flags) = access.open(place);
    let explain = |error| match error {
        StoreError::NotAVault { .. } => StoreError::NotAVault { path: folder.to_owned() },
        error => access.explain(folder, error),
    };
    let database = Connection::open_with_flags(path, flags | FLAGS).map_err(|error| explain(error.into()))?;
    let handle = database.get_interrupt_handle();
    // Its tables' own table may have no end, too, and the first look at anything reads it.
    let checked = interrupt::interruptibly(&handle, is_over, || {
        let mut database = set_up(database).map_err(explain)?;
        before.check(&database)?;
        schema::check(&mut database, folder, access).map_err(|error| access.explain(folder, error))?;
        Ok(database)
    });
    if is_over() { Err(StoreError::Interrupted) } else { checked }
}

/// Every connection is one thread's at a time, and its path has no links.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// Sets what every connection must have.
fn set_up(database: Connection) -> Result<Connection, StoreError> {
    database.busy_timeout(PATIENCE)?;
    database.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_ROW)?;
    database.set_prepared_statement_cache_capacity(STATEMENTS);
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    database.pragma_update(None, "cell_size_check", true)?;
    // Writing rows that were deleted over with zeros, and no temporary file outside the vault.
    database.pragma_update(None, "secure_delete", true)?;
    database.pragma_update(None, "temp_store", "memory")?;
    database.pragma_update(None, "synchronous", "full")?;
    Ok(database)
}
