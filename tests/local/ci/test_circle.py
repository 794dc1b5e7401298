"""The whole circle in the local cloud, for each Tag: a job, its callback over HTTP, the function, the result object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local import sdk
from local.ci import results as ci_results
from local.cloud import LocalCloud
from local.defaults import TOKEN
from models.wire import Order
from tests.support.sdk_client import BUCKET, REGION, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qcloud_cos import CosS3Client

    from local.scf.trigger import Kind
    from models.catalog import Entry

WAYS: tuple[tuple[Kind, str], ...] = (("function-url", "XML"), ("apigw", "JSON"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """One local cloud for the module, with the function as serverless.yml configures it."""
    with LocalCloud(triggers={kind: 0 for kind, _ in WAYS}) as cloud:
        cloud.cos.ci.worker.delay_s = 0
        yield cloud


@pytest.fixture
def client(cloud: LocalCloud) -> Iterator[CosS3Client]:
    """Return the SDK, pointed at the cloud."""
    with sdk.session_to(cloud.cos.address) as session:
        yield sdk.client(session)


def request(entry: Entry, way: str) -> dict[str, Any]:
    """Return a request with everything that the Tag's jobs may be asked for; each way has keys of its own."""
    order = Order(entry, object=f"{way}/{entry.tag}.in", bucket=BUCKET, region=REGION)
    sample = ci_results.sample_detail(order)
    operation = {name: value for name, value in sample["Operation"].items() if not ci_results.is_added(name)}
    if "Output" in operation:
        operation["Output"] = {**operation["Output"], "Object": f"{way}/{entry.tag}.out"}
    given = {"Input": {"Object": order.key}} if "Input" in sample else {}
    return {"Tag": entry.tag, **given, "Operation": operation}


def outcome(callback: Any) -> tuple[int, str, str]:
    """Return the status of the answer to a callback, and what became of its job at which key."""
    (job,) = json.loads(callback.reply.body)["jobs"]
    return callback.reply.status, job["outcome"], job.get("key", "")


def circle(
    cloud: LocalCloud, client: CosS3Client, asked: dict[str, Any], kind: Kind, form: str
) -> tuple[int, str, str]:
    """Submit a job, wait for what the function answers to its callback, and return that."""
    url = f"{cloud.triggers[kind].address}/{TOKEN}"
    client.ci_create_media_jobs(BUCKET, {**asked, "CallBack": url, "CallBackFormat": form})
    cloud.cos.ci.worker.wait()
    return outcome(cloud.cos.ci.worker.callbacks[-1])


@pytest.mark.parametrize("tag", ci_results.entries())
def test_callback_and_sweep_write_the_same_bytes(tag: str, cloud: LocalCloud, client: CosS3Client) -> None:
    """Each Tag's job becomes the same bytes by its callback, in XML and JSON, as by a sweep."""
    entry = ci_results.entries()[tag]
    objects = {}
    for kind, form in WAYS:
        asked = request(entry, form)
        if "Input" in asked:
            cloud.cos.put(BUCKET, asked["Input"]["Object"], b"input")
        status, what, key = circle(cloud, client, asked, kind, form)
        assert (status, what) == (200, "written")
        objects[key] = read(client, key)
        result = json.loads(objects[key])
        assert (result["Tag"], result["State"]) == (tag, "Success")
        assert result["Operation"]["UserData"] == "order 4711"
        client.delete_object(Bucket=BUCKET, Key=key)
    assert len(objects) == len(WAYS)
    if entry.api == "file_jobs":
        return
    report = json.loads(cloud.scf.invoke({"sweep": {"tags": [tag]}}).result["body"])
    assert (report["found"], report["recovered"]) == (len(WAYS), len(WAYS))
    assert {key: read(client, key) for key in objects} == objects


def test_failure_has_a_key_of_its_own(cloud: LocalCloud, client: CosS3Client) -> None:
    """A job without its input is stored under the route for failures."""
    asked = {"Tag": "SoundHound", "Input": {"Object": "gone.mp3"}}
    assert circle(cloud, client, asked, "apigw", "JSON") == (200, "written", "gone.mp3.SoundHound.failed.json")
    assert json.loads(read(client, "gone.mp3.SoundHound.failed.json"))["Code"] == "InputObjectNotFound"


def test_later_job_replaces_the_earlier_one(cloud: LocalCloud, client: CosS3Client) -> None:
    """A second job on the same input replaces the first, however soon it ends."""
    cloud.cos.put(BUCKET, "twice.mp3", b"sound")
    for user_data in ("first", "second", "third"):
        asked = {"Tag": "SoundHound", "Input": {"Object": "twice.mp3"}, "Operation": {"UserData": user_data}}
        assert circle(cloud, client, asked, "function-url", "XML")[1] == "written"
        assert json.loads(read(client, "twice.mp3.SoundHound.json"))["Operation"]["UserData"] == user_data


def test_passwords_are_left_out_of_results(cloud: LocalCloud, client: CosS3Client) -> None:
    """CI echoes them in the callback."""
    cloud.cos.put(BUCKET, "secret.docx", b"document")
    operation = {
        "Output": {"Bucket": BUCKET, "Region": REGION, "Object": "p"},
        "DocProcess": {"DocPassword": "hunter2"},
    }
    asked = {"Tag": "DocProcess", "Input": {"Object": "secret.docx"}, "Operation": operation}
    _, what, key = circle(cloud, client, asked, "function-url", "XML")
    assert what == "written"
    assert b"hunter2" in cloud.cos.ci.worker.callbacks[-1].body
    assert b"hunter2" not in read(client, key)
