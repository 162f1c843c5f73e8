"""Python tests take part in plans like YAML cases."""

import os

import pytest
import requests

SHOP = os.environ["DEMO_SHOP_URL"]


@pytest.fixture
def session():
    with requests.Session() as session:
        answer = session.post(
            f"{SHOP}/login", json={"user": "tester", "password": "demo-password"}, timeout=10
        )
        session.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
        yield session


@pytest.mark.sisyphus(case_id=2001)
def test_an_unknown_product_cannot_be_ordered(session):
    """下单不存在的商品"""
    answer = session.post(f"{SHOP}/orders", json={"product": "car"}, timeout=10)

    assert answer.status_code == 422
    assert answer.json()["message"] == "商品不存在"


@pytest.mark.sisyphus(case_key="2002")
def test_a_stranger_sees_nothing():
    """未登录不能查看库存"""
    answer = requests.get(f"{SHOP}/stock", timeout=10)

    assert answer.status_code == 401
