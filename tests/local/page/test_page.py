"""The page of `make serve` without a browser: what it is served, what it may ask for, and who else may not."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from local.cloud import LocalCloud
from local.defaults import PROJECT
from local.events.recorded import read_event
from local.faults.requests import Faults
from local.page.delivery import MOST_TEXT, arrival_of, ending_of
from local.page.feed import Feed
from local.page.server import FILES, Page
from local.scf.server import Invocation
from tests.support.deployment import BUCKET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULT = "input/test.mp3.SoundHound.json"


class Visitor:
    """Somebody at the page's address."""

    def __init__(self, cloud: LocalCloud, page: Page, session: requests.Session) -> None:
        self.cloud = cloud
        self.page = page
        self.session = session

    def get(self, path: str, **parameters: Any) -> Any:
        """Return what is answered with 200."""
        answer = self.session.get(f"{self.page.address}/api/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, content: Any, **headers: str) -> requests.Response:
        """Return the answer to something that changes something."""
        body = content if isinstance(content, str) else json.dumps(content)
        headers = {"Content-Type": "application/json", **headers}
        return self.session.request(method, f"{self.page.address}/api/{path}", data=body, headers=headers)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the list as the page has it, the newest last."""
        return sorted(self.get("state")["deliveries"], key=lambda each: each["number"])

    def send(self, **wanted: Any) -> dict[str, Any]:
        """Return the delivery that was asked for, once it has ended."""
        before = len(self.deliveries())
        answer = self.ask("POST", "send", wanted)
        assert answer.status_code == 202, answer.text
        deadline = time.monotonic() + 30
        while len(now := self.deliveries()) == before or now[-1]["running"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        whole: dict[str, Any] = self.get(f"deliveries/{now[-1]['number']}")
        return whole

    def post(self, path: str, body: str = "{}") -> dict[str, Any]:
        """Return the delivery of a callback POSTed to the trigger."""
        (trigger,) = self.cloud.triggers.values()
        self.session.post(trigger.address + path, data=body.encode())
        whole: dict[str, Any] = self.get(f"deliveries/{self.deliveries()[-1]['number']}")
        return whole


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    """Return a visitor of a local cloud with the real function."""
    feed = Feed()
    cloud = LocalCloud(triggers={"function-url": 0}, watch=feed.watch)
    with cloud, Page(cloud, feed) as page, requests.Session() as session:
        yield Visitor(cloud, page, session)


def invocation(result: Any = None, error: Any = None, log: str = "") -> Invocation:
    """Return what came of an event."""
    return Invocation("request-1", result, error, log, None, 12, 128, 10.0)


def test_the_page_brings_all_it_needs(visitor: Visitor) -> None:
    """Every file is served under its own name with its type, and names nothing elsewhere."""
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    files = [path for path in FILES.iterdir() if path.is_file()]
    assert {"index.html", "page.css", "page.js", "strings.js"} <= {path.name for path in files}
    for path in files:
        answer = visitor.session.get(f"{visitor.page.address}/{path.name}")
        assert answer.content == path.read_bytes()
        assert answer.headers["Content-Type"].partition(";")[0] == types[path.suffix[1:]]
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert visitor.session.get(f"{visitor.page.address}/").content == (FILES / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["/page.py", "/../page.py", "/..%2fpage.py", "/page/", "//index.html", "/api/", "/x"])
def test_nothing_else_is_served(visitor: Visitor, path: str) -> None:
    """Only the files of the page and its questions are known."""
    request = requests.Request("GET", visitor.page.address).prepare()
    request.url = visitor.page.address + path  # as it stands, not tidied
    answer = visitor.session.send(request)
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such page."})


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/state", "/api/send", "/nothing"])
def test_every_answer_forbids_what_the_page_does_not_need(visitor: Visitor, path: str) -> None:
    """No script, style, picture, frame or connection but our own, no markup from text, nothing for other origins."""
    answer = visitor.session.get(visitor.page.address + path, headers={"Origin": "http://example.com"})
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "127.0.0.1:1", "rebound.example:{port}", ""])
def test_only_its_own_address_is_answered(visitor: Visitor, host: str) -> None:
    """A name that somebody has made to point to this machine gets nothing."""
    host = host.format(port=visitor.page.port)
    for path in ("/", "/api/state"):
        answer = visitor.session.get(visitor.page.address + path, headers={"Host": host})
        assert answer.status_code == 421
        assert "nothing else" in answer.json()["error"]


def test_localhost_is_its_own_address_too(visitor: Visitor) -> None:
    """People type that."""
    answer = visitor.session.get(f"{visitor.page.address}/", headers={"Host": f"localhost:{visitor.page.port}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Origin": "http://example.com"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "send"), ("PUT", "faults")])
def test_another_page_can_change_nothing(
    visitor: Visitor, headers: dict[str, str], status: int, method: str, path: str
) -> None:
    """Neither a form nor a script of another origin sends an event or makes faults."""
    before = visitor.get("state")
    content = {"recorded": "replay"} if path == "send" else {"text": "flaky"}
    answer = visitor.ask(method, path, content, **headers)
    assert answer.status_code == status
    assert visitor.get("state") == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "/api/send", 415),
        ("GET", "/api/send", 405),
        ("HEAD", "/api/state", 405),
        ("DELETE", "/api/object", 415),
    ],
)
def test_other_methods_are_refused(visitor: Visitor, method: str, path: str, status: int) -> None:
    """A preflight gets no leave, and nothing can be deleted."""
    assert visitor.session.request(method, visitor.page.address + path).status_code == status


def test_a_recorded_event_is_sent_seen_and_its_result_opened(visitor: Visitor) -> None:
    """The main path: the list says what became of it, the delivery shows all of it, and the object is there."""
    delivery = visitor.send(recorded="function-url-xml-success")
    assert (delivery["trigger"], delivery["status"], delivery["running"]) == ("function-url", 200, False)
    assert (delivery["tags"], delivery["states"]) == (["SoundHound"], ["Success"])
    assert delivery["outcomes"] in (["written"], ["duplicate"])
    assert delivery["keys"] == [RESULT]
    assert delivery["ms"] >= 0
    assert abs(delivery["time"] / 1000 - time.time()) < 60
    assert delivery["request"]["body"].startswith("<Response>")
    assert "content-type: application/xml" in delivery["request"]["headers"]
    assert json.loads(delivery["reply"]["body"])["jobs"][0]["key"] == RESULT
    assert json.loads(delivery["log"])["tag"] == "SoundHound"
    assert delivery["report"].startswith(("Report RequestId: ", "Init Report RequestId: "))
    found = visitor.get("object", key=RESULT)
    assert found["type"] == "application/json"
    assert found["metadata"]["ci-callback"].startswith("v1 job=")
    assert json.loads(found["text"])["Operation"]["SoundHoundResult"]["SongList"][0]["SongName"] == "青花瓷"
    listed = {each["key"]: each["size"] for each in visitor.get("bucket")["objects"]}
    assert listed[RESULT] == found["size"]


@pytest.mark.parametrize(
    ("trigger", "shown"),
    [
        ("function-url", "function-url"),
        ("apigw", "apigw"),
        ("invoke", "invoke"),
        ("cmq", "cmq"),
        ("ckafka", "ckafka"),
    ],
)
def test_generated_event_is_sent(visitor: Visitor, trigger: str, shown: str) -> None:
    """Tag, State, format and trigger are those that were chosen, and each number is a job of its own."""
    made = {"tag": "Transcode", "state": "Failed", "format": "json", "trigger": trigger, "seed": 7}
    delivery = visitor.send(generated=made)
    assert (delivery["trigger"], delivery["status"]) == (shown, 200)
    assert (delivery["tags"], delivery["states"]) == (["Transcode"], ["Failed"])
    assert delivery["keys"] == ["in/sample.mp4.Transcode.failed.json"]


def test_a_mutated_event_is_sent(visitor: Visitor) -> None:
    """What is wrong with it is seen in what becomes of it; without jobs the reason stands in their place."""
    assert visitor.send(generated={"tag": "Tts", "mutate": ["wrong-token"]})["outcomes"] == ["unauthorized"]
    assert visitor.send(generated={"tag": "Tts", "mutate": ["truncate"]})["outcomes"] == ["dead-lettered"]


def test_a_command_says_its_name(visitor: Visitor) -> None:
    """A sweep has no jobs of its own."""
    delivery = visitor.send(recorded="timer-sweep")
    assert (delivery["trigger"], delivery["outcomes"], delivery["tags"]) == ("timer", ["sweep"], [])
    assert delivery["request"]["line"] == ""
    assert json.loads(delivery["request"]["body"])["Type"] == "Timer"


def test_several_jobs_name_what_they_have_in_common_once(visitor: Visitor) -> None:
    """Tag, States, outcomes and keys of all of them stand in one line."""
    delivery = visitor.send(recorded="function-url-xml-several-jobs")
    assert (delivery["tags"], delivery["states"]) == (["SoundHound"], ["Success", "Failed", "Running"])
    assert delivery["keys"] == ["audio/one.mp3.SoundHound.json", "audio/two.mp3.SoundHound.failed.json"]
    assert delivery["outcomes"][-1] == "ignored"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"recorded": "no-such"}, "there is no recorded event 'no-such'"),
        ({"recorded": "../package"}, "there is no recorded event '../package'"),
        ({}, "there is no recorded event ''"),
        ("{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        ("[" * 1000, "Invalid JSON: recursion limit exceeded at line 1 column "),
        ({"generated": {}}, "generated.tag: Field required"),
        ({"generated": {"tag": "Transcod"}}, "there is no Tag 'Transcod': did you mean Transcode or "),
        ({"generated": {"tag": "Tts", "state": "Lost"}}, "there is no State 'Lost' (there are Success, Failed"),
        ({"generated": {"tag": "Tts", "mutate": ["eat"]}}, "there is no mutation 'eat' (there are duplicate, "),
        ({"generated": {"tag": "Tts", "format": "yaml"}}, "generated.format: Input should be 'xml' or 'json'"),
        ({"generated": {"tag": "Tts", "seed": -1}}, "generated.seed: Input should be greater than or equal to 0"),
        (
            {"generated": {"tag": "Tts", "trigger": "cmq", "mutate": ["wrong-token"]}},
            "wrong-token needs an HTTP request",
        ),
    ],
)
def test_what_cannot_be_sent_says_why(visitor: Visitor, content: Any, message: str) -> None:
    """A mistake is one clear line, and nothing is delivered."""
    before = len(visitor.deliveries())
    answer = visitor.ask("POST", "send", content)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert len(visitor.deliveries()) == before


def test_a_request_that_is_too_large_is_refused(visitor: Visitor) -> None:
    """The page never sends much."""
    assert visitor.ask("POST", "send", {"recorded": "x" * (64 << 10)}).status_code == 413


def test_all_that_the_command_line_makes_can_be_chosen(visitor: Visitor) -> None:
    """Recorded events without what is expected of them, and each Tag, State, format, trigger and mutation."""
    offered = visitor.get("choices")
    assert {"function-url-xml-success", "replay", "tags/Tts-json"} <= set(offered["recorded"])
    assert not [name for name in offered["recorded"] if "expected" in name]
    assert {"SoundHound", "Workflow", "ReviewImage"} <= set(offered["tags"])
    assert offered["states"][:2] == ["Success", "Failed"]
    assert offered["formats"] == ["xml", "json"]
    assert offered["triggers"] == ["function-url", "apigw", "invoke", "cmq", "ckafka"]
    assert offered["mutations"]["truncate"] == "Cut off the second half of the body."
    assert TOKEN not in json.dumps(offered)


@pytest.mark.parametrize("url", ["/{}", "/hook/{}/", "/?token={}", "/hook?a=1&token={}&b=2", "/{}?token=short"])
def test_the_token_is_hidden(visitor: Visitor, url: str) -> None:
    """Wherever the URL has it, nothing that the page gets does; the rest of the URL is shown."""
    delivery = visitor.post(url.format(TOKEN))
    line = delivery["request"]["line"]
    assert TOKEN not in json.dumps(delivery)
    assert "short" not in line
    assert "••••" in line
    assert line.startswith("POST /hook" if "hook" in url else "POST /")
    assert ("&b=2" in line) == ("&b=2" in url)


def test_what_may_be_a_token_is_hidden_too(visitor: Visitor) -> None:
    """A token with a mistake in it is nearly one, and another deployment's is one."""
    delivery = visitor.post(f"/{TOKEN}x")
    assert (delivery["status"], delivery["outcomes"]) == (401, ["unauthorized"])
    assert delivery["request"]["line"] == "POST /••••"


def test_a_function_that_logs_the_token_does_not_show_it() -> None:
    """The log is the function's, and this one logs paths."""
    feed = Feed()
    event = read_event(PROJECT / "events" / "apigw-json-success.json")
    shown = json.dumps(event)
    feed.watch(lambda _: invocation({"statusCode": 200, "headers": {}, "body": shown}, log=shown))(event)
    (delivery,) = feed.since(0)
    assert TOKEN in shown
    assert TOKEN not in repr((delivery.arrival.request, delivery.ending))


def test_faults_can_be_changed(visitor: Visitor) -> None:
    """Both presets and custom descriptions, as `--faults` takes them, hold from the next request on."""
    try:
        for text in ("flaky", "error=0.5,latency=0.25", "none"):
            answer = visitor.ask("PUT", "faults", {"text": text})
            assert answer.json() == {"faults": Faults.parse(text).summary}
            assert visitor.cloud.cos.faults.summary == Faults.parse(text).summary
            assert visitor.get("state")["faults"] == Faults.parse(text).summary
        assert visitor.get("choices")["faults"]["none"] == Faults().summary
    finally:
        visitor.cloud.cos.faults = Faults()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"text": "stormy"}, "unknown faults: stormy (there are none, flaky)"),
        ({"text": "hail=0.1"}, "unknown faults: hail (there are none, flaky, error, lost, latency, "),
        ({"text": "error=much"}, "error=much: error wants a number"),
        ({"text": "error=2"}, "the shares of the faults must be positive and at most 1 together"),
        ({"text": 7}, 'Send {"text": "flaky"}'),
        ({}, 'Send {"text": "flaky"}'),
        ("[" * 60_000, 'Send {"text": "flaky"}'),
    ],
)
def test_unknown_faults_are_refused_with_a_reason(visitor: Visitor, content: Any, message: str) -> None:
    """The mistake is named, and the faults stay."""
    before = visitor.cloud.cos.faults
    answer = visitor.ask("PUT", "faults", content)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert visitor.cloud.cos.faults is before


def test_what_is_no_text_is_told_by_its_size(visitor: Visitor) -> None:
    """An input object is not shown, and not sent either."""
    found = visitor.get("object", key="input/test.mp3")
    assert (found["size"], found["type"], found["text"]) == (1251, "audio/mpeg", None)


@pytest.mark.parametrize(
    "key", ["<b>&amp;", "a//b", "../up", "晨曲 01", "__proto__/x", "q?a=b#c", "dir/", "x\u202ey", "a+b %41"]
)
def test_an_object_is_found_by_any_key(visitor: Visitor, key: str) -> None:
    """Whatever is in the bucket can be opened, as text within JSON whatever its own type."""
    visitor.cloud.cos.put(BUCKET, key, b"<script>alert(1)</script>", content_type="text/html")
    try:
        answer = visitor.session.get(f"{visitor.page.address}/api/object", params={"key": key})
        assert answer.headers["Content-Type"] == "application/json"
        assert (answer.json()["key"], answer.json()["text"]) == (key, "<script>alert(1)</script>")
    finally:
        visitor.cloud.cos.delete(BUCKET, key)


@pytest.mark.parametrize("path", ["object", "object?key=", "object?key=nothing", "object?key=%ff", "deliveries/999999"])
def test_what_is_not_there_is_told(visitor: Visitor, path: str) -> None:
    """It may have gone, or never been."""
    answer = visitor.session.get(f"{visitor.page.address}/api/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_a_bad_cursor_is_told(visitor: Visitor) -> None:
    """Only a number can be continued from."""
    answer = visitor.session.get(f"{visitor.page.address}/api/state", params={"after": "x"})
    assert (answer.status_code, answer.json()["error"][:6]) == (400, "after:")


def test_only_what_has_changed_is_sent_again(visitor: Visitor) -> None:
    """With the last answer's change nothing comes, until something happens."""
    visitor.send(recorded="unknown-event")
    state = visitor.get("state")
    assert visitor.get("state", after=state["change"])["deliveries"] == []
    visitor.send(recorded="unknown-event")
    (new,) = visitor.get("state", after=state["change"])["deliveries"]
    assert new["number"] == max(each["number"] for each in state["deliveries"]) + 1


def test_a_delivery_is_seen_while_it_runs() -> None:
    """It is in the list before the function has answered, and changes when it has."""
    feed, go_on = Feed(), threading.Event()

    def invoke(_: Any) -> Invocation:
        go_on.wait(30)
        return invocation({"statusCode": 200, "body": ""})

    sender = threading.Thread(target=feed.watch(invoke), args=({"httpMethod": "POST", "path": "/"},))
    sender.start()
    while not feed.since(0):
        time.sleep(0.01)
    (running,) = feed.since(0)
    go_on.set()
    sender.join()
    (done,) = feed.since(running.change)
    assert (running.number, running.ending) == (done.number, None)
    assert done.ending is not None


def test_the_record_is_bounded() -> None:
    """Only the newest deliveries are kept, and of each only so much text; one that has gone may still end."""
    feed = Feed(most=3)
    large = "x" * (MOST_TEXT + 5)
    event = {"httpMethod": "POST", "path": "/", "headers": {"a": large}, "body": large}
    watched = feed.watch(lambda _: invocation({"statusCode": 200, "body": large}, log=large))
    for _ in range(5):
        watched(event)
    assert [each.number for each in feed.since(0)] == [3, 4, 5]
    assert feed.get(2) is None
    kept = feed.get(5)
    assert kept is not None
    assert kept.ending is not None
    assert (len(kept.arrival.request.body), kept.arrival.request.left_out) == (MOST_TEXT, 5)
    assert (len(kept.ending.reply.body), kept.ending.reply.left_out) == (MOST_TEXT, 5)
    assert len(kept.ending.log) == len(kept.arrival.request.headers) == MOST_TEXT
    feed.watch(lambda _: [watched(event) for _ in range(3)].pop())(event)
    assert [each.number for each in feed.since(0)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("event", "result", "error", "shown"),
    [
        ({"httpMethod": "POST"}, None, {"statusCode": 430, "errorMessage": "x"}, (502, "failed")),
        ({"httpMethod": "POST", "requestContext": {}}, None, {"statusCode": 433, "errorMessage": "x"}, (200, "failed")),
        ({"httpMethod": "POST", "requestContext": {}}, "text", None, (403, "")),
        ({"httpMethod": "POST"}, {"statusCode": 200, "headers": ["no", "headers"]}, None, (500, "")),
        ({"Records": []}, None, {"statusCode": 439, "errorMessage": "x"}, (439, "failed")),
        ({"a": 1}, {"statusCode": 400, "body": "x"}, None, (400, "")),
        ({"a": 1}, {"any": "thing"}, None, (None, "")),
    ],
)
def test_the_status_is_what_the_caller_gets(event: Any, result: Any, error: Any, shown: tuple[Any, str]) -> None:
    """By HTTP the trigger's, else the function's own or the platform's; a failed function says so."""
    ending = ending_of(arrival_of(event), invocation(result, error))
    assert (ending.status, ending.word) == shown


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        ([], "invoke"),
        ({"replay": {}}, "invoke"),
        ({"Type": "Timer"}, "timer"),
        ({"Records": [{"CMQ": {}}]}, "cmq"),
        ({"Records": [{"Ckafka": {}}]}, "ckafka"),
        ({"Records": [7]}, "queue"),
        ({"Records": 7}, "invoke"),
    ],
)
def test_trigger_is_read_from_the_shape_of_the_event(event: Any, trigger: str) -> None:
    """Nothing else says where an event comes from."""
    assert arrival_of(event).trigger == trigger


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({"body": "6Z2S6Iqx55O3", "isBase64Encoded": True}, "青花瓷"),
        ({"body": "/w==", "isBase64Encoded": True}, "/w=="),
        ({"body": "no base64", "isBase64Encoded": True}, "no base64"),
        ({"body": {"a": 1}}, '{"a": 1}'),
        ({}, ""),
    ],
)
def test_a_body_is_shown_as_text_where_it_is_some(event: Any, body: str) -> None:
    """Base64 is undone for people, and anything else stays as it stands in the event."""
    assert arrival_of({"httpMethod": "POST", **event}).request.body == body


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside, max_size=3),
    max_leaves=8,
)
HTTP = st.dictionaries(
    st.sampled_from(["httpMethod", "path", "headers", "queryString", "body", "isBase64Encoded", "requestContext"]), JSON
)
LOG = st.dictionaries(st.sampled_from(["outcome", "tag", "state", "key", "reason", "command"]), JSON)


@given(HTTP | JSON, JSON, st.lists(LOG, max_size=3))
def test_nothing_that_comes_is_too_odd_to_be_shown(event: Any, result: Any, log: list[Any]) -> None:
    """Any event, reply and log give texts that JSON can carry, with nothing in it that is none."""
    feed = Feed()
    lines = "\n".join(["no JSON", "[" * 5000, *map(json.dumps, log)])
    feed.watch(lambda _: invocation(result, log=lines))(event)
    (delivery,) = feed.since(0)
    shown = delivery.details()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert all(isinstance(word, str) for name in ("tags", "states", "outcomes", "keys") for word in shown[name])


def test_stopping_does_not_wait_for_an_event_that_was_sent() -> None:
    """A function that waits for COS ends with the cloud, though the page has sent it there."""
    feed = Feed()
    faults = Faults.parse("late=1,slow=100")
    cloud = LocalCloud(triggers={}, watch=feed.watch, faults=faults)
    with cloud, Page(cloud, feed) as page, requests.Session() as session:
        visitor = Visitor(cloud, page, session)
        visitor.ask("POST", "send", {"recorded": "function-url-xml-success"})
        while not faults.met:
            time.sleep(0.01)
        assert visitor.deliveries()[0]["running"]
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    while not (ending := feed.since(0)[0].ending):
        time.sleep(0.01)
    assert (ending.status, ending.word) == (502, "failed")
