//! What IAM would say: as much of it as the policies of `sealkeep-cli policy` use.

use serde_json::Value;

use super::fake_kms::Call;

/// Whether `policy` allows `call`: an action, a resource, and what it says of the encryption context. Panics at anything that it does not
/// know, so that nothing is taken for allowed because it was not understood.
pub fn allows(policy: &Value, call: &Call) -> bool {
    let statements = policy["Statement"].as_array().expect("a list of statements");
    statements.iter().any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        has(&statement["Action"], &format!("kms:{}", call.action))
            && (has(&statement["Resource"], "*")
                || call.key.as_ref().is_some_and(|key| has(&statement["Resource"], key)))
            && conditions(&statement["Condition"], call)
    })
}

fn conditions(condition: &Value, call: &Call) -> bool {
    let Some(condition) = condition.as_object() else { return true };
    condition.iter().all(|(operator, pairs)| {
        assert_eq!(operator, "StringEquals");
        pairs.as_object().expect("pairs").iter().all(|(key, values)| {
            let key = key.strip_prefix("kms:EncryptionContext:").expect("a condition on the context");
            call.context.get(key).is_some_and(|value| has(values, value))
        })
    })
}

fn has(list: &Value, wanted: &str) -> bool {
    list.as_array().expect("a list").iter().any(|value| value == wanted)
}
