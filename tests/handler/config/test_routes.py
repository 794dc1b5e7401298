"""Routes, key templates and places: which object a job's result becomes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.config import template
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def test_the_first_matching_route_decides(deploy: Callable[..., Deployment]) -> None:
    """Rows are tried in order, by Tag and State, exact or by pattern."""
    rows = [
        {"tag": "SoundHound", "state": "Success", "write": "songs/{name}.{tag}.json"},
        {"tag": "Sound*", "state": "Fail??", "write": "failed/{name}.{tag}.json"},
        {"tag": "[TV]*", "state": "*", "write": "other/{name}.{tag}.json"},
        {"tag": "*", "state": "*", "ignore": True},
    ]
    deployed = deploy(ROUTES=json.dumps(rows))
    for tag, state in [
        ("SoundHound", "Success"),
        ("SoundHound", "Failed"),
        ("SoundTrack", "Success"),
        ("Transcode", "Running"),
        ("soundhound", "Success"),
    ]:
        deployed.post(body(job(Tag=tag, State=state)))
    assert deployed.listing() == [
        "failed/song.mp3.SoundHound.json",
        "other/song.mp3.Transcode.json",
        "songs/song.mp3.SoundHound.json",
    ]


@pytest.mark.parametrize("state", ["Submitted", "Running", "Pause", "Cancel", "success", "Anything"])
def test_states_that_are_not_final_are_ignored_by_default(state: str, deployed: Deployment) -> None:
    """The default routes write Success and Failed; anything else is answered with 200 and leaves nothing."""
    answer = deployed.post(body(job(State=state)))
    assert (answer.status, answer.outcomes) == (200, ["ignored"])
    assert deployed.cos.requests == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{object}.{tag}.json", "audio/a b.c.mp3.SoundHound.json"),
        ("{dir}results/{stem}{ext}.json", "audio/results/a b.c.mp3.json"),
        ("/by-state/{state}/{job_id}.json", "by-state/Success/s_1.json"),
        ("{bucket}/{queue_id}/{name}.{tag}.json", f"{BUCKET}/p_.._q/a b.c.mp3.SoundHound.json"),
        ("{workflow_id}-{run_id}-{node}-{job_id}.json", "w-r-n_1-s_1.json"),
        ("{{{job_id}}}.json", "{s_1}.json"),
    ],
)
def test_templates_make_keys(text: str, key: str, deploy: Callable[..., Deployment]) -> None:
    """Fields of the input's key stand as they are; in all others a slash or control character becomes `_`."""
    deployed = deploy(ROUTES=json.dumps([{"tag": "*", "state": "*", "write": text}]))
    sent = job(
        JobId="s/1",
        QueueId="p/../q",
        Input={"BucketId": BUCKET, "Object": "/audio/a b.c.mp3"},
        Workflow={"WorkflowId": "w", "RunId": "r", "Name": "n\n1"},
    )
    assert deployed.post(body(sent)).outcomes == ["written"]
    assert deployed.listing() == [key]


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("a/b/c.tar.gz", {"dir": "a/b/", "name": "c.tar.gz", "stem": "c.tar", "ext": ".gz"}),
        ("plain", {"dir": "", "name": "plain", "stem": "plain", "ext": ""}),
        ("a/.hidden", {"dir": "a/", "name": ".hidden", "stem": ".hidden", "ext": ""}),
        ("a.b/c", {"dir": "a.b/", "name": "c", "stem": "c", "ext": ""}),
        ("a/", {"dir": "a/", "name": "", "stem": "", "ext": ""}),
    ],
)
def test_path_fields(key: str, fields: dict[str, str]) -> None:
    """`dir` ends with a slash or is empty, `ext` has its dot, and together they are the key."""
    assert template.path_fields(key) == {"object": key, **fields}


@given(st.text(max_size=40), st.text(max_size=20), st.sampled_from(["{object}.{tag}.json", "r/{job_id}[1].json"]))
def test_a_key_that_a_template_made_is_suspect(key: str, name: str, text: str) -> None:
    """The loop guard recognises every key a template can have made."""
    parsed = template.parse(text)
    values = {**dict.fromkeys(template.FIELDS, name.replace("/", "_")), **template.path_fields(key)}
    assert parsed.could_produce(parsed.render(values)) or parsed.render(values).startswith("/")


@pytest.mark.parametrize(
    "bad",
    ["../x", "a/../b", "./a", "a/.", "..", "a\nb", "a\x7fb", "x" * 851, "密" * 300, "/", "${dir}/../x"],
)
def test_a_key_that_plays_games_is_kept_not_written(bad: str, deployed: Deployment) -> None:
    """Path games, control characters and keys over 850 bytes never reach COS as a key."""
    answer = deployed.post(body(job(Input={"BucketId": BUCKET, "Object": bad})))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    (letter,) = deployed.letters()
    assert letter["reason"] == "no-object"
    assert len(deployed.listing()) == 1


def test_a_result_key_that_breaks_the_rules_is_kept_not_written(deploy: Callable[..., Deployment]) -> None:
    """A key that only the template makes too long, or into a path game, ends in a dead letter too."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{tag}/{object}.json"}]')
    for sent in (job(Tag=".."), job(Input={"BucketId": BUCKET, "Object": "x" * 840})):
        assert deployed.post(body(sent)).outcomes == ["dead-lettered"]
    assert {letter["reason"] for letter in deployed.letters()} == {"bad-key"}


@pytest.mark.parametrize("field", ["result", "queue_id", "workflow_id", "run_id", "node"])
def test_template_with_a_missing_field_is_skipped(field: str, deploy: Callable[..., Deployment]) -> None:
    """The next template is tried; without one the job is a dead letter."""
    templates = [f"{{{field}}}/{{object}}.json", "{object}.json"]
    for write, outcome in ((templates, "written"), (templates[0], "dead-lettered")):
        deployed = deploy(ROUTES=json.dumps([{"tag": "*", "state": "*", "write": write}]))
        assert deployed.post(body(job(QueueId=None))).outcomes == [outcome]
    assert "audio/song.mp3.json" in deployed.listing()
    assert deployed.letters()[0]["reason"] == "no-field"


def test_job_without_an_id_has_its_content_for_an_id(deploy: Callable[..., Deployment]) -> None:
    """The same job has the same key again."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{job_id}.json"}]')
    assert deployed.post(body(job(JobId=None))).outcomes == ["written"]
    assert deployed.post(body(job(JobId=None), form="xml")).outcomes == ["duplicate"]


def test_a_job_id_that_hits_its_own_input_is_kept_not_written(deploy: Callable[..., Deployment]) -> None:
    """A template that can only by accident name the input's key is stopped when it does."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{dir}{job_id}.json"}]')
    assert deployed.post(body(job(JobId="a", Input={"BucketId": BUCKET, "Object": "x/a.json"}))).outcomes == [
        "dead-lettered"
    ]
    assert "own input" in deployed.letters()[0]["detail"]


OUT = {"Bucket": BUCKET, "Object": "out/x.wav", "Region": "ap-chongqing"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Input": {"Object": "in.mp3"}, "Operation": {"Output": OUT}}, "in.mp3"),
        ({"Input": None, "Operation": {"Output": OUT}}, "out/x.wav"),
        ({"Input": {"BucketId": BUCKET}, "Operation": {"Output": OUT}}, "out/x.wav"),
        ({"Input": {"Object": "in.mp3"}, "Operation": None}, "in.mp3"),
        ({"Input": {"Object": "in-${x}.mp3"}}, "in-${x}.mp3"),
    ],
)
def test_next_to_falls_back(fields: dict[str, Any], expected: str, deployed: Deployment) -> None:
    """Without Input's bucket or object, Output's count, then the only bucket there is."""
    assert deployed.post(body(job(**fields))).outcomes == ["written"]
    assert deployed.listing() == [f"{expected}.SoundHound.json"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Input": None, "Operation": None}, "no-object"),
        ({"Input": None, "Operation": {"Output": {**OUT, "Object": "out/x-${Number}.jpg"}}}, "no-object"),
        ({"Input": {"BucketId": "unlisted-1234567890", "Object": "x"}}, "bucket-not-listed"),
        ({"Input": {"BucketId": "evil.example/x?", "Object": "x", "Region": "../"}}, "bucket-not-listed"),
        ({"Input": None, "Operation": {"Output": {**OUT, "Bucket": "unlisted-1234567890"}}}, "bucket-not-listed"),
    ],
)
def test_a_job_without_a_place_is_kept(fields: dict[str, Any], reason: str, deployed: Deployment) -> None:
    """No bucket of ours, no key: a dead letter in the first bucket, and never a request elsewhere (promise 4)."""
    assert deployed.post(body(job(**fields))).outcomes == ["dead-lettered"]
    assert [letter["reason"] for letter in deployed.letters()] == [reason]
    assert {request.bucket for request in deployed.cos.requests} == {BUCKET}


def test_the_region_is_the_configs(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """A region in the body is not believed; where it differs the log says so."""
    sent = job(Input={"BucketId": BUCKET, "Object": "x", "Region": "evil.example/"})
    assert deployed.post(body(sent)).outcomes == ["written"]
    assert {request.host for request in deployed.cos.requests} == {f"{BUCKET}.cos.ap-chongqing.myqcloud.com"}
    assert "BUCKETS decides" in capsys.readouterr().out


def test_with_several_buckets_a_job_must_name_its_own(deploy: Callable[..., Deployment]) -> None:
    """Each bucket gets its own results and dead letters; a job that names none is kept in the first."""
    deployed = deploy(BUCKETS=f"{BUCKET}/ap-chongqing,other-1234567890/ap-guangzhou")
    there = {"BucketId": "other-1234567890", "Object": "x"}
    deployed.post(body(job(Input=there)))
    deployed.post(body(job(Input={**there, "Object": "../y"})))
    deployed.post(body(job(Input={"Object": "z"})))
    assert "x.SoundHound.json" in deployed.listing("other-1234567890")
    assert [letter["reason"] for letter in deployed.letters("other-1234567890")] == ["no-object"]
    assert [letter["reason"] for letter in deployed.letters()] == ["no-bucket"]
    deployed.post(body(job(Input={"Object": "z"}), job(Input={**there, "Object": "../y"})))
    assert len(deployed.letters()) == 2
