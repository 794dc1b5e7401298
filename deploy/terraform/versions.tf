terraform {
  required_version = ">= 1.5"

  required_providers {
    # 1.83.16 was the first with tencentcloud_scf_trigger; these files follow the documents of 1.83.25.
    tencentcloud = {
      source  = "tencentcloudstack/tencentcloud"
      version = "~> 1.83.25"
    }
    local = {
      source  = "hashicorp/local"
      version = "~> 2.5"
    }
  }
}

# The keys come from TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY.
provider "tencentcloud" {
  region = var.region
}
