"""Whether each way to reach people, and the heartbeat outside, has its secret; no value of one is ever told."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from config.duty import WayKind
from config.model import Text
from config.plant import Plant
from monitor.doctor.finding import Finding, mend, well
from monitor.notify.secrets import FOLDER, SecretError, Secrets, web_address

WAYS = Text("Ways to people", "通知方式")
NO_ADDRESS_OF_THE_WEB = frozenset({WayKind.APPRISE})


def ways(plant: Plant, data: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Say which secrets are missing, or not of their form; nothing where the plant calls nobody."""
    duty, secrets = plant.duty, Secrets(environment, data / FOLDER)
    asked = [(way.id, way.secret, way.kind) for way in duty.ways.values()]
    if duty.heartbeat:
        asked.append(("heartbeat", duty.heartbeat, WayKind.WEBHOOK))
    wrong = [found for one in asked for found in _wrong(secrets, *one)]
    yield from wrong
    if asked and not wrong:
        yield well(WAYS, f"{len(asked)} secrets are there", f"{len(asked)}个密钥均已就绪")


def _wrong(secrets: Secrets, what: str, name: str, kind: WayKind) -> Iterator[Finding]:
    try:
        secret = secrets.read(name)
        if kind not in NO_ADDRESS_OF_THE_WEB:
            web_address(secret)
    except SecretError as error:
        yield mend(WAYS, f"{what}: {error}", f"{what}：密钥{name}不可用：{error}")
