"""Every recorded event in events/, replayed through the function over a local COS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from models.generate import events as tag_events
from tests import ROOT
from tests.support.deployment import BUCKET, RECORD_SECRET, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

EVENTS = ROOT / "events"
TAG_EVENTS = sorted(path for path in (EVENTS / "tags").glob("*.json") if not path.name.endswith(".expected.json"))
NAMES = sorted(path.name.removesuffix(".expected.json") for path in EVENTS.glob("*.expected.json"))


def event(name: str) -> Any:
    """Return a recorded event."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def test_every_event_has_an_expectation() -> None:
    """None is skipped by the tests below."""
    recorded = {path.name.removesuffix(".json") for path in EVENTS.glob("*.json")}
    assert {name for name in recorded if not name.endswith(".expected")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_recorded_event_has_its_expected_outcome(name: str, deploy: Callable[..., Deployment]) -> None:
    """Reply, requests, objects and dead letters are those of the file beside it."""
    deployed = deploy(RECORD_SECRET=RECORD_SECRET)
    expected = json.loads((EVENTS / f"{name}.expected.json").read_text(encoding="utf-8"))
    answer = Answer(deployed.send(event(name)))
    dead_letters = [key for key in deployed.listing() if key.startswith("ci-callback/dead-letter/")]
    body = json.dumps(answer.body)
    for key in dead_letters:
        body = body.replace(key, "<dead letter>")
    assert answer.body.pop("request_id")
    assert {**json.loads(body), "request_id": None} == {**expected["body"], "request_id": None}
    assert answer.status == expected["status"]
    assert deployed.methods == expected["requests"]
    assert {key: deployed.result(key) for key in deployed.listing() if key not in dead_letters} == expected["objects"]
    found = [{"reason": dead_letter["reason"], "jobs": dead_letter["jobs"]} for dead_letter in deployed.dead_letters()]
    assert found == expected["dead_letters"]


@pytest.mark.parametrize("path", TAG_EVENTS, ids=lambda path: path.stem)
def test_event_of_a_tag_has_its_recorded_result(path: Path, deployed: Deployment) -> None:
    """In XML and in JSON; `make generate` records it again."""
    reply = deployed.send(json.loads(path.read_text(encoding="utf-8")))
    expected = json.loads(Path(tag_events.expected_path(str(path))).read_text(encoding="utf-8"))
    assert tag_events.observe(reply, deployed.cos) == expected


@pytest.mark.parametrize("path", sorted(EVENTS.rglob("*.expected.json")), ids=lambda path: path.stem)
def test_recorded_object_is_valid_by_its_schema(path: Path) -> None:
    """If its Tag has one."""
    for one in json.loads(path.read_text(encoding="utf-8"))["objects"].values():
        schema = EVENTS.parent / "schemas" / f"{one.get('Tag')}.json"
        if schema.exists():
            jsonschema_rs.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(one)


@pytest.mark.parametrize("case", ["failed", "workflow", "workflow-failed"])
def test_all_triggers_and_formats_give_the_same_bytes(case: str, deployed: Deployment) -> None:
    """Function URL and API Gateway, XML and JSON: one job, one object, the same bytes (guarantee 2)."""
    contents = set()
    for trigger in ("function-url", "apigw"):
        for form in ("xml", "json"):
            reply = Answer(deployed.send(event(f"{trigger}-{form}-{case}")))
            key = reply.body["jobs"][0]["key"]
            contents.add(deployed.cos.get(BUCKET, key).body)
            deployed.cos.delete(BUCKET, key)
    assert len(contents) == 1


def test_published_samples_differ_only_in_inlier(deployed: Deployment) -> None:
    """CI itself sends 0.98 in XML and 98 in JSON."""
    results = []
    for name in ("function-url-xml-success", "function-url-json-trailing-comma"):
        deployed.send(event(name))
        results.append(deployed.result("input/test.mp3.SoundHound.json"))
        deployed.cos.delete(BUCKET, "input/test.mp3.SoundHound.json")
    songs = [result["Operation"]["SoundHoundResult"]["SongList"] for result in results]
    assert [song[0].pop("Inlier") for song in songs] == [0.98, 98]
    assert results[0] == results[1]
