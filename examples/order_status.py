"""Where is my order? A script that asks a back-end, and says so when it does not answer."""

from typing import Any

from parley import Effect, EffectFailed, Talk, effect, flow, read

SHOP = "https://shop.example/orders"


@effect(timeout=10, retries=2)
async def find(call: Effect, number: str) -> Any:
    """The order as the shop knows it."""
    return await call.get_json(
        f"{SHOP}/{number}", headers={"Authorization": f"Bearer {call.settings.get('shop', '')}"}
    )


@effect(timeout=10, retries=2)
async def cancel(call: Effect, number: str) -> None:
    """Cancel it; the key lets the shop tell a second try from a second wish."""
    await call.http.request("DELETE", f"{SHOP}/{number}", headers={"Idempotency-Key": call.key})


@flow(busy="One moment, I am looking.", keywords=("order", "where is my order"))
async def order_status(talk: Talk) -> None:
    """Tells where an order is, and cancels it while that can be done."""
    number = str(await talk.ask("Your order number, please.", read.number(1)))
    try:
        order = await talk.do(find, number=number)
        talk.say(f"Order {number} is {order['state']}.")
        if order["state"] == "packed" and await talk.ask("Shall I cancel it?", read.yes_no()):
            await talk.do(cancel, number=number)
            talk.say("It is cancelled.")
    except EffectFailed:
        talk.say("Our shop does not answer just now. A colleague will look at it.")
        talk.say(
            await talk.hand_over(f"order {number}: the shop does not answer")
            or "Thank you for your patience."
        )
