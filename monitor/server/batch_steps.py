"""What people, or a system of the site, ask to be done with a batch, and why it may not begin."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from config.model import Text
from monitor.server.asked import WRITABLE, BatchId, Id, Words
from monitor.server.batches import LACK_EXAMPLE, OneLack
from monitor.server.identify import Credentials
from monitor.server.messages import Detail, shown
from monitor.server.signatures import Meaning

Zones: TypeAlias = Annotated[list[Id], Field(max_length=100)]

NOT_READY = Text(
    "The line is not ready. See to what is lacking, or have QA sign for it with a reason.",
    "产线尚未就绪。请先处理所列事项，或由质量保证签名并说明原因后放行。",
)


class NotReady(Detail):
    """Why a batch may not begin, with all that is lacking; empty where it is something else."""

    model_config = shown({"detail": NOT_READY.en, "lacks": [LACK_EXAMPLE]})

    lacks: list[OneLack] = Field(default=[], description="all that is lacking")


class Override(BaseModel):
    """What is passed over, by its key, and why."""

    lack: Id
    reason: Words


class Approving(Credentials):
    """Who signs that a batch may begin although something is lacking."""

    model_config = shown({"name": "qian", "password": "correct horse battery staple", "meaning": "approval"})

    meaning: Meaning = Meaning.APPROVAL


class NewBatch(BaseModel):
    """A batch that is to begin; without a stage in the first of its product, without zones where that is done."""

    model_config = shown(
        {
            "id": "MSC-2026-014",
            "line": "STM-L1",
            "product": "MSC",
            "overrides": [{"lack": "test:gloves", "reason": "gloves seen by two"}],
            "signature": {"name": "qian", "password": "correct horse battery staple", "meaning": "approval"},
        }
    )

    id: BatchId
    line: Id
    product: Id
    stage: Annotated[str, Field(max_length=64, pattern=WRITABLE)] = ""
    zones: Zones = []
    overrides: Annotated[list[Override], Field(max_length=500)] = []
    signature: Approving | None = None


class NextStage(BaseModel):
    """The stage that a batch comes to; without zones where that is done."""

    model_config = shown({"stage": "open", "zones": []})

    stage: Annotated[str, Field(min_length=1, max_length=64, pattern=WRITABLE)]
    zones: Zones = []


class EndOfBatch(BaseModel):
    """A batch is done, or was given up for the reason that the comment says."""

    model_config = shown({"comment": "all bags filled", "is_aborted": False})

    comment: Words = ""
    is_aborted: bool = False
