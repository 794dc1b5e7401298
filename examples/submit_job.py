"""Submit a job whose callback goes to ci-callback.

    CALLBACK_URL=https://…/<token> python examples/submit_job.py media-1250000000 ap-guangzhou in/song.mp3

It needs `cos-python-sdk-v5`, and permanent keys in COS_SECRET_ID and COS_SECRET_KEY.
"""

from __future__ import annotations

import os
import sys

from qcloud_cos import CosConfig, CosS3Client


def submit(cos: CosS3Client, bucket: str, key: str, callback_url: str) -> str:
    """Submit a job that recognises the songs of an object; return its id."""
    job = {"Tag": "SoundHound", "Input": {"Object": key}, "CallBack": callback_url, "CallBackFormat": "JSON"}
    answer = cos.ci_create_media_jobs(Bucket=bucket, Jobs=job)
    (detail,) = answer["JobsDetail"]
    return str(detail["JobId"])


def main(bucket: str, region: str, key: str) -> None:
    """Submit, and print the job's id and the key of its result."""
    config = CosConfig(Region=region, SecretId=os.environ["COS_SECRET_ID"], SecretKey=os.environ["COS_SECRET_KEY"])
    job_id = submit(CosS3Client(config), bucket, key, os.environ["CALLBACK_URL"])
    sys.stdout.write(f"job {job_id}: its result will be {key}.SoundHound.json\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
