"""Fixtures of the tests of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handler.actions.acting import KINDS, SECRETS, THEN, routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.services.receivers import Receivers
    from tests.support.deployment import Deployment


@pytest.fixture
def acting(deploy: Callable[..., Deployment]) -> Callable[..., Deployment]:
    """Return a function that deploys with actions of these kinds, by default all."""

    def deployed(*kinds: str, **more: str) -> Deployment:
        then = [THEN[kind] for kind in kinds or KINDS]
        return deploy(**{"ROUTES": routes(*then), "WEBHOOK_SECRET": SECRETS[0], **more})

    return deployed


@pytest.fixture
def receivers(cos: LocalCos) -> Receivers:
    """Return the services that the actions call."""
    return cos.receivers
