"""docs/configuration.md: its examples work, its claims hold, its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from ci_callback import shapes
from ci_callback.config import settings, template, then
from ci_callback.errors import Misconfigured
from ci_callback.inbound import secret
from models.generate import configuration
from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import OWN_TOKEN
from tests.support.pages import blocks, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

PAGE = configuration.PAGE
POSTING = '[{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": [{"post": "https://example.com/"}]}]'
GOOD = {
    "BUCKETS": "media-1250000000/ap-guangzhou",
    "CALLBACK_TOKENS": OWN_TOKEN,
    "CALLBACK_SECRET": "ci-callback",
    "ROUTES": POSTING,
    "WEBHOOK_SECRET": "whsec_" + "A" * 43 + "=",
}


def mistakes(*left_out: str) -> set[str]:
    """Return the variables with an error when the given ones are missing from complete settings."""
    try:
        settings.load({name: value for name, value in GOOD.items() if name not in left_out})
    except Misconfigured as error:
        return {problem.partition(":")[0] for problem in error.problems}
    return set()


def sections(name: str) -> list[tuple[str, str]]:
    """Return each heading of the page with the text below it."""
    pieces = re.split(r"^(#+ .*)$", page(name), flags=re.MULTILINE)[1:]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def code(text: str) -> list[str]:
    """Return the code blocks, fenced and indented."""
    return re.findall(r"^```\w+\n(?s:.*?)^```$|(?:^    .*\n)+", text, re.MULTILINE)


def inline(text: str) -> list[str]:
    """Return the code words outside of code blocks."""
    prose = text
    for block in code(text):
        prose = prose.replace(block, "")
    return re.findall(r"`[^`\n]+`", prose)


@pytest.mark.parametrize("text", blocks(PAGE, "json"))
def test_shown_routes_are_valid(text: str) -> None:
    """Every ROUTES example is accepted."""
    assert settings.load({**GOOD, "ROUTES": text}).ROUTES


def test_required_variables_are_those_of_the_function() -> None:
    """A missing variable is an error if, and only if, the table lists it as required."""
    required = {name: variable.required for name, variable in configuration.VARIABLES.items()}
    assert mistakes() == set()
    for name, when in required.items():
        assert mistakes(name) == ({name} if when in {"yes", "if there is a `post`"} else set())
    assert mistakes("WEBHOOK_SECRET", "ROUTES") == set()
    either = {"CALLBACK_TOKENS": "this or `CALLBACK_SECRET`", "CALLBACK_SECRET": "this or `CALLBACK_TOKENS`"}
    assert {name: when for name, when in required.items() if when.startswith("this or")} == either
    assert mistakes(*either) == {"CALLBACK_TOKENS"}


def test_secret_lifetime_is_that_of_the_code() -> None:
    """The page has the interval at which a secret is read again."""
    assert "every five minutes" in page(PAGE)
    assert secret._FRESH_S == 5 * 60


def test_shown_commands_make_valid_secrets() -> None:
    """The commands make a token and two secrets that the function accepts."""
    token, webhook_secret, record_secret = (
        subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout.strip()
        for command in blocks(PAGE, "sh")
    )
    made = {"CALLBACK_TOKENS": token, "WEBHOOK_SECRET": webhook_secret, "RECORD_SECRET": record_secret}
    loaded = settings.load({**GOOD, **made})
    assert [getattr(loaded, name) for name in made] == [(secret,) for secret in made.values()]


def test_shown_message_has_the_real_fields(deploy: Callable[..., Deployment]) -> None:
    """A message has the fields shown, and id and type of the same form."""
    text = page(PAGE).partition("Each receiver gets the same message")[2]
    shown = re.search(r"(?:^    .*\n)+", text, re.MULTILINE)
    assert shown
    message = json.loads(shown[0])
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json","then":[{"topic":"t"}]}]')
    deployed.post(body(job(JobId=message["data"]["JobId"])))
    (arrival,) = deployed.cos.receivers.taken()
    sent = json.loads(arrival.content)
    assert (sent.keys(), sent["data"].keys()) == (message.keys(), message["data"].keys())
    assert (sent["type"], sent["timestamp"]) == (message["type"], message["timestamp"])
    assert re.fullmatch(r"[0-9a-f]{32}", message["id"])
    assert len(sent["id"]) == len(message["id"])
    assert message["data"]["result"].keys() <= sent["data"]["result"].keys()


def test_fields_of_a_published_event_are_listed(deploy: Callable[..., Deployment]) -> None:
    """The page names every parameter of the event besides its data."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.x","then":[{"publish":"eb-abcdefgh"}]}]')
    deployed.post(body(job()))
    (arrival,) = deployed.cos.receivers.taken()
    section = dict(sections(PAGE))["### Actions: `then`"]
    assert {f"`{name}`" for name in json.loads(arrival.content)} - {"`Data`"} <= set(inline(section))


@pytest.mark.parametrize("event", ["Workflow-xml", "ReviewImage-json", "ReviewImage-simple", "VirusDetect-json"])
def test_lookup_paths_of_runs_and_reviews_are_listed(event: str, deploy: Callable[..., Deployment]) -> None:
    """VERIFY=job sends the requests of its section, and refuses a result that CI does not know."""
    deployed = deploy(VERIFY="job")
    sent = json.loads((ROOT / "events" / "tags" / f"{event}.json").read_text(encoding="utf-8"))
    assert deployed.send(sent)["statusCode"] == 403
    path = deployed.cos.requests[-1].key.rpartition("/")[0]
    assert re.search(f"`/{path}/<(RunId|JobId)>`", dict(sections(PAGE))["## VERIFY"])


@pytest.mark.parametrize("kind", ["video", "audio", "text", "document", "webpage"])
def test_lookup_path_of_each_review_kind_is_listed(kind: str) -> None:
    """The kinds that replace `image` in the path are those of the API."""
    section = dict(sections(PAGE))["## VERIFY"]
    assert f"`{kind}`" in section
    assert f"{kind}/auditing" in shapes.APIS.values()


def test_tables_are_complete() -> None:
    """Each variable, template field and action has a description, and none is left over."""
    assert configuration.VARIABLES.keys() == settings.VARIABLES.keys()
    assert list(configuration.FIELDS) == list(template.FIELDS)
    assert list(configuration.ACTIONS) == list(then.KINDS)


def test_limits_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed limit changes the page."""
    monkeypatch.setattr(then, "MOST_ACTIONS", 7)
    monkeypatch.setattr(template, "MAX_KEY_BYTES", 99)
    text = configuration.write()[PAGE]
    assert "A route has at most 7 actions." in text
    assert "(over 99 bytes," in text


@pytest.mark.parametrize(
    ("kind", "target"),
    [("invoke", "my-function"), ("publish", "eb-abcdefgh"), ("topic", "t"), ("post", "https://example.com/")],
)
def test_message_limits_are_exact(kind: str, target: str, deploy: Callable[..., Deployment]) -> None:
    """A message of the maximal size includes the result, and one byte more drops it."""
    row = {"tag": "*", "state": "*", "write": "{job_id}.json", "then": [{kind: target}]}
    deployed = deploy(ROUTES=json.dumps([row]), WEBHOOK_SECRET=GOOD["WEBHOOK_SECRET"])

    def message(job_id: str, filling: int) -> str:
        deployed.post(body(job(JobId=job_id, Operation={"UserData": "x" * filling})))
        content: str = deployed.cos.receivers.taken(kind)[-1].content
        return str(json.loads(content)["Data"]) if kind == "publish" else content

    most = configuration.ACTIONS[kind].max_bytes
    filling = 1 + most - len(message("a", 1).encode())
    assert len(message("b", filling).encode()) == most
    assert '"result":' not in message("c", filling + 1)
