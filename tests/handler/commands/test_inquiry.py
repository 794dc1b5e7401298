"""Requests whose refusals are answers like any other."""

from __future__ import annotations

import time

import pytest

from ci_callback.cloud.cos import Request, Store
from ci_callback.cloud.credentials import Credentials
from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport
from ci_callback.commands.inquiry import Inquiry
from tests.handler.cloud.raw_server import OK, RawServer
from tests.support.deployment import BUCKET, REGION


@pytest.mark.parametrize("date", [b"", b"Date: soon\r\n"])
def test_answer_without_a_readable_date_has_no_skew(date: bytes) -> None:
    """It is an answer nevertheless."""
    with RawServer([OK.replace(b"\r\n", b"\r\nConnection: close\r\n" + date, 1)]) as server:
        deadline = Deadline(time.monotonic() + 5)
        store = Store(Transport(server.address), Credentials("id", "key", ""), {BUCKET: REGION}, deadline, set())
        inquiry = Inquiry(store)
        assert inquiry.ask(Request(BUCKET)).status == 200
    assert inquiry.skews == []
