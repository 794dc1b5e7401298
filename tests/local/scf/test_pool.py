"""Several instances of one function in the local SCF."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.scf.pool import ScfPool
from local.scf.server import Invocation, LocalScf
from tests import ROOT

FUNCTIONS = ROOT / "tests" / "support" / "functions"


def pool_of(size: int, **options: Any) -> ScfPool:
    """Return a pool of a function of tests/support/functions."""
    return ScfPool(LocalScf(FUNCTIONS, "odd.main_handler", **{"timeout_s": 20, **options}), size)


def test_free_instance_is_reused() -> None:
    """Sequential events need one instance, which stays warm."""
    with pool_of(3) as pool:
        assert [pool.invoke({"do": "count"}).result for _ in range(3)] == [1, 2, 3]


def test_events_run_in_parallel_up_to_the_instances() -> None:
    """Two long events occupy two instances; the third waits for a free one."""
    told: list[Invocation] = []
    with pool_of(2, on_invocation=told.append) as pool, ThreadPoolExecutor(3) as threads:
        slow = [threads.submit(pool.invoke, {"do": "sleep", "seconds": 0.5}) for _ in range(2)]
        while pool._idle.qsize():
            threading.Event().wait(0.001)
        third = threads.submit(pool.invoke, {"do": "count"})
        assert not third.done()
        assert [each.result().init_ms is None for each in slow] == [False, False]
        assert third.result().result == 2
    assert len(told) == 3


def test_stop_ends_every_instance() -> None:
    """Events under way end with it, and later ones are refused."""
    pool = pool_of(2)
    with ThreadPoolExecutor(2) as threads:
        slow = [threads.submit(pool.invoke, {"do": "sleep", "seconds": 60}) for _ in range(2)]
        while not all(scf._instance for scf in pool.instances):
            threading.Event().wait(0.001)
        pool.stop()
        answers = [*(each.result() for each in slow), pool.invoke({"do": "echo"})]
    assert [answer.error["statusCode"] for answer in answers if answer.error] == [439] * 3
