"""How badly Cloud Infinite delivers: what becomes of a callback on its way, by chance.

    never           it is not sent
    twice           it is sent a second time, at once
    late            it is sent, or sent again, when everything else has been
    shuffled        it is sent at any other time than its own
    no-token        besides, somebody who has no token sends one like it with another result, newer and under another id
    wrong-token     the same with a token that is wrong by one letter, the last
    foreign-bucket  the same with the right token, for a bucket that is not ours
    other-content   the same with the right token and under the right id, with the result of another job

Each is drawn by itself, so a callback can meet several. Whoever has the token can make a result of other-content: that
is the limit of a token.
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
    """`rates` gives each mishap's share of all callbacks; the same seed gives each callback the same fate."""

    rates: Mapping[Mishap, float] = field(default_factory=dict)
    seed: float = 0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        unknown = {*self.rates} - {*MISHAPS}
        if unknown:
            raise BadFaultsError(f"no such mishap: {', '.join(sorted(unknown))} (there are {', '.join(MISHAPS)})")
        if not all(0 <= share <= 1 for share in self.rates.values()):
            raise BadFaultsError("the share of a mishap lies between 0 and 1")

    @classmethod
    def parse(cls, text: str) -> CallbackFaults:
        """Return the faults called `flaky`, or described like `never=0.1,twice=0.05`, or both.

        `forged` stands for the four forgeries, evenly; `seed` chooses the fates. A later word goes over an earlier one.
        Raise BadFaultsError.
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
        """What there is to fear, in words that `parse` understands."""
        return ",".join([*(f"{mishap}={share:g}" for mishap, share in self.rates.items()), f"seed={self.seed:g}"])

    def chance(self, number: int) -> random.Random:
        """Return what decides over the callback of this number, whatever becomes of the others."""
        return random.Random(f"{self.seed:g} {number}")  # noqa: S311  # chance, no secret

    def mishaps(self, chance: random.Random) -> frozenset[Mishap]:
        """Draw what a callback meets; all are drawn, so that one rate does not shift another."""
        return frozenset(mishap for mishap in MISHAPS if chance.random() < self.rates.get(mishap, 0))
