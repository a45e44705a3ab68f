"""Takes another plant in force while the collector runs, without losing an alarm.

Everything that can fail or takes time comes first, while the plant before goes on: the files are held against what was
approved, loaded, laid out, and kept on our own disk. Only the devices that differ are then let go; between two events
the journal, judging and all that follows it change over at once; and the new devices are taken up.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from alarms import engine
from alarms.state import State
from config.faults import PlantFaults
from config.plant import Plant
from drivers.keys import KeysError
from monitor.collector import codec
from monitor.collector.devices import Devices
from monitor.collector.feed import Feed
from monitor.collector.kept import KeptRecords
from monitor.collector.pipeline import Pipeline, Turn, TurnError
from monitor.collector.shown import Json
from monitor.versions import APPROVED, PlantChange, Versions, VersionsError

log = structlog.get_logger()

Name = Annotated[str, Field(max_length=100)]


class PlantBody(BaseModel):
    """Another plant, and who answers for it."""

    sha256: str
    files: dict[str, str]
    who: Name
    second: Name
    proposal: int
    signature: str = Field(default="", max_length=100)
    reason: str = Field(max_length=2000)


class Plants:
    """Has everything follow another plant."""

    def __init__(
        self,
        versions: Versions,
        now: Callable[[], datetime],
        *,
        pipeline: Pipeline,
        devices: Devices,
        feed: Feed,
        kept: KeptRecords,
    ) -> None:
        self._versions, self._now = versions, now
        self._pipeline, self._devices, self._feed, self._kept = pipeline, devices, feed, kept
        self._one_at_a_time = asyncio.Lock()

    async def take(self, body: PlantBody) -> str:
        """Take a plant in force; the one that is in force already is no news.

        Returns:
            Its sha256.

        Raises:
            TurnError: it cannot or may not be taken; everything goes on as before.
        """
        async with self._one_at_a_time:
            before = self._pipeline.plant
            if body.sha256 != before.sha256:
                try:
                    plant = await asyncio.to_thread(self._versions.keep, body.files)
                    await self._turn(before, plant, body)
                except (PlantFaults, VersionsError, KeysError) as error:
                    raise TurnError(str(error)) from error
            return body.sha256

    async def _turn(self, before: Plant, plant: Plant, body: PlantBody) -> None:
        if plant.sha256 != body.sha256 or plant.id != before.id:
            raise TurnError("these files are not the plant that was approved")
        rules = await asyncio.to_thread(engine.rules, plant)
        text = await asyncio.to_thread(codec.plant_json, plant)
        units = self._devices.made_for(plant)
        leaving = self._devices.leaving(units)
        now = self._now()

        def why_not(state: State) -> str:
            return what_runs_otherwise(before, plant, state, leaving)

        def swap(state: State) -> None:
            self._kept.turn(plant)
            self._devices.swap(units)
            self._feed.turn(plant, state, now)

        if reason := why_not(self._pipeline.state):
            raise TurnError(reason)
        change = _change(body, before, now)
        former = await asyncio.to_thread(self._versions.in_force)
        await asyncio.to_thread(self._versions.put_in_force, change)
        await self._devices.stop(leaving)
        try:
            await self._pipeline.turn(Turn(change, rules, text, why_not, swap))
        except TurnError:
            self._devices.resume(leaving)
            if former is not None:
                await asyncio.to_thread(self._versions.put_in_force, former)
            raise
        log.info("plant in force", **{**asdict(change), "at": now.isoformat(), "devices": sorted(leaving)})


def _change(body: PlantBody, before: Plant, now: datetime) -> PlantChange:
    return PlantChange(
        at=now,
        plant=body.sha256,
        before=before.sha256,
        what=APPROVED,
        who=body.who,
        second=body.second,
        proposal=body.proposal,
        signature=body.signature,
        reason=body.reason,
    )


def what_runs_otherwise(before: Plant, plant: Plant, state: State, leaving: Collection[str]) -> str:
    """Say which protective action runs that the other plant would change or cut off; "" if none does."""
    for key in state.running:
        old, new = before.protections.get(key), plant.protections.get(key)
        asks = () if new is None else (*new.asks, *new.release_asks)
        if old != new or any(ask.device in leaving for ask in asks):
            return f"{key} is running and would change"
    return ""


def plant_route(plants: Plants) -> APIRouter:
    """Make the route by which another plant comes: 409 says why it was not taken."""
    router = APIRouter()

    @router.post("/plant")
    async def _plant(body: PlantBody) -> Json:
        try:
            return {"plant": await plants.take(body)}
        except TurnError as error:
            raise HTTPException(409, str(error)) from None

    return router
