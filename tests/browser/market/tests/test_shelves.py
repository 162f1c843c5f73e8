"""Forty shelves that fail for one reason, whenever the market's labels are wrong."""

import os

import pytest


def shelf(number):
    @pytest.mark.sisyphus(case_id=3000 + number, case_key=f"SHELF-{number:02}")
    def test():
        labels = "pending" if os.environ["MARKET_LABELS"] == "wrong" else "printed"
        assert labels == "printed", f"货架 {number} 的标签：期望 printed，实际 {labels}"

    test.__doc__ = f"第 {number} 号货架的标签已打印"
    return test


for _number in range(1, 41):
    globals()[f"test_shelf_{_number:02}"] = shelf(_number)
