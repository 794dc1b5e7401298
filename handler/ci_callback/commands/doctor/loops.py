"""Loops: workflows that start on what the function writes.

A workflow starts on every upload below its prefix that its ExtFilter lets through, whoever uploads:
https://cloud.tencent.com/document/product/460/76857, 1045/49945.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.commands.finding import ok, warning

from . import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ci_callback.commands.finding import Finding
    from ci_callback.config.settings import Settings

MIND_THE_LOOP = (
    "Results are uploads. If a workflow or trigger watches the place they go to, restrict it by suffix (ExtFilter) or "
    "write elsewhere. A callback whose input is one of our own objects is ignored, but CI has run the job."
)


def start_of(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the workflow's first node takes: its prefix, its filter, its callback."""
    element: Any = workflow
    for name in ("Topology", "Nodes", "Start", "Input"):
        element = element.get(name) if isinstance(element, dict) else None
    return element if isinstance(element, dict) else {}


def hazards(bucket: str, workflows: Sequence[Mapping[str, Any]], settings: Settings) -> Iterator[Finding]:
    """Yield each workflow that takes our results or dead letters, or that none does."""
    found = [finding for workflow in workflows for finding in _hazards(bucket, workflow, settings)]
    yield from found or [
        ok("loop", f"No workflow of {bucket} takes results or dead letters. COS triggers cannot be seen from here.")
    ]


def _hazards(bucket: str, workflow: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    start = start_of(workflow)
    prefix, filtered = str(start.get("ObjectPrefix", "")), start.get("ExtFilter")
    caught = [
        what
        for what, head, extension in _places(settings)
        if _meet(prefix, head) and _takes(filtered if isinstance(filtered, dict) else {}, extension)
    ]
    if caught and workflow.get("State") != "Paused":
        name = str(workflow.get("Name", ""))[:64]
        where = f"below {prefix[:80]!r}" if prefix else "in the whole bucket"
        message = f"The workflow {name!r} of {bucket} starts on uploads {where}, hence on {', '.join(caught)}."
        yield warning("loop", message, MIND_THE_LOOP)


def _places(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield what is written, what its keys begin with, and their extension ("" where it depends)."""
    for route in settings.ROUTES:
        for template in route.write:
            yield f"results of route {route.row}", keys.head(template), keys.extension(template)
    yield "dead letters", settings.DEAD_LETTER, ".json"


def _meet(prefix: str, head: str) -> bool:
    """Whether a key that begins with `head` can begin with the prefix."""
    return head.startswith(prefix) or prefix.startswith(head)


def _takes(filtered: Mapping[str, Any], extension: str) -> bool:
    """Whether an ExtFilter lets an extension through; those for media let none of ours."""
    if str(filtered.get("State", "")).lower() != "on" or filtered.get("AllFile") == "true":
        return True
    if filtered.get("Custom") != "true":
        return not extension
    custom = str(filtered.get("CustomExts", "")).replace(",", "/").lower().split("/")
    return not extension or extension.removeprefix(".") in {each.strip().removeprefix(".") for each in custom}
