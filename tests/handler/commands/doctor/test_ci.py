"""Cloud Infinite: queues, workflows and loops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.ci.setup import SERVICES, queue
from local.http.message import Response
from local.http.xml import ServiceError
from tests.support.deployment import BUCKET
from tests.support.examination import (
    FILTER,
    FOREIGN,
    HOST,
    ON,
    URL,
    deploy_over,
    examine,
    findings,
    with_queue,
    with_workflow,
)

if TYPE_CHECKING:
    from local.ci.setup import Service
    from local.cos.server import LocalCos


@pytest.mark.parametrize("service", SERVICES)
def test_single_service_is_enough(service: Service, cos: LocalCos) -> None:
    """A bucket need not have every service on."""
    cos.ci.setups[BUCKET].services = {service}
    report = examine(deploy_over(cos))
    assert findings(report, "warning") + findings(report, "problem") == []


def test_queues_of_every_page_are_examined(cos: LocalCos) -> None:
    """CI lists ten at a time."""
    silent = [queue("Media") for _ in range(11)]
    cos.ci.setups[BUCKET].queues["Media"] = [*silent, {**queue("Media", **ON, Url=URL), "Name": "the twelfth"}]
    (found,) = findings(examine(deploy_over(cos), url=URL), "ok", "queues")
    assert "'the twelfth'" in found["message"]
    assert f"https://{HOST}/…" in found["message"]


@pytest.mark.parametrize("url", ["", "no url", f"https://user:{FOREIGN}@example.com/x", "https://[::1/x", "ftp://a/b"])
def test_queue_without_a_valid_url_calls_no_one(url: str, cos: LocalCos) -> None:
    """The text is not repeated in the report."""
    with_queue(Url=url)(cos)
    (found,) = findings(examine(deploy_over(cos)), "ok", "queues")
    assert found["message"].startswith("No queue")


def test_foreign_callback_is_shown_without_secrets(cos: LocalCos) -> None:
    """Only the host of its URL."""
    with_queue(Url=f"https://example.com:8443/{FOREIGN}/{FOREIGN}?key={FOREIGN}#{FOREIGN}")(cos)
    message = [each["message"] for each in findings(examine(deploy_over(cos)), "ok", "queues")]
    assert any("calls https://example.com:8443/…, which is not this function" in each for each in message)


def test_workflow_may_have_its_own_callback(cos: LocalCos) -> None:
    """It needs no queue, and may report the run alone."""
    notify = {"Type": "Url", "Event": "WorkflowFinish", "Url": URL}
    with_workflow("x/", ExtFilter=FILTER, NotifyConfig=notify)(cos)
    report = examine(deploy_over(cos), url=URL)
    assert findings(report, "warning") == []
    assert "in XML" in findings(report, "ok", "queues")[0]["message"]


@pytest.mark.parametrize(
    ("start", "route"),
    [
        ({"state": "Paused"}, "{object}.{tag}.json"),
        ({"ExtFilter": FILTER}, "{object}.{tag}.json"),
        ({"ExtFilter": {**FILTER, "Custom": "true", "CustomExts": "mp3/.flac"}}, "{object}.{tag}.json"),
        ({}, "results/{tag}/{job_id}"),
    ],
)
def test_workflow_that_accepts_no_result_is_no_loop(start: dict[str, Any], route: str, cos: LocalCos) -> None:
    """It is paused, or for other suffixes, or below another prefix."""
    with_workflow("media/", **start)(cos)
    deployed = deploy_over(cos, ROUTES=json.dumps([{"tag": "*", "state": "*", "write": route}]))
    assert findings(examine(deployed), "warning", "loop") == []


def test_unknown_tag_is_no_warning(cos: LocalCos) -> None:
    """CI adds Tags; only one close to a known Tag is a mistake."""
    routes = [{"tag": "Quux", "state": "*", "write": "{object}.q.json"}, {"tag": "*", "state": "*", "ignore": True}]
    report = examine(deploy_over(cos, ROUTES=json.dumps(routes)))
    assert findings(report, "warning", "routes") == []


@pytest.mark.parametrize("listed", [b"<html>", b"<Response><MediaWorkflowList>x</MediaWorkflowList></Response>", b""])
def test_unreadable_answer_of_ci_is_ignored(listed: bytes, cos: LocalCos) -> None:
    """The other checks continue."""
    cos.intercept = lambda asked, _: Response(200, (), listed) if asked.service == "ci" else None
    assert findings(examine(deploy_over(cos)), "problem") == []


def test_workflow_without_a_first_node_is_reported(cos: LocalCos) -> None:
    """It may start on everything."""
    cos.ci.setups[BUCKET].workflows = [{"Name": "odd", "Topology": "text"}]
    (found,) = findings(examine(deploy_over(cos)), "warning")
    assert "'odd'" in found["message"]


def test_unknown_error_of_ci_is_reported(cos: LocalCos) -> None:
    """With its code."""
    refusal = ServiceError(400, "SomethingNew").response("jobs", "id")
    cos.intercept = lambda asked, _: refusal if asked.service == "ci" else None
    message = " ".join(each["message"] for each in findings(examine(deploy_over(cos)), "warning"))
    assert message.count("400 SomethingNew") >= 3
