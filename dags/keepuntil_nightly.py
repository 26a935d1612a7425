"""One Airflow DAG a rule: plan, approve, destroy, verify, certify."""

from keepuntil.orchestration.dag_factory import nightly

dags = nightly()
