"""Every inbound type, status and field that Meta documents has a fixture; so has every outbound type."""

from collections.abc import Iterator
from typing import Any

from connectors.whatsapp import content, inbound, messages, notices
from tests.connectors import fixtures

TYPES = {
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "interactive",
    "button", "order", "edit", "revoke", "system", "unsupported", "unknown", "request_welcome",
}  # fmt: skip
ANSWERS = {"button_reply", "list_reply", "nfm_reply", "call_permission_reply"}
STATUSES = {"sent", "delivered", "read", "played", "failed", "deleted", "warning"}
FIELDS = {
    "messages", "account_update", "account_alerts", "account_review_update", "business_capability_update",
    "phone_number_quality_update", "phone_number_name_update", "message_template_status_update",
    "message_template_quality_update", "template_category_update", "user_preferences", "smb_message_echoes", "history",
    "smb_app_state_sync", "security", "user_id_update", "calls", "flows", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update", "payment_configuration_update",
}  # fmt: skip
SENT = {
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "template",
    "interactive/button", "interactive/list", "interactive/cta_url", "interactive/location_request_message",
    "interactive/request_contact_info", "interactive/call_permission_request", "interactive/voice_call",
    "interactive/flow", "interactive/carousel", "interactive/product", "interactive/product_list",
    "interactive/catalog_message",
}  # fmt: skip


def changes() -> Iterator[dict[str, Any]]:
    for path in fixtures.paths("whatsapp", "receive"):
        fixture = fixtures.read(path)
        if "events" in fixture and "problems" not in fixture and "body" in fixture:
            yield from (change for entry in fixture["body"]["entry"] for change in entry["changes"])


def items(name: str) -> Iterator[dict[str, Any]]:
    for change in changes():
        yield from change["value"].get(name, [])


def test_every_type_of_message_has_a_fixture() -> None:
    known = set(content._READERS) | set(messages._SPECIAL)
    assert (TYPES | known) - {each.get("type") for each in items("messages")} == set()


def test_every_kind_of_interactive_answer_has_a_fixture() -> None:
    assert ANSWERS - {each.get("interactive", {}).get("type") for each in items("messages")} == set()


def test_every_status_has_a_fixture() -> None:
    assert STATUSES - {each["status"] for each in items("statuses")} == set()


def test_every_field_has_a_fixture() -> None:
    known = set(inbound._LISTS) | set(notices._FIELDS)
    assert (FIELDS | known) - {each["field"] for each in changes()} == set()


def test_every_type_we_send_has_a_fixture() -> None:
    found = set()
    for path in fixtures.paths("whatsapp", "send"):
        for call in fixtures.read(path).get("calls", []):
            body = call["call"].get("json", {})
            kind = body.get("type")
            found.add(f"interactive/{body['interactive']['type']}" if kind == "interactive" else kind)
    assert SENT - found == set()
