"""The table of `/v1`: the routes and the OpenAPI document come from it, and `docs/api.md` names each row."""

from gateway.api import (
    channels,
    codes,
    consents,
    conversations,
    hooks,
    licences,
    media,
    messages,
    people,
    preview,
    records,
    suspensions,
    teams,
    terms,
    traffic,
    views,
)
from gateway.api.asks import (
    AcceptTerms,
    Because,
    Discard,
    HandBack,
    Lift,
    PreviewMessage,
    PreviewSuspension,
    Resume,
    SendMessage,
    Suspend,
)
from gateway.api.endpoint import Endpoint, Paged
from gateway.api.people import ChangeContact, NewContact
from gateway.api.teams import Activate, ChangeTeam, NewTeam

_READ, _WRITE = ("messages:read",), ("messages:write",)
_HOOKS = ("hooks:write",)
_LOOK, _SUSPEND = ("channels:read", "suspend"), ("suspend",)
_CONSENT, _CONSENTS = ("consent:read",), ("consent:write",)

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
        "POST", "/v1/messages/used", "A customer has used the one-time code of a message, by its reference", _WRITE,
        codes.used_by_ref, codes.UseView, body=codes.CodeUsed, show=codes.view, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/messages/{id}/used", "A customer has used the one-time code of a message", _WRITE, codes.used,
        codes.UseView, show=codes.view, problems=("not_found", "conflict"),
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
        "POST", "/v1/contacts", "Make a contact before it has written", ("consent:write",), people.add,
        people.ContactView, status=201, body=NewContact, show=people.view,
        problems=("unknown_channel", "invalid_address", "under_age"),
    ),
    Endpoint(
        "GET", "/v1/contacts/{id}", "A contact, and what is known of it", ("messages:read", "consent:read"),
        people.read, people.ContactDetail, problems=("not_found",),
    ),
    Endpoint(
        "PATCH", "/v1/contacts/{id}", "Set what is known of a contact", ("consent:write",), people.change,
        people.ContactView, body=ChangeContact, show=people.view, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "GET", "/v1/media/{id}", "A file of ours, and a link to it that ends", _READ, media.read, media.FileView,
        problems=("not_found",),
    ),
    Endpoint("GET", "/v1/channels", "All channels", _LOOK, channels.listing, channels.ChannelList),
    Endpoint(
        "GET", "/v1/channels/{name}/terms", "A channel's terms, and who accepted them",
        ("channels:read", "terms:accept"), terms.read, terms.TermsView, problems=("unknown_channel",),
    ),
    Endpoint(
        "POST", "/v1/channels/{name}/terms", "Accept a channel's terms", ("terms:accept",), terms.accept,
        terms.AcceptanceView, body=AcceptTerms, show=terms.view, problems=("unknown_channel",),
    ),
    Endpoint("GET", "/v1/teams", "All teams", _LOOK, teams.listing, teams.TeamList),
    Endpoint(
        "POST", "/v1/teams", "Make a team", ("admin",), teams.add, teams.TeamDone, status=201, body=NewTeam,
        show=teams.done, problems=("conflict",),
    ),
    Endpoint(
        "GET", "/v1/teams/{name}", "A team, and what holds for it", _LOOK, teams.read, teams.TeamView,
        problems=("not_found",),
    ),
    Endpoint(
        "PATCH", "/v1/teams/{name}", "Change a team", ("admin",), teams.change, teams.TeamDone, body=ChangeTeam,
        show=teams.done, problems=("not_found",),
    ),
    Endpoint(
        "POST", "/v1/teams/{name}/activate", "Let a team send", ("admin",), teams.activate, teams.TeamDone,
        body=Activate, show=teams.done, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/suspensions", "Suspend: nothing more leaves in the scope", _SUSPEND, suspensions.suspend,
        suspensions.SuspensionView, status=201, body=Suspend, show=suspensions.view, fenced=True,
        problems=("unknown_channel", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/suspensions/preview", "What a suspension would stop, hold and let expire", _SUSPEND,
        suspensions.preview, suspensions.SuspensionPreview, body=PreviewSuspension, problems=("unknown_channel",),
    ),
    Endpoint(
        "GET", "/v1/suspensions", "Suspensions, the newest first", _LOOK, suspensions.listing,
        suspensions.Suspensions, query=suspensions.InForce, problems=("invalid_cursor",),
    ),
    Endpoint(
        "GET", "/v1/suspensions/{id}", "A suspension", _LOOK, suspensions.read, suspensions.SuspensionView,
        problems=("not_found",),
    ),
    Endpoint(
        "GET", "/v1/suspensions/{id}/held", "The messages a suspension holds, the oldest first", _LOOK,
        suspensions.held, suspensions.HeldMessages, query=Paged, problems=("not_found", "invalid_cursor"),
    ),
    Endpoint(
        "POST", "/v1/suspensions/{id}/discard", "End messages that a suspension holds", _SUSPEND,
        suspensions.discard, suspensions.Discarded, body=Discard, problems=("not_found", "conflict"),
        show=suspensions.discarded,
    ),
    Endpoint(
        "POST", "/v1/suspensions/{id}/withdraw", "Take a notice back before it comes into force", _SUSPEND,
        suspensions.withdraw, suspensions.SuspensionView, body=Because, show=suspensions.view, fenced=True,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/suspensions/{id}/lift", "Lift a suspension: what it holds goes on, is discarded or expires",
        _SUSPEND, suspensions.lift, suspensions.SuspensionView, body=Lift, show=suspensions.view, fenced=True,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/suspensions/{id}/confirm", "Confirm a lift that needs two actors", _SUSPEND,
        suspensions.confirm, suspensions.SuspensionView, body=Because, show=suspensions.view, fenced=True,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/consents", "Record what a customer has allowed or forbidden", _CONSENTS, consents.record,
        consents.FactView, status=201, body=consents.RecordConsent, show=consents.fresh,
        problems=("unknown_channel",),
    ),
    Endpoint(
        "GET", "/v1/consents", "The facts about a contact's consent, the newest first", _CONSENT, consents.listing,
        consents.Facts, query=consents.About, problems=("not_found", "invalid_cursor"),
    ),
    Endpoint(
        "POST", "/v1/consents/import", "Take in many facts, each row with its legal basis and evidence", _CONSENTS,
        consents.take, consents.Imported, body=consents.ImportConsents, show=consents.taken,
    ),
    Endpoint(
        "GET", "/v1/consents/expiring", "Consents that end soon, the first to end first", _CONSENT,
        consents.expiring, consents.Expiring, query=consents.Within,
    ),
    Endpoint(
        "GET", "/v1/contacts/{id}/consent", "What a contact allows and forbids now", _CONSENT, consents.stands,
        consents.Stands, problems=("not_found",),
    ),
    Endpoint(
        "POST", "/v1/licences", "Add a licence for a template or a file", _CONSENTS, licences.add,
        licences.LicenceView, status=201, body=licences.AddLicence, show=licences.view,
    ),
    Endpoint("GET", "/v1/licences", "All licences for content", _CONSENT, licences.listing, licences.LicenceList),
    Endpoint(
        "POST", "/v1/licences/{id}/remove", "Take a licence out of use", _CONSENTS, licences.remove,
        licences.LicenceView, body=licences.RemoveLicence, show=licences.view, problems=("not_found",),
    ),
    Endpoint(
        "POST", "/v1/hooks", "Make a hook: an address that is told of what happens", _HOOKS, hooks.make,
        hooks.HookView, status=201, body=hooks.MakeHook, show=hooks.view,
    ),
    Endpoint("GET", "/v1/hooks", "All hooks", _HOOKS, hooks.listing, hooks.HookList),
    Endpoint(
        "DELETE", "/v1/hooks/{id}", "Take a hook away", _HOOKS, hooks.remove, hooks.HookView,
        problems=("not_found",),
    ),
    Endpoint(
        "GET", "/v1/hooks/{id}/secret", "The secret that signs what a hook is told", _HOOKS, hooks.secret,
        hooks.HookSecret, problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/hooks/{id}/rotate", "Give a hook a fresh secret; the old one signs beside it for a day",
        _HOOKS, hooks.rotate, hooks.HookView, body=hooks.Remark, show=hooks.view,
        problems=("not_found", "conflict"),
    ),
    Endpoint(
        "POST", "/v1/hooks/{id}/enable", "Call a hook again, with all that waits for it", _HOOKS, hooks.enable,
        hooks.HookView, body=hooks.Remark, show=hooks.view, problems=("not_found",),
    ),
    Endpoint(
        "POST", "/v1/hooks/{id}/disable", "Call a hook no more until it is enabled", _HOOKS, hooks.disable,
        hooks.HookView, body=hooks.Remark, show=hooks.view, problems=("not_found",),
    ),
    Endpoint(
        "POST", "/v1/hooks/{id}/test", "Tell a hook something, to try it", _HOOKS, hooks.trial,
        hooks.DeliveryView, status=202, body=hooks.Remark, show=hooks.delivery, problems=("not_found",),
    ),
    Endpoint(
        "GET", "/v1/hooks/{id}/deliveries", "What a hook was told and answered, the newest first", _HOOKS,
        hooks.told, hooks.Deliveries, query=Paged, problems=("not_found", "invalid_cursor"),
    ),
    Endpoint(
        "POST", "/v1/deliveries/{id}/redeliver", "Tell a hook once more", _HOOKS, hooks.redeliver,
        hooks.DeliveryView, status=202, body=hooks.Remark, show=hooks.delivery, problems=("not_found",),
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
