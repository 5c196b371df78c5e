//! What each action does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::FakeKms;
use super::answer::{Refusal, refuse};
use super::key_policy;
use super::keys::{Context, Key, id_in, random};
use super::manage;
use super::state::{Denial, State};
use super::sts;

pub(super) type Outcome = Result<Value, Refusal>;

pub(super) fn run(state: &mut State, caller: &str, action: &str, request: &Value) -> Outcome {
    let input = Input(request);
    if action == "ReEncrypt" {
        check_may_re_encrypt(state, caller, &input)?;
    }
    if let Some(denial) = state.denied.get(&(caller.to_owned(), action.to_owned())) {
        return deny(state, caller, action, &input, *denial);
    }
    if action == "Decrypt"
        && let Some(key) = id_in(&input.bytes("CiphertextBlob", 6144)?).and_then(|id| state.key(id))
        && !key.shared
    {
        return deny(state, caller, action, &input, Denial::Hidden);
    }
    let named = input.text("KeyId").and_then(|name| find(state, name).ok());
    // Which aliases there are is no matter of a key policy.
    if let Some(key) = named.filter(|_| action != "ListAliases") {
        let denial = if key.shared {
            key_policy::denies(state, key, caller, action, request)
        } else {
            Some(Denial::NoKeyPolicy)
        };
        if let Some(denial) = denial {
            return deny(state, caller, action, &input, denial);
        }
    }
    match action {
        "CreateKey" => manage::create_key(state, caller, &input),
        "CreateAlias" => manage::create_alias(state, &input),
        "GetKeyRotationStatus" => manage::rotation_status(state, &input),
        "ListKeyRotations" => manage::list_rotations(state, &input),
        "EnableKeyRotation" => manage::enable_rotation(state, &input),
        "RotateKeyOnDemand" => manage::rotate(state, &input),
        "ScheduleKeyDeletion" => manage::schedule_deletion(state, &input),
        "GenerateDataKey" => generate(state, &input),
        "Encrypt" => encrypt(state, &input),
        "Decrypt" => decrypt(state, &input),
        "ReEncrypt" => re_encrypt(state, &input),
        "DescribeKey" => describe(state, &input),
        "ListKeys" => Ok(list_keys(state, &input)),
        "ListAliases" => list_aliases(state, &input),
        sts::ACTION => Ok(Value::Null),
        _ => refuse("UnknownOperationException", action),
    }
}

/// Who signs with the access key `caller`.
pub(super) fn arn_of(state: &State, caller: &str) -> String {
    if let Some(made) = state.sign_ins.made.get(caller) {
        return made.clone();
    }
    let session = state.principals.get(caller).and_then(|principal| principal.session.as_ref());
    session.map_or_else(|| format!("arn:aws:iam::{}:user/{caller}", FakeKms::ACCOUNT), |(session, _)| session.clone())
}

fn deny(state: &State, caller: &str, action: &str, input: &Input<'_>, denial: Denial) -> Outcome {
    if denial == Denial::Hidden {
        const HIDDEN: &str = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, \
                              or you are not allowed to access.";
        return refuse("AccessDeniedException", HIDDEN);
    }
    let resource = input.text("KeyId").unwrap_or("*");
    let (who, because) = (arn_of(state, caller), denial.because(action));
    let what = format!("is not authorized to perform: kms:{action} on resource: {resource}");
    refuse("AccessDeniedException", format!("User: {who} {what}{because}"))
}

/// The pairs of a request's encryption context.
pub(super) fn context_of(request: &Value) -> Context {
    context_in(request, "EncryptionContext")
}

/// The same of the field `name`.
pub(super) fn context_in(request: &Value, name: &str) -> Context {
    let pairs = request[name].as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn generate(state: &State, input: &Input<'_>) -> Outcome {
    let key = input.usable_key(state)?;
    let length = match (input.text("KeySpec"), input.0["NumberOfBytes"].as_u64()) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(length @ 1..=1024)) => length as usize,
        _ => return refuse("ValidationException", "Please specify either number of bytes or key spec."),
    };
    let plaintext = &random::<1024>()[..length];
    let blob = key.encrypt(plaintext, &context_of(input.0));
    Ok(json!({ "CiphertextBlob": encode(&blob), "Plaintext": encode(plaintext), "KeyId": key.arn() }))
}

fn encrypt(state: &State, input: &Input<'_>) -> Outcome {
    let key = input.usable_key(state)?;
    let plaintext = input.bytes("Plaintext", 4096)?;
    let blob = key.encrypt(&plaintext, &context_of(input.0));
    let algorithm = "SYMMETRIC_DEFAULT";
    Ok(json!({ "CiphertextBlob": encode(&blob), "KeyId": key.arn(), "EncryptionAlgorithm": algorithm }))
}

fn decrypt(state: &State, input: &Input<'_>) -> Outcome {
    let (key, plaintext) = opened(state, input, "KeyId", "EncryptionContext")?;
    let algorithm = "SYMMETRIC_DEFAULT";
    Ok(json!({ "Plaintext": encode(&plaintext), "KeyId": key.arn(), "EncryptionAlgorithm": algorithm }))
}

/// Two permissions, of two keys.
fn check_may_re_encrypt(state: &State, caller: &str, input: &Input<'_>) -> Result<(), Refusal> {
    for (action, field) in [("ReEncryptFrom", "SourceKeyId"), ("ReEncryptTo", "DestinationKeyId")] {
        if let Some(denial) = state.denied.get(&(caller.to_owned(), action.to_owned())) {
            let resource = input.text(field).unwrap_or("*");
            let (who, because) = (arn_of(state, caller), denial.because(action));
            let what = format!("is not authorized to perform: kms:{action} on resource: {resource}");
            return refuse("AccessDeniedException", format!("User: {who} {what}{because}"));
        }
    }
    Ok(())
}

fn re_encrypt(state: &State, input: &Input<'_>) -> Outcome {
    let (source, plaintext) = opened(state, input, "SourceKeyId", "SourceEncryptionContext")?;
    let destination = find(state, input.text("DestinationKeyId").unwrap_or_default())?;
    check_usable(destination)?;
    let blob = destination.encrypt(&plaintext, &context_in(input.0, "DestinationEncryptionContext"));
    let algorithm = "SYMMETRIC_DEFAULT";
    Ok(json!({
        "CiphertextBlob": encode(&blob), "SourceKeyId": source.arn(), "KeyId": destination.arn(),
        "SourceEncryptionAlgorithm": algorithm, "DestinationEncryptionAlgorithm": algorithm,
    }))
}

/// What is in a request's ciphertext, and under which key: the one that the field `named` names, if it names one.
fn opened<'a>(state: &'a State, input: &Input<'_>, named: &str, context: &str) -> Result<(&'a Key, Vec<u8>), Refusal> {
    let blob = input.bytes("CiphertextBlob", 6144)?;
    let named = input.text(named).map(|name| find(state, name)).transpose()?;
    let Some(key) = state.keys.iter().find(|key| id_in(&blob) == Some(key.id.as_str())) else {
        return refuse("InvalidCiphertextException", "");
    };
    if named.is_some_and(|named| named.id != key.id) {
        let why = "The key ID in the request does not identify a CMK that can perform this operation.";
        return refuse("IncorrectKeyException", why);
    }
    check_usable(key)?;
    Ok((key, key.decrypt(&blob, &context_in(input.0, context))?))
}

fn describe(state: &State, input: &Input<'_>) -> Outcome {
    Ok(json!({ "KeyMetadata": metadata(state, input.key(state)?) }))
}

pub(super) fn metadata(state: &State, key: &Key) -> Value {
    let is_of_aws = state.aliases.iter().any(|(alias, id)| *id == key.id && alias.starts_with("alias/aws/"));
    let mut metadata = json!({
        "AWSAccountId": key.account, "KeyId": key.id, "Arn": key.arn(), "CreationDate": key.made as f64,
        "Enabled": key.state == "Enabled", "KeyState": key.state, "KeyUsage": key.usage, "KeySpec": key.spec,
        "CustomerMasterKeySpec": key.spec, "Description": key.description, "Origin": "AWS_KMS",
        "KeyManager": if is_of_aws { "AWS" } else { "CUSTOMER" }, "MultiRegion": key.multi_region,
    });
    if let (Some(deletion), "PendingDeletion") = (key.deletion, key.state) {
        metadata["DeletionDate"] = (deletion as f64).into();
    }
    metadata
}

fn list_keys(state: &State, input: &Input<'_>) -> Value {
    let keys = state
        .keys
        .iter()
        .filter(|key| key.account == FakeKms::ACCOUNT)
        .map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn() }));
    input.page(state, "Keys", keys.collect())
}

fn list_aliases(state: &State, input: &Input<'_>) -> Outcome {
    let key = input.text("KeyId").map(|name| find(state, name)).transpose()?;
    let wanted = state.aliases.iter().filter(|(_, id)| key.is_none_or(|key| key.id == **id));
    let aliases = wanted.map(|(name, id)| {
        let arn = format!("arn:aws:kms:{}:{}:{name}", FakeKms::REGION, FakeKms::ACCOUNT);
        json!({ "AliasName": name, "AliasArn": arn, "TargetKeyId": id })
    });
    Ok(input.page(state, "Aliases", aliases.collect()))
}

pub(super) struct Input<'a>(pub(super) &'a Value);

impl<'a> Input<'a> {
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0[name].as_str()
    }

    fn bytes(&self, name: &str, longest: usize) -> Result<Vec<u8>, Refusal> {
        let bytes = STANDARD.decode(self.text(name).unwrap_or_default()).unwrap_or_default();
        if (1..=longest).contains(&bytes.len()) {
            return Ok(bytes);
        }
        refuse("ValidationException", format!("1 validation error detected: Value at '{name}'"))
    }

    pub(super) fn key(&self, state: &'a State) -> Result<&'a Key, Refusal> {
        find(state, self.text("KeyId").unwrap_or_default())
    }

    fn usable_key(&self, state: &'a State) -> Result<&'a Key, Refusal> {
        let key = self.key(state)?;
        check_usable(key)?;
        Ok(key)
    }

    /// The entries from the request's marker on, which is a number here.
    pub(super) fn page(&self, state: &State, name: &str, entries: Vec<Value>) -> Value {
        let start = self.text("Marker").and_then(|marker| marker.parse().ok()).unwrap_or(0);
        let size = if state.page_size == 0 { 100 } else { state.page_size };
        let rest = entries.len().saturating_sub(start);
        let mut answer = Map::new();
        answer.insert(name.to_owned(), entries.into_iter().skip(start).take(size).collect());
        answer.insert("Truncated".to_owned(), (rest > size).into());
        if rest > size {
            answer.insert("NextMarker".to_owned(), (start + size).to_string().into());
        }
        answer.into()
    }
}

/// By ARN or id, of the key or of an alias.
pub(super) fn find<'a>(state: &'a State, name: &str) -> Result<&'a Key, Refusal> {
    let found = match name.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "kms", region, ..] if *region != FakeKms::REGION => {
            return refuse("NotFoundException", format!("Invalid arn {region}"));
        }
        ["arn", _, "kms", _, account, local] => match (local.strip_prefix("key/"), state.aliases.get(*local)) {
            (Some(id), _) => state.key(id).filter(|key| key.account == *account),
            (None, Some(id)) if *account == FakeKms::ACCOUNT => state.key(id),
            _ => None,
        },
        _ if name.starts_with("alias/") => state.aliases.get(name).and_then(|id| state.key(id)),
        _ => state.key(name),
    };
    found.map_or_else(|| refuse("NotFoundException", format!("Key '{name}' does not exist")), Ok)
}

fn check_usable(key: &Key) -> Result<(), Refusal> {
    let arn = key.arn();
    match key.state {
        "Enabled" => {}
        "Disabled" => return refuse("DisabledException", format!("{arn} is disabled.")),
        "PendingDeletion" => return refuse("KMSInvalidStateException", format!("{arn} is pending deletion.")),
        "PendingImport" => return refuse("KMSInvalidStateException", format!("{arn} is pending import.")),
        other => return refuse("KMSInvalidStateException", format!("{arn} is {other}.")),
    }
    if key.usage != "ENCRYPT_DECRYPT" || key.spec != "SYMMETRIC_DEFAULT" {
        return refuse("InvalidKeyUsageException", format!("{arn} key usage is {}", key.usage));
    }
    Ok(())
}

fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
