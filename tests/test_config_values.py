from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.config_values import Share, format_duration, parse_duration

durations = st.integers(0, 36_500 * 86_400).map(lambda count: timedelta(seconds=count))
shares = st.decimals(0, 100, places=7).map(lambda percent: Share(percent / 100))


@given(durations)
def test_a_duration_survives_being_written(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.integers(0, 36_500), st.sampled_from("dhms"))
def test_units_of_durations_mean_what_they_say(count: int, unit: str) -> None:
    names = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    assert parse_duration(f"{count}{unit}") == timedelta(**{names[unit]: count})


@given(shares)
def test_a_share_survives_being_written(share: Share) -> None:
    assert Share.parse(str(share)) == share


def test_a_share_is_written_in_per_cent_without_needless_digits() -> None:
    written = {"0.97": "97%", "0.005": "0.5%", "1": "100%", "0": "0%", "0.1": "10%", "0.970": "97%"}
    assert {value: str(Share(Decimal(value))) for value in written} == written


@pytest.mark.parametrize("value", ["1.01", "-0.1", "NaN", "Infinity"])
def test_a_share_lies_between_nothing_and_all(value: str) -> None:
    with pytest.raises(ValueError, match="share"):
        Share(Decimal(value))
