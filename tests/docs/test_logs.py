"""docs/logs.md: the index has every field, queries find what they ask for, alarms tell of that and nothing else."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from local.scf.server import Invocation
from local.scf.trigger import Trigger
from tests.support.bodies import body, job
from tests.support.cls import HOUR_MS, QueryError, Topic
from tests.support.deployment import BUCKET, TOKEN, deployment_on, url_event
from tests.support.pages import blocks, page, sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from tests.support.deployment import Deployment

NAME = "docs/logs.md"
SCHEMA = json.loads(page("tests/support/schemas/cls.schema.json"))
INDEX, NOTICE, *ALARMS = (json.loads(text) for text in blocks(NAME, "json"))
QUERIES = {title: " ".join(text.split()) for title, text in sections(NAME, "sql").items()}
LETTERS, NOT_SERVED, LATE, TOKENS = ALARMS

# What a command reports besides, to somebody who reads it in the answer.
NOT_INDEXED = {"dead_letters", "present", "ignored", "latest_s", "next", "ok", "warnings", "problems"} | {
    "submitted_ms",
    "ended_ms",
    "stored_ms",
}

MORNING = 1_740_787_200_000  # 2025-03-01 00:00 UTC, the beginning of the first hour of the log
NOON = MORNING + 12 * HOUR_MS
SONG = "audio/song.mp3"
POSTING = {
    "ROUTES": '[{"tag":"*","state":"*","write":"{object}.{tag}.json","then":[{"post":"https://example.com/hook"}]}]',
    "WEBHOOK_SECRET": f"whsec_{base64.b64encode(bytes(32)).decode()}",
}


def printed(act: Callable[[], object]) -> list[str]:
    """Return the lines that the function prints meanwhile."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        act()
    return out.getvalue().splitlines()


def ended(ago: float, job_id: str, key: str = SONG, **more: Any) -> dict[str, Any]:
    """Return a job that has ended some seconds ago."""
    time = (datetime.now(timezone.utc) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S%z")
    return job(JobId=job_id, Input={"BucketId": BUCKET, "Object": key}, CreationTime=time, EndTime=time, **more)


def knock(function: Deployment, times: int) -> None:
    """Call with a wrong token."""
    for _ in range(times):
        function.send(url_event(body(job()), token="not-the-token-0123456789"))


def first_hour(function: Deployment, cos: LocalCos) -> None:
    """Deliver what comes on a good day, and a little that does not become a result."""
    function.post(body(ended(10, "s1")))
    function.post(body(ended(10, "s1")))
    function.post(body(ended(5000, "s0")))  # older than what is there
    elsewhere = job(JobId="s4", Input={"BucketId": "foreign-1234567890", "Object": "x.mp3"})
    function.post(
        body(ended(20, "s3", "audio/3.mp3"), elsewhere, ended(5, "s5", State="Running"), ended(30, "s1", "4.mp3"))
    )
    function.post(body(ended(40, "v1", "video/1.mp4", Tag="Transcode")))
    function.post("no callback")
    deployment_on(cos, **POSTING).post(body(ended(15, "a0", "done.mp3")))
    knock(function, 3)


def second_hour(function: Deployment, cos: LocalCos) -> None:
    """Let things go wrong: no time, wrong settings, an action refused; then sweep, and replay the letters."""
    knock(function, 2)
    short = deployment_on(cos)
    short.context["time_limit_in_ms"] = 1
    short.post(body(ended(5, "late1", "late.mp3")))
    short.post(body(ended(5, "late2", "late.mp3"), ended(5, "late3", State="Running")))
    deployment_on(cos, BUCKETS="nonsense", LOG_LEVEL="LOUD").post(body(job()))
    cos.receivers.answers["post"] = ["410"]
    deployment_on(cos, **POSTING).post(body(ended(15, "a1", "acted.mp3")))
    cos.ci.add(BUCKET, ended(4000, "lost", "lost.mp3"))
    cos.put(BUCKET, "taken.mp3.SoundHound.json", b"mine")
    cos.ci.add(BUCKET, ended(4000, "taken", "taken.mp3"))
    function.send({"sweep": {"tags": ["SoundHound"]}})
    function.send({"replay": {}})


@pytest.fixture(scope="module")
def hours(hurried_cos: LocalCos) -> list[list[str]]:
    """Return what the function printed in two hours, and what its other commands print."""
    function = deployment_on(hurried_cos)
    hurried_cos.put(BUCKET, SONG, b"song")
    hours = [printed(lambda: first_hour(function, hurried_cos)), printed(lambda: second_hour(function, hurried_cos))]
    return [*hours, printed(lambda: other_commands(function))]


def other_commands(function: Deployment) -> None:
    """Have the function examined, and its callback tried."""
    function.send({"doctor": {}})
    with Trigger(
        "function-url", lambda event: Invocation("", function.send(event), None, "", None, 0, 128, 0)
    ) as trigger:
        function.send({"smoke": {"object": SONG, "url": f"{trigger.address}/{TOKEN}"}})


@pytest.fixture(scope="module")
def topic(hours: list[list[str]]) -> Topic:
    """Return the log topic with the lines of the two hours, and an instance that was killed in the second."""
    topic = Topic(INDEX)
    for at, lines in enumerate(hours[:2]):
        topic.ship(lines, MORNING + at * HOUR_MS + 60_000)
    killed = {"SCF_Type": "Platform", "SCF_RequestId": "k1", "SCF_FunctionName": "ci-callback-dev"}
    for status in (202, 433, 433):
        topic.add({**killed, "SCF_StatusCode": status, "SCF_Message": "Report RequestId: k1"}, MORNING + HOUR_MS)
    return topic


def rows(topic: Topic, title: str, *names: str) -> list[tuple[Any, ...]]:
    """Return what the query with that title finds, these columns of it."""
    return [tuple(row[name] for name in names) for row in topic.ask(QUERIES[title])]


def test_every_query_has_its_test() -> None:
    """What follows tries each of them."""
    tried = set(re.findall(r'rows\(\s*topic, "([\w ]+)"', page("tests/docs/test_logs.py")))
    assert tried == set(QUERIES)


def test_dead_letters(topic: Topic) -> None:
    """One inside a delivery of several jobs counts like one on its own, and like a body that is no callback."""
    found = rows(topic, "Dead letters", "reason", "tag", "kept")
    assert sorted(found, key=str) == [
        ("action-refused", "SoundHound", 1),
        ("bucket-not-listed", "SoundHound", 1),
        ("not-xml-or-json", None, 1),
    ]
    assert all(row["one_of_them"] for row in topic.ask(QUERIES["Dead letters"]))


def test_not_served(topic: Topic) -> None:
    """A delivery is one, however many jobs it had."""
    found = rows(topic, "Not served", "status", "reason", "source", "answers")
    assert sorted(found, key=str) == [
        (500, "misconfigured", None, 1),
        (503, "store-unavailable", "function-url", 1),
        (503, None, "function-url", 1),
    ]


def test_misconfigured(topic: Topic) -> None:
    """Each mistake is named."""
    found = dict(rows(topic, "Misconfigured", "problem", "times"))
    assert [name.partition(":")[0] for name in sorted(found)] == ["BUCKETS", "LOG_LEVEL"]
    assert set(found.values()) == {1}


def test_wrong_tokens(topic: Topic) -> None:
    """By the hour."""
    assert rows(topic, "Wrong tokens", "time", "callers") == [(MORNING, 3), (MORNING + HOUR_MS, 2)]


def test_results(topic: Topic) -> None:
    """By hour and Tag: callbacks alone and several, what the sweep found, and what a replay made of a letter."""
    assert rows(topic, "Results", "time", "tag", "results") == [
        (MORNING, "SoundHound", 4),
        (MORNING, "Transcode", 1),
        (MORNING + HOUR_MS, "SoundHound", 1),
    ]


def test_duplicates(topic: Topic) -> None:
    """Of the callbacks that had a result, older ones included."""
    assert rows(topic, "Duplicates", "tag", "callbacks", "duplicate_percent") == [
        ("SoundHound", 6, pytest.approx(100 / 6)),
        ("Transcode", 1, 0.0),
    ]


def test_lateness(topic: Topic) -> None:
    """From a job's end to its result, in callbacks of one job, of several, and of the sweep."""
    ((results, recovered, latest, p50, p95),) = rows(
        topic, "Lateness", "results", "recovered", "latest", "p50_s", "p95_s"
    )
    assert (results, recovered) == (6, 1)
    assert 30 <= p50 < 45
    assert 4000 <= p95 == latest < 4100


def test_lost_callbacks(topic: Topic) -> None:
    """Only what the sweep wrote, not what it failed to write."""
    ((time, tag, recovered, latest),) = rows(topic, "Lost callbacks", "time", "tag", "recovered", "latest")
    assert (time, tag, recovered) == (MORNING + HOUR_MS, "SoundHound", 1)
    assert 4000 <= latest < 4100


def test_sweeps(topic: Topic) -> None:
    """One that saw every job there was is not behind."""
    assert rows(topic, "Sweeps", "time", "jobs", "recovered", "failed", "behind") == [(MORNING + HOUR_MS, 2, 1, 1, 0)]


def test_failed_actions(topic: Topic) -> None:
    """With what the receiver said."""
    ((reason, detail, times),) = rows(topic, "Failed actions", "reason", "detail", "times")
    assert (reason, times) == ("action-refused", 1)
    assert "example.com answered 410" in detail


def test_times(topic: Topic) -> None:
    """Of deliveries with a token, not of commands; four instances began in these hours."""
    ((source, deliveries, cold, p50, p95, p99, longest),) = rows(
        topic, "Times", "source", "deliveries", "cold_percent", "p50_ms", "p95_ms", "p99_ms", "longest_ms"
    )
    assert (source, deliveries, cold) == ("function-url", 10, 40.0)
    assert 0 <= p50 <= p95 <= p99 <= longest < 60_000


def test_heavy_bodies(topic: Topic) -> None:
    """The ten heaviest, the heaviest first; of several jobs none is named."""
    found = rows(topic, "Heavy bodies", "bytes", "tag", "job_id")
    assert found[0][1:] == (None, None)
    assert [each[0] for each in found] == sorted((each[0] for each in found), reverse=True)
    assert len(found) == 10


def test_killed_instances(topic: Topic) -> None:
    """An invocation is one, however many lines the platform has of it."""
    assert rows(topic, "Killed instances", "SCF_StatusCode", "invocations", "one_of_them") == [(433, 1, "k1")]


def test_no_query_breaks_on_an_empty_log() -> None:
    """Where nothing was written they find nothing, or count it."""
    for title, query in QUERIES.items():
        found = Topic(INDEX).ask(query)
        assert found == (
            [{"results": 0, "recovered": 0, "latest": None, "p50_s": None, "p95_s": 0}] if title == "Lateness" else []
        )


def test_every_field_is_indexed_as_what_it_is(hours: list[list[str]]) -> None:
    """Each field of each line has its type in the index, or need not be searched; and no other is in it."""
    kinds = {"text": str, "long": int, "double": int | float}
    columns = Topic(INDEX).columns
    logged = [json.loads(line) for lines in hours for line in lines]
    assert {"sweep", "replay", "doctor", "smoke"} <= {line.get("command") for line in logged}
    for line in logged:
        for name, value in line.items():
            assert name in NOT_INDEXED or isinstance(value, kinds[columns[name]["Type"]]), name
            assert type(value) in {int, float, str}  # SCF makes no field of anything else
    seen = {name for line in logged for name in line}
    assert seen >= NOT_INDEXED
    assert {name for name in columns if not name.startswith("SCF_")} == seen - NOT_INDEXED


def test_every_field_has_its_row(hours: list[list[str]]) -> None:
    """The table of fields in operation.md is complete, of a smoke test's job and times it speaks as a whole."""
    table = page("docs/operation.md").partition("## The log")[2]
    fields = {name for line in hours[0] + hours[1] for name in json.loads(line)} - {"level"}
    assert fields <= set(re.findall(r"`(\w+)`", table))


def test_the_platforms_fields_are_indexed() -> None:
    """All fourteen, as the console of SCF needs them: https://cloud.tencent.com/document/product/583/60336."""
    texts = ("FunctionName", "Namespace", "RequestId", "Alias", "Qualifier", "Level", "Message", "Type")
    numbers = ("StartTime", "LogTime", "Duration", "StatusCode", "RetryNum")
    expected = {**dict.fromkeys(texts, "text"), **dict.fromkeys(numbers, "long"), "MemUsage": "double"}
    found = {name[4:]: how["Type"] for name, how in Topic(INDEX).columns.items() if name.startswith("SCF_")}
    assert found == expected
    assert all(how["SqlFlag"] for how in Topic(INDEX).columns.values())


@pytest.mark.parametrize(
    ("action", "request_"),
    [("CreateIndex", INDEX), ("CreateAlarmNotice", NOTICE), *(("CreateAlarm", each) for each in ALARMS)],
)
def test_requests_are_as_the_api_takes_them(action: str, request_: dict[str, Any]) -> None:
    """Required parameters are there, and no others than are documented, each within its bounds."""
    jsonschema.validate(request_, {"$ref": f"#/$defs/{action}", "$defs": SCHEMA["$defs"]})


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
def test_the_schema_catches_mistakes(path: str, wrong: Any) -> None:
    """A parameter that is missing, unknown or out of bounds does not pass."""
    with pytest.raises(jsonschema.ValidationError):
        test_requests_are_as_the_api_takes_them("CreateAlarm", {**LETTERS, path: wrong})


def test_alarms_ask_what_the_page_asks() -> None:
    """Each is built on one of the queries, in CQL, and each looks back further than it waits."""
    for alarm in ALARMS:
        (target,) = alarm["AlarmTargets"]
        assert target["Query"] in QUERIES.values()
        assert (target["SyntaxRule"], target["EndTimeOffset"]) == (1, 0)
        assert -target["StartTimeOffset"] > alarm["MonitorTime"]["Time"]


def test_a_quiet_log_raises_no_alarm(hurried_cos: LocalCos) -> None:
    """Neither an empty one, nor results, nor a few wrong tokens."""
    topic = Topic(INDEX)
    assert [topic.alarm(alarm, NOON) for alarm in ALARMS] == [False] * 4
    function = deployment_on(hurried_cos)
    good = printed(lambda: [function.post(body(ended(30, f"q{at}", f"quiet/{at}.mp3"))) for at in range(3)])
    topic.ship([*good, *printed(lambda: knock(function, 100))], NOON - 60_000)
    assert [topic.alarm(alarm, NOON) for alarm in ALARMS] == [False] * 4


def only(lines: list[str], alarm: dict[str, Any], minutes: int) -> None:
    """Assert that these lines raise that alarm alone, and none once they are older than so many minutes."""
    topic = Topic(INDEX)
    topic.ship(lines, NOON)
    assert [each for each in ALARMS if topic.alarm(each, NOON + 1000)] == [alarm]
    assert topic.alarm(alarm, NOON + minutes * 60_000)
    assert not any(topic.alarm(each, NOON + minutes * 60_000 + 1) for each in ALARMS)


def test_a_dead_letter_raises_the_alarm(hurried_cos: LocalCos) -> None:
    """For a quarter of an hour, be it alone or among several jobs; one that a replay kept does not."""
    function = deployment_on(hurried_cos)
    elsewhere = job(Input={"BucketId": "foreign-1234567890", "Object": "x.mp3"})
    only(printed(lambda: function.post("neither")), LETTERS, 15)
    only(printed(lambda: function.post(body(elsewhere, job(State="Running")))), LETTERS, 15)
    topic = Topic(INDEX)
    topic.ship(printed(lambda: function.send({"replay": {}})), NOON)
    assert not any(topic.alarm(each, NOON) for each in ALARMS)


@pytest.mark.parametrize("settings", [{}, {"ROUTES": "nonsense"}])
def test_what_is_not_served_raises_the_alarm(settings: dict[str, str], hurried_cos: LocalCos) -> None:
    """For five minutes: what is not durable as well as wrong settings."""
    function = deployment_on(hurried_cos, **settings)
    function.context["time_limit_in_ms"] = 1
    only(printed(lambda: function.post(body(job(JobId="n1")))), NOT_SERVED, 5)


def test_late_results_raise_the_alarm(hurried_cos: LocalCos) -> None:
    """Where one in twenty is more than an hour late."""
    function = deployment_on(hurried_cos)
    late = [ended(30 if at else 3700, f"l{at}", f"late/{at}.mp3") for at in range(20)]
    only(printed(lambda: [function.post(body(each)) for each in late]), LATE, 60)


@pytest.mark.parametrize(("count", "raised"), [(19, False), (18, True)])
def test_a_sweep_that_heals_much_raises_the_alarm(count: int, raised: bool, hurried_cos: LocalCos) -> None:  # noqa: FBT001
    """More than one result in twenty, however soon it came."""
    function = deployment_on(hurried_cos)
    hurried_cos.ci.add(BUCKET, ended(30, f"h{count}", f"recovered/{count}.mp3", Tag=f"Recovered{count}"))
    lines = printed(lambda: function.send({"sweep": {"tags": [f"Recovered{count}"]}}))
    lines += printed(
        lambda: [function.post(body(ended(5, f"c{count}", f"came/{count}-{at}.mp3"))) for at in range(count)]
    )
    topic = Topic(INDEX)
    topic.ship(lines, NOON)
    assert [each for each in ALARMS if topic.alarm(each, NOON)] == [LATE] * raised


def test_many_wrong_tokens_raise_the_alarm(hurried_cos: LocalCos) -> None:
    """More than a hundred in an hour."""
    only(printed(lambda: knock(deployment_on(hurried_cos), 101)), TOKENS, 60)


def test_the_topic_goes_into_the_deployment() -> None:
    """The lines that the page shows are those to uncomment in serverless.yml, and valid there."""
    (shown,) = blocks(NAME, "yaml")
    commented = re.search(r"^  # cls:.*\n(?:^  #   .*\n)+", page("serverless.yml"), re.MULTILINE)
    assert commented
    uncommented = yaml.safe_load(re.sub(r"^  # ", "", commented[0], flags=re.MULTILINE))
    assert uncommented == yaml.safe_load(shown)
    inputs = json.loads(page("tests/support/schemas/scf.schema.json"))["$defs"]["inputs"]["properties"]
    jsonschema.validate(uncommented["cls"], inputs["cls"])


def test_commands_are_well_formed() -> None:
    """Each shell block parses; it calls the actions whose requests are shown, and two that make what they name."""
    commands = blocks(NAME, "sh")
    for command in commands:
        subprocess.run(["sh", "-n"], input=command, text=True, check=True)  # noqa: S607 - any POSIX shell will do
    called = set(re.findall(r"^tccli cls (\w+)", "\n".join(commands), re.MULTILINE))
    assert called == {"CreateLogset", "CreateTopic", "CreateIndex", "CreateAlarmNotice", "CreateAlarm"}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("*", {1, 2, 3}),
        ("level:WARNING", {2}),
        ("level:warning AND status:200", set()),
        ("status:>=400 OR status:=200", {1, 2}),
        ("status:200 OR level:WARNING AND status:503", {1}),
        ("NOT level:* AND NOT status:*", {3}),
        ("NOT level:*", {3}),
        ("level:(INFO OR WARNING) AND NOT (status:<300)", {2}),
        ('detail:"COS said"', {2}),
        ('detail:"said COS"', set()),
        ("detail:COS", {2}),
        ("detail:CO", set()),
        ('outcome:"dead-lettered"', {2}),
        ("outcome:dead", set()),
        ("level:>3", None),
        ("color:red", None),
        ("WARNING", None),
        ("(level:INFO", None),
        ("level:", None),
        ("level:INFO status:200", None),
        ("level: 'x'", None),
    ],
)
def test_the_stand_in_searches_as_cls_does(condition: str, found: set[int] | None) -> None:
    """Words, phrases, comparisons and their combination find what CLS's documents say; None is an error there."""
    topic = Topic(INDEX)
    topic.add({"level": "INFO", "status": 200}, 1)
    topic.add({"level": "WARNING", "status": 401, "detail": "then COS said no", "outcome": "dead-lettered"}, 2)
    topic.add({"SCF_Message": "START"}, 3)
    if found is None:
        with pytest.raises(QueryError):
            topic.ask(f"{condition} | SELECT 1")
    else:
        assert {row["__TIMESTAMP__"] for row in topic.ask(f"{condition} | SELECT __TIMESTAMP__")} == found


def test_the_stand_in_takes_no_field_that_is_not_counted() -> None:
    """SQL of an unknown field, or one in double quotes, is an error; 100 rows come where no LIMIT is named."""
    topic = Topic(INDEX)
    topic.ship(["plain text", "[1]", '{"level":"INFO","nested":{"a":1},"flag":true}'] * 50, NOON)
    assert len(topic.ask("* | SELECT level")) == 100
    assert len(topic.ask("* | SELECT level LIMIT 120")) == 120
    assert topic.ask("* | SELECT count(*) AS all_of_them, count(level) AS ours") == [{"all_of_them": 150, "ours": 50}]
    for sql in ("SELECT color", 'SELECT "level"'):
        with pytest.raises(QueryError):
            topic.ask(f"* | {sql}")
