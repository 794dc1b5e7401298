"""Faults of the local cloud, met by the unmodified COS SDK and by plain sockets."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosClientError, CosS3Client, CosServiceError

from local.cloud import LocalCloud
from local.cos.server import LocalCos
from local.faults.requests import FAULTS, Asked, BadFaultsError, Faults
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    read,
    sdk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from local.faults.requests import Fault


@pytest.fixture
def cos(running: LocalCos) -> Iterator[LocalCos]:
    """Return the COS with one object, without faults and without a past."""
    running.faults = Faults()
    for key in running.keys(BUCKET):
        running.delete(BUCKET, key)
    running.put(BUCKET, "there", b"0123456789", metadata={"job": "s1"})
    running.forget_requests()
    yield running
    running.faults = Faults()


def put(client: CosS3Client, key: str = "new") -> Any:
    """Store an object by way of the SDK."""
    return client.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def status_of(client: CosS3Client) -> int:
    """Store an object and return the status of the answer."""
    try:
        put(client)
    except CosServiceError as error:
        return int(error.get_status_code())
    return 200


def asked(method: str = "PUT", key: str = "a") -> Asked:
    """Return a request to COS."""
    return Asked("cos", method, BUCKET, key)


@pytest.mark.parametrize("fault", ["500", "503", "429", "403", "409", "412"])
def test_refused_request_is_not_carried_out(cos: LocalCos, client: CosS3Client, fault: Fault) -> None:
    """The error has the form of COS, nothing is stored, and the record names the fault."""
    cos.faults = Faults([fault])
    with pytest.raises(CosServiceError) as error:
        put(client)
    assert str(error.value.get_status_code()) == fault
    assert error.value.get_request_id()
    assert cos.keys(BUCKET) == ["there"]
    (seen,) = cos.requests
    assert (str(seen.status), seen.code, seen.fault) == (fault, error.value.get_error_code(), fault)
    put(client)
    assert cos.keys(BUCKET) == ["new", "there"]


def test_redirect_is_not_carried_out(cos: LocalCos, client: CosS3Client) -> None:
    """A 301 names another host, which the SDK returns as a success; nothing is stored."""
    cos.faults = Faults(["301"])
    assert put(client)["Location"].startswith("http://")
    assert cos.keys(BUCKET) == ["there"]


def test_reset_request_is_not_carried_out(cos: LocalCos, client: CosS3Client) -> None:
    """The client's connection is reset, and nothing is stored."""
    cos.faults = Faults(["reset"])
    with pytest.raises(CosClientError, match="Connection reset"):
        put(client)
    assert cos.keys(BUCKET) == ["there"]
    assert [(seen.status, seen.fault) for seen in cos.requests] == [(0, "reset")]


def test_lost_answer_follows_the_work(cos: LocalCos, client: CosS3Client) -> None:
    """The object is stored although the connection ends without an answer."""
    cos.faults = Faults(["lost-answer"])
    with pytest.raises(CosClientError, match="without response"):
        put(client)
    assert cos.keys(BUCKET) == ["new", "there"]
    assert [(seen.status, seen.fault) for seen in cos.requests] == [(200, "lost-answer")]


def test_late_answer_follows_the_work(cos: LocalCos, session: requests.Session) -> None:
    """A client with a short timeout misses the answer, but the object is stored."""
    cos.faults = Faults(["late"], slow=3600)
    with pytest.raises(CosClientError, match="Read timed out"):
        put(sdk(session, Timeout=0.5))
    while not cos.requests:
        time.sleep(0.001)
    assert "new" in cos.keys(BUCKET)
    cos.faults = Faults(["late"], slow=0.1)
    assert read(sdk(session), "there") == b"0123456789"


def test_dripping_answer_is_complete(cos: LocalCos, session: requests.Session) -> None:
    """Each byte arrives within a timeout that all of them together exceed."""
    cos.faults = Faults(["drip"], slow=0.6)
    assert read(sdk(session, Timeout=0.4), "there") == b"0123456789"


def test_endless_answer_outlasts_every_timeout(cos: LocalCos) -> None:
    """One header line arrives byte by byte without an end; the work has been done."""
    cos.faults = Faults(["endless"])
    with socket.create_connection(("127.0.0.1", cos.port)) as client, client.makefile("rb") as answer:
        client.settimeout(5)
        client.sendall(f"GET /there HTTP/1.1\r\nHost: {BUCKET}.cos.{REGION}.myqcloud.com\r\n\r\n".encode())
        assert answer.readline().startswith(b"HTTP/1.1 403 ")
        assert answer.read(50) == b"x-endless: " + b"x" * 39
        assert [(seen.status, seen.fault) for seen in cos.requests] == [(403, "endless")]


def test_answer_is_cut_in_its_headers(cos: LocalCos, client: CosS3Client) -> None:
    """The SDK returns a success without ETag and metadata."""
    cos.faults = Faults(["cut-headers", "cut-headers"])
    for answer in (client.head_object(Bucket=BUCKET, Key="there"), put(client)):
        assert not {"ETag", "x-cos-request-id", "x-cos-meta-job"} & set(answer)
    assert "new" in cos.keys(BUCKET)


def test_answer_is_cut_in_its_body(cos: LocalCos, session: requests.Session) -> None:
    """Half of the announced body arrives."""
    cos.faults = Faults(["cut-body"])
    with pytest.raises(CosClientError, match=r"IncompleteRead\(\d+ bytes read"):
        sdk(session).list_objects(Bucket=BUCKET)


def test_answer_loses_its_metadata(cos: LocalCos, client: CosS3Client) -> None:
    """All but `x-cos-meta-…` is there."""
    cos.faults = Faults(["no-metadata"])
    lost, whole = (client.head_object(Bucket=BUCKET, Key="there") for _ in range(2))
    assert set(whole) - set(lost) == {"x-cos-meta-job"}
    assert lost["ETag"] == whole["ETag"]


def test_script_is_followed_by_then(cos: LocalCos, client: CosS3Client) -> None:
    """The n-th request meets the n-th fault, later ones meet `then`; both are recorded."""
    faults = cos.faults = Faults(["none", "500"], then="503")
    statuses = [status_of(client) for _ in range(4)]
    assert statuses == [200, 500, 503, 503]
    assert (faults.seen, faults.met) == (["PUT"] * 4, ["none", "500", "503", "503"])
    faults.then = None
    put(client)


def test_only_chosen_requests_meet_faults(cos: LocalCos, client: CosS3Client) -> None:
    """Requests that the predicate excludes are not counted."""
    faults = cos.faults = Faults(["503"], only=lambda asked: (asked.method, asked.key) == ("HEAD", "there"))
    put(client)
    with pytest.raises(CosServiceError):
        client.head_object(Bucket=BUCKET, Key="there")
    assert faults.seen == ["HEAD"]


def test_hook_runs_before_each_request(cos: LocalCos, client: CosS3Client) -> None:
    """The request sees the changes that `on_request` makes."""
    cos.faults = Faults(on_request=lambda asked: cos.delete(asked.bucket, asked.key))
    with pytest.raises(CosServiceError, match="NoSuchResource"):
        client.head_object(Bucket=BUCKET, Key="there")


def test_ci_has_the_same_faults(cos: LocalCos, client: CosS3Client) -> None:
    """The job API can be chosen by its service."""
    cos.ci.add(BUCKET, {"JobId": "s1", "Tag": "SoundHound"})
    faults = cos.faults = Faults(["503"], only=lambda asked: asked.service == "ci")
    put(client)
    with pytest.raises(CosServiceError, match="SlowDown"):
        client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s1")
    assert client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s1")["JobsDetail"][0]["JobId"] == "s1"
    assert faults.met == ["503", "none"]


def test_view_has_no_faults(cos: LocalCos, session: requests.Session) -> None:
    """Only requests with a COS host meet faults."""
    cos.faults = Faults(then="reset")
    assert session.get(f"{cos.address}/{BUCKET}/there").content == b"0123456789"
    assert cos.faults.seen == []


@pytest.mark.parametrize(("skew", "code"), [(-3600, "RequestTimeTooSkewed"), (36_000, "AccessDenied")])
def test_skewed_clock_refuses_signatures(cos: LocalCos, client: CosS3Client, skew: float, code: str) -> None:
    """A slow clock is before the signed period, a fast one after it."""
    cos.faults = Faults(skew=skew)
    with pytest.raises(CosServiceError) as error:
        put(client)
    assert (error.value.get_status_code(), error.value.get_error_code()) == (403, code)


def test_faults_are_drawn_by_rate_and_seed() -> None:
    """The same seed draws the same faults in the same order, another seed others."""

    def met(seed: int, script: list[Fault]) -> list[Fault]:
        faults = Faults(script, rates={"500": 0.2, "lost-answer": 0.05}, seed=seed)
        for _ in range(2000):
            faults.meet(asked())
        return faults.met

    assert met(1, []) == met(1, [])
    assert met(1, []) != met(2, [])
    assert met(1, ["412"] * 5)[5:] == met(1, [])[5:]
    counts = {fault: met(1, []).count(fault) for fault in FAULTS}
    assert counts["500"] == pytest.approx(400, rel=0.2)
    assert counts["lost-answer"] == pytest.approx(100, rel=0.4)
    assert counts["500"] + counts["lost-answer"] + counts["none"] == 2000


def test_script_is_thread_safe() -> None:
    """Each fault of the script is met by one request."""
    faults = Faults(["503"] * 50)
    with ThreadPoolExecutor(20) as pool:
        met = [each.fault for each in pool.map(lambda _: faults.meet(asked()), range(400))]
    assert (met.count("503"), met.count("none"), len(faults.met)) == (50, 350, 400)


def test_latency_is_drawn_for_each_request() -> None:
    """It is between nothing and twice the mean; the default is none."""
    faults = Faults(latency=0.1)
    drawn = [faults.meet(asked()).latency_s for _ in range(50)]
    assert len(set(drawn)) == 50
    assert 0 <= min(drawn) <= max(drawn) <= 0.2
    assert Faults().meet(asked()).latency_s == 0


@pytest.mark.parametrize(
    "faults",
    [
        Faults(then="late", slow=3600),
        Faults(latency=3600),
        Faults(then="drip", slow=3600),
        Faults(then="endless"),
    ],
)
def test_stop_does_not_wait_for_slow_answers(faults: Faults) -> None:
    """The cloud ends at once while an answer is pending."""
    met = threading.Event()
    faults.on_request = lambda _: met.set()
    head = f"GET / HTTP/1.1\r\nHost: {BUCKET}.cos.{REGION}.myqcloud.com\r\n\r\n".encode()
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, faults=faults) as cos:
        client = socket.create_connection(("127.0.0.1", cos.port))
        client.sendall(head)
        assert met.wait(30)
    with client, client.makefile("rb") as answer:
        assert answer.read().startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", Faults()),
        ("none", Faults()),
        ("error=0.2", Faults(rates={"500": 0.05, "503": 0.05, "429": 0.05, "reset": 0.05})),
        (
            "lost=0.05, latency=0.1,skew=-900,slow=2,seed=7",
            Faults(rates={"lost-answer": 0.05}, latency=0.1, skew=-900, slow=2, seed=7),
        ),
        ("error=0.4,503=0,409=0.1", Faults(rates={"500": 0.1, "503": 0, "429": 0.1, "reset": 0.1, "409": 0.1})),
    ],
)
def test_faults_are_parsed(text: str, faults: Faults) -> None:
    """The summary is a description again."""
    parsed = Faults.parse(text)
    assert (parsed.rates, parsed.summary) == (faults.rates, faults.summary)
    assert Faults.parse(parsed.summary).summary == parsed.summary


def test_flaky_faults_are_a_preset() -> None:
    """They affect about three requests in ten, and later words override them."""
    flaky = Faults.parse("flaky,latency=0")
    assert 0.25 < sum(flaky.rates.values()) < 0.35
    assert flaky.latency == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stormy", "unknown faults: stormy (there are none, flaky, slow)"),
        ("hail=0.1", "unknown faults: hail (there are none, flaky, slow, error, lost, latency,"),
        ("error", "unknown faults: error"),
        ("error=", "error wants a number"),
        ("latency=nan", "latency wants a number"),
        ("latency=-1", "latency and slow are seconds, not less than 0"),
        ("error=0.8,lost=0.3", "at most 1 together"),
        ("error=-0.1", "must be positive"),
    ],
)
def test_unknown_faults_are_refused(text: str, said: str) -> None:
    """The message is one line with the words there are."""
    with pytest.raises(BadFaultsError) as error:
        Faults.parse(text)
    assert said in str(error.value)


@pytest.mark.parametrize("wrong", [{"script": ["404"]}, {"then": "404"}, {"rates": {"404": 0.1}}])
def test_script_of_unknown_faults_is_refused(wrong: dict[str, Any]) -> None:
    """A misspelt fault would never happen."""
    with pytest.raises(BadFaultsError, match="no such fault: 404"):
        Faults(**wrong)


def test_local_cloud_passes_its_faults_to_cos() -> None:
    """They may be replaced there."""
    faults = Faults.parse("flaky")
    with LocalCloud(triggers={}, faults=faults) as cloud:
        assert cloud.cos.faults is faults
