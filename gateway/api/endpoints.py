"""The table of `/v1`: the routes and the OpenAPI document come from it, and `docs/api.md` names each row."""

from gateway.api import (
    channels,
    conversations,
    media,
    messages,
    preview,
    records,
    suspensions,
    traffic,
    views,
)
from gateway.api.asks import HandBack, Lift, PreviewMessage, Resume, SendMessage, Suspend
from gateway.api.endpoint import Endpoint, Paged

_READ, _WRITE = ("messages:read",), ("messages:write",)
_LOOK, _SUSPEND = ("channels:read", "suspend"), ("suspend",)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", "/v1/messages", "Send a message now or at a time", _WRITE, messages.send, messages.MessageQueued,
        status=202, query=messages.SendHow, body=SendMessage, show=messages.queued,
        problems=("unknown_channel", "conflict", "invalid_address", "invalid_content"),
    ),
    Endpoint(
        "POST", "/v1/messages/preview", "What a message would be on several channels, without sending it", _WRITE,
        preview.preview, preview.Previews, body=PreviewMessage, problems=("unknown_channel",),
    ),
    Endpoint(
        "GET", "/v1/messages/{id}", "A message with its decisions and the exchange with the provider", _READ,
        messages.read, views.MessageDetail, problems=("not_found",),
    ),
    Endpoint(
        "DELETE", "/v1/messages/{id}", "Cancel a message that has not left", _WRITE, messages.cancel,
        views.MessageView, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "GET", "/v1/conversations", "All conversations, the newest first", _READ, conversations.listing,
        conversations.Conversations, query=Paged, problems=("invalid_cursor",),
    ),
    Endpoint(
        "GET", "/v1/conversations/{id}", "A conversation and who it is with", _READ, conversations.read,
        views.ConversationDetail, problems=("not_found",),
    ),
    Endpoint(
        "GET", "/v1/conversations/{id}/messages", "A conversation's messages, the newest first", _READ,
        conversations.timeline, conversations.Timeline, query=Paged, problems=("not_found", "invalid_cursor"),
    ),
    Endpoint(
        "POST", "/v1/conversations/{id}/hand-back", "Give a conversation back to the bot", _WRITE,
        conversations.hand_back, conversations.Going, status=202, body=HandBack,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/conversations/{id}/resume", "Resume a conversation that an error has parked", _WRITE,
        conversations.resume, conversations.Going, status=202, body=Resume, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "GET", "/v1/media/{id}", "A file of ours, and a link to it that ends", _READ, media.read, media.FileView,
        problems=("not_found",),
    ),
    Endpoint("GET", "/v1/channels", "All channels", _LOOK, channels.listing, channels.ChannelList),
    Endpoint(
        "POST", "/v1/suspensions", "Suspend: nothing more leaves in the scope", _SUSPEND, suspensions.suspend,
        suspensions.SuspensionView, status=201, body=Suspend, show=suspensions.view, fenced=True,
        problems=("unknown_channel",),
    ),
    Endpoint(
        "GET", "/v1/suspensions", "Suspensions, the newest first", _LOOK, suspensions.listing,
        suspensions.Suspensions, query=suspensions.InForce, problems=("invalid_cursor",),
    ),
    Endpoint(
        "POST", "/v1/suspensions/{id}/lift", "Lift a suspension", _SUSPEND, suspensions.lift,
        suspensions.SuspensionView, body=Lift, show=suspensions.view, fenced=True,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "GET", "/v1/audit", "Who did what and why, the newest first", ("admin",), records.audit, records.Audit,
        query=Paged, problems=("invalid_cursor",),
    ),
    Endpoint(
        "GET", "/v1/signals", "Signs that a channel's terms are at stake, the newest first", _LOOK,
        records.signals, records.Signals, query=Paged, problems=("invalid_cursor",),
    ),
    Endpoint(
        "GET", "/v1/traffic", "Our own traffic by channel and hour, as detectors see it", _LOOK, traffic.read,
        traffic.TrafficView, query=traffic.TrafficOf,
    ),
)  # fmt: skip
