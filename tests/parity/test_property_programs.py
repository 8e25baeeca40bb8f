"""Random programs of views, writes in place, branches on values and backward calls give torch's numbers.

A program is a list of steps, each a few small numbers; :func:`run` interprets it with either library. A step that
raises leaves the exception's type and first line in the results, so errors are compared as well. Left out is what
torch leaves undefined: writing to memory while reading other elements of it, and writing through windows that overlap.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaxlearn
from tests.parity.helper import compare, force, same, torch

DATA = np.linspace(-1.3, 1.7, 16, dtype=np.float32).reshape(4, 4)

VIEWS = [
    lambda t, a, b: t[a % 4],
    lambda t, a, b: t[:, a % 4],
    lambda t, a, b: t[a % 3 : a % 3 + 2],
    lambda t, a, b: t[..., ::2],
    lambda t, a, b: t.transpose(0, -1),
    lambda t, a, b: t.view(-1),
    lambda t, a, b: t.view(2, -1),
    lambda t, a, b: t.reshape(-1),
    lambda t, a, b: t.unsqueeze(b % 2),
    lambda t, a, b: t.squeeze(),
    lambda t, a, b: t.narrow(0, a % 2, 2),
    lambda t, a, b: t.diagonal(b % 3 - 1),
    lambda t, a, b: t.expand(2, *t.shape),
    lambda t, a, b: t.split(2)[0],
    lambda t, a, b: t.unbind(0)[a % 2],
    lambda t, a, b: t.as_strided((2, 3), (4, 1), a % 4),
    lambda t, a, b: t.flatten(),
    lambda t, a, b: t.movedim(0, -1),
    lambda t, a, b: t.unfold(0, 2, 2),
    lambda t, a, b: t.detach(),
    lambda t, a, b: t.contiguous(),
    lambda t, a, b: t.T if t.dim() == 2 else t,
]

WRITES = [
    lambda t, s, a, b: t.add_(0.25 * a),
    lambda t, s, a, b: t.mul_(0.5 + 0.25 * b),
    lambda t, s, a, b: t.neg_(),
    lambda t, s, a, b: t.clamp_(-1.0, 1.5),
    lambda t, s, a, b: t.zero_(),
    lambda t, s, a, b: t.fill_(0.5 * b),
    lambda t, s, a, b: t.tanh_(),
    lambda t, s, a, b: t.copy_(s),
    lambda t, s, a, b: t.add_(s, alpha=0.5),
    lambda t, s, a, b: t.mul_(s),
    lambda t, s, a, b: t.__setitem__(a % 2, 0.75),
    lambda t, s, a, b: t.__setitem__(..., s),
    lambda t, s, a, b: t.__setitem__(slice(0, 2), s[..., :1]),
    lambda t, s, a, b: t.__iadd__(s),
    lambda t, s, a, b: t.masked_fill_(t.detach() > 0.6, 0.1),
    lambda t, s, a, b: t.detach().mul_(0.5),
    lambda t, s, a, b: t.t_(),
    lambda t, s, a, b: t.unsqueeze_(0),
    lambda t, s, a, b: t.squeeze_(),
]

OUTS = [
    lambda t, s, a, b: t * 0.5,
    lambda t, s, a, b: t + s,
    lambda t, s, a, b: t.sin(),
    lambda t, s, a, b: t.clone(),
    lambda t, s, a, b: t * t,
]

number = st.integers(0, 7)
step = st.tuples(
    st.sampled_from(["view", "view", "write", "write", "out", "branch", "backward", "unseen"]),
    st.integers(0, 21),  # which operation
    number,  # on which tensor
    number,  # with which other
    number,
    number,
)
programs = st.lists(step, min_size=3, max_size=9)


def run(lib, program, w, branches):
    """The tensors and the events that a program leaves behind."""
    pool = [w * 1.5 if w.requires_grad else w.clone()]
    events = []
    for kind, which, i, j, a, b in program:
        t, s = pool[i % len(pool)], pool[j % len(pool)]
        try:
            # A copy with a history, as torch does not say what it reads while it writes the same memory.
            s = s * 1.0
            if kind == "view":
                pool.append(VIEWS[which % len(VIEWS)](t, a, b))
            elif kind == "write":
                WRITES[which % len(WRITES)](t, s, a, b)
            elif kind == "out":
                pool.append(OUTS[which % len(OUTS)](t, s, a, b))
            elif kind == "branch":
                if not branches:
                    continue
                if t.detach().sum() > 0.33:
                    t.mul_(0.5)
                else:
                    pool.append(t + 1)
            elif kind == "backward":
                if t.requires_grad:
                    (t * t).sum().backward(retain_graph=True)
            else:
                with lib.no_grad():
                    t.mul_(0.5)
        except Exception as error:
            text = re.sub(r", which is output . of [\w:]+,", "", str(error).split("\n")[0])
            events.append(f"{kind}: {type(error).__name__}: {text}")
        pool = pool[-6:] if len(pool) > 6 else pool
    seen = [events, [t._version for t in pool], [t.stride() for t in pool if t._is_view()]]
    seen.append([t.detach().clone() for t in pool])
    seen.append([t.requires_grad for t in pool])
    return [*seen, w.grad]


def imperative(program, grad):
    same(lambda lib: run(lib, program, lib.tensor(DATA).requires_grad_(grad), True))


def compiled(program):
    step = jaxlearn.compile(lambda w: run(jaxlearn, program, w, False))
    for data in (DATA, DATA * 0.5 - 0.2, DATA[::-1].copy()):
        w, v = jaxlearn.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
        got, expected = step(w), run(torch, program, v, False)
        force(got)
        compare(got[:-1], expected[:-1])
        compare(w.grad, v.grad)


bounded = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=25
)
many = settings(bounded, max_examples=300)


@bounded
@given(programs)
def test_values(program):
    imperative(program, False)


@settings(bounded, max_examples=15)
@given(programs)
def test_gradients(program):
    imperative(program, True)


@settings(bounded, max_examples=8)
@given(programs)
def test_compiled(program):
    compiled(program)


@pytest.mark.slow
@many
@given(programs, st.booleans())
def test_many_programs(program, grad):
    imperative(program, grad)


@pytest.mark.slow
@settings(bounded, max_examples=60)
@given(programs)
def test_many_compiled_programs(program):
    compiled(program)
