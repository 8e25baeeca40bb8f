"""What scripts ask of tensors and of the library besides computing: types, conversions, devices, switches."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import same, torch

SAME = """
torch.FloatTensor([1, 2])
torch.FloatTensor(2, 3).shape
torch.LongTensor([1, 2])
torch.LongTensor([1.7])
torch.ByteTensor([1])
torch.DoubleTensor(2).dtype
torch.BoolTensor([True, 0])
torch.HalfTensor([1.0])
torch.IntTensor([1]).dtype
torch.FloatTensor()
torch.FloatTensor((2, 3))
torch.FloatTensor(torch.Size([2, 2])).shape
torch.FloatTensor(2.5)
torch.FloatTensor("a")
torch.FloatTensor([[1, 2], [3]])
torch.Tensor(2, 3.5)
torch.Tensor(2.5)
torch.FloatTensor(torch.tensor([1]))
torch.FloatTensor(torch.tensor([1.0]))
torch.FloatTensor(np.ones(2))
torch.Tensor("a")
torch.tensor([1]).type()
torch.tensor([1.0]).type(torch.LongTensor)
torch.tensor([1.0]).type("torch.DoubleTensor")
isinstance(torch.tensor([1.0]), torch.FloatTensor)
isinstance(torch.tensor([1]), torch.FloatTensor)
torch.FloatTensor.dtype
isinstance(torch.ones(1), torch.cuda.FloatTensor)
torch.FloatTensor.is_cuda
torch.set_default_tensor_type(torch.LongTensor)
torch.result_type(torch.tensor([1]), 1.0)
torch.result_type(1, 2.0)
torch.result_type(torch.tensor(1), torch.tensor([1.0]))
torch.is_tensor(torch.ones(1))
torch.is_tensor(1)
torch.is_floating_point(torch.ones(1))
torch.is_complex(torch.ones(1))
torch.is_floating_point(1)
torch.numel(torch.ones(3))
torch.numel(1)
torch.is_nonzero(torch.ones(2))
torch.is_nonzero(torch.ones(1))
torch.is_conj(torch.ones(1))
torch.is_inference(torch.ones(1))
torch.is_signed(torch.tensor([1], dtype=torch.uint8))
torch.random.manual_seed(3).initial_seed()
torch.random.get_rng_state().shape
torch.use_deterministic_algorithms(1)
torch.are_deterministic_algorithms_enabled()
torch.get_deterministic_debug_mode()
torch.set_num_threads(0)
torch.set_num_threads("a")
torch.get_float32_matmul_precision()
torch.backends.cuda.matmul.allow_tf32
torch.backends.mps.is_available()
torch.accelerator.is_available()
torch.accelerator.current_accelerator()
torch.accelerator.device_count()
torch.cuda.is_bf16_supported()
torch.ones(2).is_cpu
torch.ones(2).is_sparse
torch.ones(2).is_quantized
torch.ones(2).is_meta
torch.ones(2).is_shared()
torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2)))
np.from_dlpack(torch.ones(2)).sum().item()
pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True)))
copy.copy(torch.ones(2))
torch.ones(2)[None, torch.newaxis]
torch.ones(2, 3, device="meta")
torch.ones(2, device="meta").half()
torch.empty((), device="meta") * 2
torch.ones(2, 3, device="meta").sum(1).shape
torch.ones(2, device="meta").cpu()
torch.ones(1, device="meta").item()
bool(torch.ones(1, device="meta"))
torch.ones(2, device="meta").numpy()
torch.ones(2, device="meta").copy_(torch.ones(2))
torch.ones(2).copy_(torch.ones(2, device="meta"))
torch.ones(2).to("meta")
torch.ones(4, device="meta").view(2, 2)[0]
torch.nn.Linear(2, 3, device="meta").weight
torch.nn.Linear(2, 3, device="meta").to("cpu")
torch.nn.Linear(2, 3, device="meta")(torch.ones(1, 2, device="meta"))
torch.nn.Conv2d(1, 2, 3, device="meta").bias
torch.nn.Linear(2, 3, device="meta").to_empty(device="cpu").weight.shape
""".strip().splitlines()


@pytest.mark.parametrize("expression", SAME)
def test_expressions(expression: str) -> None:
    def program(library: Any) -> Any:
        value = eval(expression, {"torch": library, "np": np, "pickle": pickle, "copy": copy})
        # on the meta device there is nothing to compare but the text
        return value if getattr(value, "device", None) != library.device("meta") else repr(value)

    same(program)


def test_the_default_dtype_follows_the_default_tensor_type() -> None:
    def program(library: Any) -> Any:
        library.set_default_tensor_type("torch.DoubleTensor")
        try:
            return library.tensor([1.0]).dtype
        finally:
            library.set_default_tensor_type(library.FloatTensor)

    same(program)


def test_the_default_device() -> None:
    def program(library: Any) -> Any:
        seen = [str(library.get_default_device())]
        with library.device("meta"):
            seen.append(str(library.ones(1).device))
            with library.device("cpu"):
                seen.append(str(library.rand(1).device))
            seen.append(str(library.nn.Linear(2, 2).weight.device))
        seen.append(str(library.ones(1).device))
        library.set_default_device("meta")
        seen.append(repr(library.zeros(2, 2)))
        library.set_default_device(None)
        return [*seen, str(library.arange(2).device)]

    same(program)


def test_numbers_are_not_drawn_for_tensors_without_data() -> None:
    def program(library: Any) -> Any:
        library.manual_seed(5)
        library.nn.LSTM(2, 3, device="meta")
        library.rand(3, device="meta")
        library.empty(3, device="meta").normal_()
        return library.rand(2)

    same(program)


def test_a_module_without_data_takes_a_state_dict() -> None:
    def program(library: Any) -> Any:
        library.manual_seed(1)
        state = library.nn.Linear(2, 3).state_dict()
        with library.device("meta"):
            module = library.nn.Linear(2, 3)
        module.load_state_dict(state, assign=True)
        return module(library.ones(1, 2)), module.weight.is_meta

    same(program)


def test_loading_into_a_module_without_data_warns() -> None:
    for library in (torch, jaxlearn):
        module = library.nn.Linear(2, 3, device="meta")
        with pytest.warns(UserWarning, match="which is a no-op"):
            module.load_state_dict(library.nn.Linear(2, 3).state_dict())
        assert module.weight.is_meta


def test_the_generator_is_restored() -> None:
    def program(library: Any) -> Any:
        library.manual_seed(0)
        with library.random.fork_rng():
            library.rand(5)
        return library.rand(2)

    same(program)


CLOSE = """
t([1., 2.]), t([1., 3.])
t([1, 2]), t([1, 3])
t(1.), t(2.)
1., 2.
1, 2
1, 1.
t([1.]), t([1])
t([1.]), t([1., 2.])
[1., t(2.)], [1., t(3.)]
{'a': t(1.)}, {'a': t(2.)}
{'a': 1}, {'b': 1}
[1], [1, 2]
t(1.), 1.
None, None
None, 1
'a', 'a'
t([float('nan')]), t([float('nan')])
t([True]), t([False])
t([1j]), t([2j])
float('nan'), float('nan')
t([[1., 2.], [3., 4.]]), t([[1., 2.], [3., 5.]])
t([1.]), t([1 + 1e-7])
(1.,), [1.]
t([]), t([])
{'a': [t([1, 2])]}, {'a': [t([1, 4])]}
""".strip().splitlines()


@pytest.mark.parametrize("arguments", CLOSE)
def test_assert_close(arguments: str) -> None:
    texts = []
    for library in (torch, jaxlearn):
        actual, expected = eval(arguments, {"t": library.tensor})
        try:
            library.testing.assert_close(actual, expected)
            texts.append("close")
        except Exception as error:
            texts.append(f"{type(error).__name__}: {error}".replace("jaxlearn.Tensor", "torch.Tensor"))
    assert texts[1] == texts[0]


@pytest.mark.parametrize(
    "options", ["rtol=0.5", "rtol=0.5, atol=0.0", "rtol=0.0, atol=0.01", "msg='no'", "msg=lambda m: 'X' + m"]
)
def test_assert_close_options(options: str) -> None:
    def program(library: Any) -> None:
        a, b = library.tensor([1.0]), library.tensor([1.1])
        eval(f"library.testing.assert_close(a, b, {options})", {"library": library, "a": a, "b": b})

    same(program, message=True)


def test_events_tell_milliseconds() -> None:
    start, end = (jaxlearn.cuda.Event(enable_timing=True) for _ in range(2))
    with pytest.raises(ValueError, match="must be recorded"):
        start.elapsed_time(end)
    start.record()
    jaxlearn.ones(3).exp()
    end.record()
    assert 0 <= start.elapsed_time(end) < 60_000


def test_threads_are_those_of_xla() -> None:
    with pytest.warns(UserWarning, match="taskset"):
        jaxlearn.set_num_threads(jaxlearn.get_num_threads() + 1)


FORMS = """
t.ones(2).to("cpu", copy=1)
t.ones(2).to(t.float64, dtype=t.float32)
t.ones(2).to(other=t.ones(1))
t.ones(2).to("cpu", "cpu")
t.ones(2).to("cpu", dtype=t.float64)
t.ones(2).type(float)
t.ones(2).type("FloatTensor")
t.ones(2).type(3)
t.tensor([1, 2]).type(t.Tensor)
t.Tensor([1, 2], device="cpu")
t.Tensor(2, -1)
t.Tensor([1, None])
t.Tensor(True)
t.Tensor([t.ones(2)])
t.ByteTensor([-1, 255])
t.ByteTensor([256])
t.LongTensor([1.5, 2])
t.tensor(float("nan"), dtype=t.int64)
t.tensor([t.tensor([1]), t.tensor([2])])
t.tensor([2, t.tensor([[1.5]])])
t.tensor([t.ones(0)])
t.full((2,), np.bool_(True))
t.result_type(np.bool_(True), 3)
t.asarray(np.ones(2), dtype=t.float32, copy=False)
t.empty(2, 3, 4, 5, memory_format=t.channels_last).stride()
t.empty_strided((2, 3), (1,))
t.device("cpu", "a")
t.cat([t.ones(2), np.ones(2)])
t.ones(2).allclose(np.ones(2))
t.ones(3).index_put_(t.tensor([1]), t.tensor(1.0))
np.from_dlpack(t.ones(2, requires_grad=True))
reversed(t.arange(6).reshape(3, 2))
reversed(t.tensor(3))
t.distributions.Normal(0, 1).loc
t.distributions.Normal(0, 1).sample().dtype
t.rand(2, generator=copy.deepcopy(t.Generator().manual_seed(3)))
t.rand(2, generator=pickle.loads(pickle.dumps(t.Generator().manual_seed(3))))
""".strip().splitlines()


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_conversion_and_making(form: str) -> None:
    same(lambda library: eval(form, {"t": library, "np": np, "copy": copy, "pickle": pickle}))


def test_no_item_is_deleted() -> None:
    with pytest.raises(TypeError, match="does not support deleting items"):
        del jaxlearn.ones(2)[0]


def test_copies_keep_attributes() -> None:
    for tensor in (jaxlearn.ones(2), jaxlearn.nn.Parameter(jaxlearn.ones(2))):
        tensor.tags = ["a"]
        deep = copy.deepcopy(tensor)
        assert deep.tags == ["a"] and deep.tags is not tensor.tags
        assert copy.copy(tensor).tags is tensor.tags


@pytest.mark.parametrize(
    "program",
    [
        lambda t: t.zeros(2**62, 8),
        lambda t: t.rand(2**60),
        lambda t: t.arange(2**59),
        lambda t: t.ones(2**60).sum().item(),
        lambda t: (t.zeros(1).expand(2**60) + 1).sum().item(),
        lambda t: t.zeros(1).expand(2**62, 2**10),
    ],
)
def test_more_than_memory_holds_is_an_error_of_python(program: Callable[[Any], Any]) -> None:
    with pytest.raises(RuntimeError):
        program(jaxlearn)
