"""Callbacks in which one of several jobs cannot be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.decode.job import Callback
from tests.support.bodies import body, job
from tests.support.decoded import read
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from tests.support.bodies import Format
    from tests.support.deployment import Deployment

BROKEN = job(JobId="broken", Tag="Transcode", Input="no element")


def at(key: str, **more: Any) -> dict[str, Any]:
    """Make a job on an object."""
    return job(JobId=f"on-{key}", Input={"BucketId": BUCKET, "Object": key}, **more)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_malformed_job_does_not_cost_its_neighbours(form: Format, deployed: Deployment) -> None:
    """The jobs around it are written; the reply lists it, and a dead letter holds it with its reason."""
    answer = deployed.post(body(at("a"), BROKEN, at("b"), form=form))
    assert (answer.status, answer.outcomes) == (200, ["written", "written", "dead-lettered"])
    last = answer.body["jobs"][2]
    assert (last["JobId"], last["reason"]) == ("broken", "bad-field")
    assert last["detail"] == "JobsDetail[1].Input: one element is expected."
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "bad-field"
    assert [(one["job_id"], one["tag"]) for one in dead_letter["jobs"]] == [("broken", "Transcode")]


@pytest.mark.parametrize(
    ("element", "reason"),
    [("text", "not-an-object"), ({"JobId": {"a": "b"}}, "bad-field"), ({"Tag": "n" * 257}, "bad-field")],
)
def test_any_malformed_element_is_kept_beside_its_neighbours(element: Any, reason: str, deployed: Deployment) -> None:
    """A JobId that is no text is not echoed."""
    answer = deployed.post(json.dumps({"EventName": "TaskFinish", "JobsDetail": [element, at("a")]}))
    assert answer.outcomes == ["written", "dead-lettered"]
    assert (answer.body["jobs"][1]["JobId"], answer.body["jobs"][1]["reason"]) == ("", reason)


def test_a_callback_of_malformed_jobs_alone_is_rejected(deployed: Deployment) -> None:
    """Nothing of it can be settled: 400, and a dead letter holds it."""
    answer = deployed.post(body(BROKEN, BROKEN))
    assert (answer.status, answer.body["reason"]) == (400, "bad-field")
    assert len(deployed.dead_letters()) == 1


def test_a_replayed_malformed_job_stays_and_its_neighbours_are_duplicates(deployed: Deployment) -> None:
    """A replay changes nothing until a release can read the job."""
    deployed.post(body(at("a"), BROKEN))
    report = json.loads(deployed.send({"replay": {"remove": True}})["body"])
    assert [one["outcome"] for one in report["results"]] == ["kept"]
    assert [one["outcome"] for one in report["results"][0]["jobs"]] == ["duplicate", "dead-lettered"]


@pytest.mark.parametrize(("state", "level"), [("Suspended", "WARNING"), ("Running", "INFO")])
def test_an_unknown_state_that_is_ignored_is_logged_as_a_warning(
    state: str, level: str, deployed: Deployment, capfd: pytest.CaptureFixture[str]
) -> None:
    """A known State that is not final is ignored without notice; an unknown one may be the end of a job."""
    assert deployed.post(body(job(State=state))).outcomes == ["ignored"]
    line = json.loads(capfd.readouterr().out)
    assert (line["level"], line.get("reason")) == (level, "unknown-state" if level == "WARNING" else None)


def test_only_so_many_malformed_jobs_are_reported() -> None:
    """The dead letter holds the rest too; a million of them need no more memory."""
    callback = read(json.dumps({"JobsDetail": [*range(1200), job()]}))
    assert isinstance(callback, Callback)
    assert (len(callback.jobs), len(callback.malformed)) == (1, 1000)
