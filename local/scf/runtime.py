"""The inside of a function's process: load the handler once, then answer events until the socket closes.

Runs with nothing of this project on its path and imports only the standard library. Usage:
`python runtime.py <file descriptor of a socket> <file.function>`. Each message is one line of JSON:

    out, once     {"ready": true} or {"error": …}, when the handler has been loaded
    in            {"event": …, "context": {…}, "environment": {…}}
    out           {"result": …} or {"error": …}, with "max_memory_mb"
"""

import importlib
import json
import os
import resource
import socket
import sys
import traceback
from pathlib import Path
from typing import IO, Any

_ROLE = ("TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN")


def main() -> None:
    """Serve one socket."""
    descriptor, handler_name = int(sys.argv[1]), sys.argv[2]
    # The function must not see this file's folder, nor its own children this socket.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
    os.set_inheritable(descriptor, False)  # noqa: FBT003  # its only form
    with socket.socket(fileno=descriptor) as connection:
        incoming, outgoing = connection.makefile("rb"), connection.makefile("wb")
        handler = _load(handler_name, outgoing)
        for line in incoming:
            message = json.loads(line)
            # The platform renews the role's credentials in os.environ before every event.
            for name in _ROLE:
                os.environ.pop(name, None)
            os.environ.update(message["environment"])
            _send(outgoing, _invoke(handler, message["event"], message["context"]))


def _load(name: str, stream: IO[bytes]) -> Any:
    file_name, _, function_name = name.rpartition(".")
    if not Path(file_name + ".py").exists():
        _send(stream, _error(437, 1, f"entry file {file_name}.py not found in the root of the code"))
        sys.exit(1)
    try:
        handler = getattr(importlib.import_module(file_name), function_name)
    except Exception:  # noqa: BLE001  # any error of the function's code while it loads
        _send(stream, _error(443, 1, traceback.format_exc()))
        sys.exit(1)
    _send(stream, {"ready": True})
    return handler


def _invoke(handler: Any, event: Any, context: dict[str, Any]) -> dict[str, Any]:
    try:
        result = handler(event, context)
    except Exception as error:  # noqa: BLE001  # any error of the function is its answer
        where = error.__traceback__.tb_next if error.__traceback__ else None  # without this file's own frame
        stack = "".join(traceback.format_exception(type(error), error, where))
        return _error(430, -1, "user code exception caught", stackTrace=stack)
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return _error(430, -1, f"the function's return value is no JSON: {type(error).__name__}: {error}")
    return {"result": result}


def _error(status: int, code: int, message: str, **more: str) -> dict[str, Any]:
    return {"error": {"errorCode": code, "errorMessage": message, "statusCode": status, **more}}


def _send(stream: IO[bytes], message: dict[str, Any]) -> None:
    # The parent reads the log up to here once it has the answer, so all of it must be out.
    sys.stdout.flush()
    sys.stderr.flush()
    message["max_memory_mb"] = _max_memory_mb()
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def _max_memory_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:  # not Linux; there ru_maxrss would also count the parent of the fork
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


if __name__ == "__main__":
    main()
