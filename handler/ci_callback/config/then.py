"""The actions of a route, `"then"`, after a durable result, and of ON_DEAD_LETTER. Imported only where there are any.

`{"invoke": <function>}`, `{"publish": <event bus>}`, `{"topic": <CMQ topic>}` or `{"post": <HTTPS URL>}`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Bounds the ids in an object's metadata, which has 2 KB in all.
MOST_ACTIONS = 10

_FUNCTION = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z0-9]")
_QUALIFIER = re.compile(r"[A-Za-z0-9$_-]{1,64}")
NAMES = {
    "invoke": (_FUNCTION, "a function"),
    "publish": (re.compile(r"eb-[a-z0-9]{4,32}"), "an event bus (eb-…)"),
    "topic": (re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}"), "a topic"),
}
KINDS = (*NAMES, "post")
OPTIONS = {"invoke": {"namespace": (_FUNCTION, "a namespace"), "qualifier": (_QUALIFIER, "a version or alias")}}

URL = re.compile(r"https://[!-~]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_HOST = 253


class Action(NamedTuple):
    """One action: its kind and its receiver."""

    kind: str
    target: str
    namespace: str = ""
    qualifier: str = ""

    @property
    def id(self) -> str:
        """Return its id in an object's metadata; another target is another action."""
        return hashlib.sha256("\n".join(self).encode()).hexdigest()[:8]

    @property
    def name(self) -> str:
        """Return its name in logs and replies; of a URL the host alone, since a path may be a secret."""
        return f"{self.kind}:{urlsplit(self.target).hostname if self.kind == 'post' else self.target}"


class BadAction(ValueError):
    """A mistake in `then`, as a clause."""


def parse(then: Any) -> tuple[Action, ...]:
    """Read the actions of a route; raise BadAction."""
    if not isinstance(then, list) or not 0 < len(then) <= MOST_ACTIONS:
        raise BadAction(f"is no list of 1 to {MOST_ACTIONS} actions")
    actions = tuple(_parse(each) for each in then)
    if len({action.id for action in actions}) < len(actions):
        raise BadAction("has an action twice")
    return actions


def read(text: str) -> tuple[Action, ...]:
    """Read the actions of a setting from their JSON; raise BadAction."""
    try:
        return parse(json.loads(text))
    except (json.JSONDecodeError, RecursionError):
        raise BadAction("is no JSON") from None


def is_public(address: str) -> bool:
    """Return whether an address belongs to one host of the Internet: not private, loopback, link-local or a tunnel."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # an address that embeds an IPv4 address could be any; of the rest only 2000::/3 is assigned
        ordinary = ip.sixtofour is None and ip.teredo is None and ip in ipaddress.ip_network("2000::/3")
        return ordinary and ip.is_global
    return ip.is_global and not ip.is_multicast


def _parse(given: Any) -> Action:
    kinds = [kind for kind in KINDS if isinstance(given, dict) and kind in given]
    if len(kinds) != 1:
        raise BadAction(f"has an action that is not exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    options = OPTIONS.get(kind, {})
    if unknown := given.keys() - {kind, *options}:
        raise BadAction(f"has the unknown field {min(unknown)[:40]!a} beside {kind}")
    target = given[kind]
    if kind == "post":
        _check_url(target)
    else:
        _check_name(target, *NAMES[kind])
    for name, (pattern, noun) in options.items():
        if name in given:
            _check_name(given[name], pattern, noun)
    return Action(kind, target, given.get("namespace", ""), given.get("qualifier", ""))


def _check_name(text: Any, pattern: re.Pattern[str], noun: str) -> None:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise BadAction(f"names {str(text)[:80]!a}, which is no name of {noun}")


def _check_url(text: Any) -> None:
    """Raise BadAction, without the URL: its path may be a secret."""
    if not isinstance(text, str) or not URL.fullmatch(text):
        raise BadAction("posts to something that is no https:// URL of plain characters")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise BadAction("posts to a URL that cannot be read") from None
    if "@" in url.netloc or "#" in text or port == 0:
        raise BadAction("posts to a URL with a user, a fragment or no real port in it")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host) or host == "localhost":
            raise BadAction("posts to a URL without a host of the Internet") from None
    else:
        if not is_public(host):
            raise BadAction(f"posts to {host}, which is no public address")
