# The permissions of the function, for the buckets, routes and secret that it is given. docs/deployment.md explains each.
locals {
  regions = { for each in var.buckets : split("/", each)[0] => split("/", each)[1] }
  # bucket -> the resources below it
  objects = {
    for bucket, region in local.regions : bucket => "qcs::cos:${region}:uid/${regex("[0-9]+$", bucket)}:${bucket}/"
  }
  jobs = [
    for bucket, region in local.regions : "qcs::ci:${region}:uid/${regex("[0-9]+$", bucket)}:bucket/${bucket}/*"
  ]
  everything = [for each in values(local.objects) : "${each}*"]

  routes_text = nonsensitive(local.environment.ROUTES)
  routes = jsondecode(
    startswith(local.routes_text, "@")
    ? file("${local.project}/${local.inputs.src.src}/${trimprefix(local.routes_text, "@")}")
    : local.routes_text
  )
  route_actions = flatten([for route in local.routes : try(route.then, [])])
  actions       = concat(local.route_actions, jsondecode(lookup(var.settings, "ON_DEAD_LETTER", "[]")))
  functions     = [for each in local.actions : "namespace/${try(each.namespace, "default")}/function/${each.invoke}" if can(each.invoke)]
  event_buses   = [for each in local.actions : "eventbusid/${each.publish}" if can(each.publish)]
  topics        = [for each in local.actions : "topic/${each.topic}" if can(each.topic)]
  account       = "${var.region}:uin/${local.owner_uin}"

  statements = [
    { action = ["name/cos:PutObject", "name/cos:HeadObject"], resource = local.everything },
    {
      action   = ["name/cos:GetBucket", "name/cos:GetObject", "name/cos:DeleteObject"]
      resource = [for each in values(local.objects) : "${each}${local.environment.DEAD_LETTER}*"]
    },
    { action = ["ci:Describe*"], resource = local.jobs },
    { action = ["name/cos:GetBucketLifecycle"], resource = local.everything },
    {
      action   = ["name/cos:GetBucketObjectVersions", "name/cos:DeleteObject"]
      resource = [for bucket in var.versioned_buckets : "${local.objects[bucket]}*"]
    },
    {
      action   = ["name/cos:GetObject", "name/cos:PutObjectCopy"]
      resource = length(local.route_actions) > 0 ? local.everything : []
    },
    { action = ["scf:InvokeFunction"], resource = [for each in distinct(local.functions) : "qcs::scf:${local.account}:${each}"] },
    { action = ["eb:PutEvents"], resource = [for each in distinct(local.event_buses) : "qcs::eb:${local.account}:${each}"] },
    { action = ["tdmq:PublishCmqMsg"], resource = [for each in distinct(local.topics) : "qcs::tdmq:${local.account}:${each}"] },
    {
      action = ["ssm:GetSecretValue"]
      resource = [
        for each in compact([var.callback_secret]) :
        "qcs::ssm:${local.account}:secret/creatorUin/${local.deployer_uin}/${split("/", each)[0]}"
      ]
    },
  ]
  policy = {
    version   = "2.0"
    statement = [for each in concat(local.statements, var.further_statements) : merge({ effect = "allow" }, each) if length(each.resource) > 0]
  }
  # SCF alone may take the role.
  trust = {
    version   = "2.0"
    statement = [{ effect = "allow", action = ["name/sts:AssumeRole"], principal = { service = ["scf.qcloud.com"] } }]
  }
}
