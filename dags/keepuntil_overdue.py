"""The Airflow DAG of the morning: fails on what is overdue, and finds what is not covered."""

from keepuntil.orchestration.dag_factory import overdue

dag = overdue()
