"""Text to tree: JSON and XML read into one shape of dicts, lists and scalars, within fixed bounds.

A tree is canonical: names are sorted, and empty things (null, "", {}, [], an empty element) are left out, since CI's
JSON leaves out what its XML sends empty. The models decide what is a list, a number or a time, not this module.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from ci_callback.errors import Malformed

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

Tree = Any  # a dict of Trees, a list of Trees, str, int, float or bool

# Published bodies are at most a dozen levels deep.
MAX_DEPTH = 64

# Bounds the memory: 6 MB of nothing but `{},` or `<a/>` would need many times their size as Python objects.
# 6 MB of the densest lists CI sends (words with their times) stay well below.
MAX_VALUES = 800_000
MAX_CONTAINERS = 200_000


def parse(text: str) -> dict[str, Tree]:
    """Parse the body into a dict, as XML or JSON by its first character; raise Malformed for anything but an object.

    The only key of an XML body is the name of its root element.
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

# The tokens that distinguish a trailing comma from one in a text: escapes, quotes, commas before a closing bracket.
_TOKEN = re.compile(r"""\\.|"|(?<![\[{,]),(?=[ \t\r\n]*[}\]])""", re.DOTALL)

# An escape is the only way for half a surrogate pair into a text that was decoded from UTF-8.
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> dict[str, Tree]:
    """Parse a JSON object; trailing commas, as in CI's published samples, are accepted."""
    containers = text.count("{") + text.count("[")
    if containers > MAX_CONTAINERS or containers + text.count(",") > MAX_VALUES:
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} values.")
    try:
        tree = _load(text)
    except Malformed as strict:
        if strict.reason != "bad-json":
            raise
        try:
            tree = _load(_without_trailing_commas(text))
        except Malformed:
            raise strict from None
    pruned: dict[str, Tree] = _prune(tree, 1)
    if _MAYBE_SURROGATE.search(text):
        _refuse_half_surrogates(pruned)
    return pruned


def _without_trailing_commas(text: str) -> str:
    """Remove trailing commas in one pass, in linear time and the memory of the result for any text."""
    kept = []
    start = 0
    in_string = False
    for match in _TOKEN.finditer(text):
        found = match[0]
        if found == '"':
            in_string = not in_string
        elif found == "," and not in_string:
            kept.append(text[start : match.start()])
            start = match.end()
    return "".join(kept) + text[start:]


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
    """Return the dict or list in canonical form, empty if nothing is left.

    One function for both and no helper for an item: it runs for every value of bodies of up to 6 MB.
    """
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(tree, dict):
        named = {}
        for name in sorted(tree):
            item = tree[name]
            if isinstance(item, dict | list):
                item = _prune(item, depth + 1)
            if item or item == 0:  # zero and false are values
                named[name] = item
        return named
    items = []
    for item in tree:
        kept = _prune(item, depth + 1) if isinstance(item, dict | list) else item
        if kept or kept == 0:
            items.append(kept)
    return items


# --- XML ----------------------------------------------------------------------------------------------------------


_NAMESPACE_END = "}"  # expat's separator of namespace and name

# One published callback has no root around its elements: https://cloud.tencent.com/document/product/460/80039
_ROOTLESS = re.compile(r"(?:<\?xml[^>]{0,200}\?>\s*)?(?=<EventName>)")


def parse_xml(text: str) -> dict[str, Tree]:
    """Parse an XML text into `{root name: tree}`. No DTD, hence no entities; attributes are dropped."""
    if text.count("<") > MAX_VALUES or text.count("=") > MAX_CONTAINERS:
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} tags and attributes.")
    if rootless := _ROOTLESS.match(text):
        text = f"<Response>{text[rootless.end() :]}</Response>"
    top, start, data, end = _handlers()
    expat = _parser(text)
    expat.buffer_text = True
    expat.StartElementHandler = start
    expat.CharacterDataHandler = data
    expat.EndElementHandler = end
    try:
        expat.Parse(text, True)  # noqa: FBT003 - expat's own signature: this chunk is the last
    except ExpatError as error:
        raise Malformed(
            "bad-xml",
            f"The XML breaks in line {error.lineno}, column {error.offset}: {ErrorString(error.code)}.",
        ) from None
    except ValueError as error:  # raised by defusedxml
        raise Malformed("dtd", "The XML has a DOCTYPE; none is read.") from error
    return top


def _parser(text: str) -> XMLParserType:
    """Create an expat parser that refuses a DTD: defusedxml's, if the text could hold one."""
    if "<!DOCTYPE" not in text:
        return ParserCreate(namespace_separator=_NAMESPACE_END)
    from defusedxml.ElementTree import DefusedXMLParser  # noqa: PLC0415 - CI sends none

    parser: XMLParserType = DefusedXMLParser(forbid_dtd=True).parser
    return parser


_Handlers = tuple[dict[str, Tree], Callable[[str, Any], None], Callable[[str], None], Callable[[str], None]]


def _handlers() -> _Handlers:
    """Create expat's handlers for the start of an element, text and an end, and first the dict that they fill.

    The tree is built in one pass, and depth is bounded before it is spent. Functions over shared names instead of a
    class: they run for every tag of bodies of up to 6 MB.
    """
    top: dict[str, Tree] = {}
    parents: list[dict[str, Tree]] = []
    children: dict[str, Tree] | None = top  # None until the open element has a child
    parts: list[str] = []  # of the text since the last tag
    join, deepest, open_element, close_element = "".join, MAX_DEPTH, parents.append, parents.pop

    def start(_name: str, _attributes: object) -> None:
        nonlocal children
        if parts:
            if not join(parts).isspace():
                raise _mixed_content()
            parts.clear()
        if len(parents) >= deepest:
            raise _too_deep()
        open_element({} if children is None else children)
        children = None

    def end(name: str) -> None:
        nonlocal children
        value: Tree = join(parts)
        parts.clear()
        if children is not None:
            if value and not value.isspace():
                raise _mixed_content()
            value = dict(sorted(children.items()))
        children = close_element()
        if value:
            if _NAMESPACE_END in name:
                name = name.rpartition(_NAMESPACE_END)[2]
            children[name] = _with(children[name], value) if name in children else value

    return top, start, parts.append, end


def _with(earlier: Tree, value: Tree) -> list[Tree]:
    """Return the values of a repeated element."""
    if not isinstance(earlier, list):
        return [earlier, value]
    earlier.append(value)
    return earlier


def _mixed_content() -> Malformed:
    """Refuse text beside elements, which would be lost; white space there is no data."""
    return Malformed("mixed-content", "The XML has text beside elements.")


def _too_deep() -> Malformed:
    return Malformed("too-deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
