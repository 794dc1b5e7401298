"""Cost: what a delivery asks of COS, of CI and of others, what it logs and computes; and what a million come to.

Counted and measured here: requests, bytes, processor time. Not to be measured here: how long COS, CI and others let the
function wait, which is most of what SCF bills. It is an assumption, and stands beside every sum (`bill.WAITS_MS`).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from bench import bill
from bench.deployed import EVENT
from bench.measure import digits, spread
from bench.report import Table
from local.cloud import BUCKET, CREDENTIALS, REGION
from local.cos.copying import SOURCE
from local.cos.server import LocalCos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.deployed import Site
    from bench.measure import Effort
    from local.cos.server import SeenRequest

_OTHER = "other-1234567890"
_BOTH = f"{BUCKET}/{REGION},{_OTHER}/{REGION}"
_WARM_UP = 5  # deliveries that do not count
_TAG = "SoundHound"
_WITH_ACTION = [
    {"tag": "*", "state": "Success", "write": "{object}.{tag}.json", "then": [{"invoke": "my-function"}]},
    {"tag": "*", "state": "*", "ignore": True},
]


@dataclass(frozen=True)
class Case:
    """A kind of delivery: how it must end, under which settings, and what has been delivered before it."""

    outcome: str
    settings: Mapping[str, str] = field(default_factory=dict)
    before: Literal["", "same", "older"] = ""
    bucket: str = BUCKET  # that the callback names
    versioned: bool = False


CASES = {
    "written": Case("written"),
    "with an action": Case("written", {"ROUTES": json.dumps(_WITH_ACTION)}),
    "VERIFY=job": Case("written", {"VERIFY": "job"}),
    "duplicate": Case("duplicate", before="same"),
    "replaced": Case("written", before="older"),
    "bucket with versions": Case("written", versioned=True),
    "dead letter": Case("dead-lettered", bucket=_OTHER),
}


def measure(site: Site, effort: Effort) -> dict[str, Any]:
    """Return what each kind of delivery takes, and each job of a sweep and letter of a replay."""
    return {
        "cases": {name: _deliveries(site, case, effort.events) for name, case in CASES.items()},
        "commands": {**_sweeps(site, effort.sweeps[0]), "replay": _replay(site, effort.events)},
    }


def _deliveries(site: Site, case: Case, count: int) -> dict[str, Any]:
    """Return what a delivery of this kind takes, on average over `count` of them after some that do not count."""
    numbers = range(count + _WARM_UP)
    events = [_callback(number, case.bucket) for number in numbers]
    with _cos(case.versioned) as cos:
        ours = replace(site, ours=replace(site.ours, endpoint=cos.address))
        if "VERIFY" in case.settings:
            for number in numbers:
                cos.ci.add(BUCKET, _job(number))
        if case.before:
            _deliver(ours, [_callback(number, older=case.before == "older") for number in numbers], case.settings)
            cos.forget_requests()
        before = _bytes_in(cos)
        told = _deliver(ours, events, case.settings, _WARM_UP)
        deliveries = told["deliveries"]
        if {each["outcome"] for each in deliveries} != {case.outcome}:
            raise SystemExit(f"bench: not all was {case.outcome}: {Counter(each['outcome'] for each in deliveries)}")
        return {
            **_asked(cos, len(events)),
            "cpu_ms": spread([each["cpu_ms"] for each in deliveries]),
            "log_bytes": _mean(deliveries, "log_bytes"),
            "reply_bytes": _mean(deliveries, "reply_bytes"),
            "object_bytes": digits(_bytes_in(cos) / len(cos.keys(BUCKET))),
            "added_bytes": digits((_bytes_in(cos) - before) / len(events)),
            "peak_mb": None if told["peak_mb"] is None else digits(told["peak_mb"]),
        }


def _sweeps(site: Site, jobs: int) -> dict[str, Any]:
    """Return what a job takes in a sweep that has to write its result, and in the next one, which finds it."""
    command = {"sweep": {"tags": [_TAG]}}
    found = {}
    with _cos() as cos:
        ours = replace(site, ours=replace(site.ours, endpoint=cos.address))
        for number in range(jobs):
            cos.ci.add(BUCKET, _job(number, CreationTime=None))
        for name, count in (("sweep, result missing", "healed"), ("sweep, result there", "there")):
            cos.forget_requests()
            found[name] = _command(ours, cos, command, {count: jobs})
    return found


def _replay(site: Site, letters: int) -> dict[str, Any]:
    """Return what a letter takes that a replay can settle and remove."""
    with _cos() as cos:
        ours = replace(site, ours=replace(site.ours, endpoint=cos.address))
        _deliver(ours, [_callback(number, _OTHER) for number in range(letters)], {})
        cos.forget_requests()
        return _command(ours, cos, {"replay": {"remove": True}}, {"letters": letters}, {"BUCKETS": _BOTH})


def _command(
    site: Site, cos: LocalCos, command: Any, expected: Mapping[str, int], settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what each of the things takes that the command is expected to report."""
    (done,) = _deliver(site, [command], settings or {})["deliveries"]
    ((name, count),) = expected.items()
    if done["counts"][name] != count:
        raise SystemExit(f"bench: {command} was to report {expected}, and has {done['counts']}")
    return {**_asked(cos, count), "cpu_ms": digits(done["cpu_ms"] / count), "of": count}


def _cos(versioned: bool = False) -> LocalCos:  # noqa: FBT001, FBT002  # the one thing in which they differ
    buckets = {BUCKET: REGION, _OTHER: REGION}
    return LocalCos(buckets=buckets, credentials=CREDENTIALS, versioned={BUCKET} if versioned else ())


def _deliver(site: Site, events: Sequence[Any], settings: Mapping[str, str], warm_up: int = 0) -> Mapping[str, Any]:
    """Have a new instance answer the events, and return what it tells of those after the first `warm_up`."""
    path = site.write_event("deliveries", events)
    return site.ours.program("deliveries.py", path, warm_up, **settings).run().told


def _asked(cos: LocalCos, count: int) -> dict[str, Any]:
    """Return the requests of each kind for one of `count`, how many others were asked, and the bytes that were sent."""
    kinds = Counter(_kind(request) for request in cos.requests)
    return {
        "requests": {kind: digits(number / count) for kind, number in kinds.items()},
        "calls": digits(len(cos.receivers.arrived) / count),
        "sent_bytes": digits(sum(_sent(request) for request in cos.requests) / count),
    }


def _bytes_in(cos: LocalCos) -> int:
    return sum(each.size for each in cos.listing(BUCKET))


def _kind(request: SeenRequest) -> str:
    """Return what is asked, as COS counts it; what is asked of CI is all one."""
    if ".ci." in request.host:
        return "CI"
    if SOURCE in request.headers:
        return "COPY"
    return request.method if request.key else "LIST"


def _sent(request: SeenRequest) -> int:
    """Return the bytes of a request, its line and headers included."""
    target = f"{request.method} /{request.key}?{request.query} HTTP/1.1".encode()
    headers = sum(len(f"{name}: {value}\r\n".encode()) for name, value in request.headers.items())
    return len(target) + headers + int(request.headers.get("content-length", 0))


def _mean(deliveries: Sequence[Mapping[str, Any]], name: str) -> float:
    return digits(sum(each[name] for each in deliveries) / len(deliveries))


def _callback(number: int, bucket: str = BUCKET, *, older: bool = False) -> Any:
    """Return the published callback as of a job of its own, or of one that ended before that and has another id."""
    text = EVENT.read_text(encoding="utf-8")
    for published, own in (
        ("input/test.mp3", _object(number)),
        ("sb6b64de84ece11eda7ff3f95cf53fd82", _job_id(number, older=older)),
        (BUCKET, bucket),
        *([("18:22:10", "18:22:09")] if older else ()),
    ):
        text = text.replace(published, own)
    return json.loads(text)


def _job(number: int, **more: Any) -> dict[str, Any]:
    """Return what CI says of the same job."""
    return {
        "Code": "Success",
        "CreationTime": "2022-10-18T18:22:05+0800",
        "EndTime": "2022-10-18T18:22:10+0800",
        "StartTime": "2022-10-18T18:22:06+0800",
        "Input": {"BucketId": BUCKET, "Object": _object(number), "Region": REGION},
        "JobId": _job_id(number),
        "Operation": {
            "JobLevel": "1",
            "SoundHoundResult": {"SongList": {"Inlier": "0.98", "SingerName": "周杰伦", "SongName": "青花瓷"}},
            "UserData": "This is my SoundHound job.",
        },
        "QueueId": "p4986e06c00fe4ead808bd7e4942089e1",
        "State": "Success",
        "Tag": _TAG,
        **more,
    }


def _object(number: int) -> str:
    return f"input/{number:06}.mp3"


def _job_id(number: int, *, older: bool = False) -> str:
    return f"s{number + (1 << 64 if older else 0):032x}"


def table(figures: Mapping[str, Any]) -> Table:
    """Return the figures for people: each kind of delivery, and a million of them in CNY."""
    waits = [f"{wait} ms" for wait in bill.WAITS_MS]
    rows = [
        (
            name,
            bill.told(found),
            found["cpu_ms"]["median"],
            found["log_bytes"],
            found["object_bytes"],
            *(bill.total(bill.million(found, wait)) for wait in bill.WAITS_MS),
        )
        for name, found in figures["cases"].items()
    ]
    rows += [(name, bill.told(found), found["cpu_ms"], *[None] * 5) for name, found in figures["commands"].items()]
    return Table(
        "Cost: of a delivery, and CNY for a million if COS takes so long to answer",
        ("", "requests", "CPU ms", "log bytes", "object", *waits),
        rows,
    )
