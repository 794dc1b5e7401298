"""Objects of earlier releases are understood, and later releases may add fields to them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, STRICT_ROUTES, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

FOLDER = Path(__file__).parent / "releases"
RELEASES = sorted(FOLDER.glob("*.json"))
KEY = "audio/song.mp3.SoundHound.json"


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with one key for each job."""
    return deploy(ROUTES=STRICT_ROUTES)


@pytest.fixture(params=RELEASES, ids=lambda path: path.stem)
def left(request: pytest.FixtureRequest) -> Any:
    """Return the recorded objects of a release."""
    return json.loads(request.param.read_text(encoding="utf-8"))


@pytest.fixture
def upgraded(left: Any, deploy: Callable[..., Deployment]) -> Deployment:
    """Return the current function with that release's settings and objects."""
    deployed = deploy(**left["settings"])
    for key, each in left["objects"].items():
        deployed.cos.put(BUCKET, key, each["body"].encode(), metadata=each["metadata"], content_type="application/json")
    return deployed


def objects(deployed: Deployment) -> dict[str, Any]:
    """Return all objects of the bucket, in the form of a release's file."""
    found = {key: deployed.cos.get(BUCKET, key) for key in deployed.listing()}
    return {key: {"metadata": each.metadata, "body": each.body.decode()} for key, each in found.items()}


def test_some_release_is_recorded() -> None:
    """For the tests below."""
    assert RELEASES


def test_settled_callback_of_a_release_is_a_duplicate(left: Any, upgraded: Deployment) -> None:
    """A resend changes no byte and runs no action again."""
    for each in left["settled"].values():
        assert upgraded.post(each).outcomes == ["duplicate"]
    assert objects(upgraded) == left["objects"]
    assert upgraded.cos.receivers.taken() == []


def test_results_of_a_release_are_recognised(upgraded: Deployment) -> None:
    """Its results are replaced by newer ones only."""
    assert upgraded.post(body(job(JobId="before", EndTime="2025-02-01T09:00:00+0800"))).outcomes == ["stale"]
    assert upgraded.post(body(job(JobId="later", EndTime="2025-04-01T09:00:00+0800"))).outcomes == ["written"]
    assert upgraded.result(KEY)["JobId"] == "later"


def test_dead_letters_of_a_release_are_replayed(left: Any, upgraded: Deployment) -> None:
    """Each becomes a result."""
    report = Answer(upgraded.send({"replay": {"remove": True}})).body
    assert [each["outcome"] for each in report["results"]] == ["removed"] * len(left["kept"])
    assert upgraded.result("audio/kept.mp3.SoundHound.json")["JobId"] == "kept"


@pytest.mark.parametrize(
    "header",
    [
        "v1 job=s1 state=Success time=2025-03-01T01:00:09.000000+00:00 sha256={}",
        "v1 job=s1 state=Success time=2025-03-01T01:00:09.000000+00:00 done=0f9dfdfe sha256={}",
        "v1 job=s1 state=Success time=2025-03-01T01:00:09.000000+00:00 done=0f9dfdfe later=a,b more=1 sha256={}",
        "v1 job=s1 state=Success time=2025-03-01T01:00:09.000000+00:00 later=-:% sha256={}",
    ],
)
def test_unknown_field_of_a_record_is_ignored(header: str, deployed: Deployment) -> None:
    """An unknown field is ignored, so this release recognises the results of a later one."""
    deployed.cos.put(BUCKET, KEY, b"result", metadata={"ci-callback": header.format("0" * 64)})
    assert deployed.post(body(job(JobId="s1"))).outcomes == ["duplicate"]


@pytest.mark.contradicts_schema
def test_unknown_field_of_a_dead_letter_is_ignored(deployed: Deployment) -> None:
    """A replay ignores further fields of the object and its header."""
    deployed.cos.put(BUCKET, KEY, b"mine")
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    deployed.cos.delete(BUCKET, KEY)
    (key,) = deployed.listing()
    stored = deployed.cos.get(BUCKET, key)
    added = json.dumps({**json.loads(stored.body), "later": {"than": "this"}}).encode()
    content = hashlib.sha256(added).hexdigest()
    header = re.sub(r"content=\S+", f"content={content} later=1", stored.metadata["ci-callback"])
    deployed.cos.put(BUCKET, key, added, metadata={"ci-callback": header})
    (result,) = Answer(deployed.send({"replay": {}})).body["results"]
    assert result["outcome"] == "settled"


@pytest.mark.parametrize(
    "header",
    [
        "v2 job=s1 state=Success time=- sha256={}",
        "v1 job=s1 state=Success time=- sha256={}0",
        "v1 job=s1 state=Success sha256={}",
        "v1 job=s1 state=Success time=- Later=1 sha256={}",
        "v1 job=s1 state=Success time=- later sha256={}",
        "v1 job=s1 state=Success time=- sha256={} later=1",
    ],
)
def test_malformed_record_is_foreign(header: str, deployed: Deployment) -> None:
    """It is never overwritten."""
    deployed.cos.put(BUCKET, KEY, b"result", metadata={"ci-callback": header.format("0" * 64)})
    assert deployed.post(body(job(JobId="s1"))).outcomes == ["dead-lettered"]
    assert deployed.cos.get(BUCKET, KEY).body == b"result"


def test_recorder_writes_the_newest_release(tmp_path: Path) -> None:
    """Except for times and ids it writes the newest file; otherwise a new file must be added."""
    path = tmp_path / "today.json"
    environment = {"PYTHONPATH": "handler:.", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    subprocess.run([sys.executable, FOLDER / "record.py", path], check=True, cwd=FOLDER.parent.parent, env=environment)
    today, newest = (json.loads(each.read_text(encoding="utf-8")) for each in (path, RELEASES[-1]))
    for each in (today, newest):
        each["objects"] = {key: stored for key, stored in each["objects"].items() if key.startswith("audio/")}
        for stored in each["objects"].values():
            stored["metadata"] = {
                name: re.sub(r" arrived=\S+", "", value) for name, value in stored["metadata"].items()
            }
    assert today == newest
