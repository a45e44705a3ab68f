"""How the server says no: one sentence, in the reader's language, always as `{"detail": …}`."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from config.model import Text


class Refusal(Exception):  # noqa: N818 - it is an answer to a person, not a failure of the service
    """A request that is not carried out. Made anew each time: an exception keeps what it was raised through.

    Attributes:
        status: the HTTP status.
        text: one clear sentence, with the remedy where there is one.
        headers: further response headers, for example `Retry-After`.
        more: what stands beside the sentence for a screen to show; JSON, named in the route's own answers.
    """

    def __init__(
        self,
        status: int,
        text: Text,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(text.en)
        self.status = status
        self.text = text
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def answer(refusal: Refusal, request: Headers) -> JSONResponse:
    """Write a refusal in Chinese to who prefers Chinese (`Accept-Language`), in English to anybody else."""
    chinese = request.get("accept-language", "").lower().startswith("zh")
    detail = refusal.text.zh if chinese else refusal.text.en
    return JSONResponse({"detail": detail} | refusal.more, refusal.status, refusal.headers)
