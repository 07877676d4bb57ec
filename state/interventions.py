"""What somebody sets right by hand: a conversation that an error of its flow has parked goes on."""

import msgspec

from state import audit, flows, inbox
from state.model.event import RESUMED, TimerFired
from state.model.ids import lane_of_id, now_ms
from state.model.turn import Snapshot
from state.statements import Fetch, update
from state.tables import conversation
from state.writer import Op

_PARKED = Fetch(conversation, "mode snapshot revision channel", "id lane", lock="wait")
_RESUME = update(conversation, "mode snapshot revision updated_at", "id lane")


class NotParked(Exception):
    """The conversation is not parked."""


def resume(
    conversation_id: str, actor: str, reason: str, restart: bool = False, move: flows.Move | None = None
) -> Op[Snapshot]:
    """Let a parked conversation go on where it stands, or from the start; raises NotParked.

    With `move` it goes on under another version of its flow. The message that met the error is played again, then what
    was said in the meantime, which waits in the inbox; from the start the former is left out.
    """
    if move and not restart:
        yield from flows.move([move])
    key = (conversation_id, lane_of_id(conversation_id))
    (found,) = yield [(_PARKED, key)]
    if not found or found[0][0] != "parked":
        raise NotParked(conversation_id)
    stood = msgspec.json.decode(found[0][1], type=Snapshot)
    after = Snapshot(run=stood.run) if restart else msgspec.structs.replace(stood, mode="bot")
    text = msgspec.json.encode(after).decode()
    yield [(_RESUME, (after.mode, text, found[0][2] + 1, now_ms(), *key))]
    if after.failed:
        resumed = TimerFired(key=f"resumed:{conversation_id}:{found[0][2]}", at=now_ms(), timer=RESUMED)
        yield from inbox.internal(*key, found[0][3], resumed)
    yield from audit.note(actor, "resume", conversation_id, reason, stood=stood.state, restart=restart)
    return after
