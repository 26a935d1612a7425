"""Long lists are bound in volumes: every line in one of them, totals and signatures in the last."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody_papers import DIGEST, HEAD, dossier, journey, lines
from keepuntil.documents.paper_list import paper_list_pages, volumes_of
from paper import run_together, texts


@given(boxes=st.integers(1, 12), items=st.integers(1, 9), size=st.integers(1, 40))
def test_every_line_is_in_exactly_one_volume_and_in_order(
    boxes: int, items: int, size: int
) -> None:
    consignment = journey(boxes, items)
    volumes = volumes_of(consignment, size)
    lined = [item for volume in volumes for _, some in volume.boxes for item in some]
    assert lined == list(chain.from_iterable(box.items for box in consignment.boxes.values()))
    assert [volume.number for volume in volumes] == list(range(1, len(volumes) + 1))
    assert {volume.of for volume in volumes} == {len(volumes)}
    assert [volume.is_last for volume in volumes] == [False] * (len(volumes) - 1) + [True]
    first = 1
    for volume in volumes:
        assert volume.first == first
        count = sum(len(some) for _, some in volume.boxes)
        assert 1 <= count <= size
        first += count


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of a list of 20 lines in three volumes; a box goes on in the next volume."""
    made_of = dossier(journey(5, 4))
    folder: Path = tmp_path_factory.mktemp("volumes")
    found = []
    for volume in volumes_of(made_of.consignment, 7):
        path = folder / f"{volume.number}.pdf"
        known = lines(made_of.consignment)
        path.write_bytes(paper_list_pages(made_of, HEAD, known, volume, "zh"))
        found.append(run_together("".join(texts(path))))
    return found


def test_each_volume_says_which_it_is_and_of_which_list(bound: list[str]) -> None:
    assert len(bound) == 3
    for number, text in enumerate(bound, start=1):
        assert f"第{number}册，共3册" in text
        assert DIGEST in text


def test_totals_and_signatures_are_in_the_last_volume_alone(bound: list[str]) -> None:
    for text in bound[:-1]:
        assert "合计与签署见第3册" in text
        assert "单位负责人" not in text
    assert "单位负责人" in bound[-1]
    assert "监销人" in bound[-1]
    assert "5箱，20件，20册" in bound[-1]


def test_lines_are_numbered_through(bound: list[str]) -> None:
    assert "J042-KJ·PZ-1994-Y30-00008" in bound[1]
    assert "J042-KJ·PZ-1994-Y30-00007" not in bound[1]
