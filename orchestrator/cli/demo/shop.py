"""The sample shop that the demo's cases test. It keeps everything in memory.

One thing in it is wrong on purpose: a coupon takes off a tenth too little (see `_total`), so that
the demo has a failure to show.
"""

import asyncio
import dataclasses
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

#: seconds an answer takes, so that there is something to watch.
THINKING = 0.15

_PRICES = {"book": 30, "pen": 5, "lamp": 80}


@dataclasses.dataclass
class Shop:
    stock: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(_PRICES, 1000))
    tokens: set[str] = dataclasses.field(default_factory=set)
    orders: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def order(self, number: int) -> dict[str, Any]:
        try:
            return self.orders[number]
        except KeyError:
            raise Refused(404, 40401, "订单不存在") from None


class Refused(Exception):  # noqa: N818 - an answer of the shop, not a fault of it
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"code": code, "message": message}, status)


Handler = Callable[[Shop, Request], Awaitable[Any]]


def create_shop() -> Starlette:
    shop = Shop()
    return Starlette(
        routes=[
            Route("/login", _served(shop, _login), methods=["POST"]),
            Route("/products", _served(shop, _products)),
            Route("/orders", _served(shop, _create_order), methods=["POST"]),
            Route("/orders/{number:int}", _served(shop, _read_order)),
            Route("/orders/{number:int}/pay", _served(shop, _pay), methods=["POST"]),
            Route("/orders/{number:int}/refund", _served(shop, _refund), methods=["POST"]),
            Route("/stock", _served(shop, _stock)),
        ]
    )


def _served(shop: Shop, handler: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(request: Request) -> JSONResponse:
        await asyncio.sleep(THINKING)
        try:
            if handler is not _login:
                _refuse_strangers(shop, request)
            data = await handler(shop, request)
        except Refused as refused:
            return refused.answer
        return JSONResponse({"code": 0, "message": "success", "data": data})

    return answer


def _refuse_strangers(shop: Shop, request: Request) -> None:
    if request.headers.get("Authorization", "").removeprefix("Bearer ") not in shop.tokens:
        raise Refused(401, 40100, "请先登录")


async def _login(shop: Shop, request: Request) -> Any:
    sent = await request.json()
    if sent.get("password") != "demo-password":
        raise Refused(401, 40101, "用户名或密码错误")
    token = secrets.token_urlsafe(16)
    shop.tokens.add(token)
    return {"user": sent.get("user"), "token": token}


async def _products(shop: Shop, _: Request) -> Any:
    return [
        {"name": name, "price": price, "stock": shop.stock[name]} for name, price in _PRICES.items()
    ]


async def _create_order(shop: Shop, request: Request) -> Any:
    sent = await request.json()
    product, quantity = sent.get("product"), sent.get("quantity", 1)
    if product not in _PRICES:
        raise Refused(422, 42201, "商品不存在")
    if shop.stock[product] < quantity:
        raise Refused(409, 40901, "库存不足")
    shop.stock[product] -= quantity
    number = len(shop.orders) + 1
    price = _PRICES[product] * quantity
    if sent.get("coupon") == "TEN_PERCENT":
        price -= price * 9 // 100
    shop.orders[number] = {
        "id": number,
        "product": product,
        "quantity": quantity,
        "total": price,
        "status": "created",
    }
    return shop.orders[number]


async def _read_order(shop: Shop, request: Request) -> Any:
    return shop.order(request.path_params["number"])


async def _pay(shop: Shop, request: Request) -> Any:
    order = shop.order(request.path_params["number"])
    sent = await request.json()
    if order["status"] != "created":
        raise Refused(409, 40902, "订单已支付")
    if sent.get("amount") != order["total"]:
        raise Refused(422, 42202, "支付金额不正确")
    order["status"] = "paid"
    return order


async def _refund(shop: Shop, request: Request) -> Any:
    order = shop.order(request.path_params["number"])
    if order["status"] != "paid":
        raise Refused(409, 40903, "订单未支付")
    order["status"] = "refunded"
    shop.stock[order["product"]] += order["quantity"]
    return order


async def _stock(shop: Shop, _: Request) -> Any:
    return {"items": [{"name": name, "left": left} for name, left in shop.stock.items()]}
