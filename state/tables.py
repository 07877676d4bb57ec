"""The one schema, for SQLite and PostgreSQL.

Hot tables carry `lane` (0–255); their keys and unique constraints end with it, after a time-ordered id, so that they
can be partitioned or distributed by lane. Ids are 32 hex digits (`state.model.ids`), times are milliseconds since 1970,
UTC, JSON is text. No foreign keys on hot tables: rows of a turn are written by one transaction of our own.
"""

import sqlalchemy as sa

from state import consent_tables  # noqa: F401 - its tables are part of the one schema
from state.columns import Fault, Id, Json, Lane, Ms, metadata
from state.columns import column as _column
from state.columns import hot as _hot
from state.columns import partial as _partial

__all__ = ["Id", "Json", "Lane", "Ms", "metadata"]

# Who and where

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("parent", sa.String(64)),
    _column("name", sa.Text),
    _column("created_at", Ms),
    _column("country", sa.String(2), "''"),
    _column("settings", Json, "''"),
    sa.Column("activated_at", Ms),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    _column("type", sa.String(32)),
    _column("team", sa.String(64)),
    _column("account", sa.String(128)),
    _column("settings", Json),
    _column("sealed", sa.LargeBinary),
    _column("simulated", sa.Boolean),
    _column("flow", sa.Text, "''"),
    _column("created_at", Ms),
    sa.Column("removed_at", Ms),
    _column("last_error", sa.Text, "''"),
    sa.Column("last_error_at", Ms),
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("channel", sa.String(64), primary_key=True),
    _column("sealed", sa.LargeBinary),
    _column("made_at", Ms),
    _column("expires_at", Ms),
    _column("claimed_until", Ms),
)

link_part = sa.Table(
    "link_part",
    metadata,
    _column("channel", sa.String(64)),
    _column("name", sa.String(255)),
    _column("raw", sa.LargeBinary),
    _column("at", Ms),
    sa.PrimaryKeyConstraint("channel", "name"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _column("name", sa.Text),
    _column("digest", sa.String(64)),
    _column("scopes", Json),
    _column("created_at", Ms),
    sa.Column("revoked_at", Ms),
)

flow_version = sa.Table(
    "flow_version",
    metadata,
    _column("flow", sa.String(128)),
    _column("version", sa.String(64)),
    _column("source", sa.LargeBinary),
    _column("first_at", Ms),
    _column("served_at", Ms),
    _column("withdrawn_at", Ms, 0),
    sa.PrimaryKeyConstraint("flow", "version"),
)

node = sa.Table(
    "node",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    _column("started_at", Ms),
    _column("epoch", sa.BigInteger),
    _column("permit_until", Ms),
)

contact = _hot(
    "contact",
    _column("team", sa.String(64)),
    _column("name", sa.Text),
    _column("locale", sa.String(35)),
    _column("country", sa.String(2), "''"),
    _column("zone", sa.String(64), "''"),
    _column("born", sa.String(10), "''"),
    sa.Column("merged_into", Id),
    _column("fenced", Ms, 0),
    _column("revision", sa.Integer, 0),
    _column("created_at", Ms),
)

address = sa.Table(
    "address",
    metadata,
    sa.Column("urn", sa.String(255), nullable=False),
    _column("team", sa.String(64)),
    _column("shard", Lane),
    _column("contact", Id),
    _column("lane", Lane),
    _column("lane_before", Lane),
    _column("created_at", Ms),
    sa.PrimaryKeyConstraint("urn", "team", "shard"),
    sa.Index("address_contact", "contact", "shard"),
    sqlite_with_rowid=False,
)

merge = _hot(
    "merge",
    _column("winner", Id),
    _column("loser", Id),
    _column("urns", Json),
    sa.Column("undone_at", Ms),
)
sa.Index("merge_winner", merge.c.winner)

# What came in

envelope = _hot(
    "envelope",
    _column("channel", sa.String(64)),
    _column("request", Json),
    _column("body", sa.LargeBinary),
    _column("problems", Json, "''"),
)
_partial("envelope_quarantined", envelope.c.problems != "", envelope.c.id)

event = _hot(
    "event",
    _column("channel", sa.String(64)),
    _column("conversation", Id),
    _column("envelope", Id),
    _column("key", sa.String(255)),
    _column("body", Json),
    sa.UniqueConstraint("key", "channel", "lane", name="event_key"),
)

inbox = _hot("inbox", _column("conversation", Id), _column("held", sa.SmallInteger, 0))
_partial("inbox_held", inbox.c.held == 1, inbox.c.conversation, inbox.c.lane)

receipt = sa.Table(
    "receipt",
    metadata,
    _column("provider_id", sa.String(255)),
    _column("channel", sa.String(64)),
    _column("status", sa.String(16)),
    _column("lane", Lane),
    _column("at", Ms),
    _column("fault", Fault, "''"),
    _column("kept_at", Ms, 0),
    sa.PrimaryKeyConstraint("provider_id", "channel", "status", "lane"),
    sa.Index("receipt_kept", "kept_at"),
    sqlite_with_rowid=False,
)

watermark = sa.Table(
    "watermark",
    metadata,
    _column("conversation", Id),
    _column("status", sa.String(16)),
    _column("until", Ms),
    _column("lane", Lane),
    _column("last_id", Id),
    _column("at", Ms),
    sa.PrimaryKeyConstraint("conversation", "status", "until", "lane"),
    sa.Index("watermark_until", "until"),
    sqlite_with_rowid=False,
)

signal = _hot(
    "signal",
    _column("channel", sa.String(64)),
    _column("key", sa.String(255)),
    _column("action", sa.String(16)),
    _column("code", sa.String(255)),
    _column("body", Json),
    _column("judged", sa.SmallInteger, 0),
    sa.UniqueConstraint("key", "channel", "lane", name="signal_key"),
)
_partial("signal_unjudged", signal.c.judged == 0, signal.c.id)
sa.Index("signal_channel", signal.c.channel, signal.c.id)

# Conversations

conversation = _hot(
    "conversation",
    _column("contact", Id),
    _column("channel", sa.String(64)),
    _column("snapshot", Json, "''"),
    _column("mode", sa.String(8), "'bot'"),
    _column("revision", sa.Integer, 0),
    _column("lease_node", sa.String(64), "''"),
    _column("lease_until", Ms, 0),
    _column("lease_epoch", sa.Integer, 0),
    _column("urns", Json, "''"),
    _column("last_in", Ms, 0),
    _column("last_id", sa.String(255), "''"),
    _column("updated_at", Ms),
    _column("offered", Json, "''"),
    _column("pieces", Json, "''"),
    _column("told", sa.String(64), "''"),
    _column("held", sa.SmallInteger, 0),
    _column("campaign", sa.String(128), "''"),
    _column("campaign_at", Ms, 0),
    sa.UniqueConstraint("contact", "channel", "lane", name="conversation_of"),
)
_partial("conversation_held", conversation.c.held == 1, conversation.c.id)

journal = _hot(
    "journal",
    _column("conversation", Id),
    _column("body", Json),
)
sa.Index("journal_conversation", journal.c.conversation, journal.c.id, journal.c.lane)

timer = _hot(
    "timer",
    _column("conversation", Id),
    _column("name", sa.String(128)),
    _column("run", sa.Integer),
    _column("due_at", Ms),
)
sa.Index("timer_due", timer.c.due_at)
sa.Index("timer_conversation", timer.c.conversation, timer.c.lane)

message = _hot(
    "message",
    _column("conversation", Id),
    _column("channel", sa.String(64)),
    _column("direction", sa.String(3)),
    _column("content", Json),
    _column("provider_id", sa.String(255), "''"),
    _column("reply_to", sa.String(255), "''"),
    _column("client_ref", sa.String(255), "''"),
    _column("native", Json, "''"),
    _column("cause", Json, "''"),
    _column("outcome", sa.String(10), "''"),
    _column("accepted", Ms, 0),
    _column("sent", Ms, 0),
    _column("failed", Ms, 0),
    _column("delivered", Ms, 0),
    _column("read", Ms, 0),
    _column("played", Ms, 0),
    _column("fault", Fault, "''"),
    _column("used", Ms, 0),
)
sa.Index("message_conversation", message.c.conversation, message.c.id, message.c.lane)
_partial(
    "message_provider",
    (message.c.provider_id != "") & (message.c.direction == "out"),
    message.c.provider_id,
    message.c.channel,
    message.c.lane,
)
_partial("message_client_ref", message.c.client_ref != "", message.c.client_ref, message.c.id, message.c.lane)

part = sa.Table(
    "part",
    metadata,
    _column("message", Id),
    _column("number", sa.SmallInteger),
    _column("lane", Lane),
    _column("total", sa.SmallInteger),
    _column("channel", sa.String(64)),
    _column("provider_id", sa.String(255)),
    _column("facts", Json),
    sa.PrimaryKeyConstraint("message", "number", "lane"),
    sa.Index("part_provider", "provider_id", "channel", "lane"),
    sqlite_with_rowid=False,
)

# What goes out

outbox = _hot(
    "outbox",
    _column("conversation", Id),
    _column("channel", sa.String(64)),
    _column("kind", sa.String(8)),
    _column("state", sa.String(8)),
    _column("body", Json),
    _column("due_at", Ms),
    _column("expires_at", Ms),
    _column("priority", sa.SmallInteger),
    _column("attempt", sa.Integer, 0),
    _column("lease_node", sa.String(64), "''"),
    _column("lease_until", Ms, 0),
    _column("lease_epoch", sa.Integer, 0),
    _column("part", sa.SmallInteger, 0),
    _column("held_by", sa.Text, "''"),
)
sa.Index("outbox_conversation", outbox.c.conversation, outbox.c.id, outbox.c.lane)
sa.Index("outbox_due", outbox.c.channel, outbox.c.priority, outbox.c.due_at, outbox.c.id)
_partial("outbox_held", outbox.c.state == "held", outbox.c.lane, outbox.c.held_by)

decision = _hot("decision", _column("message", Id), _column("body", Json))
sa.Index("decision_message", decision.c.message, decision.c.lane)

exchange = sa.Table(
    "exchange",
    metadata,
    _column("message", Id),
    _column("id", Id),
    _column("lane", Lane),
    _column("attempt", sa.Integer),
    _column("body", Json),
    sa.PrimaryKeyConstraint("message", "id", "lane"),
    sqlite_with_rowid=False,
)

activity = sa.Table(
    "activity",
    metadata,
    _column("conversation", Id),
    _column("seq", sa.Integer),
    _column("lane", Lane),
    _column("key", sa.String(255)),
    _column("body", Json),
    _column("at", Ms, 0),
    sa.PrimaryKeyConstraint("conversation", "seq", "lane"),
    sa.Index("activity_at", "at"),
    sa.UniqueConstraint("conversation", "key", "lane", name="activity_key"),
    sqlite_with_rowid=False,
)

# What admins do

fence = sa.Table(
    "fence",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True),
    _column("epoch", sa.BigInteger),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    _column("actor", sa.Text),
    _column("action", sa.String(64)),
    _column("subject", sa.Text),
    _column("reason", sa.Text),
    _column("body", Json),
    sa.Column("seq", sa.BigInteger),
    sa.Column("hash", sa.String(64)),
    sa.Column("salt", sa.String(32)),
    sa.Index("audit_chain", "seq"),
)
_partial("audit_unsealed", audit.c.seq.is_(None), audit.c.id)

idempotency = sa.Table(
    "idempotency",
    metadata,
    _column("api_key", sa.String(64)),
    _column("key", sa.String(255)),
    _column("digest", sa.String(64)),
    _column("status", sa.Integer, 0),
    _column("answer", sa.Text, "''"),
    _column("at", Ms),
    sa.PrimaryKeyConstraint("api_key", "key"),
)

media = _hot(
    "media",
    _column("mime", sa.String(128)),
    _column("name", sa.Text),
    _column("size", sa.BigInteger),
    _column("sha256", sa.String(64)),
)
