"""compare.py TEMPLATE MODULE [--mutate]

Holds a CloudFormation template against a Terraform module, resource by resource and property by property, for every combination of
their conditions, and prints what differs; ends with 1 where something does. With --mutate it changes every value of both in turn, one at
a time, and prints those changes that no comparison noticed, and how many it made.
"""

import copy
import itertools
import pathlib
import re
import sys

import module
import template

# What a resource of the template is in the module; the first one is it, the others are what CloudFormation has inside.
COUNTERPARTS = {
    "Key": ["aws_kms_key.vaults"],
    "KeyAlias": ["aws_kms_alias.vaults"],
    "ReaderPolicy": ["aws_iam_policy.reader"],
    "EditorPolicy": ["aws_iam_policy.editor"],
    "AdminPolicy": ["aws_iam_policy.admin"],
    "LogBucket": [
        "aws_s3_bucket.log",
        "aws_s3_bucket_ownership_controls.log",
        "aws_s3_bucket_public_access_block.log",
        "aws_s3_bucket_server_side_encryption_configuration.log",
        "aws_s3_bucket_versioning.log",
        "aws_s3_bucket_lifecycle_configuration.log",
    ],
    "LogBucketPolicy": ["aws_s3_bucket_policy.log"],
    "KeyTrail": ["aws_cloudtrail.key"],
}
NAMES = {
    "aws_kms_key.vaults.arn": "{Key.Arn}",
    "aws_iam_policy.reader.arn": "{ReaderPolicy}",
    "aws_iam_policy.editor.arn": "{EditorPolicy}",
    "aws_iam_policy.admin.arn": "{AdminPolicy}",
    "aws_s3_bucket.log.id": "{LogBucket}",
    "aws_s3_bucket.log.arn": "{LogBucket.Arn}",
}
# An argument of the module, and the property that it is.
ARGUMENTS = {
    "aws_kms_key": {
        "description": "Description",
        "is_enabled": "Enabled",
        "customer_master_key_spec": "KeySpec",
        "key_usage": "KeyUsage",
        "multi_region": "MultiRegion",
        "enable_key_rotation": "EnableKeyRotation",
        "rotation_period_in_days": "RotationPeriodInDays",
        "deletion_window_in_days": "PendingWindowInDays",
        "bypass_policy_lockout_safety_check": "BypassPolicyLockoutSafetyCheck",
        "policy": "KeyPolicy",
    },
    "aws_kms_alias": {"name": "AliasName", "target_key_id": "TargetKeyId"},
    "aws_iam_policy": {"name": "ManagedPolicyName", "description": "Description", "policy": "PolicyDocument"},
    "aws_s3_bucket_policy": {"bucket": "Bucket", "policy": "PolicyDocument"},
    "aws_s3_bucket_ownership_controls": {"rule": ["OwnershipControls.Rules", {"object_ownership": "ObjectOwnership"}]},
    "aws_s3_bucket_public_access_block": {
        "block_public_acls": "PublicAccessBlockConfiguration.BlockPublicAcls",
        "block_public_policy": "PublicAccessBlockConfiguration.BlockPublicPolicy",
        "ignore_public_acls": "PublicAccessBlockConfiguration.IgnorePublicAcls",
        "restrict_public_buckets": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
    },
    "aws_s3_bucket_server_side_encryption_configuration": {
        "rule": [
            "BucketEncryption.ServerSideEncryptionConfiguration",
            {"apply_server_side_encryption_by_default": {"sse_algorithm": "ServerSideEncryptionByDefault.SSEAlgorithm"}},
        ],
    },
    "aws_s3_bucket_versioning": {"versioning_configuration": {"status": "VersioningConfiguration.Status"}},
    "aws_s3_bucket_lifecycle_configuration": {
        "rule": [
            "LifecycleConfiguration.Rules",
            {
                "id": "Id",
                "status": "Status",
                "filter": {},
                "expiration": {"days": "ExpirationInDays"},
                "noncurrent_version_expiration": {"noncurrent_days": "NoncurrentVersionExpiration.NoncurrentDays"},
                "abort_incomplete_multipart_upload": {
                    "days_after_initiation": "AbortIncompleteMultipartUpload.DaysAfterInitiation"
                },
            },
        ],
    },
    "aws_cloudtrail": {
        "name": "TrailName",
        "s3_bucket_name": "S3BucketName",
        "enable_logging": "IsLogging",
        "is_multi_region_trail": "IsMultiRegionTrail",
        "include_global_service_events": "IncludeGlobalServiceEvents",
        "enable_log_file_validation": "EnableLogFileValidation",
        "event_selector": [
            "EventSelectors",
            {
                "read_write_type": "ReadWriteType",
                "include_management_events": "IncludeManagementEvents",
                "exclude_management_event_sources": "ExcludeManagementEventSources",
            },
        ],
    },
    "aws_s3_bucket": {},
}
TYPES = {
    "Key": "AWS::KMS::Key",
    "KeyAlias": "AWS::KMS::Alias",
    "ReaderPolicy": "AWS::IAM::ManagedPolicy",
    "EditorPolicy": "AWS::IAM::ManagedPolicy",
    "AdminPolicy": "AWS::IAM::ManagedPolicy",
    "LogBucket": "AWS::S3::Bucket",
    "LogBucketPolicy": "AWS::S3::BucketPolicy",
    "KeyTrail": "AWS::CloudTrail::Trail",
}
# What comes after another piece of the same resource: rules about earlier versions need versions.
PIECES_AFTER = {"aws_s3_bucket_lifecycle_configuration": ["aws_s3_bucket_versioning.log"]}
VAULT = "0f7f5e0e-9f86-4b6c-8f0c-1f6f1a3a2b11"
OTHERS = {"Name": "team", "AliasName": "alias/team", "RotationPeriodInDays": 400, "TrailRetentionInDays": 99}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def translated(body, arguments):
    """The properties that a block's arguments are. One that is not known is an error."""
    properties = {}
    for name, value in body.items():
        if name not in arguments:
            raise ValueError(f"the argument {name} has no counterpart")
        to = arguments[name]
        if isinstance(to, str):
            put(properties, to, value)
        elif isinstance(to, list):
            put(properties, to[0], [translated(block, to[1]) for block in value])
        else:
            [block] = value
            merge(properties, translated(block, to))
    return properties


def put(properties, path, value):
    *folders, last = path.split(".")
    for folder in folders:
        properties = properties.setdefault(folder, {})
    if last in properties:
        raise ValueError(f"{path} is there twice")
    properties[last] = value


def merge(properties, more):
    for name, value in more.items():
        if name not in properties:
            properties[name] = value
        elif isinstance(value, dict) and isinstance(properties[name], dict):
            merge(properties[name], value)
        else:
            raise ValueError(f"{name} is there twice")


def by_sid(value):
    """The order of statements has no meaning, and their ids have to differ."""
    if isinstance(value, dict):
        value = {key: by_sid(item) for key, item in value.items()}
        if isinstance(value.get("Statement"), list):
            statements = {statement["Sid"]: statement for statement in value["Statement"]}
            if len(statements) != len(value["Statement"]):
                raise ValueError("two statements of one Sid")
            value["Statement"] = statements
    elif isinstance(value, list):
        value = [by_sid(item) for item in value]
    return value


def from_module(name, resources, variables):
    """What stands in the module for the template's resource `name`, as the template would have it."""
    properties, made = {}, {"Type": TYPES[name]}
    for address in COUNTERPARTS[name]:
        body = dict(resources[address])
        kind = address.split(".")[0]
        if body.pop("lifecycle", None) == [{"prevent_destroy": True}]:
            made.update(DeletionPolicy="Retain", UpdateReplacePolicy="Retain")
        after = body.pop("depends_on", [])
        if after != PIECES_AFTER.get(kind, []):
            [made["DependsOn"]] = [other for other, addresses in COUNTERPARTS.items() if after == [addresses[0]]]
        if kind == "aws_s3_bucket":
            # CloudFormation makes a name up by itself, and never empties a bucket.
            if body.pop("bucket_prefix") != f"{variables['name']}-trail-" or body.pop("force_destroy") is not False:
                raise ValueError("the bucket's name, or what happens to its content")
        elif kind.startswith("aws_s3_bucket_") and kind != "aws_s3_bucket_policy":
            if body.pop("bucket") != "{LogBucket}":
                raise ValueError(f"{address} is about another bucket")
        merge(properties, translated(body, ARGUMENTS[kind]))
    return {**made, "Properties": properties}


def differences(template_, declared):
    found = []
    try:
        found += parameters(template_["Parameters"], declared["variable"])
        if set(template_["Resources"]) != set(COUNTERPARTS):
            found.append(f"the template's resources are {sorted(template_['Resources'])}")
        if set(declared["resource"]) != {address for addresses in COUNTERPARTS.values() for address in addresses}:
            found.append(f"the module's resources are {sorted(declared['resource'])}")
        if {snake(name) for name in template_["Outputs"]} != set(declared["output"]):
            found.append("the outputs have other names")
        for given in cases(template_):
            found += [f"{difference} (with {given})" for difference in compared(template_, declared, given)]
            if found:
                break
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        found.append(f"{type(error).__name__}: {error}")
    return found


def cases(template_):
    defaults = {name: body["Default"] for name, body in template_["Parameters"].items()}
    for vault, files, trail, others in itertools.product(["", VAULT], ["false", "true"], ["false", "true"], [{}, OTHERS]):
        yield {**defaults, "VaultId": vault, "Files": files, "Trail": trail, **others}


def compared(template_, declared, given):
    as_variable = lambda value: {"true": True, "false": False}.get(value, value)
    variables = {snake(name): as_variable(value) for name, value in given.items()}
    resolved, evaluated = template.Resolved(template_, given), module.Evaluated(declared, variables, NAMES)
    ours, theirs = resolved.resources(), evaluated.resources()
    for name, addresses in COUNTERPARTS.items():
        if {address in theirs for address in addresses} != {name in ours}:
            yield f"{name} is made by one of them only"
        elif name in ours:
            one, other = by_sid(ours[name]), by_sid(from_module(name, theirs, variables))
            yield from unequal(name, one, other)
    outputs = resolved.outputs()
    for name, body in template_["Outputs"].items():
        value, text = evaluated.output(snake(name)), declared["output"][snake(name)]["description"].strip('"')
        if value != outputs.get(name, {}).get("Value") or text != body["Description"]:
            yield f"the output {name}"


def unequal(path, one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other)):
            if key not in one or key not in other:
                yield f"{path}.{key} is in one of them only"
            else:
                yield from unequal(f"{path}.{key}", one[key], other[key])
    elif one != other or type(one) is not type(other):
        yield f"{path} is {one!r} in the template and {other!r} in the module"


def parameters(ours, theirs):
    if {snake(name) for name in ours} != set(theirs):
        yield f"the parameters are {sorted(ours)} and {sorted(theirs)}"
        return
    for name, body in ours.items():
        variable, known = "var." + snake(name), theirs[snake(name)]
        expected = {"description": f'"{body["Description"]}"'}
        if body["Type"] not in ("Number", "String"):
            yield f"the parameter {name} has no type that is known"
        if body.get("AllowedValues") == ["false", "true"]:
            expected.update(type="bool", default=body["Default"] == "true")
        elif body["Type"] == "Number":
            expected.update(type="number", default=body["Default"])
            expected["validation"] = f"{variable} >= {body['MinValue']} && {variable} <= {body['MaxValue']}"
        else:
            expected.update(type="string", default=f'"{body["Default"]}"')
            expected["validation"] = f'can(regex("{body["AllowedPattern"]}", {variable}))'
        said = {key: value for key, value in known.items()}
        if "validation" in said:
            said["validation"] = re.fullmatch(r"\$\{(.*)\}", said["validation"][0]["condition"]).group(1)
        said["type"] = re.sub(r"^\$\{(.*)\}$", r"\1", said["type"])
        if expected != said:
            yield f"the parameter {name} is {expected} in the template and {said} in the module"


def leaves(value, path=()):
    """Where there is something to change, in what was read."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in module.META and key != "error_message":
                yield from leaves(inner, (*path, key))
        if isinstance(value, list) and not value:
            yield path
    else:
        yield path


def changed(tree, path):
    tree = copy.deepcopy(tree)
    place = tree
    for key in path[:-1]:
        place = place[key]
    value = place[path[-1]]
    if isinstance(value, bool):
        value = not value
    elif isinstance(value, int):
        value += 1
    elif isinstance(value, list):
        value = ["kms.amazonaws.com"]
    elif value in ("true", "false"):
        value = {"true": "false", "false": "true"}[value]
    elif value.startswith("${") and value.endswith("}"):
        value = f"${{{value[2:-1]}x}}" if not value.endswith("]}") else "${[]}"
    elif value.startswith('"'):
        value = value[:-1] + 'x"'
    else:
        value += "x"
    place[path[-1]] = value
    return tree


def removed(tree, path):
    tree = copy.deepcopy(tree)
    place = tree
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return tree


def mutate(template_, declared):
    """Every change that was made, and those that nobody noticed."""
    made, missed = 0, []
    for which, tree in (("template", template_), ("module", declared)):
        for path in leaves(tree):
            # What each program has for itself.
            if path[0] in ("AWSTemplateFormatVersion", "Description", "terraform"):
                continue
            for how in (changed, removed):
                other = how(tree, path)
                made += 1
                if not (differences(other, declared) if which == "template" else differences(template_, other)):
                    missed.append(f"{which}: {how.__name__} {'.'.join(map(str, path))}")
    return made, missed


def main():
    texts = [path.read_text() for path in sorted(pathlib.Path(sys.argv[2]).glob("*.tf"))]
    template_, declared = template.load(pathlib.Path(sys.argv[1]).read_text()), module.load(texts)
    found = differences(template_, declared)
    if not found and "--mutate" in sys.argv:
        made, found = mutate(template_, declared)
        print(f"{made} changes")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
