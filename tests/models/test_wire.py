"""Callback bodies made from the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models import catalog
from models import wire as body
from models.generate.shapes import result_object
from models.wire import Order

if TYPE_CHECKING:
    from models.catalog import Entry

ENTRIES = catalog.catalog()


def test_body_depends_on_the_seed_alone() -> None:
    """The same order gives the same body; ids and times follow from the seed."""
    entry = ENTRIES["SoundHound"]
    made = [body.callback(Order(entry, seed=seed))["JobsDetail"][0] for seed in (0, 0, 1)]
    assert made[0] == made[1]
    for name in ("JobId", "QueueId", "CreationTime", "EndTime"):
        assert made[0][name] != made[2][name]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("state", body.STATES)
def test_times_are_in_order(entry: Entry, state: str) -> None:
    """CreationTime, StartTime and EndTime ascend, and an unfinished job has no EndTime."""
    one = result_object(entry, body.as_xml(body.callback(Order(entry, state, workflow=True))))
    times = [one[name] for name in ("CreationTime", "CreateTime", "StartTime", "EndTime") if name in one]
    assert times == sorted(times)
    assert ("EndTime" in one) == (entry.is_job and state in {"Success", "Failed"})
    assert one["JobId"]
    assert ("Workflow" in one) == entry.is_job


def test_input_is_the_ordered_one_or_fits_the_tag() -> None:
    """Key, bucket and region of the order are in the body; the default key has the extension of the Tag's files."""
    entry = ENTRIES["SoundHound"]
    order = Order(entry, object="a/b.wav", bucket="test-1234567890", region="ap-chongqing")
    assert result_object(entry, body.as_json(body.callback(order)))["Input"] == {
        "BucketId": "test-1234567890",
        "Region": "ap-chongqing",
        "Object": "a/b.wav",
    }
    assert Order(entry).key == "in/sample.mp3"
