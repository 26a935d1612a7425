"""The nights: one Airflow DAG a rule, and one that says loudly what was left undone.

The only floor that imports Airflow. A DAG file imports :mod:`dag_factory` and so
must stay light: everything that opens a register or a store is imported inside the
functions of :mod:`tasks`. What passes between tasks is identifiers, digests and
small counts; lists, keys and people's reasons stay in the register.
"""
