"""Views and in-place writes against torch: every view times a few writes, through both ends."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

VIEWS = {
    "view": lambda x: x.view(6, 4),
    "reshape": lambda x: x.reshape(-1),
    "transpose": lambda x: x.transpose(0, 2),
    "permute": lambda x: x.permute(2, 0, 1),
    "select": lambda x: x[1],
    "slice": lambda x: x[:, 1:3],
    "step": lambda x: x[:, :, ::2],
    "narrow": lambda x: x.narrow(2, 1, 2),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:, :1].squeeze(1),
    "flatten": lambda x: x.flatten(1),
    "diagonal": lambda x: x.diagonal(dim1=1, dim2=2),
    "split": lambda x: x.split(2, 2)[1],
    "chunk": lambda x: x.chunk(2, 0)[0],
    "unbind": lambda x: x.unbind(1)[2],
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "chain": lambda x: x.transpose(0, 1)[1:].select(1, 0)[:, 2:],
    "none": lambda x: x[None, ..., 1],
    "t_reshape": lambda x: x.transpose(0, 2).reshape(-1),  # a copy in torch
    "contiguous": lambda x: x.contiguous(),
    "index": lambda x: x[:, [0, 2]],  # a copy
    "mask": lambda x: x[x > 5],  # a copy
    "clone": lambda x: x.clone(),
}

WRITES = {
    "add_": lambda v: v.add_(1),
    "mul_": lambda v: v.mul_(-2),
    "zero_": lambda v: v.zero_(),
    "setitem": lambda v: v.__setitem__(0, 9.0),
    "copy_": lambda v: v.copy_(v * 3),
    "clamp_": lambda v: v.clamp_(3, 9),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("view", VIEWS)
def test_write_through_a_view(view, write):
    def program(torch):
        x = torch.tensor(DATA)
        v = VIEWS[view](x)
        other = x.view(-1)
        WRITES[write](v)
        first = x.clone(), v.clone(), other.clone()
        x.add_(1)
        return first, x, v, other, v._version, v.is_contiguous(), v.stride(), v.storage_offset()

    same(program)


@pytest.mark.parametrize("view", [v for v in VIEWS if v not in ("detach", "data")])
def test_gradient_through_a_written_view(view):
    def program(torch):
        w = torch.tensor(DATA, requires_grad=True)
        x = w * 2
        v = VIEWS[view](x)
        v.mul_(3)
        (x * x).sum().backward()
        return x, v, w.grad

    same(program)


def test_detached_alias_sees_writes_without_history():
    def program(torch):
        x = torch.tensor(DATA, requires_grad=True)
        d = x.detach()
        d.mul_(2)
        (x * x).sum().backward()
        return x, d, x.grad, d.requires_grad

    same(program)


COMPLEX_VIEWS = {
    "real": lambda torch, z: z.real,
    "imag": lambda torch, z: z.imag,
    "imag_row": lambda torch, z: z[1].imag,
    "view_as_real": lambda torch, z: torch.view_as_real(z),
    "view_as_real_part": lambda torch, z: torch.view_as_real(z)[..., 0, 1],
    "conj": lambda torch, z: z.conj(),
    "conj_row": lambda torch, z: z.conj()[1],
    "mH": lambda torch, z: z.mH,
    "H": lambda torch, z: z.H[0],
    "there_and_back": lambda torch, z: torch.view_as_complex(torch.view_as_real(z))[0],
}


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("view", COMPLEX_VIEWS)
def test_parts_of_complex_numbers_share_their_memory(view, requires_grad):
    def program(torch):
        w = torch.view_as_complex(torch.arange(12.0).reshape(2, 3, 2)).clone().requires_grad_(requires_grad)
        z = w * 2
        v = COMPLEX_VIEWS[view](torch, z)
        before = v.stride(), v.storage_offset(), v._is_view(), v._base is z
        v.mul_(3)
        seen = z.clone(), v.clone()
        z.add_(1 - 1j)
        if requires_grad:
            (
                torch.view_as_real(z).sum() + (torch.view_as_real(v.clone()) if v.is_complex() else v).sum()
            ).backward()
        return before, seen, z, v.resolve_conj(), v._version, w.grad

    same(program)


@pytest.mark.parametrize("dtype", ["int32", "int16", "float64", "uint8"])
def test_bits_as_another_type_share_their_memory(dtype):
    def program(torch):
        x = torch.arange(8.0).reshape(2, 4)
        v = x.view(getattr(torch, dtype))
        row = v[1]
        row.zero_()
        x[0, 0] = 1.5
        return x, v, v.stride(), row.storage_offset(), v._version, v._is_view(), x.is_set_to(v), v.dtype

    same(program)


@pytest.mark.parametrize(
    "view",
    [
        lambda torch, x: x.t().view(torch.int16),
        lambda torch, x: x[:, 1:3].view(torch.int64),
        lambda torch, x: x[:, :3].view(torch.int64),
        lambda torch, x: x[0, 0].view(torch.int64),
        lambda torch, x: torch.view_as_complex(x.t()),
        lambda torch, x: torch.view_as_complex(x[:, :2].int()),
        lambda torch, x: torch.view_as_complex(x.view(-1)),
        lambda torch, x: x.imag,
    ],
)
def test_bits_that_cannot_be_shown(view):
    same(lambda torch: view(torch, torch.arange(8.0).reshape(2, 4)), message=True)


def test_an_assignment_to_data_leaves_earlier_aliases_on_the_old_memory():
    def program(torch):
        p, y = torch.nn.Parameter(torch.zeros(2)), torch.ones(2)
        backup = p.data
        p.data = y
        y.add_(1)
        swapped = p.tolist(), backup.tolist(), p.is_leaf, p.requires_grad
        p.data = backup
        with torch.no_grad():
            p.add_(1)
        return swapped, backup, y, p

    same(program)


@pytest.mark.parametrize("compiled", [False, True])
def test_parameters_that_are_parts_of_one_array(compiled):
    """As libraries flatten them: optimizers may update the whole or the parts, and hand them out anew."""

    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        parameters = list(net.parameters())
        optimizer = torch.optim.Adam(parameters, lr=0.1)
        x = torch.arange(12.0).reshape(4, 3) / 10

        def train():
            optimizer.zero_grad()
            loss = net(x).pow(2).mean()
            loss.backward()
            optimizer.step()
            return loss.detach()

        def loss():
            with torch.no_grad():
                return net(x).pow(2).mean()

        if compiled and torch is jaxlearn:
            train, loss = torch.compile(train), torch.compile(loss)
        trace = [loss()]
        for _ in range(3):
            whole = torch.cat([p.data.reshape(-1) for p in parameters])
            start = 0
            for p in parameters:
                p.data = whole[start : start + p.numel()].view_as(p)
                start += p.numel()
            trace += [train(), train(), loss()]
            whole.mul_(0.5)
            trace += [loss(), whole.clone(), [p.storage_offset() for p in parameters]]
            torch.nn.utils.vector_to_parameters(whole * 2, parameters)
            trace += [loss(), whole.sum(), parameters[0].is_leaf, parameters[0]._is_view()]
        return trace

    same(program)


def test_averages_of_weights_swapped_in_and_out():
    """As people write moving averages: the weights are kept by reference, and put back by reference."""

    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        shadow = {name: p.data.clone() for name, p in net.named_parameters()}
        x = torch.arange(12.0).reshape(4, 3) / 10
        run = torch.compile(net) if torch is jaxlearn else net
        trace = []
        for _ in range(4):
            optimizer.zero_grad()
            net(x).pow(2).mean().backward()
            optimizer.step()
            for name, p in net.named_parameters():
                shadow[name] = 0.5 * shadow[name] + 0.5 * p.data
            backup = {}
            for name, p in net.named_parameters():
                backup[name] = p.data
                p.data = shadow[name]
            with torch.no_grad():
                trace.append(run(x).sum())
            for name, p in net.named_parameters():
                p.data = backup[name]
            with torch.no_grad():
                trace.append(run(x).sum())
        return trace

    jaxlearn.reset_stats()
    same(program)
    assert jaxlearn.stats()["recordings"] == 1  # a compiled function follows to the other memory
