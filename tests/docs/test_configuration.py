"""docs/configuration.md: what is written is true, and what is made is whole."""

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
from tests.conftest import TOKEN
from tests.support.bodies import body, job
from tests.support.pages import blocks, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Deployment

PAGE = configuration.PAGE
POSTING = '[{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": [{"post": "https://example.com/"}]}]'
GOOD = {
    "BUCKETS": "media-1250000000/ap-guangzhou",
    "CALLBACK_TOKENS": TOKEN,
    "CALLBACK_SECRET": "ci-callback",
    "ROUTES": POSTING,
    "WEBHOOK_SECRET": "whsec_" + "A" * 43 + "=",
}


def mistakes(*left_out: str) -> set[str]:
    """Return the variables that are complained of when some of otherwise complete settings are left out."""
    try:
        settings.load({name: value for name, value in GOOD.items() if name not in left_out})
    except Misconfigured as error:
        return {problem.partition(":")[0] for problem in error.problems}
    return set()


def sections(name: str) -> list[tuple[str, str]]:
    """Return the page's headings, each with the text below it."""
    pieces = re.split(r"^(#+ .*)$", page(name), flags=re.MULTILINE)[1:]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def code(text: str) -> list[str]:
    """Return the code blocks of a text, fenced and indented."""
    return re.findall(r"^```\w+\n(?s:.*?)^```$|(?:^    .*\n)+", text, re.MULTILINE)


def inline(text: str) -> list[str]:
    """Return the code within the lines of a text."""
    prose = text
    for block in code(text):
        prose = prose.replace(block, "")
    return re.findall(r"`[^`\n]+`", prose)


# --- what is written by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", blocks(PAGE, "json"))
def test_routes_shown_are_valid(text: str) -> None:
    """Every ROUTES example is accepted as it stands."""
    assert settings.load({**GOOD, "ROUTES": text}).ROUTES


def test_what_must_be_set_is_what_the_function_asks_for() -> None:
    """What the table says must be set is complained of when it is missing, and nothing else is."""
    must = {name: fact.must for name, fact in configuration.VARIABLES.items()}
    assert mistakes() == set()
    for name, said in must.items():
        assert mistakes(name) == ({name} if said in {"yes", "where a route has `post`"} else set())
    assert mistakes("WEBHOOK_SECRET", "ROUTES") == set()
    either = {"CALLBACK_TOKENS": "this or `CALLBACK_SECRET`", "CALLBACK_SECRET": "this or `CALLBACK_TOKENS`"}
    assert {name: said for name, said in must.items() if said.startswith("this or")} == either
    assert mistakes(*either) == {"CALLBACK_TOKENS"}


def test_times_in_the_prose_are_those_of_the_code() -> None:
    """How long a secret is used is said as it is."""
    assert "every five minutes" in page(PAGE)
    assert secret._FRESH_S == 5 * 60


def test_the_commands_that_make_secrets_do() -> None:
    """The commands that are shown make a token and a webhook's secret that are accepted."""
    token, webhook_secret = (
        subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout.strip()
        for command in blocks(PAGE, "sh")
    )
    loaded = settings.load({**GOOD, "CALLBACK_TOKENS": token, "WEBHOOK_SECRET": webhook_secret})
    assert ((token,), (webhook_secret,)) == (loaded.CALLBACK_TOKENS, loaded.WEBHOOK_SECRET)


def test_the_shown_message_has_the_real_fields(deploy: Callable[..., Deployment]) -> None:
    """What an action tells looks as it is shown, and its id and type are made as there."""
    text = page(PAGE).partition("Each receiver is told the same")[2]
    shown = re.search(r"(?:^    .*\n)+", text, re.MULTILINE)
    assert shown
    message = json.loads(shown[0])
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json","then":[{"topic":"t"}]}]')
    deployed.post(body(job(JobId=message["data"]["JobId"])))
    (arrival,) = deployed.cos.receivers.taken()
    told = json.loads(arrival.content)
    assert (told.keys(), told["data"].keys()) == (message.keys(), message["data"].keys())
    assert (told["id"], told["type"], told["timestamp"]) == (message["id"], message["type"], message["timestamp"])
    assert message["data"]["result"].keys() <= told["data"]["result"].keys()


def test_what_a_bus_is_told_beside_the_data_is_listed(deploy: Callable[..., Deployment]) -> None:
    """Every parameter of a published event is named, and Region is where the bucket is."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.x","then":[{"publish":"eb-abcdefgh"}]}]')
    deployed.post(body(job()))
    (arrival,) = deployed.cos.receivers.taken()
    section = dict(sections(PAGE))["### Actions: `then`"]
    assert {f"`{name}`" for name in json.loads(arrival.content)} - {"`Data`"} <= set(inline(section))


@pytest.mark.parametrize("event", ["Workflow-xml", "ReviewImage-json", "ReviewImage-simple", "VirusDetect-json"])
def test_what_is_no_job_is_looked_up_where_the_page_says(event: str, deploy: Callable[..., Deployment]) -> None:
    """VERIFY=job asks CI by the requests that its section names, and refuses what CI does not know there."""
    deployed = deploy(VERIFY="job")
    sent = json.loads((ROOT / "events" / "tags" / f"{event}.json").read_text(encoding="utf-8"))
    assert deployed.send(sent)["statusCode"] == 403
    path = deployed.cos.requests[-1].key.rpartition("/")[0]
    assert re.search(f"`/{path}/<(RunId|JobId)>`", dict(sections(PAGE))["## VERIFY"])


@pytest.mark.parametrize("kind", ["video", "audio", "text", "document", "webpage"])
def test_each_kind_of_review_is_looked_up_in_its_place(kind: str) -> None:
    """What the section lets stand for `image` leads to the reviews of that kind."""
    section = dict(sections(PAGE))["## VERIFY"]
    assert f"`{kind}`" in section
    assert f"{kind}/auditing" in shapes.APIS.values()


# --- what is made -------------------------------------------------------------------------------------------------


def test_a_limit_is_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes a limit in the code changes the page."""
    monkeypatch.setattr(then, "MOST_ACTIONS", 7)
    monkeypatch.setattr(template, "MAX_KEY_BYTES", 99)
    text = configuration.write()[PAGE]
    assert "A route has at most 7 actions." in text
    assert "(over 99 bytes," in text


@pytest.mark.parametrize(
    ("kind", "target"),
    [("invoke", "my-function"), ("publish", "eb-abcdefgh"), ("topic", "t"), ("post", "https://example.com/")],
)
def test_a_message_has_at_most_what_the_table_says(kind: str, target: str, deploy: Callable[..., Deployment]) -> None:
    """The result goes along in a message of that many bytes, and is left out where there would be one more."""
    row = {"tag": "*", "state": "*", "write": "{job_id}.json", "then": [{kind: target}]}
    deployed = deploy(ROUTES=json.dumps([row]), WEBHOOK_SECRET=GOOD["WEBHOOK_SECRET"])

    def told(job_id: str, filling: int) -> str:
        deployed.post(body(job(JobId=job_id, Operation={"UserData": "x" * filling})))
        content: str = deployed.cos.receivers.taken(kind)[-1].content
        return str(json.loads(content)["Data"]) if kind == "publish" else content

    most = configuration.ACTIONS[kind].most
    filling = 1 + most - len(told("a", 1).encode())
    assert len(told("b", filling).encode()) == most
    assert '"result":' not in told("c", filling + 1)


@pytest.mark.parametrize("what", ["variable", "field", "action"])
def test_what_is_new_needs_words(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable, a template field or an action of which the pages would say nothing is a mistake that names it."""
    if what == "variable":
        monkeypatch.setitem(settings.VARIABLES, "NEW", settings.Variable(str, "a text", "x"))
    elif what == "field":
        monkeypatch.setattr(template, "FIELDS", (*template.FIELDS, "NEW"))
    else:
        monkeypatch.setattr(then, "KINDS", (*then.KINDS, "NEW"))
    with pytest.raises(ValueError, match=rf"models/generate/configuration.py says nothing of the .*{what} NEW"):
        configuration.write()


def test_what_is_gone_takes_its_words_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words for what the code no longer has are a mistake too."""
    left = {name: variable for name, variable in settings.VARIABLES.items() if name != "VERIFY"}
    monkeypatch.setattr(settings, "VARIABLES", left)
    with pytest.raises(ValueError, match="speaks of the variable VERIFY, which is not there any more"):
        configuration.write()


def test_a_variable_has_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table leads to a section of the variable's name, which must be there."""
    monkeypatch.setitem(settings.VARIABLES, "NEW", settings.Variable(str, "a text", "x"))
    monkeypatch.setitem(configuration.VARIABLES, "NEW", configuration.Fact("something new"))
    with pytest.raises(ValueError, match=r"docs/configuration.md has no section ## NEW"):
        configuration.write()


def test_a_text_without_chinese_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that was changed in the code is not translated by an old one."""
    changed = settings.VARIABLES["VERIFY"]._replace(expected="perhaps")
    monkeypatch.setitem(settings.VARIABLES, "VERIFY", changed)
    with pytest.raises(ValueError, match=r"models/generate/chinese.py has no Chinese for: perhaps"):
        configuration.write()
