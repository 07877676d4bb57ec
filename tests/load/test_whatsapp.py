"""Webhooks of the load are what WhatsApp sends: the signature covers the raw body, all parts are in their places."""

import hmac

import msgspec

from tests.load.whatsapp import APP_SECRET, customer, phone, signed, status, text_message, webhook


def test_the_signature_is_the_raw_bodys_hmac_with_the_app_secret() -> None:
    body = webhook([text_message(phone(7), "wamid.1", "café")])
    head, _, rest = signed(body).partition(b"\r\n\r\n")
    expected = hmac.new(APP_SECRET.encode(), body, "sha256").hexdigest()
    assert rest == body
    assert f"X-Hub-Signature-256: sha256={expected}".encode() in head.split(b"\r\n")


def test_a_webhook_holds_all_its_messages_statuses_and_each_contact_once() -> None:
    texts = [text_message(phone(1), f"wamid.{n}", "hi") for n in range(2)]
    statuses = [status("wamid.out", phone(1), "read", "ours")]
    (entry,) = msgspec.json.decode(webhook(texts, statuses))["entry"]
    value = entry["changes"][0]["value"]
    assert [message["id"] for message in value["messages"]] == ["wamid.0", "wamid.1"]
    assert [contact["wa_id"] for contact in value["contacts"]] == [phone(1)]
    assert value["statuses"][0]["biz_opaque_callback_data"] == "ours"


def test_a_number_tells_its_customer() -> None:
    assert customer(phone(1234)) == 1234
