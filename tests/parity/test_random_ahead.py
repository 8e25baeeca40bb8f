"""Numbers that are made ahead, and by other means once many were drawn: those of torch, in whatever order."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jaxlearn import _random as R
from jaxlearn._random import box_muller, gaussian, integers


def test_few_at_a_time() -> None:
    mine, reference = R.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    kinds = np.random.RandomState(0)
    for _ in range(2500):
        kind, n = int(kinds.randint(0, 8)), int(kinds.randint(0, 14))
        for _ in range(int(kinds.randint(1, 4))):
            if kind == 0:
                got, wanted = R.uniform(mine, (n,)), torch.rand(n, generator=reference)
            elif kind == 1:
                got, wanted = R.normal(mine, (n,)), torch.randn(n, generator=reference)
            elif kind == 2:
                got = R.uniform(mine, (n,), -0.3, 0.7)
                wanted = torch.empty(n).uniform_(-0.3, 0.7, generator=reference)
            elif kind == 3:
                got = R.normal(mine, (n,), 0.5, 2.0)
                wanted = torch.empty(n).normal_(0.5, 2.0, generator=reference)
            elif kind == 4:
                got, wanted = R.randperm(mine, n), torch.randperm(n, generator=reference)
            elif kind == 5:
                got, wanted = R.randint(mine, 0, 7, (n,)), torch.randint(0, 7, (n,), generator=reference)
            elif kind == 6:
                chances = np.full((n, 2), 0.3, np.float32)
                got = R.bernoulli(mine, chances)
                wanted = torch.bernoulli(torch.from_numpy(chances), generator=reference)
            else:
                weights = np.linspace(0.1, 1, n + 1, dtype=np.float32)
                got = R.multinomial(mine, weights, 1)
                wanted = torch.multinomial(torch.from_numpy(weights), 1, generator=reference)
            np.testing.assert_array_equal(got, wanted.numpy(), strict=True)
    assert mine.get_state().tolist() == reference.get_state().tolist()


def test_pairs_are_rounded_as_the_c_librarys() -> None:
    words = np.random.RandomState(1).randint(0, 1 << 32, 4 * 100_000, np.uint32)
    words[:8] = [0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF]
    exact = gaussian._pairs(words).astype(np.float32)
    np.testing.assert_array_equal(gaussian._pairs32(words)[:, :2].astype(np.float32), exact)


@pytest.mark.parametrize("n", [0, 1, 2, 10, 11, 100, 1500, 1501, 4000])
def test_permutations_with_and_without_lapack(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = torch.randperm(n, generator=torch.Generator().manual_seed(n)).numpy()
    np.testing.assert_array_equal(R.randperm(R.Generator().manual_seed(n), n), wanted)
    monkeypatch.setattr(integers, "_interchange", integers._lapack().dlaswp)
    np.testing.assert_array_equal(R.randperm(R.Generator().manual_seed(n), n), wanted)
    monkeypatch.setattr(integers, "_worth", lambda n: None)
    monkeypatch.setattr(integers, "_interchange", None)
    np.testing.assert_array_equal(R.randperm(R.Generator().manual_seed(n), n), wanted)


def test_lapack_is_scipys() -> None:
    alone = integers._lapack()
    import scipy.linalg.lapack

    assert scipy.linalg.lapack.dlaswp is alone.dlaswp


def test_normal_numbers_ahead_by_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, reference = R.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    monkeypatch.setattr(box_muller, "_made", box_muller._WORTH_BEHIND)
    box_muller._ready()
    assert box_muller._coming is not None
    assert box_muller._coming.result() is not None
    for i in range(60):
        shape = (3, 32, 32) if i % 20 else (7, 16)
        np.testing.assert_array_equal(R.normal(mine, shape), torch.randn(shape, generator=reference).numpy())
    assert mine.get_state().tolist() == reference.get_state().tolist()
