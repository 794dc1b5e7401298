"""The default ROUTES: every documented callback becomes a result, under the same keys in every order of arrival."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.deployment import Deployment


def transcode(number: int, *, state: str = "Success") -> str:
    """Return the end of one of several Transcode nodes of a run on one input."""
    name = f"ladder_{number}"
    return body(
        job(
            JobId=f"j{number}",
            Tag="Transcode",
            State=state,
            EndTime=f"2025-04-02T10:00:{30 - number}+0800",
            Input={"BucketId": BUCKET, "Object": "films/7.mov"},
            Operation={"Output": {"Bucket": BUCKET, "Object": f"hls/{name}.m3u8"}, "TemplateName": name},
            Workflow={"RunId": "i77", "WorkflowId": "w5", "Name": name},
        )
    )


def segment(verdict: int) -> str:
    """Return the review of one segment of a live stream, in Detail form."""
    fields = {
        "JobId": "av9",
        "State": "Auditing",
        "CreationTime": "2025-04-02T10:00:00+08:00",
        "BucketId": BUCKET,
        "Url": "rtmp://play.example.com/live/9",
        "Result": verdict,
        "Score": 90 + verdict,
    }
    return json.dumps({"EventName": "ReviewVideo", "JobsDetail": fields})


def simple_segment(verdict: int) -> str:
    """Return the same in Simple form."""
    data = {"event": "ReviewVideo", "trace_id": "av9", "url": "rtmp://play.example.com/live/9", "result": verdict}
    return json.dumps({"code": 0, "message": "success", "data": data})


def text_review(trace: str) -> str:
    """Return the review of a text, which is no object."""
    data = {"event": "ReviewText", "trace_id": trace, "result": 1, "content": "eA=="}
    return json.dumps({"code": 0, "message": "success", "data": data})


def run_end(run: str, seconds: int) -> str:
    """Return the end of a workflow run."""
    time = f"2025-04-02 10:00:{seconds:02}+0800"
    fields = {"RunId": run, "WorkflowId": "w5", "State": "Success", "BucketId": BUCKET, "Object": "films/7.mov"}
    return json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": {**fields, "CreateTime": time}})


KINDS: dict[str, Sequence[str]] = {
    "products": [transcode(number) for number in range(3)],
    "failed products": [transcode(number, state="Failed") for number in range(3)],
    "live": [segment(verdict) for verdict in range(3)],
    "live, Simple": [simple_segment(verdict) for verdict in range(3)],
    "texts": [text_review(trace) for trace in ("st1", "st2", "st3")],
    "URLs": [
        body(job(JobId=f"d{number}", Tag="DocProcess", Input={"Url": url}))
        for number, url in enumerate(
            (f"http://{BUCKET}.cos.ap-chongqing.myqcloud.com/a.docx", "https://example.com/a.docx", "ftp://example.com")
        )
    ],
    "awkward names": [
        body(job(JobId=f"s{number}", Input={"Object": key})) for number, key in enumerate(["./a", "../b", "a//./c"])
    ],
    "no input": [body(job(JobId=f"t{number}", Tag="Tts", Input=None, Operation=None)) for number in range(3)],
    "one input": [body(job(JobId="s1", Tag=tag)) for tag in ("SoundHound", "VocalScore", "MediaInfo")],
    "runs": [run_end("i1", 1), run_end("i2", 2), run_end("i3", 3)],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_each_order_of_arrival_leaves_the_same_objects(kind: str, order: tuple[int, ...], deployed: Deployment) -> None:
    """Delivered once, then all again in the order of the list: no dead letter, the same keys, the same bytes."""
    for at in (*order, *range(3)):
        answer = deployed.post(KINDS[kind][at])
        assert (answer.status, {*answer.outcomes} <= {"written", "duplicate", "stale"}) == (200, True)
    found = {key: deployed.cos.get(BUCKET, key).body for key in deployed.listing()}
    assert len(found) == (1 if kind == "runs" else 3)
    expected = _FOUND.setdefault(kind, found)
    assert found == expected


_FOUND: dict[str, dict[str, bytes]] = {}


def test_several_products_of_one_input_are_several_results(deployed: Deployment) -> None:
    """The same product made again replaces its result; its failure has a key of its own."""
    for each in KINDS["products"]:
        assert deployed.post(each).outcomes == ["written"]
    keys = deployed.listing()
    assert len(keys) == 3
    assert all(key.startswith("films/7.mov.Transcode.") for key in keys)
    again = transcode(1).replace('"j1"', '"j9"').replace(":29+", ":59+").replace('"i77"', '"i78"')
    assert deployed.post(again).outcomes == ["written"]
    assert deployed.listing() == keys
    assert sorted(deployed.result(key)["JobId"] for key in keys) == ["j0", "j2", "j9"]


def test_recognitions_have_no_variant(deployed: Deployment) -> None:
    """Their result is in the callback, even if they make a file besides."""
    output = {"Output": {"Bucket": BUCKET, "Object": "asr/1.txt"}}
    deployed.post(body(job(Tag="SpeechRecognition", Operation=output)))
    deployed.post(body(job(Tag="ReviewAudio", Operation=output)))
    assert deployed.listing() == ["audio/song.mp3.ReviewAudio.json", "audio/song.mp3.SpeechRecognition.json"]


@pytest.mark.parametrize("output", [{"AuObject": "a.aac"}, {"StreamExtract": [{"Index": "0", "Object": "a.aac"}]}])
def test_outputs_without_an_object_make_a_variant_too(output: dict[str, Any], deployed: Deployment) -> None:
    """Some Tags name several files."""
    for each in (output, json.loads(json.dumps(output).replace("a.aac", "b.aac"))):
        sent = job(JobId=str(each), Tag="VoiceSeparate", Operation={"Output": {"Bucket": BUCKET, **each}})
        assert deployed.post(body(sent)).outcomes == ["written"]
    assert len(deployed.listing()) == 2


def test_output_without_a_file_makes_no_variant(deployed: Deployment) -> None:
    """CI names at least the bucket, also of jobs that make nothing."""
    sent = job(Tag="Unlisted", Operation={"Output": {"Bucket": BUCKET, "Region": "ap-chongqing"}})
    deployed.post(body(sent))
    assert deployed.listing() == ["audio/song.mp3.Unlisted.json"]


EVENTS = sorted((ROOT / "events" / "tags").glob("*-json.json"))


@pytest.mark.parametrize("seed", range(3))
def test_each_tag_is_a_result_in_every_order(seed: int, deployed: Deployment) -> None:
    """All Tags with their example of a callback; also where foreign objects have the keys."""
    events = [json.loads(path.read_text(encoding="utf-8")) for path in EVENTS]
    random.Random(seed).shuffle(events)  # noqa: S311 - no secret
    for event in events:
        assert Answer(deployed.send(event)).outcomes == ["written"]
    keys = deployed.listing()
    assert len(keys) == len(EVENTS)
    assert keys == _FOUND_KEYS.setdefault("free", keys)
    for key in keys:
        deployed.cos.put(BUCKET, key, b"mine")
    for event in events:
        deployed.send(event)
    kept = set(deployed.listing()) - set(keys)
    # the last template of a result without a location was taken, too
    lost = [key for key in keys if key.startswith("ci-callback/results/")]
    assert [dead_letter["reason"] for dead_letter in deployed.dead_letters()] == ["conflict"] * len(lost)
    assert len(kept) == len(EVENTS)


_FOUND_KEYS: dict[str, list[str]] = {}
