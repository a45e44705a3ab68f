"""How the server says no where no route does: what cannot be read, what is nowhere, what failed; and that all is told.

Every operation's own answers stand at its route; those that the gate before it gives are told for all of them here.
"""

from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from config.model import Text
from monitor.server.gate import OPEN_DOORS
from monitor.server.refusal import Refusal, answer

GATE = (401, 403, 429, 503)
"""Not signed in; no right, or another site's page; too fast; what was refused could not be recorded."""

_DETAIL = {"schema": {"$ref": "#/components/schemas/Detail"}}
_FAILED = Text(en="The server failed; its log says how.", zh="服务器内部错误，详情见日志。")
_UNREADABLE = Text(en="body: this is not JSON that can be read.", zh="body：无法解析的 JSON。")
_WORDS = {
    404: Text(en="There is nothing at this address.", zh="该地址不存在。"),
    405: Text(en="This address does not take that method.", zh="该地址不支持此方法。"),
    413: Text(en="That is more than is taken at once.", zh="请求内容过大。"),
}


def tell_errors(app: FastAPI) -> None:
    """Let an application tell every error as `{"detail": …}`, in the reader's language."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _failed)


def tell_answers(document: dict[str, Any]) -> None:
    """Add to an OpenAPI document what the gate and the framework answer; may be done twice."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _tell(operation, is_open=(method.upper(), path) in OPEN_DOORS)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)


def _tell(operation: dict[str, Any], *, is_open: bool) -> None:
    responses = operation["responses"]
    codes: tuple[int, ...] = () if is_open else GATE
    if "422" in responses:
        responses["422"]["content"] = {"application/json": _DETAIL}  # not FastAPI's own
    if "requestBody" in operation:
        codes += (413, 422)
    for code in codes:
        told = {"description": HTTPStatus(code).phrase, "content": {"application/json": _DETAIL}}
        responses.setdefault(str(code), told)
    if "413" in responses:
        # Where its length was told, it is refused before anything could be said in JSON.
        plain = {"text/plain": {"schema": {"type": "string"}}}
        responses["413"]["content"] = {"application/json": _DETAIL, **plain}


async def _refused(request: Request, refusal: Exception) -> Response:
    return answer(cast("Refusal", refusal), request.headers)


async def _not_served(request: Request, error: Exception) -> Response:
    """Tell what the framework says, which has one language and gives what is no JSON a status of its own."""
    told = cast("HTTPException", error)
    if told.status_code == HTTPStatus.BAD_REQUEST:
        return answer(Refusal(422, _UNREADABLE), request.headers)
    text = _WORDS.get(told.status_code, Text(told.detail, told.detail))
    return answer(Refusal(told.status_code, text, told.headers), request.headers)


async def _malformed(_request: Request, error: Exception) -> Response:
    """Say which field is wrong and why; what was sent is not repeated, for it may be a password."""
    faults = cast("RequestValidationError", error).errors()
    told = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults)
    return JSONResponse({"detail": "; ".join(told)}, 422)


async def _failed(request: Request, _error: Exception) -> Response:
    """Answer for a fault of our own; the log has the traceback."""
    return answer(Refusal(500, _FAILED), request.headers)
