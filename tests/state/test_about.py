"""What a customer is called and speaks: taken from their events, kept on the contact, told to each turn."""

from msgspec.structs import replace

from state.model.turn import Played, Snapshot
from state.store import Store
from state.turned import commit
from tests.state.acts import accept, message, rows, take, turned


async def test_name_and_language_are_kept_and_known_to_the_next_turn(store: Store) -> None:
    await accept(store, replace(message("m1"), name="Ada", locale="de"))
    (taken,) = await take(store)
    assert (taken.name, taken.locale) == ("Ada", "de")
    await store.write(commit, turned(taken))
    await accept(store, replace(message("m2"), name=""))
    (taken,) = await take(store)
    assert taken.about == ("Ada", "de")
    await accept(store, replace(message("m3"), name="Ada L.", locale="fr"))
    await store.write(commit, turned(taken))
    (taken,) = await take(store)
    assert taken.about == ("Ada L.", "de")
    await store.write(commit, turned(taken))
    assert await rows(store, "contact.name contact.locale") == [("Ada L.", "de")]


async def test_a_flow_may_choose_the_language(store: Store) -> None:
    await accept(store, replace(message("m1"), locale="de"))
    (taken,) = await take(store)
    played = Played(Snapshot(), locale="fr")
    await store.write(commit, replace(turned(taken), played=played))
    assert await rows(store, "contact.locale") == [("fr",)]
