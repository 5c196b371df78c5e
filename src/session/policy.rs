//! What IAM has to allow for somebody to use a vault: the one source of these statements, for `sealkeep-cli policy` and, through a test,
//! for the templates in `packaging/aws/`.
//!
//! Invariant: no statement that allows a use of a key does so without a condition on the encryption context; no statement of an
//! administrator allows a use at all.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>

use std::fmt;

use serde::Serialize;

use crate::providers::{KeyArn, ProviderError};
use crate::vault::{SlotRecord, SlotState, VaultId};

use super::SessionError;

/// The version of the policy language.
const VERSION: &str = "2012-10-17";
const VAULT: &str = "kms:EncryptionContext:sealkeep:vault";
const PURPOSE: &str = "kms:EncryptionContext:sealkeep:purpose";
const WINDOW: &str = "kms:ScheduleKeyDeletionPendingWindowInDays";
/// The longest time that AWS KMS waits before it deletes a key, in days.
const LONGEST_WINDOW: &str = "30";
/// What a vault binds its keys to.
const OF_VAULTS: &[&str] = &["index", "body"];
/// What a file without a vault is bound to.
const OF_FILES: &[&str] = &["file"];
/// What a key that is only tried is bound to.
const OF_TESTS: &[&str] = &["test"];
/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Open the vault and everything in it; save nothing.
    Reader,
    /// That, and save, add a way in, wrap everything for another KMS key.
    Editor,
    /// Look after the KMS key: rotation, state, alias, policy, deletion. Not use it.
    Admin,
}

/// What a policy is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The only vault that it is about; `None`: every vault under these keys.
    pub vault: Option<VaultId>,
    /// The keys that wrap and unwrap.
    pub keys: Vec<KeyArn>,
    /// The keys that only unwrap what they wrapped before they were retired.
    pub retired: Vec<KeyArn>,
    /// Whether files without a vault may be opened, and by an editor sealed, too.
    pub files: bool,
    /// The alias that an administrator may point at these keys, `alias/team`: see [`check_alias`].
    pub alias: Option<String>,
}

/// A policy: what it prints is JSON, as IAM takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'static str>,
    effect: &'static str,
    action: Vec<String>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
enum Condition {
    StringEquals(Pairs),
    NumericGreaterThanEqualsIfExists(Pairs),
}

/// Written as a JSON object, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pairs(Vec<(&'static str, Vec<String>)>);

impl Serialize for Pairs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, values)))
    }
}

impl Scope {
    /// The scope of a vault with these slots: those of AWS KMS. They are believed as they are.
    ///
    /// # Errors
    /// [`SessionError::Provider`] for a slot that names no KMS key.
    pub fn of_vault(vault: VaultId, slots: &[SlotRecord]) -> Result<Self, SessionError> {
        let mut scope = Self { vault: Some(vault), ..Self::default() };
        for slot in slots {
            let Some(key) = slot.config.key_arn() else { continue };
            let key = key.parse()?;
            match slot.state {
                SlotState::Active | SlotState::Pending => scope.add(key),
                SlotState::UnwrapOnly if scope.retired.contains(&key) => {}
                SlotState::UnwrapOnly => scope.retired.push(key),
            }
        }
        Ok(scope)
    }

    /// A key that wraps and unwraps, too.
    pub fn add(&mut self, key: KeyArn) {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    /// Whether no KMS key is concerned.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.retired.is_empty()
    }

    fn wrapping(&self) -> Vec<String> {
        self.keys.iter().map(KeyArn::to_string).collect()
    }

    fn all(&self) -> Vec<String> {
        let retired = self.retired.iter().filter(|key| !self.keys.contains(key));
        self.keys.iter().chain(retired).map(KeyArn::to_string).collect()
    }

    fn of_vaults(&self) -> Option<Condition> {
        let vault = self.vault.map(|vault| (VAULT, vec![vault.to_string()]));
        let pairs = vault.into_iter().chain([(PURPOSE, owned(OF_VAULTS))]).collect();
        Some(Condition::StringEquals(Pairs(pairs)))
    }
}

impl Policy {
    /// The least that somebody in this role needs for what `scope` says.
    pub fn new(role: Role, scope: &Scope) -> Self {
        let statement = match role {
            Role::Reader => reader(scope, &["kms:Decrypt"]),
            Role::Editor => editor(scope),
            Role::Admin => admin(scope),
        };
        // With every key retired, nothing wraps any more.
        let statement = statement.into_iter().filter(|statement| !statement.resource.is_empty()).collect();
        Self { version: VERSION, statement }
    }
}

/// As IAM takes it, on several lines.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

/// Whether `alias` can be an alias of one's own: `alias/` and letters, digits, `/`, `_`, `-`, and not one of AWS's.
///
/// # Errors
/// [`SessionError::Provider`].
pub fn check_alias(alias: &str) -> Result<(), SessionError> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    match alias.strip_prefix("alias/") {
        Some(name) if (1..=250).contains(&name.len()) && name.bytes().all(sound) && !name.starts_with("aws/") => Ok(()),
        _ => Err(ProviderError::Config("an alias looks like alias/team".to_owned()).into()),
    }
}

fn reader(scope: &Scope, opens: &[&'static str]) -> Vec<Statement> {
    let mut statements = vec![allow("OpenVaults", opens, scope.all(), scope.of_vaults())];
    if scope.files {
        statements.push(allow("OpenFiles", &["kms:Decrypt"], scope.all(), Some(of_purposes(OF_FILES))));
    }
    statements.push(allow("SeeKeys", &["kms:DescribeKey", "kms:GetKeyRotationStatus"], scope.all(), None));
    statements
}

fn editor(scope: &Scope) -> Vec<Statement> {
    // What may be moved to another key by AWS KMS might be unwrapped and wrapped here as well: it is no more.
    let mut statements = reader(scope, &["kms:Decrypt", "kms:ReEncryptFrom"]);
    let saves = ["kms:GenerateDataKey", "kms:Encrypt", "kms:ReEncryptTo"];
    statements.push(allow("SaveToVaults", &saves, scope.wrapping(), scope.of_vaults()));
    if scope.files {
        let seals = ["kms:GenerateDataKey", "kms:Encrypt"];
        statements.push(allow("SealFiles", &seals, scope.wrapping(), Some(of_purposes(OF_FILES))));
    }
    let tries = ["kms:GenerateDataKey", "kms:Decrypt"];
    statements.push(allow("TryKeys", &tries, scope.wrapping(), Some(of_purposes(OF_TESTS))));
    statements
}

fn admin(scope: &Scope) -> Vec<Statement> {
    let looks_after = [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListGrants",
        "kms:ListKeyPolicies",
        "kms:ListKeyRotations",
        "kms:ListResourceTags",
        "kms:CancelKeyDeletion",
        "kms:DisableKey",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:RevokeGrant",
        "kms:RotateKeyOnDemand",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
    ];
    let slowly = Condition::NumericGreaterThanEqualsIfExists(Pairs(vec![(WINDOW, vec![LONGEST_WINDOW.to_owned()])]));
    let mut statements = vec![
        allow("LookAfterKeys", &looks_after, scope.all(), None),
        allow("DeleteKeysSlowly", &["kms:ScheduleKeyDeletion"], scope.all(), Some(slowly)),
    ];
    if let Some(alias) = &scope.alias {
        // AWS asks for the alias and for the key.
        let aliases = scope.keys.iter().chain(&scope.retired).map(|key| alias_arn(key, alias));
        let mut named = scope.all();
        for alias in aliases {
            if !named.contains(&alias) {
                named.push(alias);
            }
        }
        let names = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"];
        statements.push(allow("NameKeys", &names, named, None));
    }
    statements.push(allow("ListKeys", &["kms:ListAliases", "kms:ListKeys"], vec!["*".to_owned()], None));
    statements
}

fn alias_arn(key: &KeyArn, alias: &str) -> String {
    format!("arn:{}:kms:{}:{}:{alias}", key.partition(), key.region(), key.account())
}

fn allow(sid: &'static str, actions: &[&str], resource: Vec<String>, condition: Option<Condition>) -> Statement {
    Statement { sid: Some(sid), effect: "Allow", action: owned(actions), resource, condition }
}

fn of_purposes(purposes: &[&str]) -> Condition {
    Condition::StringEquals(Pairs(vec![(PURPOSE, owned(purposes))]))
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::kms::WITH_CONTEXT;
    use crate::vault::{SlotConfig, SlotId};

    const ONE: &str = "arn:aws:kms:eu-central-1:111122223333:key/0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11";
    const OTHER: &str = "arn:aws-cn:kms:cn-north-1:444455556666:key/11111111-9f86-4b6c-8f0c-1f6f1a3a2b11";

    fn scope() -> Scope {
        Scope {
            vault: Some(VaultId([7; 16])),
            keys: vec![ONE.parse().unwrap()],
            retired: vec![OTHER.parse().unwrap()],
            files: true,
            alias: Some("alias/team".to_owned()),
        }
    }

    fn statements(role: Role, scope: &Scope) -> Vec<Value> {
        let policy: Value = serde_json::from_str(&Policy::new(role, scope).to_string()).unwrap();
        assert_eq!(policy["Version"], VERSION);
        policy["Statement"].as_array().unwrap().clone()
    }

    fn named<'a>(statements: &'a [Value], sid: &str) -> &'a Value {
        statements.iter().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("{sid}"))
    }

    #[test]
    fn a_reader_unwraps_and_an_editor_wraps_only_under_keys_that_are_not_retired() {
        let reader = statements(Role::Reader, &scope());
        let open = named(&reader, "OpenVaults");
        assert_eq!(open["Action"], json!(["kms:Decrypt"]));
        assert_eq!(open["Resource"], json!([ONE, OTHER]));
        let vault = VaultId([7; 16]).to_string();
        assert_eq!(open["Condition"], json!({ "StringEquals": { VAULT: [vault], PURPOSE: ["index", "body"] } }));
        assert!(!reader.iter().any(|statement| statement.to_string().contains("GenerateDataKey")));
        let editor = statements(Role::Editor, &scope());
        assert_eq!(named(&editor, "SaveToVaults")["Resource"], json!([ONE]));
        assert_eq!(named(&editor, "OpenVaults")["Resource"], json!([ONE, OTHER]));
        let retired = Scope { keys: Vec::new(), ..scope() };
        let sids: Vec<_> = statements(Role::Editor, &retired).iter().map(|said| said["Sid"].clone()).collect();
        assert_eq!(sids, ["OpenVaults", "OpenFiles", "SeeKeys"]);
    }

    #[test]
    fn a_key_of_several_slots_is_named_once_and_wraps_where_one_of_them_does() {
        let slot = |id, key: &str, state| SlotRecord {
            id: SlotId([id; 16]),
            state,
            config: SlotConfig::Kms { key_arn: key.to_owned() },
        };
        let (retired, active) = (SlotState::UnwrapOnly, SlotState::Active);
        let slots = [slot(1, ONE, retired), slot(2, OTHER, retired), slot(3, ONE, active), slot(4, OTHER, retired)];
        let scope = Scope::of_vault(VaultId([7; 16]), &slots).unwrap();
        assert_eq!(scope.wrapping(), [ONE]);
        assert_eq!(scope.all(), [ONE, OTHER]);
        assert!(Scope::of_vault(VaultId([7; 16]), &[slot(1, "arn:aws:kms:*:*:key/*", active)]).is_err(), "no pattern");
    }

    #[test]
    fn whatever_uses_a_key_says_for_what_and_an_administrator_uses_none() {
        for role in [Role::Reader, Role::Editor, Role::Admin] {
            for vault in [None, scope().vault] {
                for statement in statements(role, &Scope { vault, ..scope() }) {
                    let actions: Vec<_> = statement["Action"].as_array().unwrap().clone();
                    let uses = actions.iter().any(|action| WITH_CONTEXT.iter().any(|used| action == used));
                    assert_eq!(uses, !statement["Condition"]["StringEquals"][PURPOSE].is_null(), "{statement}");
                    assert!(!(uses && role == Role::Admin), "{statement}");
                    assert!(!statement.to_string().contains("kms:*"), "{statement}");
                    assert!(!statement.to_string().contains("CreateGrant"), "a grant would hand on any use");
                }
            }
        }
    }

    #[test]
    fn files_and_the_alias_are_only_there_where_they_are_asked_for() {
        let without = Scope { files: false, alias: None, ..scope() };
        for role in [Role::Reader, Role::Editor, Role::Admin] {
            let text = Policy::new(role, &without).to_string();
            assert!(!text.contains("\"file\"") && !text.contains("Alias\""), "{text}");
        }
        let names = statements(Role::Admin, &scope());
        let (one, other) = ("arn:aws:kms:eu-central-1:111122223333", "arn:aws-cn:kms:cn-north-1:444455556666");
        let expected = json!([ONE, OTHER, format!("{one}:alias/team"), format!("{other}:alias/team")]);
        assert_eq!(named(&names, "NameKeys")["Resource"], expected);
    }

    #[test]
    fn an_alias_is_one_of_ones_own_and_no_pattern() {
        check_alias("alias/team/a_b-c").unwrap();
        for alias in ["", "team", "alias/", "alias/*", "alias/${aws:username}", "alias/aws/s3", "alias/a b"] {
            assert!(check_alias(alias).is_err(), "{alias}");
        }
    }
}
