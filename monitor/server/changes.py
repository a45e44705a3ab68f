"""Changes of the plant on their way: what is proposed is compared, what is approved is brought to the collector."""

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import BaseModel

from config.difference import Difference, difference
from config.faults import PlantFaults
from config.load import load
from config.model import Text
from config.plant import Plant
from monitor.server.command import Commands
from monitor.server.database import Database, DatabaseDown
from monitor.server.ledger import Ledger
from monitor.server.refusal import Refusal
from monitor.server.settings import Settings
from monitor.store.plant_changes import (
    Proposal,
    ProposalState,
    Step,
    add_step,
    proposal_of,
    proposals,
    signature_holds,
)
from monitor.versions import Versions, VersionsError, bundle, completed, load_kept, write_files

TAKEN_WITHIN_S = 120.0
"""The collector loads and lays out a plant before it takes it: seconds for a large one."""
RETRY_S = 2.0
LOOK_S = 60.0
COMPARED_MAX = 8
SERVICE = "gradewatch"

_UNSIGNED = Text("The signature is on its way into the book.", "签名正在写入审计记录。")
_VOID = Text(
    "The proposal is not what was signed: the signature is void, and it is not brought into force.",
    "提案与签名时的内容不符，签名无效，不予生效。",
)

_log = structlog.get_logger()


class Taken(BaseModel):
    """The plant that the collector runs."""

    plant: str


class Changes:
    """What one server does about changes of the plant.

    Attributes:
        waits: why the collector has not taken what is approved; None: nothing waits.
        still: held while something is brought to the collector, or taken back before it is.
    """

    def __init__(self, settings: Settings, database: Database, commands: Commands, ledger: Ledger) -> None:
        self.waits: Text | None = None
        self.still = asyncio.Lock()
        self._settings, self._database = settings, database
        self._commands, self._ledger = commands, ledger
        self._versions = Versions(settings.data)
        self._news = asyncio.Event()
        self._compared: OrderedDict[tuple[str, str], tuple[Difference, ...]] = OrderedDict()
        self._offered: tuple[Plant, dict[str, str]] | None = None
        self._looked = False

    def hurry(self) -> None:
        """Something was approved: bring it to the collector now."""
        self._news.set()

    async def run(self) -> None:
        """Bring what is approved to the collector, until cancelled."""
        while True:
            await self._database.up.wait()
            self._news.clear()
            try:
                async with self.still:
                    await self._bring()
            except DatabaseDown:  # told already
                self.waits = None
            try:
                async with asyncio.timeout(LOOK_S if self.waits is None else RETRY_S):
                    await self._news.wait()
            except TimeoutError:
                pass  # it is time to look again

    async def offered(self) -> tuple[Plant, dict[str, str]] | None:
        """Give the plant in the folder that the server was started with, if it is another than the one in force."""
        if not self._looked and self._settings.plant_dir is not None:
            self._looked = True
            try:
                self._offered = await asyncio.to_thread(_read_folder, self._settings.plant_dir)
            except (PlantFaults, VersionsError) as error:
                _log.warning("plant_folder_unread", error=str(error))
        if self._offered is None or self._offered[0].sha256 == self._settings.plant.sha256:
            return None
        return self._offered

    async def read(self, files: Mapping[str, str]) -> tuple[Plant, dict[str, str]]:
        """Load a plant from its files; give it with all of its files.

        Raises:
            PlantFaults: there is a fault in them.
            VersionsError: they are not files of a plant.
        """
        return await asyncio.to_thread(_read_files, files)

    async def compare(self, proposal: Proposal) -> tuple[Difference, ...] | None:
        """Tell what a proposal changes; None: the plant that it was compared with is not kept here."""
        key = (proposal.base, proposal.sha256)
        if key not in self._compared:
            try:
                base, plant = await self.both(proposal)
            except VersionsError:
                return None
            self._compared[key] = await asyncio.to_thread(difference, base, plant)
            if len(self._compared) > COMPARED_MAX:
                self._compared.popitem(last=False)
        return self._compared[key]

    async def both(self, proposal: Proposal) -> tuple[Plant, Plant]:
        """Load the plant that a proposal was compared with, and the one that it proposes.

        Raises:
            VersionsError: the first is not kept here.
        """
        now = self._settings.plant
        if now.sha256 != proposal.base:
            now = await asyncio.to_thread(self._versions.load, proposal.base)
        plant, _ = await self.read(proposal.files)
        return now, plant

    async def _bring(self) -> None:
        async with self._database.pool() as pool:
            approved = [one for one in await proposals(pool) if one.state is ProposalState.APPROVED]
            whole = await proposal_of(pool, approved[0].number) if approved else None
            holds = None if whole is None else await signature_holds(pool, whole)
        if whole is None:
            self.waits = None
            return
        if not holds:
            self.waits = _UNSIGNED if holds is None else _VOID
            return
        try:
            await self._commands.ask("/plant", _handed_over(whole), Taken, TAKEN_WITHIN_S)
        except Refusal as refusal:
            if refusal.text != self.waits:
                _log.warning("plant_not_taken", proposal=whole.number, why=refusal.text.en)
            self.waits = refusal.text
            return
        self.waits = None
        if self._settings.plant.sha256 != whole.sha256:
            self._settings.plant, _ = await self.read(whole.files)
        step = Step(ProposalState.IN_FORCE, self._settings.now(), SERVICE)
        async with self._database.connection() as connection:
            await add_step(connection, whole, step, "", self._ledger.chain)


def _handed_over(proposal: Proposal) -> dict[str, object]:
    approved = proposal.steps[0]
    return {
        "sha256": proposal.sha256,
        "files": dict(proposal.files),
        "who": proposal.who,
        "second": approved.who,
        "proposal": proposal.number,
        "signature": approved.signature,
        "reason": proposal.reason,
    }


def _read_folder(plant_dir: Path) -> tuple[Plant, dict[str, str]]:
    plant = load(plant_dir)
    return plant, bundle(plant, plant_dir)


def _read_files(files: Mapping[str, str]) -> tuple[Plant, dict[str, str]]:
    whole = completed(files)
    with tempfile.TemporaryDirectory(prefix="gradewatch-plant-") as folder:
        write_files(Path(folder), whole)
        return load_kept(Path(folder)), whole
