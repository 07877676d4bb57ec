"""Planted secrets are nowhere: not in lines of the log, not in what is kept of a call, not in answers or pages."""

import io
import logging
from pathlib import Path

from gateway import logs
from tests.gateway.api.house import on_sqlite
from tests.spine.graph import cuts, refuses, says_back
from tests.spine.house import ACCESS_TOKEN, SECRETS, House, running, signature, text

ASKED = (
    "/v1/channels", "/v1/audit", "/v1/signals", "/v1/suspensions", "/v1/conversations", "/v1/messages/nobody",
    "/v1/openapi.json", "/admin", "/metrics", "/healthz", "/readyz", "/webhooks/wa", "/webhooks/nobody", "/nowhere",
)  # fmt: skip


async def troubled(house: House) -> None:
    """All goes wrong once: answers that repeat the call, a cut, a wrong signature, a body that cannot be read."""
    house.graph.next(says_back(400, 100), says_back(401, 190), cuts, refuses(403, 131031))
    for number in range(1, 6):
        await house.hear(text(number, "hi"))
    await house.post(b"{", **signature(b"{"))
    await house.post(b"{}", **{"X-Hub-Signature-256": f"sha256={ACCESS_TOKEN}"})
    await house.when(lambda: len(house.graph.texts), lambda count: count >= 5)


async def told(house: House) -> str:
    """All answers and pages, with the exchanges of all messages."""
    paths = [*ASKED, *(f"/v1/messages/{each.id}" for each in await house.messages())]
    headers = {"Authorization": f"Bearer {house.keys['admin']}"}
    answers = [await house.ask("GET", path, headers=headers) for path in paths]
    return "\n".join(answer.text for answer in answers)


async def test_planted_secrets_are_in_no_line_answer_or_page(tmp_path: Path) -> None:
    written = io.StringIO()
    logs.set_up("debug", "json", written)
    try:
        async with running(tmp_path, on_sqlite(tmp_path)) as house:
            await troubled(house)
            secret = [*SECRETS.values(), house.keys["admin"], house.gateway.settings.seal_key]
            seen = await told(house)
    finally:
        logging.getLogger().handlers.clear()
    lines = written.getvalue()
    assert "refused a request" in lines
    assert "***" in seen
    assert [each for each in secret if each in lines] == []
    assert [each for each in secret if each in seen] == []
