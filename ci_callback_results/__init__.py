"""Results that ci-callback stored, with types.

    from ci_callback_results import parse
    result = parse(content)  # the bytes of an object

`ci_callback_results.tags` has the model of each Tag.
"""

from ci_callback_results.job import Job, Operation, Result
from ci_callback_results.parsing import NotAResult, parse

__all__ = ["Job", "NotAResult", "Operation", "Result", "parse"]
