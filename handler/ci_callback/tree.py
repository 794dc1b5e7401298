"""Text to tree: JSON and XML read into one shape of dicts, lists and scalars, within fixed bounds.

Empty things (null, "", {}, [], an empty element) are left out, since CI's JSON leaves out what its XML sends empty.
What is a list, a number or a time is not decided here but by the models.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any
from xml.parsers.expat import ErrorString, ExpatError

from defusedxml.common import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from .errors import Malformed

Tree = Any  # a dict of Trees, a list of Trees, str, int, float or bool

# Published bodies are at most a dozen levels deep.
MAX_DEPTH = 64

# Bounds the memory: 6 MB of nothing but `{},` or `<a/>` would need many times their size as Python objects.
# 6 MB of the densest lists CI sends (words with their times) stay well below.
MAX_VALUES = 500_000
MAX_CONTAINERS = 200_000


def parse(text: str) -> dict[str, Tree]:
    """Return the body as a dict, decided by its first character; raise Malformed for anything but an object.

    XML gives its root element's name as the only key.
    """
    start = text.lstrip()[:1]
    if start == "<":
        return parse_xml(text.strip())
    if start == "{":
        return parse_json(text)
    if not start:
        raise Malformed("empty-body", "The body is empty.")
    raise Malformed("not-xml-or-json", "The body begins neither with '<' nor with '{'.")


# --- JSON ---------------------------------------------------------------------------------------------------------

# One token a step, so that it is linear whatever the text: a string up to its end (or, unclosed, to the end of the
# text), or a comma whose next token closes an object or array. A regex that looked for the comma alone would have to
# know whether it stands in a string, and would look again and again.
_STRING_OR_TRAILING_COMMA = re.compile(
    r"""("[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)) | (?<![\[{,]),(?=[ \t\r\n]*[}\]])""", re.VERBOSE | re.DOTALL
)


# An escape is the only way for half a surrogate pair into a text that was decoded from UTF-8.
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> dict[str, Tree]:
    """Return the object a JSON text holds; trailing commas, as CI's published samples have them, are forgiven."""
    containers = text.count("{") + text.count("[")
    if containers > MAX_CONTAINERS or containers + text.count(",") > MAX_VALUES:
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} values.")
    try:
        tree = _load(text)
    except Malformed as strict:
        if strict.reason != "bad-json":
            raise
        try:
            tree = _load(_STRING_OR_TRAILING_COMMA.sub(r"\1", text))
        except Malformed:
            raise strict from None
    pruned: dict[str, Tree] = _prune(tree, 1)
    if _MAYBE_SURROGATE.search(text):
        _refuse_half_surrogates(pruned)
    return pruned


def _load(text: str) -> dict[str, Tree]:
    try:
        tree: dict[str, Tree] = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_float=_finite, parse_constant=_no_constant
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        detail = f"The JSON breaks in line {error.lineno}, column {error.colno}: {error.msg}."
        raise Malformed("bad-json", detail) from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise Malformed("bad-number", f"The JSON holds a number that cannot be read: {error}.") from None
    return tree


def _no_duplicates(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    names = [name for name, _ in pairs]
    repeated = next(name for name in names if names.count(name) > 1)
    raise Malformed("duplicate-name", f"An object has the name {repeated[:64]!a} more than once.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed("bad-number", f"The JSON holds a number beyond all bounds: {digits[:32]}.")
    return number


def _no_constant(name: str) -> float:
    raise Malformed("bad-number", f"The JSON holds {name}, which is no JSON.")


def _refuse_half_surrogates(tree: Tree) -> None:
    try:
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Malformed("bad-encoding", "A text of the JSON holds half a surrogate pair.") from None


def _prune(tree: Tree, depth: int) -> Tree:
    """Return the dict or list without empty things; it is empty itself where nothing is left."""
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(tree, dict):
        return {name: kept for name, item in tree.items() if _is_something(kept := _pruned(item, depth))}
    return [kept for item in tree if _is_something(kept := _pruned(item, depth))]


def _pruned(item: Tree, depth: int) -> Tree:
    return _prune(item, depth + 1) if isinstance(item, dict | list) else item


def _is_something(item: Tree) -> bool:
    return bool(item) or item == 0  # zero and false are values


# --- XML ----------------------------------------------------------------------------------------------------------


def parse_xml(text: str) -> dict[str, Tree]:
    """Return `{root name: tree}` of an XML text. No DTD, hence no entities; attributes are dropped."""
    if text.count("<") + text.count("=") > MAX_VALUES:
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} tags and attributes.")
    builder = _Builder()
    # defusedxml's expat parser with its refusals in place, but our handlers instead of ElementTree's:
    # the tree is built in one pass, and depth is bounded before it is spent
    expat = DefusedXMLParser(forbid_dtd=True).parser
    expat.StartElementHandler = builder.start
    expat.EndElementHandler = builder.end
    expat.CharacterDataHandler = builder.data
    try:
        expat.Parse(text, True)  # noqa: FBT003 - expat's own signature: this chunk is the last
    except DTDForbidden:
        raise Malformed("dtd", "The XML has a DOCTYPE; none is read.") from None
    except ExpatError as error:
        raise Malformed(
            "bad-xml",
            f"The XML breaks in line {error.lineno}, column {error.offset}: {ErrorString(error.code)}.",
        ) from None
    return builder.top


class _Builder:
    """Expat's handlers; `top` is the document's tree once the root has ended."""

    def __init__(self) -> None:
        self.top: dict[str, Tree] = {}
        self._parents: list[dict[str, Tree]] = []
        self._children: dict[str, Tree] | None = self.top  # None until the open element has a child
        self._text: list[str] = []

    def start(self, _name: str, _attributes: object) -> None:
        if len(self._parents) >= MAX_DEPTH:
            raise _too_deep()
        if self._children is None:
            self._children = {}
        self._refuse_mixed_content()
        self._parents.append(self._children)
        self._children = None
        self._text = []

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        if self._children is None:
            value: Tree = "".join(self._text)
        else:
            value = self._children
            self._refuse_mixed_content()
        self._text = []
        self._children = siblings = self._parents.pop()
        if not value:
            return
        name = name.rpartition("}")[2]  # expat puts a namespace before the name
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def _refuse_mixed_content(self) -> None:
        """White space between elements is no data; text there would be lost, so it is refused."""
        if not "".join(self._text).isspace() and self._text:
            raise Malformed("mixed-content", "The XML has text beside elements.")


def _too_deep() -> Malformed:
    return Malformed("too-deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
