"""Random programs of views, writes in place, branches on values and backward calls give torch's numbers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaxlearn
from tests.parity.helper import compare, force, same, torch
from tests.parity.random_programs import DATA, KINDS, run

pytestmark = pytest.mark.unoptimized

number = st.integers(0, 7)
step = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 59),  # which operation
    number,  # on which tensor
    number,  # with which other
    number,
    number,
)
programs = st.lists(step, min_size=3, max_size=12)


def imperative(program, grad):
    same(lambda lib: run(lib, program, lib.tensor(DATA).requires_grad_(grad), True))


def compiled(program):
    # A hook that is registered on a tensor from outside stays there: a side effect, refused in a compiled function.
    program = [step for step in program if step[0] != "hook"]
    step = jaxlearn.compile(lambda w: run(jaxlearn, program, w, False))
    for data in (DATA, DATA * 0.5 - 0.2, DATA[::-1].copy()):
        w, v = jaxlearn.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
        got, expected = step(w), run(torch, program, v, False)
        force(got)
        compare(got, expected)


bounded = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=6
)
many = settings(bounded, max_examples=300)


@bounded
@given(programs)
def test_values(program):
    imperative(program, False)


@settings(bounded, max_examples=4)
@given(programs)
def test_gradients(program):
    imperative(program, True)


@settings(bounded, max_examples=2)
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
