"""What is planted for impact.com's actions, as data: clean rows, and what impact.com made of each."""

from generator.faults import every, such_that
from generator.model import Credit, Row
from generator.planted import Planted

_INSTALL = ("install",)
_SALE = ("purchase",)


def _is_in_euros(row: Row) -> bool:
    return row.currency == "EUR"


CREDITED = (
    Planted(
        "already-credited",
        "an approved action of its order",
        every(credits=(Credit("APPROVED"),)),
        _SALE,
        (2, 1, 1, 1, 1, 1),
    ),
    Planted(
        "already-credited",
        "pending, and approved the day after",
        every(credits=(Credit("PENDING", next_day="APPROVED"),)),
        _SALE,
        (0, 0, 1, 0, 0, 0),
    ),
    Planted(
        "already-credited",
        "with another amount",
        every(credits=(Credit("PENDING", amount="3.50"),)),
        _SALE,
        (1, 0, 0, 0, 0, 0),
    ),
    Planted(
        "already-credited",
        "in another currency",
        such_that(_is_in_euros, every(credits=(Credit("PENDING", currency="USD"),))),
        _SALE,
        (0, 0, 1, 0, 0, 0),
    ),
    Planted(
        "already-credited",
        "reversed, and credited anew",
        every(credits=(Credit("REVERSED"), Credit("PENDING"))),
        _SALE,
        (0, 0, 0, 0, 0, 1),
    ),
    Planted(
        "already-credited",
        "an action of the id that was derived for the install",
        every(credits=(Credit("APPROVED"),)),
        _INSTALL,
        (1, 0, 0, 0, 0, 0),
    ),
    Planted(
        "reversed-at-impact",
        "a reversed action of its order, and no other",
        every(credits=(Credit("REVERSED"),)),
        _SALE,
        (1, 1, 1, 1, 1, 1),
    ),
)
