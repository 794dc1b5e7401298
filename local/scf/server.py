"""SCF on your machine: the function in a process of its own, as the platform runs it.

The instance gets an environment made from scratch, a dict as context, its role's credentials before every
event, and a time limit; it stays warm between events and takes one at a time. Failures are answered as the
platform answers them (document 583/42611): 430 exception, 433 time limit, 437 no entry file, 439 process
exit, 443 import error, 450 slow start, 406 and 407 for more than 6 MB in or out.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.scf.instance import Instance, failure
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

    from local.cos.signature import Credentials

_RUNTIME = Path(__file__).with_name("runtime.py")
_INIT_LIMIT_S = 65  # the API's default initTimeout
_MOST_BYTES = 6 << 20  # of an event and of a reply, document 583/11637
_ENVIRONMENT_LIMIT = 4 << 10
_USER_VARIABLE = re.compile(r"(?!SCF_|QCLOUD_|TENCENTCLOUD_)[a-zA-Z][a-zA-Z0-9_]*")


class RefusedEnvironmentError(UserError):
    """The platform refuses these environment variables."""


@dataclass(frozen=True)
class Invocation:
    """One invocation: a `result`, or an `error` in the platform's words."""

    request_id: str
    result: Any
    error: Mapping[str, Any] | None
    log: str
    init_ms: int | None  # None when the instance was warm
    duration_ms: int
    memory_mb: int
    max_memory_mb: float

    @property
    def report(self) -> str:
        """The platform's report line, after an Init Report line on a cold start."""
        line = (
            f"Report RequestId: {self.request_id} Duration: {self.duration_ms}ms "
            f"Memory: {self.memory_mb}MB MaxMemoryUsed: {self.max_memory_mb:.1f}MB"
        )
        if self.init_ms is None:
            return line
        return f"Init Report RequestId: {self.request_id} Coldstart: {self.init_ms}ms\n{line}"


@dataclass
class LocalScf:
    """One function with at most one instance; `credentials` may be replaced between events (a role's rotate).

    `layer` is a folder in place of /opt; with it the function sees the standard library, its own code and the
    layer, nothing else. Without it the packages of `python` take the place of the layer.
    """

    code_root: Path
    handler: str = "index.main_handler"
    environment: Mapping[str, str] = field(default_factory=dict)
    credentials: Credentials | None = None
    memory_mb: int = 128
    timeout_s: float = 3
    region: str = "ap-chongqing"
    python: str = sys.executable
    layer: Path | None = None
    on_invocation: Callable[[Invocation], None] = lambda _: None

    def __post_init__(self) -> None:
        """Raise RefusedEnvironmentError for an environment that the platform refuses."""
        self.code_root = self.code_root.resolve()
        self.layer = self.layer.resolve() if self.layer else None
        for name in self.environment:
            if not _USER_VARIABLE.fullmatch(name):
                raise RefusedEnvironmentError(
                    f"{name!r} cannot be the name of an environment variable on SCF: take another"
                )
        size = sum(len(f"{name}={value}".encode()) for name, value in self.environment.items())
        if size > _ENVIRONMENT_LIMIT:
            raise RefusedEnvironmentError(
                f"the environment variables take {size} bytes, SCF allows {_ENVIRONMENT_LIMIT}: shorten them"
            )
        self._lock = threading.Lock()
        self._instance: Instance | None = None
        self._stopped = False

    def __enter__(self) -> Self:
        """Start nothing before the first event."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def stop(self) -> None:
        """End the instance, also in the middle of an event; later events start none."""
        self._stopped = True
        self.kill()
        with self._lock:
            self._recycle()

    def kill(self) -> None:
        """End the instance, also in the middle of an event, as a crash of its host does."""
        instance = self._instance
        if instance is not None:
            instance.kill()

    def invoke(self, event: Any) -> Invocation:
        """Deliver one event and return the invocation."""
        with self._lock:
            invocation = self._invoke(event, str(uuid.uuid4()))
        self.on_invocation(invocation)
        return invocation

    def _invoke(self, event: Any, request_id: str) -> Invocation:
        text = json.dumps(event, ensure_ascii=False)
        if len(text.encode("utf-8", "surrogatepass")) > _MOST_BYTES:
            return self._invocation(request_id, failure(406, "the event is larger than 6 MB"))
        if self._stopped:
            return self._invocation(request_id, failure(439, "the local cloud has been stopped"))
        init_ms, log = None, ""
        if self._instance is None:
            instance = self._instance = self._new_instance()
            answer, log, init_ms = instance.exchange(None, _INIT_LIMIT_S)
            if "ready" not in answer:
                self._recycle()
                return self._invocation(request_id, answer or failure(450, "init timed out"), log, init_ms)
        message = json.dumps(
            {"event": event, "context": self._context(request_id), "environment": self._role()},
        )
        answer, event_log, duration_ms = self._instance.exchange(message, self.timeout_s)
        if not answer:
            answer = failure(433, f"TimeLimitReached: Invoking task timed out after {self.timeout_s:g} seconds")
        if "result" in answer and len(json.dumps(answer["result"]).encode()) > _MOST_BYTES:
            answer = {
                **failure(407, "the reply is larger than 6 MB"),
                "max_memory_mb": answer["max_memory_mb"],
            }
        if answer.get("error", {}).get("statusCode") in {433, 439}:
            self._recycle()
        return self._invocation(request_id, answer, log + event_log, init_ms, duration_ms)

    def _invocation(
        self,
        request_id: str,
        answer: Mapping[str, Any],
        log: str = "",
        init_ms: int | None = None,
        duration_ms: int = 0,
    ) -> Invocation:
        error = {**answer["error"], "requestId": request_id} if "error" in answer else None
        used = answer.get("max_memory_mb", 0.0)
        result = answer.get("result")
        return Invocation(request_id, result, error, log, init_ms, duration_ms, self.memory_mb, used)

    def _recycle(self) -> None:
        if self._instance is not None:
            self._instance.close()
            self._instance = None

    def _new_instance(self) -> Instance:
        # -u keeps the output before a crash. -S hides site-packages behind a layer.
        python = [self.python, "-u", "-s", *(["-S"] if self.layer else [])]
        return Instance([*python, str(_RUNTIME)], self.handler, self.code_root, self.process_environment())

    def _role(self) -> dict[str, str]:
        if self.credentials is None:
            return {}
        return {
            "TENCENTCLOUD_SECRETID": self.credentials.secret_id,
            "TENCENTCLOUD_SECRETKEY": self.credentials.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": self.credentials.token,
        }

    def _context(self, request_id: str) -> dict[str, Any]:
        own = {"SCF_NAMESPACE": "default", **self.environment}
        return {
            "request_id": request_id,
            "memory_limit_in_mb": self.memory_mb,
            "time_limit_in_ms": int(self.timeout_s * 1000),
            "environment": json.dumps(own),
            # The platform's has been seen to contain the role's credentials: logging the context leaks them, here too.
            "environ": ";".join(f"{name}={value}" for name, value in {**own, **self._role()}.items()),
            "function_version": "$LATEST",
            "function_name": "ci-callback",
            "namespace": "default",
            "tencentcloud_region": self.region,
            "tencentcloud_appid": "1234567890",
            "tencentcloud_uin": "100000000001",
        }

    def process_environment(self) -> dict[str, str]:
        """Return the environment of a new instance; each event brings the credentials."""
        path = [str(self.code_root), *([str(self.layer)] if self.layer else [])]
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "x",
            "PYTHONIOENCODING": "utf-8",
            "USER_CODE_ROOT": str(self.code_root),
            "SCF_RUNTIME": "Python3.10",
            "SCF_FUNCTIONNAME": "ci-callback",
            "SCF_FUNCTIONVERSION": "$LATEST",
            "SCF_NAMESPACE": "default",
            "TENCENTCLOUD_RUNENV": "SCF",
            "TENCENTCLOUD_REGION": self.region,
            "TENCENTCLOUD_APPID": "1234567890",
            "TENCENTCLOUD_UIN": "100000000001",
            "TENCENTCLOUD_TZ": "UTC",
            **self.environment,
        }
