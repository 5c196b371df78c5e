# A KMS key for Sealkeep and its alias. The CloudFormation template beside this module makes the same; a test holds one against the
# other.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_kms_key" "vaults" {
  description                        = "Wraps the data keys of Sealkeep vaults"
  is_enabled                         = true
  customer_master_key_spec           = "SYMMETRIC_DEFAULT"
  key_usage                          = "ENCRYPT_DECRYPT"
  multi_region                       = false
  enable_key_rotation                = true
  rotation_period_in_days            = var.rotation_period_in_days
  deletion_window_in_days            = 30
  bypass_policy_lockout_safety_check = false
  policy                             = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "vaults" {
  name          = var.alias_name
  target_key_id = aws_kms_key.vaults.arn
}

data "aws_iam_policy_document" "key" {
  # The account's IAM policies decide, about no more than this. Not kms:*: no grants, which would hand on any use past IAM; no turning
  # off of rotation; no copies in other regions.
  statement {
    sid    = "LetIamLookAfterTheKey"
    effect = "Allow"

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }

    actions = [
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListGrants",
      "kms:ListKeyPolicies",
      "kms:ListKeyRotations",
      "kms:ListResourceTags",
      "kms:CancelKeyDeletion",
      "kms:DisableKey",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:RevokeGrant",
      "kms:RotateKeyOnDemand",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateKeyDescription",
      "kms:ScheduleKeyDeletion",
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:UpdateAlias",
    ]
    resources = ["*"]
  }

  # And about its use for Sealkeep alone: an administrator's kms:* in IAM is no use of this key for anything else.
  statement {
    sid    = "LetIamGiveTheKeyToSealkeep"
    effect = "Allow"

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }

    actions = [
      "kms:Decrypt",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:sealkeep:purpose"
      values   = ["index", "body", "file", "test"]
    }
  }

  # A deleted key opens nothing ever again: whoever schedules it leaves everybody a month to notice.
  statement {
    sid    = "DeleteTheKeySlowly"
    effect = "Deny"

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    actions   = ["kms:ScheduleKeyDeletion"]
    resources = ["*"]

    condition {
      test     = "NumericLessThan"
      variable = "kms:ScheduleKeyDeletionPendingWindowInDays"
      values   = ["30"]
    }
  }
}
