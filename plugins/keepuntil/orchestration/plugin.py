"""Keepuntil inside Airflow. Registered once, by ``plugins/keepuntil_plugin.py``."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class KeepuntilPlugin(AirflowPlugin):
    """Names Keepuntil in Airflow's list of plugins."""

    name = "keepuntil"
