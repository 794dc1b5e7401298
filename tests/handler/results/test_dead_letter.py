"""Dead letters keep every delivery that could not become a result (guarantee 3)."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback import __version__
from ci_callback.pipeline import Pipeline
from local.faults.requests import Faults
from local.http.xml import ServiceError
from tests.support.bodies import body, job
from tests.support.deployment import (
    BUCKET,
    OTHER_BUCKET,
    RECORD_SECRET,
    REGION,
    STRICT_ROUTES,
    TOKEN,
    Answer,
    url_event,
)
from tests.support.sweeps import timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.deployment import Deployment

INVOKE = {"invoke": "my-function"}


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with one key for each job."""
    return deploy(ROUTES=STRICT_ROUTES)


def exact_bytes(dead_letter: dict[str, Any]) -> bytes:
    """Return the body of a dead letter."""
    assert ("body" in dead_letter) != ("body_base64" in dead_letter)
    return (
        base64.b64decode(dead_letter["body_base64"]) if "body_base64" in dead_letter else dead_letter["body"].encode()
    )


@pytest.mark.parametrize(
    "content",
    [
        "no callback",
        "\ufeff{",
        "密钥 <",
        "",
        b"\xff\xfe\x00",
        b"\x00\x01",
        b"plain ascii in base64",
        '<?xml version="1.0" encoding="GBK"?><a>海'.encode("gbk"),
        b'<?xml version="1.0" encoding="GBK"?><a>',
        b'<?xml version="1.0" encoding="koi8-r"?><a/>',
    ],
)
def test_exact_bytes_are_recoverable(content: str | bytes, deployed: Deployment) -> None:
    """As text or base64."""
    answer = deployed.post(content)
    assert answer.outcomes == ["dead-lettered"]
    (dead_letter,) = deployed.dead_letters()
    assert exact_bytes(dead_letter) == (content.encode() if isinstance(content, str) else content)


def test_dead_letter_has_reason_and_jobs(deployed: Deployment) -> None:
    """Reason, detail, time, source, request id, attempt and jobs; nothing of the URL or headers."""
    sent = body(job(Input={"BucketId": "unlisted-1234567890", "Object": "x"}))
    answer = Answer(deployed.send(url_event(sent, headers={"x-canary": "header-canary"}, path=f"/path-canary/{TOKEN}")))
    (dead_letter,) = deployed.dead_letters()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", dead_letter.pop("received"))
    assert dead_letter.pop("detail")
    jobs = dead_letter.pop("jobs")
    assert dead_letter == {
        "reason": "bucket-not-listed",
        "source": "function-url",
        "request_id": answer.body["request_id"],
        "attempt": 1,
        "body": sent,
    }
    assert jobs == [
        {
            "job_id": job()["JobId"],
            "tag": "SoundHound",
            "state": "Success",
            "reason": "bucket-not-listed",
            "detail": answer.body["jobs"][0]["detail"],
        }
    ]
    (key,) = deployed.listing()
    stored = deployed.cos.get(BUCKET, key)
    assert b"canary" not in stored.body
    assert TOKEN.encode() not in stored.body
    assert stored.content_type == "application/json"


def test_same_body_is_one_dead_letter(deployed: Deployment) -> None:
    """Each further delivery costs a PUT and a HEAD."""
    keys = {deployed.post("no callback").body["key"] for _ in range(10)}
    (key,) = keys
    assert re.fullmatch(r"ci-callback/dead-letter/\d{4}-\d\d-\d\d/[0-9a-f]{32}\.json", key)
    assert deployed.listing() == [key]
    assert deployed.methods == ["PUT", *["PUT", "HEAD"] * 9]


def test_reason_decides_the_folder_of_a_dead_letter(
    deploy: Callable[..., Deployment], cos: LocalCos, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may settle by itself is apart, and so are the defects of this release; of several reasons one suffices."""
    acting = deploy(ROUTES=json.dumps([{"tag": "*", "state": "*", "write": "{object}.json", "then": [INVOKE]}]))
    day = f"{datetime.now(timezone.utc):%Y-%m-%d}"

    def kept() -> str:
        (key,) = [key for key in cos.keys(BUCKET) if "dead-letter" in key]
        cos.delete(BUCKET, key)
        return re.sub("[0-9a-f]{32}", "<digest>", key).removeprefix("ci-callback/dead-letter/").replace(day, "<day>")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    cos.receivers.answers["invoke"] = ["InternalError"] * 3
    acting.post(body(job()))
    assert kept() == "retry/<digest>.<day>.json"
    cos.receivers.answers["invoke"] = ["InternalError"] * 3
    acting.post(body(job(JobId="s2"), job(Input={"BucketId": "unlisted-1234567890", "Object": "x"})))
    assert kept() == "retry/<digest>.<day>.json"
    cos.receivers.answers["invoke"] = ["ResourceNotFound.Function"]
    acting.post(body(job(JobId="s3")))
    assert kept() == "<day>/<digest>.json"
    monkeypatch.setattr("ci_callback.pipeline.decode", broken)
    acting.post(body(job()))
    assert kept() == f"internal-error/<digest>.<day>.{__version__}.json"


@pytest.mark.contradicts_schema
@pytest.mark.parametrize("secret", ["", RECORD_SECRET])
@pytest.mark.parametrize("fault", ["", "403"])
def test_foreign_object_at_the_key_of_a_dead_letter_silences_no_delivery(
    secret: str, fault: Fault | Literal[""], deploy: Callable[..., Deployment]
) -> None:
    """Another key is taken, that no uploader can guess; the foreign object is left alone, readable or not."""
    deployed = deploy(RECORD_SECRET=secret)
    taken = deployed.post("no callback").body["key"]
    header = re.sub(" sig=[0-9a-f]+", "", deployed.cos.get(BUCKET, taken).metadata["ci-callback"])
    deployed.cos.put(BUCKET, taken, b"mine", metadata={"ci-callback": header} if secret else {})
    if fault:
        deployed.cos.faults = Faults(only=lambda asked: asked.method == "HEAD" and asked.key == taken, then=fault)
    deployed.cos.forget_requests()
    answer = deployed.post("no callback")
    assert (answer.status, answer.outcomes, deployed.methods) == (400, ["dead-lettered"], ["PUT", "HEAD", "PUT"])
    assert re.fullmatch("[0-9a-f]{48}", answer.body["key"].rpartition("/")[2].removesuffix(".json"))
    assert exact_bytes(deployed.result(answer.body["key"])) == b"no callback"
    assert deployed.cos.get(BUCKET, taken).body == b"mine"


@pytest.mark.parametrize("fault", ["503", "403", "reset"])
@pytest.mark.parametrize("failing", [BUCKET, OTHER_BUCKET])
def test_dead_letter_of_a_bucket_that_fails_is_in_another(
    failing: str, fault: Fault, deploy: Callable[..., Deployment]
) -> None:
    """A region's outage loses no callback while another bucket is there; the timer heals what has passed."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    deployed.cos.faults = Faults(then=fault, only=lambda asked: asked.bucket == failing)
    answer = deployed.post(body(job(Input={"BucketId": failing, "Object": "a.mp3"})))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    other = OTHER_BUCKET if failing == BUCKET else BUCKET
    assert deployed.listing(other) == [answer.body["jobs"][0]["key"]]
    deployed.cos.faults = Faults()
    assert timer(deployed, tags=["Tts"])["healed"] == (fault != "403")
    assert ("a.mp3.SoundHound.json" in deployed.listing(failing)) == (fault != "403")


@pytest.mark.usefixtures("hurried")
def test_dead_letter_that_cos_does_not_confirm_is_503(deployed: Deployment) -> None:
    """Each of its keys is taken, and COS does not reveal by what."""
    taken = ServiceError(409, "FileAlreadyExists", "taken").response("x", "id")
    deployed.cos.intercept = lambda asked, _: taken if asked.method == "PUT" else None
    answer = deployed.post("no callback")
    assert (answer.status, answer.outcomes) == (503, ["retry"])
    assert deployed.methods == ["PUT", "HEAD"] * 2


def test_prefix_of_dead_letters_is_configurable(deploy: Callable[..., Deployment]) -> None:
    """By DEAD_LETTER."""
    deployed = deploy(DEAD_LETTER="kept/")
    assert deployed.post("no callback").body["key"].startswith("kept/")


def test_body_of_a_dead_letter_can_be_sent_again(deployed: Deployment) -> None:
    """By direct Invoke, once the cause is fixed."""
    foreign = "audio/song.mp3.SoundHound.json"
    deployed.cos.put(BUCKET, foreign, b"mine")
    deployed.post(body(job()))
    deployed.cos.delete(BUCKET, foreign)
    (dead_letter,) = deployed.dead_letters()
    assert Answer(deployed.send({"body": dead_letter["body"]})).outcomes == ["written"]


def test_internal_error_is_a_dead_letter(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected exception after the token check makes a dead letter."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret-canary")

    monkeypatch.setattr("ci_callback.pipeline.decode", broken)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    assert answer.body["reason"] == "internal-error"
    monkeypatch.setattr(Pipeline, "settle", broken)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.body["error"]) == (500, "internal-error")
    log = capsys.readouterr().out
    assert "ZeroDivisionError at tests.handler.results.test_dead_letter:" in log
    assert "secret-canary" not in log


@pytest.mark.parametrize("content", ['"' * 100_000, "\x01" * 100_000, "x" * 100_000, '{"a":"b"}' * 10_000])
def test_dead_letter_is_hardly_larger_than_its_body(content: str, deployed: Deployment) -> None:
    """Base64 where escapes would cost more; a replay reads both as text."""
    deployed.post(content)
    (key,) = deployed.listing()
    assert len(deployed.cos.get(BUCKET, key).body) < len(content) * 1.34 + 1000
    (dead_letter,) = deployed.dead_letters()
    assert exact_bytes(dead_letter) == content.encode()
    assert dead_letter.get("is_text", "body" in dead_letter)


@given(st.lists(st.tuples(st.binary(max_size=200), st.booleans()), min_size=1, max_size=3))
def test_any_body_is_kept_byte_for_byte(kept: list[tuple[bytes, bool]]) -> None:
    """As text or base64, one or several."""
    from datetime import datetime, timezone  # noqa: PLC0415  # only this test makes a dead letter itself

    from ci_callback.delivery import Delivery  # noqa: PLC0415  # the same
    from ci_callback.results.dead_letter import DeadLetter  # noqa: PLC0415  # the same

    deliveries = [Delivery(source="apigw", body=content, is_text=as_text) for content, as_text in kept]
    dead_letter = json.loads(DeadLetter(deliveries, "reason", "detail", datetime.now(timezone.utc), "id").content())
    assert [exact_bytes(each) for each in dead_letter.get("bodies", [dead_letter])] == [content for content, _ in kept]


def test_dead_letter_needs_little_memory() -> None:
    """One character beyond the BMP makes a text four times as large as its bytes; it is never one as a whole."""
    from datetime import datetime, timezone  # noqa: PLC0415  # only here and above

    from ci_callback.delivery import Delivery  # noqa: PLC0415  # the same
    from ci_callback.results.dead_letter import DeadLetter  # noqa: PLC0415  # the same

    content = b"x" * 2_000_000 + "\U0001f600".encode()
    dead_letter = DeadLetter([Delivery("queue", content)], "reason", "detail", datetime.now(timezone.utc), "id")
    tracemalloc.start()
    dead_letter.content()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(content)
