"""The execution role's temporary key.

SCF puts it into three environment variables and renews them in a warm instance, so they are read for every invocation.
https://cloud.tencent.com/document/product/583/30228
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ci_callback.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = ("TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN")


class Credentials(NamedTuple):
    """A temporary key: all three parts go into every request."""

    secret_id: str
    secret_key: str
    token: str

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "Credentials(…)"


def read(environ: Mapping[str, str]) -> Credentials:
    """Return the key of this invocation; raise Misconfigured where no role is bound."""
    values = [environ.get(name, "") for name in _VARIABLES]
    missing = [name for name, value in zip(_VARIABLES, values, strict=True) if not value]
    if missing:
        problem = f"{', '.join(missing)}: not set by the platform. Expected: an execution role bound to the function."
        raise Misconfigured([f"{problem} Example: inputs.role in serverless.yml"])
    return Credentials(*values)
