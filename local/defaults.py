"""The names of the local cloud: its bucket, its token, its credentials and the input object."""

from __future__ import annotations

from pathlib import Path

from ci_callback.config.settings import DEMO_TOKEN
from local.cos.signature import Credentials

PROJECT = Path(__file__).resolve().parent.parent
BUCKET = "test-1234567890"
REGION = "ap-chongqing"
TOKEN = DEMO_TOKEN
RECORD_SECRET = "local-record-secret-of-no-worth-elsewhere"  # noqa: S105  # as the token
CREDENTIALS = Credentials("AKIDlocal0123456789", "local-secret-key", "local-session-token")

INPUT_KEY = "input/test.mp3"
# Three silent frames of MPEG 1 layer III at 128 kbit/s and 44.1 kHz, 417 bytes each.
INPUT_AUDIO = (b"\xff\xfb\x90\x64" + bytes(413)) * 3
