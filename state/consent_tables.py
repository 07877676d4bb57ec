"""Tables of what binds sending: the consent ledger and what stands of it, licences, terms, traffic, hooks."""

import sqlalchemy as sa

from state.columns import Id, Json, Lane, Ms, column, hot, metadata

# The ledger: written in the turn's commit without a seal, then chained one by one by the sealer

consent = hot(
    "consent",
    column("team", sa.String(64)),
    column("contact", Id),
    column("purpose", sa.String(16)),
    column("change", sa.String(10)),
    column("body", Json),
    sa.Column("seq", sa.BigInteger),
    sa.Column("hash", sa.String(64)),
    sa.Column("salt", sa.String(32)),
)
sa.Index("consent_contact", consent.c.contact, consent.c.id, consent.c.lane)
sa.Index("consent_chain", consent.c.team, consent.c.seq)
sa.Index(
    "consent_unsealed",
    consent.c.id,
    sqlite_where=consent.c.seq.is_(None),
    postgresql_where=consent.c.seq.is_(None),
)

standing = sa.Table(
    "standing",
    metadata,
    column("contact", Id),
    column("purpose", sa.String(16)),
    column("address", sa.String(255)),
    column("channel", sa.String(64)),
    column("lane", Lane),
    column("change", sa.String(10)),
    column("at", Ms),
    column("until", Ms),
    column("fact", Id),
    column("basis", sa.String(24), "'consent'"),
    column("announced", sa.SmallInteger, 0),
    sa.PrimaryKeyConstraint("contact", "purpose", "address", "channel", "lane"),
    sqlite_with_rowid=False,
)
_ENDS = sa.and_(standing.c.change == "given", standing.c.until > sa.literal_column("0"))
sa.Index("standing_until", standing.c.until, sqlite_where=_ENDS, postgresql_where=_ENDS)

chain = sa.Table(
    "chain",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    column("seq", sa.BigInteger),
    column("hash", sa.String(64)),
    column("signature", sa.Text),
    column("key", sa.String(64)),
    column("at", Ms),
)

touch = sa.Table(
    "touch",
    metadata,
    column("message", Id),
    column("lane", Lane),
    column("contact", Id),
    column("at", Ms),
    column("purpose", sa.String(16)),
    column("digest", sa.String(64)),
    column("campaign", sa.String(128), "''"),
    sa.PrimaryKeyConstraint("message", "lane"),
    sa.Index("touch_contact", "contact", "at", "lane"),
    sqlite_with_rowid=False,
)

# What a team has agreed to

licence = sa.Table(
    "licence",
    metadata,
    sa.Column("id", Id, primary_key=True),
    column("team", sa.String(64)),
    column("subject", sa.String(255)),
    column("body", Json),
    column("ends_at", Ms),
    sa.Column("removed_at", Ms),
    sa.Index("licence_subject", "team", "subject"),
)

acceptance = sa.Table(
    "acceptance",
    metadata,
    column("channel", sa.String(64)),
    column("version", sa.String(64)),
    column("actor", sa.Text),
    column("at", Ms),
    sa.PrimaryKeyConstraint("channel", "version"),
)

terms_version = sa.Table(
    "terms_version",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    column("known_at", Ms),
)

template = sa.Table(
    "template",
    metadata,
    column("channel", sa.String(64)),
    column("name", sa.String(512)),
    column("language", sa.String(35)),
    column("category", sa.String(32)),
    column("at", Ms),
    sa.PrimaryKeyConstraint("channel", "name", "language"),
)

# What our own traffic looks like, for the detectors

traffic = sa.Table(
    "traffic",
    metadata,
    column("channel", sa.String(64)),
    column("hour", Ms),
    column("kind", sa.String(32)),
    column("node", sa.String(64)),
    column("count", sa.BigInteger),
    sa.PrimaryKeyConstraint("channel", "hour", "kind", "node"),
    sa.Index("traffic_hour", "hour"),
)

# Who is told

hook = sa.Table(
    "hook",
    metadata,
    sa.Column("id", Id, primary_key=True),
    column("url", sa.Text),
    column("sealed", sa.LargeBinary),
    column("events", Json),
    column("team", sa.String(64), "''"),
    column("created_at", Ms),
    sa.Column("disabled_at", Ms),
    column("disabled_for", sa.Text, "''"),
    column("worked_at", Ms, 0),
    sa.Column("removed_at", Ms),
)

occurrence = sa.Table(
    "occurrence",
    metadata,
    sa.Column("id", Id, primary_key=True),
    column("type", sa.String(64)),
    column("team", sa.String(64)),
    column("subject", sa.String(255)),
    column("at", Ms),
    column("data", Json),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", Id, primary_key=True),
    column("hook", Id),
    column("event", Id),
    column("type", sa.String(64)),
    column("body", Json),
    column("state", sa.String(10)),
    column("attempt", sa.Integer, 0),
    column("began_at", Ms),
    column("due_at", Ms),
    column("lease_node", sa.String(64), "''"),
    column("lease_until", Ms, 0),
    column("lease_epoch", sa.Integer, 0),
    column("answer", Json, "''"),
    sa.UniqueConstraint("hook", "event", name="delivery_of"),
    sa.Index("delivery_due", "hook", "state", "due_at"),
)

# What is suspended

suspension = sa.Table(
    "suspension",
    metadata,
    sa.Column("id", Id, primary_key=True),
    column("epoch", sa.BigInteger),
    column("scope", Json),
    column("body", Json),
    column("created_at", Ms),
    sa.Column("lifted_at", Ms),
    column("stage", sa.String(10), "'suspended'"),
    column("key", sa.String(255), "''"),
    column("due_at", Ms, 0),
    sa.Index("suspension_stage", "stage", "key"),
)
