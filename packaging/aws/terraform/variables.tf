variable "name" {
  type        = string
  description = "What the policies and the trail are called after."
  default     = "sealkeep"

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{1,38}[a-zA-Z0-9]$", var.name))
    error_message = "3 to 40 letters, digits and hyphens, with no hyphen at either end."
  }
}

variable "alias_name" {
  type        = string
  description = "The key's alias."
  default     = "alias/sealkeep"

  validation {
    condition     = can(regex("^alias/[a-zA-Z0-9/_-]{1,250}$", var.alias_name))
    error_message = "An alias looks like alias/team."
  }
}

variable "rotation_period_in_days" {
  type        = number
  description = "After how many days AWS replaces the key's material. What was wrapped before still opens."
  default     = 365

  validation {
    condition     = var.rotation_period_in_days >= 90 && var.rotation_period_in_days <= 2560
    error_message = "AWS KMS takes 90 to 2560 days."
  }
}

variable "vault_id" {
  type        = string
  description = "The id of the only vault that readers and editors get (`sealkeep-cli status`); empty for every vault under this key."
  default     = ""

  validation {
    condition     = can(regex("^$|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", var.vault_id))
    error_message = "A vault's id is what `sealkeep-cli status` prints."
  }
}

variable "files" {
  type        = bool
  description = "Whether readers open, and editors seal, files without a vault, too."
  default     = false
}

variable "trail" {
  type        = bool
  description = "Whether to make a trail. An account that an organisation's trail covers needs none."
  default     = true
}

variable "trail_retention_in_days" {
  type        = number
  description = "For how many days the trail's logs are kept."
  default     = 365

  validation {
    condition     = var.trail_retention_in_days >= 90 && var.trail_retention_in_days <= 3653
    error_message = "90 to 3653 days."
  }
}
