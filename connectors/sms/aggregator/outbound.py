"""The request that sends a message, and what its answer means."""

import base64
import json

from connectors.sms import answers, numbers, segments
from connectors.sms.aggregator import hooks, templates
from connectors.sms.aggregator.profile import Aggregator
from state.model.action import Action
from state.model.content import Text
from state.model.wire import BadMessage, Call, Outbound, Reply, Sent, Unclear, Undelivered

_LONGEST = 255
_TRIED = "0A1B2C3D"


def call(message: Outbound, to: Aggregator, now: int) -> Call:
    """The call that sends; `now` in seconds since 1970. Raises BadMessage."""
    if not isinstance(message.content, Text):
        raise BadMessage("content", f"short messages cannot show {type(message.content).__name__}")
    if message.native:
        raise BadMessage("native", "this channel has no options of its own")
    limit = int(to.given["text_limit"])
    if not 1 <= len(message.content.text) <= limit:
        raise BadMessage("text", f"has {len(message.content.text)} characters; 1 to {limit} are allowed")
    shape = templates.filled(to.template, _values(message, message.content.text, to))
    if to.given["format"] != "json" and templates.names(to.template, "text"):
        _writable(message.content.text, to.given["charset"])
    url, kind, body = to.given["base_url"].rstrip("/") + to.given["path"], to.given["format"], b""
    headers = {**to.headers, **_authorization(to)}
    if kind == "query":
        url += ("&" if "?" in url else "?") + templates.encoded(shape, to.given["charset"]).decode()
    elif kind == "form":
        body = templates.encoded(shape, to.given["charset"])
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    else:
        body = json.dumps(shape, ensure_ascii=False).encode("utf-8", "replace")
        headers.setdefault("content-type", "application/json")
    if to.given["auth"] == "hmac":
        headers[to.given["signature_header"].lower()] = hooks.sign(body, to.given["secret"], now)
    return Call("send", to.given["method"], url, headers, body)


def _writable(text: str, charset: str) -> None:
    """Check that a charset has every character of a text; raises BadMessage."""
    try:
        text.encode(charset)
    except UnicodeEncodeError as error:
        raise BadMessage("text", f"{charset} has no {text[error.start]!r}: send it as {{hex}}") from error


def _values(message: Outbound, text: str, to: Aggregator) -> dict[str, str]:
    taken = segments.count(text)
    return {
        "to": numbers.dialled(message.to, to.number_format),
        "from": to.given["sender"],
        "text": text,
        "hex": text.encode("utf-16-be", "replace").hex().upper(),
        "coding": to.codings[taken.encoding],
        "parts": str(taken.parts),
        "id": message.id,
        "callback": to.given["callback"],
        "token": to.given["token"],
        "user": to.given["user"],
        "secret": to.given["secret"],
    }


def _authorization(to: Aggregator) -> dict[str, str]:
    kind, _, name = to.given["auth"].partition(":")
    secret = to.given["secret"]
    match kind:
        case "basic":
            pair = base64.b64encode(f"{to.given['user']}:{secret}".encode()).decode()
            return {"authorization": f"Basic {pair}"}
        case "bearer":
            return {"authorization": f"Bearer {secret}"}
        case "header":
            return {name.lower(): secret}
    return {}


def sent(reply: Reply, by: Aggregator) -> Sent:
    """What an answer says. Raises Undelivered, and Unclear where the rule `id` finds none in a success."""
    took = any(low <= reply.status <= high for low, high in by.ok_status)
    if took and by.ok:
        took = by.ok.first(reply) in by.ok_values
    if not took:
        raise _undelivered(reply, by)
    if by.id is None:
        return Sent()
    ids = [each[:_LONGEST] for each in by.id.all(reply)]
    if not any(ids):
        raise Unclear(f"answered {reply.status} without an id")
    return Sent(ids[0], more=tuple(ids[1:]))


def _undelivered(reply: Reply, by: Aggregator) -> Undelivered:
    code = by.error.first(reply)[:100] if by.error else ""
    plainly = any(low <= reply.status <= high for low, high in by.ok_status)
    action = by.errors.get(code) or (Action.FAIL_MSG if plainly else answers.by_status(reply.status))
    reason = by.reason.first(reply)[:500] if by.reason else ""
    return Undelivered(action, code or f"http_{reply.status}", reason, retry_after=answers.retry_after(reply))


def check_sample(by: Aggregator) -> None:
    """Try the rules on the sample of an answer, where there is one; raises ValueError."""
    sample = by.given["sample"]
    if not sample:
        return
    try:
        found = sent(Reply(by.ok_status[0][0], {}, sample.replace("{id}", _TRIED).encode()), by)
    except Undelivered as error:
        raise ValueError(f"sample: the rules take it for a failure ({error.code})") from error
    except Unclear:
        found = Sent()
    if "{id}" in sample and found.provider_id != _TRIED:
        raise ValueError(f"sample: the rule `id` finds {found.provider_id!r} where {{id}} is")
