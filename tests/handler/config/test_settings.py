"""The configuration: accepted values, and mistakes reported together and without secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.cloud.credentials import Credentials
from ci_callback.config import settings
from ci_callback.delivery import Arrival, Delivery
from ci_callback.errors import Misconfigured
from tests.support.bodies import body, job
from tests.support.deployment import OWN_TOKEN, RECORD_SECRET, TOKEN, Answer, url_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.deployment import Deployment

GOOD = {"BUCKETS": "media-1250000000/ap-guangzhou", "CALLBACK_TOKENS": OWN_TOKEN}
AMONG_LETTERS = "/ci-callback/dead-letter/{job_id}"
CATCH_ALL = {"tag": "*", "state": "*", "ignore": True}


def problems(**more: str) -> str:
    """Return the reported mistakes of otherwise good settings, a line each."""
    with pytest.raises(Misconfigured) as caught:
        settings.load({**GOOD, **more})
    return "\n".join(caught.value.problems)


def routes(*rows: Any) -> str:
    """Return a ROUTES value."""
    return json.dumps(list(rows))


def test_two_variables_are_enough() -> None:
    """Buckets and tokens must be set; everything else has its default."""
    loaded = settings.load(GOOD)
    assert loaded.BUCKETS == {"media-1250000000": "ap-guangzhou"}
    assert [(route.tag, route.state, bool(route.write)) for route in loaded.ROUTES] == [
        ("Workflow", "Success", True),
        ("Workflow", "Failed", True),
        ("Review*", "Auditing", True),
        ("*", "Success", True),
        ("*", "Failed", True),
        ("*", "*", False),
    ]
    assert (loaded.DEAD_LETTER, loaded.COS_ENDPOINT, loaded.LOG_LEVEL) == ("ci-callback/dead-letter/", "", "INFO")


def test_lists_may_have_spaces_and_line_breaks() -> None:
    """Values that YAML folds are read like any other."""
    loaded = settings.load(
        {"BUCKETS": " a-12345/ap-x ,\n b-12345/eu-y-1, ", "CALLBACK_TOKENS": f"\n{OWN_TOKEN} , {OWN_TOKEN}2"}
    )
    assert loaded.BUCKETS == {"a-12345": "ap-x", "b-12345": "eu-y-1"}
    assert (OWN_TOKEN, f"{OWN_TOKEN}2") == loaded.CALLBACK_TOKENS
    assert loaded.first_bucket == "a-12345"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BUCKETS", "", "not set"),
        ("BUCKETS", ",", "names no bucket"),
        ("BUCKETS", "media-1250000000", "no bucket/region pair"),
        ("BUCKETS", "media/ap-guangzhou", "no bucket/region pair"),
        ("BUCKETS", "media-1250000000/ap-guangzhou.evil.example", "no bucket/region pair"),
        ("BUCKETS", "m.evil.example/-1250000000/ap-x", "no bucket/region pair"),
        ("BUCKETS", "undefined", "no bucket/region pair"),
        ("BUCKETS", "a-12345/ap-x,a-12345/ap-y", "twice"),
        ("CALLBACK_TOKENS", " ", "not set"),
        ("CALLBACK_TOKENS", ",", "no token"),
        ("CALLBACK_TOKENS", f"{OWN_TOKEN},short", "token 2 has 5 characters"),
        ("CALLBACK_TOKENS", "a-Z" * 200, "token 1 has 600 characters"),
        ("CALLBACK_TOKENS", "with/a/slash/and-more", "token 1 has a character"),
        ("CALLBACK_TOKENS", "密钥密钥密钥密钥密钥密钥密钥密钥", "token 1 has a character"),
        ("CALLBACK_TOKENS", "aaaaaaaaaaaaaaaabbbb", "token 1 has only 2 different characters"),
        ("CALLBACK_TOKENS", f"{OWN_TOKEN},secret-1secret-1", "token 2 repeats itself"),
        ("CALLBACK_TOKENS", "abcdefghabcdefghabc", "token 1 repeats itself"),
        ("CALLBACK_TOKENS", "0123456789abcdef", "token 1 is a sequence"),
        ("CALLBACK_TOKENS", "Zyxwvutsrqponmlkji", "token 1 is a sequence"),
        ("CALLBACK_TOKENS", "qwertyuiop-1234567890", "token 1 is a sequence"),
        ("CALLBACK_TOKENS", TOKEN, "the token of the local cloud"),
        ("CALLBACK_SECRET", "no/such/name", "no name of a secret"),
        ("ROUTES", "[", "no JSON"),
        ("ROUTES", "[" * 100_000, "no JSON"),
        ("ROUTES", "{}", "no list"),
        ("ROUTES", "[]", "no list"),
        ("ROUTES", routes("x", CATCH_ALL), "route 1 is no object"),
        ("ROUTES", routes({"tag": "a", "state": "b", "wirte": "x"}, CATCH_ALL), "unknown field 'wirte'"),
        ("ROUTES", routes({"tag": "a", "ignore": True}, CATCH_ALL), "needs a tag and a state"),
        ("ROUTES", routes({**CATCH_ALL, "result": "bad"}, CATCH_ALL), "normal, block, review"),
        ("ROUTES", routes({**CATCH_ALL, "result": 1}, CATCH_ALL), "normal, block, review"),
        ("ROUTES", routes({**CATCH_ALL, "result": "block"}), "must be a catch-all"),
        ("ROUTES", routes({**CATCH_ALL, "result": "b*"}, {**CATCH_ALL, "result": "block"}, CATCH_ALL), "never reached"),
        ("ROUTES", routes({"tag": "", "state": "b", "ignore": True}, CATCH_ALL), "needs a tag and a state"),
        ("ROUTES", routes({"tag": "a", "state": "b"}, CATCH_ALL), "needs either"),
        ("ROUTES", routes({"tag": "a", "state": "b", "ignore": False}, CATCH_ALL), "needs either"),
        (
            "ROUTES",
            routes({"tag": "a", "state": "b", "ignore": True, "write": "{object}.x"}, CATCH_ALL),
            "needs either",
        ),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": 7}, CATCH_ALL), "template '7' is wrong"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": []}, CATCH_ALL), "no list of 1 to 5"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": ["{object}.x"] * 6}, CATCH_ALL), "no list of 1 to 5"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": ["{object}.x", "{o}"]}, CATCH_ALL), "template '{o}' is"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object}{variant}"}, CATCH_ALL), "job's own input"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{objcet}.json"}, CATCH_ALL), "unknown field {objcet}"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object.x}.json"}, CATCH_ALL), "unknown field"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object!r}.json"}, CATCH_ALL), "takes no format"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object:>9}.json"}, CATCH_ALL), "takes no format"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object"}, CATCH_ALL), "braces do not match"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "../{object}.json"}, CATCH_ALL), "as a path segment"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "\ud800{object}.json"}, CATCH_ALL), "control character"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{object}"}, CATCH_ALL), "job's own input"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "{dir}{stem}.json"}, CATCH_ALL), "job's own input"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "/{dir}{stem}{ext}"}, CATCH_ALL), "job's own input"),
        ("ROUTES", routes({"tag": "a", "state": "b", "write": "results.json"}, CATCH_ALL), "job's own input"),
        ("ROUTES", routes({"tag": "a", "state": "b", "ignore": True}), "must be a catch-all"),
        ("ROUTES", routes(CATCH_ALL, CATCH_ALL), "route 2 is never reached: route 1"),
        (
            "ROUTES",
            routes({"tag": "S*", "state": "*", "ignore": True}, {**CATCH_ALL, "tag": "Sound*"}, CATCH_ALL),
            "never",
        ),
        ("ROUTES", "@nowhere.json", "cannot be read"),
        ("ROUTES", "@../../README.md", "outside the package"),
        ("ROUTES", "@index.py", "no JSON"),
        (
            "ROUTES",
            routes({"tag": "a", "state": "b", "write": ["{object}.x", "/ci-callback/dead-letter/{job_id}"]}, CATCH_ALL),
            "route 1 writes below DEAD_LETTER",
        ),
        ("DEAD_LETTER", "/", "no prefix"),
        ("DEAD_LETTER", "/abs/", "no prefix"),
        ("DEAD_LETTER", "a/../b/", "path segment"),
        ("DEAD_LETTER", "x" * 500, "longer than"),
        ("ON_DEAD_LETTER", "{", "it is no JSON"),
        ("ON_DEAD_LETTER", "[" * 100_000, "it is no JSON"),
        ("ON_DEAD_LETTER", "[]", "it is no list of 1 to 10 actions"),
        ("ON_DEAD_LETTER", '[{"invoke": "-"}]', "it names '-', which is no name of a function"),
        ("COS_ENDPOINT", "127.0.0.1:9000", "no http(s)://host:port"),
        ("COS_ENDPOINT", "http://user:pw@host/path", "no http(s)://host:port"),
        ("RECORD_SECRET", "x" * 31, "secret 1 has 31 characters"),
        ("RECORD_SECRET", f"{RECORD_SECRET},short", "secret 2 has 5 characters"),
        ("RECORD_SECRET", f"{RECORD_SECRET} {RECORD_SECRET}", "secret 1 has a character that is not plain ASCII"),
        ("RECORD_SECRET", "0123456789" * 4, "secret 1 repeats itself"),
        ("RECORD_SECRET", "x" * 40, "secret 1 has only 1 different characters"),
        ("LOG_LEVEL", "verbose", "none of DEBUG, INFO, WARNING, ERROR"),
    ],
)
@pytest.mark.usefixtures("no_gc")
def test_mistake_names_variable_expectation_and_example(name: str, value: str, said: str) -> None:
    """A mistake is one line: the variable, what is wrong, what was expected, and an example."""
    (line,) = problems(**{name: value}).splitlines()
    assert line.startswith(f"{name}: ")
    assert said in line
    assert "Expected: " in line
    assert "Example: " in line


def test_all_mistakes_are_reported_at_once() -> None:
    """One look at the log is enough to fix them."""
    found = problems(
        BUCKETS="x",
        CALLBACK_TOKENS="short",
        ROUTES=routes({"tag": "a"}, {"tag": "b", "state": "c", "write": "{d}"}),
        LOG_LEVEL="loud",
        DEAD_LETTER="/",
    )
    assert [line.partition(":")[0] for line in found.splitlines()] == [
        "BUCKETS",
        "CALLBACK_TOKENS",
        "ROUTES",
        "DEAD_LETTER",
        "LOG_LEVEL",
    ]
    assert "route 1" in found
    assert "route 2" in found


def test_every_setting_has_expectation_and_example() -> None:
    """No variable can be wrong without an expectation and an example to show."""
    assert (*settings.VARIABLES, "region") == settings.Settings._fields  # the platform sets that one


def test_examples_are_accepted() -> None:
    """Those that reports show."""
    for name, (_, _, example, _) in settings.VARIABLES.items():
        if name not in {"CALLBACK_TOKENS", "WEBHOOK_SECRET", "RECORD_SECRET"}:  # there it is a command that makes one
            settings.load({**GOOD, name: example})


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "S", True),
        ("S*", "Sound", True),
        ("S*", "S*d", True),
        ("S?", "S*", False),
        ("S?*", "S*", False),
        ("*a*", "*b*", False),
        ("*d", "*nd", True),
        ("*", "[ab]", True),
        ("[ab]", "a", False),
        ("a", "A", False),
        ("?", "*", False),
        ("??", "?", False),
    ],
)
def test_route_covered_by_an_earlier_one_is_a_mistake(wide: str, narrow: str, *, covered: bool) -> None:
    """A row that an earlier one always beats is refused; one that may still be reached is not."""
    rows = routes({**CATCH_ALL, "tag": wide, "state": "Q"}, {**CATCH_ALL, "tag": narrow, "state": "Q"}, CATCH_ALL)
    if covered:
        assert "never reached" in problems(ROUTES=rows)
    else:
        assert len(settings.load({**GOOD, "ROUTES": rows}).ROUTES) == 3


def test_routes_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """@file.json is read from the package."""
    monkeypatch.setattr(settings, "_PACKAGE_ROOT", str(tmp_path))
    (tmp_path / "routes.json").write_text(routes(CATCH_ALL))
    assert len(settings.load({**GOOD, "ROUTES": "@routes.json"}).ROUTES) == 1


def test_misconfigured_function_answers_500_to_all(
    deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every event gets 500 and `misconfigured`; the log lists every mistake, the reply none (promise 4)."""
    deployed = deploy(BUCKETS="", CALLBACK_TOKENS="tiny-secret")
    for event in (url_event(body(job())), {"JobsDetail": job()}, None):
        answer = Answer(deployed.send(event))
        assert (answer.status, answer.body["error"]) == (500, "misconfigured")
        assert "BUCKETS" not in json.dumps(answer.reply)
    log = capsys.readouterr().out
    assert "BUCKETS: it is not set" in log
    assert "token 1 has 11 characters" in log
    assert "tiny-secret" not in log
    assert deployed.cos.requests == []


@pytest.mark.parametrize("missing", ["TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"])
def test_without_a_role_the_log_names_the_setting(
    missing: str, deploy: Callable[..., Deployment], capsys: pytest.CaptureFixture[str]
) -> None:
    """An execution role sets the three variables; without one the log names where to bind it."""
    assert deploy(**{missing: ""}).send(url_event(body(job())))["statusCode"] == 500
    log = capsys.readouterr().out
    assert missing in log
    assert "inputs.role in serverless.yml" in log


def test_tokens_are_not_in_the_settings_text() -> None:
    """Nor in that of a delivery or of credentials."""
    assert OWN_TOKEN not in repr(settings.load(GOOD))
    assert RECORD_SECRET not in repr(settings.load({**GOOD, "RECORD_SECRET": RECORD_SECRET}))
    for weak in (RECORD_SECRET[:31], f"{RECORD_SECRET}\xe9", RECORD_SECRET * 2):
        assert RECORD_SECRET[:31] not in problems(RECORD_SECRET=weak)
    assert TOKEN not in repr(Arrival("apigw", {"body": TOKEN}, tokens=(TOKEN,)))
    assert TOKEN not in repr(Delivery("apigw", body=TOKEN.encode()))
    assert TOKEN not in repr(Credentials(TOKEN, TOKEN, TOKEN))


WEBHOOK = "whsec_" + "A" * 43 + "="


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ([], "no list of 1 to 10"),
        ({"invoke": "f1"}, "no list of 1 to 10"),
        ([{"invoke": f"f{number}"} for number in range(11)], "no list of 1 to 10"),
        ([{"email": "a@b"}], "exactly one of invoke, publish, topic, post"),
        (["invoke"], "exactly one of"),
        ([{"invoke": "f1", "topic": "t"}], "exactly one of"),
        ([{"invoke": "f1", "region": "x"}], "unknown field 'region' beside invoke"),
        ([{"topic": "t", "namespace": "x"}], "unknown field 'namespace' beside topic"),
        ([{"topic": "t"}, {"topic": "t"}], "an action twice"),
        ([{"invoke": "1f"}], "no name of a function"),
        ([{"invoke": "a/b"}], "no name of a function"),
        ([{"invoke": 7}], "no name of a function"),
        ([{"invoke": "f1", "namespace": ""}], "no name of a namespace"),
        ([{"invoke": "f1", "qualifier": "a b"}], "no name of a version or alias"),
        ([{"publish": "my-bus"}], "which is no name of an event bus"),
        ([{"topic": "a b"}], "no name of a topic"),
        ([{"post": "http://example.com/hook"}], "no https:// URL"),
        ([{"post": "https://例子.example/hook"}], "no https:// URL"),
        ([{"post": 7}], "no https:// URL"),
        ([{"post": "https://[::1/hook"}], "cannot be read"),
        ([{"post": "https://example.com:x/"}], "cannot be read"),
        ([{"post": "https://user:pw@example.com/"}], "a user, a fragment"),
        ([{"post": "https://example.com/#a"}], "a user, a fragment"),
        ([{"post": "https://example.com:0/"}], "no real port"),
        ([{"post": "https:///hook"}], "without a host of the Internet"),
        ([{"post": "https://localhost/hook"}], "without a host of the Internet"),
        ([{"post": "https://a_b/hook"}], "without a host of the Internet"),
        ([{"post": "https://a..b/hook"}], "without a host of the Internet"),
        ([{"post": "https://.example.com/hook"}], "without a host of the Internet"),
        ([{"post": "https://a-.example.com/hook"}], "without a host of the Internet"),
        ([{"post": f"https://{'a' * 64}.example.com/hook"}], "without a host of the Internet"),
        ([{"post": f"https://{'a.' * 126}example.com/hook"}], "without a host of the Internet"),
        ([{"post": "https://127.0.0.1/hook"}], "127.0.0.1, which is no public address"),
        ([{"post": "https://169.254.0.23/hook"}], "no public address"),
        ([{"post": "https://[::1]/hook"}], "no public address"),
        ([{"post": "https://[::ffff:10.0.0.1]/hook"}], "no public address"),
    ],
)
def test_mistake_in_an_action_is_reported(then: Any, said: str) -> None:
    """With its route, and the mistake in its actions."""
    row = {"tag": "a", "state": "b", "write": "{object}.x", "then": then}
    reported = problems(ROUTES=routes(row, CATCH_ALL), WEBHOOK_SECRET=WEBHOOK)
    assert "route 1: its then " in reported
    assert said in reported


def test_actions_need_a_result_to_follow() -> None:
    """A route that ignores has none."""
    row = {"tag": "a", "state": "b", "ignore": True, "then": [{"topic": "t"}]}
    assert "route 1 has actions but writes nothing" in problems(ROUTES=routes(row, CATCH_ALL))


def test_post_needs_a_secret() -> None:
    """Without one anyone could send such a message; other actions need none."""
    row = {"tag": "*", "state": "*", "write": "{object}.x"}
    post = routes({**row, "then": [{"post": "https://93.184.215.14:8443/hook"}]})
    assert "WEBHOOK_SECRET: it is not set, and a route posts" in problems(ROUTES=post)
    posting = json.dumps([{"post": "https://93.184.215.14:8443/hook"}])
    assert "WEBHOOK_SECRET: it is not set, and ON_DEAD_LETTER posts" in problems(ON_DEAD_LETTER=posting)
    assert settings.load({**GOOD, "ROUTES": post, "WEBHOOK_SECRET": WEBHOOK}).ROUTES[0].then[0].kind == "post"
    assert settings.load({**GOOD, "ROUTES": routes({**row, "then": [{"topic": "t"}]})}).WEBHOOK_SECRET == ()


@pytest.mark.parametrize("secret", ["canary", "whsec_canary", "whsec_", "whsec_" + "C" * 31, "whsec_" + "C" * 88])
def test_weak_webhook_secret_is_reported_without_its_text(secret: str) -> None:
    """The scheme asks for 24 to 64 bytes in base64; any other text stays out of the log."""
    reported = problems(WEBHOOK_SECRET=f"{WEBHOOK},{secret}")
    assert "secret 2 is not whsec_" in reported
    assert "canary" not in reported
    assert "CCC" not in reported


def test_base64_of_an_impossible_length_is_no_webhook_secret() -> None:
    """Four times n and one characters decode to nothing."""
    assert "secret 1 is not whsec_" in problems(WEBHOOK_SECRET="whsec_" + "C" * 45)


def test_example_of_a_webhook_secret_makes_one() -> None:
    """The command that a report shows prints a secret that is accepted."""
    command = settings.VARIABLES["WEBHOOK_SECRET"].example.removeprefix("the output of: python3 -c '").removesuffix("'")
    made = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert (made,) == settings.load({**GOOD, "WEBHOOK_SECRET": made}).WEBHOOK_SECRET
