"""What is asked of plates and told of them: each example in the document is one."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from monitor.server import plate_steps, plates


def models() -> Iterator[type[Any]]:
    for module in (plates, plate_steps):
        for one in vars(module).values():
            if isinstance(one, type) and "examples" in getattr(one, "model_config", {}).get(
                "json_schema_extra", {}
            ):
                yield one


@pytest.mark.parametrize("model", dict.fromkeys(models()))
def test_every_example_is_one(model: type[Any]) -> None:
    for example in model.model_json_schema()["examples"]:
        TypeAdapter(model).validate_python(example)
