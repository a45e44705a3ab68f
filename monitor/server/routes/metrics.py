"""Figures for Prometheus: the server's own, and the collector's, which no scraper reaches on its Unix socket.

Who may ask is the gate's matter, as everywhere: a scraper has no session.
"""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from monitor.server.gate import METRICS
from monitor.server.service import Here

router = APIRouter(prefix=METRICS, include_in_schema=False)


@router.get("")
async def read_metrics(request: Request) -> Response:
    """The server's figures."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/collector")
async def read_collector_metrics(here: Here) -> Response:
    """The collector's figures, as it wrote them; 503 while it does not answer."""
    return Response(await here.commands.metrics(), media_type=CONTENT_TYPE_LATEST)
