"""Indexing against torch: all forms of brackets, reading and writing, gather, scatter, and searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn

pytestmark = pytest.mark.unoptimized


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
    "x[0]": lambda torch, x, m, v: x[0],
    "x[0:1]": lambda torch, x, m, v: x[0:1],
    "x[:]": lambda torch, x, m, v: x[:],
    "x[...]": lambda torch, x, m, v: x[...],
    "x[None]": lambda torch, x, m, v: x[None],
    "x[:,0]": lambda torch, x, m, v: x[:, 0],
    "x[...,0]": lambda torch, x, m, v: x[..., 0],
    "x[True]": lambda torch, x, m, v: x[True],
    "x[False]": lambda torch, x, m, v: x[False],
    "x[()]": lambda torch, x, m, v: x[()],
    "x[t0]": lambda torch, x, m, v: x[torch.tensor(1)],
    "x[[0,1]]": lambda torch, x, m, v: x[[0, 1]],
    "x[mask]": lambda torch, x, m, v: x[x > 3],
    "x[0,[1,2]]": lambda torch, x, m, v: x[0, [1, 2]],
    "x[[0,1],:,[0,1]]": lambda torch, x, m, v: x[[0, 1], :, [0, 1]],
    "x[0,:,[0,1]]": lambda torch, x, m, v: x[0, :, [0, 1]],
    "x[[[0,1],[1,0]]]": lambda torch, x, m, v: x[[[0, 1], [1, 0]]],
    "x[[slice(0,1),0]]": lambda torch, x, m, v: x[[slice(0, 1), 0]],
    "x[tensor(True)]": lambda torch, x, m, v: x[torch.tensor(True)],
    "x[3]": lambda torch, x, m, v: x[3],
    "x[0,0,5]": lambda torch, x, m, v: x[0, 0, 5],
    "x[0,0,0,0]": lambda torch, x, m, v: x[0, 0, 0, 0],
    "x[-3]": lambda torch, x, m, v: x[-3],
    "x[::-1]": lambda torch, x, m, v: x[::-1],
    "x[1.5]": lambda torch, x, m, v: x[1.5],
    'x["a"]': lambda torch, x, m, v: x["a"],
    "x[[0,5]]": lambda torch, x, m, v: x[[0, 5]],
    "x[tensor float]": lambda torch, x, m, v: x[torch.tensor([0.5])],
    "x[0d][0]": lambda torch, x, m, v: torch.tensor(1.0)[0],
    "x[[0,1],[0,1,2]]": lambda torch, x, m, v: x[[0, 1], [0, 1, 2]],
    "x[mask bad]": lambda torch, x, m, v: x[torch.tensor([True])],
    "two ellipsis": lambda torch, x, m, v: x[..., ...],
    "np idx": lambda torch, x, m, v: x[np.array([0, 1])],
    "np int": lambda torch, x, m, v: x[np.int64(1)],
    "u8": lambda torch, x, m, v: m[torch.tensor([1, 0], dtype=torch.uint8)],
    "x[range(2)]": lambda torch, x, m, v: x[range(2)],
    "x[[]]": lambda torch, x, m, v: x[[]],
    "x[[True,False]]": lambda torch, x, m, v: x[[True, False]],
    "gather": lambda torch, x, m, v: m.gather(1, torch.tensor([[0], [1]])),
    "scatter": lambda torch, x, m, v: m.scatter(1, torch.tensor([[0], [1]]), m[:, :1]),
    "scatter val": lambda torch, x, m, v: m.scatter(1, torch.tensor([[0], [1]]), 1.0),
    "scatter_add": lambda torch, x, m, v: m.scatter_add(1, torch.tensor([[0], [1]]), m),
    "scatter_reduce": lambda torch, x, m, v: m.scatter_reduce(1, torch.tensor([[0], [1]]), m, "sum"),
    "index_select": lambda torch, x, m, v: m.index_select(1, torch.tensor([0])),
    "index_add": lambda torch, x, m, v: m.index_add(0, torch.tensor([0]), m[:1]),
    "index_copy": lambda torch, x, m, v: m.index_copy(0, torch.tensor([0]), m[:1]),
    "index_fill": lambda torch, x, m, v: m.index_fill(0, torch.tensor([0]), 1),
    "index_fill t": lambda torch, x, m, v: m.index_fill(0, torch.tensor([0]), torch.tensor(1.0)),
    "take": lambda torch, x, m, v: m.take(torch.tensor([0])),
    "take_along_dim": lambda torch, x, m, v: m.take_along_dim(torch.tensor([[0], [1]]), 1),
    "put": lambda torch, x, m, v: m.put(torch.tensor([0]), torch.tensor([1.0])),
    "masked_select": lambda torch, x, m, v: m.masked_select(m > 2),
    "masked_scatter": lambda torch, x, m, v: m.masked_scatter(m > 2, m),
    "index_put": lambda torch, x, m, v: m.index_put((torch.tensor([0]),), torch.tensor(1.0)),
    "select_scatter": lambda torch, x, m, v: m.select_scatter(v, 0, 0),
    "slice_scatter": lambda torch, x, m, v: m.slice_scatter(v[None], 0, 0, 1),
    "diagonal_scatter": lambda torch, x, m, v: m.diagonal_scatter(v[:2]),
    "gather bad": lambda torch, x, m, v: m.gather(1, torch.tensor([[5]])),
    "gather dim": lambda torch, x, m, v: m.gather(1, torch.tensor([0])),
    "gather size": lambda torch, x, m, v: m.gather(1, torch.zeros(3, 1, dtype=torch.long)),
    "gather dtype": lambda torch, x, m, v: m.gather(1, torch.zeros(2, 1)),
    "gather i32": lambda torch, x, m, v: m.gather(1, torch.zeros(2, 1, dtype=torch.int32)),
    "scatter bad": lambda torch, x, m, v: m.scatter(1, torch.tensor([[5]]), 1.0),
    "scatter size": lambda torch, x, m, v: m.scatter(
        1, torch.zeros(2, 1, dtype=torch.long), torch.zeros(1, 1)
    ),
    "scatter dtype": lambda torch, x, m, v: m.scatter(
        1, torch.zeros(2, 1, dtype=torch.long), torch.zeros(2, 1, dtype=torch.double)
    ),
    "scatter idx dtype": lambda torch, x, m, v: m.scatter(1, torch.zeros(2, 1), 1.0),
    "scatter reduce bad": lambda torch, x, m, v: m.scatter(
        1, torch.zeros(2, 1, dtype=torch.long), 1.0, reduce="foo"
    ),
    "index_select bad": lambda torch, x, m, v: m.index_select(0, torch.tensor([5])),
    "index_select 2d": lambda torch, x, m, v: m.index_select(0, torch.tensor([[0]])),
    "index_select dtype": lambda torch, x, m, v: m.index_select(0, torch.tensor([0.0])),
    "index_add bad": lambda torch, x, m, v: m.index_add(0, torch.tensor([0]), m),
    "index_add oob": lambda torch, x, m, v: m.index_add(0, torch.tensor([5]), m[:1]),
    "index_add shape": lambda torch, x, m, v: m.index_add(0, torch.tensor([0]), m[:1, :2]),
    "index_copy bad": lambda torch, x, m, v: m.index_copy(0, torch.tensor([0]), m),
    "index_copy oob": lambda torch, x, m, v: m.index_copy(0, torch.tensor([5]), m[:1]),
    "index_fill oob": lambda torch, x, m, v: m.index_fill(0, torch.tensor([5]), 1.0),
    "take bad": lambda torch, x, m, v: m.take(torch.tensor([9])),
    "take dtype": lambda torch, x, m, v: m.take(torch.tensor([1.0])),
    "put oob": lambda torch, x, m, v: m.put(torch.tensor([9]), torch.tensor([1.0])),
    "put num": lambda torch, x, m, v: m.put(torch.tensor([1]), torch.tensor([1.0, 2.0])),
    "put dtype": lambda torch, x, m, v: m.put(torch.tensor([1]), torch.tensor([1])),
    "masked_select bad": lambda torch, x, m, v: m.masked_select(m),
    "masked_scatter dt": lambda torch, x, m, v: m.masked_scatter(m, m),
    "take_along dt": lambda torch, x, m, v: m.take_along_dim(torch.tensor([[0.0]]), 1),
    "take_along dim": lambda torch, x, m, v: m.take_along_dim(torch.tensor([0]), 1),
}

PLAIN = [
    "torch.tensor(np.arange(3)[::-1])",
    "torch.from_numpy(np.arange(3)[::-1])",
    "torch.tensor(1.)[...].shape",
    "torch.unique(torch.tensor([3,1,1]),return_inverse=True,return_counts=True)",
    "torch.unique(torch.tensor([[3,1],[1,2]]),dim=0)",
    "torch.unique_consecutive(torch.tensor([1,1,2,1]),return_inverse=True,return_counts=True)",
    "torch.tensor([3,1,1]).unique()",
    "torch.bincount(torch.tensor([1,2,1]))",
    "torch.bincount(torch.tensor([1,2,1]),torch.tensor([1.,2.,3.]))",
    "torch.bincount(torch.tensor([1,2,1]),torch.tensor([1,2,3]),minlength=5)",
    "torch.bincount(torch.tensor([-1]))",
    "torch.bincount(torch.tensor([1.]))",
    "torch.bincount(torch.tensor([[1]]))",
    "torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3,6]))",
    "torch.searchsorted(torch.tensor([1,3,5]),3)",
    "torch.searchsorted(torch.tensor([1,3,5]),3,right=True)",
    "torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3.]))",
    'torch.searchsorted(torch.tensor([1,3,5]),3,side="right",right=False)',
    "torch.bucketize(torch.tensor([3,6]),torch.tensor([1,3,5]))",
    "torch.bucketize(3,torch.tensor([1,3,5]),out_int32=True)",
    "torch.nonzero(m)",
    "torch.nonzero(m,as_tuple=True)",
    "torch.nonzero(torch.tensor(1.))",
    "torch.nonzero(torch.tensor(1.),as_tuple=True)",
    "torch.argwhere(m>3)",
    "torch.where(m>3)",
    "m[0].is_set_to(m[0])",
    "torch.repeat_interleave(torch.tensor([1,2]))",
    "m.repeat_interleave(torch.tensor([1,2]))",
    "m.repeat_interleave(torch.tensor([1,-2]),0)",
    "x[5:]",
    "x[-2:,1:-1]",
    "x[:,None,::2]",
    "x[0,...,None,1]",
    "x[torch.tensor([[0,1],[1,0]])]",
    "x[torch.tensor([[0,1],[1,0]]),torch.tensor([0,2])]",
    "x[:,torch.tensor([0,2]),torch.tensor([1,3])]",
    "x[torch.tensor([0,1]),:,torch.tensor([1,3])]",
    "x[torch.tensor([0,1]),None,torch.tensor([1,2])]",
    "x[x[:,:,0]>3]",
    "x[:,torch.tensor([True,False,True])]",
    "x[torch.tensor([-1])]",
    "x[[True,False],1]",
    "x[1,2,3]",
    "x[...]",
    "x[:,:,[0]]",
    "m[m>10]",
    "m[torch.tensor([[True,False,True],[False,False,True]])]",
    "m[torch.tensor([],dtype=torch.int64)]",
    "m[2:1]",
    "m[0:2,1:2].stride()",
    "m.t()[1].storage_offset()",
    "x[:,1].view(8)",
    "x[:,:,1].view(6)",
    "m.repeat_interleave(torch.tensor([1,2]),0)",
    "torch.unique(m%2)",
    "torch.unique(torch.tensor([[1,2],[1,2],[0,1]]),dim=0,return_inverse=True,return_counts=True)",
    "m.scatter_reduce(1,torch.tensor([[0,0],[1,1]]),torch.ones(2,2)*4,'amax')",
    "m.scatter_reduce(1,torch.tensor([[0,0],[1,1]]),torch.ones(2,2)*4,'mean')",
    "m.scatter_reduce(1,torch.tensor([[0,0],[1,1]]),torch.ones(2,2)*4,'prod',include_self=False)",
    "m.scatter_reduce(1,torch.tensor([[0,0],[1,1]]),torch.ones(2,2)*4,'amin',include_self=False)",
    "m.gather(0,torch.tensor([[0,1,0]]))",
    "m.take(torch.tensor([[0,-1]]))",
    "m.index_select(1,torch.tensor([2,0,0]))",
    "m.index_copy(1,torch.tensor([2]),torch.ones(2,1))",
    "m.index_fill(1,torch.tensor([2,0]),-1)",
    "torch.searchsorted(torch.tensor([[1.,3.,5.],[2.,4.,6.]]),torch.tensor([[3.],[4.]]),right=True)",
    "torch.tensor([1+2j]).real",
    "torch.tensor([1+2j]).imag",
    "x.split([1,2],dim=1)[1]",
    "torch.tensor([1.,2.]).expand(3,-1)",
    "torch.tensor(5)[None]",
    "torch.tensor(5)[()]",
    "torch.tensor(5).gather(0,torch.tensor(0))",
    "torch.arange(3)[torch.tensor(2)]",
    "torch.nonzero(torch.zeros(2,0))",
]

# Each runs on fresh tensors; x, m and y are compared afterwards.
WRITES = [
    "x[0] = torch.zeros(2)",
    "x[0] = torch.zeros(1,1,3,4)",
    "x[5] = 1",
    "x[0,0,0,0] = 1",
    "x[[0,1]] = torch.zeros(3)",
    "x[[0,5]] = 0",
    "x[x>3] = torch.zeros(3)",
    "x[x>3] = torch.zeros(20)",
    "x[x>3] = torch.arange(20)",
    "x[[0,1]] = torch.arange(4)",
    "x[0] = torch.arange(4)",
    'x[0] = "a"',
    "x[0] = [1,2,3,4]",
    "x[0] = np.zeros(4)",
    "x[0] = 1j",
    "m[0] = np.float64(3)",
    "y=x.clone().requires_grad_(); y[0] = 1",
    "y=x.clone().requires_grad_(); y[[0]] = 1",
    "y=x.clone().requires_grad_(); y[:] = 1",
    "y=x.clone().requires_grad_(); y[y>2] = 1",
    "y=x.clone().requires_grad_(); y.copy_(x)",
    "y=torch.zeros(3).expand(2,3); y[0] = 1",
    "y=torch.zeros(3).expand(2,3); y[:,0] = 1",
    "y=m.clone(); y[y>2]=0",
    "y=m.clone(); y[:,1:]=torch.tensor([7,8])",
    "y=m.clone(); y[[0,1],[1,2]]=torch.tensor([7.,8.])",
    "y=m.clone(); y[0,[0,2]]=9",
    "y=m.clone(); y[:,[0,2]]=torch.tensor([[1.],[2.]])",
    "y=m.clone(); y[None]=3",
    "y=m.clone(); y[...,0]=torch.tensor(5)",
    "y=x.clone(); y[:,0:3:2,1]=torch.arange(4.).reshape(2,2)",
    "y=x.clone(); y[1,...,::2]=-1",
    "y=m.clone(); z=y.t(); z[0]=9",
    "y=m.clone(); z=y[1]; z[1:]=9",
    "y=m.clone(); z=y.view(-1); z[[0,5]]=9",
    "y=m.clone(); z=y[:,1]; z.fill_(4)",
    "y=m.clone(); y[torch.tensor(1)]=4",
    "y=m.clone(); y[True]=4",
    "y=m.clone(); y[np.array([True,False])]=4",
    "y=m.clone(); y[torch.tensor([True,False]),1]=4",
    "y=m.clone(); y.unsqueeze_(0).add_(1)",
    "y=m.clone(); y.t_(); y[0,1]=50",
    "y=m.clone(); z=y.detach(); y.squeeze_(); z[0]=8",
    "y=m.clone(); y.copy_(torch.arange(3))",
    "y=m.clone(); y.copy_(y.clone().double()*2.5)",
    "y=m.clone(); y.fill_(torch.tensor(3))",
    "y=m.clone(); y.zero_()",
    "y=m.clone(); y.index_add_(0,torch.tensor([0,0]),torch.ones(2,3),alpha=2)",
    "y=m.clone(); y.scatter_(1,torch.tensor([[0],[2]]),5.)",
    "y=m.clone(); y.scatter_add_(1,torch.tensor([[0,0],[2,2]]),torch.ones(2,2))",
    "y=m.clone(); y.index_put_((torch.tensor([0,0]),),torch.tensor(1.),accumulate=True)",
    "y=m.clone(); y.put_(torch.tensor([1,-1]),torch.tensor([5.,6.]))",
    "y=m.clone(); y.masked_scatter_(y>2,torch.arange(10.))",
    "y=torch.zeros(3,dtype=torch.uint8); y[0]=-1",
    "y=torch.zeros(3,dtype=torch.int64); y[0]=2.7",
    "y=torch.zeros(3,dtype=torch.int64); y[0]=torch.tensor(2.7)",
    "y=torch.zeros(3,dtype=torch.bool); y[0]=2",
    "y=torch.zeros(3,dtype=torch.uint8); y[0]=300",
    "y=torch.zeros(2,3,1); y[:]=torch.arange(3.).reshape(3,1)",
    "y=m.clone(); y[0:0]=5",
    "y=m.clone(); y[5:]=5",
    "y=torch.tensor([1+2j]); y.real=5.",
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
    same(evaluate(expression), message=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("statement", WRITES)
def test_writes(same: Callable[..., None], statement: str) -> None:
    def program(torch: Any) -> Any:
        x, m, v = tensors(torch)
        names = {"torch": torch, "np": np, "x": x, "m": m, "v": v}
        exec(statement, names)
        return names["x"], names["m"], names.get("y", x)

    same(program, message=True)


DIFFERENTIATED: dict[str, Callable[..., Any]] = {
    "select": lambda torch, x: x[1],
    "basic": lambda torch, x: x[:, 1:, ::2],
    "index": lambda torch, x: x[[0, 0, 1]],
    "two indices": lambda torch, x: x[[0, 1, 0], :, [1, 1, 1]],
    "mask": lambda torch, x: x[x > 5],
    "masked_select": lambda torch, x: x.masked_select(x > 5),
    "gather": lambda torch, x: x.gather(2, torch.tensor([[[0, 0], [1, 3]]])),
    "scatter": lambda torch, x: x.scatter(2, torch.tensor([[[0, 0], [1, 3]]]), x[:1, :2, :2] * 2),
    "scatter_add": lambda torch, x: x.scatter_add(2, torch.tensor([[[0, 0], [1, 3]]]), x[:1, :2, :2] * 2),
    "amax": lambda torch, x: x.scatter_reduce(2, torch.tensor([[[0, 0], [1, 3]]]), x[:1, :2, :2] * 1, "amax"),
    "prod": lambda torch, x: x.scatter_reduce(2, torch.tensor([[[0, 0], [1, 3]]]), x[:1, :2, :2], "prod"),
    "mean": lambda torch, x: x.scatter_reduce(
        2, torch.tensor([[[0, 0], [1, 3]]]), x[:1, :2, :2], "mean", include_self=False
    ),
    "index_select": lambda torch, x: x.index_select(1, torch.tensor([2, 2, 0])),
    "index_add": lambda torch, x: x.index_add(1, torch.tensor([2, 2]), x[:, :2], alpha=3),
    "index_copy": lambda torch, x: x.index_copy(1, torch.tensor([2, 0]), x[:, :2] * 5),
    "index_fill": lambda torch, x: x.index_fill(1, torch.tensor([2]), 7.0),
    "index_put": lambda torch, x: x.index_put(
        (torch.tensor([0, 0]),), x[:, 0].sum() * torch.ones(4), accumulate=True
    ),
    "take": lambda torch, x: x.take(torch.tensor([3, 3, -1])),
    "put": lambda torch, x: x.put(torch.tensor([3, 5]), x[0, 0, :2] * 2),
    "masked_scatter": lambda torch, x: x.masked_scatter(x > 20, x[0, 0] * 3),
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


def test_gradients_of_writes(same: Callable[..., None]) -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(6.0).reshape(2, 3).clone().requires_grad_()
        w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * 2
        y[0] = w
        y[1, 1:] = w[:2] * y[0, :2]
        y[[1], [0]] = 5.0
        y[y > 2.5] = 0.5
        (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
        return y, x.grad, w.grad

    same(program)


def test_golden_values_without_torch() -> None:
    x = jaxlearn.arange(6).reshape(2, 3)
    assert x[1].tolist() == [3, 4, 5]
    assert x[:, [0, 2]].tolist() == [[0, 2], [3, 5]]
    assert x[x > 2].tolist() == [3, 4, 5]
    x[0] = jaxlearn.tensor([9, 8, 7])
    x[:, 1] = 0
    assert x.tolist() == [[9, 0, 7], [3, 0, 5]]
    with pytest.raises(IndexError, match="index 5 is out of bounds for dimension 0 with size 2"):
        x[5]
    with pytest.raises(ValueError, match="step must be greater than zero"):
        x[::-1]


def test_a_failing_write_changes_nothing() -> None:
    x = jaxlearn.zeros(2, 3)
    with pytest.raises(RuntimeError):
        x[0] = jaxlearn.ones(2)
    assert x.tolist() == [[0, 0, 0], [0, 0, 0]]


TWICE: dict[str, Callable[..., Any]] = {
    "scatter": lambda torch, x: x.scatter(1, torch.tensor([[0, 1], [1, 2]]), x[:, :2] * 2),
    "prod": lambda torch, x: x.scatter_reduce(1, torch.tensor([[0, 0], [1, 2]]), x[:, :2] * 2, "prod"),
    "amax": lambda torch, x: x.scatter_reduce(1, torch.tensor([[0, 0], [1, 2]]), x[:, :2] * 2, "amax"),
    "index_put": lambda torch, x: x.index_put((torch.tensor([0]),), x[1] * 2),
    "index_copy": lambda torch, x: x.index_copy(1, torch.tensor([2]), x[:, :1] * 3),
    "index": lambda torch, x: x[[0, 0, 1]],
}


@pytest.mark.parametrize("name", TWICE)
def test_gradients_of_gradients(same: Callable[..., None], name: str) -> None:
    def program(torch: Any) -> Any:
        leaf = torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3).clone().requires_grad_()
        (first,) = torch.autograd.grad((TWICE[name](torch, leaf) ** 3).sum(), leaf, create_graph=True)
        return torch.autograd.grad((first**2).sum(), leaf)

    same(program)


def test_a_loop_over_a_device_tensor_compiles_at_most_twice() -> None:
    x = (jaxlearn.ones(50, 3, requires_grad=True) * 2).detach()
    before = jaxlearn.stats()["compiles"]
    total = 0.0
    for i in range(50):
        total += x[i].sum().item()
    assert total == 300
    assert jaxlearn.stats()["compiles"] - before <= 2


def test_a_captured_step_creates_draws_and_writes_anew() -> None:
    @jaxlearn.compile
    def step(x: Any) -> Any:
        z = jaxlearn.zeros(3) + jaxlearn.tensor([1.0, 2.0, 3.0])
        z[1] = x.sum()
        z[x[:3] > 1] = 9.0
        return z, jaxlearn.rand(2)

    jaxlearn.manual_seed(0)
    results = [step(jaxlearn.arange(4.0) + i) for i in range(3)]
    assert [r[0].tolist() for r in results] == [[1, 6, 9], [1, 9, 9], [9, 9, 9]]
    jaxlearn.manual_seed(0)
    assert [r[1].tolist() for r in results] == [jaxlearn.rand(2).tolist() for _ in range(3)]
