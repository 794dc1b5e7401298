"""The local cloud: a COS with one bucket, the function as serverless.yml configures it, and its triggers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.cos.server import LocalCos
from local.defaults import BUCKET, CREDENTIALS, INPUT_AUDIO, INPUT_KEY, PROJECT, RECORD_SECRET, REGION, TOKEN
from local.deployment import read_deployment
from local.faults.requests import Faults
from local.scf.pool import ScfPool
from local.scf.server import Invocation, LocalScf
from local.scf.trigger import Trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from local.scf.trigger import Kind

    Invoke = Callable[[Any], Invocation]


class LocalCloud:
    """Takes its ports at construction, works from `start` to `stop` (or inside a `with`).

    `triggers` has the port of each trigger; 0 finds a free one. `code_root` is the folder of the function's code.
    `settings` update serverless.yml's, `instances` is the number of events at once, and `watch` wraps every invocation.
    """

    def __init__(  # noqa: PLR0913  # each can be chosen on the command line
        self,
        *,
        triggers: Mapping[Kind, int],
        cos_port: int = 0,
        code_root: Path = PROJECT / "handler",
        handler: str = "index.main_handler",
        on_invocation: Callable[[Invocation], None] = lambda _: None,
        watch: Callable[[Invoke], Invoke] = lambda invoke: invoke,
        faults: Faults | None = None,
        settings: Mapping[str, str] | None = None,
        instances: int = 1,
    ) -> None:
        self.deployment = PROJECT / "serverless.yml"
        deployment = read_deployment(self.deployment)
        with contextlib.ExitStack() as cleanup:
            self.cos = LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, port=cos_port, faults=faults)
            cleanup.callback(self.cos.stop)
            local = {
                "BUCKETS": f"{BUCKET}/{REGION}",
                "CALLBACK_TOKENS": TOKEN,
                "COS_ENDPOINT": self.cos.address,
                "RECORD_SECRET": RECORD_SECRET,
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
            self.timeout_s = deployment.timeout_s
            self.pool = ScfPool(self.scf, instances)
            self.invoke = watch(self.pool.invoke)
            self.triggers: dict[Kind, Trigger] = {}
            for kind, port in triggers.items():
                self.triggers[kind] = Trigger(kind, self.invoke, port=port)
                cleanup.callback(self.triggers[kind].stop)
            # Last in, first out: a function busy with an event must not keep its trigger from closing.
            cleanup.callback(self.pool.stop)
            self._cleanup = cleanup.pop_all()

    def start(self) -> Self:
        """Store the input object and start to answer."""
        self._put_input()
        self.cos.start()
        for trigger in self.triggers.values():
            trigger.start()
        return self

    def reset(self) -> None:
        """Forget all objects but the input, the faults, and what CI knows."""
        self.cos.faults = Faults()
        self.cos.ci.clear()
        for key in self.listing():
            self.cos.delete(BUCKET, key)
        self._put_input()

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

    def _put_input(self) -> None:
        self.cos.put(BUCKET, INPUT_KEY, INPUT_AUDIO, content_type="audio/mpeg")
