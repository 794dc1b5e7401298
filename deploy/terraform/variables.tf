variable "region" {
  description = "Region of the function and its layer: that of your buckets"
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z0-9]+)+$", var.region))
    error_message = "No region: write it as ap-chongqing."
  }
}

variable "buckets" {
  description = "Buckets that results may go to, each with its region; the first takes the dead letters of no single bucket"
  type        = list(string)

  validation {
    condition = length(var.buckets) > 0 && alltrue([
      for each in var.buckets : can(regex("^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?-[0-9]{5,12}/[a-z]{2,}(-[a-z0-9]+)+$", each))
    ])
    error_message = "Each is a bucket with its APPID and region, such as media-1250000000/ap-chongqing."
  }

  validation {
    condition     = length(distinct([for each in var.buckets : split("/", each)[0]])) == length(var.buckets)
    error_message = "A bucket is listed twice."
  }
}

variable "callback_tokens" {
  description = "Secrets in the callback URL; two while they are rotated, the new one first"
  type        = list(string)
  sensitive   = true

  validation {
    condition = length(var.callback_tokens) > 0 && alltrue([
      for each in var.callback_tokens : can(regex("^[!$'()*.:;=@A-Z_a-z~0-9-]{16,512}$", each))
    ])
    error_message = "Each has 16 to 512 characters that a URL leaves alone: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'."
  }
}

variable "record_secret" {
  description = "Signs results, so that no uploader can silence or forge one; two, comma-separated, while it is changed"
  type        = string
  sensitive   = true

  validation {
    condition     = alltrue([for each in split(",", var.record_secret) : can(regex("^[!-~]{32,}$", trimspace(each)))])
    error_message = "It has at least 32 characters: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'."
  }
}

variable "callback_secret" {
  description = "Name and version of a secret to create in Secrets Manager, which then holds the tokens in place of the function's variables; null for none"
  type        = string
  default     = null

  validation {
    condition     = var.callback_secret == null || can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,127}/[A-Za-z0-9_.-]{1,64}$", var.callback_secret))
    error_message = "A name and a version, such as ci-callback/v1; with new tokens goes a new version."
  }
}

variable "settings" {
  description = "Further settings of the function, or others than in serverless.yml, such as { VERIFY = \"job\", ROUTES = file(\"routes.json\") }"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^[A-Z][A-Z_]*$", name)) && !can(regex("^(SCF|QCLOUD|TENCENTCLOUD)_", name))])
    error_message = "Names are those of docs/configuration.md; SCF_, QCLOUD_ and TENCENTCLOUD_ are the platform's."
  }

  validation {
    condition     = length(setintersection(keys(var.settings), ["BUCKETS", "CALLBACK_TOKENS", "CALLBACK_SECRET", "RECORD_SECRET"])) == 0
    error_message = "BUCKETS, CALLBACK_TOKENS, CALLBACK_SECRET and RECORD_SECRET have variables of their own."
  }
}

variable "further_statements" {
  description = "More statements for the policy, such as ci:CreateMediaJobs for the time of a smoke test (docs/doctor.md)"
  type        = list(object({ action = list(string), resource = list(string) }))
  default     = []
}

variable "stage" {
  description = "Part of every name, so that two stages share nothing"
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,19}$", var.stage))
    error_message = "A lower-case word, such as prod or dev."
  }
}

variable "versioned_buckets" {
  description = "Buckets of the list above that keep versions: the function may look at the versions of its results"
  type        = list(string)
  default     = []
}

variable "packages" {
  description = "Folder with function.zip and layer.zip: dist/ of `make package` unless set"
  type        = string
  default     = null
}
