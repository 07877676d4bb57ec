"""`parley suspend`, `lift`, `suspensions` and `drill`, with and without a gateway beside them."""

import json
from pathlib import Path

import pytest

from gateway.drill import Drill, own
from gateway.fence import Fence
from state.fences import Permit
from tests.cli.conftest import Run
from tests.cli.test_policy import lived
from tests.spine.house import House, text

ALL = ("suspend", "--all", "--reason", "complaints")


def made(run: Run, config: str, *words: str) -> str:
    done = run(*(words or ALL), "--config", config)
    assert done.code == 0, done
    return done.out.split()[0]


def shown(run: Run, config: str, suspension: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("suspensions", "show", suspension, "--config", config).out)
    return found


def test_a_suspension_is_made_listed_shown_and_lifted(run: Run, config: str) -> None:
    one = made(run, config, *ALL, "--ground", "legal", "--until", "2099-01-01T00:00:00Z")
    listed = run("suspensions", "list", "--config", config).out
    assert (
        f"{one}  suspended  everything (outbound)  legal, until 2099-01-01T00:00:00+00:00: complaints"
        in listed
    )
    assert shown(run, config, one)["actor"] == "operator at the machine"
    assert "lifted" in run("lift", one, "--reason", "over", "--config", config).out
    assert run("suspensions", "list", "--config", config).out == ""
    assert one in run("suspensions", "list", "--all", "--config", config).out


def test_a_day_will_do_for_its_end(run: Run, config: str) -> None:
    made(run, config, *ALL, "--until", "2099-12-01")
    assert "until 2099-12-01T00:00:00+00:00" in run("suspensions", "list", "--config", config).out


def test_a_dry_run_suspends_nothing(run: Run, config: str) -> None:
    done = run(*ALL, "--dry-run", "--config", config)
    assert (done.code, "nothing was suspended" in done.out) == (0, True)
    assert run("suspensions", "list", "--config", config).out == ""


async def _queue(house: House) -> dict[str, str]:
    await house.hear(text(1, "hi"))
    await house.quiet()
    made = await house.call("POST", "/suspensions", {"scope": {"channel": "wa"}, "reason": "a test"})
    asked = {
        "to": f"whatsapp:{text(1, '')['from']}",
        "channel": "wa",
        "content": {"type": "text", "text": "Hello\nyou"},
    }
    sent = await house.call("POST", "/messages", asked)
    await house.when(house.queue, lambda rows: rows[0][1] == "held")
    (held,) = (await house.call("GET", f"/suspensions/{made.body['id']}/held")).body["items"]
    talk = (await house.call("GET", f"/conversations/{held['conversation']}")).body
    assert (held["contact"], held["purpose"]) == (talk["contact"], "service")
    return {"suspension": made.body["id"], "message": sent.body["id"], "to": str(asked["to"])}


def test_what_is_held_is_listed_with_whom_what_for_and_how_it_begins(run: Run, tmp_path: Path) -> None:
    ids = lived(tmp_path, _queue)
    told = run("suspensions", "held", ids["suspension"], "--config", ids["config"]).out
    assert told.startswith(f"{ids['message']}  held      wa                {ids['to']}  service  expires ")
    assert told.endswith(": Hello you\n")


def test_a_suspected_fraud_is_announced_and_may_be_withdrawn(run: Run, config: str) -> None:
    one = made(run, config, *ALL, "--ground", "suspected_fraud")
    found = shown(run, config, one)
    assert (found["stage"], int(str(found["due_at"])) - int(str(found["noticed_at"]))) == ("noticed", 900_000)
    assert "withdrawn" in run("suspensions", "withdraw", one, "--reason", "a sale", "--config", config).out


@pytest.mark.parametrize(("lead", "code"), [("5", 1), ("900", 0), ("1800", 0)])
def test_a_lead_that_is_too_short_for_a_suspected_fraud_is_refused(
    run: Run, config: str, lead: str, code: int
) -> None:
    done = run(*ALL, "--ground", "suspected_fraud", "--lead", lead, "--config", config)
    words = "parley suspend: --lead: a suspected fraud is announced at least 900 s before it is held"
    assert (done.code, done.err.strip()) == (code, words if code else "")


def test_whoever_asked_for_a_lift_cannot_confirm_it(run: Run, config: str) -> None:
    one = made(run, config, *ALL, "--two")
    assert "another actor has to confirm" in run("lift", one, "--reason", "over", "--config", config).out
    done = run("suspensions", "confirm", one, "--reason", "over", "--config", config)
    assert (done.code, "another actor" in done.err) == (1, True)


def test_a_lift_that_discards_waits_for_a_gateway(run: Run, config: str) -> None:
    one = made(run, config)
    assert "being lifted" in run("lift", one, "--reason", "x", "--held", "discard", "--config", config).out
    assert shown(run, config, one)["stage"] == "lifting"
    done = run("suspensions", "discard", one, "--reason", "x", "--config", config)
    assert (done.code, done.out) == (0, f"{one}  0 messages ended\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("suspend", "--reason", "x"), "say what to suspend"),
        (("suspend", "--all", "--channel", "x", "--reason", "x"), "say what to suspend"),
        (("suspend", "--channel", "nowhere", "--reason", "x"), "there is no channel 'nowhere'"),
        (("suspend", "--all"), "reason: is needed"),
        ((*ALL, "--until", "tomorrow"), "2026-11-24 or 2026-11-24T09:30:00Z is expected"),
        ((*ALL, "--until", "2099-01-01T00:00:00"), "its offset from UTC is missing"),
        ((*ALL, "--until", "2020-01-01T00:00:00Z"), "is over already"),
        ((*ALL, "--evidence", "0" * 32), "is no signal, message or decision"),
        (("lift", "0" * 32, "--reason", "x"), "there is no such suspension"),
        (("suspensions", "show", "7"), "there is no suspension 7"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, config: str, words: tuple[str, ...], said: str) -> None:
    done = run(*words, "--config", config)
    assert (done.code, said in done.err) == (1, True), done.err


async def test_a_drill_counts_no_leak(tmp_path: Path) -> None:
    async with own(tmp_path) as url:
        report = await Drill(url, "", "drill", 60).run(2)
    assert (report.leaks, len(report.rounds)) == (0, 2)
    assert sum(each.held for each in report.rounds) > 0


async def test_a_drill_counts_what_a_broken_fence_lets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(self: Fence, permit: Permit) -> None:
        self.epoch = permit.epoch

    monkeypatch.setattr(Fence, "_learn", forget)
    async with own(tmp_path) as url:
        report = await Drill(url, "", "drill", 60).run(1)
    assert report.leaks > 0


def test_a_drill_needs_a_gateway_with_a_simulated_channel(run: Run) -> None:
    done = run("drill", "suspension", "--url", "http://127.0.0.1:9", "--channel", "phone")
    assert (done.code, "no gateway answers" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("flag", "value", "why"),
    [
        ("--team", "nosuch", "--team: there is no team 'nosuch'"),
        ("--contact", "tel:4915112340050", "nobody with the address tel:+4915112340050 is known"),
        ("--contact", "him", "neither an address (scheme:path) nor a contact's id"),
    ],
)
def test_a_suspension_of_nobody_is_refused(run: Run, config: str, flag: str, value: str, why: str) -> None:
    done = run("suspend", flag, value, "--reason", "his wish", "--config", config)
    assert (done.code, why in done.err) == (1, True), done


def test_a_contact_is_suspended_by_its_address(run: Run, config: str) -> None:
    run("consent", "record", "tel:+4915112340050", "withdrawn", "service", "--config", config)
    one = made(run, config, "suspend", "--contact", "tel:004915112340050", "--reason", "his wish")
    contact = run("consent", "show", "tel:+4915112340050", "--config", config).out.split()[1]
    assert f"contact={contact}" in run("suspensions", "list", "--config", config).out
    assert shown(run, config, one)["scope"]["contact"] == contact  # type: ignore[index]


def test_a_name_that_nothing_is_known_by_is_told(run: Run, config: str) -> None:
    for more in ((), ("--dry-run",)):
        done = run("suspend", "--flow", "Nosuch", "--reason", "x", *more, "--config", config)
        assert "no flow 'Nosuch' is known now" in done.out
