"""What a package tells of its batch, its alarms and its signatures, held against the lines of the book."""

from collections import Counter

from monitor.records.package.verifier.book import Book
from monitor.records.package.verifier.file import Package
from monitor.records.package.verifier.said import Fault, Json, instant

ALARM = ("level", "active", "acknowledged", "changed_at", "worst", "detail", "acknowledged_by")
SIGNED = ("who", "name", "role", "meaning", "what", "of")


def check_batch(package: Package, book: Book, told: Json) -> None:
    """See that the batch is the one of which the book tells, under the plant that was in force."""
    batch, manifest = told["batch"], package.manifest
    started, plant = book.started.get(manifest["batch"], ({}, ""))
    ended = book.ended.get(manifest["batch"], {})
    said = (started.get("batch"), started.get("line"), started.get("product"), _at(started), _at(ended))
    here = (
        batch["id"],
        batch["line"],
        batch["product"],
        instant(batch["started_at"]),
        instant(batch["ended_at"]),
    )
    if said != here:
        raise Fault("dossier.json", "the batch is not as the book tells of it", "批次与记录簿所述不符")
    if not manifest["plant"] == told["plant"]["sha256"] == (plant or manifest["plant"]):
        raise Fault(
            "dossier.json", "the plant is not the version that was in force", "工厂配置并非当时生效的版本"
        )


def _at(line: Json) -> object:
    return instant(line["at"]) if line else None


def check_alarms(package: Package, book: Book, seen: Counter[str]) -> None:
    """Hold the alarms against the last lines of the book that speak of them."""
    start, end = instant(package.manifest["start"]), instant(package.manifest["end"])
    left = {key: said for key, said in book.alarms.items() if start <= key[1] < end and said.get("times", 1)}
    for where, (id_, raised, *cells) in package.rows("alarms.csv", ["id", "raised_at", *ALARM]):
        key = id_, instant(raised)
        left.pop(key, None)
        said = book.alarms.get(key)
        row = dict(zip(ALARM, cells, strict=True))
        if said is None or (key[1] < start and instant(row["changed_at"]) > instant(said["changed_at"])):
            seen["alarms_elsewhere"] += 1
            if key[1] >= start:
                raise Fault(where, "no line of the book speaks of it", "记录簿中没有相应的行")
        elif different := [name for name in ALARM if not _same(name, row[name], said.get(name))]:
            raise Fault(
                where, f"{', '.join(different)} not as in the book", f"{', '.join(different)} 与记录簿不符"
            )
        else:
            seen["alarms"] += 1
    for id_, at in left:
        raise Fault(
            "alarms.csv", f"{id_} {at.isoformat()} is missing; the book has it", f"缺少 {id_}，记录簿中有"
        )


def _same(name: str, cell: str, said: object) -> bool:
    if name == "changed_at":
        return instant(cell) == instant(str(said))
    if name == "worst":
        return (float(cell) if cell else None) == said
    return cell == ("ft"[said] if isinstance(said, bool) else str(said))


def check_signatures(book: Book, told: Json, seen: Counter[str]) -> None:
    """Hold the signatures in the dossier against their lines in the book."""
    for one in told["signatures"]:
        said = book.signatures.get(one["id"])
        seen["signatures" if said else "signatures_elsewhere"] += 1
        # One that holds no more was over other content than is there now, and says so.
        names = (*SIGNED, "sha256") if one["holds"] else SIGNED
        if said and any(str(said.get(name, "")) != str(one[name]) for name in names):
            raise Fault(
                f"dossier.json {one['id']}", "the signature is not as in the book", "签名与记录簿不符"
            )
