"""The one question that every route asks before anything else: may who asks do this?"""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog
from fastapi import Depends

from config.model import Text
from monitor.server.rates import REFUSALS, too_fast
from monitor.server.refusal import Refusal
from monitor.server.rights import DEEDS, RIGHTS, ROLES, SUBJECTS, Deed
from monitor.server.service import Here, Service, SignedIn
from monitor.server.sessions import Person, Session

_log = structlog.get_logger()

_CHOOSE = Text(en="Choose a password of your own first.", zh="请先设置自己的密码。")


def may(*deeds: Deed) -> Callable[..., Awaitable[Session]]:
    """Make the dependency that lets pass who may do one of some deeds, and gives the session of who asks.

    Raises:
        Refusal: (the dependency) 403, who asks has no right to any, has to choose a password first, or lacks training.
    """

    async def asked(session: SignedIn, here: Here) -> Session:
        held = [deed for deed in deeds if deed in session.deeds]
        if not held and session.scopes is not None:
            await refused(here, session.person, deeds[0], _of_token(deeds[0]))
        if not held:
            await refuse(here, session.person, deeds[0])
        # What an acknowledgement takes depends on the alarm: its own route asks.
        if not any(
            deed is Deed.ACKNOWLEDGE or not here.people.lacks(session.person.name, deed) for deed in held
        ):
            await check_training(here, session.person, held[0])
        return session

    return asked


def _of_token(deed: Deed) -> Text:
    what = DEEDS[deed]
    return Text(f"This token is not for this: {what.en}.", f"该令牌不可用于：{what.zh}。")


async def check_right(here: Service, person: Person, deed: Deed) -> None:
    """See that a second person has the right to a deed too, and the training for it.

    Raises:
        Refusal: 403, it is not so.
    """
    if person.must_change or deed not in RIGHTS[person.role]:
        await refuse(here, person, deed)
    await check_training(here, person, deed)


async def check_training(here: Service, person: Person, deed: Deed) -> None:
    """See that a person is trained today for a deed that takes it.

    Raises:
        Refusal: 403, the training is missing, over, or not yet begun.
    """
    lacking = here.people.lacks(person.name, deed)
    if lacking:
        what = SUBJECTS[lacking]
        en = f"{person.name} has no current training in {what.en}; it is noted by quality."
        text = Text(en, f"{person.name} 没有有效的“{what.zh}”培训记录，请由质量部门登记。")
        await refused(here, person, deed, text)


async def refuse(here: Service, person: Person, deed: Deed) -> NoReturn:
    """Refuse a person a deed, and record it.

    Raises:
        Refusal: 403, always.
    """
    role, what = ROLES[person.role], DEEDS[deed]
    en = f"The role {role.en} has no right to this: {what.en}."
    text = Text(en, f"“{role.zh}”角色无权执行该操作：{what.zh}。")
    await refused(here, person, deed, _CHOOSE if person.must_change else text)


async def refused(here: Service, person: Person, deed: Deed, text: Text) -> NoReturn:
    """Refuse a person a deed, which is nothing for them, and record it.

    Raises:
        Refusal: 403, or 429 where that happens too often to be recorded each time.
    """
    await _record(here, person, deed, text)
    raise Refusal(403, text)


async def not_now(
    here: Service, person: Person, what: str, text: Text, *, old: object = None, new: object = None
) -> NoReturn:
    """Refuse what cannot be done to a thing as it stands, and record it.

    Args:
        here: the server.
        person: who wants to do it.
        what: to which thing, or which deed.
        text: why it cannot be done.
        old: how the thing stands, for the book.
        new: what was asked for.

    Raises:
        Refusal: 409, or 429 where that happens too often to be recorded each time.
    """
    await _record(here, person, what, text, old=old, new=new)
    raise Refusal(409, text)


async def _record(
    here: Service, person: Person, what: str, text: Text, *, old: object = None, new: object = None
) -> None:
    wait_s = here.rates.take(f"refused {person.name}", REFUSALS)
    if wait_s > 0:
        raise too_fast(wait_s)
    _log.warning("refused", name=person.name, role=person.role, what=what, why=text.en)
    body = {"role": person.role, "what": what, "old": old, "new": new, "reason": text.en}
    await here.ledger.say(here.settings.now(), "refused", person.name, body)


Looking = Depends(may(Deed.LOOK))
"""For a route that only needs to know that who asks may see what is live."""
ReadingPast = Depends(may(Deed.READ_PAST))
"""For a route that tells of what was."""
