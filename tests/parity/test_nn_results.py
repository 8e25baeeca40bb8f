"""Every layer's results, gradients and buffers against torch; a group of layers is one program."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn

from .layers import GROUPS, make, tensors

pytestmark = pytest.mark.unoptimized

torch = pytest.importorskip("torch")


def run(group, library):
    """Outputs, gradients and buffers of all layers of the group, after one backward through all of them."""
    made = [(entry, make(entry, library), tensors(entry, library)) for entry in group]
    outputs = [layer(*inputs) for _, layer, inputs in made]
    total = 0.0
    for output in outputs:
        weight = np.random.default_rng(1).normal(size=tuple(output.shape)).astype(np.float32)
        total = total + (output * library.from_numpy(np.asarray(weight))).sum()
    total.backward()
    found = {}
    for (entry, layer, inputs), output in zip(made, outputs, strict=True):
        found[entry, "output"] = output.detach()
        for i, x in enumerate(inputs):
            if x.grad is not None:
                found[entry, f"gradient of input {i}"] = x.grad
        for name, p in layer.named_parameters():
            found[entry, f"gradient of {name}"] = p.grad
        for name, buffer in layer.named_buffers():
            found[entry, name] = buffer
    return {key: value.numpy() for key, value in found.items()}


@pytest.mark.parametrize("group", GROUPS, ids=[g[0].partition("(")[0] + "..." for g in GROUPS])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_results_and_gradients(group):
    expected, got = run(group, torch), run(group, jaxlearn)
    assert got.keys() == expected.keys()
    for key, value in expected.items():
        assert got[key].dtype == value.dtype, key
        # float32 sums in another order than torch's: 2e-5 is some hundred roundings
        np.testing.assert_allclose(got[key], value, rtol=2e-5, atol=1e-5, err_msg=str(key))
