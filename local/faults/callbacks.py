"""Faults of callbacks, by chance.

    never           the callback is not sent
    twice           a second copy follows at once
    late            the callback, or its second copy, is sent after all others
    shuffled        the callback is sent at a random time
    no-token        besides, a forgery without a token has another, newer result under another id
    wrong-token     the same with a token that is wrong in one character, the last
    foreign-bucket  the same with the right token, for a bucket that is not configured
    other-content   the same with the right token and the right id, with the result of another job

Each is drawn independently, so a callback can meet several. The holder of the token can make other-content a result:
that is the limit of a token.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from local.faults.requests import BadFaultsError, read_words, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Forgery = Literal["no-token", "wrong-token", "foreign-bucket", "other-content"]
Mishap = Literal["never", "twice", "late", "shuffled", Forgery]
FORGERIES: tuple[Forgery, ...] = get_args(Forgery)
MISHAPS: tuple[Mishap, ...] = get_args(Mishap)

_GROUPS: dict[str, tuple[Mishap, ...]] = {"forged": FORGERIES}
_PRESETS = {
    "none": "",
    "flaky": "never=0.1,twice=0.1,late=0.05,shuffled=0.2,no-token=0.02,wrong-token=0.02,foreign-bucket=0.02",
}


@dataclass(frozen=True)
class CallbackFaults:
    """The share of each mishap among all callbacks; the same seed draws the same mishaps."""

    rates: Mapping[Mishap, float] = field(default_factory=dict)
    seed: float = 0

    def __post_init__(self) -> None:
        """Raise BadFaultsError for an unknown mishap or an impossible share."""
        unknown = {*self.rates} - {*MISHAPS}
        if unknown:
            raise BadFaultsError(f"no such mishap: {', '.join(sorted(unknown))} (there are {', '.join(MISHAPS)})")
        if not all(0 <= share <= 1 for share in self.rates.values()):
            raise BadFaultsError("the share of a mishap is between 0 and 1")

    @classmethod
    def parse(cls, text: str) -> CallbackFaults:
        """Parse `flaky`, a description like `never=0.1,twice=0.05`, or both; raise BadFaultsError.

        `forged` is the share of the four forgeries together, `seed` chooses the draw. A later word overrides an earlier
        one.
        """
        rates: dict[Mishap, float] = {}
        seed = 0.0
        for name, value in read_words(text, _PRESETS):
            members = _GROUPS.get(name) or ((name,) if name in MISHAPS else ())
            rates |= {member: value / len(members) for member in members}
            if name == "seed":
                seed = value
            elif not members:
                raise unknown(name, [*_PRESETS, *_GROUPS, "seed", *MISHAPS])
        return cls(rates, seed)

    @property
    def summary(self) -> str:
        """The description that `parse` reads."""
        return ",".join([*(f"{mishap}={share:g}" for mishap, share in self.rates.items()), f"seed={self.seed:g}"])

    def chance(self, number: int) -> random.Random:
        """Return the generator for the callback of this number."""
        return random.Random(f"{self.seed:g} {number}")  # noqa: S311  # chance, no secret

    def mishaps(self, chance: random.Random) -> frozenset[Mishap]:
        """Draw the mishaps of a callback; all are drawn, so that one rate does not shift another."""
        return frozenset(mishap for mishap in MISHAPS if chance.random() < self.rates.get(mishap, 0))
