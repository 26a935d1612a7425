"""The Airflow DAG of the week: looks for personal data no rule claims, fails when any is new."""

from keepuntil.orchestration.dag_factory import discovery

dag = discovery()
