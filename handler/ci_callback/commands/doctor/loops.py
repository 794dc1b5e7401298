"""Loops: workflows that start on the function's own objects.

A workflow starts on every upload below its prefix that its ExtFilter accepts, no matter by whom:
https://cloud.tencent.com/document/product/460/76857, 1045/49945.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.commands.finding import ok, warning
from ci_callback.commands.inquiry import element

from . import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ci_callback.commands.finding import Finding
    from ci_callback.config.settings import Settings

AVOID_LOOPS = (
    "Results are uploads. If a workflow or trigger watches their prefix, restrict it by suffix (ExtFilter) or write "
    "elsewhere. A callback whose input is a result is ignored, but CI has run the job."
)


def start_of(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the input of the workflow's first node: its prefix, its filter, its callback."""
    return element(workflow, "Topology", "Nodes", "Start", "Input")


def hazards(bucket: str, workflows: Sequence[Mapping[str, Any]], settings: Settings) -> Iterator[Finding]:
    """Yield each workflow that starts on results or dead letters, or that none does."""
    found = [finding for workflow in workflows for finding in _hazards(bucket, workflow, settings)]
    yield from found or [
        ok("loop", f"No workflow of {bucket} takes results or dead letters. COS triggers cannot be seen from here.")
    ]


def _hazards(bucket: str, workflow: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    start = start_of(workflow)
    prefix, ext_filter = str(start.get("ObjectPrefix", "")), element(start, "ExtFilter")
    accepted = [
        objects
        for objects, head, extension in _written(settings)
        if _overlap(prefix, head) and _accepts(ext_filter, extension)
    ]
    if accepted and workflow.get("State") != "Paused":
        name = str(workflow.get("Name", ""))[:64]
        where = f"below {prefix[:80]!r}" if prefix else "in the whole bucket"
        taken = ", ".join(dict.fromkeys(accepted))
        message = f"The workflow {name!r} of {bucket} starts on uploads {where}, hence on {taken}."
        yield warning("loop", message, AVOID_LOOPS)


def _written(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield each kind of object, the beginning of its keys, and their extension ("" where it depends)."""
    for route in settings.ROUTES:
        for template in route.write:
            yield f"results of route {route.row}", template.head, keys.extension(template)
    yield "dead letters", settings.DEAD_LETTER, ".json"


def _overlap(prefix: str, head: str) -> bool:
    """Return whether a key that begins with `head` can begin with the prefix."""
    return head.startswith(prefix) or prefix.startswith(head)


def _accepts(ext_filter: Mapping[str, Any], extension: str) -> bool:
    """Return whether an ExtFilter accepts an extension; those for media accept no `.json`."""
    if str(ext_filter.get("State", "")).lower() != "on" or ext_filter.get("AllFile") == "true":
        return True
    if ext_filter.get("Custom") != "true":
        return not extension
    custom = str(ext_filter.get("CustomExts", "")).replace(",", "/").lower().split("/")
    return not extension or extension.removeprefix(".") in {each.strip().removeprefix(".") for each in custom}
