"""docs/configuration.md, in English and in Chinese: what in it is a matter of the function's own code.

Which variables, template fields and actions there are, what they must be and by which limits, is taken from there. What
only a reader of the page is told of them stands here in English, and in `chinese.py` for the other page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from ci_callback.actions import services as cloud_api
from ci_callback.actions import webhook
from ci_callback.config import settings, template, then
from ci_callback.decode.job import RESULTS, Job
from models.generate import chinese, marked
from models.generate.layout import pretty
from models.mistake import ModelMistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ci_callback.config.settings import Variable

    Say = Callable[[str], str]

PAGE, CHINESE_PAGE = "docs/configuration.md", "docs/configuration.zh-CN.md"

_BUCKET, _KEY = "media-1250000000", "audio/live/song.mp3"
_HERE = "models/generate/configuration.py"
_COMMAND = "the output of: "  # begins an example that is made by a command
_SHORT = 40  # a longer default is told in the variable's own section


class Fact(NamedTuple):
    """What the page says of a variable besides what the code does: what it is, and whether it must be set."""

    about: str
    must: str = "no"


VARIABLES = {
    "BUCKETS": Fact("where results may go", must="yes"),
    "CALLBACK_TOKENS": Fact("what opens the callback URL", must="this or `CALLBACK_SECRET`"),
    "CALLBACK_SECRET": Fact("where such tokens are kept apart", must="this or `CALLBACK_TOKENS`"),
    "ROUTES": Fact("what becomes of a job, by its Tag and State"),
    "DEAD_LETTER": Fact("where [dead letters](operation.md#dead-letters) lie"),
    "COS_ENDPOINT": Fact("what the function speaks to in tests"),
    "VERIFY": Fact("whether CI is asked about a job"),
    "WEBHOOK_SECRET": Fact("what signs the action `post`", must="where a route has `post`"),
    "LOG_LEVEL": Fact("the lowest level that is logged"),
}

FIELDS = {
    "object": "the whole key",
    "dir": "its folders; ends with `/`, or is empty",
    "name": "what comes behind them",
    "stem": "the name without its ending",
    "ext": "the ending, with its dot, or empty",
    "tag": "what kind of job it is",
    "state": "how it ended",
    "result": "of a review one of {results}; else empty",
    "job_id": "CI's id of the job",
    "bucket": "the bucket that its result goes to",
    "queue_id": "the queue it ran in, or empty",
    "workflow_id": "the workflow; empty for a job outside one",
    "run_id": "the run of the workflow, or empty",
    "node": "the node of the workflow that the job is, or empty",
}


class Deed(NamedTuple):
    """What the page says of an action: whom it names, what it does, and how many bytes it tells at most."""

    target: str
    does: str
    most: int


ACTIONS = {
    "invoke": Deed("function", "starts another SCF function asynchronously", cloud_api.MOST_INVOKE),
    "publish": Deed(
        "event bus",
        "publishes an event on an EventBridge bus (`eb-…`), with `Source` `ci-callback`",
        cloud_api.MOST_PUBLISH,
    ),
    "topic": Deed("topic", "publishes a message to a CMQ topic of TDMQ", cloud_api.MOST_TOPIC),
    "post": Deed("URL", "posts to an HTTPS URL, signed with [`WEBHOOK_SECRET`](#webhook_secret)", webhook.MOST),
}


def write() -> dict[str, str]:
    """Return the text of both pages under their paths in the project."""
    return {PAGE: _page(PAGE, lambda text: text), CHINESE_PAGE: _page(CHINESE_PAGE, chinese.say)}


def _page(path: str, say: Say) -> str:
    parts = {"variables": _variables(say), "fields": _fields(say), "actions": _actions(say), **_blocks()}
    page = marked.fill(path, parts)
    for name in settings.VARIABLES:
        if f"\n## {name}\n" not in page:
            raise ModelMistake(f"{path} has no section ## {name}: say there what the table has no room for")
    return page


def _blocks() -> dict[str, str]:
    """Return the code blocks, which need no words: the default routes, and the commands that make secrets."""
    commands = {
        name: _block("sh", variable.example.removeprefix(_COMMAND))
        for name, variable in settings.VARIABLES.items()
        if variable.example.startswith(_COMMAND)
    }
    return {"ROUTES": _block("json", pretty(json.loads(settings.DEFAULT_ROUTES))), **commands}


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def _variables(say: Say) -> str:
    _check(VARIABLES, settings.VARIABLES, "variable")
    rows = [
        (
            f"[`{name}`](#{name.lower()})",
            say(VARIABLES[name].must),
            _default(name, variable, say),
            say(VARIABLES[name].about),
            _expected(variable, say),
        )
        for name, variable in settings.VARIABLES.items()
    ]
    return _table(say, ("variable", "must be set", "default", "what it is", "what it must be"), rows)


def _default(name: str, variable: Variable, say: Say) -> str:
    if len(variable.default) > _SHORT:
        return f"[{say('below')}](#{name.lower()})"
    return variable.default and f"`{variable.default}`"


def _expected(variable: Variable, say: Say) -> str:
    if variable.default or variable.example.startswith(_COMMAND):
        return say(variable.expected)
    return say("{expected}, such as `{example}`").format(expected=say(variable.expected), example=variable.example)


def _fields(say: Say) -> str:
    _check(FIELDS, template.FIELDS, "template field")
    results = say(", ").join(f"`{each}`" for each in RESULTS)
    rows = [
        (
            f"`{{{name}}}`",
            value and f"`{value}`",
            say("the input's key" if name in template.PATH_FIELDS else "the job"),
            say(FIELDS[name]).format(results=results),
        )
        for name, value in _example().items()
    ]
    intro = say("Of a job on `{key}`, which a workflow ran:").format(key=_KEY)
    limit = say(
        "A result's key that COS would not take (over {most} bytes, `.` or `..` as a segment, control characters) "
        "makes the job a dead letter."
    ).format(most=template.MAX_KEY_BYTES)
    table = _table(say, ("field", "value", "made from", "what it is"), rows)
    return f"{intro}\n\n{table}\n{limit}\n"


def _example() -> dict[str, str]:
    """Return the value of every field, as the function gives it."""
    # here, because it reads the shapes, which may be being written
    node = {"WorkflowId": "w0123456789abcdef", "RunId": "i0123456789abcdef", "Name": "SoundHound_1"}
    own = {"JobId": "s0123456789abcdef", "Tag": "SoundHound", "State": "Success", "QueueId": "p0123456789abcdef"}
    fields = template.Fields(Job({**own, "Workflow": node}), _BUCKET, _KEY)
    return {name: fields[name] for name in template.FIELDS}


def _actions(say: Say) -> str:
    _check(ACTIONS, then.KINDS, "action")
    rows = [
        (
            f'`{{"{kind}": "<{ACTIONS[kind].target}>"}}`',
            " ".join(f"`{option}`" for option in then.OPTIONS.get(kind, ())),
            say(ACTIONS[kind].does),
            say("{most} bytes").format(most=f"{ACTIONS[kind].most:,}"),
        )
        for kind in then.KINDS
    ]
    limit = say("A route has at most {most} actions.").format(most=then.MOST_ACTIONS)
    return f"{_table(say, ('action', 'options', 'what it does', 'message at most'), rows)}\n{limit}\n"


def _table(say: Say, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heading = [say(column) for column in columns]
    return "".join([_row(heading), f"{'|---' * len(heading)}|\n", *(_row(cells) for cells in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|\n"


def _check(said: Mapping[str, object], there: Iterable[str], what: str) -> None:
    """Raise ModelMistake where this module says nothing of what is there, or something of what is not."""
    names = list(there)
    for name in names:
        if name not in said:
            raise ModelMistake(f"{_HERE} says nothing of the {what} {name}: the page would not either")
    for name in said:
        if name not in names:
            raise ModelMistake(f"{_HERE} speaks of the {what} {name}, which is not there any more")
