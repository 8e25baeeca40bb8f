"""Every operator of PyTorch's operator database against torch.

Without ``-m exhaustive`` each operator runs two of its samples, forward and gradient in float32, and its error inputs;
with it, every sample in every part (see ``op_db_entries.PARTS``). What does not pass stands in ``NOT_YET``, and an
entry that passes fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from .op_db_check import check
from .op_db_compare import Different
from .op_db_entries import (
    CHANCE,
    DRAWN,
    LEFT_OUT,
    NOT_YET,
    PHASES,
    ROUNDING,
    STRUCTURE_ONLY,
    TIES,
    database,
    missing,
    parts_of,
)
from .op_db_faults import FAULTS
from .op_db_record import read
from .op_db_run import room
from .op_db_table import DOCUMENT, text

pytestmark = pytest.mark.unoptimized

QUICK_SAMPLES = 2
OPERATORS = database()
_tests = itertools.count(1)


@pytest.fixture(autouse=True)
def few_maps(request: pytest.FixtureRequest) -> Iterator[None]:
    """An operator's programs serve no other: let go of them before they exhaust the process."""
    yield
    # Counting a process's memory maps takes tens of milliseconds.
    if next(_tests) % 16 == 0 or request.node.get_closest_marker("exhaustive") is not None:
        room()


def held(key: str, part: str, samples: int | None, record: Callable[[str, object], None]) -> None:
    """Run a part; a listed one must not pass all its samples."""
    reason = missing(key, part)
    try:
        done, total = check(OPERATORS[key], part, samples)
    except Different as difference:
        record("op_db", "listed" if reason else "failed")
        if reason is None:
            raise
        pytest.xfail(f"{reason}: {difference}")
    if reason is not None:
        if done == total:
            record("op_db", "failed")
            pytest.fail(f"{key}, {part}: passes; take it out of NOT_YET (listed: {reason})")
        record("op_db", "listed")
        pytest.xfail(reason)
    record("op_db", f"passed {done}")


@pytest.mark.parametrize("key", OPERATORS)
def test_samples_in_float32(key: str, record_property: Callable[[str, object], None]) -> None:
    held(key, "float32", QUICK_SAMPLES, record_property)


@pytest.mark.parametrize("key", [key for key, op in OPERATORS.items() if "errors" in parts_of(op)])
def test_error_inputs(key: str, record_property: Callable[[str, object], None]) -> None:
    held(key, "errors", None, record_property)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("key", "part"), [(key, part) for key, op in OPERATORS.items() for part in parts_of(op)]
)
def test_all_samples(key: str, part: str, record_property: Callable[[str, object], None]) -> None:
    held(key, part, None, record_property)


def test_tables_name_operators() -> None:
    """No entry outlives its operator."""
    from torch.testing._internal.common_methods_invocations import op_db

    assert set(LEFT_OUT) <= {op.name for op in op_db}
    for table in (CHANCE, DRAWN, FAULTS, PHASES, STRUCTURE_ONLY, ROUNDING, TIES, NOT_YET, read()):
        assert set(table) <= set(OPERATORS)


def test_not_yet_names_parts() -> None:
    for key, entry in NOT_YET.items():
        assert set(entry) <= {"all", *parts_of(OPERATORS[key])}, key


def test_table_is_generated() -> None:
    assert DOCUMENT.read_text() == text(), "run python -m tests.parity.op_db_table"
