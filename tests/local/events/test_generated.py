"""Generated events: a callback for any Tag and State, in any format, through any trigger, valid or malformed."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.decode.envelope import decode
from ci_callback.inbound.triggers import deliver, read
from local.__main__ import main
from local.events import generated, mutations
from local.events.generated import BadOrderError
from models.wire import Order
from tests.support.deployment import BUCKET, REGION, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.wire import Format
    from tests.support.deployment import Deployment


def event(  # the options of an event
    tag: str = "SoundHound",
    form: Format = "xml",
    trigger: generated.TriggerKind = "function-url",
    *,
    mutate: Sequence[str] = (),
    array: bool = False,
    wrapped: bool = False,
    **order: Any,
) -> Any:
    """Generate an event."""
    entry = generated.entry_of(tag)
    of = Order(entry, **{"bucket": BUCKET, "region": REGION, **order})
    return generated.make(of, form, trigger, mutate=mutate, array=array, wrapped=wrapped)


@pytest.mark.parametrize("trigger", generated.TRIGGERS)
@pytest.mark.parametrize("form", ["xml", "json"])
def test_event_through_any_trigger_becomes_its_result(
    trigger: generated.TriggerKind, form: Format, deployed: Deployment
) -> None:
    """The result is beside its input."""
    sent = event(form=form, trigger=trigger, object="a/b.mp3", items=2)
    assert deployed.send(sent)["statusCode"] == 200
    result = deployed.result("a/b.mp3.SoundHound.json")
    songs = [song["SongName"] for song in result["Operation"]["SoundHoundResult"]["SongList"]]
    assert songs == ["青花瓷", "月亮代表我的心"]
    assert result["Input"] == {"BucketId": BUCKET, "Region": "ap-chongqing", "Object": "a/b.mp3"}


@pytest.mark.parametrize("trigger", generated.TRIGGERS)
def test_same_options_generate_the_same_event(trigger: generated.TriggerKind) -> None:
    """Another seed generates another job."""
    assert event(trigger=trigger) == event(trigger=trigger) != event(trigger=trigger, seed=1)


def test_failed_job_of_a_workflow_is_generated(deployed: Deployment) -> None:
    """The array and the Response of some of CI's JSON are options too."""
    sent = event(form="json", state="Failed", workflow=True, array=True, wrapped=True)
    assert isinstance(json.loads(sent["body"])["Response"]["JobsDetail"], list)
    deployed.send(sent)
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
        (["no-input"], "xml", 200, ["written"]),
        (["no-event-name"], "xml", 200, ["written"]),
        (["truncate"], "xml", 400, ["dead-lettered"]),
        (["truncate"], "json", 400, ["dead-lettered"]),
        (["trailing-comma"], "json", 200, ["written"]),
        (["byte-order-mark"], "json", 200, ["written"]),
        (["wrong-header"], "json", 200, ["written"]),
        (["wrong-header", "reorder", "byte-order-mark"], "xml", 200, ["written"]),
    ],
)
@pytest.mark.parametrize("trigger", ["function-url", "apigw"])
def test_mutated_callback_is_settled_as_documented(  # the case
    names: Sequence[str],
    form: Format,
    status: int,
    outcomes: list[str],
    trigger: generated.TriggerKind,
    deployed: Deployment,
) -> None:
    """A readable callback is written, an unreadable one is kept."""
    answer = Answer(deployed.send(event(form=form, trigger=trigger, mutate=names)))
    assert (answer.status, answer.outcomes) == (status, outcomes)


def test_event_without_the_token_is_unauthorized(deployed: Deployment) -> None:
    """COS is not asked."""
    assert deployed.send(event(mutate=["wrong-token"]))["statusCode"] == 401
    assert deployed.cos.requests == []


@pytest.mark.parametrize("form", ["xml", "json"])
def test_values_of_a_wrong_type_are_decoded_or_rejected(form: Format) -> None:
    """Words for numbers and a text for Input raise nothing."""
    sent = event(form=form, mutate=["wrong-type"], items=2)
    assert "<Inlier>many</Inlier>" in sent["body"] or '"Inlier": "many"' in sent["body"]
    (arrival,) = read(sent)  # type: ignore[misc]  # a request is an arrival, no command
    decode(deliver(arrival))


def test_invoke_without_json_has_the_text_as_body() -> None:
    """JSON is the event itself, XML and malformed JSON are in `body`."""
    assert event(form="json", trigger="invoke").keys() == {"EventName", "JobsDetail"}
    assert event(trigger="invoke").keys() == {"body"}
    assert event(form="json", trigger="invoke", mutate=["truncate"]).keys() == {"body"}


def test_review_is_native_json_with_a_header_of_its_own() -> None:
    """The header names the form, and the Simple form has no job."""
    detail = event("ReviewImage", "json")
    assert detail["headers"]["x-ci-content-version"] == "Detail"
    body = json.loads(detail["body"])
    assert (body["EventName"], type(body["JobsDetail"]["Result"])) == ("ReviewImage", int)
    simple = event("ReviewImage", "json", simple=True)
    assert simple["headers"]["x-ci-content-version"] == "Simple"
    assert json.loads(simple["body"])["data"]["event"] == "ReviewImage"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tag": "soundhoud"}, "there is no Tag 'soundhoud': did you mean SoundHound?"),
        ({"tag": "xyz"}, "docs/results.md lists those there are."),
        ({"array": True}, "take --format json"),
        ({"simple": True}, "SoundHound has no Simple form: leave --simple out."),
        ({"tag": "ReviewImage"}, "CI posts ReviewImage as JSON alone: take --format json."),
        ({"tag": "ReviewImage", "form": "json", "simple": True, "mutate": ["no-state"]}, "changes nothing"),
        ({"tag": "ReviewImage", "form": "json", "simple": True, "mutate": ["duplicate"]}, "changes nothing"),
        ({"mutate": ["trailing-comma"]}, "trailing-comma changes nothing in this callback"),
        ({"trigger": "cmq", "mutate": ["wrong-token"]}, "take --trigger function-url or apigw"),
    ],
)
def test_impossible_event_is_refused_with_a_way_out(options: dict[str, Any], message: str) -> None:
    """The error is one line with the reason."""
    with pytest.raises(BadOrderError) as error:
        event(**options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_help_describes_each_mutation(capsys: pytest.CaptureFixture[str]) -> None:
    """The text is the docstring of the mutation."""
    assert main(["event", "--help"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    for name, mutation in mutations.ALL.items():
        assert f" {name} " in output
        assert str(mutation.__doc__) in output


def test_event_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`invoke -` delivers it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(event())))
    assert main(["invoke", "-"]) == 0
    assert "in/sample.mp3.SoundHound.json" in capsys.readouterr().out
