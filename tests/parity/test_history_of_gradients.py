"""By what a gradient made with ``create_graph`` has a history: torch's formulas keep choices, and compute apart."""

from __future__ import annotations

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

CHOICES = {
    "max": lambda t, x: x.max(0).values,
    "maximum": lambda t, x: t.maximum(x, x.detach() * 2),
    "amax of several": lambda t, x: x.amax((0, 1)),
    "median": lambda t, x: x.median(),
    "sort": lambda t, x: x.sort(1).values,
    "topk": lambda t, x: x.topk(1).values,
    "cummax": lambda t, x: x.cummax(0).values,
    "clamp": lambda t, x: x.clamp(-0.5, 1.0),
    "nansum": lambda t, x: x.nansum(),
}
APART = {
    "addmm": lambda t, x: [t.addmm, x * 1, x * 2, x * 3],
    "linear": lambda t, x: [t.nn.functional.linear, x * 1, x * 2, x[0] * 3],
    "addcmul": lambda t, x: [t.addcmul, x * 1, x * 2, x * 3],
    "fmod": lambda t, x: [t.fmod, x * 1, x * 2 + 5],
    "layer_norm": lambda t, x: [t.nn.functional.layer_norm, x * 1, (2,), x[0] * 2, x[1] * 3],
    "conv1d": lambda t, x: [t.nn.functional.conv1d, x[None] * 1, x[:, :, None] * 2, x[0] * 3],
}


def matrix(torch):
    return torch.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_no_dependency(name):
    def run(torch):
        x = matrix(torch)
        (g,) = torch.autograd.grad(CHOICES[name](torch, x).sum(), x, create_graph=True)
        y = CHOICES[name](torch, x * x)  # whose gradient depends on x by what comes before
        (h,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
        return g, h, torch.autograd.grad(h.sum(), x)

    same(run)


@pytest.mark.parametrize("name", APART)
def test_gradients_of_several_operands(name):
    def run(torch):
        x = matrix(torch)
        function, *operands = APART[name](torch, x)
        y = function(*operands)
        ends = [t for t in operands if isinstance(t, torch.Tensor)]
        gradients = torch.autograd.grad(y.sum(), ends, create_graph=True)
        return list(gradients)

    same(run)


def test_dividing_by_a_number_keeps_nothing():
    def run(torch):
        x = matrix(torch)
        kept = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: kept.append(tuple(t.shape)) or t, lambda t: t
        ):
            y = (x / 3).mean() + x.mean(0).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        return kept, g

    same(run)
