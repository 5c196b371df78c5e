//! The key policy of a key that Sealkeep makes: who administers it, who wraps with it, and for how long it can be saved from deletion.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>

use serde_json::{Value, json};

use crate::providers::ProviderError;

/// What administering takes. Nothing here wraps or unwraps, and `kms:CreateGrant`, which could hand that on, is left out.
const ADMINISTER: [&str; 21] = [
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:ListGrants",
    "kms:PutKeyPolicy",
    "kms:UpdateKeyDescription",
    "kms:CreateAlias",
    "kms:UpdateAlias",
    "kms:DeleteAlias",
    "kms:EnableKey",
    "kms:DisableKey",
    "kms:EnableKeyRotation",
    "kms:DisableKeyRotation",
    "kms:RotateKeyOnDemand",
    "kms:RevokeGrant",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
];

/// What a vault needs, rewrapping to another key included.
const WRAP: [&str; 5] = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// Fewer days than these nobody may schedule a deletion with. It is AWS's longest.
const DELETION_WINDOW_DAYS: u32 = 30;

/// Who makes the key, as AWS names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Maker {
    partition: String,
    /// 12 digits.
    pub(super) account: String,
    principal: Principal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Principal {
    /// A user, or something else that a statement can name by its ARN.
    Named(String),
    /// A role, of which a session says the name and not the path.
    Role(String),
    /// The account's root user.
    Root,
}

impl Maker {
    /// Reads what `sts:GetCallerIdentity` says.
    ///
    /// # Errors
    /// [`ProviderError::Unexpected`] for what is no ARN of a principal: nothing is put into a policy that is not understood.
    pub(super) fn of(arn: &str) -> Result<Self, ProviderError> {
        let refused = || ProviderError::Unexpected(format!("who the profile is can't be read: {arn}"));
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service @ ("iam" | "sts"), "", account, resource] = parts.as_slice() else {
            return Err(refused());
        };
        let plain = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
        };
        let sound = plain(partition, "-") && account.len() == 12 && plain(resource, "+=,.@_-/");
        if !sound || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let principal = match (*service, resource.split_once('/')) {
            ("iam", None) if *resource == "root" => Principal::Root,
            ("iam", Some(("user", _))) | ("sts", Some(("federated-user", _))) => Principal::Named(arn.to_owned()),
            ("sts", Some(("assumed-role", rest))) => {
                Principal::Role(rest.split_once('/').ok_or_else(refused)?.0.to_owned())
            }
            _ => return Err(refused()),
        };
        Ok(Self { partition: (*partition).to_owned(), account: (*account).to_owned(), principal })
    }

    /// The policy, as it is shown and as it is sent.
    ///
    /// The account administers, by its IAM policies, so that nobody is locked out when a user or role is gone; by these it also lets people
    /// use the key, for what Sealkeep wraps alone: that has a purpose in its encryption context. Whoever makes it administers and uses it
    /// so from the start.
    pub(super) fn policy(&self) -> String {
        let root = format!("arn:{}:iam::{}:root", self.partition, self.account);
        let purpose = json!({ "Null": { "kms:EncryptionContext:sealkeep:purpose": "false" } });
        let mut statements = vec![json!({
            "Sid": "AccountAdministers", "Effect": "Allow", "Principal": { "AWS": root }, "Action": ADMINISTER, "Resource": "*",
        })];
        statements.push(json!({
            "Sid": "AccountGivesToSealkeep", "Effect": "Allow", "Principal": { "AWS": root }, "Action": WRAP, "Resource": "*",
            "Condition": purpose.clone(),
        }));
        if self.principal != Principal::Root {
            statements.push(self.allow("MakerAdministers", &ADMINISTER, json!({})));
            statements.push(self.allow("MakerWrapsForSealkeep", &WRAP, purpose));
        }
        statements.push(json!({
            "Sid": "DeletionWaitsThirtyDays", "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "kms:ScheduleKeyDeletion",
            "Resource": "*",
            "Condition": {
                "NumericLessThan": { "kms:ScheduleKeyDeletionPendingWindowInDays": DELETION_WINDOW_DAYS.to_string() },
            },
        }));
        format!("{:#}", json!({ "Version": "2012-10-17", "Statement": statements }))
    }

    fn allow(&self, sid: &str, actions: &[&str], mut condition: Value) -> Value {
        let Self { partition, account, principal } = self;
        let named = match principal {
            Principal::Named(arn) => arn.clone(),
            Principal::Root => format!("arn:{partition}:iam::{account}:root"),
            // A role's ARN has its path, which nobody says here; names of roles are unique in an account whatever the path.
            Principal::Role(name) => {
                let role = |path: &str| format!("arn:{partition}:iam::{account}:role/{path}{name}");
                condition["StringEquals"] = json!({ "kms:CallerAccount": account });
                condition["ArnLike"] = json!({ "aws:PrincipalArn": [role(""), role("*/")] });
                "*".to_owned()
            }
        };
        let mut statement = json!({
            "Sid": sid, "Effect": "Allow", "Principal": { "AWS": named }, "Action": actions, "Resource": "*",
        });
        if condition.as_object().is_some_and(|pairs| !pairs.is_empty()) {
            statement["Condition"] = condition;
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(arn: &str) -> Value {
        serde_json::from_str(&Maker::of(arn).unwrap().policy()).unwrap()
    }

    fn statement<'a>(policy: &'a Value, sid: &str) -> &'a Value {
        policy["Statement"].as_array().unwrap().iter().find(|statement| statement["Sid"] == sid).unwrap()
    }

    #[test]
    fn the_account_administers_and_gives_use_for_sealkeep_alone() {
        let policy = policy("arn:aws:iam::111122223333:user/division/anna");
        let account = statement(&policy, "AccountAdministers");
        assert_eq!(account["Principal"]["AWS"], "arn:aws:iam::111122223333:root");
        let actions = account["Action"].as_array().unwrap();
        assert!(actions.contains(&"kms:PutKeyPolicy".into()), "nobody is locked out");
        for action in WRAP.iter().chain(&["kms:CreateGrant", "kms:*"]) {
            assert!(!actions.contains(&(*action).into()), "{action}");
        }
        let gives = statement(&policy, "AccountGivesToSealkeep");
        assert_eq!((&gives["Principal"], &gives["Action"]), (&account["Principal"], &json!(WRAP)));
        assert_eq!(gives["Condition"], json!({ "Null": { "kms:EncryptionContext:sealkeep:purpose": "false" } }));
    }

    #[test]
    fn who_makes_it_wraps_for_sealkeep_alone() {
        let policy = policy("arn:aws:iam::111122223333:user/division/anna");
        let wraps = statement(&policy, "MakerWrapsForSealkeep");
        assert_eq!(wraps["Principal"]["AWS"], "arn:aws:iam::111122223333:user/division/anna");
        assert_eq!(wraps["Action"], json!(WRAP));
        assert_eq!(wraps["Condition"], json!({ "Null": { "kms:EncryptionContext:sealkeep:purpose": "false" } }));
    }

    #[test]
    fn a_session_is_known_by_its_role_whatever_the_path() {
        let policy = policy("arn:aws-cn:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123/anna@example.org");
        for sid in ["MakerAdministers", "MakerWrapsForSealkeep"] {
            let grants = statement(&policy, sid);
            assert_eq!(grants["Principal"]["AWS"], "*");
            assert_eq!(grants["Condition"]["StringEquals"]["kms:CallerAccount"], "111122223333");
            let role = "arn:aws-cn:iam::111122223333:role/";
            let wanted = json!([format!("{role}AWSReservedSSO_Dev_0123"), format!("{role}*/AWSReservedSSO_Dev_0123")]);
            assert_eq!(grants["Condition"]["ArnLike"]["aws:PrincipalArn"], wanted);
        }
    }

    #[test]
    fn nobody_shortens_the_time_in_which_a_deletion_can_be_cancelled() {
        let policy = policy("arn:aws:iam::111122223333:root");
        let denies = statement(&policy, "DeletionWaitsThirtyDays");
        assert_eq!((&denies["Effect"], &denies["Principal"]["AWS"]), (&"Deny".into(), &"*".into()));
        let limit = &denies["Condition"]["NumericLessThan"]["kms:ScheduleKeyDeletionPendingWindowInDays"];
        assert_eq!(limit, "30");
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 3, "the root user is the account");
    }

    #[test]
    fn what_is_no_principal_is_in_no_policy() {
        for arn in [
            "",
            "arn:aws:iam::1:user/anna",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:iam::111122223333:user/a*",
            "arn:aws:sts::111122223333:assumed-role/r",
            "arn:aws:iam::111122223333:user/a\"}",
            "arn:a*:iam::111122223333:user/a",
            "arn:aws:kms:eu-central-1:111122223333:key/k",
        ] {
            assert!(Maker::of(arn).is_err(), "{arn}");
        }
    }
}
