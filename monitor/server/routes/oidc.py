"""Signing in by the site's own provider (OpenID Connect, authorization code with PKCE), and who is whom there.

The provider says who somebody is, and nothing else: what that person may do is Gradewatch's own matter, and so is every
signature, which goes on asking for the Gradewatch password.
"""

from html import escape
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from config.model import Text
from monitor.server.database import DatabaseDown
from monitor.server.gate import COOKIE
from monitor.server.identify import address_of
from monitor.server.jws import TokenError
from monitor.server.messages import Detail, refusals, shown
from monitor.server.oidc import LASTS, Question
from monitor.server.provider import Provider, ProviderError
from monitor.server.rates import TOO_FAST, too_fast
from monitor.server.refusal import Refusal
from monitor.server.routes.people import NOBODY, OWN, Keeping, OfName, Why
from monitor.server.routes.session import begin
from monitor.server.service import Here, Service, by
from monitor.server.sessions import Person
from monitor.store.people import Account, SubjectTakenError, link_person

PER_ADDRESS = 30
"""Answers of the provider in a minute from one address: each that is refused is a line of the book."""
BEGUN_PER_ADDRESS = 60
"""Nobody makes those of others be forgotten by beginning time and again."""
REASON_CHARS_MAX = 300

router = APIRouter(tags=["session"])
_log = structlog.get_logger()

_NONE = Text(en="There is no other sign-in here than by password.", zh="此处仅支持密码登录。")
_AWAY = Text(
    en="{name} does not answer as it should; sign in by password.", zh="{name} 无法正常响应，请使用密码登录。"
)
_STALE = Text(
    en="This sign-in was used already, took too long, or was begun in another browser; begin again.",
    zh="该登录已使用、已超时，或在其他浏览器中发起，请重新登录。",
)
_NOT_THERE = Text(en="{name} has not signed you in.", zh="{name} 未能完成登录。")
_NOT_BELIEVED = Text(
    en="What {name} says of you cannot be relied on, so you are not signed in; tell an administrator.",
    zh="{name} 提供的身份信息不可信，未予登录，请联系管理员。",
)
_NOBODY = Text(
    en="No account here is linked to you at {name}; an administrator can link this subject: {subject}",
    zh="您在 {name} 的身份尚未关联本系统账户；请管理员关联此标识：{subject}",
)
_DISABLED = Text(en="Your account here is disabled.", zh="您在本系统的账户已停用。")
_LOCKED = Text(
    en="Your account here is locked; an administrator can unlock it.",
    zh="您在本系统的账户已锁定，请管理员解锁。",
)
_TAKEN = Text(
    en="That subject is linked to another account; a subject is one person.",
    zh="该标识已关联其他账户，一个标识仅对应一人。",
)
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Gradewatch</title></head>
<body>
<h1>Gradewatch</h1>
<p>{en}</p>
<p lang="zh">{zh}</p>
<p><a href="/">Back to the sign-in <span lang="zh">返回登录页</span></a></p>
</body>
</html>
"""

_TOLD: dict[str, Any] = {"model": Detail, "content": {"text/html": {}}}
"""Why not, as a page of its own; where nothing can be recorded, as everywhere else."""


class OtherSignIn(BaseModel):
    """The site's own sign-in, by its name; null: there is none."""

    model_config = shown({"name": "Plant sign-in"})

    name: str | None


class Begun(BaseModel):
    """Where the browser is to go."""

    model_config = shown({"address": "https://id.example/authorize?response_type=code&…"})

    address: str


class Linked(Why):
    """Who somebody is at the provider; "" for a subject ends it."""

    model_config = shown(
        {"subject": "8f1e0c52-7f0e-4f7e-9a55-2a0f4f7f2c11", "reason": "as IT has confirmed in writing"}
    )

    subject: Annotated[
        str, Field(max_length=255, pattern=r"^([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?$")
    ]


class _Refused(Exception):  # noqa: N818 - it is an answer to a person, not a failure of the service
    """A sign-in that is not carried out: with what status, what the person reads, and what the book says."""

    def __init__(self, status: int, text: Text, reason: str, account: Account | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.text = text
        self.account = account


@router.get("/session/oidc")
async def read_other_sign_in(here: Here) -> OtherSignIn:
    """Whether people may sign in by the site's own provider, and what it is called."""
    return OtherSignIn(name=here.provider.settings.name if here.provider else None)


@router.post("/session/oidc", responses=refusals(404, 429, 503))
async def begin_other_sign_in(request: Request, response: Response, here: Here) -> Begun:
    """Begin to sign in by the provider; the answer says where the browser is to go."""
    provider = here.provider
    if provider is None:
        raise Refusal(404, _NONE)
    wait_s = here.rates.take(f"provider begun {address_of(request)}", BEGUN_PER_ADDRESS)
    if wait_s > 0:
        raise too_fast(wait_s)
    question = provider.questions.begin(request.state.token)
    try:
        address = await provider.address_for(question)
    except ProviderError as error:
        _log.warning("provider_failed", error=str(error))
        raise Refusal(503, _with(_AWAY, provider), {"Retry-After": "30"}) from error
    response.set_cookie(
        _cookie_name(request),
        question.state,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",  # strict would not come back from another site
        secure=_is_secure(request),
    )
    return Begun(address=address)


@router.get(
    "/session/oidc/callback",
    response_class=RedirectResponse,
    status_code=303,
    responses={401: _TOLD, 429: _TOLD, 503: _TOLD, **refusals(404, 422)},
)
async def end_other_sign_in(
    request: Request,
    here: Here,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """Where the provider sends the browser back to; it goes on to the dashboard, signed in, or reads why not."""
    provider, address = here.provider, address_of(request)
    if provider is None:
        raise Refusal(404, _NONE)
    if here.rates.take(f"provider {address}", PER_ADDRESS) > 0:
        return _page(429, TOO_FAST)
    question = provider.questions.take(state, request.cookies.get(_cookie_name(request), ""))
    try:
        person = await _person(here, provider, question, code)
    except _Refused as refused:
        response = await _refuse(here, refused, address)
    else:
        response = RedirectResponse("/", 303)
        await begin(here, person, request, response, before=question.before if question else "", via="oidc")
    response.delete_cookie(_cookie_name(request), secure=_is_secure(request), httponly=True, samesite="lax")
    return response


@router.post(
    "/people/{name}/subject",
    status_code=204,
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
    tags=["people"],
)
async def link(name: OfName, asked: Linked, session: Keeping, here: Here) -> None:
    """Say who somebody is at the provider; that person's sessions end."""
    provider = here.provider
    if provider is None:
        raise Refusal(404, _NONE)
    if name == session.person.name:
        raise Refusal(409, OWN)
    who, issuer = by(here, session, asked.reason), provider.settings.issuer
    try:
        async with here.database.connection() as connection:
            if not await link_person(connection, who, name, issuer, asked.subject):
                raise Refusal(404, NOBODY)
    except SubjectTakenError as error:
        raise Refusal(409, _TAKEN) from error
    here.sessions.end_all(name, session.person.name)
    await here.roll.call()


async def _person(here: Service, provider: Provider, question: Question | None, code: str) -> Person:
    """Find who has signed in at the provider.

    Raises:
        _Refused: nobody who may sign in here.
    """
    if not here.people.known.is_set():
        raise DatabaseDown
    if question is None:
        raise _Refused(401, _STALE, "no such question is open")
    if not code:
        raise _Refused(401, _with(_NOT_THERE, provider), "the provider gave no code")
    try:
        subject = await provider.subject_for(code, question)
    except ProviderError as error:
        raise _Refused(503, _with(_AWAY, provider), str(error)) from error
    except TokenError as error:
        raise _Refused(401, _with(_NOT_BELIEVED, provider), str(error)) from error
    account = here.people.linked(provider.settings.issuer, subject)
    person = here.people.person(account.name) if account else None
    if account is None:
        raise _Refused(401, _with(_NOBODY, provider, subject), f"nobody is linked to the subject {subject}")
    if person is None:
        raise _Refused(401, _DISABLED, "the account is disabled", account)
    if account.locked_at:
        raise _Refused(401, _LOCKED, "the account is locked", account)
    return person


async def _refuse(here: Service, refused: _Refused, address: str) -> Response:
    reason, account = str(refused)[:REASON_CHARS_MAX], refused.account
    _log.warning("sign_in_refused", address=address, via="oidc", reason=reason)
    body = {
        "role": account.role if account else "",
        "what": "session",
        "old": None,
        "new": None,
        "reason": reason,
    }
    who = account.name if account else ""
    await here.ledger.say(
        here.settings.now(), "sign_in_refused", who, body | {"address": address, "via": "oidc"}
    )
    return _page(refused.status, refused.text)


def _page(status: int, text: Text) -> Response:
    """Say why not, in both languages: a browser that comes from the provider shows whatever it is given."""
    return HTMLResponse(_PAGE.format(en=escape(text.en), zh=escape(text.zh)), status)


def _with(text: Text, provider: Provider, subject: str = "") -> Text:
    told = {"name": provider.settings.name, "subject": subject}
    return Text(text.en.format(**told), text.zh.format(**told))


def _cookie_name(request: Request) -> str:
    return f"__Host-{COOKIE}_oidc" if _is_secure(request) else f"{COOKIE}_oidc"


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
