"""Figures for Prometheus: the server's own, and the collector's, which no scraper reaches on its Unix socket.

Who may ask without a machine's own token is the gate's matter: a scraper has no session.
"""

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from monitor.server.gate import METRICS
from monitor.server.may import may
from monitor.server.rights import Deed
from monitor.server.service import Here

_may_scrape = may(Deed.SCRAPE)


async def _scraping(request: Request, here: Here) -> None:
    session = request.state.session
    if session is not None and session.scopes is not None:
        await _may_scrape(session=session, here=here)


router = APIRouter(prefix=METRICS, include_in_schema=False, dependencies=[Depends(_scraping)])


@router.get("")
async def read_metrics(request: Request) -> Response:
    """The server's figures."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/collector")
async def read_collector_metrics(here: Here) -> Response:
    """The collector's figures, as it wrote them; 503 while it does not answer."""
    return Response(await here.commands.metrics(), media_type=CONTENT_TYPE_LATEST)
