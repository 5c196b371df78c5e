//! Making keys, naming them, replacing their material.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::FakeKms;
use super::answer::refuse;
use super::key_policy;
use super::keys::Key;
use super::operations::{Input, Outcome, arn_of, metadata};
use super::state::State;

const DAY: i64 = 86_400;
const ON_DEMAND: &str = "ON_DEMAND";
/// AWS's own limit for a key.
const MOST_ON_DEMAND: usize = 25;

pub(super) fn create_key(state: &mut State, caller: &str, input: &Input<'_>) -> Outcome {
    let policy = match input.text("Policy") {
        None => None,
        Some(text) => {
            let Ok(policy) = serde_json::from_str::<Value>(text) else {
                return refuse("MalformedPolicyDocumentException", "Policy document is not valid JSON.");
            };
            let (who, known) = (arn_of(state, caller), key_policy::known_principals(state));
            if !key_policy::names_only(&policy, &known) {
                let why = "Policy contains a statement with one or more invalid principals.";
                return refuse("MalformedPolicyDocumentException", why);
            }
            if !key_policy::keeps_in(&policy, &who) {
                let why = "The new key policy will not allow you to update the key policy in the future.";
                return refuse("MalformedPolicyDocumentException", why);
            }
            Some(policy)
        }
    };
    if input.text("KeySpec").is_some_and(|spec| spec != "SYMMETRIC_DEFAULT") {
        return refuse("UnsupportedOperationException", "");
    }
    let description = input.text("Description").unwrap_or_default().to_owned();
    let key = Key { policy, description, ..Key::make() };
    let answer = json!({ "KeyMetadata": metadata(state, &key) });
    state.keys.push(key);
    Ok(answer)
}

pub(super) fn create_alias(state: &mut State, input: &Input<'_>) -> Outcome {
    let name = input.text("AliasName").unwrap_or_default().to_owned();
    let Some(target) = input.text("TargetKeyId").map(str::to_owned) else {
        return refuse("ValidationException", "1 validation error detected: Value null at 'targetKeyId'");
    };
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    let own = name.strip_prefix("alias/").filter(|name| !name.is_empty() && name.bytes().all(sound));
    if own.is_none_or(|own| own.starts_with("aws/")) {
        return refuse("InvalidAliasNameException", "Alias must start with the prefix \"alias/\".");
    }
    let key = super::operations::find(state, &target)?.id.clone();
    if state.aliases.contains_key(&name) {
        let arn = format!("arn:aws:kms:{}:{}:{name}", FakeKms::REGION, FakeKms::ACCOUNT);
        return refuse("AlreadyExistsException", format!("An alias with the name {arn} already exists"));
    }
    state.aliases.insert(name, key);
    Ok(json!({}))
}

pub(super) fn rotation_status(state: &State, input: &Input<'_>) -> Outcome {
    let key = input.key(state)?;
    // AWS says this of a key whose deletion is pending, and goes on to tell of one that is disabled.
    check_rotates(key, &["Enabled", "Disabled", "PendingDeletion"])?;
    let mut status = json!({ "KeyId": key.arn(), "KeyRotationEnabled": false });
    if let (Some(every), true) = (key.rotation.every, key.state != "PendingDeletion") {
        status["KeyRotationEnabled"] = true.into();
        status["RotationPeriodInDays"] = every.into();
        status["NextRotationDate"] = ((Timestamp::now().as_second() + every * DAY) as f64).into();
    }
    if let Some(since) = key.rotation.running {
        status["OnDemandRotationStartDate"] = (since as f64).into();
    }
    Ok(status)
}

pub(super) fn list_rotations(state: &State, input: &Input<'_>) -> Outcome {
    let key = input.key(state)?;
    check_rotates(key, &["Enabled", "Disabled", "PendingDeletion"])?;
    let entry =
        |(at, kind): &(i64, &str)| json!({ "KeyId": key.arn(), "RotationDate": *at as f64, "RotationType": kind });
    Ok(input.page(state, "Rotations", key.rotation.past.iter().map(entry).collect()))
}

pub(super) fn enable_rotation(state: &mut State, input: &Input<'_>) -> Outcome {
    let every = input.0["RotationPeriodInDays"].as_i64().unwrap_or(365);
    if !(90..=2560).contains(&every) {
        return refuse("ValidationException", "Member must have value greater than or equal to 90");
    }
    let id = rotatable(state, input)?;
    state.key_mut(&id).unwrap().rotation.every = Some(every);
    Ok(json!({}))
}

pub(super) fn rotate(state: &mut State, input: &Input<'_>) -> Outcome {
    let id = rotatable(state, input)?;
    let goes_on = state.rotations_go_on;
    let key = state.key_mut(&id).unwrap();
    if key.rotation.running.is_some() {
        return refuse("ConflictException", format!("{} has a rotation in progress.", key.arn()));
    }
    if key.rotation.past.iter().filter(|(_, kind)| *kind == ON_DEMAND).count() >= MOST_ON_DEMAND {
        return refuse(
            "LimitExceededException",
            format!("{} has reached the limit of on-demand rotations.", key.arn()),
        );
    }
    // What is encrypted stays decryptable: the material of before is kept, here by there being one.
    key.rotation.running = Some(Timestamp::now().as_second());
    if !goes_on {
        end_rotation(key);
    }
    Ok(json!({ "KeyId": key.arn() }))
}

/// What goes on is done.
pub(super) fn end_rotation(key: &mut Key) {
    if let Some(since) = key.rotation.running.take() {
        key.rotation.past.push((since, ON_DEMAND));
    }
}

pub(super) fn schedule_deletion(state: &mut State, input: &Input<'_>) -> Outcome {
    let days = input.0["PendingWindowInDays"].as_i64().unwrap_or(30);
    let id = input.key(state)?.id.clone();
    let key = state.key_mut(&id).unwrap();
    let deletion = Timestamp::now().as_second() + days * DAY;
    (key.state, key.deletion) = ("PendingDeletion", Some(deletion));
    Ok(
        json!({ "KeyId": key.arn(), "DeletionDate": deletion as f64, "KeyState": key.state, "PendingWindowInDays": days }),
    )
}

fn rotatable(state: &State, input: &Input<'_>) -> Result<String, super::answer::Refusal> {
    let key = input.key(state)?;
    check_rotates(key, &["Enabled"])?;
    Ok(key.id.clone())
}

fn check_rotates(key: &Key, states: &[&str]) -> Result<(), super::answer::Refusal> {
    if key.spec != "SYMMETRIC_DEFAULT" {
        return refuse("UnsupportedOperationException", "");
    }
    match key.state {
        state if states.contains(&state) => Ok(()),
        "Disabled" => refuse("DisabledException", format!("{} is disabled.", key.arn())),
        "PendingDeletion" => refuse("KMSInvalidStateException", format!("{} is pending deletion.", key.arn())),
        other => refuse("KMSInvalidStateException", format!("{} is {other}.", key.arn())),
    }
}
