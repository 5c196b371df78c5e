# What readers, editors and administrators may do: as `sealkeep-cli policy` prints it for a vault, which a test holds it to.

resource "aws_iam_policy" "reader" {
  name        = "${var.name}-reader"
  description = "Opens Sealkeep vaults and saves nothing"
  policy      = data.aws_iam_policy_document.reader.json
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid    = "OpenVaults"
    effect = "Allow"

    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.vaults.arn]

    dynamic "condition" {
      for_each = var.vault_id == "" ? [] : [var.vault_id]

      content {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:vault"
        values   = [condition.value]
      }
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:sealkeep:purpose"
      values   = ["index", "body"]
    }
  }

  dynamic "statement" {
    for_each = var.files ? ["files"] : []

    content {
      sid    = "OpenFiles"
      effect = "Allow"

      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.vaults.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:purpose"
        values   = ["file"]
      }
    }
  }

  statement {
    sid    = "SeeKeys"
    effect = "Allow"

    actions = [
      "kms:DescribeKey",
      "kms:GetKeyRotationStatus",
    ]
    resources = [aws_kms_key.vaults.arn]
  }
}

resource "aws_iam_policy" "editor" {
  name        = "${var.name}-editor"
  description = "Opens Sealkeep vaults and saves to them"
  policy      = data.aws_iam_policy_document.editor.json
}

data "aws_iam_policy_document" "editor" {
  statement {
    sid    = "OpenVaults"
    effect = "Allow"

    actions = [
      "kms:Decrypt",
      "kms:ReEncryptFrom",
    ]
    resources = [aws_kms_key.vaults.arn]

    dynamic "condition" {
      for_each = var.vault_id == "" ? [] : [var.vault_id]

      content {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:vault"
        values   = [condition.value]
      }
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:sealkeep:purpose"
      values   = ["index", "body"]
    }
  }

  dynamic "statement" {
    for_each = var.files ? ["files"] : []

    content {
      sid    = "OpenFiles"
      effect = "Allow"

      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.vaults.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:purpose"
        values   = ["file"]
      }
    }
  }

  statement {
    sid    = "SeeKeys"
    effect = "Allow"

    actions = [
      "kms:DescribeKey",
      "kms:GetKeyRotationStatus",
    ]
    resources = [aws_kms_key.vaults.arn]
  }

  statement {
    sid    = "SaveToVaults"
    effect = "Allow"

    actions = [
      "kms:GenerateDataKey",
      "kms:Encrypt",
      "kms:ReEncryptTo",
    ]
    resources = [aws_kms_key.vaults.arn]

    dynamic "condition" {
      for_each = var.vault_id == "" ? [] : [var.vault_id]

      content {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:vault"
        values   = [condition.value]
      }
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:sealkeep:purpose"
      values   = ["index", "body"]
    }
  }

  dynamic "statement" {
    for_each = var.files ? ["files"] : []

    content {
      sid    = "SealFiles"
      effect = "Allow"

      actions = [
        "kms:GenerateDataKey",
        "kms:Encrypt",
      ]
      resources = [aws_kms_key.vaults.arn]

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:sealkeep:purpose"
        values   = ["file"]
      }
    }
  }

  statement {
    sid    = "TryKeys"
    effect = "Allow"

    actions = [
      "kms:GenerateDataKey",
      "kms:Decrypt",
    ]
    resources = [aws_kms_key.vaults.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:sealkeep:purpose"
      values   = ["test"]
    }
  }
}

resource "aws_iam_policy" "admin" {
  name        = "${var.name}-admin"
  description = "Looks after the KMS key of Sealkeep vaults and can not use it"
  policy      = data.aws_iam_policy_document.admin.json
}

data "aws_iam_policy_document" "admin" {
  statement {
    sid    = "LookAfterKeys"
    effect = "Allow"

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
    ]
    resources = [aws_kms_key.vaults.arn]
  }

  statement {
    sid    = "DeleteKeysSlowly"
    effect = "Allow"

    actions   = ["kms:ScheduleKeyDeletion"]
    resources = [aws_kms_key.vaults.arn]

    condition {
      test     = "NumericGreaterThanEqualsIfExists"
      variable = "kms:ScheduleKeyDeletionPendingWindowInDays"
      values   = ["30"]
    }
  }

  statement {
    sid    = "NameKeys"
    effect = "Allow"

    actions = [
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:UpdateAlias",
    ]
    resources = [
      aws_kms_key.vaults.arn,
      "arn:${data.aws_partition.current.partition}:kms:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${var.alias_name}",
    ]
  }

  statement {
    sid    = "ListKeys"
    effect = "Allow"

    actions = [
      "kms:ListAliases",
      "kms:ListKeys",
    ]
    resources = ["*"]
  }
}
