"""A view made before its base was written to: whatever starts at it sees the base's gradient, not its own old one."""

from __future__ import annotations

import importlib

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def doubled(lib, dirty=False):
    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            if dirty:
                ctx.mark_dirty(x)
                return x.mul_(2)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    return Double.apply


def checkpoint(lib):
    return importlib.import_module(f"{lib.__name__}.utils.checkpoint").checkpoint


def edge(lib, x, v):
    found = lib.autograd.graph.get_gradient_edge(v)
    return lib.autograd.grad((v * 2).sum(), found), found.node.name()


def hook_on_several(lib, x, v):
    seen = []
    lib.autograd.graph.register_multi_grad_hook([v, x], lambda grads: seen.extend(grads))
    (v * v).sum().backward()
    return seen


def as_a_gradient(lib, x, v):
    y = lib.ones(2, requires_grad=True)
    (g,) = lib.autograd.grad(y * y, y, v, create_graph=True)
    g.sum().backward()


USES = {
    "backward": lambda lib, x, v: v.backward(lib.ones(2)),
    "backward of several": lambda lib, x, v: lib.autograd.backward([v, x.sum()], [lib.ones(2), None]),
    "backward of an element": lambda lib, x, v: v[0].backward(),
    "grad": lambda lib, x, v: lib.autograd.grad(v, x, lib.ones(2)),
    "grad of a gradient edge": lambda lib, x, v: lib.autograd.grad(
        lib.autograd.graph.get_gradient_edge(v), x, lib.ones(2)
    ),
    "grad by a gradient edge": edge,
    "grad by the view": lambda lib, x, v: lib.autograd.grad((v * v).sum(), v),
    "a gradient given": as_a_gradient,
    "Function": lambda lib, x, v: doubled(lib)(v).sum().backward(),
    "Function that writes": lambda lib, x, v: doubled(lib, dirty=True)(v).sum().backward(),
    "checkpoint": lambda lib, x, v: checkpoint(lib)(lambda t: t * t, v, use_reentrant=False).sum().backward(),
    "reentrant checkpoint": lambda lib, x, v: (
        checkpoint(lib)(lambda t: t * t, v, use_reentrant=True).sum().backward()
    ),
    "hook on several": hook_on_several,
    "a write elsewhere": lambda lib, x, v: (x * 1).__setitem__(slice(0, 2), v),
}
WRITES = {
    "seen": lambda lib, q: q.mul_(3),
    "unseen": lambda lib, q: q.detach().mul_(3),
    "of another history": lambda lib, q: q.copy_(lib.arange(2.0, 6.0)),
}
VIEWS = {
    "slice": lambda q: q[:2],
    "of a view": lambda q: q.view(2, 2)[0],
    "of several": lambda q: q.chunk(2)[0],
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("view", "write"),
    [
        pytest.param(
            view,
            write,
            marks=()
            if (view, write) in {("slice", "seen"), ("of several", "seen")}
            else pytest.mark.exhaustive,
        )
        for view in VIEWS
        for write in WRITES
    ],
)
def test_a_view_of_what_was_written_since(use, view, write):
    def program(lib):
        x = lib.arange(1.0, 5.0).requires_grad_()
        q = x * 1
        v = VIEWS[view](q)
        WRITES[write](lib, q)
        found = USES[use](lib, x, v)
        return found, x.grad, q, v

    same(program, message=True)


def test_a_view_of_what_had_no_history():
    for use in ("backward", "Function", "checkpoint"):

        def program(lib, use=use):
            x = lib.arange(1.0, 5.0).requires_grad_()
            q = lib.zeros(4)
            v = q[:2]
            q.add_(x * 3)
            USES[use](lib, x, v)
            return x.grad, v.requires_grad, v.grad_fn.name()

        same(program)
