"""CI at work on your machine: a submitted job starts, ends after a moment, and is called back.

    Submitted ─▶ [Pause, while the queue is paused] ─▶ Running ─▶ Success, or Failed
        └──────────────┴─▶ Cancel

A job fails where its input does not exist, or `fails` returns true. A cancelled job has no callback, since none is
documented. Open: CI's answer to a job that can no longer be cancelled.
"""

from __future__ import annotations

import functools
import itertools
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from local.ci import callbacks, results, submit
from local.ci.jobs import ci_time
from local.ci.request_body import invalid
from local.http.message import Response
from local.http.xml import ServiceError, xml_response
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ci.callbacks import Callback
    from local.ci.jobs import Family, Job, Jobs
    from local.ci.queues import Queue, Queues
    from local.ci.submit import Submission

_POLL_S = 0.01  # between two looks at a paused queue
_LAST_CALLBACK_S = 1.0  # for each callback under way at the end
_WAITING = {"Submitted", "Pause"}


class Worker:
    """Does the jobs of one local cloud, each in a thread of its own.

    A job takes `delay_s` seconds: half of it waiting, half of it running. JSON callbacks are `native` or converted from
    XML. `on_callback` is called with each callback after its reply.
    """

    def __init__(
        self, jobs: Jobs, queues: Queues, clock: Callable[[], float], has_object: Callable[[str, str], bool]
    ) -> None:
        self.delay_s = 0.2
        self.native = False
        self.fails: Callable[[Job], bool] = lambda _: False
        self.on_callback: Callable[[Callback], None] = lambda _: None
        self._jobs = jobs
        self._queues = queues
        self._clock = clock
        self._has_object = has_object
        # Later ids are greater: of two results that end in the same second the later job's counts as newer.
        self._numbers = itertools.count(time.time_ns())
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._callbacks: list[Callback] = []

    @property
    def callbacks(self) -> list[Callback]:
        """Every callback sent, in the order of the replies."""
        with self._lock:
            return list(self._callbacks)

    def wait(self) -> None:
        """Return after the callback of the last job."""
        for thread in self._own_threads():
            thread.join()

    def stop(self) -> None:
        """Abandon every job as it is."""
        self._closing.set()
        for thread in self._own_threads():
            thread.join(_LAST_CALLBACK_S)

    def submit(self, content: bytes, family: Family, bucket: str, region: str) -> Response:
        """Start the jobs of a request, all or none, and answer it; raise ServiceError."""
        asked = submit.read(content, family)
        queues = [self._queues.find(bucket, each.family, each.queue_id) for each in asked]
        jobs = [self._take(each, queue, family, bucket, region) for each, queue in zip(asked, queues, strict=True)]
        for each, job in zip(asked, jobs, strict=True):
            self._start(functools.partial(self._do, each, job, region))
        details = [each.answer(dict(job.detail)) for each, job in zip(asked, jobs, strict=True)]
        return xml_response("Response", {"JobsDetail": details})

    def cancel(self, bucket: str, family: Family, job_id: str) -> Response:
        """Cancel a job that has not started, and answer the request; raise ServiceError."""
        job = self._jobs.get(bucket, job_id)
        # The SDK cancels at /jobs alone, for every family.
        if job is None or family not in {*job.families, "jobs"}:
            raise ServiceError(404, "ResourceNotFound", f"There is no job {job_id!r}.")
        if self._move(job, _WAITING, State="Cancel", EndTime=self._now()) is None:
            raise invalid("Only a job that has not begun can be cancelled.")
        return Response(200)

    def later(self, do: Callable[[], None]) -> None:
        """Do something after the time of a job, unless the worker is stopped before."""
        self._start(lambda: None if self._closing.wait(self.delay_s) else do())

    def _start(self, do: Callable[[], None]) -> None:
        thread = threading.Thread(target=do, name="local-ci", daemon=True)
        with self._lock:
            self._threads = [*(other for other in self._threads if other.is_alive()), thread]
            thread.start()

    def _own_threads(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._threads)

    def _now(self) -> str:
        return ci_time(self._clock())

    def _take(self, asked: Submission, queue: Queue, family: Family, bucket: str, region: str) -> Job:
        letter = results.sample_detail(Order(asked.entry))["JobId"][0]
        job_id = f"{letter}{next(self._numbers):016x}{secrets.token_hex(8)}"
        detail = asked.detail(job_id, queue.id, self._now(), bucket, region)
        return self._jobs.add(bucket, detail, family=asked.family, common=family == "jobs")

    def _do(self, asked: Submission, job: Job, region: str) -> None:
        """Run a job from its submission to its callback."""
        self._closing.wait(self.delay_s / 2)
        ended = self._run(asked, job, region) if self._may_start(job) else None
        if ended is None or self._closing.is_set():
            return
        callback = callbacks.send(ended, asked.options, self._queue_of(ended), native=self.native)
        if callback is not None:
            with self._lock:
                self._callbacks.append(callback)
            self.on_callback(callback)

    def _may_start(self, job: Job) -> bool:
        """Wait while the queue is paused; return whether the job is still to be done."""
        while self._queue_of(job).state == "Paused" and not self._closing.is_set():
            if self._move(job, _WAITING, State="Pause") is None:
                return False
            self._closing.wait(_POLL_S)
        return not self._closing.is_set()

    def _run(self, asked: Submission, job: Job, region: str) -> Job | None:
        """Return the ended job, None if it was cancelled or abandoned."""
        key = asked.input.get("Object")
        if key and not self._has_object(job.bucket, key):
            return self._move(job, _WAITING, EndTime=self._now(), **results.failed(asked.entry))
        running = self._move(job, _WAITING, State="Running", StartTime=self._now())
        if running is None or self._closing.wait(self.delay_s / 2):
            return None
        if self.fails(running):
            fields = results.failed(asked.entry)
        else:
            fields = results.succeeded(asked.entry, running.detail, job.bucket, region)
        return self._move(running, {"Running"}, EndTime=self._now(), **fields)

    def _move(self, job: Job, states: set[str], **fields: Any) -> Job | None:
        """Update a job that is in one of these states; return None for any other."""
        with self._lock:
            known = self._jobs.get(job.bucket, job.detail["JobId"]) or job
            if known.detail["State"] not in states:
                return None
            return self._jobs.add(job.bucket, {**known.detail, **fields}, family=job.family, common=job.common)

    def _queue_of(self, job: Job) -> Queue:
        return self._queues.find(job.bucket, job.family, job.detail["QueueId"])
