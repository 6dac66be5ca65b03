from __future__ import annotations

import json

import pytest

from consultation.disclosure.document import NotProtected, as_document, from_document
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import Policy
from tests.consultation.disclosure.samples import WORKED, random_set, small_cells

POLICY = Policy()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_reads_back_as_it_was(seed: int) -> None:
    tables, _people = random_set(seed)
    protected = protect([*tables], policy=POLICY)
    assert from_document(json.loads(json.dumps(as_document(protected)))) == protected


def test_what_is_kept_holds_no_hidden_number() -> None:
    kept = json.dumps(as_document(protect([WORKED], policy=POLICY)))
    for count in ("18", "25", "14"):
        assert f'"count": {count}' not in kept
    banded = as_document(protect([small_cells(0, 8, 6, 25)], policy=POLICY))
    (table,) = banded["tables"]
    assert {cell["count"] for cell in table["cells"]} == {None}


@pytest.mark.parametrize("broken", [{}, {"format": 2}, {"format": 1, "tables": [{}]}])
def test_other_data_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(NotProtected):
        from_document(broken)
