"""Every Tag: model, shape and schema agree, in XML and JSON, with no, one and many items in each list."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_callback import shapes
from ci_callback.decode import shape
from ci_callback.shapes.job import JOB
from ci_callback_results.fields import Element
from ci_callback_results.job import Job, Operation
from ci_callback_results.tags.review.review_image import Encryption
from local.ci import others as ci_others
from models import catalog, introspect
from models import wire as body
from models.generate.shapes import result_object, shape_of
from models.wire import Order
from tests import ROOT
from tests.support.bodies import JSON_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.catalog import Entry
    from models.introspect import Part

ENTRIES = catalog.catalog()
each_tag = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


def schema(tag: str) -> Any:
    """Return a Tag's schema file."""
    return json.loads((ROOT / "schemas" / f"{tag}.json").read_text(encoding="utf-8"))


def texts(entry: Entry, tree: dict[str, Any]) -> dict[str, str]:
    """Return a callback in every form."""
    return {
        "xml": body.as_xml(tree),
        "json": body.as_json(tree),
        "array": body.as_json(tree, array=True),
        "wrapped": body.as_json(tree, wrapped=True),
        "native": body.as_native_json(entry, tree),
        "native array": body.as_native_json(entry, tree, array=True),
    }


def lists(value: Any) -> Iterator[list[Any]]:
    """Yield every list in a tree."""
    if isinstance(value, list):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(each)


def test_tags_of_models_and_function_are_the_same() -> None:
    """Each Tag has a module in shapes/ and a path in CI's API: jobs one of a few, other results their own."""
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
def test_generated_shape_equals_the_model(entry: Entry) -> None:
    """The shipped table has every field of the model, at every depth."""
    module = import_module(f"ci_callback.shapes.{shapes.MODULES[entry.tag]}")
    assert shape_of(entry.result) == module.SHAPE
    assert shape_of(Job) == JOB


@each_tag
def test_every_field_has_a_meaning_and_valid_samples(entry: Entry) -> None:
    """A Tag has CI's name and page, each field a meaning, and each sample the field's kind."""
    assert entry.title
    assert entry.page.startswith("https://") or "published" in entry.notes

    def check(model: type[Element]) -> None:
        assert model.__doc__, model
        for part in introspect.parts(model):
            assert part.meaning, f"{model.__name__}.{part.name}"
            for each in part.samples:
                assert fits(part.kind, each), f"{model.__name__}.{part.name}: {each!r} is no {part.kind}"
            if part.element is not None:
                check(part.element)

    check(entry.result)


def fits(kind: str | None, text: str) -> bool:
    """Return whether a text is valid for the kind."""
    value = shape.fit(kind, text)
    wanted = {shape.INTEGER: int, shape.NUMBER: int | float, shape.FLAG: bool}.get(kind or "", str)
    return isinstance(value, wanted) and (kind != shape.TIME or value != text or value[-3] == ":")


@each_tag
def test_schema_is_valid(entry: Entry) -> None:
    """A schema is JSON Schema 2020-12, has its Tag as title, and requires the six leading fields."""
    read = schema(entry.tag)
    jsonschema_rs.meta.validate(read)
    assert (read["title"], read["$id"]) == (entry.tag, f"{entry.tag}.json")
    assert read["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert read["required"] == ["EventName", "JobId", "Tag", "State", "Code", "Message"]
    assert read["additionalProperties"] is True
    assert "null" not in json.dumps(read)


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
def test_all_forms_of_a_callback_give_the_same_object(entry: Entry, items: int) -> None:
    """XML and JSON, JobsDetail as object and array, bare and wrapped; lists stay lists."""
    tree = body.callback(Order(entry, items=items, workflow=True))
    objects = {form: result_object(entry, text) for form, text in texts(entry, tree).items()}
    assert len({json.dumps(each) for each in objects.values()}) == 1
    (detail,) = tree["JobsDetail"] if "JobsDetail" in tree else [tree["WorkflowExecution"]]
    assert [len(each) for each in lists(objects["xml"])] == [items for _ in lists(detail)]


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
@pytest.mark.parametrize("state", ["Success", "Failed"])
def test_object_validates_against_the_schema(entry: Entry, items: int, state: str) -> None:
    """The result of a succeeded and of a failed job conforms to the Tag's schema."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, state, items))))
    jsonschema_rs.Draft202012Validator(schema(entry.tag)).validate(one)


@each_tag
@pytest.mark.parametrize("items", [0, 1, 3])
def test_shape_and_model_read_the_same(entry: Entry, items: int) -> None:
    """The plain table and pydantic give the same result, and no field is untyped."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, items=items, workflow=True))))
    read = entry.result.model_validate(one)
    assert plain(read) == {name: value for name, value in one.items() if value != ""}
    assert list(untyped(read)) == []


def plain(value: Any) -> Any:
    """Return a model's values by CI's names, without empty ones."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, Element):
        return value
    names = {name: info.alias or name for name, info in type(value).model_fields.items()}
    kept = {alias: plain(getattr(value, name)) for name, alias in names.items()}
    return {name: each for name, each in kept.items() if each not in (None, "", [], {})}


def untyped(value: Any) -> Iterator[str]:
    """Yield the fields without a model."""
    if isinstance(value, list):
        for each in value:
            yield from untyped(each)
    elif isinstance(value, Element):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from untyped(getattr(value, name))


@each_tag
def test_failed_callback_has_no_result(entry: Entry) -> None:
    """A failed job has the error in Code and Message, and only the common fields in Operation."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, "Failed"))))
    assert one["State"] == "Failed"
    if entry.is_job:
        assert (one["Code"], one["Message"]) == ("InputObjectNotFound", "the input object does not exist")
        assert one["Operation"].keys() <= {part.name for part in introspect.parts(Operation)}
        assert "StartTime" not in one


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (shape.TEXT, "007", "007"),
        (shape.TEXT, 7, "7"),
        (shape.TEXT, True, "true"),
        (shape.INTEGER, "7", 7),
        (shape.INTEGER, "7.5", 7.5),
        (shape.NUMBER, "7.50", 7.5),
        (shape.NUMBER, "1e5", 100000),
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
def test_value_is_converted_to_its_kind_or_kept(kind: Any, sent: Any, kept: Any) -> None:
    """A value of another kind stays unchanged; fields keep their order, empty ones are dropped."""
    assert json.dumps(shape.fit(kind, sent)) == json.dumps(kept)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs"]), min_size=1, max_size=8)
_LEAVES = {
    shape.TEXT: _TEXTS,
    shape.SECRET: _TEXTS,
    shape.INTEGER: st.integers(-(10**17), 10**17).map(str),
    shape.NUMBER: st.decimals(-1000, 1000, places=3).map(str),
    shape.FLAG: st.sampled_from(["true", "false", "True"]),
    shape.TIME: st.datetimes().map(lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}+0800".rjust(24, "0")) | st.just("-"),
}


def values(part: Part) -> st.SearchStrategy[Any]:
    """Return a strategy for a field's values: usually of its kind, sometimes any text."""
    one = elements(part.element) if part.element is not None else _LEAVES[part.kind or shape.TEXT] | _TEXTS
    return st.lists(one, min_size=1, max_size=2) if part.repeats else one


@st.composite
def elements(draw: st.DrawFn, model: type[Element]) -> dict[str, Any]:
    """Draw an element with up to three of the model's fields, at each depth."""
    parts = introspect.parts(model)
    chosen = draw(st.lists(st.sampled_from(parts), max_size=3, unique_by=lambda part: part.name)) if parts else []
    return {part.name: draw(values(part)) for part in chosen}


@given(st.data())
def test_xml_and_json_of_any_values_agree(data: st.DataObject) -> None:
    """For any Tag, any values and any number of them, all formats give one object, which fits its shape."""
    entry = data.draw(st.sampled_from([*ENTRIES.values()]))
    detail = {**data.draw(elements(entry.model)), "Code": "Success"}
    tree = {"EventName": "TaskFinish", "JobsDetail": [{"Operation": detail} if entry.is_job else detail]}
    one = result_object(entry, body.as_xml(tree))
    for text in (body.as_json(tree), body.as_native_json(entry, tree)):
        assert json.dumps(result_object(entry, text)) == json.dumps(one)
    assert json.dumps(shape.fit(shape_of(entry.result), one)) == json.dumps(without_empty(one))


def without_empty(one: dict[str, Any]) -> dict[str, Any]:
    """Drop empty leading fields."""
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
def test_fitting_is_total_and_idempotent(wanted: Any, tree: Any) -> None:
    """For any shape and tree, fitting raises nothing, and fitting again changes nothing."""
    fitted = shape.fit(wanted, tree)
    assert json.dumps(shape.fit(wanted, fitted)) == json.dumps(fitted)


@given(st.sampled_from([*ENTRIES.values()]), st.data())
def test_unexpected_trees_are_kept(entry: Entry, data: st.DataObject) -> None:
    """Values that differ from a Tag's model are kept, not refused."""
    wanted = shape_of(entry.result)
    names = st.sampled_from([*(name for name in wanted if name), *(shape_of(entry.model))]).filter(bool)
    tree = data.draw(st.dictionaries(names, _TREES, max_size=4))
    fitted = shape.fit(wanted, {**tree, "Operation": tree})
    assert json.dumps(shape.fit(wanted, fitted)) == json.dumps(fitted)


# Fields with the name of a secret that are none.
PUBLIC = {
    "Key": "an object's key, or the name of a header",
    "UriKey": "the URL from which a player gets the key",
}
SECRET_NAME = re.compile(r".*(Key|Password|I[Vv]|PlainText|CiphertextBlob)")


@each_tag
def test_secrets_are_left_out(entry: Entry) -> None:
    """A field with the name of a key, password or initialisation vector is secret, or public for a reason."""

    def check(model: type[Element]) -> None:
        for part in introspect.parts(model):
            if part.element is not None:
                check(part.element)
            elif SECRET_NAME.fullmatch(part.name):
                assert part.kind == shape.SECRET or part.name in PUBLIC, f"{model.__name__}.{part.name}"

    check(entry.result)
    sent = {"JobId": "s1", "State": "Success", "Operation": {"EncryptKey": "x", "DecryptIv": "y", "DecryptMode": "z"}}
    if entry.is_job:
        assert shape.fit(shape_of(entry.result), sent)["Operation"] == {"DecryptMode": "z"}


def test_key_of_an_encrypted_picture_is_left_out() -> None:
    """`Key` is usually an object's key, but not in a picture's Encryption."""
    kinds = {part.name: part.kind for part in introspect.parts(Encryption)}
    assert (kinds["Key"], kinds["IV"]) == (shape.SECRET, shape.SECRET)
