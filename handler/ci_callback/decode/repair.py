"""Repairs of bodies that a strict reading refuses; imported only for those. Each takes linear time.

A character that XML forbids becomes U+FFFD, in JSON as in XML: CI writes both from the same values.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Any

from ci_callback.errors import Malformed

from .encoding import BLANK

Tree = Any

REPLACEMENT = "\ufffd"

# https://www.w3.org/TR/xml/#charsets
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_REFERENCE_OR_LITERAL = re.compile(r"&#(?:x[0-9a-fA-F]+|[0-9]+);|<!\[CDATA\[|\]\]>|<!--|-->")
_LITERALS = {"<![CDATA[": "]]>", "<!--": "-->"}  # in which a reference is no reference
_MAX_CODE_DIGITS = 7  # of a character reference: 1114111

# The tokens that distinguish a trailing comma from one in a text: escapes, quotes, commas before a closing bracket.
_TOKEN = re.compile(r"""\\.|"|(?<![\[{,]),(?=[ \t\r\n]*[}\]])""", re.DOTALL)


def characters(text: str) -> str:
    """Replace the characters that XML forbids."""
    return _ILLEGAL.sub(REPLACEMENT, text)


def trimmed(text: str) -> str:
    """Strip white space and replaced characters, such as a final NUL, from both ends."""
    return text.strip(f"{REPLACEMENT} \t\r\n")


def references(text: str) -> str:
    """Replace the references to characters that XML forbids, outside comments and CDATA sections."""
    kept: list[str] = []
    start = 0
    end = ""  # of the comment or CDATA section
    for match in _REFERENCE_OR_LITERAL.finditer(text):
        found = match[0]
        if end:
            end = "" if found == end else end
        elif found in _LITERALS:
            end = _LITERALS[found]
        elif found.startswith("&") and not _is_legal(found[2:-1]):
            kept += (text[start : match.start()], REPLACEMENT)
            start = match.end()
    return "".join(kept) + text[start:]


def _is_legal(number: str) -> bool:
    digits, base = (number[1:], 16) if number.startswith("x") else (number, 10)
    digits = digits.lstrip("0") or "0"
    return len(digits) <= _MAX_CODE_DIGITS and _is_legal_code(digits, base)


@lru_cache(maxsize=256)
def _is_legal_code(digits: str, base: int) -> bool:
    code = int(digits, base)
    return code <= sys.maxunicode and not _ILLEGAL.match(chr(code))


def without_trailing_commas(text: str) -> str:
    """Remove the trailing commas of a JSON text in one pass, in the memory of the result for any text."""
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


class TreeRepair:
    """Repairs the texts of a tree read from JSON; `is_needed` afterwards if one had a forbidden character.

    It takes the tree apart: a second one would take as much memory again.
    """

    def __init__(self) -> None:
        self.is_needed = False

    def of_dict(self, tree: dict[str, Tree]) -> dict[str, Tree]:
        """Return a dict in canonical form; raise Malformed for two names that are the same once repaired."""
        named: dict[str, Tree] = {}
        for name in [*tree]:
            kept = self._of(tree.pop(name))
            if kept or kept == 0:  # zero and false are values
                legal = self._of_text(name)
                if legal in named:
                    raise Malformed("duplicate-name", f"An object has the name {legal[:64]!a} more than once.")
                named[legal] = kept
        return dict(sorted(named.items()))

    def _of(self, tree: Tree) -> Tree:
        if isinstance(tree, dict):
            return self.of_dict(tree)
        if isinstance(tree, list):
            for at, item in enumerate(tree):
                tree[at] = self._of(item)
            return [kept for kept in tree if kept or kept == 0]
        if not isinstance(tree, str):
            return tree
        return "" if BLANK.fullmatch(tree) else self._of_text(tree)

    def _of_text(self, text: str) -> str:
        legal = characters(text)
        self.is_needed = self.is_needed or legal != text
        return legal
