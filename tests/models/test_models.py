"""The models against what is made of them: each Tag in XML and in JSON, with lists of none, one and many items."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback import shapes
from ci_callback.decode import shape
from ci_callback.shapes.job import JOB
from local.ci import others as ci_others
from models import anatomy, catalog
from models import wire as body
from models.fields import Element, Flag, Integer, ListOf, Number, Text, Time, many, sample
from models.generate.shapes import shape_of
from models.job import Job, Operation, Result
from models.mistake import ModelMistake
from models.reading import result_object
from models.wire import Order
from tests import ROOT
from tests.support.bodies import JSON_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.anatomy import Part
    from models.catalog import Entry
ENTRIES = catalog.catalog()
each_tag = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


def schema(tag: str) -> Any:
    """Return a Tag's schema as it is checked in."""
    return json.loads((ROOT / "schemas" / f"{tag}.json").read_text(encoding="utf-8"))


def texts(entry: Entry, tree: dict[str, Any]) -> dict[str, str]:
    """Return a callback in every form."""
    forms = {
        "xml": body.as_xml(tree),
        "json": body.as_json(tree),
        "array": body.as_json(tree, array=True),
        "wrapped": body.as_json(tree, wrapped=True),
    }
    return {**forms, "review": body.as_review_json(entry, tree)} if body.is_review(entry) else forms


def lists(value: Any) -> Iterator[list[Any]]:
    """Yield every list in a tree."""
    if isinstance(value, list):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(each)


# --- what there is ------------------------------------------------------------------------------------------------


def test_the_function_knows_every_tag_and_only_those() -> None:
    """Each Tag with a model has a module on SCF and a place in CI's job API: jobs one of a few, others their own."""
    assert ENTRIES["SoundHound"].module == "sound_hound"
    assert {tag: entry.module for tag, entry in ENTRIES.items()} == shapes.MODULES
    apis = {"jobs", "asr_jobs", "pic_jobs", "doc_jobs", "ai_jobs", "file_jobs"}
    assert {entry.api for entry in ENTRIES.values() if entry.is_job} <= apis
    others = {entry.api: tag for tag, entry in ENTRIES.items() if not entry.is_job}
    assert sorted(others.values()) == list(shapes.NO_JOBS)
    assert others.keys() == set(get_args(ci_others.Kind))
    for tag, entry in ENTRIES.items():
        assert shapes.APIS.get(tag, "jobs") == entry.api


@each_tag
def test_the_shape_on_scf_is_that_of_the_model(entry: Entry) -> None:
    """The table that ships says of every field, at every depth, what the model says."""
    module = import_module(f"ci_callback.shapes.{shapes.MODULES[entry.tag]}")
    assert shape_of(entry.result) == module.SHAPE
    assert shape_of(Job) == JOB


@each_tag
def test_every_field_is_explained(entry: Entry) -> None:
    """A Tag has CI's name for it, each of its fields a meaning, and what a sample spells is of the field's kind."""
    assert entry.title
    assert entry.page.startswith("https://") or "published" in entry.notes

    def check(model: type[Element]) -> None:
        assert model.__doc__, model
        for part in anatomy.parts(model):
            assert part.meaning, f"{model.__name__}.{part.name}"
            for each in part.samples:
                assert fits(part.kind, each), f"{model.__name__}.{part.name}: {each!r} is no {part.kind}"
            if part.element is not None:
                check(part.element)

    check(entry.result)


def fits(kind: str | None, text: str) -> bool:
    """Whether a text is read as its kind."""
    value = shape.fit(kind, text)
    wanted = {shape.INTEGER: int, shape.NUMBER: int | float, shape.FLAG: bool}.get(kind or "", str)
    return isinstance(value, wanted) and (kind != shape.TIME or value != text or value[-3] == ":")


@each_tag
def test_the_schema_is_one(entry: Entry) -> None:
    """A schema is valid JSON Schema 2020-12, names its Tag, and asks for the six fields that always stand there."""
    read = schema(entry.tag)
    jsonschema.Draft202012Validator.check_schema(read)
    assert (read["title"], read["$id"]) == (entry.tag, f"{entry.tag}.json")
    assert read["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    assert read["required"] == ["EventName", "JobId", "Tag", "State", "Code", "Message"]
    assert read["additionalProperties"] is True
    assert "null" not in json.dumps(read)


# --- one job, one object ------------------------------------------------------------------------------------------


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
def test_every_form_of_a_callback_gives_the_same_object(entry: Entry, items: int) -> None:
    """XML and JSON, JobsDetail as object and array, bare and wrapped: one object, and lists are lists."""
    tree = body.callback(Order(entry, items=items, workflow=True))
    objects = {form: result_object(entry, text) for form, text in texts(entry, tree).items()}
    assert len({json.dumps(each) for each in objects.values()}) == 1
    (detail,) = tree["JobsDetail"] if "JobsDetail" in tree else [tree["WorkflowExecution"]]
    assert [len(each) for each in lists(objects["xml"])] == [items for _ in lists(detail)]


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
@pytest.mark.parametrize("state", ["Success", "Failed"])
def test_the_object_is_as_the_schema_says(entry: Entry, items: int, state: str) -> None:
    """What is written for a Tag validates against its schema, whether the job succeeded or failed."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, state, items))))
    jsonschema.Draft202012Validator(schema(entry.tag)).validate(one)


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
def test_the_function_and_the_model_read_the_same(entry: Entry, items: int) -> None:
    """The plain table gives what pydantic makes of the same callback, and has a type for every field."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, items=items, workflow=True))))
    read = entry.result.model_validate(one)
    assert plain(read) == {name: value for name, value in one.items() if value != ""}
    assert list(untyped(read)) == []


def plain(value: Any) -> Any:
    """Return what a model holds, in CI's names, without what is empty."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, Element):
        return value
    names = {name: info.alias or name for name, info in type(value).model_fields.items()}
    kept = {alias: plain(getattr(value, name)) for name, alias in names.items()}
    return {name: each for name, each in kept.items() if each not in (None, "", [], {})}


def untyped(value: Any) -> Iterator[str]:
    """Yield the fields that no model knows."""
    if isinstance(value, list):
        for each in value:
            yield from untyped(each)
    elif isinstance(value, Element):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from untyped(getattr(value, name))


@each_tag
def test_a_failed_callback_has_no_result(entry: Entry) -> None:
    """Where a job failed, Code and Message say why, and Operation has but what every job's has."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, "Failed"))))
    assert one["State"] == "Failed"
    if entry.is_job:
        assert (one["Code"], one["Message"]) == ("InputObjectNotFound", "the input object does not exist")
        assert one["Operation"].keys() <= {part.name for part in anatomy.parts(Operation)}
        assert "StartTime" not in one


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (shape.TEXT, "007", "007"),
        (shape.TEXT, 7, "7"),
        (shape.TEXT, True, "true"),
        (shape.INTEGER, "7", 7),
        (shape.INTEGER, "7.5", "7.5"),
        (shape.NUMBER, "7.50", 7.5),
        (shape.NUMBER, "1e5", "1e5"),
        (shape.FLAG, "False", False),
        (shape.FLAG, "1", "1"),
        (shape.TIME, "2024-05-06 07:08:09+0800", "2024-05-06T07:08:09+08:00"),
        (shape.TIME, "soon", "soon"),
        (shape.TIME, "-", None),
        ([shape.TIME], ["-", "soon"], ["soon"]),
        ([shape.INTEGER], "7", [7]),
        ({"a": shape.INTEGER}, [{"a": "7"}], {"a": 7}),
        ({"a": shape.INTEGER}, [{"a": "7"}, "x"], [{"a": 7}, "x"]),
        ({None: ("b", "c"), "b": shape.FLAG}, {"d": "", "a": "1", "b": "false"}, {"b": False, "a": "1"}),
    ],
)
def test_a_value_is_read_as_its_kind_or_kept(kind: Any, sent: Any, kept: Any) -> None:
    """What can be read as its kind is, and what cannot stays as it came; fields keep their order, empty ones go."""
    assert json.dumps(shape.fit(kind, sent)) == json.dumps(kept)


# --- anything -----------------------------------------------------------------------------------------------------

_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs"]), min_size=1, max_size=8)
_LEAVES = {
    shape.TEXT: _TEXTS,
    shape.SECRET: _TEXTS,
    shape.INTEGER: st.integers(-(10**17), 10**17).map(str),
    shape.NUMBER: st.decimals(-1000, 1000, places=3).map(str),
    shape.FLAG: st.sampled_from(["true", "false", "True"]),
    shape.SECRET: _TEXTS,
    shape.TIME: st.datetimes().map(lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}+0800".rjust(24, "0")) | st.just("-"),
}


def values(part: Part) -> st.SearchStrategy[Any]:
    """Return a strategy for what CI may send in a field: now and then a word where a number belongs."""
    one = elements(part.element) if part.element is not None else _LEAVES[part.kind or shape.TEXT] | _TEXTS
    return st.lists(one, min_size=1, max_size=2) if part.repeats else one


@st.composite
def elements(draw: st.DrawFn, model: type[Element]) -> dict[str, Any]:
    """Draw an element with up to three of the model's fields, at each depth."""
    parts = anatomy.parts(model)
    chosen = draw(st.lists(st.sampled_from(parts), max_size=3, unique_by=lambda part: part.name)) if parts else []
    return {part.name: draw(values(part)) for part in chosen}


@given(st.data())
def test_whatever_a_tag_s_fields_hold_xml_and_json_agree(data: st.DataObject) -> None:
    """For any Tag and any values, in any number, both formats give one object, and fitting it again changes nothing."""
    entry = data.draw(st.sampled_from([*ENTRIES.values()]))
    detail = {**data.draw(elements(entry.model)), "Code": "Success"}
    tree = {"EventName": "TaskFinish", "JobsDetail": [{"Operation": detail} if entry.is_job else detail]}
    one = result_object(entry, body.as_xml(tree))
    assert json.dumps(one) == json.dumps(result_object(entry, body.as_json(tree)))
    assert json.dumps(shape.fit(shape_of(entry.result), one)) == json.dumps(without_empty(one))


def without_empty(one: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the leading fields that CI left empty."""
    return {name: value for name, value in one.items() if value != ""}


_SHAPES = st.recursive(
    st.sampled_from([shape.TEXT, shape.INTEGER, shape.NUMBER, shape.FLAG, shape.TIME]),
    lambda inner: inner.map(lambda each: [each]) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
_TREES = st.recursive(
    JSON_VALUES | st.sampled_from(["-", "0", "-0.0", "TRUE", "2024-05-06 07:08:09+0800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_SHAPES, _TREES)
def test_fitting_is_total_and_once_is_enough(wanted: Any, tree: Any) -> None:
    """Whatever the shape and whatever the tree, fitting raises nothing, and what has been fitted fits."""
    fitted = shape.fit(wanted, tree)
    assert json.dumps(shape.fit(wanted, fitted)) == json.dumps(fitted)


@given(st.sampled_from([*ENTRIES.values()]), st.data())
def test_any_tree_survives_any_tag_s_shape(entry: Entry, data: st.DataObject) -> None:
    """Where CI sends something else than a Tag's model says, it is kept, not refused."""
    wanted = shape_of(entry.result)
    names = st.sampled_from([*(name for name in wanted if name), *(shape_of(entry.model))]).filter(bool)
    tree = data.draw(st.dictionaries(names, _TREES, max_size=4))
    fitted = shape.fit(wanted, {**tree, "Operation": tree})
    assert json.dumps(shape.fit(wanted, fitted)) == json.dumps(fitted)


# --- models -------------------------------------------------------------------------------------------------------


class Piece(Element):
    """One piece."""

    LEADING = ("Name", "Gone")

    size: Integer = sample("7")
    """Its size."""
    name: Text = sample("a", "b")
    """Its name."""


class Made(Operation):
    """样例 (a sample). https://example.com/made. It says more. And more."""

    piece: Piece | None = None
    """One."""
    pieces: ListOf[Piece] = many()
    """Several."""
    either: Piece | ListOf[Piece] | None = None
    """One or several."""
    names: ListOf[Text] = sample("x", "y", "z", alias="NAMES")
    """Texts."""
    is_on: Flag = sample("true")
    """A flag."""
    weight: Number = sample("0.5")
    """A number."""
    at: Time = sample("2024-05-06 07:08:09+0800")
    """A time."""
    raw: Any = None
    """Whatever it is."""


def test_a_model_is_read_back_as_a_shape() -> None:
    """Leaves by kind, lists in brackets, elements as tables with their leading names; one or several is an element."""
    piece = {None: ("Name",), "Size": "integer", "Name": "text"}
    expected = {
        **shape_of(Operation),
        "Piece": piece,
        "Pieces": [piece],
        "Either": piece,
        "NAMES": ["text"],
        "IsOn": "flag",
        "Weight": "number",
        "At": "time",
    }
    assert shape_of(Made) == expected


def test_a_docstring_says_what_a_tag_is_called_and_where_to_read_on() -> None:
    """The first sentence is CI's name, a URL its page, the rest notes."""
    (entry,) = catalog.collect([Made, Operation, Job, Result, Element, Piece]).values()
    assert (entry.tag, entry.title, entry.page) == ("Made", "样例 (a sample)", "https://example.com/made")
    assert (entry.notes, entry.source, entry.api) == ("It says more. And more.", "tests/models/test_models.py", "jobs")


class Renamed(Made):
    """Another."""

    TAG: ClassVar[str] = "Other"


class _Base(Made):
    """A base of others."""


class MadeAgain(Operation):
    """The same Tag once more."""

    TAG: ClassVar[str] = "Made"


def test_a_tag_may_be_called_other_than_its_model() -> None:
    """TAG names it, a class with an underscore is none, and no two may describe the same."""
    assert list(catalog.collect([Renamed, _Base, Made])) == ["Made", "Other"]
    with pytest.raises(ValueError, match="both describe the Tag Made"):
        catalog.collect([Made, MadeAgain])


@pytest.mark.parametrize(
    ("annotation", "complaint"), [(ListOf[ListOf[Text]], "a list of lists"), (bytes, "types of models/fields.py")]
)
def test_what_no_callback_has_is_no_field(annotation: Any, complaint: str) -> None:
    """A field of another type is a mistake of the model, named."""
    bad = type("Bad", (Element,), {"__annotations__": {"field": annotation}, "field": None})
    with pytest.raises(ModelMistake, match=rf"Bad\.field is .*{complaint}"):
        anatomy.parts(bad)


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("SoundHound", "sound_hound"),
        ("DNA", "dna"),
        ("ImageOCR", "image_ocr"),
        ("DocAIGCMetadata", "doc_aigc_metadata"),
    ],
)
def test_modules_are_named_after_tags(name: str, snake: str) -> None:
    """A Tag's module is the Tag in snake case."""
    assert catalog.snake(name) == snake


# --- bodies -------------------------------------------------------------------------------------------------------


def test_the_same_order_gives_the_same_body_and_another_seed_another_job() -> None:
    """Bodies can be made again; ids and times come from the seed."""
    entry = ENTRIES["SoundHound"]
    made = [body.callback(Order(entry, seed=seed))["JobsDetail"][0] for seed in (0, 0, 1)]
    assert made[0] == made[1]
    for name in ("JobId", "QueueId", "CreationTime", "EndTime"):
        assert made[0][name] != made[2][name]


@each_tag
@pytest.mark.parametrize("state", body.STATES)
def test_times_follow_each_other(entry: Entry, state: str) -> None:
    """CreationTime, StartTime and EndTime come in this order; what has not happened has none."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, state, workflow=True))))
    times = [one[name] for name in ("CreationTime", "CreateTime", "StartTime", "EndTime") if name in one]
    assert times == sorted(times)
    assert ("EndTime" in one) == (entry.is_job and state in {"Success", "Failed"})
    assert one["JobId"]
    assert ("Workflow" in one) == entry.is_job


def test_the_input_is_the_one_ordered_or_fits_the_tag() -> None:
    """A key, a bucket and a region that are ordered stand in the body; else the key ends as the Tag's files do."""
    entry = ENTRIES["SoundHound"]
    order = Order(entry, object="a/b.wav", bucket="test-1234567890", region="ap-chongqing")
    assert result_object(entry, body.as_json(body.callback(order)))["Input"] == {
        "BucketId": "test-1234567890",
        "Region": "ap-chongqing",
        "Object": "a/b.wav",
    }
    assert Order(entry).key == "in/sample.mp3"
