"""The random stream against torch's, number for number and position for position."""

from __future__ import annotations

import random as python_random
import threading
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from jaxlearn import _random as R
from jaxlearn._random import box_muller

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="compares with torch")

SIZES = (0, 1, 2, 15, 16, 17, 31, 33, 1000)
SEEDS = (0, 1729, -3)
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")


def seeded(seed: int = 1729) -> R.Generator:
    return R.Generator().manual_seed(seed)


# ---------------------------------------------------------------------------------------------- without torch


def test_golden_values() -> None:
    np.testing.assert_array_equal(
        R.uniform(seeded(), (2, 2)).round(4), np.float32([[0.3126, 0.3791], [0.3087, 0.0736]])
    )
    assert R.randperm(seeded(0), 10).tolist() == [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]
    assert R.randint(seeded(0), 0, 10, (5,)).tolist() == [4, 9, 3, 0, 3]
    np.testing.assert_allclose(
        R.normal(seeded(0), (3,)), [1.5409960746765137, -0.293428897857666, -2.1787893772125244], rtol=1e-7
    )
    np.testing.assert_allclose(
        R.normal(seeded(0), (16,))[:3],
        [-1.1258398294448853, -1.1523602008819580, -0.2505785822868347],
        rtol=1e-7,
    )


def test_seeds() -> None:
    assert R.Generator().initial_seed() == 67280421310721
    assert seeded(-1).initial_seed() == 2**64 - 1
    assert seeded(2**32 + 5).initial_seed() == 2**32 + 5
    generator = seeded()
    assert generator.initial_seed() != generator.seed() == generator.initial_seed()
    for bad, error, text in (
        (1.5, RuntimeError, "manual_seed expected a long, but got float"),
        (True, RuntimeError, "manual_seed expected a long, but got bool"),
        (2**64, ValueError, "Overflow when unpacking long long"),
    ):
        before = generator.get_state()
        with pytest.raises(error, match=text):
            generator.manual_seed(bad)  # type: ignore[arg-type]
        np.testing.assert_array_equal(generator.get_state(), before)


def test_clone_and_state_continue_the_stream() -> None:
    generator = seeded()
    R.normal(generator, (3,))
    twin = generator.clone_state()
    other = R.Generator().set_state(generator.get_state())
    expected = R.normal(generator, (5,))
    np.testing.assert_array_equal(R.normal(twin, (5,)), expected)
    np.testing.assert_array_equal(R.normal(other, (5,)), expected)


def test_each_thread_may_have_its_own_generator() -> None:
    mine, seen = seeded(5), []
    with R.use_generator(mine):
        thread = threading.Thread(target=lambda: seen.append(R.current_generator()))
        thread.start()
        thread.join()
        assert R.current_generator() is mine
    assert seen == [R.default_generator] and R.current_generator() is R.default_generator


def test_a_failing_call_draws_nothing() -> None:
    generator = seeded()
    before = generator.get_state()
    calls: list[Callable[[], object]] = [
        lambda: R.uniform(generator, (3,), 2.0, 1.0),
        lambda: R.normal(generator, (3,), 0.0, -1.0),
        lambda: R.randint(generator, 3, 3, (2,)),
        lambda: R.randperm(generator, 300, np.uint8),
        lambda: R.bernoulli(generator, np.float32([0.5, 1.5])),
        lambda: R.poisson(generator, np.float32([1.0, -1.0])),
        lambda: R.multinomial(generator, np.float32([0.0, 0.0]), 1, True),
    ]
    for call in calls:
        with pytest.raises(RuntimeError):
            call()
    np.testing.assert_array_equal(generator.get_state(), before)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
def test_shuffles_equal_their_definition(n: int) -> None:
    from jaxlearn._random.integers import _shuffle, _shuffle_inside_out

    chooser = np.random.RandomState(n)
    for _ in range(20):
        targets = np.array([chooser.randint(i, n) for i in range(n - 1)], np.uint32)
        expected = list(range(n))
        for i, j in enumerate(targets.tolist()):
            expected[i], expected[j] = expected[j], expected[i]
        assert _shuffle(targets, n).tolist() == expected
        assert sorted(_shuffle_inside_out(np.array([chooser.randint(0, i + 1) for i in range(n)]))) == list(
            range(n)
        )


# ------------------------------------------------------------------------------------------------- with torch

CPU_INFO = Path("/proc/cpuinfo")
INTEL = CPU_INFO.exists() and "GenuineIntel" in CPU_INFO.read_text()


def np_dtype(name: str) -> np.dtype:
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


def to_numpy(tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(BFLOAT16)
    return tensor.numpy()


def assert_same(ours: np.ndarray, theirs) -> None:
    expected = to_numpy(theirs)
    assert ours.dtype == expected.dtype and ours.shape == expected.shape
    np.testing.assert_array_equal(
        np.ascontiguousarray(ours).view(np.uint8), np.ascontiguousarray(expected).view(np.uint8)
    )


def assert_same_state(ours: R.Generator, theirs) -> None:
    np.testing.assert_array_equal(ours.get_state(), theirs.get_state().numpy())


def check(ours: Callable, theirs: Callable, seeds=SEEDS) -> None:
    """The same numbers twice in a row, and the same state between and after."""
    for seed in seeds:
        mine, reference = seeded(seed), torch.Generator().manual_seed(seed)
        for _ in range(2):
            assert_same(ours(mine), theirs(reference))
            assert_same_state(mine, reference)


@needs_torch
def test_state_bytes_travel_both_ways() -> None:
    mine, reference = R.Generator(), torch.Generator()
    assert_same_state(mine, reference)
    for count in (1, 622, 1, 1, 623, 625, 1000):
        R.random(mine, (count,), dtype=np.int32)
        torch.empty(count, dtype=torch.int32).random_(generator=reference)
        assert_same_state(mine, reference)
    torch.randn(3, generator=reference)
    mine.set_state(reference.get_state().numpy())
    assert_same(R.normal(mine, (4,)), torch.randn(4, generator=reference))
    R.normal(mine, (3,))
    reference.set_state(torch.from_numpy(mine.get_state()))
    assert_same(R.normal(mine, (4,)), torch.randn(4, generator=reference))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("size", SIZES)
@needs_torch
def test_uniform_and_normal(name: str, size: int) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)
    check(
        lambda g: R.uniform(g, (size,), dtype=dtype), lambda g: torch.rand(size, generator=g, dtype=reference)
    )
    for low, high in ((-0.3, 0.3), (0.1, 0.7), (-5.0, 2.0), (3.0, 3.0)):
        check(
            lambda g, low=low, high=high: R.uniform(g, (size,), low, high, dtype),
            lambda g, low=low, high=high: torch.empty(size, dtype=reference).uniform_(low, high, generator=g),
        )
    check(
        lambda g: R.normal(g, (size,), dtype=dtype), lambda g: torch.randn(size, generator=g, dtype=reference)
    )
    check(
        lambda g: R.normal(g, (size,), 0.3, 2.7, dtype),
        lambda g: torch.empty(size, dtype=reference).normal_(0.3, 2.7, generator=g),
    )


@needs_torch
def test_large_arrays_are_bit_equal() -> None:
    check(lambda g: R.uniform(g, (300_001,)), lambda g: torch.rand(300_001, generator=g), seeds=(7,))
    check(lambda g: R.normal(g, (300_001,)), lambda g: torch.randn(300_001, generator=g), seeds=(7,))
    check(
        lambda g: R.normal(g, (300_001,), 1.5, 0.02),
        lambda g: torch.empty(300_001).normal_(1.5, 0.02, generator=g),
        seeds=(7,),
    )
    bound = 1 / np.sqrt(27)
    check(
        lambda g: R.uniform(g, (64, 3, 3, 3), -bound, bound),
        lambda g: torch.empty(64, 3, 3, 3).uniform_(-bound, bound, generator=g),
    )


@needs_torch
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_numbers_of_the_compiled_program_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From some millions of normal numbers on a compiled program makes them."""
    monkeypatch.setattr(box_muller, "_WORTH", 0)
    assert box_muller._compiled() is not None
    kind = getattr(torch, name)
    for size in (4 * 2**16, 5 * 2**16 + 7):
        check(
            lambda g, size=size: R.normal(g, (size,), 0.3, 2.7, np_dtype(name)),
            lambda g, size=size: torch.empty(size, dtype=kind).normal_(0.3, 2.7, generator=g),
            seeds=(7,),
        )
    check(
        lambda g: R.normal(g, (2**18,), dtype=np_dtype(name)),
        lambda g: torch.empty(2**18, dtype=kind).normal_(generator=g),
        seeds=(7,),
    )


@pytest.mark.parametrize("name", ["complex64", "complex128"])
@pytest.mark.parametrize("size", (1, 7, 8, 9, 40))
@needs_torch
def test_complex(name: str, size: int) -> None:
    reference = getattr(torch, name)
    check(
        lambda g: R.uniform(g, (size,), dtype=name), lambda g: torch.rand(size, generator=g, dtype=reference)
    )
    check(
        lambda g: R.normal(g, (size,), dtype=name), lambda g: torch.randn(size, generator=g, dtype=reference)
    )


@pytest.mark.parametrize("size", (3, 16, 100))
@needs_torch
def test_normal_of_arrays_and_non_contiguous(size: int) -> None:
    mean, std = np.linspace(-1, 1, size), np.linspace(0, 3, size)
    for name in ("float32", "float64"):
        m, s = mean.astype(name), std.astype(name)
        tm, ts = torch.from_numpy(m), torch.from_numpy(s)
        check(
            lambda g, m=m, s=s: R.normal_like(g, m, s),
            lambda g, tm=tm, ts=ts: torch.normal(tm, ts, generator=g),
        )
        check(lambda g, m=m: R.normal_like(g, m, 0.7), lambda g, tm=tm: torch.normal(tm, 0.7, generator=g))
        check(lambda g, s=s: R.normal_like(g, 0.7, s), lambda g, ts=ts: torch.normal(0.7, ts, generator=g))
    check(
        lambda g: R.normal(g, (size,), 0.3, 1.7, contiguous=False),
        lambda g: torch.empty(size, 2)[:, 0].normal_(0.3, 1.7, generator=g),
    )


@pytest.mark.parametrize("name", [*INTEGERS, "bool", *FLOATS])
@needs_torch
def test_random_over_the_dtype(name: str) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)
    for size in (1, 17, 1000):
        check(
            lambda g, size=size: R.random(g, (size,), dtype=dtype),
            lambda g, size=size: torch.empty(size, dtype=reference).random_(generator=g),
        )
        check(
            lambda g, size=size: R.random(g, (size,), 1, None, dtype),
            lambda g, size=size: torch.empty(size, dtype=reference).random_(1, None, generator=g),
        )


@pytest.mark.parametrize("name", [*INTEGERS, "uint16", "uint32", "uint64", *FLOATS])
@pytest.mark.filterwarnings("ignore:.*out of bounds")
@needs_torch
def test_randint(name: str) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)
    ranges = [
        (0, 2),
        (3, 10),
        (-7, 50),
        (-300, 300),
        (0, 60000),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**31), 2**31),
    ]
    ranges += [(0, 2**32), (-(2**62), 2**62), (-(2**63), 2**63 - 1), (0, 2**63 - 1)]
    for low, high in ranges:
        try:
            torch.randint(low, high, (1,), dtype=reference)
        except RuntimeError as error:
            with pytest.raises(RuntimeError) as caught:
                R.randint(seeded(), low, high, (1,), dtype)
            assert str(caught.value) == str(error).splitlines()[0]
            continue
        check(
            lambda g, low=low, high=high: R.randint(g, low, high, (33,), dtype),
            lambda g, low=low, high=high: torch.randint(low, high, (33,), generator=g, dtype=reference),
        )


@needs_torch
def test_random_over_all_64_bits() -> None:
    for name in ("int64", "float32", "float64", "bfloat16"):
        check(
            lambda g, name=name: R.random(g, (50,), -(2**63), None, np_dtype(name)),
            lambda g, name=name: torch.empty(50, dtype=getattr(torch, name)).random_(
                -(2**63), None, generator=g
            ),
        )


@pytest.mark.parametrize("size", (*SIZES, 60_000))
@needs_torch
def test_randperm(size: int) -> None:
    check(lambda g: R.randperm(g, size), lambda g: torch.randperm(size, generator=g))
    for name in ("int32", "float32", "float64"):
        check(
            lambda g, name=name: R.randperm(g, size, name),
            lambda g, name=name: torch.randperm(size, generator=g, dtype=getattr(torch, name)),
        )


@pytest.mark.parametrize("name", ("uint8", "int8", "int16", "float16", "bfloat16"))
@needs_torch
def test_randperm_limits(name: str) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)
    for size in (100, 127, 128, 255, 256, 257, 258, 2049, 2050, 32767, 32768):
        try:
            torch.randperm(size, dtype=reference)
        except RuntimeError as error:
            with pytest.raises(RuntimeError) as caught:
                R.randperm(seeded(), size, dtype)
            assert str(caught.value) == str(error).splitlines()[0]
            continue
        check(
            lambda g, size=size: R.randperm(g, size, dtype),
            lambda g, size=size: torch.randperm(size, generator=g, dtype=reference),
        )


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("size", SIZES)
@needs_torch
def test_bernoulli_of_arrays(name: str, size: int) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)
    p = np.linspace(0, 1, size).astype(np.float32).astype(dtype)
    tp = (
        torch.linspace(0, 1, 1)[:0].to(reference)
        if size == 0
        else torch.from_numpy(p.astype(np.float64)).to(reference)
    )
    check(lambda g: R.bernoulli(g, p), lambda g: torch.bernoulli(tp, generator=g))
    check(
        lambda g: R.bernoulli(g, p, dtype=np.int32),
        lambda g: torch.empty(size, dtype=torch.int32).bernoulli_(tp, generator=g),
    )


@pytest.mark.skipif(INTEL, reason="on Intel processors torch fills from Intel MKL's own stream")
@pytest.mark.parametrize("size", SIZES)
@needs_torch
def test_bernoulli_of_a_number(size: int) -> None:
    for name in ("float32", "float64", "int32", "bool", "bfloat16"):
        check(
            lambda g, name=name: R.bernoulli(g, 0.3, (size,), np_dtype(name)),
            lambda g, name=name: torch.empty(size, dtype=getattr(torch, name)).bernoulli_(0.3, generator=g),
        )


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("size", SIZES)
@needs_torch
def test_other_continuous(name: str, size: int) -> None:
    dtype, reference = np_dtype(name), getattr(torch, name)

    def empty():
        return torch.empty(size, dtype=reference)

    check(lambda g: R.exponential(g, (size,), 0.7, dtype), lambda g: empty().exponential_(0.7, generator=g))
    check(lambda g: R.cauchy(g, (size,), 0.3, 0.7, dtype), lambda g: empty().cauchy_(0.3, 0.7, generator=g))
    check(
        lambda g: R.log_normal(g, (size,), 0.3, 0.7, dtype),
        lambda g: empty().log_normal_(0.3, 0.7, generator=g),
    )
    check(
        lambda g: R.log_normal(g, (size,), 700.0, 90.0, dtype),
        lambda g: empty().log_normal_(700.0, 90.0, generator=g),
    )
    check(lambda g: R.geometric(g, (size,), 0.3, dtype), lambda g: empty().geometric_(0.3, generator=g))


@pytest.mark.parametrize("name", INTEGERS)
@needs_torch
def test_geometric_integers(name: str) -> None:
    check(
        lambda g: R.geometric(g, (1000,), 0.01, name),
        lambda g: torch.empty(1000, dtype=getattr(torch, name)).geometric_(0.01, generator=g),
    )


@pytest.mark.parametrize("name", ("float32", "float64"))
@pytest.mark.parametrize("shape", [(1,), (7,), (1000,), (3, 40)])
@needs_torch
def test_multinomial(name: str, shape: tuple[int, ...]) -> None:
    weights = np.random.RandomState(1).rand(*shape).astype(name)
    reference = torch.from_numpy(weights)
    for count in {1, min(5, shape[-1]), shape[-1]}:
        check(
            lambda g, count=count: R.multinomial(g, weights, count),
            lambda g, count=count: torch.multinomial(reference, count, generator=g),
        )
    for count in (1, 50):
        check(
            lambda g, count=count: R.multinomial(g, weights, count, True),
            lambda g, count=count: torch.multinomial(reference, count, True, generator=g),
        )


@pytest.mark.parametrize("name", ("float16", "bfloat16"))
@needs_torch
def test_multinomial_half_with_replacement(name: str) -> None:
    weights = np.random.RandomState(1).rand(40).astype(np.float32)
    reference = torch.from_numpy(weights).to(getattr(torch, name))
    check(
        lambda g: R.multinomial(g, weights.astype(np_dtype(name)), 30, True),
        lambda g: torch.multinomial(reference, 30, True, generator=g),
    )


@pytest.mark.parametrize("name", FLOATS)
@needs_torch
def test_poisson(name: str) -> None:
    rates = np.concatenate([np.zeros(3), np.linspace(0.1, 9.9, 200), np.linspace(10, 200, 400)])
    reference = torch.from_numpy(rates).to(getattr(torch, name))
    check(lambda g: R.poisson(g, to_numpy(reference)), lambda g: torch.poisson(reference, generator=g))


@pytest.mark.parametrize("name", ["float32", "float64"])
@needs_torch
def test_binomial(name: str) -> None:
    chooser, dtype = np.random.RandomState(0), np_dtype(name)
    counts = chooser.choice([-1, 0, 1, 5, 30, 1000, 1e7], 600).astype(dtype)
    chances = chooser.rand(600).astype(dtype)
    chances[:60], chances[60:120], chances[120:150] = (
        [0, 1] * 30,
        chances[60:120] * 1e-3,
        [2, -1, np.nan] * 10,
    )
    tc, tp = torch.from_numpy(counts), torch.from_numpy(chances)
    check(lambda g: R.binomial(g, counts, chances), lambda g: torch.binomial(tc, tp, generator=g))


@pytest.mark.parametrize("name", ["float32", "float64"])
@needs_torch
def test_standard_gamma(name: str) -> None:
    concentrations = np.exp(2 * np.random.RandomState(0).randn(600)).astype(np_dtype(name))
    concentrations[:6] = 0, -1, np.nan, np.inf, 1e-3, 1e6
    reference = torch.from_numpy(concentrations)

    def theirs(g: torch.Generator) -> torch.Tensor:
        torch.randn(1, generator=g)  # leaves a number waiting, which is the first one used
        return torch._standard_gamma(reference, generator=g)

    def ours(g: R.Generator) -> np.ndarray:
        R.normal(g, (1,))
        return R.standard_gamma(g, concentrations)

    check(ours, theirs)


@needs_torch
def test_any_interleaving_of_calls() -> None:
    order = python_random.Random(0)
    weights = np.float32([0.2, 0.5, 0.3])
    calls: list[tuple[Callable, Callable]] = [
        (lambda g, n: R.uniform(g, (n,)), lambda g, n: torch.rand(n, generator=g)),
        (lambda g, n: R.normal(g, (n,)), lambda g, n: torch.randn(n, generator=g)),
        (
            lambda g, n: R.normal(g, (n,), dtype=np.float64),
            lambda g, n: torch.randn(n, generator=g, dtype=torch.float64),
        ),
        (
            lambda g, n: R.normal(g, (n,), dtype=np.float16),
            lambda g, n: torch.randn(n, generator=g, dtype=torch.float16),
        ),
        (lambda g, n: R.randint(g, 0, 100, (n,)), lambda g, n: torch.randint(0, 100, (n,), generator=g)),
        (lambda g, n: R.randperm(g, n), lambda g, n: torch.randperm(n, generator=g)),
        (lambda g, n: R.log_normal(g, (n,)), lambda g, n: torch.empty(n).log_normal_(generator=g)),
        (
            lambda g, n: R.multinomial(g, weights, n, True),
            lambda g, n: torch.multinomial(torch.from_numpy(weights), n, True, generator=g),
        ),
        (
            lambda g, n: R.poisson(g, np.full(n, 12.0)),
            lambda g, n: torch.poisson(torch.full((n,), 12.0).double(), generator=g),
        ),
    ]
    mine, reference = seeded(11), torch.Generator().manual_seed(11)
    for _ in range(400):
        ours, theirs = order.choice(calls)
        n = order.choice((1, 2, 3, 15, 16, 17, 31, 33, 200))
        assert_same(ours(mine, n), theirs(reference, n))
        assert_same_state(mine, reference)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: R.uniform(seeded(), (3,), 2, 1), lambda: torch.empty(3).uniform_(2, 1)),
        (lambda: R.uniform(seeded(), (3,), -3e38, 3e38), lambda: torch.empty(3).uniform_(-3e38, 3e38)),
        (
            lambda: R.uniform(seeded(), (3,), 0, 1e5, np.float16),
            lambda: torch.empty(3).half().uniform_(0, 1e5),
        ),
        (lambda: R.uniform(seeded(), (3,), dtype=np.int64), lambda: torch.empty(3).long().uniform_(0, 1)),
        (lambda: R.normal(seeded(), (3,), 0, -1), lambda: torch.empty(3).normal_(0, -1)),
        (lambda: R.normal(seeded(), (3,), dtype=np.int64), lambda: torch.empty(3).long().normal_()),
        (lambda: R.normal_like(seeded(), 0.0, -np.ones(2)), lambda: torch.normal(0.0, -torch.ones(2))),
        (lambda: R.randint(seeded(), 3, 3, (2,)), lambda: torch.randint(3, 3, (2,))),
        (lambda: R.randint(seeded(), 0, 3, (2,), bool), lambda: torch.randint(0, 3, (2,), dtype=torch.bool)),
        (
            lambda: R.random(seeded(), (2,), dtype=np.uint16),
            lambda: torch.empty(2, dtype=torch.uint16).random_(),
        ),
        (lambda: R.randperm(seeded(), -1), lambda: torch.randperm(-1)),
        (lambda: R.randperm(seeded(), 3, bool), lambda: torch.randperm(3, dtype=torch.bool)),
        (lambda: R.bernoulli(seeded(), 1.5, (3,)), lambda: torch.empty(3).bernoulli_(1.5)),
        (lambda: R.bernoulli(seeded(), np.float32([1.5])), lambda: torch.bernoulli(torch.tensor([1.5]))),
        (lambda: R.bernoulli(seeded(), np.array([1])), lambda: torch.bernoulli(torch.tensor([1]))),
        (lambda: R.exponential(seeded(), (3,), -1), lambda: torch.empty(3).exponential_(-1)),
        (lambda: R.exponential(seeded(), (3,), dtype=np.int64), lambda: torch.empty(3).long().exponential_()),
        (lambda: R.cauchy(seeded(), (3,), 0, 0), lambda: torch.empty(3).cauchy_(0, 0)),
        (lambda: R.cauchy(seeded(), (3,), dtype=np.int64), lambda: torch.empty(3).long().cauchy_()),
        (lambda: R.geometric(seeded(), (3,), 1), lambda: torch.empty(3).geometric_(1)),
        (lambda: R.log_normal(seeded(), (3,), 0, 0), lambda: torch.empty(3).log_normal_(0, 0)),
        (lambda: R.multinomial(seeded(), np.ones(2), 3), lambda: torch.multinomial(torch.ones(2), 3)),
        (lambda: R.multinomial(seeded(), -np.ones(2), 1), lambda: torch.multinomial(-torch.ones(2), 1)),
        (lambda: R.multinomial(seeded(), np.zeros(2), 1), lambda: torch.multinomial(torch.zeros(2), 1)),
        (
            lambda: R.multinomial(seeded(), np.ones(2, int), 1),
            lambda: torch.multinomial(torch.ones(2).long(), 1),
        ),
        (lambda: R.poisson(seeded(), -np.ones(1)), lambda: torch.poisson(-torch.ones(1))),
        (
            lambda: R.binomial(seeded(), np.ones(1, int), np.ones(1)),
            lambda: torch.binomial(torch.ones(1).long(), torch.ones(1)),
        ),
        (
            lambda: R.binomial(seeded(), np.ones(1), np.ones(1, np.float32)),
            lambda: torch.binomial(torch.ones(1).double(), torch.ones(1)),
        ),
        (
            lambda: R.binomial(seeded(), np.ones(1, np.float16), np.ones(1, np.float16)),
            lambda: torch.binomial(torch.ones(1).half(), torch.ones(1).half()),
        ),
        (
            lambda: R.standard_gamma(seeded(), np.ones(1, np.float16)),
            lambda: torch._standard_gamma(torch.ones(1).half()),
        ),
        (
            lambda: seeded().set_state(np.zeros(10, np.uint8)),
            lambda: torch.Generator().set_state(torch.zeros(10).byte()),
        ),
        (
            lambda: seeded().set_state(np.zeros(5056, np.uint8)),
            lambda: torch.Generator().set_state(torch.zeros(5056).byte()),
        ),
        (lambda: seeded().set_state(np.zeros(3)), lambda: torch.Generator().set_state(torch.zeros(3))),
    ],
)
@needs_torch
def test_errors_are_torchs(ours: Callable, theirs: Callable) -> None:
    with pytest.raises(Exception) as expected:
        theirs()
    with pytest.raises(type(expected.value)) as caught:
        ours()
    assert str(caught.value) == str(expected.value).splitlines()[0]
