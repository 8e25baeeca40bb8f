"""Orders that torch 2.13.0 gave, so that the contract is tested without torch too."""

from __future__ import annotations

import jaxlearn as torch
from jaxlearn.utils.data import DataLoader, RandomSampler, TensorDataset, random_split


def test_random_sampler() -> None:
    torch.manual_seed(0)
    assert list(RandomSampler(range(8))) == [2, 5, 4, 6, 1, 7, 0, 3]
    assert torch.rand(2).tolist() == torch.tensor([0.08847743272781372, 0.13203048706054688]).tolist()


def test_shuffled_epochs() -> None:
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.arange(10)), 4, shuffle=True)
    assert [x.tolist() for (x,) in loader] == [[6, 7, 1, 4], [2, 0, 9, 8], [3, 5]]
    assert [x.tolist() for (x,) in loader] == [[2, 4, 7, 0], [8, 9, 5, 3], [6, 1]]
    assert [round(x, 4) for x in torch.rand(2).tolist()] == [0.4556, 0.6323]


def test_random_split() -> None:
    parts = random_split(range(10), [3, 7], torch.Generator().manual_seed(42))
    assert [part.indices for part in parts] == [[2, 6, 1], [8, 4, 5, 0, 9, 3, 7]]
