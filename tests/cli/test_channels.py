"""`parley channels`: connected, listed, shown and removed, and their credentials are nowhere to be read."""

import io
import sqlite3
from pathlib import Path

import msgspec
import pytest

from connectors.registry import TYPES
from tests.cli.conftest import Done, Run, parley

SECRETS = {name: f"planted-{name}-word" for name in ("app_secret", "verify_token", "access_token")}
SECRET_WORDS = tuple(word for name, value in SECRETS.items() for word in ("--secret", f"{name}={value}"))
WHATSAPP = ("--type", "whatsapp", "--set", "phone_number_id=15550100")


def add(run: Run, config: str, *words: str, name: str = "wa") -> Done:
    return run("channels", "add", name, *words, "--config", config)


def test_a_secret_that_is_typed_in_is_sealed_and_shown_nowhere(run: Run, config: str, tmp_path: Path) -> None:
    asked = [word for name in SECRETS for word in ("--secret", name)]
    typed = "".join(f"{value}\n" for value in SECRETS.values())
    done = parley("channels", "add", "wa", *WHATSAPP, *asked, "--config", config, typed=typed)
    assert (done.code, done.err) == (0, "")
    first, second, *_ = done.out.splitlines()
    assert first.startswith(
        "channel wa is connected; its webhook is /webhooks/wa at the gateway's public address"
    )
    assert second == "a gateway that runs takes it up within 5 seconds"
    shown = [
        run("channels", *words, "--config", config)
        for words in (("list",), ("show", "wa"), ("list", "--json"))
    ]
    assert [each.code for each in shown] == [0, 0, 0]
    assert b"15550100" in b"".join(path.read_bytes() for path in tmp_path.glob("parley.db*"))
    for secret in SECRETS.values():
        assert [each.out for each in (done, *shown) if secret in each.out] == []
        assert [path for path in tmp_path.glob("parley.db*") if secret.encode() in path.read_bytes()] == []


SMPP = (
    "--type",
    "smpp",
    "--set",
    "host=smsc.example",
    "--set",
    "system_id=us",
    "--set",
    "sender=447700900000",
)
KANNEL = ("--type", "kannel", "--set", "base_url=http://kannel.example", "--set", "user=parley",
    "--set", "sender=447700900000", "--secret", "secret=planted", "--secret", "token=planted")  # fmt: skip
DOORS = {
    (*WHATSAPP, *SECRET_WORDS): "its webhook is https://chat.example/webhooks/wa",
    ("--type", "inapp"): "apps connect to https://chat.example/v3/directline",
    (*SMPP, "--secret", "password=planted"): "the gateway calls its provider, which needs no address of ours",
}


@pytest.mark.parametrize(("words", "told"), DOORS.items(), ids=["webhooks", "apps", "a link"])
def test_a_connected_channel_s_door_is_told(run: Run, config: str, words: tuple[str, ...], told: str) -> None:
    done = add(run, config, *words, "--public-url", "https://chat.example")
    assert done.out.splitlines()[:1] == [f"channel wa is connected; {told}"], done.err


def test_a_channel_is_shown_with_all_but_its_secrets(run: Run, config: str) -> None:
    add(run, config, *WHATSAPP, *SECRET_WORDS, "--flow", "Hotel", "--simulated")
    shown = msgspec.json.decode(run("channels", "show", "wa", "--json", "--config", config).out)
    assert (shown["type"], shown["account"], shown["flow"], shown["simulated"]) == (
        "whatsapp", "15550100", "Hotel", True,
    )  # fmt: skip
    assert (shown["secrets"], shown["settings"]["base_url"]) == ("sealed", "https://graph.facebook.com")
    listed = run("channels", "list", "--json", "--config", config).out
    assert [shown | {"terms_accepted": False}] == msgspec.json.decode(listed)


def test_the_list_says_what_its_columns_are(run: Run, config: str) -> None:
    add(run, config, "--type", "inapp", name="app")
    head, line = run("channels", "list", "--config", config).out.splitlines()
    assert (head.split(), line.split()) == (
        ["CHANNEL", "TYPE", "ACCOUNT", "LAST", "ERROR"],
        ["app", "inapp", "no", "errors;", "its", "terms", "are", "not", "accepted"],
    )


def test_a_removed_channel_is_gone_and_its_name_is_free(run: Run, config: str) -> None:
    add(run, config, "--type", "inapp", name="app")
    words = ("channels", "remove", "app", "--config", config)
    assert run(*words).out == "channel app is out of use\n"
    again = run(*words)
    assert (again.code, again.err) == (1, "parley channels: there is no channel 'app'\n")
    assert run("channels", "list", "--config", config).out.startswith("no channels yet")
    assert add(run, config, "--type", "inapp", name="app").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--type", "fax"), f"'fax' is no channel type; there are {', '.join(sorted(TYPES))}"),
        ((*WHATSAPP, "--secret", "app_secret=x", "--secret", "verify_token=abc", *SECRET_WORDS[4:]),
         "app_secret: a secret of less than 4 characters could not be kept out of the logs\n"
         "verify_token: a secret of less than 4"),
        ((*WHATSAPP, *SECRET_WORDS[2:]), "app_secret: is needed: secret of the Meta app"),
        (("--type", "whatsapp", *SECRET_WORDS), "phone_number_id: is needed: id of the number at Meta"),
        ((*WHATSAPP, *SECRET_WORDS, "--set", "colour=red"), "colour: whatsapp has no such setting; it has"),
        ((*WHATSAPP, "--set", "app_secret=x", *SECRET_WORDS[2:]), "app_secret: is a secret"),
        ((*WHATSAPP, *SECRET_WORDS, "--flow", "Nope", "--bots", "booking:Booking"), "--flow Nope: no such flow"),
        ((*WHATSAPP, *SECRET_WORDS, "--set", "pace=fast"), "pace: this is not allowed; it is a number of messages"),
        ((*KANNEL, "--set", "callback=here"), "channels: callback: this is not allowed; it is a web address"),
        ((*KANNEL, "--set", "callback=https://x.example/a"), "it is our public address and /webhooks/wa, where"),
        (("--type", "kannel", "--set", "user=us"), "callback: is needed: public address of this channel, for delivery"
         " reports\nsecret: is needed: password of the `sendsms-user`\n"),
        ((*WHATSAPP, *SECRET_WORDS, "--set", "pace"), "--set pace: NAME=VALUE is expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_channel_is_named(
    run: Run, config: str, words: tuple[str, ...], said: str
) -> None:
    done = add(run, config, *words)
    assert (done.code, done.out, said in done.err) == (1, "", True), done.err
    assert not any(value in done.err for value in SECRETS.values())
    assert run("channels", "list", "--json", "--config", config).out == "[]\n"


@pytest.mark.parametrize("name", ["Fax", "a b", "", "-a", "x" * 64, "../etc"])
def test_a_channel_s_name_is_a_part_of_an_address(run: Run, config: str, name: str) -> None:
    done = run("channels", "add", "--type", "inapp", "--config", config, "--", name)
    assert (done.code, "lower-case letters, digits and hyphens" in done.err) == (1, True)


def test_a_name_is_taken_once(run: Run, config: str) -> None:
    add(run, config, "--type", "inapp")
    done = add(run, config, "--type", "inapp")
    assert (done.code, done.err) == (1, "parley channels: id: there is a channel 'wa' already\n")


def test_an_account_is_connected_once(run: Run, config: str) -> None:
    add(run, config, *WHATSAPP, *SECRET_WORDS)
    again = add(run, config, *WHATSAPP, *SECRET_WORDS, name="wa2")
    told = "parley channels: account: 15550100 is connected already, as the channel wa: change that one\n"
    assert (again.code, again.err) == (1, told)
    other = add(
        run, config, "--type", "whatsapp", "--set", "phone_number_id=15550101", *SECRET_WORDS, name="wa2"
    )
    assert other.code == 0
    moved = run("channels", "set", "wa2", "--set", "phone_number_id=15550100", "--config", config)
    assert (moved.code, moved.err) == (1, told)
    assert run("channels", "set", "wa", "--set", "phone_number_id=15550100", "--config", config).code == 0
    assert run("channels", "remove", "wa", "--config", config).code == 0
    assert add(run, config, *WHATSAPP, *SECRET_WORDS, name="wa3").code == 0


def test_without_a_seal_key_no_credentials_are_taken(run: Run, config: str) -> None:
    path = Path(config)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("seal_key")]
    path.write_text("\n".join(lines))
    done = add(run, config, *WHATSAPP, *SECRET_WORDS)
    assert (done.code, "set seal_key or seal_key_file" in done.err) == (1, True)


def test_a_provider_s_words_are_shown_without_the_token_in_them(
    run: Run, config: str, tmp_path: Path
) -> None:
    add(run, config, "--type", "inapp")
    said = "AUTH 190: access_token=planted-token-word has expired"
    with sqlite3.connect(tmp_path / "parley.db") as database:
        database.execute("UPDATE channel SET last_error = ?", (said,))
    database.close()
    for words in (("list",), ("list", "--json"), ("show", "wa")):
        shown = run("channels", *words, "--config", config).out
        assert ("AUTH 190" in shown, "planted" in shown) == (True, False)


def test_a_secret_that_is_not_entered_is_asked_for(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = add(run, config, *WHATSAPP, "--secret", "app_secret")
    assert (done.code, "app_secret: nothing was entered" in done.err) == (1, True)
