"""deploy.py TEMPLATE STACK NAME=VALUE…

Deploys a CloudFormation template, to whatever AWS the environment names, and prints what the services then say is there, as JSON.
"""

import json
import pathlib
import sys

import boto3


def main():
    source, stack, *given = sys.argv[1:]
    formation = boto3.client("cloudformation")
    parameters = [dict(zip(("ParameterKey", "ParameterValue"), pair.split("=", 1))) for pair in given]
    body = pathlib.Path(source).read_text()
    formation.create_stack(
        StackName=stack, TemplateBody=body, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    [made] = formation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    found = {"status": made["StackStatus"], "outputs": outputs}
    found["resources"] = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in formation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        # moto lists what a condition left out as well, without a name.
        if resource.get("LogicalResourceId")
    }
    found["key"] = key(outputs["KeyArn"])
    found["policies"] = {name: policy(outputs[f"{name}PolicyArn"]) for name in ("Reader", "Editor", "Admin")}
    if "LogBucketName" in outputs:
        found["bucket"] = bucket(outputs["LogBucketName"])
        found["trail"] = trail(found["resources"]["KeyTrail"])
    json.dump(found, sys.stdout, default=str)


def key(arn):
    kms = boto3.client("kms")
    aliases = kms.list_aliases(KeyId=arn)["Aliases"]
    return {
        "metadata": kms.describe_key(KeyId=arn)["KeyMetadata"],
        "rotates": kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"],
        "policy": json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]),
        "aliases": [alias["AliasName"] for alias in aliases],
    }


def policy(arn):
    iam = boto3.client("iam")
    said = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=said["DefaultVersionId"])["PolicyVersion"]
    return {"name": said["PolicyName"], "document": version["Document"]}


def bucket(name):
    s3 = boto3.client("s3")
    return {
        "encryption": s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"],
        "versioning": s3.get_bucket_versioning(Bucket=name)["Status"],
        "public": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "owner": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"],
        "rules": s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"],
        "policy": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
    }


def trail(name):
    cloudtrail = boto3.client("cloudtrail")
    return {
        "trail": cloudtrail.get_trail(Name=name)["Trail"],
        "logs": cloudtrail.get_trail_status(Name=name)["IsLogging"],
        "selectors": cloudtrail.get_event_selectors(TrailName=name)["EventSelectors"],
    }


main()
