"""How CI writes a job down: in XML, and in JSON that is its XML converted mechanically.

The JSON of published callbacks: every value a text, one item an object and several an array, nothing empty.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any, Literal

Form = Literal["xml", "json"]

# What CI puts beside its JSON could not be confirmed; its XML has been seen.
CONTENT_TYPES: dict[Form, str] = {"xml": "application/xml", "json": "application/json"}


def callback(detail: Mapping[str, Any], form: Form) -> bytes:
    """Return the body of the callback for one job; a list is a repeated element, None and "" are empty ones."""
    content = {"EventName": "TaskFinish", "JobsDetail": detail}
    return to_xml("Response", content) if form == "xml" else json.dumps(_converted(content)).encode()


def to_xml(name: str, content: Mapping[str, Any]) -> bytes:
    """Return a document with this root."""
    root = ET.Element(name)
    _fill(root, content)
    return ET.tostring(root, encoding="unicode").encode()


def _fill(parent: ET.Element, content: Mapping[str, Any]) -> None:
    for name, values in content.items():
        for value in values if isinstance(values, (list, tuple)) else [values]:
            element = ET.SubElement(parent, name)
            if isinstance(value, Mapping):
                _fill(element, value)
            else:
                element.text = _text(value)


def _converted(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = {name: _converted(item) for name, item in value.items()}
        return {name: item for name, item in items.items() if item not in ("", {}, [])}
    if isinstance(value, (list, tuple)):
        several = [_converted(item) for item in value]
        return several[0] if len(several) == 1 else several
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
