"""`parley consent`, `parley licences`, `parley audit`: recorded, taken in, exported, and verified anywhere."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run, parley

PHONE, MAIL = "tel:+15550100", "mailto:ann@shop.example"
FILE = f"""address,purpose,change,at,basis,evidence,until
{PHONE},marketing,given,2026-01-01T00:00:00Z,consent,form 7,2099-01-01T00:00:00Z
{MAIL},service,withdrawn,2026-01-01T00:00:00Z,consent,a letter,
{MAIL},service,given,2026-01-01T00:00:00Z,,a letter,
"""


@pytest.fixture
def taken(run: Run, config: str, tmp_path: Path) -> Done:
    """A file of three rows was taken in, of which one is refused."""
    (tmp_path / "in.csv").write_text(FILE)
    return run("consent", "import", str(tmp_path / "in.csv"), "--config", config)


def export(run: Run, config: str, tmp_path: Path, *more: str) -> Path:
    done = run("consent", "export", *more, "--config", config)
    assert (done.code, done.err) == (0, "")
    path = tmp_path / "out.jsonl"
    path.write_text(done.out)
    return path


def test_a_line_that_is_no_row_is_refused_and_the_others_are_taken(
    run: Run, config: str, tmp_path: Path
) -> None:
    row = '{"address": "tel:+4915112345678", "purpose": "marketing", "change": "withdrawn",'
    row += ' "at": "2026-11-24T09:30:00Z", "basis": "consent", "evidence": "form 7"}'
    (tmp_path / "rows.json").write_text(f"[{row}, 7]")
    done = run("consent", "import", str(tmp_path / "rows.json"), "--config", config)
    assert (done.code, done.out) == (1, "1 added, 0 known before, 1 refused\n")
    assert done.err == "line 2: row: it is no JSON object\n"


def test_rows_without_a_basis_are_refused_with_their_line_and_the_others_taken(taken: Done) -> None:
    assert (taken.code, taken.out) == (1, "2 added, 0 known before, 1 refused\n")
    assert taken.err == "line 4: basis: is needed: the legal basis\n"


def test_what_is_recorded_is_shown(taken: Done, run: Run, config: str) -> None:
    done = run(
        "consent", "record", PHONE, "withdrawn", "marketing", "--evidence", "said so", "--config", config
    )
    assert done.code == 0
    shown = run("consent", "show", PHONE, "--config", config).out.splitlines()
    assert shown[3] == f"  marketing        withdrawn {PHONE}, all channels"
    assert [line.split()[3] for line in shown[6:]] == ["withdrawn", "given"]
    told = json.loads(run("consent", "show", PHONE, "--json", "--config", config).out)
    assert [each["change"] for each in told["stands"]] == ["withdrawn"]
    wrong = run("consent", "show", "tel:+1", "--config", config)
    assert (wrong.code, wrong.err) == (1, "parley consent: there is no contact tel:+1\n")


def test_recording_tells_what_stood_before(run: Run, config: str) -> None:
    words = ("consent", "record", PHONE)
    first = run(*words, "given", "marketing", "--evidence", "form 7", "--config", config)
    assert (first.code, first.out.splitlines()[1]) == (0, "nothing stood before")
    run(*words, "withdrawn", "service", "--config", config)
    second = run(*words, "withdrawn", "marketing", "--config", config)
    assert [line.split() for line in second.out.splitlines()[1:]] == [
        ["stood", "before:"],
        ["marketing", "given", f"{PHONE},", "all", "channels"],
    ]


def test_consents_that_end_are_listed(taken: Done, run: Run, config: str) -> None:
    assert run("consent", "expiring", "--config", config).out == ""
    done = run("consent", "expiring", "--days", "36500", "--config", config)
    assert done.out.startswith("2099-01-01T00:00:00+00:00 ")


def test_an_export_is_verified_without_settings_and_a_change_in_it_named(
    taken: Done, run: Run, config: str, tmp_path: Path
) -> None:
    path = export(run, config, tmp_path)
    key = json.loads(path.read_text().splitlines()[0])["key"]
    done = parley("consent", "verify", str(path), "--key", key, PARLEY_DATABASE="nonsense")
    assert (done.code, done.out) == (0, f"team:default  whole: 2 links, 2 shown, signed by {key}\n"), done
    path.write_text(path.read_text().replace("a letter", "a better"))
    done = run("consent", "verify", str(path))
    assert (done.code, done.out.startswith("team:default  broken at 1: ")) == (1, True)
    (told,) = json.loads(run("consent", "verify", str(path), "--json").out)
    assert (told["whole"], told["broken"], told["links"]) == (False, 1, 0)
    path.write_text(FILE)
    assert run("consent", "verify", str(path)).code == 2
    assert run("consent", "verify", str(tmp_path / "none")).code == 2


def test_an_export_of_a_contact_tells_of_nobody_else(
    taken: Done, run: Run, config: str, tmp_path: Path
) -> None:
    path = export(run, config, tmp_path, "--contact", MAIL)
    assert (PHONE in path.read_text(), MAIL in path.read_text()) == (False, True)
    assert "whole: 2 links, 1 shown" in run("consent", "verify", str(path)).out
    path = export(run, config, tmp_path, "--from", "2026-06-01", "--to", "2026-07-01T00:00:00Z")
    assert "whole: 2 links, 0 shown" in run("consent", "verify", str(path)).out


def test_the_database_is_verified_too(taken: Done, run: Run, config: str, tmp_path: Path) -> None:
    export(run, config, tmp_path)
    done = run("consent", "verify", "--config", config)
    assert (done.code, "whole: 2 links" in done.out) == (0, True)
    assert done.out.endswith("standing  whole: 2 rows follow from the ledger\n")
    with sqlite3.connect(tmp_path / "parley.db") as database:
        database.execute("DELETE FROM consent WHERE seq = 1")
    done = run("consent", "verify", "--config", config)
    first, second = done.out.splitlines()
    assert (done.code, first) == (1, "team:default  broken at 1: it is missing: 2 follows 0")
    assert second.endswith("which is not in the ledger")


def test_a_forged_standing_is_told_by_verify_and_by_the_doctor(run: Run, config: str, tmp_path: Path) -> None:
    made = run("consent", "record", "tel:+15550100", "withdrawn", "marketing", "--config", config)
    assert made.code == 0
    assert "what stands" not in run("doctor", "--offline", "--config", config).out
    with sqlite3.connect(tmp_path / "parley.db") as database:
        database.execute("UPDATE standing SET change = 'given'")
        ((contact,),) = database.execute("SELECT contact FROM standing")
    done = run("consent", "verify", "--config", config)
    assert (done.code, f"differs from the ledger at the contact {contact}" in done.out) == (1, True)
    (found,) = [each for each in json.loads(run("consent", "verify", "--json", "--config", config).out)
                if each["chain"] == "standing"]  # fmt: skip
    assert (found["whole"], found["contact"]) == (False, contact)
    assert f"consent, what stands: contact {contact}" in run("doctor", "--offline", "--config", config).out


def test_the_audit_is_exported_and_verified(taken: Done, run: Run, config: str, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text(run("audit", "export", "--config", config).out)
    assert "audit  whole: 1 links, 1 shown" in run("audit", "verify", str(path)).out
    assert "audit  whole: 1 links" in run("audit", "verify", "--config", config).out
    path.write_text(path.read_text().replace("in.csv", "on.csv"))
    assert run("audit", "verify", str(path)).code == 1


def test_licences_are_added_listed_and_removed(run: Run, config: str) -> None:
    words = ("template:sale", "--evidence", "contract 7", "--ends", "2099-01-01")
    made = run("licences", "add", *words, "--config", config)
    assert made.out.endswith("template:sale                    ends 2099-01-01T00:00:00+00:00\n")
    assert run("licences", "list", "--config", config).out == made.out
    gone = ("licences", "remove", made.out.split()[0], "--reason", "a mistake", "--config", config)
    assert [run(*gone).code, run(*gone).code] == [0, 1]
    assert run("licences", "list", "--config", config).out == ""
    wrong = run("licences", "add", "sale", "--evidence", "x", "--config", config)
    assert (wrong.code, wrong.err.startswith("parley licences: subject: 'sale': ")) == (1, True)


@pytest.mark.parametrize("name", ["0197f3a2c4d17a2b9c00d5e6f7a8b9c0", "photo"])
def test_a_licence_for_a_file_that_is_not_there_is_refused(run: Run, config: str, name: str) -> None:
    done = run("licences", "add", f"media:{name}", "--evidence", "contract 7", "--config", config)
    assert (done.code, done.err) == (1, f"parley licences: subject: there is no file '{name}'\n")


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "2026-11-24T09:30:00"])
def test_a_time_that_is_none_is_refused(when: str) -> None:
    done = parley("consent", "export", "--from", when)
    assert (done.code, "argument --from" in done.err) == (2, True)


def test_a_span_that_ends_before_it_begins_is_refused(run: Run, config: str) -> None:
    done = run("consent", "export", "--from", "2026-02-01", "--to", "2026-01-01", "--config", config)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("parley consent: --from: it is not before --to")


def test_a_file_that_is_not_there_is_no_export(run: Run, tmp_path: Path) -> None:
    done = run("consent", "verify", str(tmp_path / "nosuch"))
    assert (done.code, done.err) == (
        2,
        f"{tmp_path / 'nosuch'}: it cannot be read: No such file or directory\n",
    )


def test_where_nothing_is_recorded_verifying_says_so(run: Run, config: str) -> None:
    done = run("consent", "verify", "--config", config)
    assert (done.code, done.out) == (0, "nothing is recorded yet: there is no chain to follow\n")


def test_a_legal_basis_is_told_of_what_is_given_alone(run: Run, config: str) -> None:
    words = ("consent", "record", "tel:+4915112345678")
    given = run(*words, "given", "marketing", "--evidence", "form 7", "--config", config).out
    gone = run(*words, "withdrawn", "marketing", "--config", config).out
    assert "(consent; admin, operator at the machine)" in given
    assert "(admin, operator at the machine)" in gone.splitlines()[0]


def test_a_licence_that_has_ended_is_refused_by_the_flag_that_says_so(run: Run, config: str) -> None:
    words = (
        "template:sale",
        "--evidence",
        "contract 7",
        "--ends",
        "2020-01-01T00:00:00Z",
        "--config",
        config,
    )
    done = run("licences", "add", *words)
    assert (done.code, done.err) == (1, "parley licences: --ends: lies in the past\n")
