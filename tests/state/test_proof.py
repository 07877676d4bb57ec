"""An export is verified without a database, also one of a single contact; whatever is changed in it is found."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sealer import Sealer
from state import ledger, proof
from state.model.ids import new_id
from state.proof import Choice, NoExport, Verdict, verify
from state.store import Store
from tests.state.chains import KEYS, SEAL, chained, fact, write

COUNT = 8
few = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
KINDS = st.sampled_from(["all", "one"])


async def export(store: Store, name: str, choice: Choice = proof.ALL) -> list[bytes]:
    return [line async for line in proof.export(store, name, choice, 1)]


async def two_people(store: Store) -> tuple[str, str]:
    """A chain about two contacts in turn; gives its name and the first of them."""
    team, ann, bob = new_id(0), new_id(7), new_id(7)
    for n in range(COUNT):
        await write(store, fact(team, ann if n % 3 == 1 else bob, text=f"secret of {n}", at=100 + n))
    await Sealer(store, SEAL).all()
    return ledger.of_team(team), ann


async def lines_of(store: Store, kind: str) -> list[bytes]:
    name, ann = await two_people(store)
    return await export(store, name, Choice((ann,)) if kind == "one" else proof.ALL)


def numbers(told: Verdict) -> tuple[int, int, int | None]:
    return told.links, told.shown, told.broken


async def test_a_whole_export_is_whole(store: Store) -> None:
    name = await chained(store, COUNT)
    told = verify(await export(store, name), KEYS[0])
    assert (told.chain, told.key, numbers(told)) == (name, KEYS[0], (COUNT, COUNT, None))


async def test_an_export_of_one_contact_shows_nobody_else_and_is_whole(store: Store) -> None:
    name, ann = await two_people(store)
    lines = await export(store, name, Choice((ann,)))
    assert numbers(verify(lines, KEYS[0])) == (COUNT, 3, None)
    text = b"\n".join(lines).decode()
    assert [f"secret of {n}" in text for n in range(COUNT)] == [n % 3 == 1 for n in range(COUNT)]
    assert msgspec.json.decode(lines[0])["start"]["seq"] == 1


@pytest.mark.parametrize(
    ("since", "before", "shown"), [(0, 0, 8), (103, 0, 5), (0, 103, 3), (102, 104, 2), (900, 0, 0)]
)
async def test_an_export_of_a_period_shows_the_facts_of_it(
    store: Store, since: int, before: int, shown: int
) -> None:
    name, _ = await two_people(store)
    lines = await export(store, name, Choice((), since, before))
    assert numbers(verify(lines)) == (COUNT, shown, None)


async def test_long_runs_of_others_are_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_RUN", 2)
    monkeypatch.setattr(ledger, "PAGE", 3)
    name, ann = await two_people(store)
    assert numbers(verify(await export(store, name, Choice((ann,))), KEYS[0])) == (COUNT, 3, None)


def lies(line: dict[str, Any]) -> list[dict[str, Any]]:
    """Every way in which a line may say something else."""
    made = [line | {name: (value + 1 if isinstance(value, int) else "0" * 64)} for name, value in line.items()
            if isinstance(value, int | str)]  # fmt: skip
    if "record" in line:
        made += [line | {"record": line["record"] | {name: "x"}} for name in line["record"]]
        made.append(line | {"record": {}})
    if "digests" in line:
        some = line["digests"]
        made += [line | {"digests": ["0" * 64, *some[1:]]}, line | {"digests": some[:-1]}]
        made.append(line | {"digests": [*some, some[0]]})
    return made


@few
@given(kind=KINDS, data=st.data())
async def test_a_changed_line_is_found(store: Store, kind: str, data: st.DataObject) -> None:
    lines = await lines_of(store, kind)
    at = data.draw(st.integers(1, len(lines) - 1))
    lie = data.draw(st.sampled_from(lies(msgspec.json.decode(lines[at]))))
    lines[at] = msgspec.json.encode(lie)
    told = verify(lines, KEYS[0])
    assert told.broken is not None, lie
    assert told.reason


@few
@given(kind=KINDS, data=st.data())
async def test_a_line_that_is_missing_doubled_or_moved_is_found(
    store: Store, kind: str, data: st.DataObject
) -> None:
    lines = await lines_of(store, kind)
    at = data.draw(st.integers(1, len(lines) - 1))
    what = data.draw(st.sampled_from(["missing", "doubled", "moved", "cut", "garbled"]))
    if what in ("missing", "moved"):
        gone = lines.pop(at)
        lines[at % len(lines) :] if what == "missing" else lines.insert(1 if at > 1 else 2, gone)
    elif what == "doubled":
        lines.insert(at, lines[at])
    else:
        lines[at:] = [] if what == "cut" else [lines[at][:-5], *lines[at + 1 :]]
    assert verify(lines, KEYS[0]).broken is not None, what


async def test_the_first_broken_link_is_named(store: Store) -> None:
    lines = await export(store, await chained(store, COUNT))
    for seq in (3, 6):
        lines[seq] = lines[seq].replace(b'"marketing"', b'"service"')
    told = verify(lines)
    assert (told.links, told.broken) == (2, 3)
    assert "does not follow" in told.reason


async def test_another_key_is_told(store: Store) -> None:
    lines = await export(store, await chained(store, 2))
    assert verify(lines, "0" * 64).reason.startswith("the head is signed with another key")
    unsigned = await export(store, await chained(store, 2, None))
    assert (verify(unsigned).broken, verify(unsigned, KEYS[0]).reason) == (None, "the head is not signed")


async def test_facts_of_another_team_do_not_pass(store: Store) -> None:
    one, two = [await export(store, await chained(store, 1)) for _ in range(2)]
    assert "another chain" in verify([one[0], two[1], one[2]]).reason


@pytest.mark.parametrize("line", [b"", b"{}", b"address,purpose", b'{"format":"x"}'])
def test_another_file_is_no_export(line: bytes) -> None:
    with pytest.raises(NoExport):
        verify([line])


async def test_an_export_of_nothing_is_whole(store: Store) -> None:
    assert numbers(verify(await export(store, "team:nobody"))) == (0, 0, None)
