"""Dead letters and checkpoints that an uploader forged, edited or copied: with RECORD_SECRET none is trusted."""

from __future__ import annotations

import json
import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.commands.sweep import checkpoint
from ci_callback.config import settings
from local.cos.server import LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, CREDENTIALS, RECORD_SECRET, REGION, STRICT_ROUTES, Answer
from tests.support.examination import rewrite_answers
from tests.support.sweeps import KEY, checkpoint_key, checkpoint_of, counts, ended, timer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.faults.requests import Asked
    from local.http.message import Request
    from tests.support.deployment import Deployment

PREFIX = "ci-callback/dead-letter/"


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a cloud without jobs of other tests."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture
def signing(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with a secret, and one key for each job."""
    return deploy(RECORD_SECRET=RECORD_SECRET, ROUTES=STRICT_ROUTES)


def kept(deployed: Deployment, number: int) -> str:
    """Return the key of a dead letter whose cause is fixed."""
    result = f"audio/{number}.mp3.SoundHound.json"
    deployed.cos.put(BUCKET, result, b"mine")
    deployed.post(body(job(JobId=f"s{number}", Input={"Object": f"audio/{number}.mp3"})))
    deployed.cos.delete(BUCKET, result)
    return next(key for key in deployed.listing() if f"s{number}".encode() in deployed.cos.get(BUCKET, key).body)


def replay(deployed: Deployment, **options: Any) -> dict[str, str]:
    """Return the outcome of each dead letter, by its key."""
    report = Answer(deployed.send({"replay": options})).body
    return {each["key"]: each["outcome"] for each in report["results"]}


def edit(cos: LocalCos, key: str, content: bytes, header: str) -> None:
    """Replace an object."""
    cos.put(BUCKET, key, content, metadata={"ci-callback": header})


@pytest.mark.parametrize(
    "headers", [{f"a{at:03}": "1" for at in range(150)}, {"encoding": "gzip"}], ids=["many", "gzip"]
)
def test_odd_headers_of_an_upload_keep_no_result_away(
    headers: dict[str, str], deploy: Callable[..., Deployment]
) -> None:
    """The result gets the next key, as beside any foreign object."""
    deployed = deploy(RECORD_SECRET=RECORD_SECRET)
    deployed.cos.put(BUCKET, KEY, b"mine", metadata=headers)

    def compressed(asked: Asked, request: Request) -> Response | None:
        if (asked.key, request.method, "encoding" in headers) != (KEY, "HEAD", True):
            return None
        return Response(200, (("ETag", '"e"'), ("Content-Encoding", "gzip"), ("Content-Length", "4")), b"")

    deployed.cos.intercept = compressed
    content = body(job(Input={"BucketId": BUCKET, "Object": KEY.removesuffix(".SoundHound.json")}))
    deployed.post(content)
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"
    (other,) = [key for key in deployed.listing() if key != KEY]
    assert other.startswith("ci-callback/results/SoundHound/")
    deployed.function = deploy(ROUTES='[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]').function
    (only,) = deployed.post(content).body["jobs"]
    assert (only["reason"], only["detail"]) == ("conflict", f"A foreign object has the key '{KEY}'.")


@pytest.mark.parametrize("attack", ["edited", "digest corrected", "unsigned", "copied", "another secret"])
def test_forged_dead_letter_is_not_replayed(
    attack: str, signing: Deployment, deploy: Callable[..., Deployment]
) -> None:
    """It is reported and left alone, while its neighbour is settled and removed."""
    first, second = kept(signing, 1), kept(signing, 2)
    stored = signing.cos.get(BUCKET, first)
    header, content = stored.metadata["ci-callback"], stored.body
    forged = first
    if attack == "edited":
        content = content.replace(b'"attempt":1', b'"attempt":7')
    elif attack == "digest corrected":
        header = re.sub(r"(?<=content=)\S+", "0" * 64, header)
    elif attack == "unsigned":
        header = re.sub(r" sig=\S+", "", header)
    elif attack == "copied":
        forged = f"{PREFIX}copied.json"
        signing.cos.delete(BUCKET, first)
    else:
        signing.cos.delete(BUCKET, first)
        kept(deploy(RECORD_SECRET=RECORD_SECRET[::-1], ROUTES=STRICT_ROUTES), 1)
        header = signing.cos.get(BUCKET, first).metadata["ci-callback"]
    edit(signing.cos, forged, content, header)
    assert replay(signing, remove=True) == {forged: "invalid", second: "removed"}
    assert signing.cos.get(BUCKET, forged).body == content
    assert signing.listing() == sorted([forged, "audio/2.mp3.SoundHound.json"])


@pytest.mark.parametrize(("minutes", "swept"), [(0, 0), (14, 0), (16, 1), (600, 1)])
def test_copy_of_an_earlier_checkpoint_stops_no_sweep(minutes: int, swept: int, signing: Deployment) -> None:
    """An object that COS wrote long after its signature is a copy, which would hold each sweep at the same job."""
    timer(signing)
    signing.cos.ci.add(BUCKET, ended(ago=3 * 3600))

    def later(_: Request, answer: Response) -> Response:
        modified = formatdate(time.time() + 60 * minutes, usegmt=True)
        headers = [(name, modified if name.lower() == "last-modified" else value) for name, value in answer.headers]
        return Response(answer.status, tuple(headers), answer.body)

    rewrite_answers(signing.cos, later)
    assert timer(signing)["found"] == swept


def test_dead_letter_kept_again_is_signed_again(signing: Deployment) -> None:
    """It can be replayed as often as it fails, and recognised when the same body arrives."""
    signing.cos.put(BUCKET, KEY, b"mine")
    sent = body(job(Input={"Object": "audio/0.mp3"}))
    key = [signing.post(sent).body["jobs"][0]["key"] for _ in range(2)][1]
    assert replay(signing) == {key: "kept"}
    assert replay(signing) == {key: "kept"}
    signing.cos.delete(BUCKET, KEY)
    assert replay(signing, remove=True) == {key: "removed"}


@pytest.mark.parametrize("prefix", ["../", "a/../b", "./x", "x\n", "x" * 900, "\ud800"])
def test_foreign_prefix_is_refused(prefix: str, signing: Deployment) -> None:
    """A replay reads nothing above DEAD_LETTER."""
    answer = Answer(signing.send({"replay": {"prefix": prefix}}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert signing.cos.requests == []


@pytest.mark.parametrize("attack", ["edited", "unsigned", "copied", "another secret"])
def test_forged_checkpoint_stops_no_sweep(attack: str, signing: Deployment, deploy: Callable[..., Deployment]) -> None:
    """Its windows in the future are not believed: the run begins like the first one, and writes it again."""
    timer(signing)
    stored = signing.cos.get(BUCKET, checkpoint_key(signing))
    header = stored.metadata["ci-callback"]
    windows = json.loads(stored.body)["since"]
    future = json.dumps({"next": None, "since": dict.fromkeys(windows, "9999-01-01T00:00:00+0000")}).encode()
    if attack == "unsigned":
        header = "v1 checkpoint"
    elif attack == "copied":
        other = checkpoint.key(settings.load(signing.environ), 48, [])
        timer(signing, hours=48)
        header, future = signing.cos.get(BUCKET, other).metadata["ci-callback"], signing.cos.get(BUCKET, other).body
    elif attack == "another secret":
        timer(deploy(RECORD_SECRET=RECORD_SECRET[::-1], ROUTES=STRICT_ROUTES))
        header = signing.cos.get(BUCKET, checkpoint_key(signing)).metadata["ci-callback"]
        future = signing.cos.get(BUCKET, checkpoint_key(signing)).body
    edit(signing.cos, checkpoint_key(signing), future, header)
    signing.cos.ci.add(BUCKET, ended(ago=3 * 3600))
    assert counts(timer(signing)) == (1, 0, 1, 0, 0)
    assert checkpoint_of(signing)["since"].keys() == windows.keys()
    assert counts(timer(signing)) == (0, 0, 0, 0, 0)


def test_forged_dead_letter_stops_no_timer(signing: Deployment) -> None:
    """The timer leaves it alone, heals the dead letter beside it, and sweeps."""
    signing.cos.faults = Faults(then="503", only=lambda asked: asked.key == KEY)
    signing.context["time_limit_in_ms"] = 3_000
    assert signing.post(body(ended())).outcomes == ["dead-lettered"]
    signing.cos.faults = Faults()
    signing.context["time_limit_in_ms"] = 30_000
    (passing,) = signing.listing()
    stored = signing.cos.get(BUCKET, passing)
    forged = [f"{PREFIX}retry/{name}.2025-03-01.json" for name in ("0" * 32, "f" * 32)]
    edit(signing.cos, forged[0], stored.body, stored.metadata["ci-callback"])
    edit(signing.cos, forged[1], b"{", "v1 letter")
    signing.cos.ci.add(BUCKET, ended(1))
    report = timer(signing)
    assert (report["healed"], report["recovered"]) == (1, 1)
    assert set(forged) <= set(signing.listing())
    assert passing not in signing.listing()


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.jpg",
        "../a.jpg",
        "x" * 845,
        f"{PREFIX}a.jpg",
        f"{PREFIX}sweep-000000000000.json",
        "photos/1.jpg.ReviewImage.json",
        "v1 job=x state=Success time=- sha256=0",
        "{object}.{tag}.json",
    ],
)
@pytest.mark.parametrize("occupied", [False, True])
def test_no_upload_name_keeps_a_verdict_away(*, occupied: bool, name: str, deploy: Callable[..., Deployment]) -> None:
    """A review of any upload is stored, also where its key is occupied by an upload that poses as its result."""
    deployed = deploy(RECORD_SECRET=RECORD_SECRET)
    verdict = {"JobId": "si1", "State": "Success", "BucketId": BUCKET, "Object": name, "Result": 1}
    if occupied:
        forged = f"v1 job=si1 state=Success time=- review=1 sha256={'0' * 64}"
        for key in (name, f"{name}.ReviewImage.json"):
            if len(key) < 850 and ".." not in key:
                edit(deployed.cos, key, b"forged", forged)
    answer = deployed.post(json.dumps({"EventName": "ReviewImage", "JobsDetail": verdict}))
    assert answer.outcomes == ["written"]
    assert deployed.result(answer.body["jobs"][0]["key"])["Result"] == 1


@pytest.mark.parametrize("shows_others", [False, True])
def test_upload_that_cos_does_not_show_keeps_no_verdict_away(*, shows_others: bool, signing: Deployment) -> None:
    """It is encrypted, under the name of a result. A role that may look at nothing writes no result of a result."""
    name = "photos/1.jpg.SoundHound.json"
    signing.cos.put(BUCKET, name, b"encrypted")
    hidden = Faults(only=lambda asked: asked.method == "HEAD" and (asked.key == name or not shows_others), then="403")
    signing.cos.faults = hidden
    answer = signing.post(body(job(Input={"Object": name})))
    assert answer.outcomes == ["written" if shows_others else "dead-lettered"]
    assert signing.cos.has(BUCKET, f"{name}.SoundHound.json") is shows_others
