"""`python -m local event`: an event for any Tag and State, in any format, through any trigger, valid or malformed."""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.decode.envelope import decode
from ci_callback.inbound.triggers import read
from local.__main__ import main
from local.events import generated, mutations
from models.catalog import Entry, catalog
from models.fields import Element, Integer, ListOf, many, sample
from models.job import Result
from tests.support.deployment import BUCKET, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.deployment import Deployment

ENTRIES = catalog()


class Data(Element):
    """The Simple form."""


class Scene(Element):
    """A scene."""

    score: Integer = sample("72")
    """How sure CI is."""


class ReviewPicture(Result):
    """样例. https://example.com/review."""

    result: Integer = sample("2")
    """What it came to."""
    scenes: ListOf[Scene] = many()
    """The scenes."""
    data: Data | None = sample(alias="data")
    """The Simple form."""


class ReviewBook(Result):
    """样例. https://example.com/review. It has no Simple form."""


@pytest.fixture
def reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be two kinds of review."""
    entries = {**ENTRIES, **{each.__name__: Entry(each.__name__, each) for each in (ReviewPicture, ReviewBook)}}
    monkeypatch.setattr(generated, "catalog", lambda: entries)


def made(capsys: pytest.CaptureFixture[str], *options: str, tag: str = "SoundHound") -> Any:
    """Return the event that the command prints."""
    capsys.readouterr()  # what the function logged before
    assert main(["event", "--tag", tag, *options]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Return the one line that says why there is no such event."""
    assert main(["event", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("trigger", generated.TRIGGERS)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_an_event_through_any_front_becomes_its_result(
    trigger: str, form: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """In both formats, through every trigger, the ordered callback ends as the same object next to its input."""
    event = made(capsys, "--trigger", trigger, "--format", form, "--object", "a/b.mp3", "--items", "2")
    assert deployed.send(event)["statusCode"] == 200
    result = deployed.result("a/b.mp3.SoundHound.json")
    assert [song["SongName"] for song in result["Operation"]["SoundHoundResult"]["SongList"]] == [
        "青花瓷",
        "月亮代表我的心",
    ]
    assert result["Input"] == {"BucketId": BUCKET, "Region": "ap-chongqing", "Object": "a/b.mp3"}


@pytest.mark.parametrize("trigger", generated.TRIGGERS)
def test_the_same_options_give_the_same_event(trigger: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Events can be made again; another seed makes another job."""
    event = made(capsys, "--trigger", trigger)
    assert made(capsys, "--trigger", trigger) == event
    assert made(capsys, "--trigger", trigger, "--seed", "1") != event


def test_a_failed_and_a_workflow_s_job_can_be_ordered(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """State and workflow are options; so are the array and the Response that some of CI's JSON has."""
    event = made(capsys, "--state", "Failed", "--workflow", "--format", "json", "--array", "--wrapped")
    assert isinstance(json.loads(event["body"])["Response"]["JobsDetail"], list)
    deployed.send(event)
    result = deployed.result("in/sample.mp3.SoundHound.failed.json")
    assert (result["Code"], result["Workflow"]["Name"]) == ("InputObjectNotFound", "SoundHound_1581665960537")


@pytest.mark.parametrize(
    ("names", "form", "status", "outcomes"),
    [
        (["duplicate"], "xml", 200, ["written", "duplicate"]),
        (["duplicate"], "json", 200, ["written", "duplicate"]),
        (["reorder"], "xml", 200, ["written"]),
        (["unknown-field"], "json", 200, ["written"]),
        (["no-state"], "xml", 200, ["written"]),
        (["no-tag"], "json", 200, ["written"]),
        (["no-input"], "xml", 200, ["dead-lettered"]),
        (["no-event-name"], "xml", 200, ["written"]),
        (["truncate"], "xml", 400, ["dead-lettered"]),
        (["truncate"], "json", 400, ["dead-lettered"]),
        (["trailing-comma"], "json", 200, ["written"]),
        (["byte-order-mark"], "json", 200, ["written"]),
        (["wrong-header"], "json", 200, ["written"]),
        (["wrong-header", "reorder", "byte-order-mark"], "xml", 200, ["written"]),
    ],
)
def test_a_broken_callback_is_settled_as_promised(
    names: Sequence[str],
    form: str,
    status: int,
    outcomes: list[str],
    deployed: Deployment,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What can be read all the same is written, what cannot is kept, whichever trigger brings it."""
    options = [option for name in names for option in ("--mutate", name)]
    for trigger in ("function-url", "apigw"):
        answer = Answer(deployed.send(made(capsys, "--format", form, "--trigger", trigger, *options)))
        assert (answer.status, answer.outcomes) == (status, outcomes)
        for key in deployed.listing():
            deployed.cos.delete(BUCKET, key)


def test_without_the_token_nobody_gets_in(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """The mutation that takes the token away is answered 401 and leaves no trace."""
    assert deployed.send(made(capsys, "--mutate", "wrong-token"))["statusCode"] == 401
    assert deployed.cos.requests == []


@pytest.mark.parametrize("form", ["xml", "json"])
def test_values_of_a_wrong_type_never_break_the_function(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Words for numbers and a text for Input are read or rejected, nothing else."""
    event = made(capsys, "--format", form, "--mutate", "wrong-type", "--items", "2")
    assert "<Inlier>many</Inlier>" in event["body"] or '"Inlier": "many"' in event["body"]
    (delivery,) = read(event)  # type: ignore[misc]  # a request is a delivery, no command
    decode(delivery)


def test_the_body_of_an_invoke_that_is_no_json_comes_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is the event itself, XML and broken JSON stand in `body`."""
    assert made(capsys, "--trigger", "invoke", "--format", "json").keys() == {"EventName", "JobsDetail"}
    assert made(capsys, "--trigger", "invoke").keys() == {"body"}
    assert made(capsys, "--trigger", "invoke", "--format", "json", "--mutate", "truncate").keys() == {"body"}


@pytest.mark.usefixtures("reviews")
def test_a_review_is_real_json_with_its_own_header(capsys: pytest.CaptureFixture[str]) -> None:
    """Reviews have numbers and lists as such and say in a header which form they have; the Simple one has no job."""
    event = made(capsys, "--format", "json", tag="ReviewPicture")
    assert event["headers"]["x-ci-content-version"] == "Detail"
    sent = json.loads(event["body"])
    assert (sent["EventName"], sent["JobsDetail"]["Result"]) == ("ReviewPicture", 2)
    assert sent["JobsDetail"]["Scenes"] == [{"Score": 72}]
    event = made(capsys, "--format", "json", "--simple", tag="ReviewPicture")
    assert event["headers"]["x-ci-content-version"] == "Simple"
    assert json.loads(event["body"])["data"]["event"] == "ReviewPicture"


@pytest.mark.usefixtures("reviews")
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tag", "soundhoud"], "there is no Tag 'soundhoud': did you mean SoundHound?"),
        (["--tag", "xyz"], "docs/results.md lists those there are."),
        (["--tag", "SoundHound", "--array"], "take --format json"),
        (["--tag", "SoundHound", "--simple"], "SoundHound has no Simple form: leave --simple out."),
        (["--tag", "ReviewBook", "--simple", "--format", "json"], "ReviewBook has no Simple form"),
        (["--tag", "ReviewPicture"], "CI posts ReviewPicture as JSON alone: take --format json."),
        (["--tag", "ReviewPicture", "--format", "json", "--simple", "--mutate", "no-state"], "changes nothing"),
        (["--tag", "ReviewPicture", "--format", "json", "--simple", "--mutate", "duplicate"], "changes nothing"),
        (["--tag", "SoundHound", "--mutate", "trailing-comma"], "trailing-comma changes nothing in this callback"),
        (["--tag", "SoundHound", "--trigger", "cmq", "--mutate", "wrong-token"], "take --trigger function-url or"),
    ],
)
def test_an_event_that_cannot_be_made_is_one_clear_line(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is named together with the way out, and the status is 2."""
    assert complaint in refused(capsys, *options)


@pytest.mark.parametrize("count", ["-1", "many"])
def test_a_count_is_a_number(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A count that is none is refused with the option's name."""
    with pytest.raises(SystemExit):
        main(["event", "--tag", "SoundHound", "--items", count])
    assert "--items" in capsys.readouterr().err


def test_help_says_what_each_mutation_does(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every mutation with what it does."""
    with pytest.raises(SystemExit):
        main(["event", "--help"])
    output = capsys.readouterr().out
    for name, mutation in mutations.ALL.items():
        assert f"  {name}" in output
        assert str(mutation.__doc__) in output


def test_generated_event_can_be_piped_into_invoke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`invoke -` reads the event from standard input."""
    event = made(capsys, "--trigger", "apigw", "--mutate", "byte-order-mark")
    assert not event["isBase64Encoded"]
    event = {**event, "body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(event)))
    assert main(["invoke", "-"]) == 0
    assert "in/sample.mp3.SoundHound.json" in capsys.readouterr().out
