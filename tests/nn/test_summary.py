"""``nn.summary``: the table of a model, and what the model does not know of."""

from __future__ import annotations

import pytest

from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = [nn.Linear(2, 2), [nn.Linear(2, 2), nn.ReLU()]]
        self.heads = {"a": nn.Linear(2, 1)}
        self.scales = (nn.Parameter(),)
        self.known = nn.ModuleList([nn.BatchNorm1d(2)])
        self.again = [self.known[0], self.known[0].weight, "text", 3]
        self.known[0].bias.requires_grad_(False)


def test_plain_containers_are_named():
    model = nn.Sequential(Plain(), nn.LazyLinear(3))
    lines = nn.summary(model).split("\n")
    assert [line.split() for line in lines[:6]] == [
        ["name", "class", "parameters"],
        ["Sequential", "0"],
        ["0", "Plain", "0"],
        ["0.known", "ModuleList", "0"],
        ["0.known.0", "BatchNorm1d", "4"],
        ["1", "LazyLinear", "0+?"],
    ]
    assert lines[6:] == [
        "parameters: 4+?, trained: 2+?, buffers: 5",
        "not registered: 0.blocks is a list with 3 modules; use nn.ModuleList",
        "not registered: 0.heads is a dict with 1 module; use nn.ModuleDict",
        "not registered: 0.scales is a tuple with 1 parameter; use nn.ParameterList",
    ]
    # As in torch, such a list is allowed and silent.
    assert [name for name, _ in model[0].named_parameters()] == ["known.0.weight", "known.0.bias"]


def test_all_is_registered():
    assert "not registered" not in nn.summary(nn.Transformer(4, 2, 1, 1, 8))
    with pytest.raises(TypeError, match="takes a Module, not list"):
        nn.summary([])
