//! A bare loop over a vault's summaries: what `ls` can't do without, and nothing besides. Written from `docs/format.md`, with
//! SQLite and aes-gcm alone; only the index key comes from the product's own unwrapping.

use std::path::Path;
use std::time::{Duration, Instant};

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use rusqlite::{Connection, OpenFlags};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::providers::{KeyProvider, PassphraseProvider, PassphraseRecord};
use sealkeep::secret::SecretString;
use sha2::Sha512;

/// A vault whose index key is known.
pub struct Bare {
    database: Connection,
    key: [u8; 32],
    /// The associated data of a summary, up to the item.
    front: Vec<u8>,
}

/// A summary's row.
struct Row {
    item: [u8; 16],
    number: u32,
    sealed: Vec<u8>,
}

impl Bare {
    /// Takes the passphrase slot of the vault in `folder`.
    pub fn open(folder: &Path, passphrase: &str) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(folder.join("vault.db"), flags).unwrap();
        let vault: [u8; 16] = one(&database, "SELECT vault_id FROM vault");
        let slot: [u8; 16] = one(&database, "SELECT slot_id FROM slot");
        let config: Vec<u8> = one(&database, "SELECT config FROM slot");
        let collection: [u8; 16] = one(&database, "SELECT collection_id FROM collection");
        let epoch: u32 = one(&database, "SELECT epoch FROM collection");
        let edk: Vec<u8> = one(&database, "SELECT edk FROM index_wrap");

        let record = PassphraseRecord::from_bytes(&config[1..]).unwrap();
        let slot_key = record.unlock(&SecretString::copy_of(passphrase), &[vault, slot].concat()).unwrap();
        let context = EncryptionContext::new([
            ("sealkeep:vault", uuid::Uuid::from_bytes(vault).to_string()),
            ("sealkeep:collection", uuid::Uuid::from_bytes(collection).to_string()),
            ("sealkeep:purpose", "index".to_owned()),
        ]);
        let (edk, context) = (EncryptedDataKey::from_bytes(&edk).unwrap(), context.unwrap());
        let provider = PassphraseProvider::for_slot(slot_key, slot);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let index_key = runtime.block_on(provider.unwrap(&edk, &context)).unwrap();

        let mut front = Vec::new();
        for part in [b"sealkeep record", &[0, 1][..], &[1], &vault, &collection, &epoch.to_be_bytes()] {
            front.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
            front.extend(part);
        }
        // EXPOSE: the loop derives from it, of a vault that holds nothing.
        Self { database, key: *index_key.secret().expose(), front }
    }

    /// Reads every summary on this thread and opens it on `threads`, and then every other row of an item; how long that took.
    pub fn run_over_all(&self, threads: usize, expected: usize) -> Duration {
        let begun = Instant::now();
        self.run(threads, expected);
        for table in ["revision", "revision_wrap", "item ORDER BY item_id"] {
            let mut query = self.database.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = query.column_count();
            let mut rows = query.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    std::hint::black_box(row.get_ref(column).unwrap());
                }
            }
        }
        begun.elapsed()
    }

    /// Reads every summary on this thread and opens it on `threads`; how long that took. The opened bytes are dropped.
    pub fn run(&self, threads: usize, expected: usize) -> Duration {
        let begun = Instant::now();
        let opened = if threads == 1 {
            let mut opened = 0;
            self.each_row(|row| opened += usize::from(self.open_row(&row) > 0));
            opened
        } else {
            self.in_parallel(threads)
        };
        let took = begun.elapsed();
        assert_eq!(opened, expected);
        took
    }

    fn in_parallel(&self, threads: usize) -> usize {
        let (key, front) = (&self.key, &self.front);
        std::thread::scope(|scope| {
            let (mut senders, mut opening) = (Vec::new(), Vec::new());
            for _ in 0..threads {
                let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<Row>>(4);
                senders.push(sender);
                let open_all = move || {
                    let opens = |row: &Row| open_row(key, front, row) > 0;
                    receiver.iter().map(|rows| rows.iter().filter(|row| opens(row)).count()).sum::<usize>()
                };
                opening.push(scope.spawn(open_all));
            }
            let (mut batch, mut next) = (Vec::with_capacity(256), 0);
            self.each_row(|row| {
                batch.push(row);
                if batch.len() == 256 {
                    senders[next % threads].send(std::mem::replace(&mut batch, Vec::with_capacity(256))).unwrap();
                    next += 1;
                }
            });
            senders[next % threads].send(batch).unwrap();
            drop(senders);
            opening.into_iter().map(|thread| thread.join().unwrap()).sum()
        })
    }

    fn each_row(&self, mut take: impl FnMut(Row)) {
        let mut query = self.database.prepare("SELECT item_id, number, sealed FROM summary").unwrap();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            take(Row { item: row.get(0).unwrap(), number: row.get(1).unwrap(), sealed: row.get(2).unwrap() });
        }
    }

    fn open_row(&self, row: &Row) -> usize {
        open_row(&self.key, &self.front, row)
    }
}

/// Opens a sealed record (`docs/format.md`, section 5), and says how long it is.
fn open_row(key: &[u8; 32], front: &[u8], row: &Row) -> usize {
    let (salt, rest) = row.sealed[2..].split_at(32);
    let (text, tag) = rest.split_last_chunk::<16>().unwrap();
    let mut derived = [0; 44];
    Hkdf::<Sha512>::new(Some(salt), key).expand(b"sealkeep v1 record \x01", &mut derived).unwrap();
    let (key, iv) = derived.split_first_chunk::<32>().unwrap();
    let iv: &[u8; 12] = iv.try_into().unwrap();
    let mut aad = front.to_vec();
    for part in [&row.item[..], &row.number.to_be_bytes()] {
        aad.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        aad.extend(part);
    }
    let mut text = text.to_vec();
    let cipher = Aes256Gcm::new(key.into());
    cipher.decrypt_inout_detached(iv.into(), &aad, text.as_mut_slice().into(), tag.into()).unwrap();
    std::hint::black_box(&text).len()
}

fn one<T: rusqlite::types::FromSql>(database: &Connection, query: &str) -> T {
    database.query_row(query, [], |row| row.get(0)).unwrap()
}
