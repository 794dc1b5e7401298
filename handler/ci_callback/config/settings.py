"""The configuration: environment variables in, one frozen value out, all mistakes reported at once.

Readers raise ValueError; `load` collects. docs/configuration.md explains each variable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ci_callback.errors import Misconfigured
from ci_callback.log import LEVELS

from . import routes
from .template import MAX_KEY_BYTES, key_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ci_callback.log import Level

    from .routes import Route
    from .then import Action

_PACKAGE_ROOT = f"{__file__}/../../.."

MIN_TOKEN_LENGTH, MAX_TOKEN_LENGTH = 16, 512
MIN_RECORD_SECRET_LENGTH = 32

# The token of the local cloud, which anyone can look up.
DEMO_TOKEN = "local-token-0123456789"  # noqa: S105 - of no worth outside a local run

_FEWEST_CHARACTERS = 6  # different ones in a secret
_SEQUENCES = "0123456789 abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm"
_MOST_IN_SEQUENCE = 2 / 3  # of the pairs of neighbours

# Of a webhook's secret: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64

# The rest of a key is for the date and the name of a dead letter.
MAX_PREFIX_BYTES = MAX_KEY_BYTES // 2

# <name>-<APPID>: https://cloud.tencent.com/document/product/436/13312
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?-[0-9]{5,12}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_TOKEN = re.compile(r"[!$'()*.:;=@A-Z_a-z~0-9-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,128}(?:/[A-Za-z0-9_.-]{1,64})?")
_WEBHOOK_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+)={0,2}")
_RECORD_SECRET = re.compile(r"[!-~]+")
_WEBHOOK_SECRET_FORM = f"whsec_ and {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes in base64"
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?")


def _read_buckets(text: str) -> dict[str, str]:
    buckets: dict[str, str] = {}
    for entry in _entries(text):
        bucket, _, region = entry.partition("/")
        if not _BUCKET.fullmatch(bucket) or not _REGION.fullmatch(region):
            raise ValueError(f"{entry[:80]!a} is no bucket/region pair")
        if bucket in buckets:
            raise ValueError(f"{bucket} is listed twice")
        buckets[bucket] = region
    if not buckets:
        raise ValueError("it is not set" if not text else "it names no bucket")
    return buckets


def read_tokens(text: str) -> tuple[str, ...]:
    """Read comma-separated tokens; raise ValueError, without the token, for one unfit for a URL or too weak."""
    tokens = _entries(text)
    if not tokens:
        raise ValueError("it holds no token; without one anyone could write results")
    for number, token in enumerate(tokens, 1):  # never the token itself: this message goes to the log
        if not MIN_TOKEN_LENGTH <= len(token) <= MAX_TOKEN_LENGTH:
            raise ValueError(f"token {number} has {len(token)} characters")
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"token {number} has a character that a URL would escape")
        if weakness := _weakness(token):
            raise ValueError(f"token {number} {weakness}")
    return tuple(tokens)


def may_be_token(text: str) -> bool:
    """Return whether a text has the form of a token."""
    return MIN_TOKEN_LENGTH <= len(text) <= MAX_TOKEN_LENGTH and _TOKEN.fullmatch(text) is not None


def _weakness(secret: str) -> str:
    """Return the reason why a secret could be guessed, as a clause, or ""."""
    if len(set(secret)) < _FEWEST_CHARACTERS:
        return f"has only {len(set(secret))} different characters"
    if any(secret[unit:] == secret[:-unit] for unit in range(1, len(secret) // 2 + 1)):
        return "repeats itself"
    pairs = [secret[at : at + 2].lower() for at in range(len(secret) - 1)]
    in_sequence = sum(pair in _SEQUENCES or pair[::-1] in _SEQUENCES for pair in pairs)
    return "is a sequence" if in_sequence > len(pairs) * _MOST_IN_SEQUENCE else ""


def _read_secret_name(text: str) -> str:
    if text and not _SECRET.fullmatch(text):
        raise ValueError(f"{text[:80]!a} is no name of a secret")
    return text


def _entries(text: str) -> list[str]:
    return [entry for part in text.split(",") if (entry := part.strip())]


def _read_routes(text: str) -> tuple[Route, ...]:
    return routes.read(_file_text(text[1:].strip()) if text.startswith("@") else text)


def _file_text(name: str) -> str:
    from pathlib import Path  # noqa: PLC0415 - few need a file

    root = Path(_PACKAGE_ROOT).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"@{name} is outside the package")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise ValueError(f"@{name} cannot be read; is it in the package?") from None


def _read_prefix(text: str) -> str:
    problem = key_problem(text + "x")
    if not text.strip("/") or text.startswith("/") or problem:
        raise ValueError(f"{text[:80]!a} {problem or 'is no prefix'}")
    if len(text.encode()) > MAX_PREFIX_BYTES:
        raise ValueError(f"it is longer than {MAX_PREFIX_BYTES} bytes")
    return text


def _read_actions(text: str) -> tuple[Action, ...]:
    if not text:
        return ()
    from . import then  # noqa: PLC0415 - few deployments have any

    try:
        return then.read(text)
    except then.BadAction as mistake:
        raise ValueError(f"it {mistake}") from None


def _read_endpoint(text: str) -> str:
    if text and not _ENDPOINT.fullmatch(text.rstrip("/")):
        raise ValueError(f"{text[:80]!a} is no http(s)://host:port")
    return text.rstrip("/")


def _read_webhook_secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(_entries(text))
    for number, secret in enumerate(secrets, 1):  # never the secret itself, as with tokens
        match = _WEBHOOK_SECRET.fullmatch(secret)
        if not match or len(match[1]) % 4 == 1 or not MIN_SECRET_BYTES <= len(match[1]) * 3 // 4 <= MAX_SECRET_BYTES:
            raise ValueError(f"secret {number} is not {_WEBHOOK_SECRET_FORM}")
    return secrets


def _read_record_secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(_entries(text))
    for number, secret in enumerate(secrets, 1):  # never the secret itself, as with tokens
        if len(secret) < MIN_RECORD_SECRET_LENGTH:
            raise ValueError(f"secret {number} has {len(secret)} characters")
        if not _RECORD_SECRET.fullmatch(secret):
            raise ValueError(f"secret {number} has a character that is not plain ASCII")
        if weakness := _weakness(secret):
            raise ValueError(f"secret {number} {weakness}")
    return secrets


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text[:80]!a} is none of {', '.join(words)}")
        return text

    return read


class Variable(NamedTuple):
    """One environment variable: its reader, and the expectation and example to report with a mistake in it."""

    read: Callable[[str], Any]
    expected: str
    example: str
    default: str = ""


VARIABLES = {
    "BUCKETS": Variable(_read_buckets, "bucket/region pairs, comma-separated", "media-1250000000/ap-guangzhou"),
    "CALLBACK_TOKENS": Variable(
        lambda text: read_tokens(text) if text else (),
        f"secrets of {MIN_TOKEN_LENGTH} to {MAX_TOKEN_LENGTH} characters that a URL need not escape, comma-separated",
        "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'",
    ),
    "CALLBACK_SECRET": Variable(
        _read_secret_name,
        "the name of a Secrets Manager secret, with its version if it has one",
        "ci-callback/v1",
    ),
    "ROUTES": Variable(
        _read_routes,
        "a JSON list of routes that ends with a catch-all, or @file.json in the package",
        routes.DEFAULT_ROUTES,
        default=routes.DEFAULT_ROUTES,
    ),
    "DEAD_LETTER": Variable(
        _read_prefix,
        f"a key prefix of at most {MAX_PREFIX_BYTES} bytes",
        "ci-callback/dead-letter/",
        default="ci-callback/dead-letter/",
    ),
    "ON_DEAD_LETTER": Variable(
        _read_actions,
        "a JSON list of actions, as the then of a route",
        '[{"invoke": "my-function"}]',
    ),
    "COS_ENDPOINT": Variable(
        _read_endpoint,
        "unset, or an http(s)://host:port that stands in for COS, CI and every other service",
        "http://127.0.0.1:9000",
    ),
    "VERIFY": Variable(
        _one_of("none", "job"),
        "none, or job to ask CI about every job before its result is written",
        "job",
        default="none",
    ),
    "WEBHOOK_SECRET": Variable(
        _read_webhook_secrets,
        f"{_WEBHOOK_SECRET_FORM}; comma-separated while it is changed",
        "the output of: python3 -c 'import base64, secrets; "
        'print("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())\'',
    ),
    "RECORD_SECRET": Variable(
        _read_record_secrets,
        f"a secret of at least {MIN_RECORD_SECRET_LENGTH} characters; comma-separated while it is changed",
        "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    ),
    "LOG_LEVEL": Variable(_one_of(*LEVELS), "DEBUG, INFO, WARNING or ERROR", "INFO", default="INFO"),
}


class Settings(NamedTuple):
    """The settings of serverless.yml, read and checked. Field names are those of the environment variables."""

    BUCKETS: Mapping[str, str]  # bucket -> region
    CALLBACK_TOKENS: tuple[str, ...]
    CALLBACK_SECRET: str
    ROUTES: tuple[Route, ...]
    DEAD_LETTER: str
    ON_DEAD_LETTER: tuple[Action, ...]
    COS_ENDPOINT: str
    VERIFY: str
    WEBHOOK_SECRET: tuple[str, ...]
    RECORD_SECRET: tuple[str, ...]
    LOG_LEVEL: Level
    region: str  # where the function runs by the platform's variable, else the region of the first bucket

    def __repr__(self) -> str:
        """Name no token."""
        return f"Settings(BUCKETS={self.BUCKETS}, …)"

    @property
    def first_bucket(self) -> str:
        """Return the bucket for results and dead letters of jobs that name no listed bucket."""
        return next(iter(self.BUCKETS))


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raise Misconfigured with every mistake in them. An empty variable counts as unset."""
    given = {name: value for name in VARIABLES if (value := environ.get(name, "").strip())}
    problems = []
    if not given.keys() & {"CALLBACK_TOKENS", "CALLBACK_SECRET"}:
        problems.append(_problem("CALLBACK_TOKENS", "it is not set, nor is CALLBACK_SECRET"))
    values = {}
    for name, variable in VARIABLES.items():
        try:
            values[name] = variable.read(given.get(name, variable.default))
        except ValueError as mistake:  # noqa: PERF203 - each mistake is reported, not only the first
            problems.append(_problem(name, str(mistake)))
    problems += _contradictions(values)
    if problems:
        raise Misconfigured(problems)
    return Settings(**values, region=environ.get("TENCENTCLOUD_REGION") or next(iter(values["BUCKETS"].values())))


def _contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the mistakes between variables; `values` lacks those that are wrong by themselves."""
    table: tuple[Route, ...] = values.get("ROUTES", ())
    if values.get("WEBHOOK_SECRET") == ():
        if any(action.kind == "post" for route in table for action in route.then):
            yield _problem("WEBHOOK_SECRET", "it is not set, and a route posts")
        if any(action.kind == "post" for action in values.get("ON_DEAD_LETTER", ())):
            yield _problem("WEBHOOK_SECRET", "it is not set, and ON_DEAD_LETTER posts")
    if DEMO_TOKEN in values.get("CALLBACK_TOKENS", ()) and values.get("COS_ENDPOINT") == "":
        yield _problem("CALLBACK_TOKENS", "it has the token of the local cloud, which is public")
    prefix = values.get("DEAD_LETTER")
    for route in table:
        if prefix and any(template.head.startswith(prefix) for template in route.write):
            yield _problem("ROUTES", f"route {route.row} writes below DEAD_LETTER, which a replay reads")


def _problem(name: str, mistake: str) -> str:
    variable = VARIABLES[name]
    return f"{name}: {mistake}. Expected: {variable.expected}. Example: {variable.example}"
