"""Every view times every write in place, through the alias and through the base, against torch.

Compared are the values of every alias, the gradient, the version counter, the names in the backward graph, strides
and offsets, and where torch raises, the exception's type and first line.
"""

from __future__ import annotations

import re
import warnings

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

# Each is a function of a (4, 4) tensor.
VIEWS = {
    "view": lambda x: x.view(2, 8),
    "reshape": lambda x: x.reshape(-1),
    "view_as": lambda x: x.view_as(x),
    "flatten": lambda x: x.flatten(),
    "ravel": lambda x: x.ravel(),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "transpose": lambda x: x.transpose(0, 1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "H": lambda x: x.H,
    "adjoint": lambda x: x.adjoint(),
    "permute": lambda x: x.permute(1, 0),
    "movedim": lambda x: x.movedim(0, 1),
    "int": lambda x: x[1],
    "negative": lambda x: x[-1],
    "element": lambda x: x[1, 2],
    "slice": lambda x: x[1:3],
    "column": lambda x: x[:, 1],
    "columns": lambda x: x[:, 1:3],
    "step": lambda x: x[::2, 1::2],
    "none": lambda x: x[None, 1],
    "ellipsis": lambda x: x[..., 1],
    "whole": lambda x: x[:],
    "empty": lambda x: x[2:2],
    "select": lambda x: x.select(1, 2),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "expand": lambda x: x[:1].expand(3, 4),
    "expand_row": lambda x: x[:1].expand(3, 4)[1],
    "expand_as": lambda x: x.expand_as(x),
    "broadcast_to": lambda x: x.broadcast_to(2, 4, 4),
    "diagonal": lambda x: x.diagonal(),
    "diagonal_1": lambda x: x.diagonal(1),
    "diagonal_-2": lambda x: x.diagonal(-2),
    "unfold": lambda x: x.unfold(0, 2, 2),
    "split": lambda x: x.split(2)[1],
    "split_sizes": lambda x: x.split([1, 3], 1)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "tensor_split": lambda x: x.tensor_split(3)[1],
    "hsplit": lambda x: x.hsplit(2)[1],
    "vsplit": lambda x: x.vsplit(2)[0],
    "unbind": lambda x: x.unbind(1)[2],
    "iter": lambda x: next(iter(x)),
    "as_strided": lambda x: x.as_strided((2, 3), (5, 1), 2),
    "detach": lambda x: x.detach(),
    "detach_row": lambda x: x.detach()[1],
    "row_detach": lambda x: x[1].detach(),
    "data": lambda x: x.data,
    "row_data": lambda x: x[1].data,
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "t_contiguous": lambda x: x.t().contiguous(),
    "t_reshape": lambda x: x.t().reshape(-1),
    "index": lambda x: x[[0, 2]],
    "mask": lambda x: x[x > 9],
    "view_int": lambda x: (x.view(dtype=_dtype(x, "int32")) if x.dtype == _dtype(x, "float32") else x),
}  # fmt: skip


def _dtype(x, name):
    return getattr(_library(x), name)


WRITES = {
    "add_": lambda v, o: v.add_(1),
    "add_tensor": lambda v, o: v.add_(v.detach().clone()),
    "add_alpha": lambda v, o: v.add_(2, alpha=3),
    "iadd": lambda v, o: v.__iadd__(1),
    "sub_": lambda v, o: v.sub_(2),
    "mul_": lambda v, o: v.mul_(-2),
    "mul_self": lambda v, o: v.mul_(v),
    "div_": lambda v, o: v.div_(2),
    "pow_": lambda v, o: v.pow_(2),
    "neg_": lambda v, o: v.neg_(),
    "abs_": lambda v, o: v.abs_(),
    "clamp_": lambda v, o: v.clamp_(3, 9),
    "clamp_min_": lambda v, o: v.clamp_min_(5),
    "relu_": lambda v, o: v.relu_(),
    "exp_": lambda v, o: v.exp_(),
    "sqrt_": lambda v, o: v.sqrt_(),
    "sigmoid_": lambda v, o: v.sigmoid_(),
    "tanh_": lambda v, o: v.div_(8).tanh_(),  # where the derivative is no difference of nearly equal numbers
    "floor_": lambda v, o: v.floor_(),
    "zero_": lambda v, o: v.zero_(),
    "fill_": lambda v, o: v.fill_(7),
    "copy_": lambda v, o: v.copy_(v.detach() * 3),
    "copy_grad": lambda v, o: v.copy_(v * 3),
    "copy_scalar": lambda v, o: v.copy_(o.detach()[0, 3].clone()),
    "set_first": lambda v, o: v.__setitem__(0, 9.0),
    "set_all": lambda v, o: v.__setitem__(Ellipsis, 9.0),
    "set_slice": lambda v, o: v.__setitem__(slice(0, 1), 2.0),
    "set_tensor": lambda v, o: v.__setitem__(0, o.detach()[1, 1].clone()),
    "set_grad": lambda v, o: v.__setitem__(0, (o if v.is_floating_point() else o.detach())[1, 1] * 2),
    "set_mask": lambda v, o: v.__setitem__(v.detach() > 9, 0.0),
    "set_index": lambda v, o: v.__setitem__([0], 1.0),
    "masked_fill_": lambda v, o: v.masked_fill_(v.detach() > 5, 4.0),
    "index_fill_": lambda v, o: v.index_fill_(0, v.detach().new_zeros(1).long(), 4.0),
    "index_add_": lambda v, o: v.index_add_(0, v.detach()[:1].flatten()[:1].long() * 0, v.detach()[:1].clone()),
    "index_put_": lambda v, o: v.index_put_((v.detach().new_zeros(1).long(),), v.detach().new_ones(())),
    "scatter_": lambda v, o: v.scatter_(0, v.detach().long() * 0, 3.0),
    "tril_": lambda v, o: v.tril_(),
    "cumsum_": lambda v, o: v.cumsum_(0),
    "lerp_": lambda v, o: v.lerp_(v.detach() * 2, 0.5),
    "addcmul_": lambda v, o: v.addcmul_(v.detach().clone(), v.detach() * 2),
    "t_": lambda v, o: v.t_(),
    "transpose_": lambda v, o: v.transpose_(0, 1),
    "squeeze_": lambda v, o: v.squeeze_(),
    "unsqueeze_": lambda v, o: v.unsqueeze_(0),
    "swapaxes_": lambda v, o: v.swapaxes_(0, -1),
    "resize_": lambda v, o: v.detach().resize_(2),
    "two": lambda v, o: (v.mul_(2), o.add_(1)),
    "nograd": lambda v, o: _without_grad(v),
    "set_data": lambda v, o: v.data.mul_(3),
}  # fmt: skip


def _library(x):
    return __import__(type(x).__module__.split(".")[0])


def _without_grad(v):
    with _library(v).no_grad():
        return v.mul_(2)


def name(t):
    return None if t.grad_fn is None else t.grad_fn.name()


# How the base comes about, from a new tensor.
BASES = {
    "plain": lambda w: w * 1.5,
    "history": lambda w: w.requires_grad_() * 1.5,
    "leaf": lambda w: w.requires_grad_(),
    "view": lambda w: w.view(2, 8).requires_grad_().view(4, 4),
}


def case(torch, base, view, write, through):
    """What torch lets a program see of one write, or the exception's type and first line."""
    try:
        w = torch.arange(16.0).reshape(4, 4).clone()
        x = base(w)
        v = view(x)
        other = x.view(-1)
        write(v if through == "view" else x, x)
        seen = [x, v.view(torch.float32) if v.dtype == torch.int32 else v, other]
        seen += [v._version, x._version, other._version]
        seen += [v.stride(), v.storage_offset(), v.is_contiguous(), x.stride(), x.requires_grad]
        seen += [v.requires_grad, v.is_leaf, v._is_view(), v._base is x, x.data_ptr() == v.data_ptr()]
        seen += [name(x), name(v), name(other)]
        if x.requires_grad and not x.is_leaf:
            scale = torch.arange(64.0) + 1
            ends = [t for t in (x, other, v) if t.requires_grad]
            torch.autograd.backward(ends, [scale[: t.numel()].view(t.shape) for t in ends])
            seen.append(w.grad)
        return [s.detach().clone() if hasattr(s, "detach") else s for s in seen]
    except Exception as error:
        # Which operation a saved value came from is told apart for views by torch alone.
        return type(error).__name__, re.sub(r", which is output . of [\w:]+,", "", str(error).split("\n")[0])


def same_for_all(cases):
    """Compare a table of cases; each is a function of the library."""

    def program(torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {name: run(torch) for name, run in cases.items()}

    same(program)


# Writes that torch lets through to memory shared within a view (it calls that deprecated), to fail in backward, where
# its gradient is written to the same shared memory. Here the gradient is worked out, so these have no counterpart.
SHARED_WRITES = {
    "zero_",
    "fill_",
    "set_mask",
    "set_index",
    "masked_fill_",
    "index_fill_",
    "index_put_",
    "tril_",
}


def shares(base, *views):
    """The writes through a view that have no counterpart, see SHARED_WRITES."""
    return SHARED_WRITES if base == "history" and {"expand", "broadcast_to"} & {*views} else set()


def one_view(base, view):
    left_out = shares(base, view)
    return {
        f"{write}/{through}": lambda torch, write=write, through=through: case(
            torch, BASES[base], VIEWS[view], WRITES[write], through
        )
        for write in WRITES
        for through in ("view", "base")
        if not (write in left_out and through == "view")
    }


# A table with gradients is a program of 1,700 operations, which takes seconds to compile: a few stand for the others.
QUICK = {
    "plain": set(VIEWS),
    "leaf": set(VIEWS),
    "view": set(),
    "history": {"view", "int", "split", "detach_row"},
}


@pytest.mark.parametrize(
    ("base", "view"),
    [
        pytest.param(base, view, marks=() if view in QUICK[base] else pytest.mark.exhaustive)
        for base in BASES
        for view in VIEWS
    ],
)
def test_one_view(base, view):
    same_for_all(one_view(base, view))


# Second links of a chain, for a first view of any shape.
LINKS = {
    "row": lambda y: y[0],
    "last": lambda y: y[..., 1:],
    "step": lambda y: y[::2],
    "turn": lambda y: y.transpose(0, -1),
    "view": lambda y: y.view(-1),
    "reshape": lambda y: y.reshape(-1),
    "unsqueeze": lambda y: y.unsqueeze(0),
    "expand": lambda y: y.expand(2, *y.shape),
    "diagonal": lambda y: y.diagonal(),
    "unfold": lambda y: y.unfold(0, 2, 2),
    "split": lambda y: y.split(1)[0],
    "detach": lambda y: y.detach(),
    "narrow": lambda y: y.narrow(-1, 0, 1),
    "strided": lambda y: y.as_strided((2, 2), (2, 1), 1),
}
CHAIN_WRITES = ("mul_", "copy_", "set_first", "fill_", "t_")


def chains(base, first):
    return {
        f"{link}/{write}/{through}": lambda torch, link=link, write=write, through=through: case(
            torch, BASES[base], lambda x: LINKS[link](VIEWS[first](x)), WRITES[write], through
        )
        for link in LINKS
        for write in CHAIN_WRITES
        for through in ("view", "base")
        if not (write in shares(base, first, link) and through == "view")
    }


@pytest.mark.parametrize(
    ("base", "first"),
    [
        pytest.param(
            base, first, marks=() if base == "plain" and first in ("t", "columns") else pytest.mark.exhaustive
        )
        for base in ("plain", "history")
        for first in (
            "view",
            "t",
            "int",
            "columns",
            "unsqueeze",
            "expand",
            "diagonal",
            "unfold",
            "detach",
            "chunk",
        )
    ],
)
def test_chain_of_two_views(base, first):
    same_for_all(chains(base, first))
