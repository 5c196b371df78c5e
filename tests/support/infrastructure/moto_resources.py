"""Teaches moto's CloudFormation what it does not know: trails, policies of buckets, most of a bucket's properties, AWS::NoValue in lists.
What there is to be is handed to moto's own backends, as its API would; loaded into the server before anything is deployed."""

import json

from moto.cloudformation import parsing
from moto.cloudtrail.models import cloudtrail_backends
from moto.core.common_models import CloudFormationModel
from moto.kms.models import Key
from moto.s3.models import FakeBucket, s3_backends


class BucketPolicy(CloudFormationModel):
    # moto reads the service out of it.
    __module__ = "moto_resources.s3"

    def __init__(self, physical_id):
        self.physical_resource_id = physical_id

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::S3::BucketPolicy"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        policy = json.dumps(properties["PolicyDocument"]).encode()
        s3_backends[account_id]["aws"].put_bucket_policy(properties["Bucket"], policy)
        return cls(properties["Bucket"])


class Trail(CloudFormationModel):
    # moto reads the service out of it.
    __module__ = "moto_resources.cloudtrail"

    def __init__(self, physical_id):
        self.physical_resource_id = physical_id

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudTrail::Trail"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties, backend = cloudformation_json["Properties"], cloudtrail_backends[account_id][region_name]
        name = properties["TrailName"]
        backend.create_trail(
            name=name,
            bucket_name=properties["S3BucketName"],
            s3_key_prefix=properties.get("S3KeyPrefix"),
            sns_topic_name=properties.get("SnsTopicName"),
            is_global=properties.get("IncludeGlobalServiceEvents", False),
            is_multi_region=properties.get("IsMultiRegionTrail", False),
            log_validation=properties.get("EnableLogFileValidation", False),
            is_org_trail=properties.get("IsOrganizationTrail", False),
            cw_log_group_arn=properties.get("CloudWatchLogsLogGroupArn"),
            cw_role_arn=properties.get("CloudWatchLogsRoleArn"),
            kms_key_id=properties.get("KMSKeyId"),
            tags_list=[],
        )
        backend.put_event_selectors(name, properties.get("EventSelectors", []), [])
        if properties["IsLogging"]:
            backend.start_logging(name)
        return cls(name)


def taught(model, teach):
    """Has `teach` finish, or prepare, what `model` makes."""
    make = model.create_from_cloudformation_json.__func__

    def make_and_teach(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        made = make(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
        teach(made, cloudformation_json["Properties"], account_id)
        return made

    model.create_from_cloudformation_json = classmethod(make_and_teach)


def finish_key(key, properties, account_id):
    # The API has policies as text.
    key.policy = json.dumps(properties["KeyPolicy"])
    key.multi_region = properties.get("MultiRegion", False)


def finish_bucket(bucket, properties, account_id):
    backend = s3_backends[account_id]["aws"]
    if "VersioningConfiguration" in properties:
        backend.put_bucket_versioning(bucket.name, properties["VersioningConfiguration"]["Status"])
    if "PublicAccessBlockConfiguration" in properties:
        backend.put_public_access_block(bucket.name, properties["PublicAccessBlockConfiguration"])
    if "OwnershipControls" in properties:
        [rule] = properties["OwnershipControls"]["Rules"]
        backend.put_bucket_ownership_controls(bucket.name, rule["ObjectOwnership"])
    if "LifecycleConfiguration" in properties:
        rules = list(map(as_in_the_api, properties["LifecycleConfiguration"]["Rules"]))
        backend.put_bucket_lifecycle_configuration(bucket.name, rules)


def as_in_the_api(rule):
    """CloudFormation has its own name for the days, and a rule of the API needs to say what it is about."""
    rule = {"Filter": {"Prefix": ""}, **rule}
    rule["ID"] = rule.pop("Id")
    if "ExpirationInDays" in rule:
        rule["Expiration"] = {"Days": str(rule.pop("ExpirationInDays"))}
    return rule


def without_nothing(value, resources):
    """AWS::NoValue in a list is no item of it."""
    cleaned = CLEAN(value, resources)
    return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned


CLEAN, parsing.clean_json = parsing.clean_json, without_nothing
taught(Key, finish_key)
taught(FakeBucket, finish_bucket)
