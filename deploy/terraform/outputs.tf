output "function" {
  description = "Name of the function"
  value       = tencentcloud_scf_function.function.name
}

output "function_url" {
  description = "Address of the function; null if the trigger does not name it, and then the console does"
  value       = local.function_url
}

output "callback_url" {
  description = "Function URL with the first token: `terraform output -raw callback_url`"
  value       = local.function_url == null ? null : "${local.function_url}/${var.callback_tokens[0]}"
  sensitive   = true
}

locals {
  # The description of the trigger has its address once it exists.
  function_url = one(compact([try(jsondecode(tencentcloud_scf_trigger.url.trigger_attribute).NetConfig.ExtranetUrl, null)]))
}
