"""The whole local cloud: a COS with one bucket, the function as serverless.yml configures it, and its triggers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from local.cos.server import Credentials, LocalCos
from local.scf.pool import ScfPool
from local.scf.server import Invocation, LocalScf
from local.scf.trigger import Trigger
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Self

    from local.faults.requests import Faults
    from local.scf.trigger import Kind

    Invoke = Callable[[Any], Invocation]

PROJECT = Path(__file__).resolve().parent.parent
BUCKET = "test-1234567890"
REGION = "ap-chongqing"
TOKEN = "local-token-0123456789"  # noqa: S105  # of no worth outside this machine
CREDENTIALS = Credentials("AKIDlocal0123456789", "local-secret-key", "local-session-token")

INPUT_KEY = "input/test.mp3"
# Three silent frames of MPEG 1 layer III at 128 kbit/s and 44.1 kHz, 417 bytes each.
INPUT_AUDIO = (b"\xff\xfb\x90\x64" + bytes(413)) * 3


@dataclass(frozen=True)
class Deployment:
    """What serverless.yml says of the function; what it takes from elsewhere (`${…}`) is left out."""

    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 3  # the platform's defaults, document 583/11637
    memory_mb: int = 128


class BadDeploymentError(UserError):
    """serverless.yml cannot be read."""


def read_deployment(path: Path) -> Deployment:
    """Return the deployment, the platform's defaults when there is no file; raise BadDeploymentError."""
    if not path.exists():
        return Deployment()
    try:
        inputs: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["inputs"]
        variables = inputs.get("environment", {}).get("variables", {})
        known = {name: str(value) for name, value in variables.items() if "${" not in str(value)}
        return Deployment(known, float(inputs.get("timeout", 3)), int(inputs.get("memorySize", 128)))
    except yaml.YAMLError as error:
        raise BadDeploymentError(f"{path.name}: {' '.join(str(error).split())}: fix it there.") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise BadDeploymentError(
            f"{path.name}: not as SCF has it: below `inputs` there are `environment.variables` by name, and the "
            "numbers `timeout` and `memorySize`."
        ) from None


class LocalCloud:
    """Takes its ports at construction, works from `start` to `stop` (or inside a `with`).

    `triggers` are the triggers to open with their ports; 0 finds a free one. `settings` go over serverless.yml's, and
    `instances` is how many events the function may work on at once. `watch` goes around every event's way to it.
    """

    def __init__(  # noqa: PLR0913  # each can be chosen on the command line
        self,
        *,
        triggers: Mapping[Kind, int],
        cos_port: int = 0,
        code_root: Path = PROJECT / "handler",
        handler: str = "index.main_handler",
        serverless_yml: Path = PROJECT / "serverless.yml",
        on_invocation: Callable[[Invocation], None] = lambda _: None,
        watch: Callable[[Invoke], Invoke] = lambda invoke: invoke,
        faults: Faults | None = None,
        settings: Mapping[str, str] | None = None,
        instances: int = 1,
    ) -> None:
        deployment = read_deployment(serverless_yml)
        with contextlib.ExitStack() as cleanup:
            self.cos = LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, port=cos_port, faults=faults)
            cleanup.callback(self.cos.stop)
            local = {
                "BUCKETS": f"{BUCKET}/{REGION}",
                "CALLBACK_TOKENS": TOKEN,
                "COS_ENDPOINT": self.cos.address,
            }
            self.scf = LocalScf(
                code_root,
                handler,
                environment={**deployment.environment, **local, **(settings or {})},
                credentials=CREDENTIALS,
                memory_mb=deployment.memory_mb,
                timeout_s=deployment.timeout_s,
                region=REGION,
                on_invocation=on_invocation,
            )
            pool = ScfPool(self.scf, instances)
            self.invoke = watch(pool.invoke)
            self.triggers: dict[Kind, Trigger] = {}
            for kind, port in triggers.items():
                self.triggers[kind] = Trigger(kind, self.invoke, port=port)
                cleanup.callback(self.triggers[kind].stop)
            # Last in, first out: a function that still works on an event must not keep its trigger from closing.
            cleanup.callback(pool.stop)
            self._cleanup = cleanup.pop_all()

    def start(self) -> Self:
        """Begin to answer; the bucket holds the input object."""
        self.cos.put(BUCKET, INPUT_KEY, INPUT_AUDIO, content_type="audio/mpeg")
        self.cos.start()
        for trigger in self.triggers.values():
            trigger.start()
        return self

    def stop(self) -> None:
        """End the function, close the triggers, forget the objects."""
        self._cleanup.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def listing(self) -> Sequence[str]:
        """Return the bucket's keys."""
        return self.cos.keys(BUCKET)
