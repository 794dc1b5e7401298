"""docs/logs.md: the index has every field that the function logs, and queries name no others."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml

from local.faults.requests import Faults
from local.scf.server import Invocation
from local.scf.trigger import Trigger
from models.catalog import catalog
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, TOKEN, deployment_on, url_event
from tests.support.pages import blocks, page, sections

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from tests.support.deployment import Deployment

NAME = "docs/logs.md"
SCHEMA = json.loads(page("tests/support/schemas/cls.schema.json"))
INDEX, NOTICE, *ALARMS = (json.loads(text) for text in blocks(NAME, "json"))
QUERIES = {title: " ".join(text.split()) for title, text in sections(NAME, "sql").items()}
INDEXED = {entry["Key"]: entry["Value"] for entry in INDEX["Rule"]["KeyValue"]["KeyValues"]}

# Counts and times of commands, for people who read the line.
NOT_INDEXED = {
    *("dead_letters", "present", "ignored", "latest_s", "next", "ok", "warnings", "problems"),
    "unhealed",
    "missing",
    *("submitted_ms", "ended_ms", "stored_ms"),
}

# The words of a query that are no fields, besides functions (before a bracket) and aliases (after AS).
SQL_WORDS = {
    "SELECT",
    "AS",
    "GROUP",
    "BY",
    "ORDER",
    "DESC",
    "LIMIT",
    "DISTINCT",
    "INTERVAL",
    "HOUR",
    "AND",
    "NOT",
    "OR",
}

SONG = "audio/song.mp3"
POSTING = {
    "ROUTES": '[{"tag":"*","state":"*","write":"{object}.{tag}.json","then":[{"post":"https://example.com/hook"}]}]',
    "WEBHOOK_SECRET": f"whsec_{base64.b64encode(bytes(32)).decode()}",
}


def finished(job_id: str, key: str, **more: Any) -> dict[str, Any]:
    """Return a job that ended a moment ago."""
    time = (datetime.now(timezone.utc) - timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%S%z")
    return job(JobId=job_id, Input={"BucketId": BUCKET, "Object": key}, CreationTime=time, EndTime=time, **more)


def deliver(function: Deployment, cos: LocalCos) -> None:
    """Send deliveries with one job, several and none, repaired, with wrong tokens, without time, with actions."""
    function.post(body(finished("s1", SONG)))
    function.post(body(finished("s0", "repaired.mp3", Message="\x01")))
    elsewhere = job(JobId="s2", Input={"BucketId": "foreign-1234567890", "Object": "x.mp3"})
    function.post(body(finished("s3", "audio/3.mp3"), elsewhere, finished("s4", SONG, State="Running")))
    function.post("no callback")
    function.send(url_event(body(job()), token="not-the-token-0123456789"))
    hurried = deployment_on(cos)
    hurried.context["time_limit_in_ms"] = 1
    hurried.post(body(finished("s5", "audio/5.mp3")))
    deployment_on(cos, BUCKETS="nonsense", LOG_LEVEL="LOUD").post(body(job()))
    deployment_on(cos, **POSTING).post(body(finished("s6", "done.mp3")))
    notifying = {**POSTING, "ON_DEAD_LETTER": '[{"invoke": "my-function"}]'}
    deployment_on(cos, **notifying).post("no other callback")
    cos.receivers.answers["post"] = ["410"]
    deployment_on(cos, **POSTING).post(body(finished("s7", "refused.mp3")))


def command(function: Deployment, cos: LocalCos) -> None:
    """Invoke every command: the sweep recovers one job and fails at another."""
    cos.ci.add(BUCKET, finished("lost", "lost.mp3"))
    cos.put(BUCKET, "taken.mp3.SoundHound.json", b"mine")
    cos.ci.add(BUCKET, finished("taken", "taken.mp3"))
    function.send({"sweep": {"tags": ["SoundHound"]}})
    function.send({"sweep": {"tags": ["SoundHound"], "dry_run": True}})
    function.send({"replay": {}})
    timer = {"Type": "Timer", "Message": '{"sweep": {"tags": ["SoundHound"]}}'}
    function.send(timer)
    cos.faults = Faults(then="403", only=lambda asked: "retry" in asked.query)
    function.send(timer)
    cos.faults = Faults()
    function.send({"doctor": {}})
    with Trigger(
        "function-url", lambda event: Invocation("", function.send(event), None, "", None, 0, 128, 0)
    ) as trigger:
        function.send({"smoke": {"object": SONG, "url": f"{trigger.address}/{TOKEN}"}})


@pytest.fixture(scope="module")
def logged(hurried_cos: LocalCos) -> list[dict[str, Any]]:
    """Return the lines that the function logs for deliveries and commands of every kind."""
    function = deployment_on(hurried_cos)
    hurried_cos.put(BUCKET, SONG, b"song")
    catalog()  # imported now: on a busy machine it takes longer than the smoke test waits for an answer of CI
    with contextlib.redirect_stdout(io.StringIO()) as out:
        deliver(function, hurried_cos)
        command(function, hurried_cos)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def searched(query: str) -> set[str]:
    """Return the fields in a query's condition, and in its SQL those that are neither words, functions nor aliases."""
    condition, _, sql = re.sub(r"'[^']*'|\"[^\"]*\"", "''", query).partition("|")
    words = set(re.findall(r"\b[A-Za-z_]\w*\b(?!\()", sql))
    return set(re.findall(r"(\w+):", condition)) | (words - SQL_WORDS - aliases(query) - {"__TIMESTAMP__"})


def aliases(query: str) -> set[str]:
    """Return the columns that a query names itself."""
    return set(re.findall(r"\bAS (\w+)", query))


def test_every_logged_field_is_indexed_by_its_type(logged: list[dict[str, Any]]) -> None:
    """Each field is in the index or listed as not searched, and the index has no field that is never logged."""
    types = {"text": str, "long": int, "double": int | float}
    assert {"sweep", "timer", "replay", "doctor", "smoke"} <= {line.get("command") for line in logged}
    for line in logged:
        for name, value in line.items():
            assert name in NOT_INDEXED or isinstance(value, types[INDEXED[name]["Type"]]), name
            assert type(value) in {int, float, str}  # SCF drops all other values
    names = {name for line in logged for name in line}
    assert names >= NOT_INDEXED
    assert {name for name in INDEXED if not name.startswith("SCF_")} == names - NOT_INDEXED


def test_every_logged_field_has_its_row(logged: list[dict[str, Any]]) -> None:
    """The table of fields in operation.md is complete; it describes a smoke test's job and times as a whole."""
    table = page("docs/operation.md").partition("## The log")[2]
    fields = {name for line in logged if line.get("command") != "smoke" for name in line} - {"level"}
    assert fields <= set(re.findall(r"`(\w+)`", table))


def test_platform_fields_are_indexed() -> None:
    """All fourteen, as the console of SCF needs them: https://cloud.tencent.com/document/product/583/60336."""
    texts = ("FunctionName", "Namespace", "RequestId", "Alias", "Qualifier", "Level", "Message", "Type")
    numbers = ("StartTime", "LogTime", "Duration", "StatusCode", "RetryNum")
    expected = {**dict.fromkeys(texts, "text"), **dict.fromkeys(numbers, "long"), "MemUsage": "double"}
    assert {name[4:]: how["Type"] for name, how in INDEXED.items() if name.startswith("SCF_")} == expected
    assert all(how["SqlFlag"] for how in INDEXED.values())


@pytest.mark.parametrize("title", QUERIES)
def test_query_names_indexed_fields_only(title: str) -> None:
    """In its condition and in its SQL."""
    assert searched(QUERIES[title])
    assert searched(QUERIES[title]) <= INDEXED.keys()


@pytest.mark.parametrize(
    "query", ["colour:red | SELECT level", "level:* | SELECT colour", "* | SELECT max(colour) AS c"]
)
def test_unknown_field_in_a_query_is_noticed(query: str) -> None:
    """Before and after the `|`."""
    assert searched(query) - INDEXED.keys() == {"colour"}


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm["Name"])
def test_alarm_uses_a_query_of_the_page(alarm: dict[str, Any]) -> None:
    """Its condition names columns of that query, and it looks back further than its period."""
    (target,) = alarm["AlarmTargets"]
    assert target["Query"] in QUERIES.values()
    assert set(re.findall(r"\$1\.(\w+)", alarm["Condition"])) <= aliases(target["Query"])
    assert (target["SyntaxRule"], target["EndTimeOffset"]) == (1, 0)
    assert -target["StartTimeOffset"] > alarm["MonitorTime"]["Time"]


@pytest.mark.parametrize(
    ("action", "request_"),
    [("CreateIndex", INDEX), ("CreateAlarmNotice", NOTICE), *(("CreateAlarm", each) for each in ALARMS)],
)
def test_request_is_valid_for_the_api(action: str, request_: dict[str, Any]) -> None:
    """It has the required parameters and no undocumented ones, each within its bounds."""
    jsonschema_rs.validate({"$ref": f"#/$defs/{action}", "$defs": SCHEMA["$defs"]}, request_)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("Name", "a|b"),
        ("Condition", "kept > 0"),
        ("Condition", "$1.kept > 0; drop"),
        ("AlarmNoticeIds", []),
        ("MonitorTime", {"Type": "Period"}),
        ("TriggerCount", 0),
        ("AlarmTargets", [{"TopicId": "t", "Query": "* | SELECT 1", "Number": 1}]),
        ("Notice", "n"),
    ],
)
def test_invalid_request_is_noticed(path: str, wrong: Any) -> None:
    """A parameter that is missing, unknown or out of bounds does not pass."""
    with pytest.raises(jsonschema_rs.ValidationError):
        test_request_is_valid_for_the_api("CreateAlarm", {**ALARMS[0], path: wrong})


def test_topic_block_fits_into_the_deployment() -> None:
    """The YAML of the page is that to uncomment in serverless.yml, and valid there."""
    (shown,) = blocks(NAME, "yaml")
    commented = re.search(r"^  # cls:.*\n(?:^  #   .*\n)+", page("serverless.yml"), re.MULTILINE)
    assert commented
    uncommented = yaml.safe_load(re.sub(r"^  # ", "", commented[0], flags=re.MULTILINE))
    assert uncommented == yaml.safe_load(shown)
    inputs = json.loads(page("tests/support/schemas/scf.schema.json"))["$defs"]["inputs"]["properties"]
    jsonschema_rs.validate(inputs["cls"], uncommented["cls"])


def test_shell_blocks_create_everything_shown() -> None:
    """Each parses, and together they create the logset, the topic and every request of the page."""
    commands = blocks(NAME, "sh")
    for text in commands:
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)  # noqa: S607  # any POSIX shell will do
    called = set(re.findall(r"^tccli cls (\w+)", "\n".join(commands), re.MULTILINE))
    assert called == {"CreateLogset", "CreateTopic", "CreateIndex", "CreateAlarmNotice", "CreateAlarm", "SearchLog"}


def test_search_of_the_shell_is_the_query_of_the_page() -> None:
    """The lost callbacks with their jobs and keys, from one command."""
    (command,) = (text for text in blocks(NAME, "sh") if "SearchLog" in text)
    assert re.findall(r"--Query '([^']*)'", command) == [QUERIES["Lost callbacks"]]
    assert {"job_id", "tag", "bucket", "key"} <= searched(QUERIES["Lost callbacks"])
