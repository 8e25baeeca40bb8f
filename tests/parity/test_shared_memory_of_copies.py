"""Tensors that share memory share it again when they are copied or read from a file, whichever library wrote it."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest

import jaxlearn

from .helper import compare, same, torch


def _windows(torch: Any) -> list[Any]:
    x = torch.arange(6.0)
    return [x, x[2:4], x.view(2, 3), x.t(), x.view(2, 3).t(), x[::2], x[1:1]]


def _written_through(read: list[Any]) -> Any:
    """What is to be seen in all of them after two writes, and how they lie in memory."""
    by_shape = {tuple(t.shape): t for t in read}
    by_shape[(6,)][2] = 50
    by_shape[(3, 2)][0, 0] = 9
    facts = [
        (t.storage_offset(), t.stride(), t._is_view(), t.is_leaf, t.untyped_storage().nbytes()) for t in read
    ]
    return read, facts


@pytest.mark.parametrize("writer", [torch, jaxlearn], ids=["torch", "jaxlearn"])
@pytest.mark.parametrize("backwards", [False, True])
def test_files(writer: Any, backwards: bool) -> None:
    windows = _windows(writer)
    file = io.BytesIO()
    writer.save(windows[::-1] if backwards else windows, file)

    def program(torch: Any) -> Any:
        return _written_through(torch.load(io.BytesIO(file.getvalue())))

    same(program)


@pytest.mark.parametrize("writer", [torch, jaxlearn], ids=["torch", "jaxlearn"])
def test_tied_weights(writer: Any) -> None:
    embedding, linear = writer.nn.Embedding(3, 4), writer.nn.Linear(4, 3, bias=False)
    linear.weight = embedding.weight
    model = writer.nn.Sequential(embedding, linear)
    state, whole = io.BytesIO(), io.BytesIO()
    writer.save(model.state_dict(), state)
    writer.save(model, whole)

    def program(torch: Any) -> Any:
        read = torch.load(io.BytesIO(state.getvalue()))
        read["0.weight"].zero_()
        return read["1.weight"], read["0.weight"].data_ptr() == read["1.weight"].data_ptr()

    same(program)
    back = writer.load(io.BytesIO(whole.getvalue()), weights_only=False)
    assert back[0].weight is back[1].weight


def test_an_optimizer_updates_parameters_that_were_parts_of_one_storage() -> None:
    flat = torch.arange(4.0)
    file = io.BytesIO()
    torch.save([torch.nn.Parameter(flat[:2]), torch.nn.Parameter(flat[2:])], file)

    def program(torch: Any) -> Any:
        parameters = torch.load(io.BytesIO(file.getvalue()))
        optimizer = torch.optim.SGD(parameters, lr=1.0)
        sum((p * p).sum() for p in parameters).backward()
        optimizer.step()
        return parameters

    same(program)


def test_deep_copies() -> None:
    same(lambda torch: _written_through(copy.deepcopy(_windows(torch))))

    def parameters(torch: Any) -> Any:
        p = torch.nn.Parameter(torch.ones(3))
        copied, alias = copy.deepcopy([p, p.data])
        with torch.no_grad():
            copied.mul_(3)
        return p, copied, alias  # a parameter's copy is on memory of its own

    same(parameters)


def test_shallow_copies_are_the_same_memory() -> None:
    def program(torch: Any) -> Any:
        x, p = torch.ones(3), torch.nn.Parameter(torch.ones(2))
        c, q = copy.copy(x[1:]), copy.copy(p)
        c[0] = 4
        with torch.no_grad():
            q[0] = 7
        return x, c, p, q, type(q).__name__

    same(program)


def test_both_libraries_read_the_same() -> None:
    file = io.BytesIO()
    jaxlearn.save(_windows(jaxlearn), file)
    theirs, ours = (library.load(io.BytesIO(file.getvalue())) for library in (torch, jaxlearn))
    compare(ours, theirs)
