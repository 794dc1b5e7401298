"""The doctor as a whole: silent in a sound cloud, callable by few, bounded in time and size."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.config.settings import VARIABLES
from local.ci.setup import queue, workflow
from local.cos.server import LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.deployment import BUCKET, CREDENTIALS, OTHER_BUCKET, REGION, TOKEN, Answer, log_lines, url_event
from tests.support.examination import (
    ACTING,
    FOREIGN,
    HOST,
    ON,
    URL,
    denied,
    deploy_over,
    examine,
    findings,
    objects,
    rewrite_answers,
)
from tests.support.pages import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["plain", "versioned"])
def sound(request: pytest.FixtureRequest) -> Iterator[LocalCos]:
    """Return a sound cloud, without versions and with them."""
    versioned = {BUCKET} if request.param == "versioned" else set()
    buckets = {BUCKET: REGION, OTHER_BUCKET: "ap-guangzhou"}
    with LocalCos(buckets=buckets, credentials=CREDENTIALS, versioned=versioned) as running:
        running.put(BUCKET, "audio/song.mp3", b"song")
        running.put(BUCKET, "ci-callback/dead-letter/2025-03-01/0.json", b"{}")
        running.ci.setups[BUCKET].queues["Media"] = [queue("Media", **ON, Url=URL)]
        media_only = {"State": "On", "Video": "true", "Audio": "true", "AllFile": "false"}
        running.ci.setups[BUCKET].workflows = [workflow("w", "audio/", ExtFilter=media_only)]
        running.secrets.text = f"{FOREIGN},{TOKEN}"
        yield running


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, {}),
        ({}, {"url": URL}),
        ({}, {"url": f"https://{HOST}?token={TOKEN}", "inputs": "audio/"}),
        ({"VERIFY": "job"}, {}),
        ({"CALLBACK_TOKENS": "", "CALLBACK_SECRET": "ci-callback"}, {"url": URL}),
        ({"BUCKETS": f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou"}, {}),
        ({"ROUTES": '[{"tag":"SoundHound","state":"Success","write":"songs/{stem}.{tag}.json"},'
          '{"tag":"*","state":"*","ignore":true}]'}, {}),
        ({"RECORD_SECRET": "", "ROUTES": '[{"tag":"*","state":"*","write":"results/{job_id}.{digest}.json"}]'}, {}),
    ],
)  # fmt: skip
def test_sound_deployment_has_no_warning(settings: dict[str, str], options: dict[str, str], sound: LocalCos) -> None:
    """The buckets stay as they were, to the last version."""
    before = objects(sound)
    report = examine(deploy_over(sound, **settings), **options)
    assert findings(report, "warning") + findings(report, "problem") == []
    assert report["ok"] == len(report["findings"]) >= 14
    assert all(each.keys() == {"check", "level", "message"} for each in report["findings"])
    assert objects(sound) == before


@pytest.mark.parametrize("prefixes", [["ci-callback/"], ["audio/", ""]])
def test_any_rule_for_old_dead_letters_is_found(prefixes: list[str], sound: LocalCos) -> None:
    """Also among others, and one for more objects."""
    (rule,) = sound.lifecycle[BUCKET]
    sound.lifecycle[BUCKET] = [{**rule, "Filter": {"Prefix": prefix}} for prefix in prefixes]
    (found,) = findings(examine(deploy_over(sound)), "ok", "lifecycle")
    assert found["message"] == f"A lifecycle rule deletes old dead letters of {BUCKET}."


def test_lifecycle_may_be_hidden(sound: LocalCos) -> None:
    """The right to see it can be left out."""
    sound.policy = denied("name/cos:GetBucketLifecycle")
    (found,) = findings(examine(deploy_over(sound)), "ok", "lifecycle")
    assert "allow name/cos:GetBucketLifecycle" in found["message"]


@pytest.mark.parametrize("settings", [{}, {"ROUTES": ACTING}], ids=["plain", "with actions"])
def test_policy_of_the_guide_is_sufficient(settings: dict[str, str], sound: LocalCos) -> None:
    """Nothing is allowed but what deployment.md names."""
    shown = [json.loads(text) for text in blocks("docs/deployment.md", "json")]
    statements = [
        each for block in shown for each in (block if isinstance(block, list) else block.get("statement", [block]))
    ]

    def allows(action: str, bucket: str, key: str) -> bool:
        for statement in statements:
            resource = statement["resource"][0].replace("media-1250000000", bucket).replace("1250000000", "1234567890")
            service = "ci" if action.startswith("ci:") else "cos"
            path = f"bucket/{bucket}/{key}" if service == "ci" else f"{bucket}/{key}"
            pattern = re.escape(resource).replace(r"\*", ".*")
            named = any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), action) for each in statement["action"])
            if named and re.fullmatch(pattern, f"qcs::{service}:{REGION}:uid/1234567890:{path}"):
                return True
        return False

    sound.policy = allows
    report = examine(deploy_over(sound, **settings), url=URL)
    assert findings(report, "warning") + findings(report, "problem") == []
    assert "GetBucketVersioning" in json.dumps(report) or sound.versions(BUCKET)


@pytest.mark.parametrize(
    "routes",
    [
        '[{"tag":"Transcode","state":"*","write":["{object}.json","r/{job_id}.json"]},REST]',
        '[{"tag":"SoundHound","state":"*","write":"{object}.json"},REST]',
        '[{"tag":"Review*","state":"Success","result":"block","write":["{object}.json","r/{digest}.json"]},REST]',
        '[{"tag":"Review*","state":"Auditing","write":["{object}.{digest}.json","r/{digest}.json"]},REST]',
        '[{"tag":"Transcode","state":"Auditing","write":"{object}.json"},REST]',
    ],
)
def test_route_that_loses_nothing_is_no_warning(routes: str, cos: LocalCos) -> None:
    """Its keys differ where results do."""
    rest = '{"tag":"*","state":"*","ignore":true}'
    report = examine(deploy_over(cos, ROUTES=routes.replace("REST", rest)))
    assert [each for each in findings(report, "warning", "routes") if "one key" in each["message"]] == []


def test_log_line_has_the_counts(sound: LocalCos, capsys: pytest.CaptureFixture[str]) -> None:
    """Its level is WARNING if there is a problem."""
    deployed = deploy_over(sound)
    examine(deployed)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["command"], line["warnings"], line["problems"]) == ("INFO", "doctor", 0, 0)
    sound.policy = denied("name/cos:PutObject", below="ci-callback/dead-letter/")
    examine(deployed)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["problems"]) == ("WARNING", 1)


def test_every_mistake_in_the_settings_is_reported(cos: LocalCos) -> None:
    """Every other event gets 500."""
    deployed = deploy_over(cos, BUCKETS="x", CALLBACK_TOKENS="short", VERIFY="yes", TENCENTCLOUD_SECRETID="")
    assert Answer(deployed.send(url_event("{}"))).status == 500
    assert Answer(deployed.send({"sweep": {}})).status == 500
    report = examine(deployed, bucket="x", url=URL)
    assert [each["message"].split(":")[0] for each in findings(report, "problem", "settings")] == [
        "BUCKETS",
        "CALLBACK_TOKENS",
        "VERIFY",
    ]
    assert len(findings(report, "problem", "role")) == 1
    assert findings(report, "warning")[-1]["check"] == "cloud"
    assert cos.requests == []


def test_missing_bucket_does_not_stop_the_examination(cos: LocalCos) -> None:
    """`bucket` narrows it to one."""
    deployed = deploy_over(cos, BUCKETS=f"gone-1234567890/{REGION},{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    report = examine(deployed)
    assert [each["message"][:20] for each in findings(report, "problem")] == ["COS answers 404 NoSu"]
    assert len(findings(report, "ok", "permissions")) == 2
    assert len(findings(examine(deployed, bucket=OTHER_BUCKET), "ok", "bucket")) == 1


def test_examination_ends_before_the_time_limit(cos: LocalCos) -> None:
    """Buckets that were not examined are named."""
    deployed = deploy_over(cos, BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    deployed.context["time_limit_in_ms"] = 3000
    cos.faults = Faults(latency=0.25)
    report = examine(deployed)
    late = [each for each in findings(report, "warning") if "The time was over" in each["message"]]
    assert OTHER_BUCKET in late[-1]["message"]
    assert "Raise timeout" in late[-1]["fix"]
    assert objects(cos) == []


def test_answer_without_a_date_is_no_clock(cos: LocalCos) -> None:
    """Clocks are compared by the answers with a date."""
    headers = (("Date", "never"),)
    rewrite_answers(cos, lambda _, answer: Response(answer.status, headers, answer.body))
    assert not [each for each in examine(deploy_over(cos))["findings"] if each["check"] == "clock"]


def test_missing_context_has_no_limits(cos: LocalCos) -> None:
    """SCF always passes one."""
    deployed = deploy_over(cos)
    reply = deployed.function.handle({"doctor": {}}, None)
    assert findings(json.loads(reply["body"]), "ok", "limits")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ([], "takes an object"),
        ({"urls": URL}, "doctor.urls"),
        ({"url": f"no-url-{FOREIGN}"}, "doctor.url is no URL"),
        ({"bucket": "unlisted-1234567890"}, "doctor.bucket"),
        ({"inputs": 7}, "doctor.inputs"),
    ],
)
def test_wrong_option_is_named(options: Any, detail: str, cos: LocalCos) -> None:
    """Without its value; nothing is requested."""
    answer = Answer(deploy_over(cos).send({"doctor": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert detail in answer.body["detail"]
    assert FOREIGN not in answer.body["detail"]
    assert cos.requests == []


@pytest.mark.parametrize("event", [url_event('{"doctor": {}}'), url_event('{"doctor": {}}', doctor={}, token="")])
def test_http_request_cannot_start_the_doctor(event: dict[str, Any], cos: LocalCos) -> None:
    """Only a direct Invoke can."""
    assert "findings" not in Answer(deploy_over(cos).send(event)).body


def test_timer_cannot_start_the_doctor(cos: LocalCos) -> None:
    """A timer only sweeps."""
    answer = Answer(deploy_over(cos).send({"Type": "Timer", "Message": '{"doctor": {}}'}))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")


def test_report_is_bounded(cos: LocalCos) -> None:
    """However much CI answers."""
    loud = {**queue("Media", **ON, Url=URL), "Name": "n" * 5000}
    cos.ci.setups[BUCKET].queues["Media"] = [loud] * 60
    cos.ci.setups[BUCKET].workflows = [workflow("w" * 5000, "p" * 5000) for _ in range(60)]
    report = examine(deploy_over(cos))
    assert len(json.dumps(report)) < 300_000


def test_wrong_settings_are_reported_with_their_whole_examples(
    cos: LocalCos, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the findings and in the log, however long the example."""
    deployed = deploy_over(cos, **dict.fromkeys(VARIABLES, "{wrong" * 100))
    fixes = [each["fix"] for each in findings(examine(deployed), "problem", "settings")]
    logged = [line.get("problem", "") for line in log_lines(capsys)]
    deployed.post("{}")
    logged += [line.get("problem", "") for line in log_lines(capsys)]
    for name, variable in VARIABLES.items():
        assert [fix for fix in fixes if fix.endswith(f"Example: {variable.example}")], name
        assert [line for line in logged if line.startswith(name) and line.endswith(variable.example)], name
