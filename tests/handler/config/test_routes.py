"""Routes and key templates: the key of a job's result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback.config import template
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def test_first_matching_route_decides(deploy: Callable[..., Deployment]) -> None:
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


@pytest.mark.parametrize("state", ["Submitted", "Running", "Pause", "Cancel", "Anything"])
def test_unfinished_states_are_ignored_by_default(state: str, deployed: Deployment) -> None:
    """The default routes write Success and Failed; any other state is answered with 200 and writes nothing."""
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
    """Fields of the input's key are copied; in all others a slash or control character becomes `_`."""
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
def test_key_made_by_a_template_is_suspect(key: str, name: str, text: str) -> None:
    """The loop guard recognises every key a template can have made."""
    parsed = template.parse(text)
    values = {**dict.fromkeys(template.FIELDS, name.replace("/", "_")), **template.path_fields(key)}
    assert parsed.could_produce(parsed.render(values)) or parsed.render(values).startswith("/")


AWKWARD = ["../x", "a/../b", "./a", "a\nb", "a\x7fb", "x" * 851, "密" * 300, "/", "${dir}/../x"]


@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_input_keys_are_judged_only_where_used(awkward: str, deploy: Callable[..., Deployment]) -> None:
    """Path games, control characters and keys over 850 bytes never reach COS; the default table has another key."""
    sent = body(job(JobId="s1", Input={"BucketId": BUCKET, "Object": awkward}))
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]')
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] in {"bad-key", "no-object"}
    assert len(deployed.listing()) == 1
    by_default = deploy()
    assert by_default.post(sent).outcomes == ["written"]
    (key,) = set(deployed.listing()) - {each for each in deployed.listing() if "dead-letter" in each}
    assert key.startswith("ci-callback/results/SoundHound/s1.")


@pytest.mark.parametrize("prefix", ["audio/", "ci-callback/"])
def test_result_key_below_dead_letter_is_refused(prefix: str, deploy: Callable[..., Deployment]) -> None:
    """A replay would read results there."""
    deployed = deploy(DEAD_LETTER=prefix, ROUTES='[{"tag":"*","state":"*","write":"{object}.json"}]')
    sent = job(Input={"BucketId": BUCKET, "Object": "audio/song.mp3"})
    outcome = "dead-lettered" if prefix == "audio/" else "written"
    assert deployed.post(body(sent)).outcomes == [outcome]


def test_result_key_that_breaks_the_rules_is_refused(deploy: Callable[..., Deployment]) -> None:
    """A key that only the template makes too long, or into a path game, ends in a dead letter too."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{tag}/{object}.json"}]')
    for sent in (job(Tag=".."), job(Input={"BucketId": BUCKET, "Object": "x" * 840})):
        assert deployed.post(body(sent)).outcomes == ["dead-lettered"]
    assert {dead_letter["reason"] for dead_letter in deployed.dead_letters()} == {"bad-key"}


@pytest.mark.parametrize("field", ["result", "queue_id", "workflow_id", "run_id", "node"])
def test_template_with_a_missing_field_is_skipped(field: str, deploy: Callable[..., Deployment]) -> None:
    """The next template is tried; without one the job is a dead letter."""
    templates = [f"{{{field}}}/{{object}}.json", "{object}.json"]
    for write, outcome in ((templates, "written"), (templates[0], "dead-lettered")):
        deployed = deploy(ROUTES=json.dumps([{"tag": "*", "state": "*", "write": write}]))
        assert deployed.post(body(job(QueueId=None))).outcomes == [outcome]
    assert "audio/song.mp3.json" in deployed.listing()
    assert deployed.dead_letters()[0]["reason"] == "no-field"


def test_job_without_an_id_has_its_content_for_an_id(deploy: Callable[..., Deployment]) -> None:
    """The same job has the same key again."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{job_id}.json"}]')
    assert deployed.post(body(job(JobId=None))).outcomes == ["written"]
    assert deployed.post(body(job(JobId=None), form="xml")).outcomes == ["duplicate"]


def test_result_key_of_the_own_input_is_refused(deploy: Callable[..., Deployment]) -> None:
    """A template that can only by accident name the input's key is stopped when it does."""
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"{dir}{job_id}.json"}]')
    assert deployed.post(body(job(JobId="a", Input={"BucketId": BUCKET, "Object": "x/a.json"}))).outcomes == [
        "dead-lettered"
    ]
    assert "own input" in deployed.dead_letters()[0]["detail"]
