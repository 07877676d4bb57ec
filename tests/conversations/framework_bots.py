"""Bots as authors of the Bot Framework write them, in the manner of its samples; none knows of Parley."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from botbuilder.core import (
    ActivityHandler,
    CardFactory,
    ConversationState,
    MessageFactory,
    TurnContext,
    UserState,
)
from botbuilder.schema import (
    ActionTypes,
    Activity,
    Attachment,
    CardAction,
    CardImage,
    ChannelAccount,
    HeroCard,
    SuggestedActions,
)


class EchoBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Says what it hears, and greets who is new."""

    async def on_members_added_activity(
        self, members_added: list[ChannelAccount], turn_context: TurnContext
    ) -> None:
        for member in members_added:
            if member.id != turn_context.activity.recipient.id:
                await turn_context.send_activity(f"Hello {member.name} and welcome!")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(MessageFactory.text(f"Echo: {turn_context.activity.text}"))


class Question(Enum):
    NAME, AGE, DATE, NONE = range(4)


@dataclass
class ConversationFlow:
    last_question_asked: Question = Question.NONE
    on: date = date(2027, 1, 1)
    seen: list[str] = field(default_factory=list)


class UserProfile:
    def __init__(self, name: str = "", age: int = 0) -> None:
        self.name, self.age = name, age


class PromptBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Asks for a name and an age, with what it knows in conversation state and user state."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self.states = (conversation_state, user_state)
        self.flow = conversation_state.create_property("ConversationFlow")
        self.profile = user_state.create_property("UserProfile")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        profile = await self.profile.get(turn_context, UserProfile)
        flow = await self.flow.get(turn_context, ConversationFlow)
        await self._fill(flow, profile, turn_context)
        for state in self.states:
            await state.save_changes(turn_context)

    async def _fill(self, flow: ConversationFlow, profile: UserProfile, turn_context: TurnContext) -> None:
        said = turn_context.activity.text.strip()
        flow.seen.append(said)
        if flow.last_question_asked is Question.NONE:
            await turn_context.send_activity("What is your name?")
            flow.last_question_asked = Question.NAME
        elif flow.last_question_asked is Question.NAME:
            profile.name = said
            await turn_context.send_activity(f"Hi {said}. How old are you?")
            flow.last_question_asked = Question.AGE
        elif said.isdecimal():
            profile.age = int(said)
            await turn_context.send_activity(
                f"{profile.name}, {profile.age}, {flow.on.year}, {len(flow.seen)}."
            )
            flow.last_question_asked = Question.NONE
        else:
            await turn_context.send_activity("A number, please.")


class SuggestedActionsBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Offers colours."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if turn_context.activity.text in ("Red", "Blue"):
            await turn_context.send_activity(f"{turn_context.activity.text} is the best colour.")
        elif turn_context.activity.value:
            await turn_context.send_activity(f"You posted {turn_context.activity.value['colour']}.")
        reply = MessageFactory.text("What is your favourite colour?")
        reply.suggested_actions = SuggestedActions(
            actions=[
                CardAction(title="Red", type=ActionTypes.im_back, value="Red"),
                CardAction(title="Blue one", type=ActionTypes.im_back, value="Blue"),
                CardAction(title="Green", type=ActionTypes.post_back, value={"colour": "green"}),
                CardAction(title="More", type=ActionTypes.open_url, value="https://example.org/colours"),
            ]
        )
        await turn_context.send_activity(reply)


ADAPTIVE: dict[str, Any] = {
    "type": "AdaptiveCard",
    "body": [
        {"type": "TextBlock", "text": "Your flight"},
        {
            "type": "ColumnSet",
            "columns": [{"type": "Column", "items": [{"type": "TextBlock", "text": "Gate 7"}]}],
        },
        {"type": "FactSet", "facts": [{"title": "From", "value": "AMS"}]},
        {"type": "Image", "url": "https://example.org/plane.png"},
        {"type": "Input.ChoiceSet", "id": "meal", "choices": [{"title": "Veg", "value": "v"}]},
    ],
    "actions": [
        {"type": "Action.Submit", "title": "Check in", "data": {"do": "check_in"}},
        {"type": "Action.OpenUrl", "title": "Map", "url": "https://example.org/map"},
        {"type": "Action.ShowCard", "title": "No", "card": {}},
    ],
}


class CardsBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Shows what it is asked for."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        asked = turn_context.activity
        if asked.value:
            await turn_context.send_activity(f"Submitted {asked.value}.")
        elif asked.attachments:
            file = asked.attachments[0]
            await turn_context.send_activity(f"Got {file.content_type} {file.content_url} ({asked.text}).")
        elif asked.entities:
            place = asked.entities[0].additional_properties
            await turn_context.send_activity(f"At {place['latitude']}, {place['longitude']}.")
        else:
            await turn_context.send_activity(await self._shown(asked.text, turn_context))

    async def _shown(self, asked: str, turn_context: TurnContext) -> Activity:
        if asked == "typing":
            await turn_context.send_activity(Activity(type="typing"))
            sent = await turn_context.send_activity("One moment, please.")
            await turn_context.update_activity(Activity(type="message", id=sent.id, text="Done."))
            sent = await turn_context.send_activity("A mistake.")
            await turn_context.delete_activity(sent.id)
            return Activity(type="message", text="*Bold*", text_format="markdown")
        card: Attachment = {
            "hero": CardFactory.hero_card(
                HeroCard(
                    title="Tea", subtitle="Green", text="Hot.",
                    images=[CardImage(url="https://example.org/tea.png")],
                    buttons=[CardAction(title="Buy", type=ActionTypes.post_back, value={"buy": 1})],
                )
            ),
            "plain": CardFactory.hero_card(HeroCard(title="Only words")),
            "adaptive": CardFactory.adaptive_card(ADAPTIVE),
            "file": Attachment(content_type="application/pdf", content_url="https://example.org/a.pdf", name="a.pdf"),
            "inline": Attachment(content_type="image/png", content_url="data:image/png;base64,AA", name="a.png"),
        }[asked]  # fmt: skip
        return MessageFactory.attachment(card)


class OddBot(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """Does what a bot had better not."""

    def __init__(self, conversation_state: ConversationState) -> None:
        self.state = conversation_state
        self.kept = conversation_state.create_property("kept")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        match turn_context.activity.text:
            case "raise":
                raise KeyError("nothing there")
            case "wait":
                await asyncio.sleep(60)
            case "block":
                time.sleep(1)  # noqa: ASYNC251 - that is what is tried
            case "keep":
                await self.kept.set(turn_context, lambda: 1)
                await self.state.save_changes(turn_context)
            case "large":
                await self.kept.set(turn_context, "x" * 300_000)
                await self.state.save_changes(turn_context)
            case "person":
                await turn_context.send_activity(
                    Activity(type="event", name="handoff.initiate", value="wanted")
                )
            case "end":
                await turn_context.send_activity("Bye.")
                await turn_context.send_activity(Activity(type="endOfConversation"))
            case other:
                await turn_context.send_activity(f"You said {other}.")

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"{turn_context.activity.name}: {turn_context.activity.value}")

    async def on_message_reaction_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"Reacted {turn_context.activity.reactions_added[0].type}.")
