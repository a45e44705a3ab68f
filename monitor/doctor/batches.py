"""Batches: does what is written of products, readiness and sampling reach anything, and can a report be set?"""

from collections.abc import Iterator

from config.batches import Product, ReadinessKind
from config.model import Grade, Text
from config.plant import Plant
from monitor.doctor.finding import Finding, mend, note, well
from monitor.records.report.font import FontError, fonts, signs

FONT, PRODUCTS, READINESS, SAMPLING = (
    Text("Font of the reports", "报告字体"),
    Text("Products", "产品"),
    Text("Readiness for a batch", "批次开始条件"),
    Text("Sampling plan", "采样计划"),
)
SAMPLED_GRADES = frozenset({Grade.A, Grade.B})
"""Where every zone in which a product is made needs a sampling position."""


def font() -> Finding:
    """Look whether reports can be set at all."""
    try:
        fonts()
        count = len(signs())
    except FontError as error:
        return mend(FONT, str(error), f"报告字体缺失，无法生成报告：请运行 make setup（{error}）")
    return well(FONT, f"{count} signs", f"{count}个字符")


def batches(plant: Plant) -> Iterator[Finding]:
    """Hold products, readiness and sampling against what is measured; the loader has held them against names."""
    if not plant.products:
        yield note(PRODUCTS, "none: no batch can begin here", "无产品：此处无法开始批次")
        return
    products, asked, positions = len(plant.products), len(plant.readiness), len(plant.positions)
    yield from list(_unmeasured(plant)) or [
        well(PRODUCTS, f"{products}, measured in all of their zones", f"{products}个，其区域均有测量")
    ]
    yield from list(_unasked(plant)) or [
        well(READINESS, f"{asked}, of every line with a product", f"{asked}项，涵盖所有有产品的生产线")
    ]
    yield from list(_unsampled(plant)) or [
        well(
            SAMPLING,
            f"{positions} positions, in all zones of grade A and B",
            f"{positions}个采样点，涵盖全部A级和B级区域",
        )
    ]


def _unmeasured(plant: Plant) -> Iterator[Finding]:
    """Tell of each zone in which a product is made and nothing is measured."""
    measured = {channel.zone for channel in plant.channels.values()}
    for product in plant.products.values():
        missing = sorted(_zones(plant, product) - measured)
        if missing:
            zones = ", ".join(missing)
            yield note(
                PRODUCTS, f"{product.id}: nothing is measured in {zones}", f"{product.id}：{zones}中没有测量"
            )


def _unasked(plant: Plant) -> Iterator[Finding]:
    """Tell of what is asked where no batch begins, of equipment that is no device, and of lines that ask nothing."""
    making = {line for product in plant.products.values() for line in product.lines}
    for one in plant.readiness.values():
        if not making & set(one.lines):
            lines = ", ".join(one.lines)
            yield mend(
                READINESS,
                f"{one.id}: nothing is made on {lines}, so it is never asked",
                f"{one.id}：{lines}上没有产品，该条件不会被检查",
            )
        if one.kind is ReadinessKind.TEST and one.equipment not in plant.devices:
            yield note(
                READINESS,
                f"{one.id}: {one.equipment} is no device of this plant; who notes the test must write it just so",
                f"{one.id}：{one.equipment}不是本工厂的设备；登记测试时须原样填写",
            )
    asking = {line for one in plant.readiness.values() for line in one.lines}
    for line in sorted(making - asking):
        yield note(READINESS, f"{line}: a batch begins without any test", f"{line}：批次开始前不检查任何条件")


def _unsampled(plant: Plant) -> Iterator[Finding]:
    """Tell of each zone of grade A or B in which a product is made and no position is sampled."""
    sampled = {one.zone for one in plant.positions.values()}
    made_in = set().union(*(_zones(plant, product) for product in plant.products.values()))
    graded = {key for key in made_in if plant.zones[key].grade in SAMPLED_GRADES}
    missing = sorted(graded - sampled)
    if missing:
        zones = ", ".join(missing)
        yield note(SAMPLING, f"no position in {zones}", f"{zones}没有采样点")


def _zones(plant: Plant, product: Product) -> set[str]:
    """Name the zones of a product: those of its stages, or where a stage names none, every one of its lines."""
    of_lines = {zone.id for zone in plant.zones.values() if zone.line in product.lines}
    return set().union(*(stage.zones or of_lines for stage in product.stages))
