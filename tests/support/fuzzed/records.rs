//! Records as they are before they are sealed, and what stands beside them: whoever has the index key may write any.

use sealkeep::format::EncryptedDataKey;
use sealkeep::format::v1::{Body, CollectionId, Head, ItemId, Page, SlotConfig, SummaryRecord, pad, unpad};
use sealkeep::providers::{PassphraseRecord, RecoveryRecord};
use sealkeep::secret::SecretBytes;
use sealkeep::vault::{ItemSummary, LowerQuery, Pin};

/// A record of the kind that the first byte says. What is read is written again as it was.
pub fn records(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let sealed = SecretBytes::copy_of(bytes);
    match kind % 10 {
        0 => {
            if let Ok(record) = SummaryRecord::from_bytes(&sealed) {
                if let Ok(again) = record.to_bytes() {
                    assert_eq!(again.expose(), bytes);
                }
                let summary = ItemSummary::from_record(ItemId([1; 16]), CollectionId([2; 16]), record);
                let query = sealkeep::secret::SecretString::copy_of("a É");
                let _ = summary.matches(&LowerQuery::new(&query));
            }
        }
        1 => {
            if let Ok(page) = Page::from_bytes(&sealed) {
                let again = page.to_bytes().unwrap();
                same(bytes, &again);
                assert_eq!(Page::from_bytes(&again).unwrap(), page);
            }
        }
        2 => {
            if let Ok(head) = Head::from_bytes(&sealed) {
                let again = head.to_bytes().unwrap();
                same(bytes, &again);
                assert_eq!(Head::from_bytes(&again).unwrap(), head);
            }
        }
        3 => {
            if let Ok(body) = Body::from_bytes(&sealed)
                && let Ok(again) = body.to_bytes()
            {
                assert_eq!(again.expose(), bytes);
            }
        }
        4 => {
            if let Ok(plain) = unpad(sealed) {
                assert!(plain.len() < bytes.len());
                assert_eq!(unpad(pad(&plain).unwrap()).unwrap().expose(), plain.expose());
            }
        }
        5 => {
            if let Ok(config) = SlotConfig::from_bytes(bytes) {
                assert_eq!(config.to_bytes().unwrap(), bytes);
            }
        }
        6 => {
            if let Ok(record) = PassphraseRecord::from_bytes(bytes) {
                assert_eq!(record.to_bytes(), bytes);
            }
        }
        7 => drop(RecoveryRecord::from_bytes(bytes).map(|record| record.to_bytes())),
        8 => {
            if let Ok(pin) = Pin::from_bytes(bytes) {
                assert_eq!(Pin::from_bytes(&pin.to_bytes().unwrap()).unwrap(), pin);
                let _ = (pin.vault(), pin.key_arns(), pin.has_slots(&[]));
            }
        }
        _ => {
            if let Ok(wrapped) = EncryptedDataKey::from_bytes(bytes) {
                assert_eq!(wrapped.to_bytes().unwrap(), bytes);
            }
        }
    }
}

/// What was read of the first version is written as the second.
fn same(bytes: &[u8], again: &SecretBytes) {
    assert_eq!(again.expose()[0], 2);
    if bytes[0] == 2 {
        assert_eq!(again.expose(), bytes);
    }
}

/// Inputs of [`records`] that are read, to begin with.
pub fn plain_records() -> Vec<(&'static str, Vec<u8>)> {
    use sealkeep::format::v1::FieldRecord;
    use sealkeep::secret::SecretString;
    let text = SecretString::copy_of;
    let of_kind = |kind: u8, bytes: &SecretBytes| [&[kind][..], bytes.expose()].concat();
    let summary = SummaryRecord {
        kind: "login".to_owned(),
        title: text("GitHub"),
        tags: vec![text("work"), text("É")],
        subtitle: text("anna"),
        media_type: String::new(),
        size: 3,
        favourite: true,
        trashed: Some(1_760_000_000),
        created: 1,
        modified: 2,
        revision: 3,
    };
    let field = FieldRecord { name: "text".to_owned(), hidden: true, value: text("secret") };
    let body = Body::Fields(vec![field]).to_bytes().unwrap();
    vec![
        ("summary", of_kind(0, &summary.to_bytes().unwrap())),
        ("page-2", of_kind(1, &Page::default().to_bytes().unwrap())),
        ("head-2", of_kind(2, &Head::default().to_bytes().unwrap())),
        ("padded", of_kind(4, &pad(&body).unwrap())),
        ("body", of_kind(3, &body)),
    ]
}
