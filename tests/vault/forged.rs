//! Somebody had a data key once, as a member who opened an item, and now hosts the folder: frames that they seal under that key
//! are authentic to whoever has it. What refuses them is the digest that the manifest has of the frames which were written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rusqlite::params;
use sealkeep::crypto::{AeadKey, CryptoError, DataKey, FrameOpener, NoWatch, hkdf_sha512, sha256};
use sealkeep::format::v1::RevisionId;
use sealkeep::format::{Commitment, EncryptedDataKey, EncryptionContext, FrameLength, FramePrefix, MessageId};
use sealkeep::providers::KeyProvider;
use sealkeep::secret::SecretKey;
use sealkeep::vault::{Depth, Finding, ItemId, UnlockedVault, VaultError};

use crate::support::vaults::{
    Bench, add_document, add_login, block_on, bytes, make_writable, read_document, read_field,
};

const LARGE: usize = 700_000;

/// What somebody has kept of an item that they opened.
struct Kept {
    key: DataKey,
    id: MessageId,
    commitment: Commitment,
    frame_length: FrameLength,
    revision: RevisionId,
}

fn keep(bench: &Bench, vault: &UnlockedVault, item: ItemId) -> Kept {
    let sql = "SELECT revision_id, message_id, commitment, frame_length, edk FROM revision JOIN revision_wrap \
        USING (revision_id) WHERE item_id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let row = bench.database().query_row(sql, [item.0], read).unwrap();
    let (revision, id, commitment, frame_length, edk): ([u8; 16], [u8; 32], [u8; 32], u32, Vec<u8>) = row;
    let context = EncryptionContext::new([
        ("sealkeep:vault", vault.id().to_string()),
        ("sealkeep:collection", vault.collections()[0].id.to_string()),
        ("sealkeep:item", item.to_string()),
        ("sealkeep:revision", RevisionId(revision).to_string()),
        ("sealkeep:purpose", "body".to_owned()),
    ]);
    let edk = EncryptedDataKey::from_bytes(&edk).unwrap();
    Kept {
        key: block_on(bench.asked.unwrap(&edk, &context.unwrap())).unwrap(),
        id: MessageId(id),
        commitment: Commitment(commitment),
        frame_length: FrameLength::new(frame_length).unwrap(),
        revision: RevisionId(revision),
    }
}

impl Kept {
    /// The same frames, of what `change` makes of each one's plaintext.
    fn forge(&self, frames: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut content_key = [0; 32];
        let info = [&[0x04, 0x78][..], b"DERIVEKEY"].concat();
        hkdf_sha512(self.key.secret().expose(), &self.id.0, &info, &mut content_key).unwrap();
        let key = AeadKey::new(&SecretKey::copy_of(&content_key).unwrap());
        let mut forged = frames.to_vec();
        let (mut at, mut sequence) = (0, 1);
        while at < forged.len() {
            let frame = FramePrefix::read(&forged[at..], sequence, self.frame_length).unwrap();
            let record = &mut forged[at..at + frame.record_length()];
            let (text, tag) = record[frame.place.prefix_length()..].split_at_mut(frame.length as usize);
            let (iv, aad) = (frame.place.iv(), frame.place.aad(&self.id, frame.length));
            key.open(&iv, &aad, text, &(&*tag).try_into().unwrap()).unwrap();
            change(text);
            tag.copy_from_slice(&key.seal(&iv, &aad, text).unwrap());
            at += frame.record_length();
            sequence += 1;
        }
        assert!(forged != frames && forged.len() == frames.len());
        forged
    }

    /// What the key, and nothing else, says of frames.
    fn open(&self, frames: &[u8]) -> Vec<u8> {
        let opener = FrameOpener::without_header(&self.key, self.id, &self.commitment, self.frame_length).unwrap();
        opener.open_bytes(frames, 2 * LARGE).unwrap().expose().to_vec()
    }
}

fn check(vault: &mut UnlockedVault) -> Vec<(Option<ItemId>, Finding)> {
    let report = block_on(vault.check(Depth::Full, Arc::new(NoWatch))).unwrap();
    report.problems.into_iter().map(|problem| (problem.item, problem.what)).collect()
}

#[test]
fn frames_that_somebody_else_sealed_under_the_right_key_are_no_documents() {
    let (bench, mut vault) = Bench::new();
    let login = add_login(&mut vault, "GitHub", "hunter2");
    let document = add_document(&mut vault, "Doc", &bytes(LARGE));
    let kept = keep(&bench, &vault, document);
    drop(vault);
    let file = bench.folder().join("bodies").join(kept.revision.to_string());
    let forged = kept.forge(&fs::read(&file).unwrap(), |text| text.fill(b'E'));
    assert!(kept.open(&forged) == vec![b'E'; LARGE], "they are authentic to whoever has only the key");
    make_writable(&file);
    fs::write(&file, forged).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();

    let mut vault = bench.unlock().unwrap();
    assert_eq!(vault.problems(), [], "no row was changed, and the file has its length");
    assert!(matches!(read_document(&mut vault, document), Err(VaultError::Crypto(CryptoError::NotAuthentic))));
    let in_memory = block_on(vault.body_reader(document, None)).unwrap().document(2 * LARGE, &NoWatch).map(|_| ());
    assert!(matches!(in_memory, Err(VaultError::Crypto(CryptoError::NotAuthentic))));
    assert_eq!(check(&mut vault), [(Some(document), Finding::BodyChanged(1))]);
    assert_eq!(read_field(&mut vault, login, "password").unwrap(), "hunter2");
}

#[test]
fn nor_are_they_fields_with_or_without_a_digest_that_fits() {
    for (with_digest, expected) in [(false, Finding::BodyChanged(1)), (true, Finding::RevisionChanged(1))] {
        let (bench, mut vault) = Bench::new();
        let login = add_login(&mut vault, "GitHub", "hunter2");
        let document = add_document(&mut vault, "Doc", &bytes(LARGE));
        let kept = keep(&bench, &vault, login);
        drop(vault);
        let sql = "SELECT frames FROM revision WHERE item_id = ?1";
        let frames: Vec<u8> = bench.database().query_row(sql, [login.0], |row| row.get(0)).unwrap();
        let forged = kept.forge(&frames, |text| {
            let at = text.windows(7).position(|bytes| bytes == b"hunter2").unwrap();
            text[at..at + 7].copy_from_slice(b"theirs!");
        });
        assert!(kept.open(&forged).windows(7).any(|bytes| bytes == b"theirs!"));
        let digest = sha256(if with_digest { &forged } else { &frames });
        let sql = "UPDATE revision SET frames = ?2, digest = ?3 WHERE item_id = ?1";
        assert_eq!(bench.database().execute(sql, params![login.0, forged, digest]).unwrap(), 1);

        let mut vault = bench.unlock().unwrap();
        let found: Vec<_> = vault.problems().iter().map(|problem| (problem.item, problem.what.clone())).collect();
        assert_eq!(found, [(Some(login), expected.clone())]);
        assert!(matches!(read_field(&mut vault, login, "password"), Err(VaultError::Damaged(_))));
        assert_eq!(check(&mut vault), [(Some(login), expected)]);
        assert!(read_document(&mut vault, document).unwrap() == bytes(LARGE));
    }
}
