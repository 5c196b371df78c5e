//! Key policies, as far as AWS KMS reads them for what Sealkeep writes into one: principals, actions and a few conditions. A condition
//! that it does not know grants nothing and denies everything, so that no test passes by it.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>

use serde_json::Value;

use super::FakeKms;
use super::keys::Key;
use super::operations::{arn_of, context_of};
use super::state::{Denial, State};

/// Who says no to `caller`; nobody where the key has no policy of its own.
pub(super) fn denies(state: &State, key: &Key, caller: &str, action: &str, request: &Value) -> Option<Denial> {
    let policy = key.policy.as_ref()?;
    let iam = !state.without_iam.iter().any(|without| without == caller);
    let asks = Asks { who: &arn_of(state, caller), role: role_of(state, caller), iam, action, request };
    let applies =
        |effect: &str| statements(policy).any(|statement| statement["Effect"] == effect && asks.met_by(statement));
    match (applies("Deny"), applies("Allow")) {
        (true, _) => Some(Denial::KeyDeny),
        (false, true) => None,
        (false, false) => Some(Denial::NoKeyPolicy),
    }
}

/// The ARNs that a policy can name.
pub(super) fn known_principals(state: &State) -> Vec<String> {
    let own = state.principals.keys().map(|caller| arn_of(state, caller));
    own.chain([root(), "*".to_owned()]).collect()
}

/// Whether every principal in `policy` is one of `known`.
pub(super) fn names_only(policy: &Value, known: &[String]) -> bool {
    statements(policy)
        .all(|statement| principals(statement).all(|principal| known.iter().any(|known| known == principal)))
}

/// Whether `who`, or the account, can still change it: AWS's lockout safety check.
pub(super) fn keeps_in(policy: &Value, who: &str) -> bool {
    statements(policy).any(|statement| {
        let named = principals(statement).any(|principal| principal == who || principal == root());
        statement["Effect"] == "Allow" && named && covers(statement, "PutKeyPolicy")
    })
}

struct Asks<'a> {
    who: &'a str,
    /// The ARN of the role, for a session; else of the user.
    role: String,
    /// Whether IAM allows everything.
    iam: bool,
    action: &'a str,
    request: &'a Value,
}

impl Asks<'_> {
    fn met_by(&self, statement: &Value) -> bool {
        // The account in a statement hands the decision on to IAM.
        let named = principals(statement).any(|name| name == "*" || (self.iam && name == root()) || name == self.who);
        named && covers(statement, self.action) && self.meets(&statement["Condition"], statement["Effect"] == "Deny")
    }

    fn meets(&self, conditions: &Value, unknown: bool) -> bool {
        let Some(operators) = conditions.as_object() else { return true };
        operators
            .iter()
            .flat_map(|(operator, pairs)| pairs.as_object().into_iter().flatten().map(move |pair| (operator, pair)))
            .all(|(operator, (key, wanted))| {
                let wanted: Vec<&str> = texts(wanted).collect();
                match (operator.as_str(), key.as_str()) {
                    ("StringEquals", "kms:CallerAccount") => wanted.contains(&FakeKms::ACCOUNT),
                    ("ArnLike", "aws:PrincipalArn") => wanted.iter().any(|pattern| like(pattern, &self.role)),
                    ("Null", key) => {
                        let there = key
                            .strip_prefix("kms:EncryptionContext:")
                            .map(|name| context_of(self.request).contains_key(name));
                        there.map_or(unknown, |there| wanted == [if there { "false" } else { "true" }])
                    }
                    ("NumericLessThan", "kms:ScheduleKeyDeletionPendingWindowInDays") => {
                        let days = self.request["PendingWindowInDays"].as_i64();
                        days.is_some_and(|days| {
                            wanted.iter().any(|limit| limit.parse::<i64>().is_ok_and(|limit| days < limit))
                        })
                    }
                    _ => unknown,
                }
            })
    }
}

fn role_of(state: &State, caller: &str) -> String {
    let session = state.principals.get(caller).and_then(|principal| principal.session.as_ref());
    session.map_or_else(|| arn_of(state, caller), |(_, role)| role.clone())
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    policy["Statement"].as_array().into_iter().flatten()
}

fn principals(statement: &Value) -> impl Iterator<Item = &str> {
    texts(&statement["Principal"]["AWS"])
}

fn covers(statement: &Value, action: &str) -> bool {
    texts(&statement["Action"]).any(|pattern| like(pattern, &format!("kms:{action}")))
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    value.as_str().into_iter().chain(many)
}

/// `*` stands for anything.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| like(after, rest)))),
    }
}

fn root() -> String {
    format!("arn:aws:iam::{}:root", FakeKms::ACCOUNT)
}
