"""Shape functions against torch: values, grad_fn names, strides, errors with their texts, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def tensors(torch: Any, requires_grad: bool = False) -> tuple[Any, Any, Any]:
    """The tensors that the programs are about: three dimensions, a matrix, a vector."""
    shapes = (2, 3, 4), (2, 3), (3,)
    return tuple(
        torch.tensor(np.arange(np.prod(s), dtype=np.float32).reshape(s)).requires_grad_(requires_grad)
        for s in shapes
    )


RECORDED: dict[str, Callable[..., Any]] = {
    "view": lambda torch, x, m, v: x.view(6, 4),
    "view_same": lambda torch, x, m, v: x.view(2, 3, 4),
    "reshape": lambda torch, x, m, v: x.reshape(-1),
    "reshape_same": lambda torch, x, m, v: x.reshape(2, 3, 4),
    "reshape nc": lambda torch, x, m, v: x.transpose(0, 1).reshape(-1),
    "flatten": lambda torch, x, m, v: x.flatten(),
    "flatten1": lambda torch, x, m, v: x.flatten(1),
    "flatten v": lambda torch, x, m, v: v.flatten(),
    "flatten0d": lambda torch, x, m, v: v.sum().flatten(),
    "ravel": lambda torch, x, m, v: x.ravel(),
    "ravel v": lambda torch, x, m, v: v.ravel(),
    "flat nc": lambda torch, x, m, v: x.transpose(0, 1).flatten(),
    "unflatten": lambda torch, x, m, v: x.unflatten(2, (2, 2)),
    "view_as": lambda torch, x, m, v: x.view_as(x),
    "reshape_as": lambda torch, x, m, v: x.reshape_as(x),
    "transpose": lambda torch, x, m, v: x.transpose(0, 1),
    "t": lambda torch, x, m, v: m.t(),
    "t1": lambda torch, x, m, v: v.t(),
    "T": lambda torch, x, m, v: m.T,
    "mT": lambda torch, x, m, v: x.mT,
    "H": lambda torch, x, m, v: m.H,
    "permute": lambda torch, x, m, v: x.permute(2, 0, 1),
    "movedim": lambda torch, x, m, v: x.movedim(0, 1),
    "swapaxes": lambda torch, x, m, v: x.swapaxes(0, 1),
    "T1": lambda torch, x, m, v: v.T,
    "mH": lambda torch, x, m, v: x.mH,
    "adjoint": lambda torch, x, m, v: x.adjoint(),
    "squeeze": lambda torch, x, m, v: x.unsqueeze(0).squeeze(),
    "squeeze0": lambda torch, x, m, v: x.unsqueeze(0).squeeze(0),
    "squeeze01": lambda torch, x, m, v: x.unsqueeze(0).squeeze((0, 1)),
    "unsqueeze": lambda torch, x, m, v: x.unsqueeze(-1),
    "expand": lambda torch, x, m, v: v.expand(2, 3),
    "expand_as": lambda torch, x, m, v: v.expand_as(m),
    "broadcast_to": lambda torch, x, m, v: torch.broadcast_to(v, (2, 3)),
    "narrow": lambda torch, x, m, v: x.narrow(0, 0, 1),
    "select": lambda torch, x, m, v: x.select(0, 1),
    "diagonal": lambda torch, x, m, v: m.diagonal(),
    "unfold": lambda torch, x, m, v: x.unfold(2, 2, 1),
    "split": lambda torch, x, m, v: x.split(1),
    "split list": lambda torch, x, m, v: x.split([1, 1]),
    "chunk": lambda torch, x, m, v: x.chunk(2),
    "tensor_split": lambda torch, x, m, v: x.tensor_split(2),
    "unbind": lambda torch, x, m, v: x.unbind(0),
    "hsplit": lambda torch, x, m, v: torch.hsplit(m, 3),
    "split_with_sizes": lambda torch, x, m, v: x.split_with_sizes([1, 2], 1),
    "contiguous": lambda torch, x, m, v: x.transpose(0, 1).contiguous(),
    "contig same": lambda torch, x, m, v: x.contiguous(),
    "clone": lambda torch, x, m, v: x.clone(),
    "repeat": lambda torch, x, m, v: v.repeat(2, 2),
    "tile": lambda torch, x, m, v: v.tile(2),
    "flip": lambda torch, x, m, v: x.flip(0),
    "fliplr": lambda torch, x, m, v: m.fliplr(),
    "roll": lambda torch, x, m, v: x.roll(1, 0),
    "roll0": lambda torch, x, m, v: x.roll(1),
    "tril": lambda torch, x, m, v: m.tril(),
    "triu": lambda torch, x, m, v: m.triu(),
    "diag": lambda torch, x, m, v: v.diag(),
    "diag2": lambda torch, x, m, v: m.diag(),
    "diag_embed": lambda torch, x, m, v: v.diag_embed(),
    "diagflat": lambda torch, x, m, v: v.diagflat(),
    "cat": lambda torch, x, m, v: torch.cat([x, x]),
    "stack": lambda torch, x, m, v: torch.stack([x, x]),
    "hstack": lambda torch, x, m, v: torch.hstack([m, m]),
    "vstack": lambda torch, x, m, v: torch.vstack([v, v]),
    "dstack": lambda torch, x, m, v: torch.dstack([m, m]),
    "column_stack": lambda torch, x, m, v: torch.column_stack([v, v]),
    "meshgrid": lambda torch, x, m, v: torch.meshgrid(v, v, indexing="ij"),
    "meshgrid xy": lambda torch, x, m, v: torch.meshgrid(v, v, indexing="xy"),
    "broadcast_tensors": lambda torch, x, m, v: torch.broadcast_tensors(v, m),
    "repeat_interleave": lambda torch, x, m, v: v.repeat_interleave(2),
    "repeat_interleave_t": lambda torch, x, m, v: v.repeat_interleave(torch.tensor([1, 2, 3])),
    "repi dim": lambda torch, x, m, v: m.repeat_interleave(2, dim=1),
    "block_diag": lambda torch, x, m, v: torch.block_diag(m, m),
    "cartesian_prod": lambda torch, x, m, v: torch.cartesian_prod(v, v),
    "atleast_2d": lambda torch, x, m, v: torch.atleast_2d(v),
    "combinations": lambda torch, x, m, v: torch.combinations(v),
    "as_strided": lambda torch, x, m, v: x.as_strided((2, 2), (1, 2)),
    "complex": lambda torch, x, m, v: torch.complex(v, v),
    "polar": lambda torch, x, m, v: torch.polar(v, v),
    "view_as_real": lambda torch, x, m, v: torch.view_as_real(torch.complex(v, v)),
    "view_as_complex": lambda torch, x, m, v: torch.view_as_complex(torch.stack([v, v], -1)),
    "real real": lambda torch, x, m, v: v.real,
    "to64": lambda torch, x, m, v: x.double(),
    "to same": lambda torch, x, m, v: x.float(),
    "to copy": lambda torch, x, m, v: x.to(torch.float32, copy=True),
    "type": lambda torch, x, m, v: x.type(torch.float64),
    "type_as": lambda torch, x, m, v: x.type_as(x.double()),
    "view bad": lambda torch, x, m, v: x.view(5),
    "view nc": lambda torch, x, m, v: x.transpose(0, 1).view(-1),
    "view -1-1": lambda torch, x, m, v: x.view(-1, -1),
    "view neg": lambda torch, x, m, v: x.view(-2, 12),
    "view -1 bad": lambda torch, x, m, v: x.view(-1, 7),
    "reshape bad": lambda torch, x, m, v: torch.zeros(6).reshape(2, 7),
    "view0": lambda torch, x, m, v: torch.zeros(0).view(-1, 0),
    "transpose bad": lambda torch, x, m, v: x.transpose(0, 3),
    "t bad": lambda torch, x, m, v: x.t(),
    "permute rep": lambda torch, x, m, v: x.permute(0, 0, 1),
    "permute range": lambda torch, x, m, v: x.permute(0, 1, 3),
    "expand bad": lambda torch, x, m, v: v.expand(2, 4),
    "expand few": lambda torch, x, m, v: m.expand(3),
    "expand -1": lambda torch, x, m, v: v.expand(-1, 3),
    "narrow bad": lambda torch, x, m, v: x.narrow(0, 1, 2),
    "narrow start": lambda torch, x, m, v: x.narrow(0, 5, 1),
    "narrow len": lambda torch, x, m, v: x.narrow(0, 0, -1),
    "select bad": lambda torch, x, m, v: x.select(0, 2),
    "select dim": lambda torch, x, m, v: x.select(3, 0),
    "unsqueeze bad": lambda torch, x, m, v: x.unsqueeze(5),
    "squeeze bad": lambda torch, x, m, v: x.squeeze(5),
    "cat bad": lambda torch, x, m, v: torch.cat([torch.zeros(2, 2), torch.zeros(3, 3)], 1),
    "cat empty": lambda torch, x, m, v: torch.cat([]),
    "cat dims": lambda torch, x, m, v: torch.cat([torch.zeros(2), torch.zeros(2, 2)]),
    "cat 0d": lambda torch, x, m, v: torch.cat([torch.tensor(1.0)]),
    "stack bad": lambda torch, x, m, v: torch.stack([torch.zeros(3), torch.zeros(4)]),
    "stack empty": lambda torch, x, m, v: torch.stack([]),
    "cat dimrange": lambda torch, x, m, v: torch.cat([v], 1),
    "cat legacy": lambda torch, x, m, v: torch.cat([torch.zeros(0), m]),
    "cat notlist": lambda torch, x, m, v: torch.cat(v),
    "split bad": lambda torch, x, m, v: x.split([1, 2]),
    "split 0": lambda torch, x, m, v: x.split(0),
    "split neg": lambda torch, x, m, v: x.split(-1),
    "chunk 0": lambda torch, x, m, v: x.chunk(0),
    "unflatten bad": lambda torch, x, m, v: x.unflatten(2, (3, 2)),
    "unflatten neg": lambda torch, x, m, v: x.unflatten(2, (-1, 3)),
    "flatten bad": lambda torch, x, m, v: x.flatten(2, 1),
    "repeat bad": lambda torch, x, m, v: x.repeat(2),
    "repeat neg": lambda torch, x, m, v: v.repeat(-1),
    "flip bad": lambda torch, x, m, v: x.flip(3),
    "flip dup": lambda torch, x, m, v: x.flip(0, 0),
    "roll bad": lambda torch, x, m, v: x.roll((1, 2), 0),
    "roll none": lambda torch, x, m, v: x.roll(()),
    "diag bad": lambda torch, x, m, v: x.diag(),
    "tril bad": lambda torch, x, m, v: v.tril(),
    "diagonal bad": lambda torch, x, m, v: v.diagonal(),
    "unfold bad": lambda torch, x, m, v: v.unfold(0, 4, 1),
    "unfold step": lambda torch, x, m, v: v.unfold(0, 2, 0),
    "movedim bad": lambda torch, x, m, v: x.movedim((0, 1), (0,)),
    "movedim rep": lambda torch, x, m, v: x.movedim((0, 0), (0, 1)),
    "imag real": lambda torch, x, m, v: v.imag,
    "rot90 bad": lambda torch, x, m, v: v.rot90(),
    "tensor_split bad": lambda torch, x, m, v: x.tensor_split(0),
    "hsplit bad": lambda torch, x, m, v: torch.hsplit(m, 2),
    "T 3d": lambda torch, x, m, v: x.T,
    "mT1": lambda torch, x, m, v: v.mT,
    "H 3d": lambda torch, x, m, v: x.H,
}

PLAIN = [
    "m.is_same_size(m)",
    "m.is_set_to(m)",
    "torch.cat((m,m),dim=-3)",
    "x.unfold(1,2,1).stride()",
    "x.diagonal(0,1,2)",
    "x.permute(2,0,1).reshape(-1)",
    "x.transpose(0,1).flatten(1)",
    "m.expand(2,2,3).reshape(4,3)",
    "x.transpose(1,2).view(2,2,2,3).stride()",
    "m.repeat(2,1,2)",
    "m.roll((1,1),(0,1))",
    "m.rot90(2)",
    "m.tril(-1)",
    "m.triu(1)",
    "torch.diag_embed(m,1)",
    "torch.diag(torch.arange(3.),-1)",
    "torch.diagflat(m)",
    "torch.stack([m,m],-1)",
    "torch.tensor_split(x,[1,5],2)",
    "torch.hsplit(m,[1])",
    "torch.meshgrid(torch.arange(2),torch.arange(3),indexing='xy')",
    "torch.combinations(torch.arange(3))",
    "torch.block_diag(m,torch.ones(2))",
    "m.repeat_interleave(2,1)",
    "m.view(torch.int32)",
    "m.view(torch.uint8).shape",
    "m.is_set_to(m.view(2,3))",
    "torch.broadcast_shapes((2,1),(3,),(1,1,1))",
    "torch.broadcast_shapes((2,),(3,))",
    "torch.broadcast_tensors(torch.zeros(2),torch.zeros(3))",
    "torch.atleast_3d(m).shape",
    "torch.cartesian_prod(torch.arange(2),torch.arange(2))",
    "m.unflatten(1,(3,-1)).shape",
    "m.flatten(0,0) is m",
    "m.squeeze(0).shape",
    "m.movedim((0,1),(1,0)).shape",
    "x.mT.shape",
    "x.narrow(2,-2,2)",
    "x.narrow(2,torch.tensor(1),2)",
    "x.select(-1,-1)",
    "x.chunk(5,dim=2)",
    "torch.zeros(0,3).chunk(2)",
    "torch.zeros(0,3).split(2)",
    "torch.unbind(torch.tensor(1.))",
    "torch.tensor(5).expand(2)",
    "torch.tensor(5).repeat(2)",
    "torch.tensor(5).flatten()",
    "torch.tensor(5).unsqueeze(0)",
    "torch.tensor(5).transpose(0,0)",
]


def evaluate(expression: str) -> Callable[[Any], Any]:
    """The program of an expression in ``torch``, ``x``, ``m`` and ``v``."""

    def program(torch: Any) -> Any:
        x, m, v = tensors(torch)
        return eval(expression, {"torch": torch, "np": np, "x": x, "m": m, "v": v})

    return program


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", RECORDED)
def test_values_names_and_errors(same: Callable[..., None], name: str) -> None:
    same(lambda torch: RECORDED[name](torch, *tensors(torch, True)), grad_fn=True, message=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", PLAIN)
def test_on_the_host(same: Callable[..., None], expression: str) -> None:
    same(evaluate(expression))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "transpose": lambda x: x.transpose(0, 2),
    "permute": lambda x: x.permute(1, 2, 0),
    "step": lambda x: x[:, 1:, ::2],
    "diagonal": lambda x: x.diagonal(1, 1, 2),
    "expand": lambda x: x[:, :1].expand(2, 5, 4),
    "unfold": lambda x: x.unfold(2, 3, 1),
    "unflatten": lambda x: x.transpose(0, 1).unflatten(2, (2, 2)),
    "as_strided": lambda x: x[1].as_strided((2, 2), (4, 1)),
    "chain": lambda x: x.movedim(0, -1).squeeze().select(1, 2)[1:].unsqueeze(0),
    "reshaped": lambda x: x.transpose(1, 2).reshape(2, 12),
}


@pytest.mark.parametrize("name", VIEWS)
def test_strides_and_offset_are_torchs(same: Callable[..., None], name: str) -> None:
    def program(torch: Any) -> Any:
        view = VIEWS[name](tensors(torch)[0])
        return tuple(view.stride()), view.storage_offset(), view.is_contiguous()

    same(program)


DIFFERENTIATED: dict[str, Callable[..., Any]] = {
    "view": lambda torch, x: x.view(4, 6),
    "transpose reshape": lambda torch, x: x.transpose(0, 1).reshape(-1),
    "permute": lambda torch, x: x.permute(2, 0, 1),
    "expand": lambda torch, x: x[:1].expand(3, 3, 4),
    "diagonal": lambda torch, x: x.diagonal(0, 1, 2),
    "unfold": lambda torch, x: x.unfold(2, 2, 1),
    "split": lambda torch, x: x.split([1, 2], 1)[1],
    "unbind": lambda torch, x: x.unbind(1)[1],
    "narrow": lambda torch, x: x.narrow(2, 1, 2),
    "flip": lambda torch, x: x.flip(0, 2),
    "roll": lambda torch, x: x.roll((1, 2), (0, 2)),
    "repeat": lambda torch, x: x.repeat(2, 1, 2),
    "tril": lambda torch, x: x.tril(),
    "diag_embed": lambda torch, x: x.diag_embed(),
    "repeat_interleave": lambda torch, x: x.repeat_interleave(2, 1),
    "cat": lambda torch, x: torch.cat([x, 2 * x], 1),
    "stack": lambda torch, x: torch.stack([x, 3 * x], 1),
    "meshgrid": lambda torch, x: torch.meshgrid(x[0, 0], x[0, :, 0], indexing="ij")[1],
    "double": lambda torch, x: x.double(),
}


def gradients(torch: Any) -> dict[str, Any]:
    leaves, total = {}, 0
    for name, function in DIFFERENTIATED.items():
        leaves[name] = torch.arange(24.0).reshape(2, 3, 4).clone().requires_grad_()
        result = function(torch, leaves[name])
        total = total + (result * torch.arange(1.0, result.numel() + 1).reshape(result.shape)).sum()
    total.backward()  # type: ignore[attr-defined]
    return {name: leaf.grad for name, leaf in leaves.items()}


def test_gradients(same: Callable[..., None]) -> None:
    same(gradients)


def test_golden_values_without_torch() -> None:
    x = jaxlearn.arange(6).reshape(2, 3)
    assert x.t().tolist() == [[0, 3], [1, 4], [2, 5]]
    assert x.t().stride() == (1, 3)
    assert jaxlearn.cat([x, x], 1).tolist() == [[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]]
    with pytest.raises(RuntimeError, match=r"shape '\[2, 7\]' is invalid for input of size 6"):
        x.reshape(2, 7)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        x.t().view(-1)


def test_a_write_through_a_view_is_seen_by_the_base() -> None:
    x = jaxlearn.zeros(2, 3)
    x.view(-1)[4] = 1
    x.t()[0].add_(2)
    assert x.tolist() == [[2, 0, 0], [2, 1, 0]]


def test_in_place_reshaping_keeps_the_memory() -> None:
    x = jaxlearn.zeros(2, 3)
    alias = x.detach()
    assert x.unsqueeze_(0).shape == (1, 2, 3)
    x[0, 1, 2] = 5
    assert alias.tolist() == [[0, 0, 0], [0, 0, 5]]


def test_a_loop_over_slices_of_a_device_tensor_compiles_at_most_twice() -> None:
    x = jaxlearn.ones(16, 3).requires_grad_()
    before = jaxlearn.stats()
    for i in range(0, 16, 2):
        (x[i : i + 2] * x[i]).sum().backward()
    after = jaxlearn.stats()
    assert after["compiles"] - before["compiles"] <= 3
