"""Bytes to tree: JSON and XML read into one shape of dicts, lists and scalars, within fixed bounds.

A tree is canonical: names are sorted, and empty things (null, "", {}, [], an empty element, in indented XML also a line
break) are left out, since CI's JSON leaves out what its XML sends empty. The models decide what is a list, a number or
a time, not this module.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from ci_callback.errors import Malformed

from .encoding import BLANK, decode

Tree = Any  # a dict of Trees, a list of Trees, str, int, float or bool

# Published bodies are at most a dozen levels deep.
MAX_DEPTH = 64

# Bounds the memory: 6 MB of nothing but `{},` or `<a/>` would need many times their size as Python objects.
# 6 MB of the densest lists CI sends (words with their times) stay well below.
MAX_VALUES = 700_000  # where a container of JSON counts as four
MAX_ATTRIBUTES = 200_000
# Bytes of a JSON text, of which an emoji makes four times its body, and of what is read from it. Repeated names count
# too: the members of an object are pairs until it ends.
MAX_PARSED = 78_000_000
_PER_MEMBER = 230
_PER_ITEM = 95
MAX_NAMES = 10_000  # of one element or object, which is copied several times on its way
MAX_DIFFERENT_NAMES = 20_000  # of a body: a name that repeats takes no memory, and CI has about a thousand

_STARTS = ("<", "{")
_CONTAINERS = (dict, list)


class Body(NamedTuple):
    """A body as a tree; `repaired` if it had characters that are replaced by U+FFFD."""

    tree: dict[str, Tree]
    repaired: bool = False


def read(body: bytes, *, is_text: bool) -> Body:
    """Read the bytes of a body; raise Malformed. `is_text`: the trigger delivered text."""
    text, repaired = decode(body, is_text=is_text)
    parsed = parse(text)
    return parsed._replace(repaired=True) if repaired else parsed


def parse(text: str) -> Body:
    """Parse the text as XML or JSON by its first character; raise Malformed for anything but an object.

    The only name in the tree of an XML body is that of its root element.
    """
    start = text.lstrip()[:1]
    if start == "<":
        return parse_xml(text.strip())
    if start == "{":
        return parse_json(text)
    if not start:
        raise Malformed("empty-body", "The body is empty.")
    from . import repair  # noqa: PLC0415 - hardly ever

    legal = repair.trimmed(repair.characters(text))
    if legal[:1] in _STARTS:
        return parse(legal)._replace(repaired=True)
    raise Malformed("not-xml-or-json", "The body begins neither with '<' nor with '{'.")


# --- JSON ---------------------------------------------------------------------------------------------------------

# An escape that may be a character to repair, and a text that may be blank.
_MAYBE_ILLEGAL = re.compile(r"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]|[fF]{3}[eEfF]))")
_MAYBE_BLANK = re.compile(r'"[ \\nrt]+"')

_MAX_DIGITS = 400  # of a number that is read as one
_EXACT = 2**53  # from here on not every integer is a double


def parse_json(text: str) -> Body:
    """Parse a JSON object; trailing commas, as in CI's published samples, and control characters are accepted."""
    names = _count_names(text)
    try:
        tree = _load(text, names)
    except Malformed as strict:
        if strict.reason != "bad-json":
            raise
        return _parse_broken_json(text, strict)
    return _repaired(tree) if _needs_repair(text) else Body(tree)


def _parse_broken_json(text: str, strict: Malformed) -> Body:
    from . import repair  # noqa: PLC0415 - hardly ever

    legal = repair.trimmed(repair.characters(text))
    closed = repair.without_trailing_commas(legal)
    names = _count_names(closed, beside=text)
    try:
        tree = _load(closed, names, strict=False)
    except Malformed:
        raise strict from None
    body = _repaired(tree)
    return body._replace(repaired=body.repaired or legal != text)


def _count_names(text: str, beside: str = "") -> int:
    """Return the most names that a text may have; raise Malformed for one that may need more memory than there is."""
    containers, commas = text.count("{") + text.count("["), text.count(",")
    if 3 * containers + commas > MAX_VALUES:  # a comma follows a container, or it is the last
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} values.")
    names = min(text.count(":"), text.count('"') // 2)
    items = max(commas - names, 0)
    texts = sys.getsizeof(text) + sys.getsizeof(beside)
    if texts + _PER_MEMBER * names + _PER_ITEM * items > MAX_PARSED:
        raise Malformed("too-many-values", f"The body holds too many names or values: {names + items:,}.")
    return names


def _needs_repair(text: str) -> bool:
    if "\ufffe" in text or "\uffff" in text:
        return True
    if "\\" not in text:  # there are no escapes
        return False
    return bool(_MAYBE_ILLEGAL.search(text) or (("\\n" in text or "\\r" in text) and _MAYBE_BLANK.search(text)))


def _repaired(tree: dict[str, Tree]) -> Body:
    from . import repair  # noqa: PLC0415 - hardly ever

    trees = repair.TreeRepair()
    return Body(trees.of_dict(tree), trees.is_needed)


def _load(text: str, names: int, **options: Any) -> dict[str, Tree]:
    read_object = _object if names <= MAX_DIFFERENT_NAMES else _counting_reader()
    hooks: dict[str, Any] = {"object_pairs_hook": read_object, "parse_float": _number, "parse_int": _integer}
    try:
        tree: dict[str, Tree] = json.loads(text, **hooks, parse_constant=str, **options)
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        detail = f"The JSON breaks in line {error.lineno}, column {error.colno}: {error.msg}."
        raise Malformed("bad-json", detail) from None
    _check_depth(tree)
    return tree


def _counting_reader() -> Callable[[list[tuple[str, Tree]]], dict[str, Tree]]:
    """Return `_object` for a body whose different names are counted."""
    different: set[str] = set()

    def read_object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
        tree = _object(pairs)
        different.update([name for name, _ in pairs])
        if len(different) > MAX_DIFFERENT_NAMES:
            raise _too_many_names()
        return tree

    return read_object


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    """Make an object canonical while the text is parsed: a second tree would take as much memory again."""
    if len(pairs) > MAX_NAMES:
        raise _too_wide()
    tree = dict(pairs)
    names = [*tree]
    if len(names) < len(pairs):
        raise _duplicate_name(pairs)
    if sorted(names) != names:
        tree = dict(sorted(tree.items()))
    for name, item in pairs:
        if type(item) is list:
            _prune(item)
        if not item and item != 0:  # zero and false are values
            del tree[name]
    return tree


def _prune(items: list[Tree]) -> None:
    """Leave out what is empty in an array and in the arrays in it."""
    for item in items:
        if type(item) is list:
            _prune(item)
    items[:] = [item for item in items if item or item == 0]


def _duplicate_name(pairs: list[tuple[str, Tree]]) -> Malformed:
    names = sorted(name for name, _ in pairs)
    repeated = next(name for name, following in pairwise(names) if name == following)
    return Malformed("duplicate-name", f"An object has the name {repeated[:64]!a} more than once.")


def _check_depth(tree: dict[str, Tree]) -> None:
    """Raise Malformed for a tree that is too deep, looking at one level after the other."""
    level: list[Tree] = [tree]
    for _ in range(MAX_DEPTH):
        items = (each.values() if type(each) is dict else each for each in level)
        level = [item for inner in items for item in inner if isinstance(item, _CONTAINERS)]
        if not level:
            return
    raise _too_deep()


def _number(digits: str) -> float | str:
    """Read a number with a fraction or an exponent; one beyond a double's exact range stays text."""
    number = float(digits) if len(digits) <= _MAX_DIGITS else math.inf
    return number if abs(number) < _EXACT else digits


def _integer(digits: str) -> int | str:
    """Read an integer; converting one of many digits takes quadratic time."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


# --- XML ----------------------------------------------------------------------------------------------------------


# Namespaces are no part of a name. expat does not resolve them: it would build the whole URI again for every tag.
_PREFIX_END = ":"

# One published callback has no root around its elements: https://cloud.tencent.com/document/product/460/80039
_ROOTLESS = re.compile(r"(?:<\?xml[^>]{0,200}\?>\s*)?(?=<EventName>)")


def parse_xml(text: str) -> Body:
    """Parse an XML text. No DTD, hence no entities; attributes are dropped."""
    if text.count("<") > MAX_VALUES or text.count("=") > MAX_ATTRIBUTES:
        raise Malformed("too-many-values", f"The body holds more than {MAX_VALUES:,} tags and attributes.")
    if rootless := _ROOTLESS.match(text):
        text = f"<Response>{text[rootless.end() :]}</Response>"
    try:
        return Body(_parse_strict_xml(text))
    except Malformed as strict:
        if strict.reason != "bad-xml":
            raise
        from . import repair  # noqa: PLC0415 - hardly ever

        legal = repair.references(repair.trimmed(repair.characters(text)))
        if legal == text:
            raise
    return Body(_parse_strict_xml(legal), repaired=True)


def _parse_strict_xml(text: str) -> dict[str, Tree]:
    expat = ParserCreate()
    top, start, data, end = _handlers(expat.intern)
    expat.buffer_text = True
    expat.StartElementHandler = start
    expat.CharacterDataHandler = data
    expat.EndElementHandler = end
    expat.StartDoctypeDeclHandler = _refuse_doctype
    try:
        expat.Parse(text, True)  # noqa: FBT003 - expat's own signature: this chunk is the last
    except ExpatError as error:
        raise Malformed(
            "bad-xml",
            f"The XML breaks in line {error.lineno}, column {error.offset}: {ErrorString(error.code)}.",
        ) from None
    return top


def _refuse_doctype(*_: object) -> None:
    raise Malformed("dtd", "The XML has a DOCTYPE; none is read.")


_Handlers = tuple[dict[str, Tree], Callable[[str, Any], None], Callable[[str], None], Callable[[str], None]]


def _handlers(different: Mapping[str, str]) -> _Handlers:  # noqa: C901 - a call more for every tag would be measurable
    """Create expat's handlers for the start of an element, text and an end, and first the dict that they fill.

    `different` has each name once.

    The tree is built in one pass, and depth is bounded before it is spent. Functions over shared names instead of a
    class: they run for every tag of bodies of up to 6 MB.
    """
    top: dict[str, Tree] = {}
    parents: list[dict[str, Tree]] = []
    children: dict[str, Tree] | None = top  # None until the open element has a child
    parts: list[str] = []  # of the text since the last tag
    join, forget, open_element, close_element = "".join, parts.clear, parents.append, parents.pop
    deepest, most_different = MAX_DEPTH, MAX_DIFFERENT_NAMES

    def start(_name: str, _attributes: object) -> None:
        nonlocal children
        if parts:
            if not join(parts).isspace():
                _refuse_data(join(parts))
            forget()
        if len(parents) >= deepest:
            raise _too_deep()
        if len(different) > most_different:
            raise _too_many_names()
        open_element({} if children is None else children)
        children = None

    def end(name: str) -> None:
        nonlocal children
        value: Tree = join(parts)
        forget()
        if children is not None:
            if value and not value.isspace():
                _refuse_data(value)
            value = children
            names = [*value]
            if len(names) > MAX_NAMES:
                raise _too_wide()
            if sorted(names) != names:  # CI sends them in order
                value = dict(sorted(value.items()))
        elif value < "!" and BLANK.fullmatch(value):
            value = ""
        children = close_element()
        if value:
            if _PREFIX_END in name:
                name = name.rpartition(_PREFIX_END)[2]
            children[name] = _with(children[name], value) if name in children else value

    return top, start, parts.append, end


def _with(earlier: Tree, value: Tree) -> list[Tree]:
    """Return the values of a repeated element."""
    if not isinstance(earlier, list):
        return [earlier, value]
    earlier.append(value)
    return earlier


def _refuse_data(text: str) -> None:
    """Refuse text beside elements, which would be lost; replaced characters are no data."""
    if text.replace("\ufffd", "").strip():
        raise Malformed("mixed-content", "The XML has text beside elements.")


def _too_wide() -> Malformed:
    return Malformed("too-many-values", f"An element holds more than {MAX_NAMES:,} names.")


def _too_many_names() -> Malformed:
    return Malformed("too-many-values", f"The body holds more than {MAX_DIFFERENT_NAMES:,} different names.")


def _too_deep() -> Malformed:
    return Malformed("too-deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
