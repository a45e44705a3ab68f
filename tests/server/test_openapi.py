"""The OpenAPI document is what the dashboard's types are made from."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from config.plant import Plant
from monitor.server import identify
from monitor.server.app import create_app
from monitor.server.command import OneAlarm
from monitor.server.gate import API
from monitor.server.messages import LIVE_MESSAGE, Detail, Snapshot
from monitor.server.plant_document import PlantDocument, describe
from monitor.server.routes import alarms, completeness, deeds, health, live, readings, session
from monitor.server.settings import Settings
from tests.server.conftest import Running

Document = dict[str, Any]


@pytest.fixture
def document(settings: Settings) -> Document:
    return create_app(settings).openapi()


def contents(document: Document) -> Iterator[tuple[str, Document]]:
    """Give every request's and answer's schema, with where it stands."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
            for kind, body in bodies.items():
                for media_type, media in body.get("content", {}).items():
                    if media_type != "application/json":
                        continue  # a file
                    yield f"{method} {path} {kind}", media["schema"]


def test_every_request_and_answer_has_an_example(document: Document) -> None:
    told = list(contents(document))
    assert len(told) > 20
    for where, schema in told:
        model = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert model.get("examples"), f"{where} has no example"


def test_no_name_in_the_document_tells_of_a_file(document: Document) -> None:
    """Two nouns of one name get their modules before them, and other systems would learn those by heart."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize(
    "model",
    [
        *(
            alarms.Standing,
            alarms.History,
            alarms.Transitions,
            deeds.Seen,
            OneAlarm,
            health.Health,
            live.Latest,
        ),
        *(
            PlantDocument,
            readings.Readings,
            readings.ChannelReadings,
            completeness.DeviceCompleteness,
            identify.Credentials,
            session.SignedInPerson,
            Detail,
            Snapshot,
        ),
    ],
)
def test_every_example_is_one(model: type[Any]) -> None:
    for example in model.model_json_schema()["examples"]:
        TypeAdapter(model).validate_python(example)


def test_the_messages_of_the_live_feed_are_told_too(document: Document) -> None:
    schemas = document["components"]["schemas"]
    kinds = set(schemas["LiveMessage"]["discriminator"]["mapping"])
    assert kinds == {"snapshot", "sample", "alarm", "protection", "occupancy", "batch", "health", "link"}
    for reference in schemas["LiveMessage"]["discriminator"]["mapping"].values():
        assert reference.rpartition("/")[2] in schemas
    LIVE_MESSAGE.validate_python({"type": "link", "collector": False})


async def test_the_document_is_for_people_who_are_signed_in(server: Running) -> None:
    async with server.client(server.sign_in()) as client:
        assert "/api/v1/live" not in (await client.get(f"{API}/openapi.json")).json()["paths"]
        for page in ("/docs", "/redoc"):
            assert (await client.get(page)).status_code == 404


def test_what_lines_share_is_told_with_its_workshop_and_without_a_line(plant: Plant) -> None:
    core = plant.zones["STM-L1-CORE"]
    gateway = plant.devices["RM-STM-L1"]
    told = describe(
        replace(
            plant,
            zones={**plant.zones, core.id: replace(core, line="")},
            devices={**plant.devices, gateway.id: replace(gateway, line="")},
        )
    )
    places = [(one.id, one.workshop, one.line) for one in told.zones]
    places += [(one.id, one.workshop, one.line) for one in told.devices]
    assert {(core.id, "STM", None), (gateway.id, "STM", None)} < set(places)
    assert {("STM-L1-A-ISO", "STM", "STM-L1"), ("ISO-STM-L1", "STM", "STM-L1")} < set(places)


async def test_the_plant_is_told_without_addresses(server: Running) -> None:
    async with server.client(server.sign_in()) as client:
        answer = await client.get(f"{API}/plant")
    told = answer.json()
    configured = server.service.settings.plant
    channels = [
        channel for device in told["devices"] for series in device["series"] for channel in series["channels"]
    ]
    assert [channel["id"] for channel in channels] == list(configured.channels)
    assert all(channel["label"]["zh"] for channel in channels)
    assert len(told["limits"]) == len(configured.limits)
    assert told["sha256"] == configured.sha256
    assert "127.0.0.1" not in answer.text
    state = next(channel for channel in channels if channel["kind"] == "state")
    assert all(value.lstrip("-").isdigit() for value in state["states"])
