"""Record the objects of the current function, for the tests of later releases."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[4]))

from local.cos.server import Credentials, LocalCos
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, Deployment, deployment_on

_ROUTES = [
    {"tag": "SoundHound", "state": "Success", "write": "{object}.{tag}.json", "then": [{"topic": "done"}]},
    {"tag": "*", "state": "*", "write": "{object}.{tag}.json"},
]


def record(path: Path) -> None:
    """Write the settings, the callbacks and all objects of the bucket to a file."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    settings = {"ROUTES": json.dumps(_ROUTES), "DEAD_LETTER": "ci-callback/dead-letter/", "VERIFY": "none"}
    with LocalCos(buckets={BUCKET: REGION}, credentials=credentials) as cos:
        deployed = deployment_on(cos, **settings)
        settled = {"result": body(job(Tag="MediaInfo", Operation=None)), "result with actions": body(job())}
        for each in settled.values():
            deployed.post(each)
        kept = {"letter": body(job(JobId="kept", Input={"Object": "audio/kept.mp3"}))}
        cos.put(BUCKET, "audio/kept.mp3.SoundHound.json", b"somebody's")
        deployed.post(kept["letter"])
        cos.delete(BUCKET, "audio/kept.mp3.SoundHound.json")
        left = {"settings": settings, "settled": settled, "kept": kept, "objects": _objects(deployed)}
    path.write_text(json.dumps(left, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _objects(deployed: Deployment) -> dict[str, Any]:
    found = {key: deployed.cos.get(BUCKET, key) for key in deployed.listing()}
    return {key: {"metadata": each.metadata, "body": each.body.decode()} for key, each in found.items()}


if __name__ == "__main__":
    record(Path(sys.argv[1]))
