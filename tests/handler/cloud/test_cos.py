"""COS with faults: tries, doubt and the last resort, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport
from ci_callback.errors import Unavailable
from local.scf.server import LocalScf
from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, TOKEN, Answer, url_event

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.faults.requests import Asked, Fault, Faults
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"
HANDLER = ROOT / "handler"


def wait_for_requests() -> None:
    """Wait for requests that were left behind at a deadline, so that what they sent has been seen."""
    for thread in threading.enumerate():
        if thread.name == "ci-callback-abandoned":
            thread.join(5)


@pytest.fixture
def faults(cos: LocalCos) -> Faults:
    """Return the faults between the function and COS, none to begin with."""
    return cos.faults


@pytest.mark.parametrize("fault", ["500", "503", "429", "reset"])
def test_a_request_that_failed_in_passing_is_repeated(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """Server errors, throttling and resets are tried again; the result is written."""
    faults.script = [fault, fault]
    assert deployed.post(body(job())).outcomes == ["written"]
    assert faults.seen == ["PUT", "PUT", "PUT"]
    assert deployed.listing() == [KEY]


def test_a_put_whose_answer_was_lost_is_settled_by_looking(deployed: Deployment, faults: Faults) -> None:
    """A PUT that was carried out unseen is found by the repeated one: the object is ours, hence a duplicate."""
    faults.script = ["lost-answer"]
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert faults.seen == ["PUT", "PUT", "HEAD"]
    assert deployed.listing() == [KEY]


@pytest.mark.parametrize("fault", ["301", "403", "cut-headers"])
def test_what_will_not_get_better_goes_to_a_dead_letter(fault: Fault, deployed: Deployment, faults: Faults) -> None:
    """A refusal, a redirect and an answer that is not COS's are not success: the delivery is kept (promise 1)."""
    faults.script = [fault]
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    (letter,) = deployed.letters()
    assert letter["jobs"][0]["reason"] in {"store-refused", "store-unavailable"}


@pytest.mark.parametrize("fault", ["500", "reset", "403", "301"])
def test_when_nothing_can_be_written_the_caller_is_asked_to_come_again(
    fault: Fault, deployed: Deployment, faults: Faults
) -> None:
    """Without result and without dead letter the answer is 503 and `retry`; sent again it is written (promise 1)."""
    faults.then = fault
    for sent in (body(job()), "no callback"):
        answer = deployed.post(sent)
        assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert deployed.listing() == []
    faults.then = "none"
    assert deployed.post(body(job())).outcomes == ["written"]


def test_a_resend_settles_the_rest(deployed: Deployment, faults: Faults) -> None:
    """Of two jobs one is written, the other not: 503; the resend finds the first and writes the second."""
    sent = body(job(), job(JobId="b", Input={"Object": "b.mp3"}))
    faults.script, faults.then = ["none"], "403"
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (503, ["written", "retry"])
    faults.then = "none"
    assert deployed.post(sent).outcomes == ["duplicate", "written"]


@pytest.mark.parametrize("script", [["none", "no-metadata"], ["none", "cut-headers", "none"]])
def test_a_cut_off_answer_does_not_make_our_object_foreign(
    script: list[Fault], deployed: Deployment, faults: Faults
) -> None:
    """A HEAD answer that lost its metadata is looked at again, or the delivery kept; our object stays ours."""
    deployed.post(body(job()))
    faults.script = list(script)
    answer = deployed.post(body(job()))
    assert answer.outcomes == (["duplicate"] if "no-metadata" in script else ["dead-lettered"])
    assert {letter["reason"] for letter in deployed.letters()} <= {"store-unavailable"}


def test_a_key_that_vanishes_between_put_and_head_is_tried_again(
    deployed: Deployment, cos: LocalCos, faults: Faults
) -> None:
    """An object deleted after the conflict makes room: the next PUT writes. One that keeps vanishing is kept."""
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


def test_no_request_is_begun_when_the_time_is_over(deployed: Deployment, faults: Faults) -> None:
    """With no time left the answer still leaves: 503, and nothing was sent."""
    deployed.context["time_limit_in_ms"] = 310
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    wait_for_requests()
    assert faults.seen == []


@pytest.mark.parametrize("fault", ["endless", "drip"])
def test_an_answer_that_drips_does_not_outlast_the_function(fault: Fault, cos: LocalCos, faults: Faults) -> None:
    """Byte by byte below every timeout of a socket: the reply still leaves before the platform's time limit."""
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


def test_a_request_that_was_left_behind_is_not_tried_again(cos: LocalCos, faults: Faults) -> None:
    """After the deadline no further try is begun: a late replacement could put an older result over a newer one."""
    passed = threading.Event()

    def late(_: Asked) -> None:
        passed.wait(5)

    faults.then, faults.on_request = "reset", late
    transport = Transport(cos.address)
    deadline = Deadline(at=time.monotonic() + 0.2)
    with pytest.raises(Unavailable):
        transport.run(deadline, lambda: transport.session.put(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/key", b""))
    passed.set()
    wait_for_requests()
    assert faults.seen == ["PUT"]
    transport.session.close()


def test_work_that_outlasts_the_deadline_is_left_behind() -> None:
    """What has not come by the deadline is unavailable; the work itself is not waited for."""
    never = threading.Event()
    with pytest.raises(Unavailable, match="time that was left"):
        Transport().run(Deadline(at=time.monotonic()), never.wait)
    never.set()


@pytest.mark.parametrize("context", [None, {}, {"time_limit_in_ms": "soon"}, {"request_id": 7}])
def test_a_context_without_what_it_should_hold_is_no_obstacle(context: object, deployed: Deployment) -> None:
    """The platform's default time limit holds where the context names none."""
    assert Answer(deployed.function.handle(url_event(body(job())), context)).outcomes == ["written"]


@pytest.mark.parametrize("wrong", ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"])
def test_credentials_are_read_for_every_event(
    wrong: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that rotates in a warm instance is used at once; a wrong one is refused by COS and nothing is lost."""
    right = deployed.environ[wrong]
    deployed.environ[wrong] = "expired"
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert "COS answered 403" in answer.body["jobs"][0]["detail"]
    deployed.environ[wrong] = right
    assert deployed.post(body(job())).outcomes == ["written"]
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["requests"], last["cold_start"]) == (1, False)


def test_the_stand_in_sees_the_host_of_cos(deployed: Deployment) -> None:
    """COS_ENDPOINT changes where requests go, not what they say: the Host header is COS's, and so is the signature."""
    deployed.post(body(job()))
    assert {request.host for request in deployed.cos.requests} == {"test-1234567890.cos.ap-chongqing.myqcloud.com"}


def test_without_a_stand_in_requests_go_where_they_say(cos: LocalCos) -> None:
    """Without COS_ENDPOINT nothing is rewritten, and no proxy or .netrc of the environment comes between."""
    transport = Transport()
    assert transport.session.get(f"{cos.address}/?a=b").status_code == 200
    assert (transport.sent, transport.session.trust_env) == (1, False)
    transport.session.close()
