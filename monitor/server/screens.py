"""The built dashboard, served as it is; and what is shown where it was never built."""

from os import PathLike
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Gradewatch</title></head>
<body>
<h1>Gradewatch</h1>
<p>The dashboard is not built. Run <code>make setup</code>, then load this page again.</p>
<p lang="zh">仪表板尚未构建。请运行 <code>make setup</code>，然后刷新本页。</p>
</body>
</html>
"""


class Dashboard(StaticFiles):
    """A folder of built files. Those in `assets/` carry their content's hash in their name and never change."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, or with the remedy where there is none yet."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"} and scope["path"] == "/" and not self._is_built():
            page = HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-cache"})
            await page(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _is_built(self) -> bool:
        return (self._folder / "index.html").is_file()

    async def check_config(self) -> None:
        """A folder that is not there yet is no error: its files are simply not found."""

    def file_response(self, full_path: str | PathLike[str], *args: object, **kwargs: object) -> Response:
        """Say how long a browser may keep the file: a hashed one forever, the others not unasked."""
        response = super().file_response(full_path, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        hashed = Path(full_path).is_relative_to((self._folder / "assets").resolve())
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
