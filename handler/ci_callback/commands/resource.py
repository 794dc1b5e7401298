"""Resources as the policies of CAM name them: https://cloud.tencent.com/document/product/598/10606."""

from __future__ import annotations


def objects(region: str, bucket: str, prefix: str) -> str:
    """Return the objects of a bucket below a prefix."""
    return f"qcs::cos:{region}:uid/{_account(bucket)}:{bucket}/{prefix}*"


def jobs(region: str, bucket: str) -> str:
    """Return all that Cloud Infinite keeps for a bucket."""
    return f"qcs::ci:{region}:uid/{_account(bucket)}:bucket/{bucket}/*"


def _account(bucket: str) -> str:
    """Return the APPID, with which every bucket's name ends."""
    return bucket.rpartition("-")[2]
