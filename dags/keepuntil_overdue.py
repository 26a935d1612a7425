"""The Airflow DAG that fails every morning that anything is overdue or a rule did not run."""

from keepuntil.orchestration.dag_factory import overdue

dag = overdue()
