"""The page of `make serve` without a browser: its files, its API, and the refusal of others."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from local.cloud import LocalCloud
from local.faults.requests import Faults
from local.page.feed import Feed
from local.page.server import FILES, Page
from tests.local.page.conftest import Visitor
from tests.support.deployment import BUCKET, TOKEN

RESULT = "input/test.mp3.SoundHound.json"


def test_page_serves_all_its_files(visitor: Visitor) -> None:
    """Every file has its own name and type, and refers to no other host."""
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
def test_other_paths_are_404(visitor: Visitor, path: str) -> None:
    """Only the files of the page and its API are known."""
    request = requests.Request("GET", visitor.page.address).prepare()
    request.url = visitor.page.address + path  # exact, not normalised
    answer = visitor.session.send(request)
    assert (answer.status_code, answer.json()) == (404, {"error": "There is no such page."})


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/state", "/api/send", "/nothing"])
def test_every_answer_has_the_security_headers(visitor: Visitor, path: str) -> None:
    """Scripts, styles, pictures and connections are of this origin alone, and no text becomes markup."""
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
def test_other_hosts_are_421(visitor: Visitor, host: str) -> None:
    """A DNS name rebound to this machine gets nothing."""
    host = host.format(port=visitor.page.port)
    for path in ("/", "/api/state"):
        answer = visitor.session.get(visitor.page.address + path, headers={"Host": host})
        assert answer.status_code == 421
        assert "nothing else" in answer.json()["error"]


def test_localhost_is_accepted(visitor: Visitor) -> None:
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
@pytest.mark.parametrize(("method", "path"), [("POST", "send"), ("PUT", "faults"), ("POST", "reset")])
def test_other_origins_can_change_nothing(
    visitor: Visitor, headers: dict[str, str], status: int, method: str, path: str
) -> None:
    """Neither a form nor a script of another origin sends an event or changes the faults."""
    before = visitor.get("state")
    content = {"send": {"recorded": "replay"}, "faults": {"text": "flaky"}, "reset": {}}[path]
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
    """A preflight fails, and nothing can be deleted."""
    assert visitor.session.request(method, visitor.page.address + path).status_code == status


def test_recorded_event_leads_to_its_result(visitor: Visitor) -> None:
    """The list has the outcome, the delivery its details, and the object is there."""
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
    """Tag, State, format, trigger and seed are those of the request."""
    made = {"tag": "Transcode", "state": "Failed", "format": "json", "trigger": trigger, "seed": 7}
    delivery = visitor.send(generated=made)
    assert (delivery["trigger"], delivery["status"]) == (shown, 200)
    assert (delivery["tags"], delivery["states"]) == (["Transcode"], ["Failed"])
    assert delivery["keys"] == ["in/sample.mp4.Transcode.ad8d4ce1.failed.json"]


def test_mutated_event_is_sent(visitor: Visitor) -> None:
    """Without jobs the list has the reason."""
    assert visitor.send(generated={"tag": "Tts", "mutate": ["wrong-token"]})["outcomes"] == ["unauthorized"]
    assert visitor.send(generated={"tag": "Tts", "mutate": ["truncate"]})["outcomes"] == ["dead-lettered"]


def test_command_is_shown_by_name(visitor: Visitor) -> None:
    """A timer has no jobs of its own."""
    delivery = visitor.send(recorded="timer-sweep")
    assert (delivery["trigger"], delivery["outcomes"], delivery["tags"]) == ("timer", ["timer"], [])
    assert delivery["request"]["line"] == ""
    assert json.loads(delivery["request"]["body"])["Type"] == "Timer"


def test_several_jobs_are_one_line(visitor: Visitor) -> None:
    """It has the distinct Tags, States, outcomes and keys."""
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
def test_impossible_event_is_400(visitor: Visitor, content: Any, message: str) -> None:
    """The message is one line, and nothing is delivered."""
    before = len(visitor.deliveries())
    answer = visitor.ask("POST", "send", content)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert len(visitor.deliveries()) == before


def test_large_request_is_413(visitor: Visitor) -> None:
    """The page sends no more than a body of 6 MB in base64."""
    assert visitor.ask("POST", "send", {"recorded": "x" * (9 << 20)}).status_code == 413


def test_choices_are_those_of_the_command_line(visitor: Visitor) -> None:
    """They have recorded events without expected outcomes, and each Tag, State, format, trigger and mutation."""
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
def test_token_is_hidden(visitor: Visitor, url: str) -> None:
    """No position in the URL shows it; the rest of the URL is shown."""
    delivery = visitor.post(url.format(TOKEN))
    line = delivery["request"]["line"]
    assert TOKEN not in json.dumps(delivery)
    assert "short" not in line
    assert "••••" in line
    assert line.startswith("POST /hook" if "hook" in url else "POST /")
    assert ("&b=2" in line) == ("&b=2" in url)


def test_possible_tokens_are_hidden(visitor: Visitor) -> None:
    """A wrong token is nearly the right one, and may be another deployment's."""
    delivery = visitor.post(f"/{TOKEN}x")
    assert (delivery["status"], delivery["outcomes"]) == (401, ["unauthorized"])
    assert delivery["request"]["line"] == "POST /••••"


def test_faults_are_changed(visitor: Visitor) -> None:
    """Both presets and custom descriptions apply from the next request on."""
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
        ({"text": "stormy"}, "unknown faults: stormy (there are none, flaky, slow)"),
        ({"text": "hail=0.1"}, "unknown faults: hail (there are none, flaky, slow, error, lost, latency, "),
        ({"text": "error=much"}, "error=much: error wants a number"),
        ({"text": "error=2"}, "the shares of the faults must be positive and at most 1 together"),
        ({"text": 7}, 'Send {"text": "flaky"}'),
        ({}, 'Send {"text": "flaky"}'),
        ("[" * 60_000, 'Send {"text": "flaky"}'),
    ],
)
def test_unknown_faults_are_400(visitor: Visitor, content: Any, message: str) -> None:
    """The mistake is named, and the faults stay."""
    before = visitor.cloud.cos.faults
    answer = visitor.ask("PUT", "faults", content)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert visitor.cloud.cos.faults is before


def test_binary_object_is_not_sent(visitor: Visitor) -> None:
    """Only its size and type are shown."""
    found = visitor.get("object", key="input/test.mp3")
    assert (found["size"], found["type"], found["text"]) == (1251, "audio/mpeg", None)


@pytest.mark.parametrize(
    "key", ["<b>&amp;", "a//b", "../up", "晨曲 01", "__proto__/x", "q?a=b#c", "dir/", "x\u202ey", "a+b %41"]
)
def test_object_is_found_by_any_key(visitor: Visitor, key: str) -> None:
    """It is text within JSON, regardless of its own type."""
    visitor.cloud.cos.put(BUCKET, key, b"<script>alert(1)</script>", content_type="text/html")
    try:
        answer = visitor.session.get(f"{visitor.page.address}/api/object", params={"key": key})
        assert answer.headers["Content-Type"] == "application/json"
        assert (answer.json()["key"], answer.json()["text"]) == (key, "<script>alert(1)</script>")
    finally:
        visitor.cloud.cos.delete(BUCKET, key)


@pytest.mark.parametrize("path", ["object", "object?key=", "object?key=nothing", "object?key=%ff", "deliveries/999999"])
def test_missing_object_or_delivery_is_404(visitor: Visitor, path: str) -> None:
    """The answer has a message."""
    answer = visitor.session.get(f"{visitor.page.address}/api/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_invalid_cursor_is_400(visitor: Visitor) -> None:
    """It must be a number."""
    answer = visitor.session.get(f"{visitor.page.address}/api/state", params={"after": "x"})
    assert (answer.status_code, answer.json()["error"][:6]) == (400, "after:")


def test_state_has_only_the_changes(visitor: Visitor) -> None:
    """After the last change the list is empty until another delivery."""
    visitor.send(recorded="unknown-event")
    state = visitor.get("state")
    assert visitor.get("state", after=state["change"])["deliveries"] == []
    visitor.send(recorded="unknown-event")
    (new,) = visitor.get("state", after=state["change"])["deliveries"]
    assert new["number"] == max(each["number"] for each in state["deliveries"]) + 1


def test_stop_does_not_wait_for_a_sent_event() -> None:
    """A function that waits for COS ends with the cloud, although the page has sent the event."""
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
