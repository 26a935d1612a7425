"""The papers of one night, made once."""

from __future__ import annotations

import pytest

from papers_world import Papers, printed


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return printed(tmp_path_factory.mktemp("papers"))
