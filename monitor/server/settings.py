"""What one server is started with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.plant import Plant
from monitor.server.oidc import OidcSettings


@dataclass(slots=True)
class Settings:
    """Everything the server is told from outside; nothing else is read but the administrator's first password.

    Attributes:
        plant: the plant in force. It alone changes while the server runs: when the collector is heard under another.
        data: the collector's data folder, with `collector.sock` and `collector.token`.
        database_url: `postgresql://…`; not shown in logs, because it may carry a password.
        replica_url: of a standby that the past is read from; "": there is none.
        plant_dir: the plant's own folder, from which a changed plant may be proposed; None: there is none.
        metrics_token: what a scraper must give; "": none is needed, and only this machine may scrape.
        dashboard: folder of the built dashboard (`index.html`, `assets/`); may be missing.
        now: the service's clock, aware and in UTC.
        host: address to listen on. Loopback, unless a site decides otherwise.
        port: TCP port; 0 takes any free one.
        session_idle_s: seconds without use after which a person is signed out; a live screen is use.
        session_limit_s: seconds after which a person is signed out in any case: one long shift.
        tls_certificate: PEM file; with `tls_key` the server speaks TLS.
        tls_key: PEM file.
        oidc: the site's own sign-in; None: people sign in by password only.
    """

    plant: Plant
    data: Path
    database_url: str = field(repr=False)
    dashboard: Path
    now: Callable[[], datetime]
    host: str = "127.0.0.1"
    port: int = 8000
    session_idle_s: float = 15 * 60
    session_limit_s: float = 12 * 3600
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    replica_url: str = field(default="", repr=False)
    plant_dir: Path | None = None
    metrics_token: str = field(default="", repr=False)
    oidc: OidcSettings | None = None
