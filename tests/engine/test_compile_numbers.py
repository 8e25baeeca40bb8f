"""Tensors without dimensions where an operation takes a number, inside compiled functions."""

from __future__ import annotations

import pytest
import torch as reference

import jaxlearn


def operands(torch):
    x = torch.arange(12.0).reshape(4, 3) / 7
    return x, x.cos(), torch.tensor([0, 1, 2, 0]), torch.arange(32.0).reshape(1, 2, 4, 4) / 30


# What takes a number that the program need not know.
COMPUTED = {
    "elu": lambda torch, x, z, y, i, s: torch.nn.functional.elu(-x, s),
    "leaky relu": lambda torch, x, z, y, i, s: torch.nn.functional.leaky_relu(-x, s),
    "softplus": lambda torch, x, z, y, i, s: torch.nn.functional.softplus(x, s),
    "layer norm": lambda torch, x, z, y, i, s: torch.nn.functional.layer_norm(x, (3,), eps=s),
    "group norm": lambda torch, x, z, y, i, s: torch.nn.functional.group_norm(i, 1, eps=s),
    "margin": lambda torch, x, z, y, i, s: torch.nn.functional.margin_ranking_loss(x, z, x.sign(), margin=s),
    "hinge": lambda torch, x, z, y, i, s: torch.nn.functional.hinge_embedding_loss(
        x, torch.ones_like(x), margin=s
    ),
    "pad": lambda torch, x, z, y, i, s: torch.nn.functional.pad(x, (1, 1), value=s),
    "attention": lambda torch, x, z, y, i, s: torch.nn.functional.scaled_dot_product_attention(
        i, i, i, scale=s
    ),
    "alpha": lambda torch, x, z, y, i, s: torch.add(x, z, alpha=s),
    "addmm": lambda torch, x, z, y, i, s: torch.addmm(x[:3], x[:3], z[:3], beta=s, alpha=s),
    "clamp": lambda torch, x, z, y, i, s: x.clamp(s, s + 1),
    "temperature": lambda torch, x, z, y, i, s: (x / s).softmax(-1),
}
# What must know it.
READ = {
    "label smoothing": lambda torch, x, z, y, i, s: torch.nn.functional.cross_entropy(
        x, y, label_smoothing=s
    ),
    "dropout": lambda torch, x, z, y, i, s: torch.nn.functional.dropout(x, s, training=False),
    "delta": lambda torch, x, z, y, i, s: torch.nn.functional.huber_loss(x, z, delta=s),
    "order": lambda torch, x, z, y, i, s: torch.linalg.vector_norm(x, s + 1.5),
    "pooled size": lambda torch, x, z, y, i, s: torch.nn.functional.adaptive_avg_pool2d(
        i, ((s * 6).long(), 2)
    ),
    "transform's size": lambda torch, x, z, y, i, s: torch.fft.fft2(x, s=((s * 6).long(), 2)).abs(),
    "dimensions": lambda torch, x, z, y, i, s: torch.tensordot(x, z.T, dims=([(s * 2).long()], [0])),
    "size to sum to": lambda torch, x, z, y, i, s: x.sum_to_size((s * 2).long(), 3),
    "flag": lambda torch, x, z, y, i, s: torch.nn.functional.max_pool2d(i, 2, return_indices=s > 0)[1],
}


def check(got, expected):
    reference.testing.assert_close(reference.tensor(got.tolist()), expected)


@pytest.mark.parametrize("name", COMPUTED)
def test_an_argument_stands_for_a_number(name):
    torch = jaxlearn
    step = torch.compile(lambda s: COMPUTED[name](torch, *operands(torch), s))
    torch.reset_stats()
    for value in (0.5, 0.25, 0.75):
        expected = COMPUTED[name](reference, *operands(reference), reference.tensor(value))
        check(step(torch.tensor(value)), expected)
    assert torch.stats()["recordings"] == 1


@pytest.mark.parametrize("name", READ)
def test_a_number_that_must_be_known(name):
    torch = jaxlearn
    expected = READ[name](reference, *operands(reference), reference.tensor(0.5))
    outside = torch.tensor(0.5)
    check(READ[name](torch, *operands(torch), outside), expected)
    check(torch.compile(lambda: READ[name](torch, *operands(torch), outside))(), expected)
    with pytest.raises(
        RuntimeError, match=r"test_compile_numbers\.py:\d+ .* read on the host inside a compiled"
    ):
        torch.compile(lambda s: READ[name](torch, *operands(torch), s))(outside)


def test_a_number_that_requires_grad_is_refused():
    for torch in (reference, jaxlearn):
        x, p = torch.ones(3), torch.tensor(2.5, requires_grad=True)
        with pytest.raises(TypeError, match=r"argument 'min_val' .*must be Number, not Tensor"):
            torch.nn.functional.hardtanh(x, -p, p)


def test_padding_with_a_number_that_is_computed():
    torch = jaxlearn
    for value in (torch.tensor(0.5), torch.tensor(0.5) * torch.ones(()), 0.5):
        for _ in range(2):
            assert torch.nn.functional.pad(torch.ones(1), (1, 1), value=value).tolist() == [0.5, 1.0, 0.5]
