"""Clipping gradients, and parameters as a vector, against torch."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


def leaves(library, dtype="float32"):
    rng = np.random.default_rng(0)
    found = []
    for shape in ((3, 4), (5,), ()):
        p = library.nn.Parameter(library.zeros(shape, dtype=getattr(library, dtype)))
        p.grad = library.from_numpy(rng.normal(size=shape)).to(getattr(library, dtype))
        found.append(p)
    found.append(library.nn.Parameter(library.zeros(2)))
    return found


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3, float("inf")])
@pytest.mark.parametrize("bound", [0.5, 100.0])
def test_norm_is_torchs(norm_type, bound):
    torch = pytest.importorskip("torch")
    ours, theirs = leaves(jaxlearn), leaves(torch)
    got = nn.utils.clip_grad_norm_(ours, bound, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, bound, norm_type)
    np.testing.assert_allclose(got.item(), expected.item(), rtol=1e-6)
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-6)
    assert ours[3].grad is None


def test_values_are_clipped_in_place():
    ours = leaves(jaxlearn)
    held = ours[0].grad
    nn.utils.clip_grad_value_(ours, 0.25)
    assert ours[0].grad is held and held.abs().max().item() == 0.25


def test_what_is_not_finite_is_refused_if_asked():
    p = nn.Parameter(jaxlearn.zeros(2))
    p.grad = jaxlearn.tensor([1.0, float("inf")])
    with pytest.raises(
        RuntimeError, match=r"The total norm of order 2\.0 for gradients from `parameters` is non-finite"
    ):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [1.0, float("inf")]
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0.0


def test_an_empty_generator_warns_as_in_torch():
    torch = pytest.importorskip("torch")
    texts = []
    for library in (jaxlearn, torch):
        with pytest.warns(UserWarning) as caught:
            library.nn.utils.clip_grad_norm_((p for p in ()), 1.0)
        texts.append(str(caught[0].message))
    assert texts[0] == texts[1]


def test_clipping_is_part_of_the_steps_program():
    w = nn.Parameter(jaxlearn.ones(3, 3))
    optimizer = jaxlearn.optim.Adam([w], lr=0.1)

    def step(bound):
        optimizer.zero_grad()
        (w * w).sum().backward()
        norm = nn.utils.clip_grad_norm_([w], bound)
        nn.utils.clip_grad_value_([w], bound)
        optimizer.step()
        return norm.item()

    for i in range(3):
        step(0.5 / (i + 1))
    jaxlearn.reset_stats()
    for i in range(4):
        step(0.1 / (i + 1))
    stats = jaxlearn.stats()
    assert stats["compiles"] == 0
    assert stats["flushes"] == 4
    assert stats["op_by_op"] == 0


def test_parameters_as_a_vector():
    parameters = [nn.Parameter(jaxlearn.ones(2, 2)), nn.Parameter(jaxlearn.zeros(1))]
    vector = nn.utils.parameters_to_vector(parameters)
    assert vector.tolist() == [1.0, 1.0, 1.0, 1.0, 0.0] and vector.requires_grad
    nn.utils.vector_to_parameters(jaxlearn.arange(5.0), parameters)
    assert parameters[0].tolist() == [[0.0, 1.0], [2.0, 3.0]] and parameters[1].tolist() == [4.0]
    assert parameters[0].requires_grad and parameters[0].is_leaf
    with pytest.raises(TypeError, match=r"expected torch\.Tensor, but got"):
        nn.utils.vector_to_parameters([1.0], parameters)
