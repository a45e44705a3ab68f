"""The vein-to-vein clock of a batch: by when it must be done, because its cells die. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from config.batches import Product


def window_until(product: Product, begun: Iterable[tuple[str, datetime]]) -> datetime | None:
    """Say when a batch's clock runs out.

    Args:
        product: what is made.
        begun: each stage of the batch and when it began, in any order; a stage that was gone on with elsewhere stands
            there more than once.

    Returns:
        None: the product has no such clock, or it has not begun to run.
    """
    if product.window_s is None:
        return None
    first = min((at for stage, at in begun if stage == product.window_from), default=None)
    return None if first is None else first + timedelta(seconds=product.window_s)
