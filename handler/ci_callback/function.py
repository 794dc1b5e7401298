"""The composition root: what lives as long as the instance, and what one invocation does with it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from . import access, credentials, log, reply, settings, triggers
from .deadline import Deadline
from .errors import CallbackError, Misconfigured, TooLarge
from .pipeline import Pipeline
from .store import Store, Transport, open_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .delivery import Settlement
    from .reply import Reply
    from .settings import Settings

# SCF itself lets no more through: https://cloud.tencent.com/document/product/583/11637
MAX_BODY_BYTES = 6 * 1024 * 1024


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

    def handle(self, event: object, context: object) -> Reply:
        """Return the reply to an SCF event; never raises."""
        started = time.monotonic()
        stopwatch = log.Stopwatch(started)
        facts: dict[str, Any] = {"request_id": _request_id(context), "cold_start": self._cold}
        self._cold = False
        sent = self._transport.sent
        try:
            settlement = self._serve(event, facts, stopwatch, Deadline.of(context, started))
            answer = reply.of_settlement(settlement, facts["request_id"])
            level = log.level_of(settlement)
            facts |= log.settlement_fields(settlement)
        except CallbackError as error:
            answer = reply.of_error(error, facts["request_id"])
            level = "ERROR" if error.status == Misconfigured.status else "WARNING"
            facts |= {"reason": error.reason, "detail": str(error)}
            self._log_problems(error, facts)
        except Exception as error:  # noqa: BLE001 - no event may reach the caller as a traceback
            answer = reply.of_error(CallbackError("An internal error; the log names it."), facts["request_id"])
            level = "ERROR"
            facts |= {"reason": "internal-error", "detail": f"{type(error).__name__} at {_origin(error)}"}
        facts |= {"status": answer["statusCode"], "tries": self._transport.sent - sent, **stopwatch.fields()}
        log.emit(self._log_level, level, facts)
        return answer

    def _serve(self, event: object, facts: dict[str, Any], stopwatch: log.Stopwatch, deadline: Deadline) -> Settlement:
        """Return the settlement of the event; the order of the checks is part of the contract (docs/operation.md)."""
        if isinstance(self._settings, Misconfigured):
            raise self._settings
        key = credentials.read(self._environ)
        delivery = triggers.read(event)
        facts |= {"source": delivery.source, "bytes": len(delivery.body)}
        access.check(delivery, self._settings.CALLBACK_TOKENS)
        if len(delivery.body) > MAX_BODY_BYTES:
            raise TooLarge(f"The body has {len(delivery.body)} bytes; {MAX_BODY_BYTES} are taken.")
        store = Store(self._session, key, self._settings.BUCKETS, deadline)
        pipeline = Pipeline(self._settings, store, datetime.now(timezone.utc), facts["request_id"], stopwatch)
        return pipeline.settle(delivery)

    @property
    def _log_level(self) -> log.Level:
        return "INFO" if isinstance(self._settings, Misconfigured) else self._settings.LOG_LEVEL

    def _log_problems(self, error: CallbackError, facts: Mapping[str, Any]) -> None:
        if not isinstance(error, Misconfigured):
            return
        for problem in error.problems:
            log.emit("INFO", "ERROR", {"request_id": facts["request_id"], "problem": problem})


def _request_id(context: object) -> str:
    value = context.get("request_id") if isinstance(context, dict) else None
    return value[:64] if isinstance(value, str) else ""


def _origin(error: BaseException) -> str:
    """Return the module and line an exception comes from; its message may hold what a caller sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
