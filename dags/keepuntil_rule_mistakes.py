"""No DAG: shows mistakes in rule files as an import error, where people look in Airflow."""

from keepuntil.orchestration.dag_factory import refuse_mistakes

refuse_mistakes()
