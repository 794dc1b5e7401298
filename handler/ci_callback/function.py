"""The composition root: what lives as long as the instance, and what one invocation does with it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.cloud import credentials
from ci_callback.cloud.cos import Store
from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport, open_session
from ci_callback.config import settings
from ci_callback.inbound import access, reply, triggers
from ci_callback.results.dead_letter import NewDeadLetters

from . import log
from .delivery import Command
from .errors import CallbackError, Misconfigured, Redeliver, TooLarge
from .pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ci_callback.config.settings import Settings
    from ci_callback.inbound.reply import Reply
    from ci_callback.inbound.secret import Secret

    from .delivery import Delivery, Outcome

# SCF itself lets no more through: https://cloud.tencent.com/document/product/583/11637
MAX_BODY_BYTES = 6 * 1024 * 1024


_MODULES = {"sweep": "sweep.run"}


class _Invocation(NamedTuple):
    """What is known of an invocation before its event is read."""

    request_id: str
    cold: bool
    deadline: Deadline


class Function:
    """One instance: settings are read when it is made, credentials for every event.

    A mistake in the settings does not keep the instance from starting: it is what every event is answered with.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._cold = True
        try:
            self._settings: Settings | Misconfigured = settings.load(environ)
        except Misconfigured as error:
            self._settings = error
        self._transport = Transport("" if isinstance(self._settings, Misconfigured) else self._settings.COS_ENDPOINT)
        self._session = open_session(self._transport)
        self._versioned: set[str] = set()
        self._secret = self._open_secret()

    def _open_secret(self) -> Secret | None:
        if isinstance(self._settings, Misconfigured) or not self._settings.CALLBACK_SECRET:
            return None
        from ci_callback.inbound.secret import Secret  # noqa: PLC0415 - only where one is named

        return Secret(
            self._settings.CALLBACK_SECRET, region=self._settings.region, endpoint=self._settings.COS_ENDPOINT
        )

    def handle(self, event: object, context: object) -> Reply:
        """Return the reply to an SCF event; raise Redeliver, and nothing else, where a queue must send it again."""
        invocation = _Invocation(_request_id(context), self._cold, Deadline.of(context, time.monotonic()))
        self._cold = False
        if triggers.is_for_doctor(event):
            return self._logged(invocation, lambda facts, _: self._examine(event, context, invocation, facts))
        try:
            pipeline = self._pipeline(invocation)
            read = triggers.read(event)
        except Exception as error:  # noqa: BLE001 - no event may reach the caller as a traceback
            return _of_event(event, self._logged(invocation, _raising(error)))
        if isinstance(read, Command):
            return self._logged(invocation, lambda facts, _: _obey(read, pipeline, facts))
        replies = [self._answer(invocation, pipeline, delivery) for delivery in read]
        if read[0].source == "queue":
            return _of_records(replies, invocation.request_id)
        return replies[0]

    def _pipeline(self, invocation: _Invocation) -> Pipeline:
        """Return the pipeline of this invocation; raise Misconfigured."""
        if isinstance(self._settings, Misconfigured):
            raise self._settings
        key = credentials.read(self._environ)
        store = Store(self._session, key, self._settings.BUCKETS, invocation.deadline, self._versioned)
        dead_letters = NewDeadLetters(store, self._settings.DEAD_LETTER)

        def log_job(job: Outcome, command: str) -> None:
            which = {"request_id": invocation.request_id, **({"command": command} if command else {})}
            log.emit(self._log_level, {"level": log.level_of_job(job), **which, **log.job_fields(job)})

        return Pipeline(self._settings, store, dead_letters, datetime.now(timezone.utc), invocation.request_id, log_job)

    def _examine(self, event: Any, context: object, invocation: _Invocation, facts: dict[str, Any]) -> Reply:
        """Return the doctor's report, also where no other event is served."""
        from ci_callback.commands import doctor  # noqa: PLC0415 - a callback never needs it
        from ci_callback.commands.doctor.context import Patient  # noqa: PLC0415 - the same

        facts |= {"source": "invoke", "command": "doctor"}
        examined = (self._environ, context, self._settings, self._session, invocation.deadline, self._open_secret)
        return _reported(doctor.examine(Patient(*examined), event["doctor"]), facts)

    def _answer(self, invocation: _Invocation, pipeline: Pipeline, delivery: Delivery) -> Reply:
        """Return the reply to a delivery; the order of the checks is part of the contract (docs/operation.md)."""

        def answer(facts: dict[str, Any], stopwatch: log.Stopwatch) -> Reply:
            facts |= {"source": delivery.source, "bytes": len(delivery.body)}
            access.check(delivery, lambda: self._tokens(pipeline))
            if len(delivery.body) > MAX_BODY_BYTES:
                raise TooLarge(f"The body has {len(delivery.body)} bytes; {MAX_BODY_BYTES} are taken.")
            settlement = pipeline.settle(delivery, stopwatch)
            if len(settlement.jobs) > 1:
                for job in log.told_jobs(settlement.jobs):
                    pipeline.log_job(job, "")
            facts |= {**log.settlement_fields(settlement), "level": log.level_of(settlement)}
            return reply.of_settlement(settlement, invocation.request_id)

        return self._logged(invocation, answer)

    def _tokens(self, pipeline: Pipeline) -> tuple[str, ...]:
        """Return every token that opens: the configured ones and those of the secret."""
        configured = pipeline.settings.CALLBACK_TOKENS
        if self._secret is None:
            return configured
        return configured + self._secret.tokens(pipeline.store.credentials, pipeline.store.deadline)

    def _logged(self, invocation: _Invocation, answer: Callable[[dict[str, Any], log.Stopwatch], Reply]) -> Reply:
        """Return what `answer` gives, or the reply to the error it raises, and write the canonical line of it."""
        stopwatch = log.Stopwatch(time.monotonic())
        facts: dict[str, Any] = {"level": "INFO", "request_id": invocation.request_id, "cold_start": invocation.cold}
        sent = self._transport.sent
        try:
            replied = answer(facts, stopwatch)
        except CallbackError as error:
            replied = _refusal(error, facts)
        except Exception as error:  # noqa: BLE001 - no event may reach the caller as a traceback
            replied = reply.of_error(CallbackError("An internal error; the log names it."), invocation.request_id)
            detail = f"{type(error).__name__} at {_origin(error)}"
            facts |= {"level": "ERROR", "reason": "internal-error", "detail": detail}
        facts |= {"status": replied["statusCode"], "requests": self._transport.sent - sent, **stopwatch.fields()}
        for problem in facts.pop("mistakes", ()):
            log.emit(self._log_level, {"level": "ERROR", "request_id": invocation.request_id, "problem": problem})
        log.emit(self._log_level, facts)
        return replied

    @property
    def _log_level(self) -> log.Level:
        return "INFO" if isinstance(self._settings, Misconfigured) else self._settings.LOG_LEVEL


def _raising(error: Exception) -> Callable[[dict[str, Any], log.Stopwatch], Reply]:
    def answer(_facts: dict[str, Any], _stopwatch: log.Stopwatch) -> Reply:
        raise error

    return answer


def _refusal(error: CallbackError, facts: dict[str, Any]) -> Reply:
    """Return the reply to an error of ours, and put into the facts what the log says of it."""
    level = "ERROR" if error.status >= Misconfigured.status else "WARNING"
    facts |= {"level": level, "reason": error.reason, "detail": str(error)}
    if isinstance(error, Misconfigured):
        facts["mistakes"] = error.problems
    return reply.of_error(error, facts["request_id"])


def _obey(command: Command, pipeline: Pipeline, facts: dict[str, Any]) -> Reply:
    """Return the report of a command."""
    # only here: a callback never needs it
    module = import_module(f"ci_callback.commands.{_MODULES.get(command.name, command.name)}")
    run = module.read(pipeline, command.options)
    facts |= {"source": "invoke", "command": command.name}
    return _reported(run.run(), facts)


def _reported(report: dict[str, Any], facts: dict[str, Any]) -> Reply:
    """Return the reply with a command's report, and put its counts and names into the facts."""
    facts |= {name: value for name, value in report.items() if isinstance(value, int | str)}
    if "next" in report:
        facts["next"] = report["next"] is not None
    if any(facts.get(name) for name in ("failed", "warnings", "problems")):
        facts["level"] = "WARNING"
    return reply.of_report(report, facts["request_id"])


def _of_event(event: object, refused: Reply) -> Reply:
    """Return the reply to an event that was not served; raise Redeliver where a queue would take it for success."""
    if triggers.is_from_queue(event) and _is_lost(refused):
        raise Redeliver("The records could not be served; they must be sent again.")
    return refused


def _is_lost(replied: Reply) -> bool:
    """Whether what the reply is about is lost unless it is sent again: any server error."""
    status: int = replied["statusCode"]
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _of_records(replies: list[Reply], request_id: str) -> Reply:
    """Return the reply to a queue's records; raise Redeliver while one of them is not durable.

    The platform sends an event again whose function raised; what was settled will then be found a duplicate.
    """
    unsettled = sum(_is_lost(record) for record in replies)
    if unsettled:
        raise Redeliver(f"{unsettled} of {len(replies)} records are not durable; they must be sent again.")
    return reply.of_records(replies, request_id)


def _request_id(context: object) -> str:
    value = context.get("request_id") if isinstance(context, dict) else None
    return value[:64] if isinstance(value, str) else ""


def _origin(error: BaseException) -> str:
    """Return the module and line an exception comes from; its message may hold what a caller sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
