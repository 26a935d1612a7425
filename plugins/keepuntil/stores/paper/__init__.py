"""Paper: the register of sites, boxes and items, and the lists it is filled from."""

from keepuntil.stores.paper.connection import PaperRegister, PaperSession, open_register
from keepuntil.stores.paper.exporting import Language, export_list
from keepuntil.stores.paper.importing import ImportReport, import_list
from keepuntil.stores.paper.remarks import ListRefused
from keepuntil.stores.paper.tables import create_tables, has_tables

__all__ = [
    "ImportReport",
    "Language",
    "ListRefused",
    "PaperRegister",
    "PaperSession",
    "create_tables",
    "export_list",
    "has_tables",
    "import_list",
    "open_register",
]
