"""Random programs of function transforms, composed up to three times, give torch's numbers and errors."""

from __future__ import annotations

import pytest

from tests.parity.helper import same
from tests.parity.random_transforms import program

pytestmark = pytest.mark.unoptimized


@pytest.mark.parametrize("seed", range(40))
def test_program(seed):
    run, _ = program(seed)
    same(run, rtol=1e-6, atol=1e-6, message=True)  # sums in another order, in third derivatives
