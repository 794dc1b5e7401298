"""A process that runs the function: a socket for events and answers, a pipe for its output."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def failure(status: int, message: str) -> dict[str, Any]:
    """Return an error of the platform in its own words."""
    return {"error": {"errorCode": -1, "errorMessage": message, "statusCode": status}}


class Instance:
    """Started by construction, ended by `close`."""

    def __init__(self, command: list[str], handler: str, cwd: Path, environment: Mapping[str, str]) -> None:
        self._socket, child = socket.socketpair()
        log_read, log_write = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*command, str(child.fileno()), handler],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log_write,
                stderr=log_write,
                pass_fds=[child.fileno()],
                start_new_session=True,  # Ctrl-C is for the local cloud; children end with the group
            )
        except BaseException:
            self._socket.close()
            os.close(log_read)
            raise
        finally:
            child.close()
            os.close(log_write)
        self._log = os.fdopen(log_read, "rb", buffering=0)
        os.set_blocking(log_read, False)

    def exchange(self, message: str | None, limit_s: float) -> tuple[dict[str, Any], str, int]:
        """Send one line and wait for one: the answer (empty after the limit), the output, milliseconds."""
        start = time.monotonic()
        deadline = start + limit_s
        log, line = bytearray(), bytearray()
        with contextlib.suppress(OSError):  # gone, or not reading: then no answer arrives
            if message is not None:
                self._socket.settimeout(limit_s)
                self._socket.sendall(message.encode() + b"\n")
        self._socket.settimeout(0)
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._log, selectors.EVENT_READ)
            ended = False
            while not (ended or line.endswith(b"\n")) and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    if key.fileobj is self._log:
                        if not self._read_log(log):
                            selector.unregister(self._log)
                        continue
                    chunk = self._receive()
                    ended = ended or not chunk
                    line += chunk
        elapsed = round((time.monotonic() - start) * 1000)
        answer: dict[str, Any] = {}
        if line.endswith(b"\n"):
            answer = json.loads(line)
        elif ended:
            answer = failure(439, f"User process exit when running: exit code {self._exit_code()}")
        while self._read_log(log):
            pass
        return answer, log.decode("utf-8", "replace"), elapsed

    def _exit_code(self) -> int:
        try:
            return self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:  # it has closed the socket and goes on
            self.kill()
            return self._process.wait()

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(1 << 16)
        except ConnectionError:
            return b""

    def _read_log(self, log: bytearray) -> bool:
        """Read the available output; return whether there was any."""
        chunk = self._log.read(1 << 16)
        log += chunk or b""
        return bool(chunk)

    def kill(self) -> None:
        """End the process and its children at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and close its socket and pipe."""
        self.kill()
        self._process.wait()
        self._socket.close()
        self._log.close()
