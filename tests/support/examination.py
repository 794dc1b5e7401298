"""Examinations of a deployment by the doctor, and changes to the cloud that break it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.ci.setup import queue, workflow
from tests.support.deployment import BUCKET, CREDENTIALS, RECORD_SECRET, REGION, TOKEN, Answer, deployment_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.http.message import Request, Response
    from tests.support.deployment import Deployment

HOST = "1234567890-abcdefghij.ap-chongqing.tencentscf.com"
URL = f"https://{HOST}/{TOKEN}"
FOREIGN = "canary-of-a-foreign-token"
SECRETS = (
    TOKEN,
    RECORD_SECRET,
    FOREIGN,
    CREDENTIALS.secret_id,
    CREDENTIALS.secret_key,
    CREDENTIALS.token,
    "q-signature",
)

# A callback of a queue, a filter of a workflow, a route with an action.
ON = {"State": "On", "Type": "Url", "Event": "TaskFinish,WorkflowFinish", "ResultFormat": "JSON"}
FILTER = {"State": "On", "Video": "true"}
ACTING = (
    '[{"tag":"Review*","state":"Auditing","ignore":true},{"tag":"*","state":"*","then":[{"topic":"done"}],'
    '"write":["{object}.{tag}{variant}.json","ci-callback/results/{tag}/{job_id}.{digest}.json"]}]'
)


def deploy_over(cos: LocalCos, **more: str) -> Deployment:
    """Return a function with settings over a cloud, in its account and region."""
    account = {"TENCENTCLOUD_APPID": "1234567890", "TENCENTCLOUD_REGION": REGION}
    return deployment_on(cos, **{**account, "RECORD_SECRET": RECORD_SECRET, **more})


def examine(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the doctor's report, which must hold no secret."""
    answer = Answer(deployed.send({"doctor": options}))
    assert answer.status == 200, answer.body
    assert not [secret for secret in SECRETS if secret in json.dumps(answer.body)]
    return answer.body


def findings(report: dict[str, Any], level: str, check: str = "") -> list[dict[str, str]]:
    """Return the findings of a level, and of a check if one is named."""
    found: list[dict[str, str]] = report["findings"]
    return [each for each in found if each["level"] == level and check in {"", each["check"]}]


def objects(cos: LocalCos) -> list[Any]:
    """Return every version of every object, and every delete marker."""
    return [version for bucket in cos.buckets for version in cos.versions(bucket)]


def denied(*actions: str, below: str = "") -> Callable[[str, str, str], bool]:
    """Return a policy that allows all but these actions, below a prefix."""
    return lambda action, _bucket, key: action not in actions or not key.startswith(below)


def with_queue(**notify: str) -> Callable[[LocalCos], None]:
    """Return a change of the media queue; `queue_state` is its own State."""
    state = notify.pop("queue_state", "Active")

    def set_up(cos: LocalCos) -> None:
        cos.ci.setups[BUCKET].queues["Media"] = [{**queue("Media", **{**ON, **notify}), "State": state}]

    return set_up


def with_workflow(prefix: str, *, state: str = "Active", **start: Any) -> Callable[[LocalCos], None]:
    """Return a change that adds a workflow."""
    return lambda cos: cos.ci.setups[BUCKET].workflows.append(workflow("识曲", prefix, state=state, **start))


def rewrite_answers(cos: LocalCos, change: Callable[[Request, Response], Response]) -> None:
    """Change the answers of a cloud, headers included, as they leave."""
    real = cos._answer
    cos._server._server.answer = lambda request: change(request, real(request))
