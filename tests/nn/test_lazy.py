"""Lazy modules: what is known before the first call and after it, conversion, loading, copies, errors."""

from __future__ import annotations

import copy

import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


def test_shapes_come_from_the_first_call():
    for layer, x, name in (
        (nn.LazyLinear(3), torch.ones(2, 5), "Linear"),
        (nn.LazyConv2d(4, 3, groups=5), torch.ones(2, 5, 8, 8), None),
        (nn.LazyInstanceNorm1d(), torch.ones(2, 5, 8), "InstanceNorm1d"),
        (nn.LazyBatchNorm2d(dtype=torch.float64), torch.ones(2, 5, 2, 2, dtype=torch.float64), "BatchNorm2d"),
    ):
        assert layer.has_uninitialized_params() and repr(layer.weight) == "<UninitializedParameter>"
        if name is None:
            with pytest.raises(ValueError, match="out_channels must be divisible by groups"):
                nn.Conv2d(5, 4, 3, groups=5)
            continue
        result = layer(x)
        assert type(layer).__name__ == name and type(layer.weight) is nn.Parameter
        assert result.dtype == x.dtype == layer.weight.dtype
        assert not layer._forward_pre_hooks and not layer._load_state_dict_pre_hooks


def test_use_before_the_shape_is_known():
    layer = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="uninitialized parameter"):
        layer.weight + 1
    with pytest.raises(RuntimeError, match="Can't access the shape"):
        _ = layer.weight.shape
    with pytest.raises(RuntimeError, match=r"Expected 2D .unbatched. or 3D"):
        nn.LazyConv1d(2, 3)(torch.ones(2))
    with pytest.raises(RuntimeError, match="not been fully initialized"):

        class Forgetful(nn.modules.lazy.LazyModuleMixin, nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.UninitializedParameter()

            def initialize_parameters(self, x):
                pass

        Forgetful()(torch.ones(1))


def test_conversion_copy_and_training():
    model = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(1)).double()
    twin = copy.deepcopy(model)
    x = torch.ones(2, 3, dtype=torch.float64)
    model(x)
    assert [p.shape for p in model.parameters()] == [(4, 3), (4,), (1, 4), (1,)]
    assert {p.dtype for p in model.parameters()} == {torch.float64}
    assert twin[0].has_uninitialized_params()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x).sum().backward()
    before = model[2].bias.item()
    optimizer.step()
    assert model[2].bias.item() == pytest.approx(before - 0.2)


def test_loading():
    source = nn.Sequential(nn.Linear(5, 3)).state_dict()
    model = nn.Sequential(nn.LazyLinear(3))
    model.load_state_dict(source)
    assert torch.equal(model[0].weight, source["0.weight"])
    assert model(torch.ones(2, 5)).shape == (2, 3) and repr(model[0]).startswith("Linear(in_features=5")
    # Nothing changes when it fails, shapes included.
    other = nn.Sequential(nn.LazyLinear(3))
    with pytest.raises(RuntimeError, match="Unexpected key"):
        other.load_state_dict({**source, "1.weight": source["0.weight"]})
    assert other[0].has_uninitialized_params()
    # A lazy state into a lazy module.
    other.load_state_dict(nn.Sequential(nn.LazyLinear(3)).state_dict())
    assert other[0].has_uninitialized_params()
