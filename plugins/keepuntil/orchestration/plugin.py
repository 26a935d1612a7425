"""Keepuntil inside Airflow. Registered once, by ``plugins/keepuntil_plugin.py``."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from keepuntil.orchestration.mounted_pages import MountedPages

PREFIX = "/keepuntil"


class KeepuntilPlugin(AirflowPlugin):
    """Keepuntil in Airflow's list of plugins, its pages in the api-server and in the menu."""

    name = "keepuntil"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [
        {"app": MountedPages(), "url_prefix": PREFIX, "name": "Keepuntil"}
    ]
    # Without a `url_route` it opens as a page of its own, in no frame: see the pages' headers.
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Keepuntil",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "category": "browse",
        }
    ]
