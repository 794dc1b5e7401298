"""A pytest plugin, `-p tests.support.forks.plugin`: it collects once, and forks the processes that share the tests.

Workers that are started, as those of pytest-xdist, collect once each, which is a fifth of the whole time.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import strategies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized

_FORKS = multiprocessing.get_context("fork")
_PORTION = 8  # tests taken at once, since they share the fixtures of their module; fewer at the end


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    default = (os.cpu_count() or 1) + 1  # many tests wait for another process or for time to pass
    parser.addoption("--forks", type=int, default=default, help="run the tests in this many processes")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Share the tests among the processes, and report their results here."""
    config = session.config
    if session.testsfailed or config.option.collectonly or config.option.usepdb:
        return None
    config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # one for all, removed as usual
    strategies.text().validate()  # its table takes seconds where .hypothesis has none yet
    gc.collect()
    gc.freeze()  # what is there already stays shared
    taken = _FORKS.Value("i", 0)
    workers = {}
    for _ in range(min(config.option.forks, len(session.items))):
        results, sender = _FORKS.Pipe(duplex=False)
        workers[results] = _FORKS.Process(target=_work, args=(session, taken, sender))
        workers[results].start()
        sender.close()
    try:
        _report(session, list(workers))
    finally:
        for worker in workers.values():
            worker.terminate()
            worker.join()
    return True


def _report(session: pytest.Session, workers: list[Connection]) -> None:
    """Pass on each report until every process has ended; fail if a test has none."""
    hook, missing = session.config.hook, {item.nodeid for item in session.items}
    while workers:
        for results in cast("list[Connection]", wait(workers)):
            try:
                report = hook.pytest_report_from_serializable(config=session.config, data=results.recv())
            except EOFError:
                workers.remove(results)
                continue
            hook.pytest_runtest_logreport(report=report)
            if report.when == "teardown":
                missing.discard(report.nodeid)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
    if missing:
        first = next(item.nodeid for item in session.items if item.nodeid in missing)
        session.shouldfail = f"no result of {len(missing)}, since the process ended: {first}"
        raise session.Failed(session.shouldfail)


def _work(session: pytest.Session, taken: Synchronized[int], sender: Connection) -> None:
    """Run one portion after the other; the next is taken before the fixtures of the last one are torn down."""
    config = session.config
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()  # its files are those of the other processes, too
    capture.start_global_capturing()
    capture.suspend_global_capture()
    reporter = config.pluginmanager.getplugin("terminalreporter")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, suppress(KeyboardInterrupt):
        reporter._tw._file = nowhere
        config.pluginmanager.register(_Sender(config, sender))
        items = _portions(session.items, taken)
        item = next(items, None)
        while item and not session.shouldfail and not session.shouldstop:
            following = next(items, None)
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            item = following


def _portions(items: list[pytest.Item], taken: Synchronized[int]) -> Iterator[pytest.Item]:
    """Take portions as long as there are any."""
    while True:
        with taken.get_lock():
            start = taken.value
            end = taken.value = start + max(min(_PORTION, (len(items) - start) // 50), 1)
        if start >= len(items):
            return
        yield from items[start:end]


class _Sender:
    """Sends each report of a process."""

    def __init__(self, config: pytest.Config, sender: Connection) -> None:
        self._config = config
        self._sender = sender

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send it in the form that pytest has for this."""
        self._sender.send(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))
