#!/usr/bin/env python3
"""Facts of a made-up month of parcels, in the order of their time, one a line: `facts.py COUNT > FILE`. The same count gives the same file.

Each order tells an order, a shipment and the scans of its journey; one in twelve loses a scan or stands still, one in twenty asks for its money
back, one in thirty writes to the shop. Nothing in it is about anybody.
"""

import heapq
import json
import random
import sys
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 3, 2, tzinfo=CHINA)
SPREAD = 20 * 86_400
PLACES = [("浙江省", "杭州市", "余杭区"), ("广东省", "深圳市", "龙岗区"), ("四川省", "成都市", "武侯区"), ("河南省", "郑州市", "金水区"), ("北京市", "北京市", "朝阳区")]
COURIERS = ["zto", "yto", "sto", "yunda", "jt", "sf"]
PLATFORMS = ["pinduoduo", "pinduoduo", "taobao", "tmall", "jd", "douyin"]


def at(second):
    return (BEGIN + timedelta(seconds=int(second))).isoformat()


def line(source, name, kind, second, data):
    event = {"specversion": "1.0", "id": name, "source": source, "type": f"parcelward.{kind}", "time": at(second)}
    event["datacontenttype"] = "application/json"
    event["data"] = data
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def story(n, paid, dice):
    """The facts of one order: second, line."""
    platform, courier = dice.choice(PLATFORMS), dice.choice(COURIERS)
    order = {"platform": platform, "shop": f"shop-{n % 40}", "order_id": f"26{n:010}"}
    waybill = {"courier": courier, "number": f"78{n:011}"}
    province, city, district = dice.choice(PLACES)
    address = {"province": province, "city": city, "district": district, "detail": f"测试路{n % 900}号", "name": "张某某", "phone": f"138{n % 100_000_000:08}"}
    item = {"sku": f"SKU-{n % 5000}", "title": "棉质短袖上衣 夏季新款", "quantity": 1, "price": "59.90"}
    told = dict(order, paid_at=at(paid), amount="59.90", items=[item], recipient=address, planned_courier=courier, buyer_id=f"b{n % 70_000}")
    yield paid, line(f"{platform}:shop-{n % 40}", f"o-{n}", "order", paid, told)
    sent = paid + dice.randint(3_600, 60_000)
    place = {"province": province, "city": city}
    told = dict(order, waybill=waybill, declared_at=at(sent), electronic_waybill=True, destination=place)
    yield sent, line(f"{platform}:shop-{n % 40}", f"s-{n}", "shipment", sent, told)
    steps = [("collected", 3), ("in_transit", 8), ("arrived", 20), ("in_transit", 24), ("arrived", 40), ("out_for_delivery", 48), ("delivered", 53)]
    if dice.random() < 1 / 12:
        steps = steps[: dice.randint(1, 5)]
    for step, (status, hours) in enumerate(steps):
        second = sent + int(hours * 3600 * dice.uniform(0.8, 1.3)) + step
        told = {"waybill": waybill, "status": status, "place": f"{city}转运中心", "code": f"{step:02}", "description": f"快件已到达【{city}转运中心】，正发往下一站"}
        yield second, line(f"courier:{courier}", f"t-{n}-{step}", "tracking", second, told)
    if dice.random() < 1 / 20:
        second = sent + dice.randint(7_200, 200_000)
        told = dict(order, after_sale_id=f"as-{n}", kind="refund_only", status="agreed", decided_by="platform", reason="不想要了")
        yield second, line(f"{platform}:shop-{n % 40}", f"a-{n}", "after_sale", second, told)
    if dice.random() < 1 / 30:
        second = sent + dice.randint(7_200, 100_000)
        told = dict(order, **{"from": "buyer"}, text="请问什么时候能到？")
        yield second, line(f"{platform}:shop-{n % 40}", f"m-{n}", "message", second, told)


def facts(count):
    dice = random.Random(20260302)
    orders = count // 8
    waiting, given, number = [], 0, 0
    for n in range(orders):
        paid = n * SPREAD // max(1, orders)
        while waiting and waiting[0][0] <= paid and given < count:
            yield heapq.heappop(waiting)[2]
            given += 1
        for second, text in story(n, paid, dice):
            number += 1
            heapq.heappush(waiting, (second, number, text))
    while waiting and given < count:
        yield heapq.heappop(waiting)[2]
        given += 1


def recent(count, now=None):
    """Facts of the last half hour, four an order: paid, given to the courier, two scans. What a daemon is told while it keeps up."""
    now = now or datetime.now(CHINA)
    for n in range(count // 4):
        order = {"platform": PLATFORMS[n % 6], "shop": f"shop-{n % 40}", "order_id": f"27{n:010}"}
        waybill = {"courier": COURIERS[n % 6], "number": f"79{n:011}"}
        province, city, district = PLACES[n % 5]
        address = {"province": province, "city": city, "district": district, "detail": f"测试路{n % 900}号", "name": "张某某", "phone": f"138{n % 100_000_000:08}"}
        item = {"sku": f"SKU-{n % 5000}", "title": "棉质短袖上衣 夏季新款", "quantity": 1, "price": "59.90"}

        def one(name, kind, minutes, data, source=f"{order['platform']}:{order['shop']}"):
            when = (now - timedelta(minutes=minutes)).isoformat(timespec="seconds")
            event = {"specversion": "1.0", "id": f"{name}-{n}", "source": source, "type": f"parcelward.{kind}", "time": when, "data": data}
            return json.dumps(event, ensure_ascii=False, separators=(",", ":"))

        def ago(minutes):
            return (now - timedelta(minutes=minutes)).isoformat(timespec="seconds")

        told = dict(order, paid_at=ago(30), amount="59.90", items=[item], recipient=address, planned_courier=waybill["courier"])
        yield one("o", "order", 30, told)
        told = dict(order, waybill=waybill, declared_at=ago(20), electronic_waybill=True, destination={"province": province, "city": city})
        yield one("s", "shipment", 20, told)
        for name, minutes, status in (("c", 10, "collected"), ("i", 1, "in_transit")):
            told = {"waybill": waybill, "status": status, "place": f"{city}转运中心", "description": f"快件已到达【{city}转运中心】"}
            yield one(name, "tracking", minutes, told, f"courier:{waybill['courier']}")


if __name__ == "__main__":
    for text in facts(int(sys.argv[1])):
        print(text)
