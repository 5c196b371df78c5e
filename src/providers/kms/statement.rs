//! The IAM statement that would have let a denied call through: the least of it.

use serde_json::json;

use crate::providers::DeniedBy;

use super::{KeyArn, KeyName};

/// What Sealkeep binds keys to: the `sealkeep:purpose` of an encryption context.
pub const PURPOSES: [&str; 4] = ["index", "body", "file", "test"];

/// The actions whose calls have an encryption context.
pub const WITH_CONTEXT: [&str; 5] =
    ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// The least that would have let `action` on `key` through, as JSON to be pasted; `key` is an ARN, or what stands for no key. Where the
/// call has an encryption context, for what Sealkeep does alone. A key policy's has a principal, which is to be filled in.
pub fn missing_statement(action: &str, key: &str, by: DeniedBy) -> String {
    let name: Option<KeyName> = key.parse().ok();
    let resource = match (&name, by) {
        // In a key policy every key is the key itself.
        (_, DeniedBy::KeyPolicy) => json!("*"),
        // What an alias names is what is used, and IAM has no other way to say so.
        (Some(KeyName::Alias(alias)), _) => {
            json!(alias.as_str().split_once(":alias/").map_or(key.to_owned(), |(place, _)| format!("{place}:key/*")))
        }
        (Some(KeyName::Key(arn)), _) if action == "kms:CreateAlias" => json!([arn.as_str(), aliases_beside(arn)]),
        (Some(KeyName::Key(arn)), _) => json!(arn.as_str()),
        // A role, or what else has an ARN.
        (None, _) if key.starts_with("arn:") => json!(key),
        (None, _) => json!("*"),
    };
    let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    if by == DeniedBy::KeyPolicy {
        statement["Principal"] = json!({ "AWS": "ARN OF THE USER OR ROLE" });
    }
    if WITH_CONTEXT.contains(&action) {
        statement["Condition"] = json!({ "StringEquals": { "kms:EncryptionContext:sealkeep:purpose": PURPOSES } });
    }
    format!("{statement:#}")
}

fn aliases_beside(key: &KeyArn) -> String {
    format!("arn:{}:kms:{}:{}:alias/*", key.partition(), key.region(), key.account())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn said(action: &str, key: &str, by: DeniedBy) -> Value {
        serde_json::from_str(&missing_statement(action, key, by)).unwrap()
    }

    #[test]
    fn it_allows_what_was_denied_and_no_more() {
        let statement = said("kms:Decrypt", KEY, DeniedBy::IdentityPolicy);
        assert_eq!((&statement["Effect"], &statement["Action"]), (&"Allow".into(), &"kms:Decrypt".into()));
        assert_eq!(statement["Resource"], KEY);
        let purposes = &statement["Condition"]["StringEquals"]["kms:EncryptionContext:sealkeep:purpose"];
        assert_eq!(purposes, &json!(["index", "body", "file", "test"]));
        assert_eq!(statement["Principal"], Value::Null, "an identity's policy names none");
    }

    #[test]
    fn what_has_no_context_has_no_condition() {
        for action in ["kms:DescribeKey", "kms:EnableKeyRotation"] {
            assert_eq!(said(action, KEY, DeniedBy::NotSaid)["Condition"], Value::Null, "{action}");
        }
        assert_eq!(said("kms:ListKeys", "eu-west-1", DeniedBy::IdentityPolicy)["Resource"], "*");
        assert_eq!(said("kms:CreateKey", "eu-west-1", DeniedBy::IdentityPolicy)["Resource"], "*");
    }

    #[test]
    fn a_key_policys_names_somebody_and_an_aliass_every_key() {
        let statement = said("kms:Decrypt", KEY, DeniedBy::KeyPolicy);
        assert_eq!(statement["Resource"], "*");
        assert!(statement["Principal"]["AWS"].is_string());
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/team";
        let statement = said("kms:DescribeKey", alias, DeniedBy::IdentityPolicy);
        assert_eq!(statement["Resource"], "arn:aws:kms:eu-west-1:111122223333:key/*");
        let statement = said("kms:CreateAlias", KEY, DeniedBy::IdentityPolicy);
        assert_eq!(statement["Resource"], json!([KEY, "arn:aws:kms:eu-west-1:111122223333:alias/*"]));
    }
}
