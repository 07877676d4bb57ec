"""The peer: botbuilder-core's echo bot with conversation state, behind aiohttp. Nothing of it is durable.

`framework` is the SDK's own BotFrameworkAdapter, as its samples run it: it replies through its connector client.
`own` is the leanest door there is: a BotAdapter of ours that POSTs the reply with aiohttp's client.
"""

import argparse
import asyncio
from typing import Any

import uvloop
from aiohttp import ClientSession, TCPConnector, web
from botbuilder.core import (
    ActivityHandler,
    BotAdapter,
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    ConversationState,
    MemoryStorage,
    TurnContext,
)
from botbuilder.schema import Activity, ResourceResponse


class Echo(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Answers `n: text`, with the count in conversation state."""

    def __init__(self, state: ConversationState) -> None:
        self._state = state
        self._count = state.create_property("count")

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Run the turn, then save what changed."""
        await super().on_turn(turn_context)
        await self._state.save_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Count and answer."""
        count = await self._count.get(turn_context, lambda: 0) + 1
        await self._count.set(turn_context, count)
        await turn_context.send_activity(f"{count}: {turn_context.activity.text}")


class OwnAdapter(BotAdapter):  # type: ignore[misc]  # the library is untyped
    """Runs turns in this process and POSTs what the bot says."""

    def __init__(self, session: ClientSession) -> None:
        super().__init__()
        self._session = session

    async def process_activity(self, activity: Activity, _: str, logic: Any) -> None:
        """Run the bot's logic on an activity."""
        await self.run_pipeline(TurnContext(self, activity), logic)

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        """POST each reply to the conversation's service."""
        given = []
        for activity in activities:
            path = f"conversations/{activity.conversation.id}/activities/{activity.reply_to_id}"
            url = f"{activity.service_url}/v3/{path}"
            async with self._session.post(url, json=activity.serialize()) as response:
                given.append(ResourceResponse(id=(await response.json())["id"]))
        return given

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        """The echo bot updates nothing."""
        raise NotImplementedError

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        """The echo bot deletes nothing."""
        raise NotImplementedError


async def serve(adapter: str) -> None:
    """Serve until ended."""
    async with ClientSession(connector=TCPConnector(limit=64)) as session:
        framework = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))
        door: Any = framework if adapter == "framework" else OwnAdapter(session)
        bot = Echo(ConversationState(MemoryStorage()))

        async def messages(request: web.Request) -> web.Response:
            activity = Activity().deserialize(await request.json())
            await door.process_activity(activity, "", bot.on_turn)
            return web.Response(status=200)

        app = web.Application()
        app.router.add_post("/api/messages", messages)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapter", choices=("framework", "own"), required=True)
    uvloop.run(serve(parser.parse_args().adapter))
