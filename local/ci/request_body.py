"""The XML body of a request to CI, read into a tree.

An element that occurs once is a text or a tree, a repeated one a list, an empty one "". CI's error codes are in
document 1045/33700; the HTTP status of each could not be confirmed.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from local.http.xml import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, Any]


def invalid(message: str) -> ServiceError:
    """Return the error for a value that CI does not take."""
    return ServiceError(400, "InvalidArgument", message)


def read(body: bytes) -> Tree:
    """Parse the `Request` element; raise ServiceError."""
    if not body.strip():
        raise ServiceError(400, "MissingContent", "The request has no body.")
    try:
        root = defusedxml.ElementTree.fromstring(body)
    except (ET.ParseError, DefusedXmlException, ValueError):
        raise ServiceError(400, "InvalidContent", "The body is no XML that can be read.") from None
    if root.tag != "Request":
        raise ServiceError(400, "InvalidContent", "The body's root must be Request.")
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
    """Return the text of an element, "" if absent; raise ServiceError unless it is a single one, of those allowed."""
    value = tree.get(name, "")
    if not isinstance(value, str):
        raise invalid(f"{name} must be a text, and occur once.")
    if among and value and value not in among:
        raise invalid(f"{name} must be {' or '.join(among)}, not {value!r}.")
    return value


def part(tree: Mapping[str, Any], name: str) -> Tree:
    """Return a container, {} if absent or empty; raise ServiceError unless it is a single one."""
    found = parts(tree, name)
    if len(found) > 1:
        raise invalid(f"{name} must occur once.")
    return found[0] if found else {}


def parts(tree: Mapping[str, Any], name: str) -> list[Tree]:
    """Return repeated containers; raise ServiceError for anything else."""
    value = tree.get(name, [])
    found = [each or {} for each in (value if isinstance(value, list) else [value])]
    if not all(isinstance(each, dict) for each in found):
        raise invalid(f"{name} must be a container.")
    return found
