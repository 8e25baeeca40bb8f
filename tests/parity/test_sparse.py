"""Sparse matrices in coordinates against torch's: text, products, sums, gradients and refusals."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .helper import same


def matrix(torch: Any, **options: Any) -> Any:
    places, values = torch.tensor([[1, 0, 1, 1], [2, 2, 0, 2]]), torch.tensor([3.0, 4.0, 5.0, -1.0])
    return torch.sparse_coo_tensor(places, values, (2, 3), **options)


def dense(torch: Any) -> Any:
    return torch.arange(6.0).reshape(3, 2)


# What is printed is the same; a sparse tensor here is no Tensor, so texts and dense tensors are compared.
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "text": lambda torch: [repr(matrix(torch)), repr(matrix(torch).coalesce()), repr(matrix(torch).t())],
    "text of many": lambda torch: [
        repr(torch.eye(30).to_sparse()),
        repr(torch.eye(30, dtype=torch.float64).to_sparse()),
    ],
    "text of a leaf": lambda torch: repr(matrix(torch, requires_grad=True)),
    "text of dtypes": lambda torch: [repr(matrix(torch).double()), repr(matrix(torch).half())],
    "what it is": lambda torch: [
        *matrix(torch).shape,
        matrix(torch)._nnz(),
        matrix(torch).coalesce()._nnz(),
        str(matrix(torch).layout),
        matrix(torch).is_sparse,
        matrix(torch).type(),
        matrix(torch).is_coalesced(),
    ],
    "products": lambda torch: [
        torch.sparse.mm(matrix(torch), dense(torch)),
        torch.spmm(matrix(torch), dense(torch)),
        torch.mm(matrix(torch), dense(torch)),
        matrix(torch) @ dense(torch),
        torch.matmul(matrix(torch), dense(torch)),
        matrix(torch).mm(dense(torch)),
        dense(torch) @ matrix(torch),
        matrix(torch) @ torch.ones(3),
        torch.sparse.addmm(torch.ones(2, 2), matrix(torch), dense(torch), alpha=2.0),
    ],
    "arithmetic": lambda torch: [
        repr(x.coalesce())
        for x in (
            matrix(torch) * 2,
            matrix(torch) + matrix(torch),
            matrix(torch) - matrix(torch),
            -matrix(torch) / 4,
            matrix(torch) ** 2,
            matrix(torch).mul(torch.arange(6.0).reshape(2, 3)),
        )
    ],
    "sums": lambda torch: [torch.sparse.sum(matrix(torch)), repr(torch.sparse.sum(matrix(torch), 0))],
    "with a dense one": lambda torch: torch.ones(2, 3) + matrix(torch),
    "and back": lambda torch: [
        matrix(torch).to_dense(),
        repr(torch.eye(2).to_sparse()),
        matrix(torch).coalesce().indices(),
    ],
    "softmax": lambda torch: [
        torch.sparse.softmax(matrix(torch), 1).to_dense(),
        torch.sparse.log_softmax(matrix(torch), 0).to_dense(),
    ],
    "sizes that are not told": lambda torch: repr(torch.sparse_coo_tensor([[0, 4], [1, 0]], [1.0, 2.0])),
    "old name": lambda torch: repr(torch.sparse.FloatTensor(torch.tensor([[0], [1]]), torch.ones(1), (2, 2))),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_programs(program: Callable[[Any], Any]) -> None:
    same(program)


def test_gradients() -> None:
    def program(torch: Any) -> Any:
        values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        x = torch.randn(3, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
        adjacency = torch.sparse_coo_tensor(torch.tensor([[0, 1, 1], [2, 0, 0]]), values, (2, 3))
        torch.sparse.mm(adjacency * 3, x).pow(2).sum().backward()
        leaf = matrix(torch, requires_grad=True)
        torch.sparse.mm(leaf, x.detach()).sum().backward()
        return values.grad, x.grad, leaf.grad.to_dense()

    same(program)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "indices": lambda torch: matrix(torch).indices(),
    "values": lambda torch: matrix(torch).values(),
    "numpy": lambda torch: matrix(torch).numpy(),
    "shapes": lambda torch: torch.spmm(matrix(torch), torch.ones(2, 2)),
    "numbers": lambda torch: torch.sparse_coo_tensor(torch.ones(2, 3).long(), torch.ones(2), (2, 3)),
    "a vector of places": lambda torch: torch.sparse_coo_tensor(torch.ones(2).long(), torch.ones(2)),
    "a dense one added": lambda torch: matrix(torch) + torch.ones(2, 3),
}


@pytest.mark.parametrize("program", REFUSED.values(), ids=list(REFUSED))
def test_refused(program: Callable[[Any], Any]) -> None:
    same(program, message=True)


def test_what_has_no_sparse_form_says_so() -> None:
    for call in (
        lambda: matrix(jaxlearn).view(6),
        lambda: jaxlearn.softmax(matrix(jaxlearn), 1),
        lambda: jaxlearn.sparse_coo_tensor([[0]], jaxlearn.ones(1, 2), (1,)),
    ):
        with pytest.raises(NotImplementedError):
            call()
    with pytest.raises(AttributeError):
        getattr(matrix(jaxlearn), "no_such_name")  # noqa: B009


def test_a_graph_network_compiles_once() -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        adjacency = torch.sparse.FloatTensor(torch.randint(0, 9, (2, 30)), torch.rand(30), torch.Size([9, 9]))
        adjacency = torch.autograd.Variable(adjacency)
        layers = torch.nn.Linear(4, 5), torch.nn.Linear(5, 2)
        optimizer = torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=0.05)
        x, y, losses = torch.randn(9, 4), torch.randint(0, 2, (9,)), []
        for _ in range(6):
            optimizer.zero_grad()
            hidden = torch.relu(torch.spmm(adjacency, layers[0](x)))
            loss = torch.nn.functional.cross_entropy(torch.spmm(adjacency, layers[1](hidden)), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return losses

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(program)
    before = jaxlearn.stats()["compiles"]
    program(jaxlearn)[-1].item()
    assert jaxlearn.stats()["compiles"] <= before + 1
