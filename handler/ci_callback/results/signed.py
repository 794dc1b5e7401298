"""Signatures of the function's own objects, where RECORD_SECRET is set.

Anyone who may upload to a bucket can write metadata of any kind. So the header of each object is signed for its bucket
and key, and an object without a valid signature is foreign to all the rest of the function, which knows nothing of it.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ci_callback.cloud.cos import Store

from .record import HEADER, UNSIGNED, framed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ci_callback.cloud.credentials import Credentials
    from ci_callback.cloud.deadline import Deadline
    from ci_callback.cloud.transport import Transport

_DIGITS = 32  # of a signature: 128 bits
_FIELD = " sig="


class SignedStore(Store):
    """A store that signs the header of what it writes with the first secret, and accepts the signature of any."""

    def __init__(  # noqa: PLR0913, PLR0917 - a store's, and the secrets
        self,
        transport: Transport,
        credentials: Credentials,
        regions: Mapping[str, str],
        deadline: Deadline,
        versioned: set[str],
        secrets: Sequence[str],
    ) -> None:
        super().__init__(transport, credentials, regions, deadline, versioned)
        self._secrets = secrets

    def create(self, bucket: str, key: str, body: bytes, metadata: Mapping[str, str]) -> str | None:
        """Write an object, signed, unless its key is taken."""
        return super().create(bucket, key, body, self._signed(bucket, key, metadata))

    def replace(self, bucket: str, key: str, body: bytes, metadata: Mapping[str, str]) -> str:
        """Write an object, signed, over any other."""
        return super().replace(bucket, key, body, self._signed(bucket, key, metadata))

    def replace_metadata(self, bucket: str, key: str, etag: str, metadata: Mapping[str, str]) -> str | None:
        """Replace an object's metadata, signed, if its content has this ETag."""
        return super().replace_metadata(bucket, key, etag, self._signed(bucket, key, metadata))

    def head(self, bucket: str, key: str, version: str = "") -> Mapping[str, str] | None:
        """Return an object's headers; an invalid signature is marked."""
        headers = super().head(bucket, key, version)
        return None if headers is None else self._checked(bucket, key, headers)

    def get(self, bucket: str, key: str, most: int) -> tuple[Mapping[str, str], bytes] | None:
        """Return an object's headers and bytes; an invalid signature is marked."""
        found = super().get(bucket, key, most)
        return None if found is None else (self._checked(bucket, key, found[0]), found[1])

    def _signed(self, bucket: str, key: str, metadata: Mapping[str, str]) -> dict[str, str]:
        """Return metadata with the signature before the last field of its header, which reveals a header cut off."""
        header = metadata[HEADER]
        fields, _, last = header.rpartition(" ")
        signature = _signature(self._secrets[0], bucket, key, header)
        return {**metadata, HEADER: f"{fields}{_FIELD}{signature} {last}"}

    def _checked(self, bucket: str, key: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return headers by which an object without a valid signature is foreign."""
        header = headers.get(HEADER, "")
        if not header or self._is_signed(bucket, key, header):
            return headers
        return {**headers, HEADER: UNSIGNED + header}

    def _is_signed(self, bucket: str, key: str, header: str) -> bool:
        head, _, last = header.rpartition(" ")
        fields, _, signature = head.rpartition(_FIELD)
        signed = f"{fields} {last}"
        valid = [_signature(secret, bucket, key, signed) for secret in self._secrets]
        # as bytes: compare_digest refuses text beyond ASCII, and an uploader may write any
        return any(hmac.compare_digest(each.encode(), signature.encode()) for each in valid)


def _signature(secret: str, bucket: str, key: str, header: str) -> str:
    return hmac.digest(secret.encode(), framed(bucket, key, header), "sha256").hex()[:_DIGITS]
