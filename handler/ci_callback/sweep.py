"""The sweep: what CI says has ended, against what is there. docs/operation.md shows how.

Callbacks can be lost before they reach us. Finished jobs are listed by CI's job API, newest first, and each is settled
like a callback: what is missing is written, and what is there costs one HEAD. Nothing is kept as a dead letter, since
CI still has the job, and the next sweep finds it again. https://cloud.tencent.com/document/product/436/54011.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from . import command, job_api
from .actions import Actions
from .errors import BadCommand, Malformed, Refused
from .shapes import NO_JOBS
from .times import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .callback import Job
    from .pipeline import Pipeline

# The Tags that a route with a pattern is taken to mean.
# A Tag that is not here is swept when a route or `tags` names it.
TAGS = (
    "Animation",
    "Concat",
    "DigitalWatermark",
    "DocProcess",
    "ExtractDigitalWatermark",
    "MediaInfo",
    "NoiseReduction",
    "PicProcess",
    "QualityEstimate",
    "SDRtoHDR",
    "Segment",
    "SmartCover",
    "Snapshot",
    "SoundHound",
    "SpeechRecognition",
    "SplitVideoParts",
    "StreamExtract",
    "SuperResolution",
    "Transcode",
    "Translation",
    "Tts",
    "VideoMontage",
    "VideoProcess",
    "VideoTag",
    "VideoTargetRec",
    "VocalScore",
    "VoiceSeparate",
    "WordsGeneralize",
)
_STATES = ("Success", "Failed")

_PAGE = 100  # the most that CI gives at once
_ENOUGH_S = 2.0  # a page is not begun, nor a job settled, with less time left
_MAX_NAMED = 100  # bounds the report

_TIME_FORM = "%Y-%m-%dT%H:%M:%S%z"


class Place(command.Options):
    """Where a run ended: the page that was not finished, and the window it belongs to."""

    bucket: str
    tag: str
    tags: list[str]
    token: str
    start: str
    end: str


class Options(command.Options):
    """What may stand in `{"sweep": {…}}`; every field may be left out.

    `hours` is how far back jobs were created; `tags` narrows to these Tags; `dry_run` only counts; `next` is what an
    earlier run's report said.
    """

    hours: Annotated[int, Field(ge=1, le=720)] = 24
    tags: list[str] = Field(default_factory=list)
    dry_run: bool = False
    next: Place | None = None


@dataclass
class _Report:
    """What a sweep found; `healed` and `failed` name the first jobs of their kind."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("found", "there", "healed", "ignored", "failed"), 0)
    )
    latest_s: int = 0
    healed: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self, place: Place | None) -> dict[str, Any]:
        """Return the report as JSON will show it."""
        return {
            **self.counts,
            "latest_s": self.latest_s,
            "healed_jobs": self.healed,
            "failed_jobs": self.failed,
            "next": place.model_dump() if place else None,
        }


class _TimeIsOverError(Exception):
    """The page at hand cannot be finished in this run."""


@dataclass(frozen=True)
class Sweep:
    """One run over the finished jobs of the pipeline's buckets."""

    pipeline: Pipeline
    options: Options
    report: _Report = field(default_factory=_Report)

    def run(self) -> dict[str, Any]:
        """Return the report, with `next` where the time ran out. Raises StoreError where CI does not answer."""
        page: Place | None = None
        try:
            for place in self._places():
                page = place
                while page is not None:
                    page = self._sweep_page(page)
        except _TimeIsOverError:
            return self.report.as_dict(page)
        return self.report.as_dict(None)

    def _places(self) -> Iterator[Place]:
        """Yield the first page of every bucket and Tag, from where an earlier run ended."""
        begin = self.options.next
        end = self.pipeline.received
        start = end - timedelta(hours=self.options.hours)
        window = (begin.start, begin.end) if begin else (start.strftime(_TIME_FORM), end.strftime(_TIME_FORM))
        tags = begin.tags if begin else self._tags()
        waiting = begin is not None
        for bucket in self.pipeline.settings.BUCKETS:
            for tag in tags:
                if begin is not None and (bucket, tag) == (begin.bucket, begin.tag):
                    waiting = False
                    yield begin
                elif not waiting:
                    yield Place(bucket=bucket, tag=tag, tags=tags, token="", start=window[0], end=window[1])

    def _tags(self) -> list[str]:
        if self.options.tags:
            return self.options.tags
        routes = [route for route in self.pipeline.settings.ROUTES if route.write]
        named = {route.tag for route in routes if not set(route.tag) & set("*?[")}
        meant = {tag for tag in TAGS if any(fnmatch.fnmatchcase(tag, route.tag) for route in routes)}
        return sorted((named | meant).difference(NO_JOBS))

    def _sweep_page(self, place: Place) -> Place | None:
        """Settle a page's jobs; return the next page's place, None after the last."""
        store = self.pipeline.store
        if store.deadline.left() < _ENOUGH_S:
            raise _TimeIsOverError
        parameters = {
            "states": ",".join(_STATES),
            "orderByTime": "Desc",
            "size": str(_PAGE),
            "startCreationTime": place.start,
            "endCreationTime": place.end,
            **({"nextToken": place.token} if place.token else {}),
        }
        try:
            jobs, token = job_api.list_page(store, place.bucket, place.tag, parameters)
        except (Malformed, Refused) as error:
            self._failed({"bucket": place.bucket, "tag": place.tag, "reason": error.reason, "detail": str(error)})
            return None
        for job in jobs:
            if store.deadline.left() < _ENOUGH_S:
                raise _TimeIsOverError
            self._settle(job, place.bucket)
        return place.model_copy(update={"token": token}) if token and token != place.token else None

    def _settle(self, job: Job, bucket: str) -> None:
        self.report.counts["found"] += 1
        if self.options.dry_run:
            return
        outcome = Actions(self.pipeline.settings, self.pipeline.store, look_first=True).settle(job, bucket)
        if outcome.outcome == "retry":
            self._failed({"JobId": job.job_id, "tag": job.tag, "reason": outcome.reason, "detail": outcome.detail})
        elif outcome.outcome == "written" or outcome.then:
            self._healed(job, outcome.key)
        else:
            self.report.counts["ignored" if outcome.outcome == "ignored" else "there"] += 1

    def _healed(self, job: Job, key: str) -> None:
        self.report.counts["healed"] += 1
        ended = instant(job.fields.get("EndTime"))
        if ended is not None:
            self.report.latest_s = max(self.report.latest_s, int((self.pipeline.received - ended).total_seconds()))
        if len(self.report.healed) < _MAX_NAMED:
            self.report.healed.append({"JobId": job.job_id, "tag": job.tag, "key": key})

    def _failed(self, told: dict[str, str]) -> None:
        self.report.counts["failed"] += 1
        if len(self.report.failed) < _MAX_NAMED:
            self.report.failed.append(told)


def read(pipeline: Pipeline, options: Any) -> Sweep:
    """Return the sweep that the options ask for; raise BadCommand where they ask for nothing we know."""
    parsed = command.read(Options, "sweep", options)
    if unlisted := sorted({*parsed.tags, *(parsed.next.tags if parsed.next else ())}.intersection(NO_JOBS)):
        raise BadCommand(f"sweep.tags: CI lists jobs alone, not {', '.join(unlisted)}.")
    if parsed.next is not None and parsed.next.bucket not in pipeline.settings.BUCKETS:
        raise BadCommand("sweep.next.bucket is not in BUCKETS.")
    if parsed.next is not None and parsed.next.tag not in parsed.next.tags:
        raise BadCommand("sweep.next.tag is not among its tags.")
    return Sweep(pipeline, parsed)
