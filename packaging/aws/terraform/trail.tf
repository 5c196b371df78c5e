# A trail, so that every use of the key is logged, and the bucket that its logs are in. An account that an organisation's trail covers
# needs neither: trail = false.

locals {
  trail_arn = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:trail/${var.name}"
}

# Every use of the key is a management event, and most are read-only ones: all are logged, and no source is left out. In every region,
# because who is given a policy is logged elsewhere.
resource "aws_cloudtrail" "key" {
  count = var.trail ? 1 : 0

  name                          = var.name
  s3_bucket_name                = aws_s3_bucket.log[0].id
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true

  event_selector {
    read_write_type                  = "All"
    include_management_events        = true
    exclude_management_event_sources = []
  }

  depends_on = [aws_s3_bucket_policy.log]
}

resource "aws_s3_bucket" "log" {
  count = var.trail ? 1 : 0

  bucket_prefix = "${var.name}-trail-"
  force_destroy = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "log" {
  count = var.trail ? 1 : 0

  bucket = aws_s3_bucket.log[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "log" {
  count = var.trail ? 1 : 0

  bucket                  = aws_s3_bucket.log[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "log" {
  count = var.trail ? 1 : 0

  bucket = aws_s3_bucket.log[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "log" {
  count = var.trail ? 1 : 0

  bucket = aws_s3_bucket.log[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "log" {
  count = var.trail ? 1 : 0

  bucket = aws_s3_bucket.log[0].id

  rule {
    id     = "Expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.trail_retention_in_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # Rules about earlier versions need versions.
  depends_on = [aws_s3_bucket_versioning.log]
}

resource "aws_s3_bucket_policy" "log" {
  count = var.trail ? 1 : 0

  bucket = aws_s3_bucket.log[0].id
  policy = data.aws_iam_policy_document.log[0].json

  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "log" {
  count = var.trail ? 1 : 0

  statement {
    sid    = "LetTheTrailLook"
    effect = "Allow"

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.log[0].arn]

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid    = "LetTheTrailWrite"
    effect = "Allow"

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.log[0].arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }

  statement {
    sid    = "OnlyOverTls"
    effect = "Deny"

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    actions   = ["s3:*"]
    resources = [aws_s3_bucket.log[0].arn, "${aws_s3_bucket.log[0].arn}/*"]

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
