"""Each example of examples/ does what its docstring promises, against the local cloud."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from examples import act_on_verdict, read_results, receive_webhook, submit_job
from local import sdk
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_KEY, TOKEN
from local.events import generated
from models.catalog import catalog
from models.wire import Order
from tests import ROOT
from tests.handler.actions.acting import SECRETS, routes
from tests.support.bodies import body, job
from tests.support.deployment import CREDENTIALS, REGION
from tests.support.programs.node import run_typescript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import ThreadingHTTPServer
    from pathlib import Path

    from local.cos.server import LocalCos
    from local.events.reviews import Verdict
    from local.services.receivers import Arrival
    from tests.support.deployment import Deployment

REVIEWS = [("ReviewImage", False), ("ReviewImage", True), ("ReviewDocument", False), ("ReviewText", False)]


def result(name: str) -> str:
    """Return the one recorded result of an event."""
    (one,) = json.loads((ROOT / f"events/tags/{name}.expected.json").read_text(encoding="utf-8"))["objects"].values()
    return json.dumps(one)


@pytest.fixture
def act(cos: LocalCos, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], str]]:
    """Return the receiving function, with a client of the local COS."""
    with sdk.session_to(cos.address) as session:
        monkeypatch.setattr(act_on_verdict, "client", lambda region: sdk.client(session, CREDENTIALS, Region=region))
        yield lambda event: act_on_verdict.main_handler(event, None)


def review(deploy: Callable[..., Deployment], tag: str, verdict: Verdict, *, simple: bool = False) -> dict[str, Any]:
    """Return the message about a review."""
    deployed = deploy(ROUTES=routes({"invoke": "act-on-verdict"}, key="reviews/{job_id}.json"))
    order = Order(catalog()[tag], bucket=BUCKET, region=REGION, simple=simple)
    deployed.send(generated.make(order, "json", result=verdict))
    (message,) = deployed.cos.receivers.taken("invoke")
    event: dict[str, Any] = json.loads(message.content)
    return event


@pytest.mark.parametrize(("tag", "simple"), REVIEWS)
def test_function_moves_a_blocked_upload_once(
    tag: str, cos: LocalCos, deploy: Callable[..., Deployment], act: Callable[[Any], str], *, simple: bool
) -> None:
    """In both forms of a review; a second message finds nothing to do."""
    event = review(deploy, tag, "block", simple=simple)
    key = Order(catalog()[tag]).key
    cos.put(BUCKET, key, b"upload")
    assert act(event) == f"moved to quarantine/{key}"
    assert cos.get(BUCKET, f"quarantine/{key}").body == b"upload"
    assert key not in cos.keys(BUCKET)
    assert act(event) == "it is gone already"


def test_function_reads_a_long_result_from_the_bucket(
    cos: LocalCos, deploy: Callable[..., Deployment], act: Callable[[Any], str]
) -> None:
    """A message without `result` has its place."""
    event = review(deploy, "ReviewImage", "block")
    del event["data"]["result"]
    cos.put(BUCKET, "in/sample.jpg", b"upload")
    assert act(event) == "moved to quarantine/in/sample.jpg"


@pytest.mark.parametrize(("tag", "verdict"), [("ReviewImage", "review"), ("ReviewHtml", "block")])
def test_function_leaves_other_uploads(
    tag: str, verdict: Verdict, deploy: Callable[..., Deployment], act: Callable[[Any], str]
) -> None:
    """Those that a human should look at, and web pages."""
    assert act(review(deploy, tag, verdict)) == "nothing to do"


def test_function_leaves_the_input_of_a_job(deployed: Deployment, act: Callable[[Any], str]) -> None:
    """Only a review has a verdict."""
    deployed.post(body(job()))
    place = {"bucket": BUCKET, "region": REGION, "key": "audio/song.mp3.SoundHound.json"}
    assert act({"data": place}) == "nothing to do"


@pytest.fixture
def receiver() -> Iterator[ThreadingHTTPServer]:
    """Return the running receiver of webhooks."""
    with receive_webhook.server(("127.0.0.1", 0), SECRETS[0]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def webhook(deploy: Callable[..., Deployment]) -> Arrival:
    """Return a webhook as the function sends it."""
    deployed = deploy(ROUTES=routes({"post": "https://example.com/hook"}), WEBHOOK_SECRET=SECRETS[0])
    deployed.post(body(job()))
    (arrival,) = deployed.cos.receivers.taken("post")
    return arrival


def post(server: ThreadingHTTPServer, content: str, headers: dict[str, str]) -> int:
    """Post to a server and return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("POST", "/hook", content, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def signature(webhook: Arrival) -> dict[str, str]:
    """Return the headers of the scheme."""
    return {name: value for name, value in webhook.headers.items() if name.startswith("webhook-")}


def test_receiver_handles_a_webhook_once(
    receiver: ThreadingHTTPServer, webhook: Arrival, capsys: pytest.CaptureFixture[str]
) -> None:
    """A duplicate is answered like the first."""
    for _ in range(2):
        assert post(receiver, webhook.content, signature(webhook)) == 204
    assert capsys.readouterr().out == f"ci.SoundHound.Success: {BUCKET}/audio/song.mp3.SoundHound.json\n"


def test_receiver_handles_a_notice(
    receiver: ThreadingHTTPServer, deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of ON_DEAD_LETTER, in the same scheme."""
    deployed = deploy(ON_DEAD_LETTER='[{"post": "https://example.com/hook"}]', WEBHOOK_SECRET=SECRETS[0])
    deployed.post("<Response>")
    (arrival,) = deployed.cos.receivers.taken("post")
    capsys.readouterr()
    assert post(receiver, arrival.content, signature(arrival)) == 204
    assert capsys.readouterr().out.startswith(f"ci-callback.dead-letter: {BUCKET}/ci-callback/dead-letter/")


def test_receiver_refuses_what_the_function_did_not_send(
    receiver: ThreadingHTTPServer, webhook: Arrival, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another content, another signature, none, and a body that is too long."""
    forged = webhook.content.replace("song", "sang")
    assert post(receiver, forged, signature(webhook)) == 401
    assert post(receiver, webhook.content, {**signature(webhook), "webhook-signature": "v1,AAAA"}) == 401
    assert post(receiver, webhook.content, {}) == 401
    assert post(receiver, "", {"Content-Length": str(1 << 30)}) == 413
    assert capsys.readouterr().out == ""


def test_submitted_job_gets_its_result() -> None:
    """Its callback reaches the function."""
    with LocalCloud(triggers={"function-url": 0}) as cloud, sdk.session_to(cloud.cos.address) as session:
        cloud.cos.ci.worker.delay_s = 0
        url = f"{cloud.triggers['function-url'].address}/{TOKEN}"
        job_id = submit_job.submit(sdk.client(session), BUCKET, INPUT_KEY, url)
        cloud.cos.ci.worker.wait()
        stored = json.loads(cloud.cos.get(BUCKET, f"{INPUT_KEY}.SoundHound.json").body)
    assert stored["JobId"] == job_id


DESCRIBED = {
    "SoundHound": "青花瓷 (周杰伦)",
    "Transcode": "transcoded to test-1234567890/out/sample.mp4",
    "ReviewImage": "Ads, 72 %",
    "FileHashCode": "FileHashCode f",
}
FAILURE = {"State": "Failed", "Code": "NoSuchKey", "Message": "it is gone"}
FAILED = json.dumps({**json.loads(result("SoundHound")), **FAILURE})


@pytest.mark.parametrize("tag", DESCRIBED)
def test_result_is_read_in_python(tag: str) -> None:
    """With the types of its Tag."""
    assert read_results.describe(result(tag).encode()).startswith(DESCRIBED[tag])
    assert read_results.describe(FAILED.encode()) == "SoundHound Failed: NoSuchKey it is gone"


def test_results_are_read_in_typescript(tmp_path: Path) -> None:
    """The compiler finds no mistake in types and example, and the program reads like that in Python."""
    script = f"""
        const {{ describe }} = require({str(tmp_path / "read_results.js")!r});
        for (const one of {json.dumps([*map(result, DESCRIBED), FAILED])}) console.log(describe(one));
    """
    lines = run_typescript(ROOT / "examples/read_results.ts", tmp_path, script).splitlines()
    assert lines == [read_results.describe(one.encode()) for one in (*map(result, DESCRIBED), FAILED)]
