"""Sample callbacks of any Tag and State, with consistent ids and times, in the formats of CI.

A callback is first a tree in CI's field names: every leaf a text, every repeated element a list; `as_xml`, `as_json`
and `as_native_json` write it. No Failed callback is published: here it has the error in Code and Message and no result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape

from ci_callback.decode import shape
from ci_callback_results.job import Job, Operation
from models import introspect

if TYPE_CHECKING:
    from ci_callback_results.fields import Element
    from models.catalog import Entry
    from models.introspect import Part

Format = Literal["xml", "json"]
Tree = dict[str, Any]

STATES = ("Success", "Failed", "Submitted", "Running", "Pause", "Cancel", "Auditing")

# Values of the models' samples that an order replaces.
SAMPLE_BUCKET, SAMPLE_REGION = "media-1250000000", "ap-guangzhou"
_SAMPLE_INPUT, _SAMPLE_FILE = "in/sample.mp4", "sample.mp4"
_SAMPLE_NODE = "SoundHound_"

# Extension of a Tag's input, unless it is a video.
_SUFFIXES = {
    **dict.fromkeys(("NoiseReduction", "SoundHound", "SpeechRecognition", "VocalScore", "VoiceSeparate"), "mp3"),
    **dict.fromkeys(("ImageInspect", "ImageOCR", "PicProcess", "PosterProduction", "ReviewImage"), "jpg"),
    **dict.fromkeys(("DocAIGCMetadata", "DocProcess", "DocWatermark", "ReviewDocument", "Translation"), "docx"),
    **dict.fromkeys(("FileHashCode", "FileUncompress", "VirusDetect"), "zip"),
    **dict.fromkeys(("ReviewText", "Tts", "WordsGeneralize"), "txt"),
    "ReviewAudio": "mp3",
    "ReviewHtml": "html",
}

# Fields of Input in published callbacks, unless it is complete.
_INPUT_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("FileCompress", "FillConcat", "Tts", "VideoSynthesis"), ()),
    **dict.fromkeys(("DocProcess", "Translation"), ("Object",)),
}

# These write no file: published callbacks have neither Output nor a template.
_WRITE_NOTHING = {
    *("DNA", "ExtractDigitalWatermark", "FileHashCode", "ImageInspect", "ImageOCR", "MediaInfo", "QualityEstimate"),
    *("SoundHound", "SplitVideoParts", "VideoTag", "VideoTargetRec", "VocalScore", "WordsGeneralize"),
}
_OF_WRITING = ("TemplateId", "TemplateName", "Output")

# Not in published callbacks: only in job look-ups, or in an SDK in place of other fields.
_UNPUBLISHED = {
    *("UploadResult", "FileInfo", "ResultDetails"),
    *("BodyRecognitionResult", "PetRecognitionResult", "CarRecognitionResult", "FaceRecognitionResult"),
}

# An id's first letter; those of speech are known from published callbacks.
_LETTERS = {"jobs": "j", "pic_jobs": "c", "asr_jobs": "s", "ai_jobs": "a", "doc_jobs": "d", "file_jobs": "f"}
_SPEECH = {"SoundHound", "VocalScore"}
_IDS = {"RunId": "i", "WorkflowId": "w", "QueueId": "p"}

_FIRST_MOMENT = datetime(2025, 3, 1, 9, 0, 1, tzinfo=timezone(timedelta(hours=8)))
_SECONDS = {"CreationTime": 0, "CreateTime": 0, "StartTime": 1, "EndTime": 8}
_A_YEAR_OF_HOURS = 365 * 24


@dataclass(frozen=True)
class Order:
    """Description of a callback: the same order gives the same body; another seed other ids and times."""

    entry: Entry
    state: str = "Success"
    items: int = 1  # in every list
    seed: int = 0
    object: str = ""  # the input's key; "" for one that fits the Tag
    bucket: str = SAMPLE_BUCKET
    region: str = SAMPLE_REGION
    workflow: bool = False  # started by a workflow
    simple: bool = False  # a review's Simple form

    @property
    def key(self) -> str:
        """The input's key."""
        return self.object or f"in/sample.{self.suffix}"

    @property
    def suffix(self) -> str:
        """Extension of the input."""
        return _SUFFIXES.get(self.entry.tag, "mp4")


def is_review(entry: Entry) -> bool:
    """Return whether the Tag is a content review, which CI posts as native JSON only."""
    return entry.tag.startswith("Review")


def has_simple_form(entry: Entry) -> bool:
    """Return whether CI can post the review in the Simple form."""
    return is_review(entry) and any(part.name == "data" for part in introspect.parts(entry.model))


def callback(order: Order) -> Tree:
    """Make the callback as a tree."""
    writer = _Writer(order)
    if order.entry.is_job:
        return {"EventName": "TaskFinish", "JobsDetail": [writer.job()]}
    if order.simple:
        return writer.simple_review()
    if order.entry.tag == "Workflow":
        is_over = order.state in {"Success", "Failed"}
        return {"EventName": "WorkflowFinish" if is_over else "WorkflowStart", "WorkflowExecution": writer.run()}
    event = {"EventName": order.entry.tag} if is_review(order.entry) else {}
    return {**event, "JobsDetail": [writer.detail()]}


def body_of(detail: Mapping[str, Any], form: Format) -> bytes:
    """Write the callback of one job, given in CI's field names; a list is a repeated element, None and "" are empty."""
    tree = {"EventName": "TaskFinish", "JobsDetail": detail}
    return (as_xml(tree) if form == "xml" else as_json(tree)).encode()


def as_xml(tree: Tree) -> str:
    """Write the tree as CI's XML."""
    return to_xml("Response", tree)


def as_json(tree: Tree, *, array: bool = False, wrapped: bool = False) -> str:
    """Write the tree as CI's converted JSON: JobsDetail an object or an array, bare or in a Response."""
    converted = converted_to_json(tree)
    if array and isinstance(converted.get("JobsDetail"), dict):
        converted["JobsDetail"] = [converted["JobsDetail"]]
    return json.dumps({"Response": converted} if wrapped else converted, ensure_ascii=False)


def as_native_json(entry: Entry, tree: Tree, *, array: bool = False) -> str:
    """Write the tree as CI's native JSON: numbers and flags are values, a list of one item is a list.

    CI posts reviews so, with JobsDetail as an object, and some jobs since 2026, with an array.
    """
    converted = {
        name: [_with_numbers(entry.result, each) for each in value] if name == "JobsDetail" else value
        for name, value in tree.items()
    }
    if "WorkflowExecution" in tree:
        converted["WorkflowExecution"] = _with_numbers(entry.result, tree["WorkflowExecution"])
    if not array and len(converted.get("JobsDetail", ())) == 1:
        (converted["JobsDetail"],) = converted["JobsDetail"]
    return json.dumps(converted, ensure_ascii=False)


def _with_numbers(model: type[Element], tree: Tree) -> Tree:
    """Convert the numbers and flags of an element to values."""
    known = {part.name: part for part in introspect.parts(model)}
    return {name: _with_number(known[name], value) if name in known else value for name, value in tree.items()}


def _with_number(part: Part, value: Any) -> Any:
    if isinstance(value, list):
        return [_with_number(part, item) for item in value]
    if part.element is not None and isinstance(value, dict):
        return _with_numbers(part.element, value)
    return shape.fit(part.kind, value) if part.kind in {shape.INTEGER, shape.NUMBER, shape.FLAG} else value


def to_xml(name: str, value: Any) -> str:
    """Write an element: a list repeats it, a mapping is what it contains, None and "" leave it empty."""
    if isinstance(value, list | tuple):
        return "".join(to_xml(name, item) for item in value)
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(to_xml(child, item) for child, item in value.items())}</{name}>"
    text = _text(value)
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"


def converted_to_json(value: Any) -> Any:
    """Convert as CI does: every value a text, one item the item itself, nothing that is empty."""
    if isinstance(value, Mapping):
        kept = {name: converted_to_json(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ("", {}, [])}
    if isinstance(value, list | tuple):
        items = [converted_to_json(item) for item in value]
        return items[0] if len(items) == 1 else items
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Writer:
    """Makes one callback."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._entry = order.entry
        created = _FIRST_MOMENT + timedelta(hours=order.seed % _A_YEAR_OF_HOURS)
        self._times = {name: created + timedelta(seconds=after) for name, after in _SECONDS.items()}
        self._replaced = {
            _SAMPLE_INPUT: order.key,
            _SAMPLE_FILE: f"sample.{order.suffix}",
            _SAMPLE_NODE: f"{order.entry.tag}_",
            SAMPLE_BUCKET: order.bucket,
            SAMPLE_REGION: order.region,
        }

    def job(self) -> Tree:
        """Make the JobsDetail of a job."""
        order = self._order
        detail = {
            **self._element(Job),
            "JobId": self._id(self._letter, "JobId"),
            "Tag": self._entry.tag,
            "State": order.state,
            "Message": "",
            "Input": self._input(),
            "Operation": self._operation(),
        }
        del detail["EventName"]
        if not order.workflow:
            del detail["Workflow"]
        if order.state == "Failed":
            detail |= {"Code": "InputObjectNotFound", "Message": "the input object does not exist"}
        if order.state not in {"Success", "Running"}:
            detail["StartTime"] = "-"
        if order.state not in {"Success", "Failed"}:
            detail["EndTime"] = "-"
        return {name: value for name, value in detail.items() if value != {}}

    def detail(self) -> Tree:
        """Make the JobsDetail of a review or virus scan: its result without the fields that the function adds."""
        order = self._order
        is_done = order.state == "Success"
        fields = self._element(self._entry.model)
        kept = {name: value for name, value in fields.items() if is_done or not isinstance(value, dict | list)}
        detail = {**kept, "JobId": self._id("s", "JobId"), "State": order.state}
        if "Object" in fields:
            detail["Object"] = order.key
        for name in ("EventName", "Tag", "Code", "Message"):
            detail.pop(name, None)
        if order.state == "Failed":
            detail |= {"Code": "InputObjectNotFound", "Message": "the input object does not exist"}
        return detail

    def run(self) -> Tree:
        """Make the WorkflowExecution of a run; all tasks of a failed one have failed."""
        detail = self.detail()
        for name in ("JobId", "Code", "Message"):
            detail.pop(name, None)
        tasks = self._element(self._entry.model).get("Tasks", [])
        if tasks and self._order.state in {"Success", "Failed"}:
            detail["Tasks"] = [{**task, "State": self._order.state} for task in tasks]
        return detail

    def simple_review(self) -> Tree:
        """Make a review's Simple form, with the findings in `data`."""
        order = self._order
        url = f"https://{order.bucket}.cos.{order.region}.myqcloud.com/{order.key}"
        data = {
            "event": self._entry.tag,
            "trace_id": self._id("s", "JobId"),
            "url": url,
            "result": 2,
            "forbidden_status": 0,
            "cos_headers": {"x-cos-meta-id": "4711"},
            "porn_info": {"hit_flag": 0, "label": "", "score": 3},
            "ads_info": {"hit_flag": 2, "label": "二维码", "score": 72},
        }
        return {"code": 0, "message": "success", "data": data}

    def _input(self) -> Tree:
        fields = self._element(Job)["Input"]
        kept = _INPUT_FIELDS.get(self._entry.tag, tuple(fields))
        if self._order.workflow:
            return {name: value for name, value in fields.items() if name in kept}
        return {name: value for name, value in fields.items() if name in kept and name != "CosHeaders"}

    def _operation(self) -> Tree:
        is_done = self._order.state == "Success"
        fields = self._element(self._entry.model if is_done else Operation)
        left_out = set(_OF_WRITING if self._entry.tag in _WRITE_NOTHING else ())
        if not self._order.workflow:
            left_out.add("Input")  # Tts has it, for the headers of the upload
        return {name: value for name, value in fields.items() if name not in left_out}

    @property
    def _letter(self) -> str:
        return "s" if self._entry.tag in _SPEECH else _LETTERS[self._entry.api]

    def _element(self, model: type[Element], path: str = "", at: int = 0) -> Tree:
        """Fill each field that has samples; `at` is the element's index in a list."""
        fields = {part.name: self._value(part, f"{path}/{part.name}", at) for part in introspect.parts(model)}
        return {name: value for name, value in fields.items() if value is not None and value != []}

    def _value(self, part: Part, path: str, at: int) -> Any:
        if part.name in _UNPUBLISHED or (part.element is not None and not introspect.has_samples(part.element)):
            return None
        if not part.repeats:
            return self._one(part, path, at)
        items = (self._one(part, f"{path}/{number}", number) for number in range(self._order.items))
        return [item for item in items if item is not None]

    def _one(self, part: Part, path: str, at: int) -> Any:
        if part.element is not None:
            return self._element(part.element, path, at)
        if not part.samples:
            return None
        if part.kind == shape.TIME and part.name in self._times:
            return self._time(part.name, part.samples[0])
        if part.name in _IDS:
            return self._id(_IDS[part.name], part.name)
        if part.name == "JobId":
            return self._id("j", path)
        text = part.samples[at % len(part.samples)]
        for old, new in self._replaced.items():
            text = text.replace(old, new)
        return text

    def _time(self, name: str, sample: str) -> str:
        """Format a time like the sample: with a space for the T in workflows, with +08:00 in reviews."""
        text = self._times[name].strftime(f"%Y-%m-%d{sample[10]}%H:%M:%S%z")
        return f"{text[:-2]}:{text[-2:]}" if sample[-3] == ":" else text

    def _id(self, letter: str, what: str) -> str:
        digest = hashlib.sha256(f"{self._order.seed} {self._entry.tag} {what}".encode()).hexdigest()
        return f"{letter}{digest[:32]}"
