"""Saying that an alarm was seen: of an action alarm with a few words, of a critical one with a signature."""

from typing import Any

from fastapi import APIRouter, Request

from config.model import Text
from config.rules import Level, Priority
from monitor.server.command import OneAlarm
from monitor.server.identify import address_of
from monitor.server.may import check_training
from monitor.server.messages import shown
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.deeds import ANSWERS, Acknowledging, Seen, body_of, do
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.server.signatures import SigningShort, Subject, sign

COMMENT_LENGTH_MIN = 3

router = APIRouter(tags=["deeds"], responses=ANSWERS)

_WORDS = Text(
    en=f"To acknowledge an action alarm, say in a few words what is done about it ({COMMENT_LENGTH_MIN} at least).",
    zh=f"确认纠偏限报警须填写处理说明（至少 {COMMENT_LENGTH_MIN} 个字符）。",
)
_SIGN = Text(
    en="To acknowledge a critical alarm, sign: give your password again, or your PIN.",
    zh="确认关键报警须签名，请再次输入密码或 PIN。",
)


class SeenSigned(Seen):
    """Which occurrence of which alarm was seen, what is done about it, and the signature where it takes one."""

    model_config = shown(
        {
            "alarm": "ISO-STM-L1/chamber_pressure/action",
            "raised_at": "2026-03-02T08:15:01.000000+00:00",
            "comment": "glove port 3 reseated",
            "signature": {"password": "correct horse battery staple", "meaning": "responsibility"},
        }
    )

    signature: SigningShort | None = None


@router.post("/alarms/acknowledge")
async def acknowledge(seen: SeenSigned, request: Request, session: Acknowledging, here: Here) -> OneAlarm:
    """Say that one occurrence of an alarm was seen."""
    level, priority = _weight(here, seen.alarm)
    if level is Level.ACTION:
        await check_training(here, session.person, Deed.ACKNOWLEDGE)
        if len(seen.comment.strip()) < COMMENT_LENGTH_MIN:
            raise Refusal(422, _WORDS)
    signed: dict[str, Any] = {}
    if seen.signature is not None:
        signed = await _signed(here, session, seen, seen.signature, address_of(request))
    elif priority is Priority.CRITICAL:
        raise Refusal(422, _SIGN)
    return await do(here, session, "/acknowledge", body_of(seen) | signed, OneAlarm)


async def _signed(
    here: Service, session: Session, seen: Seen, signing: SigningShort, address: str
) -> dict[str, Any]:
    content = body_of(seen)
    subject = Subject("acknowledgement", seen.alarm, content["raised_at"], content)
    signature = await sign(here, session.person, signing, subject, address)
    return {"signature": signature.id, "sha256": signature.sha256}


def _weight(here: Service, key: str) -> tuple[Level, Priority]:
    """Say how much an alarm asks of who acknowledges it, also while the collector is not heard."""
    stands = here.relay.alarms.get(key)
    if stands is not None:
        return stands.level, stands.priority
    limit = next((limit for limit in here.settings.plant.limits if limit.id == key), None)
    return (limit.level, limit.priority) if limit else (Level.ALERT, Priority.LOW)
