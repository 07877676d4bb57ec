"""Reading Twilio's requests: a message, or the status of one of ours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import msgspec

from connectors.twilio import codes
from connectors.twilio.addresses import urn
from connectors.twilio.told import Meaning, with_meaning
from state.model.action import ATTRIBUTION
from state.model.content import Chosen, Content, Location, Media, MediaKind, Text
from state.model.event import Event, MessageReceived, Receipt, Referral
from state.model.receipts import Fault, ReceiptStatus
from state.model.wire import Answer, Malformed, Problem, Received, Request

_EMPTY = Answer(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")
_STATUSES: dict[str, ReceiptStatus] = {
    "sent": "sent", "delivered": "delivered", "read": "read", "undelivered": "failed", "failed": "failed",
    "canceled": "failed",
}  # fmt: skip
_UNDER_WAY = {"accepted", "scheduled", "queued", "sending", "receiving", "received"}
_MEANINGS: dict[str, Meaning] = {"STOP": "stop", "START": "start", "HELP": "help"}
_MOST_MEDIA = 10
_LONGEST = 255
Form = Mapping[str, str]


def read(request: Request, *, deferred: bool) -> Received:
    """The events of a request; raises Malformed where it is neither a message nor a status."""
    form = _form(request)
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    if not sid or len(sid) > _LONGEST or "\0" in sid:
        raise Malformed("there is no MessageSid")
    try:
        if "MessageStatus" in form or ("SmsStatus" in form and "Body" not in form):
            return Received(_receipt(form, sid, _at(request)), _EMPTY)
        said = _message(form, sid, _at(request))
    except ValueError as error:
        return Received(answer=_EMPTY, problems=(Problem("$", str(error)),))
    told = _MEANINGS.get(form.get("OptOutType", "").upper())
    # Where it tells, Twilio has answered the customer itself.
    return Received(_events(said, told, form), _EMPTY, deferred=deferred and not told)


def _form(request: Request) -> Form:
    if request.method == "GET":
        return request.query
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            found = msgspec.json.decode(request.body, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"no JSON: {error}") from error
        return {name: value for name, value in found.items() if isinstance(value, str)}
    try:
        pairs = parse_qsl(
            request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000
        )
    except ValueError as error:
        raise Malformed(str(error)) from error
    return dict(pairs)


def _at(request: Request) -> int:
    """When it was sent, in milliseconds: Twilio says so in no field but the request's own date."""
    try:
        return int(parsedate_to_datetime(request.headers.get("date", "")).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return 0


def _message(form: Form, sid: str, at: int) -> MessageReceived:
    addresses: tuple[str, ...] = (urn(form.get("From", "")),)
    if form.get("ExternalUserId"):
        addresses = (f"whatsapp-bsuid:{form['ExternalUserId'][:200]}", *addresses)
    return MessageReceived(
        key=sid,
        at=at,
        addresses=addresses,
        name=form.get("ProfileName", "")[:200].replace("\0", ""),
        provider_id=sid,
        content=_content(form),
        reply_to=form.get("OriginalRepliedMessageSid", "")[:_LONGEST].replace("\0", ""),
        forwarded=form.get("Forwarded", "").lower() == "true",
        referral=_referral(form),
    )


def _events(said: MessageReceived, told: Meaning | None, form: Form) -> tuple[Event, ...]:
    """The message, its further files as messages of their own, and what its words mean."""
    more = []
    for n in range(1, min(_count(form), _MOST_MEDIA)):
        key = f"{said.key}:{n}"
        more.append(msgspec.structs.replace(said, key=key, provider_id=key, content=_media(form, n, "")))
    return (*with_meaning(said, told), *more)


def _count(form: Form) -> int:
    text = form.get("NumMedia", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _content(form: Form) -> Content:
    body = form.get("Body", "")
    if form.get("ButtonPayload") or form.get("ListId"):
        chosen = form.get("ButtonPayload") or form["ListId"]
        return Chosen(chosen[:_LONGEST], form.get("ButtonText") or form.get("ListTitle") or body)
    if _count(form):
        return _media(form, 0, body)
    if form.get("Latitude") and form.get("Longitude"):
        return Location(
            _degrees(form["Latitude"], 90),
            _degrees(form["Longitude"], 180),
            form.get("Label", ""),
            form.get("Address", ""),
        )
    return Text(body)


def _degrees(text: str, most: float) -> float:
    value = float(text)
    if not -most <= value <= most:
        raise ValueError(f"{text[:20]!r} is no place on earth")
    return value


def _media(form: Form, n: int, caption: str) -> Media:
    mime = form.get(f"MediaContentType{n}", "")
    family = mime.partition("/")[0]
    kind: MediaKind = family if family in ("image", "video", "audio") else "document"  # type: ignore[assignment]
    url = form.get(f"MediaUrl{n}", "")
    return Media(kind, url=url, mime=mime, caption=caption)


def _referral(form: Form) -> Referral | None:
    source = form.get("ReferralSourceType", "")
    if not source:
        return None
    return Referral(
        source, form.get("ReferralSourceId", ""), form.get("ReferralSourceUrl", ""), form.get("ReferralHeadline", ""),
        form.get("ReferralBody", ""), form.get("ReferralCtwaClid", ""),
    )  # fmt: skip


def _receipt(form: Form, sid: str, at: int) -> tuple[Event, ...]:
    word = (form.get("MessageStatus") or form.get("SmsStatus") or "").lower()
    status = _STATUSES.get(word)
    if status is None:
        if word in _UNDER_WAY:
            return ()
        raise ValueError(f"{word[:40]!r} is no status")
    fault = _fault(form, word) if status == "failed" else None
    receipt = Receipt(
        key=f"{sid}:{word}",
        at=_done(form) or at,
        provider_id=sid,
        status=status,
        fault=fault,
        addresses=_sent_to(form),
    )
    return (receipt,)


def _sent_to(form: Form) -> tuple[str, ...]:
    """The customer's address, where it is one we know; the message is found by its id whoever it went to."""
    try:
        return (urn(form.get("To", "")),)
    except ValueError:
        return ()


def _fault(form: Form, word: str) -> Fault:
    code = codes.number(form.get("ErrorCode"))
    action = codes.reported(code)
    words = form.get("ErrorMessage") or form.get("ChannelStatusMessage") or word
    return Fault(
        str(code or word),
        words[:500].replace("\0", ""),
        action or "",
        ATTRIBUTION[action] if action else "channel",
    )


def _done(form: Form) -> int:
    """`RawDlrDoneDate` (YYMMDDhhmm, UTC) in milliseconds; 0 without one."""
    try:
        return (
            int(
                datetime.strptime(form.get("RawDlrDoneDate", ""), "%y%m%d%H%M")
                .replace(tzinfo=UTC)
                .timestamp()
            )
            * 1000
        )
    except ValueError:
        return 0
