data "tencentcloud_user_info" "deployer" {}

locals {
  owner_uin    = data.tencentcloud_user_info.deployer.owner_uin
  deployer_uin = data.tencentcloud_user_info.deployer.uin
}

resource "tencentcloud_cam_role" "function" {
  name        = local.name
  description = "Execution role of the function ${local.name}"
  document    = jsonencode(local.trust)
}

resource "tencentcloud_cam_policy" "function" {
  name        = local.name
  description = "Permissions of the function ${local.name}"
  document    = jsonencode(local.policy)
}

resource "tencentcloud_cam_role_policy_attachment" "function" {
  role_id   = tencentcloud_cam_role.function.id
  policy_id = tencentcloud_cam_policy.function.id
}

resource "tencentcloud_ssm_secret" "tokens" {
  count = var.callback_secret == null ? 0 : 1

  secret_name             = split("/", var.callback_secret)[0]
  description             = "Tokens of the callback URL of ${local.name}"
  is_enabled              = true
  recovery_window_in_days = 0
}

resource "tencentcloud_ssm_secret_version" "tokens" {
  count = var.callback_secret == null ? 0 : 1

  secret_name   = tencentcloud_ssm_secret.tokens[0].secret_name
  version_id    = split("/", var.callback_secret)[1]
  secret_string = join(",", var.callback_tokens)

  lifecycle {
    create_before_destroy = true # a running instance may still read the last version
  }
}

# The provider does not update a layer: another content is another version.
resource "terraform_data" "layer" {
  input = filesha256(local.layer_zip)
}

resource "tencentcloud_scf_layer" "function" {
  layer_name          = local.layer_name
  description         = local.layer.inputs.description
  compatible_runtimes = local.layer.inputs.runtimes

  content {
    zip_file = local.layer_zip
  }

  lifecycle {
    create_before_destroy = true # the function leaves the last version before that is deleted
    replace_triggered_by  = [terraform_data.layer]
  }
}

# The provider compares the path of a zip, not its content: hence a copy whose name has its hash.
resource "local_file" "function" {
  source   = local.function_zip
  filename = "${path.module}/.packages/function-${substr(filesha256(local.function_zip), 0, 16)}.zip"
}

resource "tencentcloud_scf_function" "function" {
  name              = local.name
  description       = local.inputs.description
  func_type         = "Event"
  handler           = local.inputs.handler
  runtime           = local.inputs.runtime
  mem_size          = local.inputs.memorySize
  timeout           = local.inputs.timeout
  role              = tencentcloud_cam_role.function.name
  zip_file          = local_file.function.filename
  environment       = sensitive(local.environment)
  enable_public_net = try(local.inputs.publicAccess, true)
  vpc_id            = try(local.inputs.vpcConfig.vpcId, null)
  subnet_id         = try(local.inputs.vpcConfig.subnetId, null)
  cls_logset_id     = try(local.inputs.cls.logsetId, null)
  cls_topic_id      = try(local.inputs.cls.topicId, null)

  layers {
    layer_name    = tencentcloud_scf_layer.function.layer_name
    layer_version = tencentcloud_scf_layer.function.layer_version
  }

  depends_on = [
    tencentcloud_cam_role_policy_attachment.function,
    tencentcloud_ssm_secret_version.tokens,
  ]
}

resource "tencentcloud_scf_trigger" "url" {
  function_name = tencentcloud_scf_function.function.name
  namespace     = "default"
  type          = "http"
  qualifier     = local.url.qualifier
  enable        = "OPEN"
  trigger_desc  = jsonencode(local.url_description)
}

resource "tencentcloud_scf_trigger" "timer" {
  function_name   = tencentcloud_scf_function.function.name
  namespace       = "default"
  type            = "timer"
  trigger_name    = local.timer.name
  qualifier       = "$DEFAULT"
  enable          = local.timer.enable ? "OPEN" : "CLOSE"
  trigger_desc    = local.timer.cronExpression
  custom_argument = local.timer.argument
}
