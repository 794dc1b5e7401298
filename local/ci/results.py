"""What a job's end looks like: what was asked for, echoed, and a result for its Tag made of the models' samples.

Nothing is computed, and nothing is written to the job's Output.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from models import wire as body
from models.catalog import catalog
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.xml import Tree
    from models.catalog import Entry

# What CI adds to the Operation it was given …
_ADDED = re.compile(r".*Result|MediaInfo|QualityEstimate|Detection|ExtractDigitalWatermark")
# … and what it adds to inside it, where it is there.
_COMPLETED = {"DigitalWatermark"}


@functools.cache
def entries() -> dict[str, Entry]:
    """Return the entry of each Tag that a job can have."""
    return {tag: entry for tag, entry in catalog().items() if entry.is_job}


def is_added(name: str) -> bool:
    """Whether an element of the Operation is one that CI adds to what was asked for."""
    return bool(_ADDED.fullmatch(name))


def made(order: Order) -> Tree:
    """Return the JobsDetail that the models make for an order."""
    detail: Tree = body.callback(order)["JobsDetail"][0]
    return detail


def succeeded(entry: Entry, detail: Mapping[str, Any], bucket: str, region: str) -> Tree:
    """Return the fields of a job that has done what was asked for."""
    asked: Tree = detail["Operation"]
    output = asked.get("Output", {})
    key = detail.get("Input", {}).get("Object", "")
    order = Order(entry, object=key, bucket=output.get("Bucket") or bucket, region=output.get("Region") or region)
    samples = made(order)["Operation"]
    names = {
        sample: output[name]
        for name, sample in samples.get("Output", {}).items()
        if isinstance(sample, str) and isinstance(output.get(name), str)
    }
    operation = {**asked, **_named(_added(samples, asked), names)}
    if "TemplateId" in asked and "TemplateName" in samples:
        operation.setdefault("TemplateName", samples["TemplateName"])
    return {"State": "Success", "Operation": operation}


def failed(entry: Entry) -> Tree:
    """Return the fields of a job whose input was not there."""
    fields = made(Order(entry, "Failed"))
    return {name: fields[name] for name in ("State", "Code", "Message")}


def _added(samples: Tree, asked: Tree) -> Tree:
    """Return what CI adds; where both have an element, what was asked for goes over it."""
    added = {}
    for name, sample in samples.items():
        if is_added(name) or (name in _COMPLETED and name in asked):
            given = asked.get(name)
            added[name] = {**sample, **given} if isinstance(sample, dict) and isinstance(given, dict) else sample
    return added


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """Return the samples with the keys and buckets that the job was given, instead of their own."""
    if isinstance(value, dict):
        return {name: _named(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    for sample, given in names.items():
        value = value.replace(sample, given)
    return value
