//! What each action does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::FakeKms;
use super::answer::{Refusal, refuse};
use super::keys::{Context, Key, id_in, random};
use super::state::State;
use super::sts;

type Outcome = Result<Value, Refusal>;

pub(super) fn run(state: &State, caller: &str, action: &str, request: &Value) -> Outcome {
    let input = Input(request);
    if action == "ReEncrypt" {
        check_may_re_encrypt(state, caller, &input)?;
    }
    if state.denied.contains(&(caller.to_owned(), action.to_owned())) {
        let resource = input.text("KeyId").unwrap_or("*");
        let who = format!("User: {}", arn_of(state, caller));
        let what = format!("is not authorized to perform: kms:{action} on resource: {resource}");
        return refuse("AccessDeniedException", format!("{who} {what}"));
    }
    match action {
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
    format!("arn:aws:iam::{}:user/{caller}", FakeKms::ACCOUNT)
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
        if state.denied.contains(&(caller.to_owned(), action.to_owned())) {
            let resource = input.text(field).unwrap_or("*");
            let who = format!("User: {}", arn_of(state, caller));
            let what = format!("is not authorized to perform: kms:{action} on resource: {resource}");
            return refuse("AccessDeniedException", format!("{who} {what}"));
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
    let key = input.key(state)?;
    Ok(json!({ "KeyMetadata": {
        "AWSAccountId": FakeKms::ACCOUNT, "KeyId": key.id, "Arn": key.arn(), "CreationDate": 1_700_000_000.0,
        "Enabled": key.state == "Enabled", "KeyState": key.state, "KeyUsage": key.usage, "KeySpec": key.spec,
        "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "MultiRegion": false,
    }}))
}

fn list_keys(state: &State, input: &Input<'_>) -> Value {
    let keys = state.keys.iter().map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn() }));
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

struct Input<'a>(&'a Value);

impl<'a> Input<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0[name].as_str()
    }

    fn bytes(&self, name: &str, longest: usize) -> Result<Vec<u8>, Refusal> {
        let bytes = STANDARD.decode(self.text(name).unwrap_or_default()).unwrap_or_default();
        if (1..=longest).contains(&bytes.len()) {
            return Ok(bytes);
        }
        refuse("ValidationException", format!("1 validation error detected: Value at '{name}'"))
    }

    fn key(&self, state: &'a State) -> Result<&'a Key, Refusal> {
        find(state, self.text("KeyId").unwrap_or_default())
    }

    fn usable_key(&self, state: &'a State) -> Result<&'a Key, Refusal> {
        let key = self.key(state)?;
        check_usable(key)?;
        Ok(key)
    }

    /// The entries from the request's marker on, which is a number here.
    fn page(&self, state: &State, name: &str, entries: Vec<Value>) -> Value {
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
fn find<'a>(state: &'a State, name: &str) -> Result<&'a Key, Refusal> {
    let prefix = format!("arn:aws:kms:{}:{}:", FakeKms::REGION, FakeKms::ACCOUNT);
    let local = name.strip_prefix(&prefix).unwrap_or(name);
    let id = match local.strip_prefix("key/") {
        Some(id) => Some(id),
        None if local.starts_with("alias/") => state.aliases.get(local).map(String::as_str),
        None => Some(local),
    };
    let found = id.and_then(|id| state.keys.iter().find(|key| key.id == id));
    found.map_or_else(|| refuse("NotFoundException", format!("'{name}' does not exist")), Ok)
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
