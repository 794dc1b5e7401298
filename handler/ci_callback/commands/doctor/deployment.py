"""The function itself: its settings, role, limits, tokens and clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.cloud import credentials
from ci_callback.commands.finding import many, ok, problem, warning
from ci_callback.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ci_callback.cloud.credentials import Credentials
    from ci_callback.commands.callback_url import CallbackUrl
    from ci_callback.commands.finding import Finding
    from ci_callback.config.settings import Settings

    from .context import Patient

# A cold start and one repeated COS request take less, as a rule; a body of 6 MB fits.
_ENOUGH_MS = 10_000
_ENOUGH_MB = 128

# COS refuses a signature whose time is further off: https://cloud.tencent.com/document/product/436/7730.
_FATAL_SKEW_S = 15 * 60
_LARGE_SKEW_S = 60

_DEPLOY = "and deploy (docs/deployment.md, 3)"


def settings(found: Settings | Misconfigured) -> Iterator[Finding]:
    """Yield every mistake in the settings."""
    if isinstance(found, Misconfigured):
        for said in found.problems:
            what, _, expected = said.partition(" Expected: ")
            fix = f"Set it in serverless.yml, under environment.variables, {_DEPLOY}. Expected: {expected}"
            yield problem("settings", what, fix)
        return
    counts = f"{many(len(found.BUCKETS), 'bucket')}, {many(len(found.ROUTES), 'route')}, VERIFY={found.VERIFY}"
    stand_in = " COS_ENDPOINT stands in for COS, CI and Secrets Manager." if found.COS_ENDPOINT else ""
    yield ok("settings", f"The settings are right: {counts}.{stand_in}")


def role(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield whether the platform gives the function a role's key."""
    try:
        credentials.read(environ)
    except Misconfigured as error:
        message = error.problems[0].partition(" Expected: ")[0]
        fix = f"Name the execution role in .env as SCF_ROLE, for inputs.role of serverless.yml, {_DEPLOY}."
        yield problem("role", f"No execution role: {message}", fix)
    else:
        yield ok("role", "The function has an execution role, and its temporary key.")


def limits(context: Any) -> Iterator[Finding]:
    """Yield whether time and memory suffice."""
    time_ms, memory_mb = (_number(context, name) for name in ("time_limit_in_ms", "memory_limit_in_mb"))
    if time_ms is not None and time_ms < _ENOUGH_MS:
        message = f"The time limit is {time_ms / 1000:g} s; a cold start and one repeated request can outlast it."
        yield warning("limits", message, f"Set timeout in serverless.yml to 30, {_DEPLOY}.")
    if memory_mb is not None and memory_mb < _ENOUGH_MB:
        message = f"The function has {memory_mb:g} MB of memory; a large callback does not fit."
        yield warning("limits", message, f"Set memorySize in serverless.yml to 256, {_DEPLOY}.")
    if (time_ms or _ENOUGH_MS) >= _ENOUGH_MS and (memory_mb or _ENOUGH_MB) >= _ENOUGH_MB:
        yield ok("limits", "Time limit and memory suffice.")


def tokens(patient: Patient, found: Settings, key: Credentials) -> tuple[tuple[str, ...], Finding]:
    """Return the tokens that open the callback URL, as far as they can be read, and the finding about them."""
    configured = found.CALLBACK_TOKENS
    secret = patient.open_secret()
    if secret is None:
        return configured, ok("tokens", f"The callback URL opens for {many(len(configured), 'token')}.")
    try:
        read = secret.tokens(key, patient.deadline)
    except Unavailable as error:
        message, fix = f"CALLBACK_SECRET: {error}", "Ask again; in a VPC the function needs a way to Secrets Manager."
    except Misconfigured as error:
        message = error.problems[0]
        fix = "See that the secret is there and holds tokens, and allow the role ssm:GetSecretValue for it."
    else:
        said = f"CALLBACK_SECRET can be read and holds {many(len(read), 'token')}"
        return configured + read, ok("tokens", f"{said}; CALLBACK_TOKENS has {len(configured)}.")
    return configured, problem("tokens", message, f"{fix} Until then nobody gets in.")


def url(given: CallbackUrl, accepted: Collection[str]) -> Finding:
    """Return whether the URL that was given with the command opens."""
    if not given.has_one_of(accepted):
        message = f"{given.shown} ends with none of the tokens, nor has it one in token=: whoever calls it gets 401."
        return problem(
            "url", message, "Put one of the tokens behind the function's address, or deploy with the URL's token."
        )
    if given.scheme == "http":
        message = f"{given.shown} is called without encryption: its token can be read on the way."
        return warning("url", message, "Set the URL with https.")
    return ok("url", f"{given.shown} has one of the tokens.")


def clock(skews: Sequence[float]) -> Iterator[Finding]:
    """Yield how far COS's clock is from ours, by the answers that told."""
    if not skews:
        return
    skew = max(skews, key=abs)
    message = f"COS's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the function's."
    fix = "The platform sets an instance's clock: deploy again for a new instance, else open a ticket with SCF."
    if abs(skew) > _FATAL_SKEW_S:
        yield problem("clock", f"{message} Signatures do not count with more than 15 minutes between them.", fix)
    elif abs(skew) > _LARGE_SKEW_S:
        yield warning("clock", f"{message} With 15 minutes, signatures will not count any more.", fix)
    else:
        yield ok("clock", "The function's clock is COS's, to the minute.")


def _number(context: Any, name: str) -> float | None:
    value = context.get(name) if isinstance(context, dict) else None
    return value if isinstance(value, int | float) else None
