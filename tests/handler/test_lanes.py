"""Jobs of a callback and records of a queue that are settled at once, over several connections."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback import batch, lanes
from ci_callback.actions import run
from ci_callback.errors import Redeliver
from ci_callback.settle import Settler
from local.faults.requests import Faults
from tests.handler.actions.acting import THEN, routes
from tests.handler.inbound.test_queue import records
from tests.handler.test_batches import fail_for_one
from tests.support.bodies import body, job
from tests.support.deployment import Answer, log_lines
from tests.support.sweeps import results

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci_callback.decode.job import Job
    from local.faults.requests import Asked
    from local.http.message import Request
    from tests.support.deployment import Deployment

ALL = 1 + 2 * lanes.MOST_AT_ONCE  # the first alone, then twice as many as may be settled at once
WITHOUT_ACTIONS = '[{"tag":"*","state":"*","write":"{object}.json"}]'
KINDS = pytest.mark.parametrize("kind", ["jobs", "records"])


def jobs(count: int = ALL, **more: Any) -> list[dict[str, Any]]:
    """Return jobs with an input each."""
    return [job(JobId=f"s{at}", Input={"Object": f"audio/{at}.mp3"}, **more) for at in range(count)]


def send(deployed: Deployment, kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """Send jobs as one callback, or each as a record of one event; return the reply."""
    return deployed.send({"body": body(*elements)} if kind == "jobs" else records(*map(body, elements)))


class UnderWay:
    """The requests under way: each but the first waits until as many others have arrived as there may be at once."""

    def __init__(self, together: int = lanes.MOST_AT_ONCE, timeout: float = 5) -> None:
        self.most = 0
        self._now = 0
        self._met = threading.Condition()
        self._together = together
        self._timeout = timeout
        self._first = True

    def meet(self, _: Asked) -> None:
        """Wait for the others."""
        with self._met:
            if self._first:
                self._first = False
                return
            self._now += 1
            self.most = max(self.most, self._now)
            self._met.notify_all()
            self._met.wait_for(lambda: self.most >= self._together, timeout=self._timeout)
            self._now -= 1


@KINDS
def test_parts_of_a_batch_are_written_at_once(kind: str, deployed: Deployment) -> None:
    """As many as there may be: more are not under way at any time, and one is an error of this test."""
    under_way = UnderWay()
    deployed.cos.faults = Faults(on_request=under_way.meet)
    assert send(deployed, kind, *jobs())["statusCode"] == 200
    assert len(results(deployed)) == ALL
    assert deployed.methods == ["PUT"] * ALL
    assert under_way.most == lanes.MOST_AT_ONCE


@KINDS
def test_no_thread_is_left_after_the_answer(kind: str, deployed: Deployment) -> None:
    """SCF freezes the process then."""
    before = {*threading.enumerate()}
    deployed.cos.faults = Faults(latency=0.01)
    send(deployed, kind, *jobs())
    assert not [each for each in {*threading.enumerate()} - before if each.name == "ci-callback-lane"]


def test_slow_thread_is_waited_for() -> None:
    """The calling thread ends first."""
    began = threading.Event()

    def settle(_: int) -> None:
        if threading.current_thread() is threading.main_thread():
            assert began.wait(5)
        else:
            began.set()
            time.sleep(0.1)

    assert lanes.Lanes([(at, [at]) for at in range(3)]).settle(settle, lambda: True) == {0, 1, 2}


class HeldBack:
    """Hold back the PUT of one job until three about other inputs have arrived."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id.encode()
        self._others = 0
        self._met = threading.Condition()

    def intercept(self, asked: Asked, request: Request) -> None:
        """Wait with the one."""
        with self._met:
            self._others += not asked.key.startswith("audio/song")
            self._met.notify_all()
            if b'"%b"' % self._job_id in request.body:
                self._met.wait_for(lambda: self._others > 2, timeout=5)


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one waits, the other takes each lane that is left, in their order."""
    monkeypatch.setattr(lanes, "free_threads", threading.Semaphore(1))


@KINDS
@pytest.mark.usefixtures("two_threads")
def test_parts_about_one_input_keep_their_order(
    kind: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first of them is slow: the later ones wait for it, and others do not."""
    deployed.cos.intercept = HeldBack("same0").intercept
    ends = [f"2025-03-01T09:00:0{second}+0800" for second in (3, 1, 2)]
    same = [job(JobId=f"same{at}", EndTime=end) for at, end in enumerate(ends)]
    first, *others = jobs(3)
    send(deployed, kind, first, *same, *others)
    outcomes = {line["job_id"]: line["outcome"] for line in log_lines(capsys) if "job_id" in line}
    assert [outcomes[f"same{at}"] for at in range(3)] == ["written", "stale", "stale"]
    assert deployed.result("audio/song.mp3.SoundHound.json")["JobId"] == "same0"


@KINDS
@pytest.mark.usefixtures("two_threads")
def test_parts_with_one_key_keep_their_order(
    kind: str, deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Though their inputs differ: the first has the key."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{dir}{stem}.x.json"}]')
    deployed.cos.intercept = HeldBack("mp3").intercept
    same = [job(JobId=ext, Input={"Object": f"audio/song.{ext}"}) for ext in ("mp3", "wav", "ogg")]
    first, *others = jobs(3)
    send(deployed, kind, first, *same, *others)
    outcomes = {line["job_id"]: line["outcome"] for line in log_lines(capsys) if "job_id" in line}
    assert [outcomes[ext] for ext in ("mp3", "wav", "ogg")] == ["written", "dead-lettered", "dead-lettered"]
    assert deployed.result("audio/song.x.json")["JobId"] == "mp3"


def test_input_that_an_earlier_job_writes_is_its_result(deploy: Callable[..., Deployment]) -> None:
    """A later job about it is a loop, and ignored, as if the jobs had come one by one."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.json"}]')
    of_result = job(JobId="loop", Input={"Object": "audio/1.mp3.json"})
    deployed.cos.faults = Faults(latency=0.005)
    assert Answer(send(deployed, "jobs", *jobs(2), of_result)).outcomes == ["written", "written", "ignored"]


def test_records_are_logged_in_their_order(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its own jobs before it, and the number of its own requests, whichever ended first."""
    pairs = [[{**each, "JobId": f"{each['JobId']}{letter}"} for letter in "ab"] for each in jobs(8)]
    deployed.cos.faults = Faults(latency=0.005)
    deployed.send(records(*(body(*pair) for pair in pairs), "nonsense"))
    lines = log_lines(capsys)
    assert [line.get("job_id", line.get("outcome")) for line in lines] == [
        *(name for at in range(8) for name in (f"s{at}a", f"s{at}b", None)),
        "dead-lettered",
    ]
    inputs = [request.key.partition(".")[0] for request in deployed.cos.requests]
    of_each = [inputs.count(f"audio/{at}") for at in range(8)]
    assert [line["requests"] for line in lines if "requests" in line] == [*of_each, len(inputs) - sum(of_each)]


def test_repeated_records_look_first_once_the_first_is_a_duplicate(deployed: Deployment) -> None:
    """Two requests for it, one for each other."""
    send(deployed, "records", *jobs())
    deployed.cos.forget_requests()
    send(deployed, "records", *jobs())
    assert sorted(deployed.methods) == ["HEAD"] * ALL + ["PUT"]


@KINDS
@pytest.mark.usefixtures("two_threads")
def test_batch_that_turns_out_to_be_repeated_goes_on_elsewhere(kind: str, deployed: Deployment) -> None:
    """Though its first part is new: the parts that are not begun yet are settled from a random one on."""
    send(deployed, kind, *jobs(9)[1:])
    deployed.cos.forget_requests()
    assert send(deployed, kind, *jobs())["statusCode"] == 200
    assert len(results(deployed)) == ALL


def test_batch_of_many_is_settled_some_at_a_time(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """And records of more than 1 MB in all are not read beside each other."""
    monkeypatch.setattr(batch, "_MOST_TOGETHER", 4)
    send(deployed, "jobs", *jobs())
    assert len(results(deployed)) == ALL
    sizes = (1, 400_000, 400_000, 400_000, 1_100_000, 1)
    long = [job(JobId=f"l{at}", Input={"Object": f"long/{at}"}, Message="x" * size) for at, size in enumerate(sizes)]
    send(deployed, "records", *long)
    keys = [key for key in deployed.listing() if key.startswith("long/")]
    assert [len(deployed.result(key)["Message"]) for key in keys] == [*sizes]


def test_batch_is_settled_without_threads_where_there_are_none(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the calling thread."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    under_way = UnderWay(together=1)
    deployed.cos.faults = Faults(on_request=under_way.meet)
    with monkeypatch.context() as patch:
        send(deployed, "records", *jobs(1))  # a connection, whose server has its thread
        patch.setattr(threading.Thread, "start", refuse)
        assert send(deployed, "records", *jobs(5))["statusCode"] == 200
    assert (len(results(deployed)), under_way.most) == (5, 1)


@pytest.mark.parametrize("error", [SystemExit, RecursionError])
def test_error_in_one_lane_reaches_the_caller_once_all_have_ended(
    error: type[BaseException], deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order to exit is obeyed; a defect costs its own job only."""
    fail_for_one(monkeypatch, "s3", error)
    if error is SystemExit:
        with pytest.raises(SystemExit):
            send(deployed, "jobs", *jobs())
    else:
        assert Answer(send(deployed, "jobs", *jobs())).outcomes.count("written") == ALL - 1


def test_records_that_are_lost_are_sent_again(deployed: Deployment) -> None:
    """They alone count as not durable, wherever they were settled."""
    deployed.cos.faults = Faults(only=lambda asked: "/1.mp3" in asked.key or "dead-letter" in asked.key, then="403")
    with pytest.raises(Redeliver, match=f"1 of {ALL} records are not durable"):
        send(deployed, "records", *jobs())
    assert len(results(deployed)) == ALL - 1


def test_few_objects_are_read_at_once_for_actions(deploy: Callable[..., Deployment]) -> None:
    """Each may have 12 MB: the third job that must read its stored result waits until another has done its actions."""
    deploy(ROUTES=WITHOUT_ACTIONS).send(records(*map(body, jobs(8))))
    reading = UnderWay(together=3, timeout=0.05)
    deployed = deploy(ROUTES=routes(THEN["invoke"], key="{object}.json"))
    deployed.cos.faults = Faults(on_request=lambda asked: reading.meet(asked) if asked.method == "GET" else None)
    answer = Answer(send(deployed, "jobs", *jobs(8, Message="in other words")))
    assert (answer.outcomes, reading.most) == (["duplicate"] * 8, 2)
    assert len(deployed.cos.receivers.taken()) == 8


def test_action_without_room_for_its_object_is_tried_again(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a replay: the job is in a dead letter."""
    deploy(ROUTES=WITHOUT_ACTIONS).post(body(*jobs(1)))
    deployed = deploy(ROUTES=routes(THEN["invoke"], key="{object}.json"))
    deployed.context["time_limit_in_ms"] = 1000
    with monkeypatch.context() as patch:
        patch.setattr(run, "_objects", threading.Semaphore(0))
        assert deployed.post(body(*jobs(1, Message="in other words"))).outcomes == ["dead-lettered"]
    deployed.context["time_limit_in_ms"] = 30_000
    assert [each["outcome"] for each in Answer(deployed.send({"replay": {"remove": True}})).body["results"]] == [
        "removed"
    ]


def test_jobs_without_a_key_are_settled_among_others(deployed: Deployment) -> None:
    """One that is ignored, and one whose input is in an unlisted bucket."""
    running = job(JobId="running", State="Running")
    unlisted = job(JobId="unlisted", Input={"BucketId": "elsewhere-1234567890", "Object": "x"})
    answer = Answer(send(deployed, "jobs", *jobs(2), running, unlisted))
    assert answer.outcomes == ["written", "written", "ignored", "dead-lettered"]


def test_defect_in_the_lane_keys_of_jobs_costs_none_of_them(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are settled one after the other."""

    def fail(self: Settler, job: Job) -> set[Any]:
        raise RecursionError(self, job)

    monkeypatch.setattr(Settler, "lane_keys", fail)
    under_way = UnderWay(together=1)
    deployed.cos.faults = Faults(on_request=under_way.meet)
    assert Answer(send(deployed, "jobs", *jobs(5))).outcomes == ["written"] * 5
    assert under_way.most == 1
