"""compile: gradients outside, through what the function writes in place: views, masks, memory behind autograd.

Each program is run as it is, compiled, and by torch: values and gradients are the same three times.
"""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import compare, force

pytestmark = pytest.mark.unoptimized

torch = pytest.importorskip("torch", reason="the reference")

X = np.linspace(-1.3, 1.7, 24).reshape(4, 3, 2)
W = np.cos(np.arange(24.0)).reshape(4, 3, 2)


def unseen(lib, y):
    with lib.no_grad():
        y[0].mul_(2)


def put(y, index, value):
    y[index] = value
    return y


def two_views(lib, y, w):
    v = y.view(-1)
    part = v[3:]
    part.mul_(2)
    y.add_(v.view(4, 3, 2))
    return v.sin() + part.sum()


def rows(lib, y, w):
    made = lib.zeros(4, 3, 2, dtype=lib.float64)
    for i in range(4):
        made[i].copy_(y[i] * w[i])
    return made * 2


def twice(lib, y, w):
    other = y.clone()
    other[0] = y[1]
    other[1].add_(other[0])
    y[2].mul_(other[0])
    return other + y


# Of the library, a tensor with a history and the leaf that it was computed from.
WRITES = {
    "multiply a row": lambda lib, y, w: (y[0].mul_(2), y)[1],
    "add to a view": lambda lib, y, w: (y.view(-1).add_(w.view(-1)), y)[1],
    "fill a column": lambda lib, y, w: (y[:, 0].fill_(3), y * y)[1],
    "copy into a row": lambda lib, y, w: (y[0].copy_(w[1]), y)[1],
    "through a transpose": lambda lib, y, w: (y.transpose(0, 1)[1].mul_(w[:, 0]), y)[1],
    "through as_strided": lambda lib, y, w: y.as_strided((3, 2), (2, 1), 4).mul_(2).clone(),
    "relu of a row": lambda lib, y, w: (y[0].relu_(), y)[1],
    "a chain of views": two_views,
    "rows one by one": rows,
    "parts of one another": twice,
    "a view is returned": lambda lib, y, w: (y.view(-1).mul_(2), y.view(2, 12))[1],
    "a complex tensor": lambda lib, y, w: (c := lib.view_as_complex(y), c.real.mul_(2), lib.view_as_real(c))[2],
    "without gradients": lambda lib, y, w: (unseen(lib, y), y * 3)[1],
    "through detach": lambda lib, y, w: (y.detach()[1].zero_(), y + y.detach())[1],
    "through data": lambda lib, y, w: (y.data.mul_(2), y)[1],
    "elements": lambda lib, y, w: put(y, y > 0.3, w.sum()),
    "masked rows": lambda lib, y, w: put(y, y.sum((1, 2)) > 0, w[0]),
    "masked rows, a column": lambda lib, y, w: put(y, y.sum((1, 2)) > 0, w[0, :, :1]),
    "a mask after a whole dimension": lambda lib, y, w: put(y, (slice(None), y.sum((0, 2)) > 0), w[:, :1]),
    "a mask of a row": lambda lib, y, w: put(y, (0, y[0] > 0), 2.0),
    "all, if": lambda lib, y, w: put(y, y.sum() > 0, w.sum()),
    "all, if not": lambda lib, y, w: put(y, y.sum() > 1e9, w[0, 0]),
    "a row, if": lambda lib, y, w: put(y, (0, y.sum() < 1e9), w[1]),
    "true": lambda lib, y, w: put(y, True, w[0]),
    "false": lambda lib, y, w: put(y, False, w[0]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_gradients_of_writes(name):
    def run(lib, wrapped):
        x, w = lib.tensor(X), lib.tensor(W, requires_grad=True)
        y = wrapped(lambda x, w: WRITES[name](lib, x * w, w))(x, w)
        (gradient,) = lib.autograd.grad((y * lib.arange(y.numel()).view(y.shape)).sum(), w)
        return y, gradient

    expected = run(torch, lambda f: f)
    for wrapped in (lambda f: f, jaxlearn.compile):
        got = run(jaxlearn, wrapped)
        force(got)
        compare(got, expected)


def test_a_write_inside_vmap_and_cond():
    def body(x, w):
        y = x * w
        y[0].mul_(2)
        y[1:].mul_(w[1:])
        return y

    for lib, cond in ((torch, lambda p, f, g, a: f(*a)), (jaxlearn, jaxlearn.cond)):
        x, w = lib.tensor(X), lib.tensor(W, requires_grad=True)
        found = []
        for y in (lib.vmap(body)(x, w), cond(lib.tensor(True), body, lambda x, w: x * w, (x, w))):
            found.append((y.detach(), *lib.autograd.grad((y * x).sum(), w)))
        if lib is torch:
            expected = found
    force(found)
    compare(found, expected)
