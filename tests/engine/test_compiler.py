"""``torch.compiler`` and the options of ``torch.compile``, against torch where it answers without a C++ compiler."""

from __future__ import annotations

import pytest
import torch as reference

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()


def double(x):
    return x * 2


@pytest.mark.parametrize(
    "options",
    [
        {"backend": "nope"},
        {"mode": "nope"},
        {"mode": "default", "options": {}},
        {"speed": 1},
        {"options": {"nope": 1}},
        {"options": {"epilogue-fusion": 1}},
        {"options": {"triton.cudagraphs": "yes"}},
        {"options": {"max_autotune_gemm_backends": True}},
    ],
    ids=str,
)
def test_options_that_torch_refuses(options):
    answers = []
    for library in (reference, torch):
        with pytest.raises((RuntimeError, TypeError)) as caught:
            library.compile(double, **options)
        answers.append((str(caught.value), isinstance(caught.value, RuntimeError)))
    assert answers[0] == answers[1]


def test_what_compiled_functions_raise():
    for library in (reference, torch):
        errors = library._dynamo.exc
        with pytest.raises(errors.InvalidBackend):
            library.compile(double, backend="nope")
        assert issubclass(errors.InvalidBackend, errors.TorchDynamoException)
        with pytest.raises(AssertionError, match="Expected enable to be a bool, got <class 'int'>"):
            library.compile(double, dynamic=3)
        assert issubclass(errors.Unsupported, errors.TorchDynamoException)
    with pytest.raises(torch._dynamo.exc.Unsupported, match="read on the host"):
        torch.compile(lambda x: x.sum().item(), fullgraph=True)(torch.ones(2))


def test_what_is_no_function():
    for library in (reference, torch):
        with pytest.raises(
            AssertionError, match="A callable function is expected, but <class 'int'> is provided"
        ):
            library.compile(3)
    with pytest.raises(TypeError, match=r"torch\.fx"):
        torch.compile(double, backend=lambda graph, inputs: graph)


@pytest.mark.parametrize(
    "options",
    [
        {"fullgraph": True},
        {"dynamic": False},
        {"mode": "reduce-overhead"},
        {"backend": "eager", "mode": "nope"},
        {"options": {"max_autotune": True}},
        {"options": {"max-autotune": True, "unroll_reductions_threshold": True, "trace.debug_dir": 3}},
        {"backend": "eager", "options": {"nope": 1}},
        {"name": "double", "recompile_limit": 3},
    ],
    ids=str,
)
def test_options_that_torch_takes(options):
    assert torch.compile(double, **options)(torch.ones(2)).tolist() == [2, 2]
    assert torch.compile(**options)(double)(torch.ones(2)).tolist() == [2, 2]


def test_disabled_functions():
    assert torch.compile(double, disable=True) is double
    seen = []

    @torch.compiler.disable
    def log(loss):
        seen.append(loss.item())

    net = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss = net(x).pow(2).sum()
        log(loss)
        loss.backward()
        optimizer.step()
        return loss.detach()

    results = [step(torch.ones(1, 2)).item() for _ in range(3)]
    assert seen == results and results[0] > results[1] > results[2]
    assert torch.compiler.disable()(double)(torch.ones(1)).item() == 2

    inside = torch.compile(double)
    torch.compiler.disable(lambda: inside(torch.ones(3)))()
    assert torch.stats()["recordings"] == 1


def test_constant_results():
    size = torch.tensor(3)

    @torch.compiler.assume_constant_result
    def read():
        return size.item()

    f = torch.compile(lambda x: x * read())
    assert f(torch.ones(1)).item() == 3
    size.fill_(4)
    assert f(torch.ones(1)).item() == 3


def test_stances():
    f = torch.compile(double)
    with torch.compiler.set_stance("force_eager"):
        f(torch.ones(2))
    assert torch.stats()["recordings"] == 0
    f(torch.ones(2))
    with torch.compiler.set_stance("fail_on_recompile"):
        f(torch.ones(2))
        with pytest.raises(RuntimeError, match=r"Detected recompile .* argument 0 changed shape 2 → 5"):
            f(torch.ones(5))
    with torch.compiler.set_stance("eager_on_recompile"):
        assert f(torch.ones(4)).tolist() == [2] * 4
    assert torch.stats()["recordings"] == 1

    @torch.compiler.set_stance("force_eager")
    def eager(x):
        return f(x)

    eager(torch.ones(7))
    assert torch.stats()["recordings"] == 1
    torch.compiler.set_stance("eager_then_compile")
    g = torch.compile(lambda x: x * 3)
    g(torch.ones(2))
    assert torch.stats()["recordings"] == 1
    g(torch.ones(2))
    torch.compiler.set_stance("default")
    assert torch.stats()["recordings"] == 2
    with pytest.raises(RuntimeError, match=r"invalid torch\.compile stance 'nope'"):
        torch.compiler.set_stance("nope")


def test_reset_forgets_recordings():
    f = torch.compile(double)
    f(torch.ones(2))
    torch._dynamo.reset()
    f(torch.ones(2))
    assert torch.stats()["recordings"] == torch.stats()["compiles"] == 2


def test_what_tells_about_compiling():
    asked = torch.compile(lambda x: x + 1 if torch.compiler.is_compiling() else x)
    assert asked(torch.ones(1)).item() == 2
    assert not torch.compiler.is_compiling() and not torch.compiler.is_dynamo_compiling()
    assert not torch.compiler.is_exporting()
    assert torch.compiler.list_backends() == reference.compiler.list_backends()
    assert torch.compiler.allow_in_graph(double) is double
    torch.compiler.cudagraph_mark_step_begin()
    torch._dynamo.mark_dynamic(torch.ones(2), 0)
    torch._dynamo.config.suppress_errors = True
    torch._dynamo.config.suppress_errors = False


def test_the_default_backend():
    assert torch.compiler.get_default_backend() == "inductor"
    torch.compiler.set_default_backend("eager")
    assert torch.compiler.get_default_backend() == "eager"
    torch.compiler.set_default_backend(None)
    with pytest.raises(torch._dynamo.InvalidBackend):
        torch.compiler.set_default_backend("nope")
