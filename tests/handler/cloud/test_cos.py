"""Requests to COS with faults: retries, deadlines and dead letters, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.http.message import Response
from local.scf.server import LocalScf
from tests import ROOT
from tests.handler.cloud.raw_server import RawServer
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, TOKEN, Answer, log_lines, url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.faults.requests import Asked, Fault, Faults
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"
HANDLER = ROOT / "handler"


@pytest.fixture
def faults(cos: LocalCos) -> Faults:
    """Return the faults between the function and COS, none to begin with."""
    return cos.faults


@pytest.mark.parametrize("fault", ["500", "503", "429", "409", "reset", "301"])
def test_transient_errors_are_retried(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """After server errors, throttling, another request's conflict, resets and redirects the result is written."""
    faults.script = [fault, fault]
    assert deployed.post(body(job())).outcomes == ["written"]
    assert faults.seen == ["PUT", "PUT", "PUT"]
    assert deployed.listing() == [KEY]


@pytest.mark.parametrize("status", [200, 502, 503])
def test_compressed_answer_of_a_gateway_is_retried(status: int, deployed: Deployment) -> None:
    """Only an object that is compressed is refused for good: any other such answer is not COS's."""
    pages = [Response(status, (("Content-Encoding", "gzip"),), b"page")] * 2
    deployed.cos.intercept = lambda *_: pages.pop() if pages else None
    assert deployed.post(body(job())).outcomes == ["written"]


@pytest.mark.parametrize("fault", ["lost-answer", "cut-headers"])
def test_lost_answer_to_a_put_is_a_duplicate(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """The retry finds the object that the first PUT has written, also where the answer was cut off."""
    faults.script = [fault]
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert faults.seen == ["PUT", "PUT", "HEAD"]
    assert deployed.listing() == [KEY]


@pytest.mark.parametrize(
    ("script", "reason"),
    [(["403"], "store-refused"), (["301"] * 3, "store-unavailable"), (["409"] * 3, "store-unavailable")],
)
def test_lasting_errors_end_as_a_dead_letter(
    script: list[Fault], reason: str, deployed: Deployment, faults: Faults
) -> None:
    """A refusal, and a redirect or a conflict at each attempt, are not success: the delivery is kept (promise 1)."""
    faults.script = [*script]
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["jobs"][0]["reason"] == reason


@pytest.mark.parametrize("fault", ["500", "409", "301", "reset", "cut-headers"])
def test_dead_letter_is_stored_in_spite_of_transient_errors(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """Its PUT is retried like that of a result."""
    faults.script = [fault, fault]
    assert deployed.post("no callback").outcomes == ["dead-lettered"]
    assert len(deployed.dead_letters()) == 1


@pytest.mark.parametrize("fault", ["500", "409", "301", "reset", "cut-headers", "cut-body"])
def test_reading_is_retried(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """The LIST, the GET and the DELETE of a replay are."""
    faults.only = lambda asked: asked.method != "PUT"
    assert deployed.post("no callback").outcomes == ["dead-lettered"]
    for at in range(2):  # LIST, GET
        passed: list[Fault] = ["none"] * at
        faults.script = [*passed, fault, fault]
        replayed = Answer(deployed.send({"replay": {}}))
        assert [result["outcome"] for result in replayed.body["results"]] == ["kept"]
        assert faults.script == []


@pytest.mark.parametrize("fault", ["500", "reset", "403", "301"])
def test_unwritable_delivery_is_answered_503(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """With neither result nor dead letter: sent again, it is written (promise 1)."""
    faults.then = fault
    for sent in (body(job()), "no callback"):
        answer = deployed.post(sent)
        assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert deployed.listing() == []
    faults.then = "none"
    assert deployed.post(body(job())).outcomes == ["written"]


def test_resend_settles_the_remaining_jobs(deployed: Deployment, faults: Faults) -> None:
    """Of two jobs the first is written: 503; the resend writes the second."""
    sent = body(job(), job(JobId="b", Input={"Object": "b.mp3"}))
    faults.script, faults.then = ["none"], "403"
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (503, ["written", "retry"])
    faults.then = "none"
    assert deployed.post(sent).outcomes == ["duplicate", "written"]


@pytest.mark.parametrize("script", [["none", "no-metadata"], ["none", "cut-headers", "cut-headers"]])
def test_cut_off_head_does_not_make_an_object_foreign(
    script: list[Fault], deployed: Deployment, faults: Faults
) -> None:
    """A HEAD answer without its metadata, or cut off, is requested again."""
    deployed.post(body(job()))
    faults.script = list(script)
    answer = deployed.post(body(job()))
    assert answer.outcomes == ["duplicate"]


def test_object_deleted_between_put_and_head_is_written_again(
    deployed: Deployment, cos: LocalCos, faults: Faults
) -> None:
    """A delivery whose key is deleted at each attempt ends as a dead letter."""
    deployed.post(body(job()))

    def deleting(asked: Asked) -> None:
        if asked.method == "HEAD":
            cos.delete(BUCKET, KEY)

    faults.on_request = deleting
    assert deployed.post(body(job())).outcomes == ["written"]

    def flickering(asked: Asked) -> None:
        if asked.method == "HEAD":
            cos.delete(BUCKET, KEY)
        elif KEY not in cos.keys(BUCKET):
            cos.put(BUCKET, KEY, b"again")

    faults.on_request = flickering
    answer = deployed.post(body(job()))
    assert answer.outcomes == ["dead-lettered"]
    assert "deleted again and again" in answer.body["jobs"][0]["detail"]


def test_no_request_is_sent_without_time_left(deployed: Deployment, faults: Faults) -> None:
    """The answer is 503."""
    deployed.context["time_limit_in_ms"] = 310
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert faults.seen == []


@pytest.mark.parametrize("fault", ["endless", "drip"])
def test_dripping_answer_does_not_outlast_the_function(fault: Fault, cos: LocalCos, faults: Faults) -> None:
    """Each byte arrives before any timeout of a socket; the reply is in time for the platform's limit."""
    faults.then, faults.slow = fault, 30
    environment = {
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "COS_ENDPOINT": cos.address,
    }
    scf = LocalScf(HANDLER, environment=environment, credentials=cos.credentials, timeout_s=2)
    try:
        done = scf.invoke(url_event(body(job())))
    finally:
        scf.stop()
    assert done.error is None
    assert Answer(done.result).outcomes == ["retry"]


@pytest.mark.parametrize("context", [None, {}, {"time_limit_in_ms": "soon"}, {"request_id": 7}])
def test_incomplete_context_gets_the_default_deadline(context: object, deployed: Deployment) -> None:
    """The platform's default time limit holds."""
    assert Answer(deployed.function.handle(url_event(body(job())), context)).outcomes == ["written"]


@pytest.mark.parametrize("wrong", ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"])
def test_credentials_are_read_for_every_event(
    wrong: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that rotates in a warm instance is used at once; with a wrong one nothing is lost."""
    right = deployed.environ[wrong]
    deployed.environ[wrong] = "expired"
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert "COS answered 403" in answer.body["jobs"][0]["detail"]
    deployed.environ[wrong] = right
    assert deployed.post(body(job())).outcomes == ["written"]
    last = log_lines(capsys)[-1]
    assert (last["requests"], last["cold_start"]) == (1, False)


def test_endpoint_keeps_the_host_header_of_cos(deployed: Deployment) -> None:
    """COS_ENDPOINT changes the address of requests; Host header and signature stay those of COS."""
    deployed.post(body(job()))
    assert {request.host for request in deployed.cos.requests} == {"test-1234567890.cos.ap-chongqing.myqcloud.com"}


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("PUT", Response(200)),
        ("GET", Response(200, (), b"<ListBucketResult><Contents>")),
        ("GET", Response(200, (), b"<html>")),
    ],
)
def test_answer_that_is_not_that_of_cos_is_unavailable(method: str, answer: Response, deployed: Deployment) -> None:
    """No ETag, no whole XML: the request is made again, and what lasts is no success."""
    deployed.cos.intercept = lambda asked, _: answer if asked.method == method else None
    if method == "GET":
        reply = Answer(deployed.send({"replay": {}}))
        assert (reply.status, reply.body["error"]) == (503, "store-unavailable")
    else:
        assert deployed.post(body(job())).outcomes == ["retry"]
    assert deployed.methods[:3] == [method] * 3


@pytest.mark.parametrize("line", [b"200 OK", b"403 Forbidden", b"404 Not Found"])
def test_answer_of_another_server_is_unavailable(line: bytes, deploy: Callable[..., Deployment]) -> None:
    """Of a proxy or a captive portal, without a request id of COS: the delivery is to be sent again."""
    answer = [b"HTTP/1.1 " + line + b'\r\nETag: "e"\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>']
    with RawServer(*[answer] * 6) as server:
        sent = deploy(COS_ENDPOINT=server.address).post(body(job()))
    assert (sent.status, sent.outcomes, sent.body["jobs"][0]["reason"]) == (503, ["retry"], "store-unavailable")
    assert len(server.requests) == 6


def test_key_that_the_sdk_refuses_is_unavailable(deployed: Deployment) -> None:
    """Such as one with a space at its end: nothing is sent, and sent again it may work."""
    deployed.environ["TENCENTCLOUD_SECRETKEY"] += " "
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert deployed.methods == []
