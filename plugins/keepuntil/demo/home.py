"""Where the demonstration lives: one folder with the bank, its archive, its share, and us."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from keepuntil.demo import archive_process, scenario
from keepuntil.demo.scenario import Scale
from keepuntil.errors import UsageError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind

PEOPLE: Final = ("B2017", "B3102", "D0042")
"""Staff numbers in policies/people.yaml; the demonstration plays all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was decided when the bank was built."""

    scale: str
    seed: int
    port: int
    """Of the archive's server."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one demonstration. ``root`` is absolute."""

    root: Path

    @property
    def bank(self) -> Path:
        """The core banking database."""
        return self.root / "core_banking.db"

    @property
    def twin(self) -> Path:
        """The same, purged by hand."""
        return self.root / "expected" / "core_banking.db"

    @property
    def paper(self) -> Path:
        """The register of paper."""
        return self.root / "records_centre.db"

    @property
    def paper_list(self) -> Path:
        """The list it was filled from, as the archive delivered it."""
        return self.root / "records_centre.csv"

    @property
    def paper_twin(self) -> Path:
        """The register, purged by hand."""
        return self.root / "expected" / "records_centre.db"

    @property
    def from_the_vendor(self) -> Path:
        """What the destruction firm sent: a certificate a journey."""
        return self.root / "from_the_vendor"

    @property
    def share(self) -> Path:
        """The shared folder's root."""
        return self.root / "statement_share"

    @property
    def outside(self) -> Path:
        """What links out of the share point at."""
        return self.root / "elsewhere"

    @property
    def archive_state(self) -> Path:
        """What the archive's server saved."""
        return self.root / "scan_archive.state"

    @property
    def policies(self) -> Path:
        """What the bank declares; copied from this package."""
        return self.root / "retention_policies"

    @property
    def keepuntil(self) -> Path:
        """The installation: register, keys, evidence, documents."""
        return self.root / "keepuntil"

    @property
    def airflow(self) -> Path:
        """Airflow's own folder."""
        return self.root / "airflow"

    @property
    def airflow_log(self) -> Path:
        """What Airflow said during the nights."""
        return self.airflow / "night.log"

    @property
    def expected(self) -> Path:
        """What was counted before anything ran."""
        return self.root / "expected" / "expected.json"

    def person_key(self, person: str) -> Path:
        """The private key that a person would have on a card."""
        return self.root / "people" / f"{person}.pem"

    def settings(self) -> Settings:
        """Raises UsageError when no bank has been built here."""
        path = self.root / "demo.json"
        if not path.exists():
            raise UsageError(f"There is no demonstration in {self.root}. Make one: make demo")
        return Settings(**json.loads(path.read_text(encoding="utf-8")))

    @property
    def night_over(self) -> Path:
        """There once the first night came out as worked out beforehand."""
        return self.root / "night-over"

    def keep(self, settings: Settings) -> None:
        """Write down what was decided."""
        text = json.dumps(asdict(settings), indent=1)
        (self.root / "demo.json").write_text(text + "\n", encoding="utf-8")

    def environment(self) -> Mapping[str, str]:
        """Every variable that Keepuntil, its stores and Airflow read in the demonstration."""
        return {
            "KEEPUNTIL_HOME": str(self.keepuntil),
            "KEEPUNTIL_POLICIES": str(self.policies),
            "CORE_BANKING_URL": f"sqlite:///{self.bank}",
            "CORE_BANKING_READER_URL": f"sqlite:///{self.bank}",
            "SCAN_ARCHIVE_KEYS": "demo:demo",
            "RECORDS_CENTRE_URL": f"sqlite:///{self.paper}",
            "AIRFLOW_HOME": str(self.airflow),
            "GX_ANALYTICS_ENABLED": "false",
        }


def scale_of(settings: Settings) -> Scale:
    """The sizes that the settings name."""
    scale: Scale = getattr(scenario, settings.scale)
    return scale


def write_policies(home: Home, port: int) -> None:
    """Copy the policies of this package, with keys for the people and where the stores are."""
    shutil.rmtree(home.policies, ignore_errors=True)
    with resources.as_file(resources.files("keepuntil.demo") / "policies") as source:
        shutil.copytree(source, home.policies)
    (home.policies / "people").mkdir()
    for person in PEOPLE:
        path = home.person_key(person)
        key = (
            keys.load(f"file:{path}", KeyKind.P256)
            if path.exists()
            else keys.create_key_file(path, KeyKind.P256)
        )
        (home.policies / "people" / f"{person}.pem").write_text(key.public.pem, encoding="ascii")
    point_stores(home, port)


def point_stores(home: Home, port: int) -> None:
    """Say in stores.yaml where the archive listens and where the share lies."""
    source = resources.files("keepuntil.demo") / "policies" / "stores.yaml"
    text = Template(source.read_text(encoding="utf-8")).substitute(
        archive=f"http://127.0.0.1:{port}", share=home.share
    )
    (home.policies / "stores.yaml").write_text(text, encoding="utf-8")


def port_for(home: Home) -> int:
    """The archive's port of last time; another one when somebody listens there now."""
    settings = home.settings()
    if archive_process.is_free(settings.port):
        return settings.port
    port = archive_process.free_port()
    home.keep(Settings(scale=settings.scale, seed=settings.seed, port=port))
    point_stores(home, port)
    return port
