"""This machine: its clock, its disk, and the certificates in the data folder."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from config.model import Text
from config.plant import Plant
from drivers.keys import KeysError, keys_in
from monitor.clock import kernels_word, synchronised
from monitor.collector.journal import JournalError
from monitor.collector.journal_bounds import bound_bytes, bounds_in, days_for
from monitor.doctor.finding import Finding, mend, note, well

CLOCK, DISK, JOURNAL, CERTIFICATES = (
    Text("Clock of this machine", "本机时钟"),
    Text("Disk", "磁盘"),
    Text("Journal", "本地日志"),
    Text("Certificates", "证书"),
)
FREE_LEAST = 0.1
"""A disk with less than this share free leaves the journal little time."""
DAYS_LEAST = 3
"""A weekend and a day: so long nobody may come to mend a database (demo proposal)."""
RENEW_WITHIN = timedelta(days=60)


def clock() -> Finding:
    """Ask the kernel whether anything keeps its clock right."""
    state = kernels_word()
    if state is None:
        return note(CLOCK, "cannot be asked on this system", "本系统无法查询")
    return of_state(state)


def of_state(state: int) -> Finding:
    """Say what the kernel's answer means."""
    if synchronised(state) is None:
        return note(CLOCK, "the kernel does not tell whether it is synchronised", "内核未告知是否已同步")
    if not synchronised(state):
        return mend(
            CLOCK,
            "not synchronised: times of different machines cannot be compared; run chrony or systemd-timesyncd",
            "未同步：不同设备的时间无法比较；请启用 chrony 或 systemd-timesyncd",
        )
    return well(CLOCK, "synchronised", "已同步")


def disk(data: Path) -> Finding:
    """Look how much room there is where the journal lies."""
    try:
        usage = shutil.disk_usage(data)
    except OSError as error:
        return mend(DISK, f"{data}: {error.strerror}", f"{data}：{error.strerror}")
    free, gigabytes = usage.free / usage.total, usage.free / 1e9
    if free < FREE_LEAST:
        return mend(
            DISK,
            f"{data}: {gigabytes:.1f} GB free ({free:.0%}): make room",
            f"{data}：剩余{gigabytes:.1f} GB（{free:.0%}）：请清理",
        )
    return well(
        DISK, f"{data}: {gigabytes:.1f} GB free ({free:.0%})", f"{data}：剩余{gigabytes:.1f} GB（{free:.0%}）"
    )


def journal(plant: Plant, data: Path, environment: Mapping[str, str]) -> Finding:
    """Reckon for how many days of this plant the journal has room, while the database is away."""
    try:
        bounds = bounds_in(environment)
        size = bound_bytes(data, bounds)
    except (JournalError, OSError) as error:
        return mend(JOURNAL, str(error), str(error))
    days, gigabytes = days_for(plant, size), size / 1e9
    said = (
        f"room for {days:.1f} days without a database ({gigabytes:.1f} GB)",
        f"无数据库时可保存{days:.1f}天（{gigabytes:.1f} GB）",
    )
    if days < DAYS_LEAST:
        return mend(
            JOURNAL,
            f"{said[0]}, less than {DAYS_LEAST}: give it a larger disk",
            f"{said[1]}，不足{DAYS_LEAST}天：请更换更大的磁盘",
        )
    return well(JOURNAL, *said)


def certificates(plant: Plant, data: Path, environment: Mapping[str, str], at: datetime) -> Iterator[Finding]:
    """Look when our certificate and those that we trust end, if any device is spoken to encrypted."""
    if all(device.security is None for device in plant.devices.values()):
        yield well(CERTIFICATES, "no device needs one", "没有设备需要证书")
        return
    keys = keys_in(data, environment)
    try:
        yield _ends("ours", "本系统", keys.own().ends, at)
    except KeysError as error:
        yield mend(CERTIFICATES, str(error), str(error))
    for path in sorted(keys.trusted_dir.glob("*")) if keys.trusted_dir.is_dir() else ():
        known = _read(path)
        if known is None:
            yield mend(CERTIFICATES, f"{path} cannot be read", f"{path}无法读取")
        else:
            yield _ends(path.name, path.name, known.not_valid_after_utc, at)


def _read(path: Path) -> x509.Certificate | None:
    try:
        content = path.read_bytes()
        pem = content.startswith(b"-----BEGIN")
        return x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError):
        return None


def _ends(en: str, zh: str, ends: datetime, at: datetime) -> Finding:
    day = f"{ends:%Y-%m-%d}"
    if ends <= at:
        return mend(CERTIFICATES, f"{en}: ended on {day}; renew it", f"{zh}：已于{day}失效，请更新")
    if ends - at < RENEW_WITHIN:
        return mend(CERTIFICATES, f"{en}: ends on {day}; renew it in time", f"{zh}：{day}到期，请及时更新")
    return well(CERTIFICATES, f"{en}: until {day}", f"{zh}：有效期至{day}")
