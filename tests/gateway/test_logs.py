"""What is logged can be read by a program and by a person, and holds no secret."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import logs
from gateway.logs import Redactor, formatter, set_up, shorten

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.plantedSignature"


def record(message: str, *args: object, level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "parley.test", "levelno": level, "levelname": logging.getLevelName(level)}
    )
    made.msg, made.args = message, args
    vars(made).update(extra, created=1_700_000_000.25, msecs=250.0)
    return made


@pytest.fixture
def redactor(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    made = Redactor()
    monkeypatch.setattr(logs, "redactor", made)
    return made


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("", *logs._TALKATIVE)}
    yield root
    root.handlers[:], sys.excepthook = handlers, hook
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)


def test_a_json_line_says_when_how_serious_who_and_what_with_its_fields() -> None:
    line = formatter("json").format(record("took %d", 3, channel="wa", lanes=(1, 2)))
    assert json.loads(line) == {
        "at": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "logger": "parley.test",
        "message": "took 3",
        "channel": "wa",
        "lanes": [1, 2],
    }


def test_a_text_line_says_the_same() -> None:
    line = formatter("text").format(record("took %d", 3, channel="wa"))
    assert line == "2023-11-14T22:13:20.250Z INFO    parley.test: took 3 channel=wa"


def test_a_value_json_does_not_know_is_shown_as_text() -> None:
    assert json.loads(formatter("json").format(record("x", what=ValueError("no"))))["what"] == "no"


def test_a_header_that_is_no_utf_8_does_not_stop_the_line() -> None:
    assert json.loads(formatter("json").format(record("caf\udce9")))["message"] == "caf\udce9"


def test_arguments_that_do_not_fit_are_still_logged_without_secrets() -> None:
    assert formatter("text").format(record("took %d", "token=planted")).endswith("took %d ('token=***',)")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer planted.token-1234567", "Authorization: Bearer ***"),
        ("authorization=planted", "authorization=***"),
        ("{'Authorization': 'Basic cGxhbnRlZDpwbGFudGVk'}", "{'Authorization': 'Basic ***'}"),
        ("with bearer planted-planted-planted", "with bearer ***"),
        ("the key pk_planted-1234 is wrong", "the key pk_*** is wrong"),
        ("X-Hub-Signature-256: sha256=" + "ab12" * 16, "X-Hub-Signature-256: ***"),
        ("got sha256=" + "ab12" * 16, "got sha256=***"),
        ("webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", "webhook-signature: ***,***"),
        ("v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9", "v1,***"),
        ("whsec_plantedplanted", "whsec_***"),
        ("EAAGm0PX4ZCpsBAplantedplanted", "EAA***"),
        (JWT, "***"),
        ("GET /bot123456:AAplantedplantedplantedplanted/sendMessage", "GET /bot***/sendMessage"),
        ("postgresql://parley:plan/ted@db/x", "postgresql://parley:plan/ted@db/x"),
        ("postgresql://parley:pl@nted@db/x", "postgresql://parley:***@db/x"),
        ('{"access_token": "planted", "id": 1}', '{"access_token": "***", "id": 1}'),
        ('{\\"app_secret\\":\\"planted\\"}', '{\\"app_secret\\":\\"***\\"}'),
        ("?hub.verify_token=planted&hub.challenge=1", "?hub.verify_token=***&hub.challenge=1"),
        ("&appsecret_proof=planted", "&appsecret_proof=***"),
        ("x-api-key: planted1", "x-api-key: ***"),
        ("-----BEGIN EC PRIVATE KEY-----\nplanted\n-----END", "-----BEGIN EC PRIVATE KEY-----***-----END"),
    ],
)
def test_a_secret_is_told_by_its_form(text: str, left: str) -> None:
    assert Redactor().hide(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "the signature is missing or wrong",
        "seal_key: this value is not allowed",
        "directline_secret: there is none",
        "a bearer token is needed",
        "http://127.0.0.1:8080/a?mail=x@example.org",
        "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA",
        "channel wa: refused a request: no signature",
    ],
)
def test_innocent_words_stay(text: str) -> None:
    assert Redactor().hide(text) == text


@given(secret=st.text(min_size=8, max_size=60), level=st.sampled_from([logging.DEBUG, logging.ERROR]))
def test_a_learnt_secret_is_in_no_line_and_the_line_stays_json(secret: str, level: int) -> None:
    original, logs.redactor = logs.redactor, Redactor()
    try:
        logs.redactor.learn(secret)
        try:
            raise ValueError(f"bad {secret} and {secret!r}")
        except ValueError:
            trouble = sys.exc_info()
        line = formatter("json").format(record("a %s b", secret, level=level, field=secret, exc_info=trouble))
    finally:
        logs.redactor = original
    read = json.loads(line)
    assert (read["message"], read["field"]) == ("a *** b", "***")
    assert read["error"].replace('"', "'").endswith("ValueError: bad *** and '***'")


def test_a_learnt_secret_is_found_in_a_url_too(redactor: Redactor) -> None:
    redactor.learn("pl@nted/1+2")
    assert redactor.hide("GET /x?q=pl%40nted%2F1%2B2") == "GET /x?q=***"


def test_short_values_are_hidden_where_they_are_values(redactor: Redactor) -> None:
    redactor.learn("parley", "7734")
    assert (
        redactor.hide('user=me&word=parley&n=7734 {"w": "parley"}') == 'user=me&word=***&n=7734 {"w": "***"}'
    )


def test_very_short_values_are_not_learnt(redactor: Redactor) -> None:
    redactor.learn("parley", "")
    assert redactor.hide("parley says so") == "parley says so"


@given(before=st.integers(0, 700), length=st.integers(1, 300), repeats=st.integers(1, 4))
def test_the_start_of_a_body_holds_no_part_of_a_secret_that_the_cut_goes_through(
    before: int, length: int, repeats: int
) -> None:
    redactor = Redactor()
    redactor.learn("planted-0123456789" * 12)
    body = (b"x" * before + b"planted-0123456789" * 12) * repeats
    start = redactor.start(body, length)
    assert "planted" not in start
    assert len(start) <= length


def test_a_short_body_is_shown_whole() -> None:
    assert Redactor().start("{“ok”}".encode(), 100) == "{“ok”}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to tel:+4915112345678", "to tel:+…678"),
        ("to whatsapp:4915112345678 now", "to whatsapp:…678 now"),
        ("/contacts/tel%3A%2B4915112345678/x", "/contacts/tel%3A%2B…678/x"),
        ("call +4915112345678", "call +…678"),
        ("at 1700000000250 in 2023-11-14T22:13:20+0000", "at 1700000000250 in 2023-11-14T22:13:20+0000"),
    ],
)
def test_a_customers_number_is_shortened(text: str, left: str) -> None:
    assert shorten(text) == left


def test_a_number_stays_whole_in_a_debug_line_only() -> None:
    shown = [formatter("text").format(record("to tel:+4915112345678", level=level)) for level in (10, 20, 40)]
    assert [line.rpartition(":")[2] for line in shown] == ["+4915112345678", "+…678", "+…678"]


def test_all_loggers_share_the_stream_and_libraries_only_warn(root: logging.Logger) -> None:
    stream = io.StringIO()
    set_up("info", "json", stream)
    logging.getLogger("parley.turns").info("hello")
    logging.getLogger("parley.turns").debug("unheard")
    logging.getLogger("aiohttp.server").info("unheard")
    logging.getLogger("aiohttp.server").warning("trouble")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["hello", "trouble"]


def test_what_ends_the_program_is_logged_without_secrets(root: logging.Logger) -> None:
    stream = io.StringIO()
    set_up("info", "json", stream)
    sys.excepthook(ValueError, ValueError("token=planted"), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["level"] == "critical"
    assert line["error"] == "ValueError: token=***"
