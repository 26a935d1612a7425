"""Airflow executes this file; the plugin itself lives in the package."""

from keepuntil.orchestration.plugin import KeepuntilPlugin

__all__ = ["KeepuntilPlugin"]
