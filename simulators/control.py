"""The small HTTP endpoint by which a running simulator is told what goes wrong, and asked for the truth."""

from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from simulators.errors import BadScenario, SimulatorError, UnknownDevice, UnknownFault
from simulators.faults import FAULTS
from simulators.phones import Phones, phone_routes
from simulators.site import Site

STATUS: dict[type[SimulatorError], int] = {UnknownDevice: 404, UnknownFault: 422, BadScenario: 422}
CONFLICT = 409


class WantedFault(BaseModel):
    """A fault to start, on which device, and how long it lasts where that can be chosen (null: the usual time)."""

    name: str
    device: str
    length_s: float | None = None


class WantedState(BaseModel):
    """Whether a device is on its network."""

    device: str
    state: Literal["up", "down"]


def create_app(site: Site) -> FastAPI:
    """Make the endpoint for a site. Every refusal is `{"detail": one sentence}`."""
    app = FastAPI(title="gradewatch-sim", docs_url=None, redoc_url=None)

    @app.exception_handler(SimulatorError)
    async def refuse(_: Request, error: SimulatorError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, STATUS.get(type(error), CONFLICT))

    @app.post("/fault", status_code=204)
    async def start_fault(wanted: WantedFault) -> None:
        site.plant.start_fault(wanted.name, wanted.device, wanted.length_s)

    @app.delete("/fault", status_code=204)
    async def clear_faults() -> None:
        site.plant.clear_faults()

    @app.get("/fault")
    async def faults() -> dict[str, object]:
        return _faults(site)

    @app.get("/truth")
    async def truth(device: str) -> dict[str, object]:
        machine = site.plant.machine(device)
        # What is not known yet is NaN, and null in JSON.
        values = machine.values()
        return {"at": site.plant.at, "device": device, "values": values, "executed": machine.executed}

    @app.post("/device", status_code=204)
    async def switch(wanted: WantedState) -> None:
        await site.switch(wanted.device, wanted.state == "up")

    app.include_router(phone_routes(Phones()))
    return app


def _faults(site: Site) -> dict[str, object]:
    """Say which faults play, and which there are, with their names in both languages."""
    active = [{"name": one.fault.name, "device": one.device} for one in site.plant.active]
    known = [
        {"name": one.name, "profile": one.profile, "label": {"en": one.label.en, "zh": one.label.zh}}
        for one in FAULTS.values()
    ]
    return {"active": active, "known": known}
