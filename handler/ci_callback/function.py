"""The composition root: an instance of the function, and the invocations it serves."""

from __future__ import annotations

import itertools
import time
from datetime import datetime, timezone
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.cloud import credentials
from ci_callback.cloud.cos import Store
from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport, count_request
from ci_callback.config import settings
from ci_callback.inbound import access, reply, triggers
from ci_callback.results.dead_letter import NewDeadLetters

from . import log
from .batch import Batch
from .delivery import Command
from .errors import CallbackError, Misconfigured, Redeliver, TooLarge
from .pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from typing_extensions import Self

    from ci_callback.config.settings import Settings
    from ci_callback.decode.envelope import Decoded
    from ci_callback.inbound.reply import Reply
    from ci_callback.inbound.secret import Secret

    from .delivery import Arrival, Outcome, Settlement
    from .records import DecodedRecord

    # Runs a command with its options, unchecked, and returns the report.
    Run: TypeAlias = Callable[[Pipeline, object], dict[str, Any]]

# SCF itself lets no more through: https://cloud.tencent.com/document/product/583/11637
MAX_BODY_BYTES = 6 * 1024 * 1024


def _replay(pipeline: Pipeline, options: object) -> dict[str, Any]:
    from ci_callback.commands import replay  # noqa: PLC0415 - a callback needs no command

    return replay.run(pipeline, options)


def _sweep(pipeline: Pipeline, options: object) -> dict[str, Any]:
    from ci_callback.commands.sweep import run as sweep  # noqa: PLC0415 - a callback needs no command

    return sweep.run(pipeline, options)


def _timer(pipeline: Pipeline, options: object) -> dict[str, Any]:
    from ci_callback.commands import timer  # noqa: PLC0415 - a callback needs no command

    return timer.run(pipeline, options)


def _smoke(pipeline: Pipeline, options: object) -> dict[str, Any]:
    from ci_callback.commands import smoke  # noqa: PLC0415 - a callback needs no command

    return smoke.run(pipeline, options)


# The commands that need a pipeline, by name. The doctor needs none.
RUNS: Mapping[str, Run] = {"replay": _replay, "sweep": _sweep, "timer": _timer, "smoke": _smoke}


class _Invocation(NamedTuple):
    """The facts of an invocation before its event is read."""

    request_id: str
    cold: bool
    deadline: Deadline


class Function:
    """One instance: settings are read when it is made, credentials for every event.

    With a mistake in the settings the instance starts too, and answers every event with it.
    """

    def __init__(self, environ: Mapping[str, str], runs: Mapping[str, Run] = RUNS) -> None:
        self.now = _utc_now  # a test sets its own clock
        self._environ = environ
        self._runs = runs
        self._cold = True
        try:
            self._settings: Settings | Misconfigured = settings.load(environ)
        except Misconfigured as error:
            self._settings = error
        self._transport = Transport("" if isinstance(self._settings, Misconfigured) else self._settings.COS_ENDPOINT)
        self._versioned: set[str] = set()
        self._secret = self._open_secret()

    def _open_secret(self) -> Secret | None:
        if isinstance(self._settings, Misconfigured) or not self._settings.CALLBACK_SECRET:
            return None
        from ci_callback.inbound.secret import Secret  # noqa: PLC0415 - only where one is named

        found = self._settings
        is_local = bool(found.COS_ENDPOINT)
        return Secret(found.CALLBACK_SECRET, self._transport, region=found.region, is_local=is_local)

    def handle(self, event: object, context: object) -> Reply:
        """Return the reply to an SCF event; raise Redeliver, and nothing else, where a queue must send it again."""
        invocation = _Invocation(_request_id(context), self._cold, Deadline.of(context, time.monotonic()))
        self._cold = False
        if triggers.is_for_doctor(event):
            return self._examine(event, context, invocation)
        try:
            pipeline = self._pipeline(invocation)
            read = triggers.read(event)
        except Exception as error:  # noqa: BLE001 - no event may reach the caller as a traceback
            return self._refuse(event, invocation, error)
        try:
            if isinstance(read, Command):
                return self._obey(invocation, pipeline, read)
            if read[0].source == "queue":
                return self._take_records(invocation, pipeline, read)
            return self._answer(invocation, pipeline, read[0]).reply
        finally:
            self._send_notices(invocation, pipeline)

    def _pipeline(self, invocation: _Invocation) -> Pipeline:
        """Return the pipeline of this invocation; raise Misconfigured."""
        if isinstance(self._settings, Misconfigured):
            raise self._settings
        store = self._open_store(self._settings, invocation.deadline)
        dead_letters = NewDeadLetters(store, self._settings.DEAD_LETTER)

        def log_job(job: Outcome, command: str) -> None:
            ids = {"request_id": invocation.request_id, **({"command": command} if command else {})}
            log.emit(self._log_level, {"level": log.level_of_job(job), **ids, **log.job_fields(job)})

        return Pipeline(self._settings, store, dead_letters, self.now(), invocation.request_id, log_job)

    def _open_store(self, found: Settings, deadline: Deadline) -> Store:
        """Return the buckets of this invocation; raise Misconfigured."""
        opened = (self._transport, credentials.read(self._environ), found.BUCKETS, deadline, self._versioned)
        if not found.RECORD_SECRET:
            return Store(*opened)
        from ci_callback.results.signed import SignedStore  # noqa: PLC0415 - only where there is a secret

        return SignedStore(*opened, secrets=found.RECORD_SECRET)

    def _send_notices(self, invocation: _Invocation, pipeline: Pipeline) -> None:
        """Send the notices about new dead letters, and log a line for each."""
        if not pipeline.notices:
            return
        from ci_callback.actions import notice  # noqa: PLC0415 - only where it is configured

        for fields in notice.send(pipeline.settings, pipeline.store, pipeline.notices):
            log.emit(self._log_level, {"request_id": invocation.request_id, **fields})

    def _refuse(self, event: object, invocation: _Invocation, error: Exception) -> Reply:
        """Return the reply to an event that cannot be served; raise Redeliver for a queue's, which counts as taken."""
        with self._canonical_line(invocation) as line:
            raise error
        if triggers.is_from_queue(event) and line.is_lost:
            raise Redeliver("The records could not be served; they must be sent again.")
        return line.reply

    def _examine(self, event: Any, context: object, invocation: _Invocation) -> Reply:
        """Return the doctor's report, also where no other event is served."""
        from ci_callback.commands.doctor import run as doctor  # noqa: PLC0415 - a callback needs no command
        from ci_callback.commands.doctor.context import Context  # noqa: PLC0415 - a callback needs no command

        with self._canonical_line(invocation) as line:
            line.fields |= {"source": "invoke", "command": "doctor"}
            examined = (self._environ, context, self._settings, self._transport, invocation.deadline, self._open_secret)
            line.report(doctor.run(Context(*examined), event["doctor"]))
        return line.reply

    def _obey(self, invocation: _Invocation, pipeline: Pipeline, command: Command) -> Reply:
        """Return the report of a command."""
        with self._canonical_line(invocation) as line:
            line.fields |= {"source": "invoke", "command": command.name}
            line.report(self._runs[command.name](pipeline, command.options))
        return line.reply

    def _take_records(self, invocation: _Invocation, pipeline: Pipeline, records: Sequence[Arrival]) -> Reply:
        """Return the reply to a queue's records; raise Redeliver while one of them is not durable.

        SCF sends the event of a function that raised again; its settled records are then duplicates.
        """
        from .records import Answered, Records  # noqa: PLC0415 - a callback comes alone

        def answer(arrival: Arrival, record: DecodedRecord) -> Answered:
            line = self._answer(invocation, pipeline, arrival, *record)
            return Answered(line.is_lost, line.is_repeated)

        batch = Batch(pipeline.in_order(range(len(records))), invocation.deadline)
        lost = [*Records(records, pipeline, answer).settle_in(batch), *batch.left]
        unsettled = [records[at] for at in sorted(lost)]
        if unsettled and self._keep_rest(invocation, pipeline, unsettled).is_lost:
            raise Redeliver(f"{len(unsettled)} of {len(records)} records are not durable; they must be sent again.")
        return reply.of_records(len(records), invocation.request_id)

    def _keep_rest(self, invocation: _Invocation, pipeline: Pipeline, records: Sequence[Arrival]) -> _CanonicalLine:
        """Keep the records of a batch that are not durable in one dead letter."""
        with self._canonical_line(invocation) as line:
            line.fields["source"] = "queue"
            line.settle(pipeline.keep_rest([*map(triggers.deliver, records)]))
        return line

    def _answer(
        self,
        invocation: _Invocation,
        pipeline: Pipeline,
        arrival: Arrival,
        stopwatch: log.Stopwatch | None = None,
        decoded: Decoded | None = None,
    ) -> _CanonicalLine:
        """Settle a delivery, which may be decoded already.

        The order of the checks is part of the contract (docs/operation.md).
        """
        with self._canonical_line(invocation) as line:
            line.stopwatch = stopwatch or line.stopwatch
            line.fields["source"] = arrival.source
            access.check(arrival, self._tokens(pipeline))
            delivery = triggers.deliver(arrival)
            line.fields["bytes"] = len(delivery.body)
            if len(delivery.body) > MAX_BODY_BYTES:
                raise TooLarge(f"The body has {len(delivery.body)} bytes; {MAX_BODY_BYTES} are taken.")
            settlement = pipeline.settle(delivery, line.stopwatch, decoded)
            if len(settlement.jobs) > 1:
                for job in log.logged_jobs(settlement.jobs):
                    pipeline.log_job(job, "")
            line.settle(settlement)
        return line

    def _tokens(self, pipeline: Pipeline) -> Iterator[str]:
        """Yield the configured tokens, then those of the secret, which is read only then."""
        yield from pipeline.settings.CALLBACK_TOKENS
        if self._secret is not None:
            yield from self._secret.tokens(pipeline.store.credentials, pipeline.store.deadline)

    def _canonical_line(self, invocation: _Invocation) -> _CanonicalLine:
        return _CanonicalLine(invocation, self._log_level)

    @property
    def _log_level(self) -> log.Level:
        return "INFO" if isinstance(self._settings, Misconfigured) else self._settings.LOG_LEVEL


class _CanonicalLine:
    """The log line of a delivery or command, written when the block ends; any error in the block becomes the reply."""

    def __init__(self, invocation: _Invocation, threshold: log.Level) -> None:
        self.reply: Reply = {}
        self.stopwatch = log.Stopwatch(time.monotonic())
        self.fields: dict[str, Any] = {
            "level": "INFO",
            "request_id": invocation.request_id,
            "cold_start": invocation.cold,
        }
        self._requests = itertools.count()
        self._threshold = threshold
        self.is_repeated = False  # a part of it was settled before

    def __enter__(self) -> Self:
        self._counting = count_request.set(partial(next, self._requests))
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, CallbackError):
            self._refuse(error)
        elif error is not None:
            self._fail(error)
        count_request.reset(self._counting)
        self.fields |= {"status": self.reply["statusCode"], "requests": next(self._requests), **self.stopwatch.fields()}
        log.emit(self._threshold, self.fields)
        return isinstance(error, Exception)  # no traceback may reach the caller, but an order to exit must

    @property
    def is_lost(self) -> bool:
        """Whether an event with this reply is lost unless it is sent again: any server error."""
        status: int = self.reply["statusCode"]
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def settle(self, settlement: Settlement) -> None:
        """Reply with a settlement, and log it."""
        self.is_repeated = settlement.is_repeated
        self.fields |= {**log.settlement_fields(settlement), "level": log.level_of(settlement)}
        self.reply = reply.of_settlement(settlement, self.fields["request_id"])

    def report(self, report: dict[str, Any]) -> None:
        """Reply with a command's report, and log its counts and names."""
        self.fields |= {name: value for name, value in report.items() if isinstance(value, int | str)}
        if "next" in report:
            self.fields["next"] = report["next"] is not None
        if any(self.fields.get(name) for name in ("failed", "kept", "unhealed", "warnings", "problems")):
            self.fields["level"] = "WARNING"
        self.reply = reply.of_report(report, self.fields["request_id"])

    def _refuse(self, error: CallbackError) -> None:
        level = "ERROR" if error.status >= Misconfigured.status else "WARNING"
        self.fields |= {"level": level, "reason": error.reason, "detail": str(error)}
        self.reply = reply.of_error(error, self.fields["request_id"])
        for problem in error.problems if isinstance(error, Misconfigured) else ():
            ids = {"level": "ERROR", "request_id": self.fields["request_id"]}
            log.emit(self._threshold, {**ids, "problem": problem})

    def _fail(self, error: BaseException) -> None:
        detail = f"{type(error).__name__} at {_origin(error)}"
        self.fields |= {"level": "ERROR", "reason": "internal-error", "detail": detail}
        unknown = CallbackError("An internal error; the log names it.")
        self.reply = reply.of_error(unknown, self.fields["request_id"])


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _request_id(context: object) -> str:
    value = context.get("request_id") if isinstance(context, dict) else None
    return value[:64] if isinstance(value, str) else ""


def _origin(error: BaseException) -> str:
    """Return the module and line that raised an exception; its message may hold text of the caller."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
