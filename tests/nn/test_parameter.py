"""Parameter and Buffer: tensors that are NNX variables."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


def test_a_parameter_is_a_tensor_and_a_param():
    p = nn.Parameter(torch.zeros(2))
    assert isinstance(p, torch.Tensor) and isinstance(p, nnx.Param) and isinstance(p, nnx.Variable)
    assert repr(p) == "Parameter containing:\ntensor([0., 0.], requires_grad=True)" == str(p)
    assert p.requires_grad and p.is_leaf
    assert type(p + 1) is torch.Tensor
    assert repr(nn.Parameter()) == "Parameter containing:\ntensor([], requires_grad=True)"


def test_the_storage_is_shared_with_the_data():
    t = torch.zeros(2, 2)
    p, row = nn.Parameter(t), nn.Parameter(t[0])
    t.fill_(3)
    assert p.tolist() == [[3.0, 3.0], [3.0, 3.0]] and row.tolist() == [3.0, 3.0]
    q = nn.Parameter(torch.ones(2, requires_grad=True) * 2)
    assert q.is_leaf and q.grad_fn is None


def test_gradients_of_integers_are_refused():
    with pytest.raises(
        RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"
    ):
        nn.Parameter(torch.ones(2, dtype=torch.int64))
    assert nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False).dtype is torch.int64
    with pytest.raises(AttributeError, match="'list' object has no attribute 'detach'"):
        nn.Parameter([1.0])


def test_copies_and_pickles():
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    p.set_metadata(out_sharding=None)
    for q in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(q) is nn.Parameter and not q.requires_grad and torch.equal(q, p)
        assert "out_sharding" in q.get_metadata()
    assert copy.deepcopy(nn.Parameter(torch.ones(1))).requires_grad


def test_unknown_attributes_compute_nothing():
    p = nn.Parameter(torch.ones(2))
    with torch.no_grad():
        p.add_(torch.ones(2))
    assert not hasattr(p, "no_such_thing")
    with pytest.raises(AttributeError, match="'Parameter' object has no attribute 'no_such_thing'"):
        _ = p.no_such_thing
    p.mine = 3
    assert p.mine == 3


def test_nnx_reads_and_writes_the_storage():
    p = nn.Parameter(torch.ones(2))
    alias = p.detach()
    assert isinstance(p.get_value(), jax.Array)
    p.set_value(jnp.zeros(2))
    assert alias.tolist() == [0.0, 0.0]
    with torch.no_grad():
        alias.fill_(5)
    assert p.get_raw_value().tolist() == [5.0, 5.0]


def test_a_parameter_is_a_pytree_of_its_value():
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    doubled = jax.tree.map(lambda x: x * 2, p)
    assert type(doubled) is nn.Parameter and doubled.tolist() == [2.0, 2.0] and not doubled.requires_grad
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), p)
    assert shapes.get_raw_value().shape == (2,)
    assert jax.tree.leaves(jax.tree.map(lambda x: None, p)) == []


def test_arrays_of_jax_become_parameters():
    p = nn.Parameter(jnp.arange(3.0))
    assert p.tolist() == [0.0, 1.0, 2.0] and p.jax().dtype == np.float32


def test_buffers():
    b = nn.Buffer(torch.zeros(2))
    assert isinstance(b, torch.Tensor) and isinstance(b, nnx.BatchStat)
    assert (
        repr(b) == "tensor([0., 0.])"
        and b.persistent
        and not nn.Buffer(torch.ones(1), persistent=False).persistent
    )
    assert not b.requires_grad
