"""What the usual messages cost: `python -m tests.connectors.measure` prints microseconds, the best of some rounds."""

import json
from collections.abc import Callable
from timeit import repeat

from connectors.contract import Connector
from connectors.graph import webhooks
from state.model.wire import Outbound, Reply, Request
from tests.connectors import fixtures

ROUND, ROUNDS = 5_000, 9


def best(work: Callable[[], object]) -> float:
    """Microseconds of one call, where nothing else ran."""
    return min(repeat(work, number=ROUND, repeat=ROUNDS)) / ROUND * 1e6


def webhook(name: str) -> Request:
    """A fixture's request, signed."""
    body = json.dumps(
        fixtures.read(fixtures.ROOT / f"whatsapp/fixtures/receive/{name}.json")["body"]
    ).encode()
    return Request(
        "POST", "/", {}, {"x-hub-signature-256": webhooks.sign(body, b"meta-app-secret-7d1f")}, body
    )


def main() -> None:
    """Measure and print."""
    channel = fixtures.connector("whatsapp")
    for name in ("text", "status_delivered", "image", "several_of_everything", "bad_message_among_good"):
        request = webhook(name)
        verify = best(lambda request=request: channel.verify(request))  # type: ignore[misc]
        receive = best(lambda request=request: channel.receive(request))  # type: ignore[misc]
        costs = f"verify {verify:5.1f}  receive {receive:5.1f}  together {verify + receive:5.1f} µs"
        print(f"{name:24} {len(request.body):5} bytes  {costs}")
    given = fixtures.read(fixtures.ROOT / "whatsapp/fixtures/send/text.json")
    message = fixtures.decoded(given["given"]["message"])
    reply = Reply(200, {}, json.dumps(given["calls"][0]["reply"]["json"]).encode())
    print(f"{'send text':24} {best(lambda: send(channel, message, reply)):39.1f} µs")


def send(channel: Connector, message: Outbound, reply: Reply) -> object:
    """One send, with the answer played."""
    conversation = channel.send(message)
    next(conversation)
    try:
        return conversation.send(reply)
    except StopIteration as stop:
        return stop.value


if __name__ == "__main__":
    main()
