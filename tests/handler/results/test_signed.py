"""Signed results: with RECORD_SECRET set, no uploader can silence or forge one (promise 8)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from local.cos.server import LocalCos
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, CREDENTIALS, OTHER_BUCKET, RECORD_SECRET, REGION, Deployment, deployment_on

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "audio/song.mp3.SoundHound.json"
NEXT_KEY = re.compile(r"ci-callback/results/SoundHound/s0123456789abcdef0123456789abcdef\.[0-9a-f]{8}\.json")
NEXT_SECRET = RECORD_SECRET[::-1]
FOREVER = "9999-12-31T00:00:00.000000+00:00"
FORGED = f"v1 job=x state=Success time={FOREVER} arrived={FOREVER} sha256={'0' * 64}"

# Each field of a record, with another value than the function's.
FIELDS = {
    "job": "other",
    "state": "Failed",
    "time": FOREVER,
    "done": "00000000",
    "arrived": FOREVER,
    "about": "0" * 16,
    "node": "00000000.00000000",
    "replaced": "00000000",
    "review": "1",
    "repaired": "1",
    "later": "1",
    "sha256": "0" * 64,
}


@pytest.fixture
def signing(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with a secret."""
    return deploy(RECORD_SECRET=RECORD_SECRET)


def header(deployed: Deployment, key: str = KEY, bucket: str = BUCKET) -> str:
    """Return the header of an object."""
    return deployed.cos.get(bucket, key).metadata["ci-callback"]


def put(deployed: Deployment, metadata: str, content: bytes = b"forged", key: str = KEY, bucket: str = BUCKET) -> None:
    """Upload an object with a header."""
    deployed.cos.put(bucket, key, content, metadata={"ci-callback": metadata})


def edited(text: str, field: str, value: str) -> str:
    """Return a header in which a field has another value."""
    changed = re.sub(rf"(?<= {field}=)\S+", value, text)
    return changed if changed != text else text.replace(" sig=", f" {field}={value} sig=")


def assert_stored_elsewhere(deployed: Deployment, sent: str) -> None:
    """Assert that a callback becomes a result beside the object that has its key, which stays."""
    before = deployed.cos.get(BUCKET, KEY)
    answer = deployed.post(sent)
    assert answer.outcomes == ["written"]
    assert NEXT_KEY.fullmatch(answer.body["jobs"][0]["key"])
    assert deployed.cos.get(BUCKET, KEY) == before
    assert deployed.post(sent).outcomes == ["duplicate"]


def test_signed_result_costs_one_request(signing: Deployment) -> None:
    """The signature is in the header, its digest last, and a duplicate is recognised by it."""
    assert signing.post(body(job())).outcomes == ["written"]
    assert signing.methods == ["PUT"]
    assert re.search(r" sig=[0-9a-f]{32} sha256=[0-9a-f]{64}$", header(signing))
    assert signing.post(body(job(), form="xml")).outcomes == ["duplicate"]
    assert signing.methods == ["PUT", "PUT", "HEAD"]


@pytest.mark.parametrize(
    "forged", [FORGED, FORGED.replace("sha256", f"sig={'0' * 32} sha256"), "v1", "", "\xe9 sig=\xe9 x"]
)
def test_forged_header_silences_nothing(forged: str, signing: Deployment) -> None:
    """An upload with hand-made metadata and a time in the future is a foreign object."""
    put(signing, forged)
    assert_stored_elsewhere(signing, body(job()))


def test_forged_header_is_believed_without_a_secret(deployed: Deployment) -> None:
    """Hence the secret."""
    put(deployed, FORGED.replace("job=x", f"job={job()['JobId']}"))
    assert deployed.post(body(job())).outcomes == ["duplicate"]


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_record_is_signed(field: str, signing: Deployment) -> None:
    """A header of the function with one field changed or added is a foreign object's."""
    assert signing.post(body(job())).outcomes == ["written"]
    stored = signing.cos.get(BUCKET, KEY)
    changed = edited(header(signing), field, FIELDS[field])
    assert changed != header(signing)
    put(signing, changed, stored.body)
    assert_stored_elsewhere(signing, body(job()))


def test_shortened_signature_is_not_valid(signing: Deployment) -> None:
    """All of it counts."""
    signing.post(body(job()))
    put(signing, re.sub(r"( sig=[0-9a-f]{31})[0-9a-f]", r"\1", header(signing)))
    assert_stored_elsewhere(signing, body(job()))


@pytest.mark.parametrize("place", ["another key", "another bucket"])
def test_signature_is_for_one_key_of_one_bucket(place: str, deploy: Callable[..., Deployment]) -> None:
    """A signed object copied to another place is foreign there."""
    signing = deploy(RECORD_SECRET=RECORD_SECRET, BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    if place == "another key":
        source = {"BucketId": BUCKET, "Object": "audio/others.mp3"}
    else:
        source = {"BucketId": OTHER_BUCKET, "Object": "audio/song.mp3"}
    signing.post(body(job(Input=source)))
    copied = header(signing, f"{source['Object']}.SoundHound.json", source["BucketId"])
    put(signing, copied)
    assert_stored_elsewhere(signing, body(job()))


def test_older_header_of_a_key_does_not_keep_a_newer_result_away(signing: Deployment) -> None:
    """Who may overwrite a result can bring an older one back, until the newer one arrives again."""
    older = body(job(JobId="older", EndTime="2025-02-01T09:00:00+0800"))
    signing.post(older)
    copied = header(signing)
    assert signing.post(body(job())).outcomes == ["written"]
    put(signing, copied)
    assert signing.post(body(job())).outcomes == ["written"]
    assert signing.result(KEY)["JobId"] == job()["JobId"]


def test_secrets_are_rotated(deploy: Callable[..., Deployment]) -> None:
    """The first secret signs, and any verifies; one that was removed does not."""
    deploy(RECORD_SECRET=RECORD_SECRET).post(body(job()))
    both = deploy(RECORD_SECRET=f"{NEXT_SECRET}, {RECORD_SECRET}")
    assert both.post(body(job())).outcomes == ["duplicate"]
    later = body(job(JobId="later", EndTime="2025-03-02T09:00:00+0800"))
    assert both.post(later).outcomes == ["written"]
    assert deploy(RECORD_SECRET=NEXT_SECRET).post(later).outcomes == ["duplicate"]
    put(both, header(both), both.cos.get(BUCKET, KEY).body)
    assert deploy(RECORD_SECRET=RECORD_SECRET).post(later).outcomes == ["written"]


def test_signed_results_are_recognised_without_the_secret(
    signing: Deployment, deploy: Callable[..., Deployment]
) -> None:
    """A deployment that gives the secret up reads its earlier results."""
    signing.post(body(job()))
    without = deploy()
    assert without.post(body(job())).outcomes == ["duplicate"]
    assert without.post(body(job(JobId="later", EndTime="2025-03-02T09:00:00+0800"))).outcomes == ["written"]
    assert "sig=" not in header(without)


def test_unsigned_results_are_foreign_once_there_is_a_secret(
    deployed: Deployment, deploy: Callable[..., Deployment]
) -> None:
    """They stay, and a callback that arrives again is stored under the next template."""
    deployed.post(body(job()))
    assert_stored_elsewhere(deploy(RECORD_SECRET=RECORD_SECRET), body(job()))


@pytest.mark.parametrize("forged", [FORGED, f"v1 letter sha256={'0' * 64}"])
def test_forged_input_gets_its_result(forged: str, signing: Deployment) -> None:
    """An upload that poses as a result or a dead letter does not escape its verdict by the guard against loops."""
    put(signing, forged)
    assert signing.post(body(job(Input={"BucketId": BUCKET, "Object": KEY}))).outcomes == ["written"]
    assert f"{KEY}.SoundHound.json" in signing.listing()


def test_signed_result_as_input_is_ignored(signing: Deployment) -> None:
    """The guard against loops recognises the function's own objects, dead letters too."""
    signing.post(body(job()))
    dead_letter = signing.post("no callback").body["key"]
    for key in (KEY, dead_letter):
        answer = signing.post(body(job(Input={"BucketId": BUCKET, "Object": key})))
        assert [each["reason"] for each in answer.body["jobs"]] == ["loop"]


def test_noted_actions_are_signed(deploy: Callable[..., Deployment]) -> None:
    """The note of what was done is signed with the rest of the record."""
    rows: list[dict[str, Any]] = [{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": [{"topic": "t"}]}]
    acting = deploy(RECORD_SECRET=RECORD_SECRET, ROUTES=json.dumps(rows))
    for outcome in ("written", "duplicate"):
        assert acting.post(body(job())).outcomes == [outcome]
    assert re.search(r" done=[0-9a-f]{8} .* sig=[0-9a-f]{32} sha256=[0-9a-f]{64}$", header(acting))
    assert len(acting.cos.receivers.taken()) == 1


def test_forged_version_covers_no_result() -> None:
    """In a bucket with versions a forged object stays on top, as any of a user, and the verdict is stored beside it."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        signing = deployment_on(cos, RECORD_SECRET=RECORD_SECRET)
        signing.post(body(job(JobId="older", EndTime="2025-02-01T09:00:00+0800")))
        put(signing, edited(header(signing), "time", FOREVER))
        assert_stored_elsewhere(signing, body(job()))
