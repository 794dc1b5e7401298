"""Deferred imports of the COS SDK: a cold start does not load the modules, and every later use does."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from ci_callback.cloud import deferred_imports
from tests.support.python import run

FIELDS = {"Code": "SlowDown", "Message": "m", "Resource": "r", "RequestId": "i", "TraceId": "t"}
CONFIG = "qcloud_cos.CosConfig(Region='ap-chongqing', SecretId='a', SecretKey='b')"
ERROR = f"<Error>{''.join(f'<{name}>{text}</{name}>' for name, text in FIELDS.items())}</Error>"


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("from email import _parseaddr; print(_parseaddr.calendar.timegm((1970, 1, 2, 0, 0, 0)))", "86400"),
        ("from email import utils; print('@' in utils.make_msgid(domain='a'))", "True"),
        (f"import qcloud_cos; print(type(qcloud_cos.CosS3Client({CONFIG})._session).__module__)", "requests.sessions"),
        (
            f"import qcloud_cos; print(qcloud_cos.CosS3Client({CONFIG}).get_auth('GET', 'b', 'k')[:16])",
            "q-sign-algorithm",
        ),
        ("import qcloud_cos; print(qcloud_cos.CosServiceError('GET', '<a/>', 500).get_error_code())", "Unknown"),
        ("import xmltodict; print(xmltodict.unparse({'a': '1'}, full_document=False))", "<a>1</a>"),
        ("from qcloud_cos.cos_comm import unparse; print(unparse({'a': '1'}, full_document=False))", "<a>1</a>"),
        (f"import qcloud_cos.cos_exception as e; print(e.digest_xml({ERROR!r})['code'])", "SlowDown"),
        ("import uuid; print(len(uuid.uuid4().hex))", "32"),
        ("from qcloud_cos import streambody; print(len(streambody.uuid.uuid4().hex))", "32"),
        ("import requests; r = requests.Response(); r._content = 'é'.encode('utf-16'); print(r.text)", "é"),
        ("import importlib.metadata; print(bool(importlib.metadata.version('requests')))", "True"),
        ("from xml.dom import minidom; print(minidom.parseString('<a/>').documentElement.tagName)", "a"),
    ],
)
def test_a_deferred_module_is_loaded_when_it_is_called(call: str, result: str) -> None:
    """A call gets the real module, both through a placeholder that the SDK keeps and by a new import."""
    assert run(f"import ci_callback.cloud.cos\n{call}") == result


def test_placeholders_are_gone_after_the_import() -> None:
    """Once the SDK is imported, sys.modules holds no placeholder."""
    looks = "print(*[type(sys.modules.get(name)).__name__ for name in deferred_imports._DEFERRED])"
    code = f"import sys; from ci_callback.cloud import deferred_imports; import ci_callback.cloud.cos; {looks}"
    assert set(run(code).split()) <= {"NoneType", "module"}


def test_a_placeholder_has_no_special_attributes() -> None:
    """Import machinery that looks for a package's path or file finds no such attribute."""
    assert not hasattr(deferred_imports._Placeholder("x"), "__path__")


def test_a_placeholder_in_a_package_is_found_as_its_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    """`xml.dom.minidom.parseString` works through the package's own name, as the SDK writes it."""
    import xml.dom.minidom  # noqa: PLC0415 - it is put aside in the next line

    monkeypatch.setattr(xml.dom, "minidom", xml.dom.minidom)  # put back afterwards
    monkeypatch.delitem(sys.modules, "xml.dom.minidom")
    with deferred_imports.placeholders():
        assert isinstance(xml.dom.minidom, deferred_imports._Placeholder)
    assert xml.dom.minidom.parseString("<a/>").toxml().endswith("<a/>")  # noqa: S318 - our own text


def test_a_class_of_a_placeholder_may_be_a_base() -> None:
    """The SDK's signer extends one of `requests`, of which it uses nothing."""
    base = deferred_imports._Placeholder("requests.auth").AuthBase
    signer = type("Signer", (base,), {"__init__": lambda self, key: setattr(self, "key", key)})
    assert vars(signer("a")) == {"key": "a"}


def test_an_imported_module_is_not_replaced() -> None:
    """A module that was imported before stays what it is."""
    import xmltodict  # noqa: PLC0415 - imported before the placeholders are

    with deferred_imports.placeholders():
        assert sys.modules["xmltodict"] is xmltodict
    assert sys.modules["xmltodict"] is xmltodict


def test_a_module_imported_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real module that replaces a placeholder inside the block stays after it."""
    monkeypatch.delitem(sys.modules, "uuid")
    real = ModuleType("uuid")
    with deferred_imports.placeholders():
        assert sys.modules["uuid"] is not real
        sys.modules["uuid"] = real
    assert sys.modules["uuid"] is real
