"""CI's XML over HTTP: a request's body read into a tree, and an answer written from one.

CI's names for what is wrong with a request are in document 1045/33700; which HTTP status goes with each could not be
confirmed. In a tree what stands once is a text or a tree, what is repeated a list, what is empty "".
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from local.cos.answers import CosError
from local.http.message import Response
from models import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, Any]

_BEIJING = timezone(timedelta(hours=8))


class BadRequestError(Exception):
    """CI does not take the request; `error` is what it answers."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.error = CosError(status, code, message)


def read(body: bytes) -> Tree:
    """Return what is in the `Request` element; raise BadRequestError."""
    if not body.strip():
        raise BadRequestError("MissingContent", "The request has no body.")
    try:
        root = defusedxml.ElementTree.fromstring(body)
    except (ET.ParseError, DefusedXmlException, ValueError):
        raise BadRequestError("InvalidContent", "The body is no XML that can be read.") from None
    if root.tag != "Request":
        raise BadRequestError("InvalidContent", "The body's root must be Request.")
    content = _value(root)
    return content if isinstance(content, dict) else {}


def _value(element: ET.Element) -> Tree | str:
    if not len(element):
        return element.text or ""
    tree: Tree = {}
    for child in element:
        value = _value(child)
        if child.tag not in tree:
            tree[child.tag] = value
        elif isinstance(tree[child.tag], list):
            tree[child.tag].append(value)
        else:
            tree[child.tag] = [tree[child.tag], value]
    return tree


def text(tree: Mapping[str, Any], name: str, among: tuple[str, ...] = ()) -> str:
    """Return the text there, "" where it is absent; raise BadRequestError for anything else, or none of these."""
    value = tree.get(name, "")
    if not isinstance(value, str):
        raise BadRequestError("InvalidArgument", f"{name} must be a text, and stand once.")
    if among and value and value not in among:
        raise BadRequestError("InvalidArgument", f"{name} must be {' or '.join(among)}, not {value!r}.")
    return value


def part(tree: Mapping[str, Any], name: str) -> Tree:
    """Return the container there, {} where it is absent or empty; raise BadRequestError for anything else."""
    found = parts(tree, name)
    if len(found) > 1:
        raise BadRequestError("InvalidArgument", f"{name} must stand once.")
    return found[0] if found else {}


def parts(tree: Mapping[str, Any], name: str) -> list[Tree]:
    """Return the containers there; raise BadRequestError for anything else."""
    value = tree.get(name, [])
    found = [each or {} for each in (value if isinstance(value, list) else [value])]
    if not all(isinstance(each, dict) for each in found):
        raise BadRequestError("InvalidArgument", f"{name} must be a container.")
    return found


def answer(content: Mapping[str, Any]) -> Response:
    """Return the answer with this in its `Response` element."""
    return Response(200, (("Content-Type", "application/xml"),), wire.to_xml("Response", content).encode())


def stamp(seconds: float) -> str:
    """Return the moment, in seconds since 1970, as CI writes it: 2001-01-01T00:00:00+0800."""
    return datetime.fromtimestamp(seconds, _BEIJING).strftime("%Y-%m-%dT%H:%M:%S%z")
