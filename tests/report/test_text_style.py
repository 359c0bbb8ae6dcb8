import pytest

from mmpsync.report.interface import Screen
from mmpsync.report.text_style import columns, laid_out, section


@pytest.mark.parametrize("last", ["", "5.00 EUR"])
def test_a_line_that_fits_is_not_broken_when_the_last_column_is_empty(last: str) -> None:
    table = columns("left", "right", "left")
    table.add_row("left out by the plan", "319", last)
    assert laid_out([section("Push", table)], Screen(width=80)).splitlines()[1:] == [
        f"  left out by the plan  319  {last}".rstrip()
    ]
