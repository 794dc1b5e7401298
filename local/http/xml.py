"""XML answers of COS and CI, and their errors (document 436/7730)."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from local.http.message import Response
from models.wire import to_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECLARATION = "<?xml version='1.0' encoding='utf-8' ?>\n"
_MESSAGES = {
    "AccessDenied": "Access Denied.",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchBucket": "The specified bucket does not exist.",
    "FileAlreadyExists": "The object you specified already exists and can not be overwritten.",
}


class ServiceError(Exception):
    """An error that COS or CI answers with."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status = status
        self.code = code
        self.message = message or _MESSAGES.get(code, code)
        super().__init__(f"{code}: {self.message}")

    def response(self, resource: str, request_id: str) -> Response:
        """Return the XML of the error; for HEAD the HTTP server leaves it out."""
        trace_id = base64.b64encode(secrets.token_hex(24).encode()).decode()
        ids = {"Resource": resource, "RequestId": request_id, "TraceId": trace_id}
        return xml_response("Error", {"Code": self.code, "Message": self.message, **ids}, status=self.status)


def not_implemented(what: str) -> ServiceError:
    """Return the error for what COS or CI know and the local cloud does not."""
    return ServiceError(501, "NotImplemented", f"The local cloud does not know {what}.")


def xml_response(root: str, content: Mapping[str, Any], *, entries: str = "", status: int = 200) -> Response:
    """Return a response with an XML document: content as in `models.wire.to_xml`, then `entries`, which are XML."""
    end = f"</{root}>"
    document = _DECLARATION + to_xml(root, content).removesuffix(end) + entries + end
    return Response(status, (("Content-Type", "application/xml"),), document.encode())
