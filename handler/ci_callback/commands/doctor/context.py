"""The function that the doctor examines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ci_callback.cloud.deadline import Deadline
    from ci_callback.cloud.transport import Transport
    from ci_callback.config.settings import Settings
    from ci_callback.errors import Misconfigured
    from ci_callback.inbound.secret import Secret


@dataclass(frozen=True)
class Context:
    """An instance of the function, in one invocation.

    `scf` is the context that SCF passes; `open_secret` gives a secret that has not been read yet.
    """

    environ: Mapping[str, str] = field(repr=False)
    scf: Any = field(repr=False)
    settings: Settings | Misconfigured
    transport: Transport
    deadline: Deadline
    open_secret: Callable[[], Secret | None]
