"""A timer heals before it sweeps: dead letters with a reason that passes become results by themselves (promise 9)."""

from __future__ import annotations

import functools
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback import __version__
from ci_callback.commands.limits import Limits
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, OTHER_BUCKET, RECORD_SECRET, REGION, deployment_on, log_lines
from tests.support.limited_run import limit
from tests.support.sweeps import ended, timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.faults.requests import Asked
    from tests.support.deployment import Deployment

pytestmark = pytest.mark.usefixtures("hurried")

PREFIX = "ci-callback/dead-letter/"
BROKEN = job(JobId="broken", Tag="Transcode", Input="no element")
ACTING = json.dumps(
    [{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": [{"invoke": "my-function"}]}],
)


def heal(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Send a timer event that sweeps one Tag, and return the report."""
    return timer(deployed, tags=["SoundHound"], **options)


def healed(report: dict[str, Any]) -> tuple[int, int, int]:
    """Return how many dead letters a timer removed, kept, and left to wait."""
    return report["healed"], report["kept"], report["waiting"]


def result(number: int) -> str:
    """Return the key of a result of `ended`."""
    return f"audio/{number}.mp3.SoundHound.json"


def is_result(asked: Asked) -> bool:
    """Choose the requests about results."""
    return asked.key.startswith("audio/")


def down(only: Callable[[Asked], bool] = lambda _: True) -> Faults:
    """Return a COS, or a part of it, that is unavailable."""
    return Faults(then="503", only=only)


def kept(deployed: Deployment, *numbers: int) -> None:
    """Make a dead letter of each job: COS takes dead letters, and no results."""
    deployed.cos.faults = down(is_result)
    for number in numbers:
        assert deployed.post(body(ended(number))).outcomes == ["dead-lettered"]
    deployed.cos.faults = Faults()


def kept_keys(deployed: Deployment) -> list[str]:
    """Return the keys of the dead letters, below DEAD_LETTER."""
    keys = (key.removeprefix(PREFIX) for key in deployed.listing() if key.startswith(PREFIX))
    return [key for key in keys if not key.startswith("sweep-")]


def test_one_timer_ends_an_outage(deploy: Callable[..., Deployment]) -> None:
    """COS is down, then takes dead letters again, then a function does not start: every result and action is there."""
    deployed = deploy(ROUTES=ACTING, RECORD_SECRET=RECORD_SECRET)
    deployed.cos.faults = down()
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number))
        assert deployed.post(body(ended(number))).status == 503
    deployed.cos.faults = down(is_result)
    review = job(JobId="r1", Tag="ReviewAudio", Input={"BucketId": BUCKET, "Object": "audio/r.mp3"})
    for each in (ended(3), ended(4), review):
        assert deployed.post(body(each)).outcomes == ["dead-lettered"]
    several = [ended(number) for number in range(5, 9)]
    assert deployed.post(body(*several)).outcomes == ["dead-lettered"] * 4
    deployed.cos.faults = Faults()
    deployed.cos.receivers.answers["invoke"] = ["InternalError"] * 3
    assert deployed.post(body(ended(9))).outcomes == ["dead-lettered"]
    report = timer(deployed)
    assert (healed(report), report["recovered"]) == ((5, 0, 0), 3)
    assert kept_keys(deployed) == []
    names = [*(f"{number}.mp3.SoundHound" for number in range(10)), "r.mp3.ReviewAudio"]
    results = [f"audio/{name}.json" for name in names]
    assert [key for key in deployed.listing() if key.startswith("audio/")] == results
    assert all(" sig=" in deployed.cos.get(BUCKET, key).metadata["ci-callback"] for key in results)
    started = [each.id for each in deployed.cos.receivers.taken()]
    assert len(started) == len(set(started)) == len(names)
    assert healed(heal(deployed)) == (0, 0, 0)
    assert len(deployed.cos.receivers.taken()) == len(names)


def test_what_waits_for_a_person_is_only_counted(deployed: Deployment) -> None:
    """It is not even read."""
    deployed.post("no callback")
    deployed.post(body(job(Input={"BucketId": "unlisted-1234567890", "Object": "x"})))
    before = {key: deployed.cos.get(BUCKET, key) for key in deployed.listing()}
    deployed.cos.forget_requests()
    assert healed(heal(deployed)) == (0, 0, 2)
    assert all(deployed.cos.get(BUCKET, key) == stored for key, stored in before.items())
    assert not [request for request in deployed.cos.requests if request.key in before]


def test_only_what_is_left_decides_after_a_replay(deployed: Deployment) -> None:
    """A dead letter moves once none of its reasons passes, and is then left alone."""
    deployed.cos.faults = down(is_result)
    assert deployed.post(body(ended(0), BROKEN)).outcomes == ["dead-lettered"] * 2
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "bad-field,store-unavailable"
    assert kept_keys(deployed)[0].startswith("retry/")
    deployed.cos.faults = Faults()
    assert healed(heal(deployed)) == (0, 1, 1)
    assert deployed.cos.has(BUCKET, result(0))
    (moved,) = deployed.dead_letters()
    assert (moved["reason"], moved["attempt"], moved["body"]) == ("bad-field", 2, dead_letter["body"])
    assert kept_keys(deployed) == [f"{dead_letter['received'][:10]}/{kept_keys(deployed)[0][-37:]}"]
    assert healed(heal(deployed)) == (0, 0, 1)


def test_dead_letter_stays_while_one_of_its_jobs_fails(deployed: Deployment) -> None:
    """Where the next timer finds it, with its attempt counted."""
    deployed.cos.faults = down(is_result)
    deployed.post(body(ended(0), ended(1)))
    deployed.cos.faults = down(lambda asked: asked.key == result(1))
    report = heal(deployed)
    assert (healed(report), len(kept_keys(deployed))) == ((0, 1, 0), 1)
    assert [dead_letter["attempt"] for dead_letter in deployed.dead_letters()] == [2]
    deployed.cos.faults = Faults()
    assert healed(heal(deployed)) == (1, 0, 0)
    assert (kept_keys(deployed), deployed.cos.has(BUCKET, result(1))) == ([], True)


def test_internal_error_is_replayed_once_by_another_release(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the same release is not: it would fail again."""
    monkeypatch.setattr("ci_callback.pipeline.decode", lambda _: 1 / 0)
    limit(deployed, page=2)
    for number in range(5):
        deployed.post(body(ended(number)))
    assert healed(heal(deployed)) == (0, 0, 5)
    for name in kept_keys(deployed)[:3]:
        stored = deployed.cos.get(BUCKET, PREFIX + name)
        older = PREFIX + name.replace(__version__, "0.0.9")
        deployed.cos.put(BUCKET, older, stored.body, metadata=stored.metadata)
        deployed.cos.delete(BUCKET, PREFIX + name)
    assert healed(heal(deployed)) == (0, 3, 5)
    assert all(name.endswith(f".{__version__}.json") for name in kept_keys(deployed))
    assert sorted(dead_letter["attempt"] for dead_letter in deployed.dead_letters()) == [1, 1, 2, 2, 2]
    assert healed(heal(deployed)) == (0, 0, 5)


def test_healing_stops_while_cos_is_down_again(deployed: Deployment) -> None:
    """After three dead letters in a row; the sweep has its turn, and the next timer goes on."""
    kept(deployed, *range(5))
    deployed.cos.ci.add(BUCKET, ended(9))
    deployed.cos.faults = down(lambda asked: is_result(asked) and asked.key != result(9))
    report = heal(deployed)
    assert (healed(report), report["recovered"]) == ((0, 3, 0), 1)
    assert "COS did not answer" in report["unhealed"]
    deployed.cos.faults = down(lambda asked: asked.key.startswith(PREFIX + "retry/") and asked.method == "GET")
    assert healed(heal(deployed)) == (0, 3, 0)
    deployed.cos.faults = Faults()
    assert healed(heal(deployed)) == (5, 0, 0)


def test_listing_that_is_none_does_not_end_the_timer(deployed: Deployment) -> None:
    """The sweep has its turn."""
    deployed.cos.ci.add(BUCKET, ended(9))
    page = Response(200, (), b"<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>")
    deployed.cos.intercept = lambda asked, _: page if "prefix=" in asked.query else None
    report = heal(deployed)
    assert (report["recovered"], report["unhealed"]) == (1, "The answer is no list of keys.")


def test_dead_letters_that_fail_for_ever_do_not_hold_back_others(deployed: Deployment) -> None:
    """Each run begins at a random one."""
    kept(deployed, *range(7))
    last = json.loads(deployed.dead_letters()[-1]["body"])["JobsDetail"][0]["Input"]["Object"]
    deployed.cos.faults = down(lambda asked: is_result(asked) and not asked.key.startswith(last))
    for _ in range(100):
        if heal(deployed)["healed"]:
            break
    assert deployed.cos.has(BUCKET, f"{last}.SoundHound.json")
    assert len(kept_keys(deployed)) == 6


def test_sweep_keeps_its_share_of_the_time(deployed: Deployment) -> None:
    """No dead letter is taken in the second half while jobs wait to be swept."""
    limit(deployed, jobs=1)
    kept(deployed, 0)
    for number in (1, 2):
        deployed.cos.ci.add(BUCKET, ended(number))
    deployed.context["time_limit_in_ms"] = 4200
    report = heal(deployed)
    assert (healed(report), report["recovered"]) == ((0, 0, 0), 1)


def test_time_that_the_sweep_leaves_is_used_to_heal(deployed: Deployment) -> None:
    """Once all is swept."""
    kept(deployed, 0)
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.context["time_limit_in_ms"] = 4200
    report = heal(deployed)
    assert (healed(report), report["recovered"]) == ((1, 0, 0), 1)


def test_dead_letter_is_taken_once_a_run(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where healing goes on after the sweep."""
    kept(deployed, 0, 1)
    deployed.cos.faults = down(is_result)
    answers = iter([True, False])  # the time of healing is over after the first dead letter
    monkeypatch.setattr(Limits, "leave_time", lambda *_: next(answers, True))
    assert healed(heal(deployed)) == (0, 2, 0)
    assert [dead_letter["attempt"] for dead_letter in deployed.dead_letters()] == [2, 2]


def test_two_timers_at_once_leave_every_result(cos: LocalCos) -> None:
    """A dead letter that the other one has removed is passed over."""
    instances = [deployment_on(cos) for _ in range(2)]
    kept(instances[0], *range(8))
    reports: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda one=each: reports.append(heal(one))) for each in instances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 2
    assert (kept_keys(instances[0]), [cos.has(BUCKET, result(number)) for number in range(8)]) == ([], [True] * 8)


def test_foreign_object_in_the_folder_is_left_alone(deployed: Deployment) -> None:
    """So is one that met a defect."""
    deployed.cos.put(BUCKET, f"{PREFIX}retry/mine", b"mine")
    assert healed(heal(deployed)) == (0, 0, 0)
    kept(deployed, 0)
    assert healed(heal(deployed)) == (1, 0, 0)
    assert deployed.cos.get(BUCKET, f"{PREFIX}retry/mine").body == b"mine"


@pytest.mark.parametrize("folder", ["retry/", "internal-error/"])
def test_foreign_objects_in_a_folder_starve_no_dead_letter(
    folder: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even with time for one object a run: both folders have their turn, and each begins at a random key."""
    kept(deployed, 0)
    (name,) = kept_keys(deployed)
    stored = deployed.cos.get(BUCKET, PREFIX + name)
    deployed.cos.delete(BUCKET, PREFIX + name)
    own = f"{PREFIX}internal-error/{'8' * 32}.2025-03-01.0.0.9.json"
    deployed.cos.put(BUCKET, own, stored.body, metadata=stored.metadata)
    for number in range(5):
        deployed.cos.put(BUCKET, f"{PREFIX}{folder}{number:02}", b"mine")
    for _ in range(100):
        answers = iter([True])
        monkeypatch.setattr(Limits, "leave_time", functools.partial(lambda left, *_: next(left, False), answers))
        if heal(deployed)["healed"]:
            break
    assert deployed.cos.has(BUCKET, result(0))


def test_refused_objects_do_not_keep_a_dead_letter_from_healing(deployed: Deployment) -> None:
    """Only silence counts as an outage: an object may be one that the role cannot read."""
    kept(deployed, 1)
    (key,) = (key for key in deployed.listing() if key.startswith(PREFIX))
    just_before = [key[:-length] for length in range(1, 4)]
    for odd in just_before:
        deployed.cos.put(BUCKET, odd, b"mine")
    deployed.cos.faults = Faults(only=lambda asked: asked.key in just_before, then="403")
    assert heal(deployed)["healed"] == 1


def test_defect_met_by_one_dead_letter_does_not_end_the_run(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as kept."""
    kept(deployed, 0)
    monkeypatch.setattr("ci_callback.commands.replay.settle_again", lambda *_: 1 / 0)
    assert healed(heal(deployed)) == (0, 1, 0)


def test_bucket_that_cannot_be_listed_does_not_keep_another_from_healing(deploy: Callable[..., Deployment]) -> None:
    """The report has the reason, and the log a warning."""
    deployed = deploy(BUCKETS=f"{OTHER_BUCKET}/ap-guangzhou,{BUCKET}/{REGION}")
    kept(deployed, 0)
    deployed.cos.faults = Faults(then="403", only=lambda asked: asked.bucket == OTHER_BUCKET and asked.service == "cos")
    report = heal(deployed)
    assert healed(report) == (1, 0, 0)
    assert report["unhealed"] == "COS answered 403 AccessDenied"


def test_dry_run_of_a_timer_heals_nothing(deployed: Deployment) -> None:
    """Its sweep only looks."""
    kept(deployed, 0)
    assert "healed" not in heal(deployed, dry_run=True)
    assert len(kept_keys(deployed)) == 1


@pytest.mark.parametrize("reason", ["healed", "kept", "unhealed"])
def test_log_line_of_a_timer_has_the_counts(
    reason: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside those of its sweep; it is a warning where something is left to be healed."""
    kept(deployed, 0)
    deployed.post("no callback")
    if reason == "kept":
        deployed.cos.faults = down(is_result)
    if reason == "unhealed":
        deployed.cos.faults = down(lambda asked: "retry%2F" in asked.query)
    capsys.readouterr()
    heal(deployed)
    line = log_lines(capsys)[-1]
    assert (line["command"], line["level"] == "WARNING") == ("timer", reason != "healed")
    assert (line.get("unhealed", "") != "") == (reason == "unhealed")
    expected = {"healed": (1, 0, 1), "kept": (0, 1, 1), "unhealed": (0, 0, 0)}
    assert healed(line) == expected[reason]
