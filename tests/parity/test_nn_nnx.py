"""Every layer through Flax NNX, against torch: split, merge, and one nnx.jit of nnx.value_and_grad on JAX arrays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxlearn

from .layers import GROUPS, NESTED, arrays, make, tensors

torch = pytest.importorskip("torch")


def total(layers, inputs):
    outputs = [first(layer(*given)) for layer, given in zip(layers, inputs, strict=True)]
    return sum([(y * y).sum() for y in outputs]), outputs


def first(result):
    """The output itself, where states or weights come with it."""
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize(
    "group", [*GROUPS, *NESTED], ids=[g[0].partition("(")[0] + "..." for g in [*GROUPS, *NESTED]]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_layers(group):
    made = jaxlearn.nn.ModuleList([make(entry, jaxlearn) for entry in group])
    theirs = torch.nn.ModuleList([make(entry, torch) for entry in group])
    graphdef, state = nnx.split(made)
    layers = nnx.merge(graphdef, jax.tree.map(lambda x: x, state))
    assert repr(layers) == repr(made) and list(layers.state_dict()) == list(made.state_dict())

    inputs = [[jnp.asarray(x) for x in arrays(entry)] for entry in group]
    (_, outputs), grads = nnx.jit(nnx.value_and_grad(total, has_aux=True))(layers, inputs)
    loss, expected = total(theirs, [tensors(entry, torch) for entry in group])
    loss.backward()
    for entry, got, value in zip(group, outputs, expected, strict=True):
        assert isinstance(got, jax.Array), entry
        np.testing.assert_allclose(got, value.detach().numpy(), rtol=2e-5, atol=1e-5, err_msg=entry)
    flat = dict(nnx.to_flat_state(grads))
    for name, p in theirs.named_parameters():
        got = np.asarray(flat[tuple(name.split("."))].get_value())
        np.testing.assert_allclose(got, p.grad.numpy(), rtol=1e-4, atol=1e-4, err_msg=name)
    for name, buffer in theirs.named_buffers():
        np.testing.assert_allclose(
            layers.get_buffer(name).numpy(), buffer.numpy(), rtol=2e-5, atol=1e-6, err_msg=name
        )
        assert str(layers.get_buffer(name).dtype) == str(buffer.dtype), name
