"""Reviews with a chosen verdict, and segments of live reviews, as changes of a callback's tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from models.wire import Tree

Verdict = Literal["normal", "block", "review"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)  # CI's codes are their positions
LIVE = "ReviewVideo"  # the only review with live streams
LIVE_STATE = "Auditing"  # while the stream goes on
_STREAM = "rtmp://play.example.com/live/room17"

_RESULTS = {"Result", "Suggestion", "result"}
_HITS = {"HitFlag", "hit_flag"}
_NORMAL = {"Label": "Normal", "SubLabel": "", "Category": "", "label": ""}


def with_verdict(value: Any, verdict: Verdict) -> Any:
    """Return a review with another verdict, also in its snapshots and sections."""
    if isinstance(value, list):
        return [with_verdict(item, verdict) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _field(name, item, verdict) for name, item in value.items()}


def _field(name: str, value: Any, verdict: Verdict) -> Any:
    if isinstance(value, dict | list):
        return with_verdict(value, verdict)
    if name in _RESULTS or (name in _HITS and int(value)):
        return type(value)(VERDICTS.index(verdict))
    return _NORMAL.get(name, value) if verdict == "normal" else value


def as_live(tree: Tree, state: str) -> Tree:
    """Return a video review as a segment of a live stream: the stream's URL, and no object."""
    if "data" in tree:
        return {**tree, "data": {**tree["data"], "url": _STREAM}}
    (detail,) = tree["JobsDetail"]
    kept = {name: value for name, value in detail.items() if name != "Object"}
    return {**tree, "JobsDetail": [{**kept, "State": state, "Type": "live_video", "Url": _STREAM}]}
