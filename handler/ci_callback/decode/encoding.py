"""Bytes to text, in the encoding of the body."""

from __future__ import annotations

import codecs
import re

from ci_callback.errors import Malformed

# The white space of indented XML, which is no text.
BLANK = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# XML 1.0 appendix F: how "<?" looks in UTF-16 without a byte order mark
_BARE_UTF16 = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))

_XML_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")

# A declaration that can be read as ASCII cannot be in UTF-16: some writers keep the word and send UTF-8.
_DECLARED = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "utf-16": "utf-8",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}


# Half a surrogate pair is one character, not three bytes that are each replaced. In chunks that split none, since a
# replacement needs eighty bytes until it is joined.
_HALF_PAIR = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_CHUNK = re.compile(rb".{1,65535}[\x80-\xbf]{0,2}", re.DOTALL)
_REPLACEMENT = "\ufffd".encode()


def encoding_of(body: bytes) -> str:
    """Detect the codec of a body of unknown origin; raise Malformed for an unknown encoding.

    A byte order mark decides, else the XML declaration, else it is UTF-8. GBK is a subset of GB18030.
    """
    for mark, encoding in (*_BOMS, *_BARE_UTF16):
        if body.startswith(mark):
            return encoding
    declaration = _XML_DECLARATION.match(body)
    if declaration is None:
        return "utf-8"
    declared = declaration.group(1).decode().lower()
    if declared not in _DECLARED:
        raise Malformed(
            "unknown-encoding",
            f"The XML declaration names the encoding {declared}; UTF-8, UTF-16, GBK or GB18030 are read.",
        )
    return _DECLARED[declared]


def decode(body: bytes, *, is_text: bool) -> tuple[str, bool]:
    """Decode the body to text without byte order mark, and whether some of its bytes had to be replaced.

    `is_text`: the trigger delivered text, so that the bytes are UTF-8 despite any declaration in it. Raises Malformed.
    """
    encoding = "utf-8" if is_text else encoding_of(body)
    try:
        return body.decode(encoding).removeprefix("\ufeff"), False
    except UnicodeDecodeError:
        if encoding == "utf-8":
            body = b"".join(_HALF_PAIR.sub(_REPLACEMENT, chunk[0]) for chunk in _CHUNK.finditer(body))
        return body.decode(encoding, "replace").removeprefix("\ufeff"), True
