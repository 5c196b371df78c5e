//! `packaging/aws/`: the CloudFormation template is deployed on moto, and what is there then is looked at; the Terraform module makes
//! the same; both give out the policies that `sealkeep-cli policy` prints.
//!
//! What moto does not keep of a key (after how many days it is rotated and deleted, that it outlives its stack) is read in the template.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sealkeep::session::policy::{Policy, Role, Scope};
use serde_json::{Value, json};

use crate::support::cli::Person;
use crate::support::fake_kms::FakeKms;
use crate::support::moto::Moto;
use crate::support::secret_service::SecretService;
use crate::support::tools::tool;

const ROLES: [(&str, Role); 3] = [("Reader", Role::Reader), ("Editor", Role::Editor), ("Admin", Role::Admin)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/aws")
}

fn template() -> PathBuf {
    folder().join("cloudformation.yaml")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/infrastructure").join(name)
}

/// Runs a Python script of `tests/support/infrastructure/`, without leaving anything there.
fn python(venv: &str, name: &str) -> Command {
    let mut python = Command::new(tool(&format!("{venv}/bin/python")));
    python.arg("-B").arg(script(name));
    python
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What the stack `name` made, as the services say it.
fn deploy(name: &str, parameters: &[&str]) -> Value {
    let mut deploy = python("moto", "deploy.py");
    deploy.arg(template()).arg(name).args([format!("Name={name}"), format!("AliasName=alias/{name}")]).args(parameters);
    let output = Moto::for_templates().point(&mut deploy).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["status"], "CREATE_COMPLETE");
    found
}

#[test]
fn a_deployed_template_has_a_key_that_rotates_and_an_alias_that_points_to_it() {
    let found = deploy("look-at-key", &["Trail=false"]);
    let (key, arn) = (&found["key"], &found["outputs"]["KeyArn"]);
    let metadata = &key["metadata"];
    assert_eq!(&metadata["Arn"], arn);
    for (name, expected) in [
        ("KeySpec", json!("SYMMETRIC_DEFAULT")),
        ("KeyUsage", json!("ENCRYPT_DECRYPT")),
        ("KeyState", json!("Enabled")),
        ("MultiRegion", json!(false)),
    ] {
        assert_eq!(metadata[name], expected, "{name}");
    }
    assert_eq!(key["rotates"], true);
    assert_eq!(key["aliases"], json!(["alias/look-at-key"]));
    let source = fs::read_to_string(template()).unwrap();
    let (_, key) = source.split_once("\n  Key:\n").unwrap();
    let (key, _) = key.split_once("\n  KeyAlias:\n").unwrap();
    for line in [
        "    DeletionPolicy: Retain",
        "    UpdateReplacePolicy: Retain",
        "      PendingWindowInDays: 30",
        "      EnableKeyRotation: true",
        "      RotationPeriodInDays: !Ref RotationPeriodInDays",
    ] {
        assert!(key.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn the_key_lets_iam_give_out_what_the_roles_need_and_nothing_else() {
    let found = deploy("look-at-policy", &["Trail=false"]);
    let statements = found["key"]["policy"]["Statement"].as_array().unwrap();
    let [administration, usage, window] = statements.as_slice() else { panic!("{statements:#?}") };
    let actions = |statement: &Value| -> BTreeSet<String> {
        statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    let key = found["outputs"]["KeyArn"].as_str().unwrap();
    let needed = |roles: &[Role]| -> BTreeSet<String> {
        let policies = roles.iter().map(|role| of_the_library(*role, key, true));
        let statements = policies.flat_map(|policy| policy["Statement"].as_array().unwrap().clone());
        statements.filter(|statement| statement["Resource"] != json!(["*"])).flat_map(|found| actions(&found)).collect()
    };
    let (uses, looks_after) = (needed(&[Role::Reader, Role::Editor]), needed(&[Role::Admin]));
    assert_eq!(actions(administration), looks_after);
    assert!(uses.difference(&actions(usage)).all(|action| looks_after.contains(action)), "{uses:?}");
    assert!(actions(usage).is_subset(&uses));
    let root = json!({ "AWS": format!("arn:aws:iam::{}:root", key.split(':').nth(4).unwrap()) });
    for allowed in [administration, usage] {
        assert_eq!((&allowed["Effect"], &allowed["Principal"]), (&json!("Allow"), &root));
        for action in ["kms:*", "kms:CreateGrant", "kms:DisableKeyRotation", "kms:ReplicateKey"] {
            assert!(!actions(allowed).contains(action), "{action}");
        }
    }
    let purposes = json!({ "kms:EncryptionContext:sealkeep:purpose": ["index", "body", "file", "test"] });
    assert_eq!(usage["Condition"], json!({ "StringEquals": purposes }));
    assert_eq!((&window["Effect"], &window["Principal"]), (&json!("Deny"), &json!("*")));
    assert_eq!(window["Action"], json!(["kms:ScheduleKeyDeletion"]));
    let shorter = json!({ "NumericLessThan": { "kms:ScheduleKeyDeletionPendingWindowInDays": ["30"] } });
    assert_eq!(window["Condition"], shorter);
}

/// The policy of a role for every vault under `key`, whose alias is that of `deploy`.
fn of_the_library(role: Role, key: &str, files: bool) -> Value {
    let alias = Some("alias/look-at-roles".to_owned());
    let scope = Scope { keys: vec![key.parse().unwrap()], files, alias, ..Scope::default() };
    serde_json::from_str(&Policy::new(role, &scope).to_string()).unwrap()
}

#[test]
fn the_policies_are_those_that_the_command_line_prints() {
    // A key first, as somebody does who has no vault yet.
    let made = deploy("look-at-roles", &["Trail=false"]);
    let key = made["outputs"]["KeyArn"].as_str().unwrap();
    for (name, role) in ROLES {
        assert_eq!(made["policies"][name]["document"], of_the_library(role, key, false), "{name}");
        assert_eq!(made["policies"][name]["name"], format!("look-at-roles-{}", name.to_lowercase()));
    }

    let keyring = SecretService::start();
    let anna = Person::with_keyring(&keyring);
    let endpoint = Moto::for_templates().endpoint();
    let add = ["profile", "add", "work", "--region", FakeKms::REGION, "--endpoint-url", endpoint];
    anna.run_with("secret\n", [&add[..], &["--access-key-id", "AKIAANNA"]].concat()).ok();
    anna.run(["new", "--kms", key, "--vault", "v.sealkeep"]).ok();
    let vault = anna.run(["status", "--json"]).ok().json()["vault"].as_str().unwrap().to_owned();

    for files in [false, true] {
        let stack = format!("for-one-vault-{files}");
        let deployed = deploy(&stack, &["Trail=false", &format!("VaultId={vault}"), &format!("Files={files}")]);
        // Another stack's key: all else is as it is printed for this one's.
        let other = deployed["outputs"]["KeyArn"].as_str().unwrap();
        for (name, role) in ROLES {
            let (role_name, alias) = (name.to_lowercase(), format!("alias/{stack}"));
            let mut args = vec!["policy", "--role", &role_name];
            match role {
                Role::Admin => args.extend(["--alias", &alias]),
                _ if files => args.push("--files"),
                _ => {}
            }
            let printed = anna.run(&args).ok().text().replace(key, other);
            let printed: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(deployed["policies"][name]["document"], printed, "{name}, {files}");
        }
    }
}

#[test]
fn a_trail_logs_every_use_into_a_bucket_that_nobody_else_reads_or_writes() {
    let found = deploy("look-at-trail", &["TrailRetentionInDays=400"]);
    let bucket_name = found["outputs"]["LogBucketName"].as_str().unwrap();
    let trail = &found["trail"];
    for (name, expected) in [
        ("S3BucketName", json!(bucket_name)),
        ("LogFileValidationEnabled", json!(true)),
        ("IsMultiRegionTrail", json!(true)),
        ("IncludeGlobalServiceEvents", json!(true)),
    ] {
        assert_eq!(trail["trail"][name], expected, "{name}");
    }
    assert_eq!(trail["logs"], true);
    let all = json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true, "ExcludeManagementEventSources": [] }]);
    assert_eq!(trail["selectors"], all);

    let bucket = &found["bucket"];
    assert_eq!(bucket["encryption"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    assert_eq!(bucket["versioning"], "Enabled");
    assert_eq!(bucket["owner"], json!([{ "ObjectOwnership": "BucketOwnerEnforced" }]));
    let public = bucket["public"].as_object().unwrap();
    assert!(public.len() == 4 && public.values().all(|blocked| blocked == true), "{public:?}");
    let [rule] = bucket["rules"].as_array().unwrap().as_slice() else { panic!("{bucket:#}") };
    assert_eq!((&rule["Status"], &rule["Expiration"]["Days"]), (&json!("Enabled"), &json!(400)));
    assert_eq!(rule["NoncurrentVersionExpiration"]["NoncurrentDays"], 30);

    let statements = bucket["policy"]["Statement"].as_array().unwrap();
    let [looks, writes, tls] = statements.as_slice() else { panic!("{statements:#?}") };
    for (statement, action) in [(looks, "s3:GetBucketAcl"), (writes, "s3:PutObject")] {
        assert_eq!(statement["Principal"], json!({ "Service": "cloudtrail.amazonaws.com" }));
        assert_eq!(statement["Action"], json!([action]));
        let source = &statement["Condition"]["StringEquals"]["aws:SourceArn"];
        assert_eq!(source, &json!([trail["trail"]["TrailARN"]]), "this trail and no other");
    }
    let logs = format!("arn:aws:s3:::{bucket_name}/AWSLogs/123456789012/*");
    assert_eq!(writes["Resource"], json!([logs]));
    assert_eq!((&tls["Effect"], &tls["Principal"], &tls["Action"]), (&json!("Deny"), &json!("*"), &json!(["s3:*"])));
    assert_eq!(tls["Condition"], json!({ "Bool": { "aws:SecureTransport": ["false"] } }));
}

#[test]
fn an_account_with_a_trail_gets_no_other() {
    let found = deploy("no-trail", &["Trail=false"]);
    let made: Vec<_> = found["resources"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(made, ["AdminPolicy", "EditorPolicy", "Key", "KeyAlias", "ReaderPolicy"]);
    assert!(found["outputs"].get("LogBucketName").is_none());
}

#[test]
fn the_template_has_nothing_that_cfn_lint_remarks_on() {
    let lint = |template: &Path| {
        let mut lint = Command::new(tool("infra/bin/cfn-lint"));
        // Remarks too, and not the settings of whoever runs this.
        lint.args(["--include-checks", "I", "--config-file", "/dev/null", "--"]).arg(template).output().unwrap()
    };
    let output = lint(&template());
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output));
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    let source = fs::read_to_string(template()).unwrap();
    fs::write(&wrong, source.replace("PendingWindowInDays: 30", "PendingWindowInDays: 31")).unwrap();
    assert!(!lint(&wrong).status.success(), "it looks at the values");
}

#[test]
fn the_module_makes_what_the_template_makes_and_no_value_of_either_goes_unseen() {
    let mut compare = python("infra", "compare.py");
    let output = compare.arg(template()).arg(folder().join("terraform")).arg("--mutate").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let changes: usize = text(&output).trim().strip_suffix(" changes").unwrap().parse().unwrap();
    assert!(changes > 1000, "{changes}");
}

#[test]
fn a_module_that_differs_is_told_apart_and_the_difference_is_named() {
    let copy = tempfile::tempdir().unwrap();
    let at = |name: &str| copy.path().join(name);
    for (file, from, to, named) in [
        ("key.tf", "deletion_window_in_days            = 30", "deletion_window_in_days = 7", "PendingWindowInDays"),
        ("key.tf", "prevent_destroy = true", "prevent_destroy = false", "DeletionPolicy"),
        (
            "key.tf",
            "\"kms:PutKeyPolicy\",",
            "\"kms:PutKeyPolicy\", \"kms:CreateGrant\",",
            "LetIamLookAfterTheKey.Action",
        ),
        ("policies.tf", "values   = [\"index\", \"body\"]", "values   = [\"index\", \"file\"]", "OpenVaults.Condition"),
        (
            "trail.tf",
            "exclude_management_event_sources = []",
            "exclude_management_event_sources = [\"kms.amazonaws.com\"]",
            "Exclude",
        ),
        ("trail.tf", "variable = \"aws:SourceArn\"", "variable = \"aws:SourceAccount\"", "SourceAccount"),
        ("variables.tf", "default     = true", "default     = false", "Trail"),
        ("trail.tf", "resource \"aws_s3_bucket_versioning\"", "resource \"aws_s3_bucket_acl\"", "aws_s3_bucket_acl"),
    ] {
        for entry in fs::read_dir(folder().join("terraform")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, at(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        let source = fs::read_to_string(at(file)).unwrap();
        assert!(source.contains(from), "{from}");
        fs::write(at(file), source.replacen(from, to, 1)).unwrap();
        let output = python("infra", "compare.py").arg(template()).arg(copy.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{to}: {}", text(&output));
        assert!(text(&output).contains(named), "{to}: {}", text(&output));
    }
}
