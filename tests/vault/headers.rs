//! No header is ever made twice under one data key: two different ones would give the authentication key away. Everything that is
//! written is looked at, in the vault and outside, while items are exported and their keys wrapped anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use sealkeep::crypto::{DataKey, MessageReader, NoWatch, random, sha256};
use sealkeep::format::v1::{ItemId as Item, RevisionId};
use sealkeep::format::{EncryptedDataKey, EncryptionContext};
use sealkeep::platform::Replace;
use sealkeep::providers::{KdfParams, KeyProvider, PassphraseProvider, PassphraseRecord};
use sealkeep::session::files::{Exported, Exporting, Recipients, Target};
use sealkeep::vault::{ItemId, NewSlot, SlotConfig, SlotId, UnlockedVault};

use crate::support::vaults::{
    Bench, add_document, add_note, block_on, bytes, read_document, read_field, revise_note, secret,
};

const LARGE: usize = 300_000;

/// What was written under one data key.
#[derive(Debug, Default)]
struct Under {
    message_ids: BTreeSet<[u8; 32]>,
    commitments: BTreeSet<[u8; 32]>,
    /// Digests of whole headers, tag included.
    headers: BTreeSet<[u8; 32]>,
    /// How many files that were exported.
    exports: usize,
}

/// By the digest of the data key.
#[derive(Debug, Default)]
struct Seen(BTreeMap<[u8; 32], Under>);

impl Seen {
    fn under(&mut self, key: &DataKey) -> &mut Under {
        self.0.entry(sha256(key.secret().expose())).or_default()
    }

    /// Every row of the vault; how many have a header.
    fn look_at(&mut self, bench: &Bench, vault: &UnlockedVault) -> usize {
        let database = bench.database();
        let sql = "SELECT revision_id, item_id, message_id, commitment, header, edk FROM revision JOIN revision_wrap \
            USING (revision_id)";
        let mut query = database.prepare(sql).unwrap();
        let mut rows = query.query([]).unwrap();
        let mut headers = BTreeSet::new();
        while let Some(row) = rows.next().unwrap() {
            let (revision, item) = (RevisionId(row.get(0).unwrap()), Item(row.get(1).unwrap()));
            let context = EncryptionContext::new([
                ("sealkeep:vault", vault.id().to_string()),
                ("sealkeep:collection", vault.collections()[0].id.to_string()),
                ("sealkeep:item", item.to_string()),
                ("sealkeep:revision", revision.to_string()),
                ("sealkeep:purpose", "body".to_owned()),
            ]);
            let edk = EncryptedDataKey::from_bytes(&row.get::<_, Vec<u8>>(5).unwrap()).unwrap();
            // The other slot's wraps are of the same keys.
            if !bench.asked.recognises(&edk) {
                continue;
            }
            let key = block_on(bench.asked.unwrap(&edk, &context.unwrap())).unwrap();
            let under = self.under(&key);
            under.message_ids.insert(row.get(2).unwrap());
            under.commitments.insert(row.get(3).unwrap());
            if let Some(header) = row.get::<_, Option<Vec<u8>>>(4).unwrap() {
                under.headers.insert(sha256(&header));
                headers.insert(revision.0);
            }
        }
        headers.len()
    }

    /// Exports a document and looks at the file.
    fn export(&mut self, bench: &Bench, vault: &mut UnlockedVault, document: ItemId) {
        let body = block_on(vault.body_reader(document, None)).unwrap();
        let path = bench.place.path().join("export.sealed");
        let target = Target::file(&path, Replace::Yes).unwrap();
        let recipients = Recipients::of_provider(Arc::clone(&bench.asked) as _);
        let exporting = Exporting::begin(Exported::Document(body), target, "a document", &recipients);
        block_on(exporting).unwrap().run(&NoWatch).unwrap();
        let file = fs::read(&path).unwrap();
        let message = MessageReader::read(&file[..]).unwrap();
        let header = message.header();
        let key = block_on(bench.asked.unwrap(&header.keys()[0], header.context())).unwrap();
        let under = self.under(&key);
        under.message_ids.insert(header.message_id().0);
        under.commitments.insert(header.commitment().0);
        under.headers.insert(sha256(&[header.body_bytes(), header.tag()].concat()));
        under.exports += 1;
        let opened = message.verify(&key).unwrap().open_bytes(2 * LARGE).unwrap();
        assert!(opened.expose() == read_document(vault, document).unwrap());
    }

    /// One data key, one message, one header; and none of a file's is one of the vault's, or another file's.
    fn hold(&self, exports: usize) {
        for under in self.0.values() {
            assert_eq!((under.message_ids.len(), under.commitments.len()), (1, 1), "{under:?}");
            assert!(under.headers.len() <= 1, "{under:?}");
            assert!(under.exports <= 1, "{under:?}");
        }
        assert_eq!(self.0.values().filter(|under| under.exports == 1).count(), exports);
        let all = |of: fn(&Under) -> &BTreeSet<[u8; 32]>| self.0.values().flat_map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(all(|under| &under.message_ids), self.0.len());
        assert_eq!(all(|under| &under.commitments), self.0.len());
    }
}

/// Wraps every key for one more slot: headers name the wraps that there were.
fn add_slot(vault: &mut UnlockedVault) -> SlotId {
    let slot = SlotId::from_random(random::make_bytes().unwrap());
    let binding = [vault.id().0, slot.0].concat();
    let (record, key) = PassphraseRecord::make(&secret("second"), KdfParams::FLOOR, &binding).unwrap();
    let config = SlotConfig::Passphrase { record: record.to_bytes() };
    let new = NewSlot { id: slot, config, provider: Arc::new(PassphraseProvider::for_slot(key, slot.0)) };
    let added = block_on(vault.wrap_for_slot(new)).unwrap();
    vault.add_slot(added).unwrap();
    let owed = vault.owed(None).unwrap().keys;
    let made = owed.into_iter().map(|owed| block_on(vault.wrap_owed(owed)).unwrap()).collect();
    vault.put_wraps(made).unwrap();
    assert_eq!(vault.settle_slots().unwrap(), [slot]);
    slot
}

#[test]
fn each_data_key_has_one_header_whatever_is_exported_and_wrapped_again() {
    let (bench, mut vault) = Bench::new();
    let small = add_document(&mut vault, "Small", b"a few bytes");
    let large = add_document(&mut vault, "Large", &bytes(LARGE));
    let note = add_note(&mut vault, "Note", "first");
    revise_note(&mut vault, note, "second").unwrap();
    let mut seen = Seen::default();
    assert_eq!(seen.look_at(&bench, &vault), 4);
    let mut exports = 0;
    let mut export_both = |seen: &mut Seen, vault: &mut UnlockedVault| {
        [small, large].into_iter().for_each(|document| seen.export(&bench, vault, document));
        exports += 2;
        seen.hold(exports);
    };
    export_both(&mut seen, &mut vault);
    export_both(&mut seen, &mut vault);
    assert_eq!(seen.0.len(), 4 + 4);

    let slot = add_slot(&mut vault);
    assert_eq!(
        seen.look_at(&bench, &vault),
        0,
        "a header that names other wraps is gone, and none is made in its place"
    );
    export_both(&mut seen, &mut vault);
    revise_note(&mut vault, note, "third").unwrap();
    assert_eq!(seen.look_at(&bench, &vault), 1, "what is sealed now has the header that was made with it");
    vault.remove_slot(slot).unwrap();
    assert_eq!(seen.look_at(&bench, &vault), 0);
    export_both(&mut seen, &mut vault);
    drop(vault);
    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.problems(), []);
    assert_eq!(read_field(&mut vault, note, "text").unwrap(), "third");
    assert_eq!(seen.look_at(&bench, &vault), 0);
    export_both(&mut seen, &mut vault);
    assert_eq!(seen.0.len(), 5 + 10, "five revisions, ten files");
}
