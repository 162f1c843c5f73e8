import pytest


@pytest.mark.sisyphus(case_key="totals")
def test_totals_add_up():
    lines = [30, 15, 13.5]
    assert sum(lines) == 60


def test_prices_are_positive():
    assert min([30, 5, 80]) > 0
