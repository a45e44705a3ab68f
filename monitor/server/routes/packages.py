"""The package of a batch: begun, watched, stopped, and taken away as a file."""

import asyncio
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from config.model import Text
from monitor.server.asked import BatchId
from monitor.server.batches import find_batch
from monitor.server.may import may
from monitor.server.messages import refusals, shown
from monitor.server.program import Run, RunState
from monitor.server.refusal import Refusal
from monitor.server.rights import Deed
from monitor.server.routes.batches import OfBatch
from monitor.server.service import Here, Service
from monitor.server.sessions import Session
from monitor.store.packages import read_packages

MEDIA_TYPE = "application/zip"

router = APIRouter(
    prefix="/packages",
    tags=["packages"],
    responses=refusals(401, 403, 404, 409, 422, 503),
)

Exporting: TypeAlias = Annotated[Session, Depends(may(Deed.EXPORT))]

_BUSY = Text(
    "Another package is being made; stop it, or wait for it.", "另一数据包正在生成，请停止或等待其完成。"
)
_RUNNING = Text(
    "The batch is running: a package is made once it is over.", "批次仍在进行，结束后方可生成数据包。"
)
_NONE = Text("There is no package of this batch here; make one.", "此处没有该批次的数据包，请先生成。")
_FILE: dict[str, Any] = {
    "description": "The file",
    "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


class PackageAsked(BaseModel):
    """Of which batch."""

    model_config = shown({"batch": "MSC-2026-014"})

    batch: BatchId


class BatchPackage(BaseModel):
    """How far the package of a batch has come: `done` is a share; hash and size of the file once it is there."""

    model_config = shown(
        {"batch": "MSC-2026-014", "state": "running", "done": 0.4, "error": "", "sha256": "", "bytes": 0}
    )

    batch: str
    state: RunState
    done: float
    error: str
    sha256: str
    bytes: int


@router.post("", status_code=202)
async def start_package(asked: PackageAsked, here: Here, session: Exporting) -> BatchPackage:
    """Make the package of a batch that is over, beside everything else; one at a time. One that was cut off goes on."""
    async with here.database.pool() as pool:
        batch = await find_batch(pool, asked.batch)
    if batch.ended_at is None:
        raise Refusal(409, _RUNNING)
    if here.packages.program.busy():
        raise Refusal(409, _BUSY)
    person, settings = session.person, here.settings
    words = {"at": settings.now().isoformat(), "who": person.name, "role": person.role.value}
    words |= {"database_url": settings.database_url, "chain": here.ledger.chain}
    return _told(batch.id, here.packages.start(batch.id, words))


@router.get("/{batch}")
async def read_package(batch: OfBatch, here: Here, _: Exporting) -> BatchPackage:
    """How far the package of a batch has come."""
    return _told(batch, await _found(here, batch))


@router.delete("/{batch}")
async def stop_package(batch: OfBatch, here: Here, _: Exporting) -> BatchPackage:
    """Stop making the package of a batch; nothing of it stays. One that is made already stays."""
    run = await _found(here, batch)
    here.packages.program.cancel(batch)
    return _told(batch, run)


@router.get("/{batch}/file", response_class=Response, responses={200: _FILE})
async def download_package(batch: OfBatch, here: Here, _: Exporting) -> Response:
    """The package itself."""
    if (await _found(here, batch)).state is not RunState.DONE:
        raise Refusal(404, _NONE)
    return FileResponse(here.packages.file(batch), media_type=MEDIA_TYPE, filename=f"{batch}.zip")


async def _found(here: Service, batch: str) -> Run:
    """Find what is known of a package; one that was made before this server began too, if its file is here.

    Raises:
        Refusal: 404, there is none.
    """
    run = here.packages.program.of(batch)
    size = await asyncio.to_thread(_size, here, batch)
    if run is not None and (run.result is None or size == run.result["bytes"]):
        return run
    async with here.database.pool() as pool:
        made = await read_packages(pool, batch, 1)
    if not made or made[0].bytes != size:
        raise Refusal(404, _NONE)
    return Run(RunState.DONE, 1.0, {"sha256": made[0].sha256, "bytes": made[0].bytes})


def _size(here: Service, batch: str) -> int:
    try:
        return here.packages.file(batch).stat().st_size
    except OSError:
        return 0


def _told(batch: str, run: Run) -> BatchPackage:
    made = run.result or {"sha256": "", "bytes": 0}
    return BatchPackage(
        batch=batch,
        state=run.state,
        done=run.done,
        error=run.error,
        sha256=made["sha256"],
        bytes=made["bytes"],
    )
