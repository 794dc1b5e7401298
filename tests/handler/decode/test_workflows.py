"""Workflow runs: their callbacks, one of them without a root element."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import to_xml, without_empty
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.bodies import Format
    from tests.support.deployment import Deployment


VIDEO = "in/film.mp4"


def run(**more: Any) -> dict[str, Any]:
    """Return a workflow run in CI's field names, as XML has it."""
    task = {"Type": "Snapshot", "Name": "Snapshot_1", "JobId": "j1", "State": "Success"}
    fields = {
        "RunId": "i0123",
        "WorkflowId": "w0123",
        "WorkflowName": "cut",
        "BucketId": BUCKET,
        "Object": VIDEO,
        "CreateTime": "2025-03-01 09:00:01+0800",
        "State": "Success",
        "Tasks": [{**task, "CreateTime": "2025-03-01 09:00:02+0800", "ResultInfo": {"ObjectCount": "2"}}],
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def finish(form: Format, event: str = "WorkflowFinish", **more: Any) -> str:
    """Return a workflow callback."""
    envelope = {"EventName": event, "WorkflowExecution": run(**more)}
    return to_xml("Response", envelope) if form == "xml" else json.dumps(_as_json(envelope))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return _as_json(value[0]) if len(value) == 1 else [_as_json(item) for item in value]
    return without_empty(value)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_run_is_stored_beside_its_input(form: Format, deployed: Deployment) -> None:
    """Its object lists the tasks; the run's id becomes the JobId, and times lose their space."""
    answer = deployed.post(finish(form))
    assert answer.outcomes == ["written"]
    assert deployed.result(f"{VIDEO}.workflow.json") == {
        "EventName": "WorkflowFinish",
        "JobId": "i0123",
        "Tag": "Workflow",
        "State": "Success",
        "Code": "",
        "Message": "",
        "BucketId": BUCKET,
        "CreateTime": "2025-03-01T09:00:01+08:00",
        "Object": VIDEO,
        "RunId": "i0123",
        "Tasks": [
            {
                "Type": "Snapshot",
                "Name": "Snapshot_1",
                "JobId": "j1",
                "State": "Success",
                "CreateTime": "2025-03-01T09:00:02+08:00",
                "ResultInfo": {"ObjectCount": 2},
            }
        ],
        "WorkflowId": "w0123",
        "WorkflowName": "cut",
    }


def test_a_later_run_replaces_an_earlier_one(deployed: Deployment) -> None:
    """Runs on one object differ by RunId and are ordered by CreateTime, failed or not."""
    deployed.post(finish("xml"))
    later = {"RunId": "i9", "CreateTime": "2025-03-02 09:00:01+0800", "State": "Failed"}
    assert deployed.post(finish("json", **later)).outcomes == ["written"]
    assert deployed.post(finish("xml")).outcomes == ["stale"]
    assert deployed.post(finish("xml", **later)).outcomes == ["duplicate"]
    assert deployed.result(f"{VIDEO}.workflow.json")["State"] == "Failed"


@pytest.mark.parametrize("state", ["Running", None])
def test_the_start_of_a_run_is_ignored_unless_a_route_writes_it(
    state: str | None, deploy: Callable[..., Deployment]
) -> None:
    """A run that starts has no result yet; a route may store it all the same, and the end replaces it."""
    sent = finish("xml", event="WorkflowStart", State=state)
    assert deploy().post(sent).outcomes == ["ignored"]
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"runs/{workflow_id}/{run_id}.json"}]')
    assert deployed.post(sent).outcomes == ["written"]
    assert deployed.post(finish("xml")).outcomes == ["written"]
    assert deployed.result("runs/w0123/i0123.json")["EventName"] == "WorkflowFinish"


def test_a_run_that_ends_without_a_state_has_failed(deployed: Deployment) -> None:
    """As with jobs, only Success is success."""
    deployed.post(finish("json", State=None))
    assert deployed.result(f"{VIDEO}.workflow.json")["State"] == "Failed"


@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0" encoding="utf-8"?>\n'])
def test_a_body_without_a_root_is_read(prolog: str, deployed: Deployment) -> None:
    """One published workflow callback has no root element around its two; it equals one with a root."""
    whole = finish("xml")
    rootless = prolog + whole.removeprefix("<Response>").removesuffix("</Response>")
    deployed.post(whole)
    assert deployed.post(rootless).outcomes == ["duplicate"]


def test_several_runs_are_settled_each_on_its_own(deployed: Deployment) -> None:
    """A list of runs is settled like a list of jobs; the detail names an element that is no object."""
    runs = [run(), run(RunId="i2", Object="in/other.mp4")]
    answer = deployed.post(json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": runs}))
    assert answer.outcomes == ["written", "written"]
    answer = deployed.post(json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": [run(), "x"]}))
    assert answer.outcomes == ["duplicate", "dead-lettered"]
    assert answer.body["jobs"][1]["detail"] == "WorkflowExecution[1]: an object is expected."
