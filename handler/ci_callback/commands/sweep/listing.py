"""CI's list of jobs: the Tags that a sweep looks at, and the jobs of one of them from a cursor on."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from ci_callback.cloud import ci
from ci_callback.config.routes import is_pattern
from ci_callback.decode.job import ENDED, MalformedJob
from ci_callback.errors import Unavailable
from ci_callback.shapes import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ci_callback.cloud.cos import Store
    from ci_callback.config.routes import Route
    from ci_callback.decode.job import Job

    from .cursor import Cursor

# The Tags covered by a route with a pattern. Any other is swept where a route or `tags` names it.
TAGS = tuple(filter(ci.is_listed, MODULES))

_RUNNING = ("Submitted", "Running", "Pause")


def tags_of(routes: Sequence[Route]) -> list[str]:
    """Return the Tags that routes write and CI lists, in the order of their names."""
    writing = [route for route in routes if route.write]
    named = {route.tag for route in writing if not is_pattern(route.tag)}
    known = {tag for tag in TAGS if any(fnmatch.fnmatchcase(tag, route.tag) for route in writing)}
    return sorted(tag for tag in named | known if ci.is_listed(tag) or tag not in MODULES)


class Listing:
    """Lists jobs that have ended or will; `silent` counts the requests in a row that CI did not answer.

    `check_time` is called before each page and job, and raises once the time is over; `malformed` for a job that cannot
    be read, with the Tag.
    """

    def __init__(
        self, store: Store, page: int, check_time: Callable[[], None], malformed: Callable[[str, MalformedJob], None]
    ) -> None:
        self._store = store
        self._page = page
        self._check_time = check_time
        self._malformed = malformed
        self.silent = 0

    def jobs(self, cursor: Cursor) -> Iterator[Job]:
        """Yield a Tag's jobs from the second of a cursor on, newest first; raise StoreError where CI fails.

        A page that is too large is asked for again at half the size. A job that is too large alone is skipped.
        """
        start, end = cursor.query
        states = ",".join((*ENDED, *_RUNNING))
        window = {"states": states, "startCreationTime": start, "endCreationTime": end}
        size, token = self._page, ""
        while True:
            self._check_time()
            paging = {"orderByTime": "Desc", "size": str(size), **({"nextToken": token} if token else {})}
            try:
                jobs, following = self._list(cursor, {**window, **paging})
            except ci.LargePage as large:
                if size > 1:
                    size //= 2
                    continue
                if not large.next_token:
                    raise
                self._malformed(cursor.tag, MalformedJob(large.reason, str(large)))
                jobs, following = (), large.next_token
            for job in jobs:
                self._check_time()
                yield job
            if following in {"", token}:
                return
            size, token = min(2 * size, self._page), following

    def _list(self, cursor: Cursor, parameters: dict[str, str]) -> tuple[Sequence[Job], str]:
        try:
            page = ci.list_page(self._store, cursor.bucket, cursor.tag, parameters)
        except Unavailable:
            self.silent += 1
            raise
        self.silent = 0
        for job in page.malformed:
            self._malformed(cursor.tag, job)
        return page.jobs, page.next_token
