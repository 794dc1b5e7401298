"""CI at work on your machine: jobs are taken on, begun, ended after a moment, and told of.

    Submitted ─▶ [Pause, while the queue is paused] ─▶ Running ─▶ Success, or Failed
        └──────────────┴─▶ Cancel

A job fails where its input is not there, or `fails` says so. No callback comes for a job that was cancelled, since none
is documented. Open: what CI answers to a job that can no longer be cancelled.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from local.ci import callbacks as ci_callbacks
from local.ci import results as ci_results
from local.ci import submit as ci_submit
from local.ci import xml as ci_xml
from local.ci.xml import BadRequestError
from local.cos.answers import CosError
from local.http.message import Response
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ci.callbacks import Callback
    from local.ci.queues import Queue
    from local.ci.server import Family, Job, LocalCi
    from local.ci.submit import Submission

_POLL_S = 0.01  # how soon a job sees that its queue goes on
_PATIENCE_S = 1.0  # with each callback that is under way when all ends
_WAITING = {"Submitted", "Pause"}


class Worker:
    """Does the jobs of one local cloud, each in a thread of its own.

    A job takes `delay_s` seconds: half of it waiting, half of it at work. `on_callback` is told of each callback when
    it has been answered.
    """

    def __init__(self, ci: LocalCi, clock: Callable[[], float], is_there: Callable[[str, str], bool]) -> None:
        self.delay_s = 0.2
        self.fails: Callable[[Job], bool] = lambda _: False
        self.on_callback: Callable[[Callback], None] = lambda _: None
        self._ci = ci
        self._clock = clock
        self._is_there = is_there
        # Later ids are greater: of two results that end in the same second the later job's counts as newer.
        self._numbers = itertools.count(time.time_ns())
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._callbacks: list[Callback] = []

    @property
    def callbacks(self) -> list[Callback]:
        """Every callback that has been sent, in the order of the answers."""
        with self._lock:
            return list(self._callbacks)

    def wait(self) -> None:
        """Return when every job that was taken on has ended, and its callback been answered."""
        for thread in self._own_threads():
            thread.join()

    def stop(self) -> None:
        """Leave every job as it is."""
        self._closing.set()
        for thread in self._own_threads():
            thread.join(_PATIENCE_S)

    def submit(self, content: bytes, family: Family, bucket: str, region: str) -> Response | CosError:
        """Take on the jobs that a request asks for, and return the answer to it: all of them, or none."""
        try:
            asked = ci_submit.read(content, family)
            queues = [self._ci.queues.find(bucket, each.family, each.queue_id) for each in asked]
        except BadRequestError as bad:
            return bad.error
        jobs = [self._take(each, queue, family, bucket, region) for each, queue in zip(asked, queues, strict=True)]
        for each, job in zip(asked, jobs, strict=True):
            thread = threading.Thread(target=self._do, args=(each, job, region), name="local-ci", daemon=True)
            with self._lock:
                self._threads = [*(other for other in self._threads if other.is_alive()), thread]
                thread.start()
        details = [each.answer(dict(job.detail)) for each, job in zip(asked, jobs, strict=True)]
        return ci_xml.answer({"JobsDetail": details})

    def cancel(self, bucket: str, family: Family, job_id: str) -> Response | CosError:
        """Cancel a job that has not begun, and return the answer to who asked for it."""
        job = self._ci.get(bucket, job_id)
        # The SDK cancels at /jobs alone, whatever the family.
        if job is None or family not in {*job.families, "jobs"}:
            return CosError(404, "ResourceNotFound", f"There is no job {job_id!r}.")
        if self._move(job, _WAITING, State="Cancel", EndTime=self._now()) is None:
            return CosError(400, "InvalidArgument", "Only a job that has not begun can be cancelled.")
        return Response(200)

    def _own_threads(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._threads)

    def _now(self) -> str:
        return ci_xml.stamp(self._clock())

    def _take(self, asked: Submission, queue: Queue, family: Family, bucket: str, region: str) -> Job:
        letter = ci_results.made(Order(asked.entry))["JobId"][0]
        job_id = f"{letter}{next(self._numbers):016x}{secrets.token_hex(8)}"
        detail = asked.detail(job_id, queue.id, self._now(), bucket, region)
        return self._ci.add(bucket, detail, family=asked.family, common=family == "jobs")

    def _do(self, asked: Submission, job: Job, region: str) -> None:
        """See a job through, from its submission to its callback."""
        self._closing.wait(self.delay_s / 2)
        ended = self._run(asked, job, region) if self._may_begin(job) else None
        if ended is None or self._closing.is_set():
            return
        callback = ci_callbacks.send(ended, asked.options, self._queue_of(ended))
        if callback is not None:
            with self._lock:
                self._callbacks.append(callback)
            self.on_callback(callback)

    def _may_begin(self, job: Job) -> bool:
        """Wait while the queue is paused; tell whether the job is still to be done."""
        while self._queue_of(job).state == "Paused" and not self._closing.is_set():
            if self._move(job, _WAITING, State="Pause") is None:
                return False
            self._closing.wait(_POLL_S)
        return not self._closing.is_set()

    def _run(self, asked: Submission, job: Job, region: str) -> Job | None:
        """Return the job as it ended; None where it was cancelled before, or all ends."""
        key = asked.input.get("Object")
        if key and not self._is_there(job.bucket, key):
            return self._move(job, _WAITING, EndTime=self._now(), **ci_results.failed(asked.entry))
        begun = self._move(job, _WAITING, State="Running", StartTime=self._now())
        if begun is None or self._closing.wait(self.delay_s / 2):
            return None
        if self.fails(begun):
            fields = ci_results.failed(asked.entry)
        else:
            fields = ci_results.succeeded(asked.entry, begun.detail, job.bucket, region)
        return self._move(begun, {"Running"}, EndTime=self._now(), **fields)

    def _move(self, job: Job, states: set[str], **fields: Any) -> Job | None:
        """Return the job with the new fields, None where it is in none of these states any more."""
        with self._lock:
            known = self._ci.get(job.bucket, job.detail["JobId"]) or job
            if known.detail["State"] not in states:
                return None
            return self._ci.add(job.bucket, {**known.detail, **fields}, family=job.family, common=job.common)

    def _queue_of(self, job: Job) -> Queue:
        return self._ci.queues.find(job.bucket, job.family, job.detail["QueueId"])
