"""The end of a job: the request echoed, with a result of the models' samples for its Tag.

Nothing is computed, and nothing is written to the job's Output.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from models import wire
from models.catalog import catalog
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.request_body import Tree
    from models.catalog import Entry

# Elements that CI adds to the Operation of the request …
_ADDED = re.compile(r".*Result|MediaInfo|QualityEstimate|Detection|ExtractDigitalWatermark")
# … and those that it completes.
_COMPLETED = {"DigitalWatermark"}


@functools.cache
def entries() -> dict[str, Entry]:
    """Return the entry of each Tag of a job."""
    return {tag: entry for tag, entry in catalog().items() if entry.is_job}


def is_added(name: str) -> bool:
    """Return whether CI adds this element of the Operation to the request."""
    return bool(_ADDED.fullmatch(name))


def sample_detail(order: Order) -> Tree:
    """Return the JobsDetail of a callback generated from the models."""
    detail: Tree = wire.callback(order)["JobsDetail"][0]
    return detail


def succeeded(entry: Entry, detail: Mapping[str, Any], bucket: str, region: str) -> Tree:
    """Return the fields of a job that has succeeded."""
    asked: Tree = detail["Operation"]
    output = asked.get("Output", {})
    key = detail.get("Input", {}).get("Object", "")
    order = Order(entry, object=key, bucket=output.get("Bucket") or bucket, region=output.get("Region") or region)
    samples = sample_detail(order)["Operation"]
    names = {
        sample: output[name]
        for name, sample in samples.get("Output", {}).items()
        if isinstance(sample, str) and isinstance(output.get(name), str)
    }
    operation = {**asked, **_renamed(_added(samples, asked), names)}
    if "TemplateId" in asked and "TemplateName" in samples:
        operation.setdefault("TemplateName", samples["TemplateName"])
    return {"State": "Success", "Operation": operation}


def failed(entry: Entry) -> Tree:
    """Return the fields of a job whose input does not exist."""
    fields = sample_detail(Order(entry, "Failed"))
    return {name: fields[name] for name in ("State", "Code", "Message")}


def _added(samples: Tree, asked: Tree) -> Tree:
    """Return the elements that CI adds; where the request has one too, the request wins."""
    added = {}
    for name, sample in samples.items():
        if is_added(name) or (name in _COMPLETED and name in asked):
            given = asked.get(name)
            added[name] = {**sample, **given} if isinstance(sample, dict) and isinstance(given, dict) else sample
    return added


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Replace the keys and buckets of the samples by those of the request."""
    if isinstance(value, dict):
        return {name: _renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    for sample, given in names.items():
        value = value.replace(sample, given)
    return value
