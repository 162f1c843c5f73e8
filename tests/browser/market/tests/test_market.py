"""Python tests of the market: many small ones, one that takes its time, one that is slow to end."""

import os
import time
from pathlib import Path

import pytest


@pytest.fixture
def warehouse():
    if os.environ["MARKET_WAREHOUSE"] == "away":
        raise ConnectionError("仓库不在")


@pytest.mark.sisyphus(case_id=2001, case_key="SHOP-2001")
def test_stock_of_every_shelf(warehouse):
    """货架都有库存"""


@pytest.mark.sisyphus(case_id=2002, case_key="SHOP-2002")
def test_totals_add_up():
    """合计等于各行之和"""
    lines = [30, 15, 13.5]
    assert sum(lines) == 58.5, "lines do not add up"


@pytest.mark.sisyphus(case_id=2003, case_key="SHOP-2003")
def test_takes_its_time():
    """盘点"""
    time.sleep(float(os.environ["MARKET_SECONDS"]))
    while os.environ["MARKET_HELD"] and Path(os.environ["MARKET_HELD"]).exists():
        time.sleep(0.05)


@pytest.mark.sisyphus(case_id=2004, case_key="SHOP-2004")
def test_is_refused():
    """客服通道"""
    assert os.environ["MARKET_WAREHOUSE"] != "away", "客服系统依赖仓库：期望在线，实际离线"
