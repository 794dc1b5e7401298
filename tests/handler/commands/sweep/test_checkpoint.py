"""The timer's sweeps: each goes on where the last one ended, so that every job has its turn however many there are."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci_callback.commands.sweep import checkpoint as bookmark
from ci_callback.commands.sweep.windows import stamp
from ci_callback.config import settings as configured
from local.faults.requests import Faults
from local.http.message import Response
from tests.handler.commands.sweep.test_sweep import OTHER, counts, ended, sweep
from tests.support.bodies import job
from tests.support.deployment import BUCKET, REGION, Answer, deployment_on
from tests.support.tired import tire

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.faults.requests import Asked
    from tests.support.deployment import Deployment

PREFIX = "ci-callback/dead-letter/"
ROUTES = repr(configured.load({"BUCKETS": f"{BUCKET}/{REGION}", "CALLBACK_TOKENS": "t" * 16}).ROUTES)
MARK = bookmark.key(PREFIX, {"hours": 24, "tags": [], "buckets": [BUCKET], "routes": ROUTES})
OURS = {"ci-callback": "v1 bookmark"}
KEY = "audio/0.mp3.SoundHound.json"


def timer(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the report of a sweep that the timer orders."""
    message = json.dumps({"sweep": options}) if options else ""
    answer = Answer(deployed.send({"Type": "Timer", "TriggerName": "sweep", "Message": message}))
    assert answer.status == 200, answer.body
    return answer.body


def until_done(deployed: Deployment, **options: Any) -> list[int]:
    """Return how many jobs each run of a whole round found."""
    runs = []
    for _ in range(20):
        report = timer(deployed, **options)
        runs.append(report["found"])
        if report["next"] is None:
            return runs
    raise AssertionError(runs)


def mark(deployed: Deployment) -> dict[str, Any]:
    """Return the bookmark."""
    found: dict[str, Any] = deployed.result(MARK)
    return found


def results(deployed: Deployment, bucket: str = BUCKET) -> list[str]:
    """Return the keys of all results."""
    return [key for key in deployed.listing(bucket) if not key.startswith(PREFIX)]


def put_mark(deployed: Deployment, content: Any) -> None:
    """Lay a bookmark."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    deployed.cos.put(BUCKET, MARK, data, metadata=OURS)


def test_every_job_has_its_turn(deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one Tag alone fills a run, the next ones reach the Tags and buckets behind it; no job is taken twice."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(25, Tag="Tts"))
    deployed.cos.ci.add(OTHER, ended(26, Input={"BucketId": OTHER, "Object": "b.mp3"}))
    tire(monkeypatch, 10)
    assert until_done(deployed) == [10, 10, 7]
    assert (len(results(deployed)), results(deployed, OTHER)) == (26, ["b.mp3.SoundHound.json"])
    assert until_done(deployed) == [10, 10, 7]


def test_a_round_costs_two_requests_more(deployed: Deployment) -> None:
    """The bookmark is read and written once; for the rest the timer's sweep asks what any other does."""
    deployed.cos.ci.add(BUCKET, ended())
    timer(deployed)
    deployed.cos.forget_requests()
    assert counts(sweep(deployed, tags=["SoundHound"])) == (1, 1, 0, 0, 0)
    assert deployed.methods == ["GET", "HEAD"]
    deployed.cos.forget_requests()
    assert counts(timer(deployed, tags=["SoundHound"])) == (1, 1, 0, 0, 0)
    assert deployed.methods == ["GET", "GET", "HEAD", "PUT"]


@pytest.mark.parametrize("is_last_listed", [True, False])
def test_jobs_of_one_second_are_no_trap(
    is_last_listed: bool,  # noqa: FBT001 - pytest passes parameters by name
    deployed: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More jobs created in one second than a run reaches are gone through all the same, and none is left out.

    Nobody says whether CI lists the second that is named as the end: either way will do.
    """
    deployed.cos.ci.includes_ends = is_last_listed
    when = (datetime.now(timezone.utc) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S%z")
    for number in range(25):
        deployed.cos.ci.add(BUCKET, {**ended(number), "CreationTime": when})
    for number in range(25, 30):
        deployed.cos.ci.add(BUCKET, ended(number, ago=900 + number))
    tire(monkeypatch, 10)
    assert until_done(deployed) == [10, 10, 10, 0]
    assert len(results(deployed)) == 30


def test_what_ends_meanwhile_is_found_in_the_next_round(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that was still running when its place was passed has its turn in the round after."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=100 * number + 100))
    deployed.cos.ci.add(BUCKET, ended(15, ago=150, State="Running"))
    tire(monkeypatch, 10)
    assert timer(deployed)["found"] == 10
    deployed.cos.ci.add(BUCKET, ended(15, ago=150))
    assert until_done(deployed) == [5]
    assert "audio/15.mp3.SoundHound.json" not in results(deployed)
    until_done(deployed)
    assert len(results(deployed)) == 16


def test_a_job_without_a_time_does_no_harm(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where CI does not say when a job was created, the run goes on from the one before it."""
    for number in range(4):
        deployed.cos.ci.add(BUCKET, ended(number, ago=100 * number + 100))
    lost = deployed.cos.ci.get(BUCKET, "s1")
    assert lost is not None
    monkeypatch.setitem(lost.detail, "CreationTime", "-")
    tire(monkeypatch, 2)
    assert sum(until_done(deployed)) >= 4
    assert len(results(deployed)) == 4


def at(ago: float) -> str:
    """Return the time so many seconds ago as CI writes it."""
    return (datetime.now(timezone.utc) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S%z")


def window(deployed: Deployment, tag: str = "SoundHound") -> float:
    """Return from how many seconds ago on the last sweep asked for a Tag's jobs that had ended."""
    asked = [each.query for each in deployed.cos.requests if f"tag={tag}" in each.query]
    start = unquote(asked[-1].partition("startCreationTime=")[2].partition("&")[0])
    return (datetime.now(timezone.utc) - datetime.strptime(start, "%Y-%m-%dT%H:%M:%S%z")).total_seconds()


def test_a_round_looks_back_a_little_and_no_further(deployed: Deployment) -> None:
    """Once every job has been seen, the next round begins shortly before this one: a job is not looked at all day."""
    timer(deployed)
    assert window(deployed) == pytest.approx(24 * 3600, abs=60)
    timer(deployed)
    assert window(deployed) == pytest.approx(900, abs=60)


def test_a_round_looks_back_to_what_was_still_running(deployed: Deployment) -> None:
    """A job that takes long is waited for, `hours` long, and only its own Tag looks back so far."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600, State="Running"))
    deployed.cos.ci.add(BUCKET, ended(1, ago=4 * 3600, State="Submitted"))
    deployed.cos.ci.add(BUCKET, ended(2, ago=30 * 3600, State="Pause"))
    for _ in range(3):
        assert timer(deployed)["found"] == 0
    assert window(deployed) == pytest.approx(5 * 3600, abs=60)
    assert window(deployed, "Tts") == pytest.approx(900, abs=60)
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    assert timer(deployed)["recovered"] == 1
    timer(deployed)
    assert window(deployed) == pytest.approx(4 * 3600, abs=60)


def test_a_round_looks_back_to_what_could_not_be_settled(deployed: Deployment) -> None:
    """A job that failed has its turn again in the next round, and once it is settled no more."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    deployed.cos.put(BUCKET, KEY, b"mine")
    for _ in range(3):
        assert timer(deployed)["failed"] == 1
    deployed.cos.delete(BUCKET, KEY)
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert timer(deployed)["found"] == 0


def test_a_round_looks_back_to_what_was_not_listed(deployed: Deployment) -> None:
    """A Tag that CI did not list is caught up with; the others are not looked at again for it."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    deployed.cos.ci.add(BUCKET, ended(1, ago=5 * 3600, Tag="Tts"))
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "jobs" and "tag=SoundHound" in asked.query, then="403")
    for _ in range(2):
        assert timer(deployed)["failed"] == 1
    deployed.cos.faults = Faults()
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)


def test_what_is_held_survives_the_end_of_a_run(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a Tag's turn takes several runs, what was found running in the first counts after the last."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(15, ago=5 * 3600, State="Running"))
    tire(monkeypatch, 10)
    assert until_done(deployed) == [10, 5]
    timer(deployed)
    assert window(deployed) == pytest.approx(5 * 3600, abs=60)


def test_after_a_pause_nothing_is_missed(deployed: Deployment) -> None:
    """The window begins where the last round left it: a timer that was off for days leaves no gap."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=4 * 86400))
    assert timer(deployed)["found"] == 0
    put_mark(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": at(5 * 86400)}})
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert timer(deployed)["found"] == 0


def test_no_more_is_asked_for_than_a_month(deployed: Deployment) -> None:
    """However old the bookmark is, the window stays within what `hours` may be."""
    put_mark(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": "2001-01-01T00:00:00+0000"}})
    timer(deployed)
    assert window(deployed) == pytest.approx(30 * 86400, abs=60)


def test_what_is_no_longer_swept_is_forgotten(deployed: Deployment) -> None:
    """The bookmark stays as small as what is swept."""
    timer(deployed)
    before = mark(deployed)
    put_mark(deployed, {**before, "since": {**before["since"], f"{BUCKET}/Gone": at(60), "other/Tts": at(60)}})
    timer(deployed)
    assert mark(deployed)["since"].keys() == before["since"].keys()


@pytest.mark.parametrize(
    "more",
    [
        {"ROUTES": '[{"tag":"*","state":"*","write":"other/{job_id}.json"}]'},
        {"BUCKETS": f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou"},
        {"DEAD_LETTER": "other/"},
    ],
)
def test_another_configuration_has_another_bookmark(more: dict[str, str], deploy: Callable[..., Deployment]) -> None:
    """A function with other routes or buckets, or this one once they are changed, begins with its whole window."""
    deployed = deploy()
    deployed.cos.ci.add(BUCKET, ended(0, ago=5 * 3600))
    assert timer(deployed)["recovered"] == 1
    assert timer(deployed)["found"] == 0
    assert timer(deploy(**more))["found"] == 1


def test_a_tag_that_cannot_be_listed_holds_up_no_other(deployed: Deployment) -> None:
    """CI may fail at one Tag for as long as it likes: the others have their turns, and it has its own once it works."""
    deployed.cos.ci.add(BUCKET, ended(0, Tag="Concat"))
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.faults = Faults(only=lambda asked: "tag=Concat&" in f"{asked.query}&", then="500")
    for recovered in (1, 0, 0):
        report = timer(deployed)
        assert (report["recovered"], report["next"]) == (recovered, None)
        assert [(each["tag"], each["reason"]) for each in report["failed_jobs"]] == [("Concat", "store-unavailable")]
    deployed.cos.faults = Faults()
    assert timer(deployed)["recovered"] == 1


def test_what_breaks_off_at_the_same_place_is_passed(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Tag whose second page never comes is tried once more, and then the Tags behind it have their turn."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(15, Tag="Tts"))
    tire(monkeypatch, 1000)
    deployed.cos.faults = Faults(
        only=lambda asked: "tag=SoundHound" in asked.query and len(results(deployed)) >= 10, then="500"
    )
    assert [timer(deployed)["recovered"] for _ in range(2)] == [10, 1]
    deployed.cos.faults = Faults()
    assert timer(deployed)["recovered"] == 5


def test_an_object_of_somebody_else_is_left_alone(deployed: Deployment) -> None:
    """What lies under the bookmark's key and is none of ours stays as it is; the sweep goes on without, and says so."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.put(BUCKET, MARK, b"my own words")
    report = timer(deployed)
    assert (report["recovered"], report["failed_jobs"][0]["detail"]) == (
        1,
        "An object that is no bookmark has its key.",
    )
    assert deployed.cos.get(BUCKET, MARK).body == b"my own words"


def test_what_ended_just_now_is_looked_at_again(deployed: Deployment) -> None:
    """However long ago it was created: of two callbacks that come at once the older may end last, once."""
    just = job(JobId="just", CreationTime=at(3 * 3600), EndTime=at(20))
    deployed.cos.ci.add(BUCKET, just)
    assert timer(deployed)["recovered"] == 1
    deployed.cos.delete(BUCKET, "audio/song.mp3.SoundHound.json")
    assert timer(deployed)["recovered"] == 1


def test_after_a_pause_what_failed_is_not_forgotten(deployed: Deployment) -> None:
    """Beyond `hours`, too: a COS or a CI that refuses for once, after days without a timer, costs no result."""
    deployed.cos.ci.add(BUCKET, ended(0, ago=4 * 86400))
    for kind in ("cos", "ci"):
        deployed.cos.delete(BUCKET, KEY)
        put_mark(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": at(5 * 86400)}})
        deployed.cos.faults = Faults(
            only=lambda asked, kind=kind: (  # type: ignore[misc]  # the default binds it
                asked.key.startswith("audio/") if kind == "cos" else "tag=SoundHound" in asked.query
            ),
            then="403",
        )
        assert timer(deployed)["failed"] == 1
        deployed.cos.faults = Faults()
        assert timer(deployed)["recovered"] == 1


@pytest.mark.parametrize("fraction", ["", ".2", ".9"])
def test_the_order_within_a_second_does_not_matter(
    fraction: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI may list the jobs of a second in another order each time, and may name fractions."""
    for number in range(10):
        fields = ended(number, ago=1800)
        created = fields["CreationTime"].replace("+", f"{fraction}+")
        deployed.cos.ci.add(BUCKET, fields)
        known = deployed.cos.ci.get(BUCKET, f"s{number}")
        assert known is not None
        monkeypatch.setitem(known.detail, "CreationTime", created)
    tire(monkeypatch, 4)
    answer = deployed.cos.ci.answer
    orders = iter([False, True, False, True])

    def turned(*asked: Any) -> Any:
        """Return the answer with its jobs in the other order, every second time."""
        answered = answer(*asked)
        if "SoundHound" not in asked[0].query or not next(orders):
            return answered
        assert isinstance(answered, Response)
        head, *jobs = answered.body.split(b"<JobsDetail>")
        tail = jobs[-1].partition(b"</JobsDetail>")[2] if jobs else b""
        bodies = [each.partition(b"</JobsDetail>")[0] for each in jobs]
        content = head + b"".join(b"<JobsDetail>" + each + b"</JobsDetail>" for each in reversed(bodies)) + tail
        return Response(200, answered.headers, content)

    monkeypatch.setattr(deployed.cos.ci, "answer", turned)
    for _ in range(4):
        timer(deployed)
    assert len(results(deployed)) == 10


@pytest.mark.parametrize("created", [None, "-", "0001-01-01T00:00:00+0000", "9999-12-31T23:59:59+0000", "soon"])
def test_odd_times_hold_up_nothing(created: Any, deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that say nonsense of when they were created have their turn, and the Tags behind them too."""
    for number in range(9):
        deployed.cos.ci.add(BUCKET, ended(number, ago=60))
        known = deployed.cos.ci.get(BUCKET, f"s{number}")
        assert known is not None
        monkeypatch.setitem(known.detail, "CreationTime", created)
    deployed.cos.ci.add(BUCKET, ended(9, Tag="Tts"))
    tire(monkeypatch, 4)
    for _ in range(4):
        timer(deployed)
    assert len(results(deployed)) == 10


def test_a_tag_that_is_named_twice_has_one_turn(deployed: Deployment) -> None:
    """Neither by hand nor by timer does a run go round in circles."""
    deployed.cos.ci.add(BUCKET, ended())
    assert counts(timer(deployed, tags=["SoundHound", "SoundHound"])) == (1, 0, 1, 0, 0)


def test_the_report_tells_how_far_it_is_behind(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """`behind_s` is the age of the round: what CI has ended since then has not had its turn."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 7300))
    tire(monkeypatch, 10)
    assert timer(deployed)["behind_s"] == 0
    left = mark(deployed)
    left["next"]["end"] = at(7200)
    put_mark(deployed, left)
    report = timer(deployed)
    assert (report["next"], 7190 < report["behind_s"] < 7300) == (None, True)
    timer(deployed)
    assert window(deployed) == pytest.approx(7200 + 900, abs=60)


STALE = {"bucket": BUCKET, "tag": "Tts", "tags": ["Tts"], "start": "2025-01-01T00:00:00+0000", "seen": [], "until": ""}
END = {"end": "2025-01-02T00:00:00+0000"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        {"next": None, "since": {f"{BUCKET}/SoundHound": "yesterday"}},
        {"next": None, "since": ["SoundHound"]},
        {"next": {}, "since": {}},
        {"next": {**STALE, **END}, "since": {}},
        {"next": {**STALE, **END, "bucket": "unlisted-1234567890"}, "since": {}},
        {"next": {**STALE, "end": "soon"}, "since": {}},
        {"next": None, "since": {}, "later": "release"},
    ],
)
def test_a_bookmark_that_fits_no_more_is_no_obstacle(content: Any, deployed: Deployment) -> None:
    """What is no bookmark, or one for other buckets, routes or releases, is begun anew after."""
    deployed.cos.ci.add(BUCKET, ended())
    put_mark(deployed, content)
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)
    assert mark(deployed)["next"] is None


def test_a_bookmark_from_the_future_is_no_obstacle(deployed: Deployment) -> None:
    """Where clocks differ, or somebody says so, a window never begins after its end: then it is empty, once."""
    deployed.cos.ci.add(BUCKET, ended())
    put_mark(deployed, {"next": None, "since": {f"{BUCKET}/SoundHound": "9999-01-01T00:00:00+0000"}})
    assert timer(deployed)["found"] == 0
    assert counts(timer(deployed)) == (1, 0, 1, 0, 0)


@pytest.mark.parametrize("field", ["bucket", "tag", "until", "hold"])
def test_a_place_that_was_tampered_with_is_no_obstacle(
    field: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write into the bucket can make a sweep begin anew, and nothing else."""
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number, ago=10 * number + 10))
    tire(monkeypatch, 2)
    assert timer(deployed)["found"] == 2
    left = mark(deployed)
    left["next"][field] = "../x"
    put_mark(deployed, left)
    deployed.cos.forget_requests()
    assert timer(deployed)["found"] == 2
    assert not any("..%2Fx" in each.query or "../x" in each.key for each in deployed.cos.requests)


def test_other_options_have_another_bookmark(deployed: Deployment) -> None:
    """Timers that sweep differently do not disturb each other."""
    timer(deployed)
    timer(deployed, hours=2)
    timer(deployed, tags=["Tts"])
    assert len([key for key in deployed.listing() if bookmark.is_one(key, PREFIX)]) == 3


def test_a_bookmark_is_no_letter(deployed: Deployment) -> None:
    """A replay passes over it."""
    timer(deployed)
    assert bookmark.is_one(MARK, PREFIX)
    assert deployed.listing() == [MARK]
    assert Answer(deployed.send({"replay": {}})).body["results"] == []


def test_a_dry_run_leaves_none(deployed: Deployment) -> None:
    """What only counts has swept nothing."""
    timer(deployed, dry_run=True)
    sweep(deployed)
    assert deployed.listing() == []


def test_by_hand_it_can_go_on_too(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """`resume` is an option like any other."""
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number, ago=10 * number + 10))
    tire(monkeypatch, 2)
    assert [sweep(deployed, resume=True)["found"] for _ in range(3)] == [2, 1, 2]


@pytest.mark.parametrize("action", ["GetObject", "PutObject"])
def test_without_the_right_to_it_the_sweep_goes_on_as_before(action: str, deployed: Deployment) -> None:
    """A role that may not read or write it has its jobs swept from the beginning each time, and is told so."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.policy = lambda asked, _bucket, key: asked != f"name/cos:{action}" or key != MARK
    for outcome in (2, 1):
        report = timer(deployed)
        assert report["failed_jobs"] == [
            {"bucket": BUCKET, "key": MARK, "reason": "store-refused", "detail": "COS answered 403 AccessDenied"}
        ]
        assert counts(report)[outcome] == 1


def test_what_was_done_counts_where_ci_stops_answering(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that CI breaks off leaves the bookmark where it came to, so that the next one gets further."""
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    tire(monkeypatch, 1000)
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "jobs" and len(results(deployed)) >= 10, then="500")
    broken_off = timer(deployed)
    assert (broken_off["recovered"], broken_off["failed"]) == (10, 1)
    deployed.cos.faults = Faults()
    assert until_done(deployed) == [15]
    assert len(results(deployed)) == 25


# --- any course of things ---------------------------------------------------------------------------------------------

TROUBLES = ("none", "CI breaks off", "CI is down", "a Tag is not listed", "a Tag is refused", "COS is down")

# Minutes that pass, jobs that are created meanwhile (each with its Tag, its age then, and the minutes it takes), how
# many of them a run reaches, and what else goes wrong.
Step = tuple[int, list[tuple[int, int, int]], int, str]

STEPS = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.lists(st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(0, 1380)), max_size=6),
        st.integers(1, 6),
        st.sampled_from(TROUBLES),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300)
@given(steps=STEPS, includes_ends=st.booleans())
def test_whatever_comes_every_job_that_ends_within_the_hours_is_found(
    steps: list[Step],
    includes_ends: bool,  # noqa: FBT001 - hypothesis passes parameters by name
    hurried_cos: LocalCos,
) -> None:
    """Jobs in any number that take up to 23 hours, runs that reach few, a CI and a COS that fail: none is missed."""
    world = World(hurried_cos)
    hurried_cos.ci.includes_ends = includes_ends
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ci_callback.function.datetime", world)
        for minutes, jobs, reach, trouble in steps:
            tire(patch, reach, page=3)
            world.pass_time(minutes, jobs)
            world.sweep(trouble)
        world.pass_time(1380, [])
        tire(patch, 1000)
        for _ in range(3):  # the round that was begun, what that one held, and one more
            world.sweep("none")
    assert world.lost() == []


class World:
    """A function whose time is ours, and jobs of two Tags that CI has had; as `datetime` it says what time it is."""

    def __init__(self, cos: LocalCos) -> None:
        self.time = datetime.now(timezone.utc).replace(microsecond=0)
        self.jobs: dict[str, tuple[str, datetime, datetime]] = {}  # its Tag, and from when to when each runs
        self.name = uuid.uuid4().hex[:8]
        self.tags = [f"A{self.name}", f"B{self.name}"]
        routes = f'[{{"tag":"*","state":"*","write":"{self.name}/{{job_id}}.json"}}]'
        self.deployed = deployment_on(cos, ROUTES=routes, DEAD_LETTER=f"{self.name}/letters/")

    def now(self, _zone: timezone) -> datetime:
        """Return the time."""
        return self.time

    def pass_time(self, minutes: int, created: list[tuple[int, int, int]]) -> None:
        """Let time pass; meanwhile jobs are created, and others end."""
        self.time += timedelta(minutes=minutes)
        for which, age, takes in created:
            begin = self.time - timedelta(minutes=min(age, minutes))
            job_id = f"{self.name}-{len(self.jobs)}"
            self.jobs[job_id] = self.tags[which], begin, begin + timedelta(minutes=takes)
        for job_id, (tag, begin, end) in self.jobs.items():
            state = "Success" if end <= self.time else "Running"
            times = {"CreationTime": stamp(begin), "EndTime": stamp(end)}
            self.deployed.cos.ci.add(BUCKET, job(JobId=job_id, Tag=tag, State=state, **times))

    def sweep(self, trouble: str) -> None:
        """Let the timer come, in this trouble; it is answered all the same."""
        asked: list[Asked] = []

        def is_met(request: Asked) -> bool:
            asked.append(request)
            questions = sum(each.service == "ci" for each in asked)
            return {
                "none": False,
                "CI breaks off": request.service == "ci" and questions > 2,
                "CI is down": request.service == "ci",
                "a Tag is not listed": f"tag={self.tags[0]}" in request.query,
                "a Tag is refused": f"tag={self.tags[1]}" in request.query,
                "COS is down": request.key.startswith(f"{self.name}/{self.name}"),
            }[trouble]

        self.deployed.cos.faults = Faults(only=is_met, then="403" if trouble == "a Tag is refused" else "500")
        message = json.dumps({"sweep": {"tags": self.tags}})
        reply = self.deployed.send({"Type": "Timer", "TriggerName": "sweep", "Message": message})
        assert reply["statusCode"] in {200, 503}
        self.deployed.cos.faults = Faults()

    def lost(self) -> list[str]:
        """Return the jobs that have ended and have no result."""
        present = set(self.deployed.listing())
        ended = [job_id for job_id, (_, _, end) in self.jobs.items() if end <= self.time]
        return [job_id for job_id in ended if f"{self.name}/{job_id}.json" not in present]
