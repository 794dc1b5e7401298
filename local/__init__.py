"""The cloud on your machine: COS, the function's platform and its triggers. Never shipped."""

import models  # noqa: F401  # makes the function importable
