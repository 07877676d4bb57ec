"""Dialog bots run unchanged: prompts are questions with buttons, and their stack is kept with the conversation."""

from parley import Chosen, Media, Text, bot_framework, chat
from tests.dialogs import bots

profile = bot_framework(bots.DialogBot, name="profile")
PICTURE = Media("image", url="https://example.org/me.png", mime="image/png")


WAY: tuple[tuple[str | Media, tuple[str, ...]], ...] = (
    ("hi", ("How do you travel?",)),
    ("Bus", ("What is your name?",)),
    ("Ada", ("Thanks, Ada.", "Would you tell your age?")),
    ("Yes", ("How old are you?",)),
    ("200", ("An age is between 1 and 149.",)),
    ("thirty-six", ("Send a picture, or anything to skip.",)),
    (PICTURE, ("Is this right?",)),
    ("yes", ("Ada, 36, by Bus, with picture",)),
)


async def test_a_waterfall_of_prompts_is_gone_through_over_restarts() -> None:
    async with chat(profile) as c:
        for heard, answers in WAY:
            c.restarts()
            await c.hears(heard)
            for answer in answers:
                c.says(answer)


async def test_choices_and_confirmations_are_buttons() -> None:
    async with chat(profile) as c:
        await c.hears("hi")
        c.says("How do you travel?", options=["Car", "Bus", "Bicycle"])
        await c.taps("Bicycle")
        c.says("What is your name?")
        await c.hears("Ben")
        c.says("Thanks, Ben.")
        c.says("Would you tell your age?", options=["Yes", "No"])
        await c.taps("No")
        c.says("Send a picture, or anything to skip.")


async def test_what_is_no_answer_is_asked_again() -> None:
    async with chat(profile) as c:
        await c.hears("hi")
        for heard in ("a horse", Chosen("plane", "Plane")):
            assert len(c.said) == 1
            await c.hears(heard)
        c.says("How do you travel?", options=["Car", "Bus", "Bicycle"])


async def test_an_interruption_ends_the_whole_stack() -> None:
    async with chat(profile) as c:
        for heard in ("hi", "car", "Ada", "yes"):
            await c.hears(heard)
            said = c.said
        assert said == [Text("How old are you?")]
        await c.hears("cancel")
        c.says("Cancelling")
        await c.hears("hi")
        c.says("How do you travel?", options=["Car", "Bus", "Bicycle"])
