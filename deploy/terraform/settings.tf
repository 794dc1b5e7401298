# All that serverless.yml decides is read from there: the two ways deploy the same function.
locals {
  project    = "${path.module}/../.."
  serverless = yamldecode(file("${local.project}/serverless.yml"))
  inputs     = local.serverless.inputs
  layer      = yamldecode(file("${local.project}/layers/serverless.yml"))

  name       = "${local.serverless.app}-${var.stage}"
  layer_name = "${local.layer.name}-${var.stage}"

  # Of the settings there, those with a value; `$${env:…}` stands for a variable of this module.
  written = {
    for name, value in local.inputs.environment.variables : name => value if !startswith(value, "$${env:")
  }
  tokens = {
    CALLBACK_TOKENS = join(",", var.callback_tokens)
    CALLBACK_SECRET = var.callback_secret
  }
  environment = merge(
    local.written,
    var.settings,
    { BUCKETS = join(",", var.buckets), RECORD_SECRET = var.record_secret },
    { for name, value in local.tokens : name => value if(name == "CALLBACK_SECRET") == (var.callback_secret != null) },
  )

  url   = one([for event in local.inputs.events : event.http.parameters if can(event.http)])
  timer = one([for event in local.inputs.events : event.timer.parameters if can(event.timer)])

  url_description = {
    AuthType = local.url.authType
    NetConfig = {
      EnableExtranet = local.url.netConfig.enableExtranet
      EnableIntranet = local.url.netConfig.enableIntranet
    }
  }

  packages     = coalesce(var.packages, "${local.project}/dist")
  function_zip = "${local.packages}/function.zip"
  layer_zip    = "${local.packages}/layer.zip"
}
