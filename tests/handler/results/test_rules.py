"""The six rules for two results of one key, over a real local COS (promise 2)."""

from __future__ import annotations

import itertools
import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.results.record import HEADER, read
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

ONE_KEY = '[{"tag":"*","state":"*","write":"{dir}r/{tag}.json"}]'
SOUND, REVIEW = "audio/r/SoundHound.json", "photos/r/ReviewImage.json"
TIMELESS: dict[str, Any] = {"EndTime": None, "CreationTime": None, "StartTime": None}


@pytest.fixture
def keyed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function that writes all results of a Tag under one key."""
    return deploy(ROUTES=ONE_KEY)


def outcomes(deployed: Deployment, *bodies: str) -> list[str]:
    """Post these bodies in turn and return the outcomes."""
    return [outcome for each in bodies for outcome in deployed.post(each).outcomes]


def review(verdict: int, **more: Any) -> str:
    """Return a review in Detail form, as CI has it: numbers as numbers, no end."""
    fields = {
        "JobId": "si0042",
        "State": "Success",
        "CreationTime": "2025-03-02T10:00:00+08:00",
        "BucketId": BUCKET,
        "Region": "ap-chongqing",
        "Object": "photos/7.jpg",
        "Result": verdict,
        "ForbidState": int(verdict == 1),
        **more,
    }
    return json.dumps({"EventName": "ReviewImage", "JobsDetail": {k: v for k, v in fields.items() if v is not None}})


def simple(verdict: int, trace: str) -> str:
    """Return a review in Simple form, which has no time at all."""
    url = f"https://{BUCKET}.cos.ap-chongqing.myqcloud.com/photos/7.jpg"
    data = {"event": "ReviewImage", "forbidden_status": 0, "result": verdict, "trace_id": trace, "url": url}
    return json.dumps({"code": 0, "message": "success", "data": data})


def stored_record(deployed: Deployment, key: str) -> str:
    """Return the record of an object."""
    return deployed.cos.get(BUCKET, key).metadata["ci-callback"]


# --- rules 1 to 3: the same job ------------------------------------------------------------------------------------


def test_same_content_is_a_duplicate(keyed: Deployment) -> None:
    """Of a job and of a review, in either format."""
    assert outcomes(keyed, body(job(), form="xml"), body(job())) == ["written", "duplicate"]
    assert outcomes(keyed, review(0), review(0)) == ["written", "duplicate"]


def test_job_ends_once(keyed: Deployment) -> None:
    """CI's XML and JSON of a job differ in values: the first one stays."""
    assert outcomes(keyed, body(job()), body(job(Message="other"))) == ["written", "duplicate"]
    assert keyed.result(SOUND)["Message"] == ""


@pytest.mark.parametrize("form", [review, lambda verdict: simple(verdict, "t1")], ids=["Detail", "Simple"])
def test_later_verdict_of_a_review_replaces(form: Callable[[int], str], keyed: Deployment) -> None:
    """A person judges after the machine; late copies of the verdicts before never return."""
    assert outcomes(keyed, form(2), form(0), form(1)) == ["written"] * 3
    final = keyed.cos.get(BUCKET, REVIEW).body
    assert outcomes(keyed, form(2), form(0), form(1), form(0)) == ["stale", "stale", "duplicate", "stale"]
    assert keyed.cos.get(BUCKET, REVIEW).body == final


@pytest.mark.parametrize("event", ["", "AuditingFinish"])
def test_later_verdict_of_a_review_replaces_without_the_name_of_its_event(event: str, keyed: Deployment) -> None:
    """The Tag is Unknown; a job with a verdict is a review all the same."""
    first, second = (json.dumps({**json.loads(review(verdict)), "EventName": event}) for verdict in (2, 1))
    assert outcomes(keyed, first, second, first) == ["written", "written", "stale"]
    assert keyed.result("photos/r/Unknown.json")["Result"] == 1


def test_replaced_result_without_a_time_does_not_return(keyed: Deployment) -> None:
    """Its digest is remembered after a replacement by any rule."""
    first, second = (body(job(JobId=name, **TIMELESS)) for name in ("b", "a"))
    assert outcomes(keyed, first, second, first) == ["written", "written", "stale"]


def test_eight_replaced_results_are_remembered(keyed: Deployment) -> None:
    """The ninth is forgotten: its late copy counts as a new verdict. The header is bounded."""
    verdicts = [review(1, Score=number) for number in range(10)]
    assert outcomes(keyed, *verdicts) == ["written"] * 10
    assert outcomes(keyed, verdicts[1]) == ["stale"]
    assert outcomes(keyed, verdicts[0]) == ["written"]
    assert len(re.findall(r"[0-9a-f]{8}\b", stored_record(keyed, REVIEW).partition("replaced=")[2])) >= 8


def test_record_is_bounded(keyed: Deployment) -> None:
    """COS allows 2 KB of metadata: the longest record has less than half of that."""
    long = "x" * 256
    node = {"RunId": long, "WorkflowId": long, "Name": long}
    for number in range(10):
        keyed.post(body(job(JobId=long, State=long, Tag="ReviewImage", Workflow=node, Message=str(number))))
    assert len(stored_record(keyed, "audio/r/ReviewImage.json")) + len(HEADER) + 10 * 9 < 1000


# --- rule 4: the same subject --------------------------------------------------------------------------------------

# Each newer than the one before: by EndTime, by state, by JobId; times are compared as moments, not as texts.
IN_ORDER: list[dict[str, Any]] = [
    {"EndTime": "-", "CreationTime": "2025-03-01T08:00:00+0800", "JobId": "y"},
    {"EndTime": "2025-03-01T09:00:00+0800", "State": "Running", "JobId": "x"},
    {"EndTime": "2025-03-01T09:00:00+0800", "State": "Failed", "JobId": "w"},
    {"EndTime": "2025-03-01T09:00:00+0800", "State": "Success", "JobId": "u"},
    {"EndTime": "2025-03-01T01:00:00Z", "State": "Success", "JobId": "v"},
    {"EndTime": "2025-03-01T01:00:01Z", "State": "Failed", "JobId": "u"},
]


@pytest.mark.parametrize(("older", "newer"), list(itertools.combinations(range(len(IN_ORDER)), 2)))
def test_newer_of_two_jobs_stays(older: int, newer: int, keyed: Deployment) -> None:
    """In either order of arrival; replacing costs three requests."""
    first, second = body(job(**IN_ORDER[older])), body(job(**IN_ORDER[newer]))
    assert outcomes(keyed, first) == ["written"]
    keyed.cos.forget_requests()
    assert outcomes(keyed, second) == ["written"]
    assert keyed.methods == ["PUT", "HEAD", "PUT"]
    newest = keyed.cos.get(BUCKET, SOUND).body
    keyed.cos.delete(BUCKET, SOUND)
    assert outcomes(keyed, second, first, second) == ["written", "stale", "duplicate"]
    assert keyed.cos.get(BUCKET, SOUND).body == newest


@pytest.mark.parametrize(
    "pair",
    [
        (body(job(JobId="z", **TIMELESS)), body(job(JobId="a", **TIMELESS))),
        (body(job(JobId="z", EndTime="2025-03-01T09:00:00Z")), body(job(JobId="a", **TIMELESS))),
        (body(job(JobId="z", **TIMELESS)), body(job(JobId="a", EndTime="2025-03-01T09:00:00Z"))),
        (simple(0, "sif900"), simple(1, "sia100")),
    ],
    ids=["neither", "stored", "incoming", "reviews"],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_without_a_time_the_later_arrival_replaces(pair: tuple[str, str], *, reverse: bool, keyed: Deployment) -> None:
    """Ids never decide, and what was replaced does not return."""
    first, second = pair[::-1] if reverse else pair
    assert outcomes(keyed, first, second, first, second) == ["written", "written", "stale", "duplicate"]


def test_replayed_result_ranks_by_its_first_arrival(keyed: Deployment) -> None:
    """A review that waited as a dead letter does not replace a later verdict."""
    keyed.cos.put(BUCKET, REVIEW, b"mine")
    assert outcomes(keyed, simple(0, "t1")) == ["dead-lettered"]
    keyed.cos.delete(BUCKET, REVIEW)
    assert outcomes(keyed, simple(1, "t2")) == ["written"]
    keyed.send({"replay": {"remove": True}})
    assert keyed.result(REVIEW)["data"]["result"] == 1
    assert keyed.dead_letters() == []


# --- times that are not believed -----------------------------------------------------------------------------------


def in_an_hour() -> str:
    """Return a time that no job of today can have ended at."""
    return (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(timespec="seconds")


def test_time_in_the_future_is_not_believed(keyed: Deployment) -> None:
    """Such a result ranks by its arrival: it replaces older ones, and gives way to the next."""
    now = datetime.now(timezone.utc)
    soon = (now + timedelta(minutes=2)).isoformat(timespec="seconds")
    older = (now - timedelta(minutes=2)).isoformat(timespec="seconds")
    wrong, right = body(job(JobId="a", EndTime=in_an_hour())), body(job(JobId="b", EndTime=soon))
    assert outcomes(keyed, wrong, right, wrong) == ["written", "written", "stale"]
    assert outcomes(keyed, body(job(JobId="c", EndTime=older))) == ["stale"]


def test_time_shortly_in_the_future_is_believed(keyed: Deployment) -> None:
    """Clocks differ by some minutes."""
    later, sooner = (
        (datetime.now(timezone.utc) + timedelta(minutes=minutes)).isoformat(timespec="seconds") for minutes in (12, 2)
    )
    assert outcomes(keyed, body(job(JobId="a", EndTime=later)), body(job(JobId="b", EndTime=sooner))) == [
        "written",
        "stale",
    ]


def test_stored_time_in_the_future_gives_way(keyed: Deployment) -> None:
    """A record of the previous release may have one, for ever newer than any result."""
    header = f"v1 job=a state=Success time=2999-01-01T00:00:00.000000+00:00 sha256={'0' * 64}"
    keyed.cos.put(BUCKET, SOUND, b"{}", metadata={"ci-callback": header})
    right = (datetime.now(timezone.utc) + timedelta(minutes=2)).isoformat(timespec="seconds")
    assert outcomes(keyed, body(job(JobId="b", EndTime=right))) == ["written"]


LAST = "9999-12-31T23:59:59.999999+00:00"


@pytest.mark.parametrize(
    ("time", "arrived", "outcome"),
    [("2024", "2023", "written"), (LAST, "9999-99-99", "stale"), (LAST, LAST.replace(".9", ".0"), "stale")],
)
def test_times_that_an_uploader_has_made_up_are_no_defect(
    time: str, arrived: str, outcome: str, keyed: Deployment
) -> None:
    """Where no signature is asked for, an arrival that is no time counts as that of the object itself."""
    header = f"v1 job=a state=Failed time={time} arrived={arrived} sha256={'0' * 64}"
    keyed.cos.put(BUCKET, SOUND, b'{"Tag":"x"}', metadata={"ci-callback": header})
    assert outcomes(keyed, body(job(JobId="b"))) == [outcome]


# --- rules 5 and 6: another subject --------------------------------------------------------------------------------

OTHERS = [
    job(JobId="b", Input={"BucketId": BUCKET, "Object": "audio/other.mp3"}),
    job(JobId="b", Input={"Url": f"https://{BUCKET}.ci.ap-chongqing.myqcloud.com/audio/song.wav"}),
    job(JobId="b", Input={"BucketId": BUCKET, "Object": "audio/song.mp3"}, Tag="VocalScore"),
    job(JobId="b", Tag="Transcode", Operation={"Output": {"Bucket": BUCKET, "Object": "out/1.mp4"}}),
]
SOME_KEY = '[{"tag":"*","state":"*","write":["{dir}r/some.json","r/{job_id}.json"]}]'


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("reverse", [False, True])
def test_result_about_something_else_uses_the_next_template(
    other: dict[str, Any], *, reverse: bool, deploy: Callable[..., Deployment]
) -> None:
    """Neither is stale, and none is lost; found again, each is a duplicate."""
    deployed = deploy(ROUTES=SOME_KEY)
    pair = [body(job(JobId="a")), body(other)][:: -1 if reverse else 1]
    assert outcomes(deployed, *pair, *pair) == ["written", "written", "duplicate", "duplicate"]
    assert deployed.listing() == ["audio/r/some.json", "r/a.json" if reverse else "r/b.json"]


def test_two_nodes_of_one_run_are_two_subjects(deploy: Callable[..., Deployment]) -> None:
    """Two runs of one node are one subject, and so are a job on its own and a node."""
    deployed = deploy(ROUTES=SOME_KEY)
    nodes = [("r1", "n1"), ("r1", "n2"), ("r2", "n1")]
    first, other_node, other_run = (
        body(job(JobId=run + name, Workflow={"RunId": run, "WorkflowId": "w", "Name": name}, EndTime=end))
        for (run, name), end in zip(nodes, ("2025-03-01T01:00:01Z",) * 2 + ("2025-03-01T01:00:02Z",), strict=True)
    )
    alone = body(job(JobId="alone", EndTime="2025-03-01T01:00:03Z"))
    assert outcomes(deployed, first, other_node, other_run, alone) == ["written"] * 4
    assert deployed.listing() == ["audio/r/some.json", "r/r1n2.json"]
    assert deployed.result("audio/r/some.json")["JobId"] == "alone"


def test_runs_of_two_workflows_are_two_subjects(deploy: Callable[..., Deployment]) -> None:
    """The second finds the key taken; a later run of the first replaces."""
    deployed = deploy(ROUTES=SOME_KEY)

    def run(run_id: str, workflow: str) -> str:
        fields = {"RunId": run_id, "WorkflowId": workflow, "State": "Success", "BucketId": BUCKET, "Object": "a/b.mp4"}
        return json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": fields})

    assert outcomes(deployed, run("i1", "w1"), run("i2", "w2"), run("i3", "w1")) == ["written"] * 3
    assert deployed.listing() == ["a/r/some.json", "r/i2.json"]
    assert deployed.result("a/r/some.json")["JobId"] == "i3"


def test_last_template_taken_is_a_dead_letter(keyed: Deployment) -> None:
    """`key-taken` for the result of another subject, `conflict` for a foreign object; both stay as they are."""
    assert outcomes(keyed, body(job(JobId="a")), body(OTHERS[0])) == ["written", "dead-lettered"]
    keyed.cos.put(BUCKET, "audio/r/VocalScore.json", b"mine")
    assert outcomes(keyed, body(job(JobId="c", Tag="VocalScore"))) == ["dead-lettered"]
    assert {dead_letter["reason"] for dead_letter in keyed.dead_letters()} == {"key-taken", "conflict"}
    assert keyed.result(SOUND)["JobId"] == "a"
    assert keyed.cos.get(BUCKET, "audio/r/VocalScore.json").body == b"mine"


def test_foreign_object_leaves_the_next_template(deploy: Callable[..., Deployment]) -> None:
    """A key that someone else has taken costs no result; the duplicate looks twice."""
    deployed = deploy(ROUTES=SOME_KEY)
    deployed.cos.put(BUCKET, "audio/r/some.json", b"mine")
    assert outcomes(deployed, body(job(JobId="a")), body(job(JobId="a"))) == ["written", "duplicate"]
    assert deployed.cos.get(BUCKET, "audio/r/some.json").body == b"mine"
    assert deployed.listing() == ["audio/r/some.json", "r/a.json"]


# --- records of the previous release -------------------------------------------------------------------------------


@pytest.mark.parametrize(("modified", "outcome"), [("Sat, 01 Mar 2025 00:00:00 GMT", "2025-03-01T00"), ("?", "")])
def test_record_without_an_arrival_has_that_of_its_object(modified: str, outcome: str) -> None:
    """COS names the time when the object was written."""
    headers = {HEADER: f"v1 job=a state=Success time=- sha256={'0' * 64}", "last-modified": modified}
    record = read(headers)
    assert record is not None
    assert record.arrived[:13] == outcome


def test_record_without_a_subject_is_about_the_same(keyed: Deployment) -> None:
    """There one key had one subject: the newer result stays, as before."""
    header = f"v1 job=a state=Success time=2025-03-01T00:00:00.000000+00:00 sha256={'0' * 64}"
    keyed.cos.put(BUCKET, SOUND, b"{}", metadata={"ci-callback": header})
    assert outcomes(keyed, body(OTHERS[0])) == ["written"]
