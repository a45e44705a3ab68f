"""The one question that every route asks before anything else: may who asks do this?"""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import Depends

from config.model import Text
from monitor.server.refusal import Refusal
from monitor.server.rights import DEEDS, ROLES, Deed
from monitor.server.service import SignedIn
from monitor.server.sessions import Person, Session

_log = structlog.get_logger()


def may(deed: Deed) -> Callable[..., Awaitable[Session]]:
    """Make the dependency that lets pass who may do a deed, and gives the session of who asks.

    Raises:
        Refusal: (the dependency) 403, the role of who asks has no right to it.
    """

    async def asked(session: SignedIn) -> Session:
        if deed not in session.deeds:
            refuse(session.person, deed)
        return session

    return asked


def refuse(person: Person, deed: Deed) -> None:
    """Refuse a person a deed, and record it.

    Raises:
        Refusal: 403, always.
    """
    _log.warning("refused", name=person.name, role=person.role, deed=deed)
    role, what = ROLES[person.role], DEEDS[deed]
    raise Refusal(
        403,
        Text(
            en=f"The role {role.en} has no right to this: {what.en}.",
            zh=f"“{role.zh}”角色无权执行该操作：{what.zh}。",
        ),
    )


Looking = Depends(may(Deed.LOOK))
"""For a route that only needs to know that who asks may see what is live."""
ReadingPast = Depends(may(Deed.READ_PAST))
"""For a route that tells of what was."""
