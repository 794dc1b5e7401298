"""Every Tag's callback in every format: XML, JSON of texts, native JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models import catalog, wire
from tests.support.decoded import only_job

if TYPE_CHECKING:
    from models.catalog import Entry

ENTRIES = catalog.catalog()


@pytest.mark.parametrize("items", [0, 1, 3])
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_all_formats_of_a_job_give_the_same_bytes(entry: Entry, items: int) -> None:
    """One value has one spelling in the result, with none, one and several items in every list."""
    for state in ("Success", "Failed"):
        # no document names the event of virus scans
        tree = {"EventName": entry.tag, **wire.callback(wire.Order(entry, state, items, workflow=True))}
        bodies = (
            wire.as_xml(tree),
            wire.as_json(tree),
            wire.as_json(tree, array=True, wrapped=True),
            wire.as_native_json(entry, tree),
            wire.as_native_json(entry, tree, array=True),
        )
        assert len({only_job(body).document for body in bodies}) == 1
