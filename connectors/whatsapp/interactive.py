"""Interactive messages: buttons, lists, links, requests, forms (WhatsApp Flows), and what only WhatsApp has."""

from collections.abc import Callable

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.whatsapp import limits
from connectors.whatsapp.media import Body, Uploaded, bare
from connectors.whatsapp.native import Flow, Native, Special
from state.model.content import Choice, Form, Media, Option, Text
from state.model.wire import BadMessage


def _frame(kind: str, text: str, action: Body, header: Body | None = None, footer: str = "") -> Body:
    """What all have in common: header, body, footer, action."""
    found: Body = {"type": kind}
    if header:
        found["header"] = header
    if text:
        found["body"] = {"text": text}
    if footer:
        found["footer"] = {"text": within("footer", footer, limits.FOOTER)}
    return {**found, "action": action}


def _header(header: Text | Media | None, uploaded: Uploaded) -> Body | None:
    match header:
        case Text(text=text):
            return {"type": "text", "text": within("header", text, limits.HEADER, 1)}
        case Media(kind=kind):
            return {"type": kind, kind: bare(header, uploaded, "header")}
    return None


def choice(content: Choice, uploaded: Uploaded) -> Body:
    """Replies as buttons or as a list, or one option of another kind; raises BadMessage."""
    kinds = {option.kind for option in content.options}
    if len(kinds) != 1 or (kinds != {"reply"} and len(content.options) > 1):
        raise BadMessage("options", "WhatsApp shows replies together, or one option of another kind alone")
    _unlike("id", [each.id for each in content.options])
    _unlike("title", [each.title for each in content.options])
    alone = _ALONE.get(content.options[0].kind)
    if alone:
        return alone(content, uploaded)
    if content.style == "buttons" and len(content.options) <= limits.BUTTONS:
        text = within("text", content.text, limits.BODY, 1)
        header = _header(content.header, uploaded)
        return _frame("button", text, {"buttons": _buttons(content)}, header, content.footer)
    return _list(content)


def _unlike(field: str, values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise BadMessage("options", f"two of them have the same {field}")


def _buttons(content: Choice) -> list[Body]:
    return [
        {
            "type": "reply",
            "reply": {
                "id": within(f"options[{n}].id", option.id, limits.BUTTON_ID, 1),
                "title": within(f"options[{n}].title", option.title, limits.BUTTON_TITLE, 1),
            },
        }
        for n, option in enumerate(content.options)
    ]


def _list(content: Choice) -> Body:
    bounds.count("options", len(content.options), limits.ROWS)
    if isinstance(content.header, Media):
        raise BadMessage("header", "a list's is words alone")
    sections: dict[str, list[Body]] = {}
    for n, option in enumerate(content.options):
        section = within(f"options[{n}].section", option.section, limits.SECTION_TITLE)
        sections.setdefault(section, []).append(_row(f"options[{n}]", option))
    if len(sections) > 1 and "" in sections:
        raise BadMessage("options", "where there are sections each option names its own")
    shown = [{"title": name, "rows": rows} if name else {"rows": rows} for name, rows in sections.items()]
    button = within("button", content.button or "Choose", limits.BUTTON_TITLE, 1)
    text = within("text", content.text, limits.TEXT, 1)
    return _frame(
        "list", text, {"button": button, "sections": shown}, _header(content.header, {}), content.footer
    )


def _row(field: str, option: Option) -> Body:
    row = {
        "id": within(f"{field}.id", option.id, limits.ROW_ID, 1),
        "title": within(f"{field}.title", option.title, limits.ROW_TITLE, 1),
    }
    if option.description:
        row["description"] = within(f"{field}.description", option.description, limits.ROW_DESCRIPTION)
    return row


def _link(content: Choice, uploaded: Uploaded) -> Body:
    (option,) = content.options
    title = within("options[0].title", option.title, limits.BUTTON_TITLE, 1)
    url = bounds.address("options[0].url", option.url)
    action = {"name": "cta_url", "parameters": {"display_text": title, "url": url}}
    text = within("text", content.text, limits.BODY, 1)
    return _frame("cta_url", text, action, _header(content.header, uploaded), content.footer)


def _ask(kind: str, action: str) -> Callable[[Choice, Uploaded], Body]:
    """A request with a button whose words are WhatsApp's own."""

    def build(content: Choice, uploaded: Uploaded) -> Body:
        if content.header or content.footer:
            raise BadMessage("header" if content.header else "footer", f"a {kind} has none")
        return _frame(kind, within("text", content.text, limits.BODY, 1), {"name": action})

    return build


_ALONE: dict[str, Callable[[Choice, Uploaded], Body]] = {
    "url": _link,
    "share_location": _ask("location_request_message", "send_location"),
    "share_contact": _ask("request_contact_info", "request_contact_info"),
    "allow_call": _ask("call_permission_request", "call_permission_request"),
}


def form(content: Form, native: Native) -> Body:
    """A button that opens a WhatsApp Flow, by its id or its name; raises BadMessage."""
    flow = native.flow or Flow()
    if bool(content.id) == bool(flow.name):
        raise BadMessage("id", "a Flow is told by its id, or by native.whatsapp.flow.name, and not by both")
    parameters: Body = {
        "flow_message_version": "3",
        **({"flow_id": within("id", content.id, 64)} if content.id else {"flow_name": flow.name}),
        "flow_cta": within("button", content.button, limits.BUTTON_TITLE, 1),
        "mode": "draft" if flow.draft else "published",
    }
    if content.token:
        parameters["flow_token"] = content.token
    action = flow.action or ("navigate" if content.screen else "")
    if action:
        parameters["flow_action"] = action
    if content.screen:
        payload: Body = {"screen": content.screen, **({"data": content.data} if content.data else {})}
        parameters["flow_action_payload"] = payload
    header = _header(Text(content.header) if content.header else None, {})
    text = within("text", content.text, limits.BODY, 1)
    return _frame("flow", text, {"name": "flow", "parameters": parameters}, header, content.footer)


def special(content: Text, kind: str, option: Special) -> Body:
    """What only WhatsApp has, with a text as its body; raises BadMessage."""
    own = option.interactive()
    text = within("text", content.text, limits.BODY, 0 if kind == "product" else 1)
    return _frame(kind, text, own["action"], own.get("header"), option.footer)
