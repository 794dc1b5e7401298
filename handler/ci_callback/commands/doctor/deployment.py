"""The function itself: its settings, role, limits, tokens and clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ci_callback.cloud import credentials
from ci_callback.commands.finding import many, ok, problem, warning
from ci_callback.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ci_callback.cloud.credentials import Credentials
    from ci_callback.commands.callback_url import CallbackUrl
    from ci_callback.commands.finding import Finding
    from ci_callback.config.settings import Settings

    from .context import Context

# Usually more than a cold start and one repeated request to COS take; a body of 6 MB fits.
_MIN_TIME_MS = 10_000
_MIN_MEMORY_MB = 128

# COS refuses a signature whose time is further off: https://cloud.tencent.com/document/product/436/7730.
_FATAL_SKEW_S = 15 * 60
_LARGE_SKEW_S = 60

_LOOPBACK = {"127.0.0.1", "localhost"}  # where the local cloud is

_DEPLOY = "and deploy (docs/deployment.md, 3)"


def settings(found: Settings | Misconfigured) -> Iterator[Finding]:
    """Yield every mistake in the settings."""
    if isinstance(found, Misconfigured):
        for each in found.problems:
            message, _, expected = each.partition(" Expected: ")
            where = "under environment.variables of serverless.yml, or in .env if it has ${env:…} there"
            fix = f"Set it {where}, {_DEPLOY}. Expected: {expected}"
            yield problem("settings", message, fix)
        return
    if found.COS_ENDPOINT and urlsplit(found.COS_ENDPOINT).hostname not in _LOOPBACK:
        message = f"COS_ENDPOINT is set: every request, with the role's key, goes to {found.COS_ENDPOINT}."
        yield problem("settings", message, f"It is for tests: remove it from serverless.yml, {_DEPLOY}.")
    counts = f"{many(len(found.BUCKETS), 'bucket')}, {many(len(found.ROUTES), 'route')}, VERIFY={found.VERIFY}"
    stand_in = " COS_ENDPOINT stands in for COS, CI and Secrets Manager." if found.COS_ENDPOINT else ""
    yield ok("settings", f"The settings are valid: {counts}.{stand_in}")


def signatures(found: Settings) -> Finding:
    """Check whether uploaders can write objects that pass for results."""
    if found.RECORD_SECRET:
        return ok("signatures", "Results, dead letters and checkpoints are signed.")
    if not any(template.needs_object for route in found.ROUTES for template in route.write):
        return ok("signatures", "Results are not signed; no route writes them next to uploads.")
    message = "Results are next to uploads and not signed: who may upload there can keep a result from being written."
    return warning("signatures", message, f"Set RECORD_SECRET (docs/configuration.md), {_DEPLOY}.")


def role(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check that the platform gives the function a role's key."""
    try:
        credentials.read(environ)
    except Misconfigured as error:
        message = error.problems[0].partition(" Expected: ")[0]
        fix = f"Name the execution role in .env as SCF_ROLE, for inputs.role of serverless.yml, {_DEPLOY}."
        yield problem("role", f"No execution role: {message}", fix)
    else:
        yield ok("role", "The function has an execution role, and its temporary key.")


def limits(scf_context: Any) -> Iterator[Finding]:
    """Check that time limit and memory suffice."""
    time_ms, memory_mb = (_number(scf_context, name) for name in ("time_limit_in_ms", "memory_limit_in_mb"))
    if time_ms is not None and time_ms < _MIN_TIME_MS:
        message = f"The time limit is {time_ms / 1000:g} s; a cold start and one repeated request can take longer."
        yield warning("limits", message, f"Set timeout in serverless.yml to 30, {_DEPLOY}.")
    if memory_mb is not None and memory_mb < _MIN_MEMORY_MB:
        message = f"The function has {memory_mb:g} MB of memory; a large callback does not fit."
        yield warning("limits", message, f"Set memorySize in serverless.yml to 256, {_DEPLOY}.")
    if (time_ms or _MIN_TIME_MS) >= _MIN_TIME_MS and (memory_mb or _MIN_MEMORY_MB) >= _MIN_MEMORY_MB:
        yield ok("limits", "Time limit and memory suffice.")


def tokens(context: Context, found: Settings, key: Credentials) -> tuple[tuple[str, ...], Finding]:
    """Return the callback URL's tokens, as far as they can be read, and the finding about them."""
    configured = found.CALLBACK_TOKENS
    secret = context.open_secret()
    if secret is None:
        return configured, ok("tokens", f"The callback URL has {many(len(configured), 'valid token')}.")
    try:
        read = secret.tokens(key, context.deadline)
    except Unavailable as error:
        message, fix = f"CALLBACK_SECRET: {error}", "Try again; in a VPC the function needs a route to Secrets Manager."
    except Misconfigured as error:
        message = error.problems[0]
        fix = "Check that the secret exists and holds tokens, and allow the role ssm:GetSecretValue for it."
    else:
        message = f"CALLBACK_SECRET can be read and holds {many(len(read), 'token')}"
        return configured + read, ok("tokens", f"{message}; CALLBACK_TOKENS has {len(configured)}.")
    refused = "a callback without one of CALLBACK_TOKENS" if configured else "every callback"
    return configured, problem("tokens", message, f"{fix} Until then {refused} is refused.")


def url(given: CallbackUrl, accepted: Collection[str]) -> Finding:
    """Check that the URL given with the command has a token."""
    if not given.has_one_of(accepted):
        message = f"{given.shown} has no valid token, neither at its end nor in token=: every call gets 401."
        fix = "Put one of the tokens behind the function's address, or deploy with the URL's token."
        return problem("url", message, fix)
    if given.scheme == "http":
        message = f"{given.shown} is called without encryption: its token can be read on the way."
        return warning("url", message, "Set the URL with https.")
    return ok("url", f"{given.shown} has one of the tokens.")


def clock(skews: Sequence[float]) -> Iterator[Finding]:
    """Check the function's clock against COS's, by the answers with a date."""
    if not skews:
        return
    skew = max(skews, key=abs)
    message = f"COS's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the function's."
    fix = "The platform sets an instance's clock: deploy again for a new instance, else open a ticket with SCF."
    if abs(skew) > _FATAL_SKEW_S:
        yield problem("clock", f"{message} COS refuses signatures beyond 15 minutes.", fix)
    elif abs(skew) > _LARGE_SKEW_S:
        yield warning("clock", f"{message} COS will refuse signatures beyond 15 minutes.", fix)
    else:
        yield ok("clock", "The function's clock agrees with COS's to the minute.")


def _number(scf_context: Any, name: str) -> float | None:
    value = scf_context.get(name) if isinstance(scf_context, dict) else None
    return value if isinstance(value, int | float) else None
