output "key_arn" {
  description = "What Sealkeep is told, once."
  value       = aws_kms_key.vaults.arn
}

output "reader_policy_arn" {
  description = "For those who open vaults."
  value       = aws_iam_policy.reader.arn
}

output "editor_policy_arn" {
  description = "For those who save as well."
  value       = aws_iam_policy.editor.arn
}

output "admin_policy_arn" {
  description = "For those who look after the key."
  value       = aws_iam_policy.admin.arn
}

output "log_bucket_name" {
  description = "Where the trail's logs are."
  value       = var.trail ? aws_s3_bucket.log[0].id : null
}
