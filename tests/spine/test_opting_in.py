"""A customer opts in twice, over the wire: with the first yes nothing of the kind leaves, with the second it does."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from examples.double_opt_in import ASKED, CONFIRMED, double_opt_in
from gateway import notices
from gateway.replaying import differences, recorded
from parley import STAY, Flow, On, Turn
from state import journals
from state.consent_tables import consent
from state.model.consent import Consent
from tests.spine.house import House, running, text

ANN = "99912345"
"""A number of no country: no hours are quiet for it."""


class Shop(Flow):
    """Withdraws at `no more`, for service at `quiet`, where it still says so; otherwise it advertises."""

    table = (On("message", "start", STAY, do="answer"),)

    def answer(self, turn: Turn) -> None:
        if turn.text == "no more":
            turn.consent("marketing", given=False)
        if turn.text == "quiet":
            turn.consent("service", given=False)
            turn.say("quiet now")
            return
        turn.say(f"buy {turn.text}", purpose="marketing")


@pytest.fixture
async def shop(url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, url, flows=(double_opt_in, Shop)) as made:
        yield made


async def says(house: House, words: str) -> None:
    count = await house.count(consent)
    await house.hear({**text(1, words), "id": f"wamid.{words}.{count}.{len(house.graph.calls)}", "from": ANN})
    await house.quiet()


async def advertises(house: House, words: str, channel: str = "wa") -> str:
    """Send marketing by a call; gives the code of the decision."""
    content = {"type": "text", "text": words}
    asked = {"to": f"whatsapp:{ANN}", "channel": channel, "content": content, "purpose": "marketing"}
    told = await house.call("POST", "/messages", asked)
    await house.quiet()
    found = (await house.call("GET", f"/messages/{told.body['id']}")).body
    return str(found["decisions"][-1].get("code", ""))


async def facts(house: House) -> list[Consent]:
    rows = await house.rows(sa.select(consent.c.body).order_by(consent.c.id))
    return [msgspec.json.decode(row[0], type=Consent) for row in rows]


async def opt_in(house: House) -> None:
    for each in ("offers", "yes", "YES"):
        await says(house, each)


async def test_marketing_leaves_after_the_second_yes_and_not_after_the_first(shop: House) -> None:
    await says(shop, "offers")
    await says(shop, "yes")
    assert await advertises(shop, "one yes") == "no_consent"
    assert await facts(shop) == []
    await says(shop, "Yes")
    assert await advertises(shop, "two of them") == ""
    assert [each for each in shop.graph.texts if each in ("one yes", "two of them")] == ["two of them"]


async def test_the_fact_names_the_flow_the_words_and_the_message_that_prove_it(shop: House) -> None:
    await opt_in(shop)
    (fact,) = await facts(shop)
    (last,) = [each for each in await shop.messages("in") if each.content.text == "YES"]  # type: ignore[union-attr]
    assert (fact.change, fact.purpose, fact.source) == ("given", "marketing", "flow")
    assert (fact.actor, fact.channel, fact.text) == ("flow double_opt_in", "wa", f"{ASKED} {CONFIRMED}")
    assert (fact.evidence["event"], fact.evidence["words"]) == (last.id, "YES")
    assert fact.evidence["first_yes_at"] < fact.at
    assert fact.text_version == double_opt_in.version


async def test_what_is_given_on_a_channel_counts_there_and_a_stop_ends_it(shop: House) -> None:
    await opt_in(shop)
    assert await advertises(shop, "elsewhere", "wb") == "no_consent"
    await says(shop, "STOP")
    assert await advertises(shop, "after the stop") == "withdrawn"


async def test_a_turn_that_takes_it_back_advertises_no_more_in_itself(shop: House) -> None:
    await opt_in(shop)
    await says(shop, "shoes")
    await says(shop, "no more")
    assert [each for each in shop.graph.texts if each.startswith("buy")] == ["buy shoes"]
    *_, fact = await facts(shop)
    assert (fact.change, fact.channel, fact.actor) == ("withdrawn", "", "flow Shop")


async def test_a_turn_that_takes_service_back_answers_no_more_in_itself(shop: House) -> None:
    await says(shop, "quiet")
    assert shop.graph.texts == []
    (refused,) = await shop.messages()
    assert (await shop.decisions(refused))[-1].code == "withdrawn"


async def test_who_has_opted_in_is_known_to_the_flow(shop: House) -> None:
    await opt_in(shop)
    await shop.restart()
    await says(shop, "offers")
    assert shop.graph.texts[-1] == "You get our offers already. Write STOP to end them."


async def test_a_talk_that_asks_what_is_allowed_is_played_again_as_it_was(shop: House) -> None:
    await opt_in(shop)
    await says(shop, "offers")
    await says(shop, "no more")
    await says(shop, "offers")
    conversation = (await shop.messages())[0].conversation
    whose, told = await journals.read(shop.gateway.store, conversation)
    found = list(differences(recorded(conversation, whose, "whatsapp", "", told), shop.gateway.router))
    assert found == [None] * len(found)
    assert [each.turn.allows for each in told] == [(), (), (), ("marketing",), ("marketing",), ()]


async def test_who_is_silent_by_a_record_of_ours_is_answered_after_their_own_start(shop: House) -> None:
    await says(shop, "hi")
    wish = {
        "to": f"whatsapp:{ANN}",
        "purpose": "service",
        "change": "withdrawn",
        "evidence": {"form": "a letter"},
    }
    told = await shop.call("POST", "/consents", wish)
    assert told.status == 201, told
    await says(shop, "hallo")
    assert shop.graph.texts == []
    await says(shop, "START")
    await says(shop, "quiet")
    assert shop.graph.texts == [notices.started("en")]
    assert [(each.change, each.purpose, each.source) for each in await facts(shop)][:2] == [
        ("withdrawn", "service", "api"), ("given", "service", "message"),
    ]  # fmt: skip
