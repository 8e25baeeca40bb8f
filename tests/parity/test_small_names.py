"""Functions and methods that few programs use, against torch."""

from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import same


def test_python_functions_of_elements() -> None:
    def program(torch: Any) -> Any:
        x, y = torch.arange(6.0).reshape(2, 3), torch.ones(3)
        view = torch.zeros(2, 3).t()
        view.apply_(lambda v: v + 1)
        return x.apply_(lambda v: v * 2), x.map_(y, lambda a, b: a + b), view, torch.ones(2).map2_(
            torch.ones(2), torch.ones(1), lambda a, b, c: a + b + c
        )  # fmt: skip

    same(program)
    same(lambda torch: torch.ones(2, requires_grad=True).apply_(abs))
    same(lambda torch: torch.ones(2, 2).map_(torch.ones(3), max))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (7, 3), (3, 3, 3), (4,), (2, 3, 4), (0, 0)])
@pytest.mark.parametrize("around", [False, True])
def test_diagonals(shape: tuple[int, ...], around: bool) -> None:
    same(lambda torch: torch.zeros(shape).fill_diagonal_(5, wrap=around))
    same(lambda torch: torch.zeros(shape, dtype=torch.int64).t_().fill_diagonal_(5) if len(shape) == 2 else 0)


def test_questions() -> None:
    def program(torch: Any) -> Any:
        x = torch.zeros(1, 2, 3, 3)
        return [
            x.dim_order(), x.to(memory_format=torch.channels_last).dim_order(), x.permute(3, 1, 0, 2).dim_order(),
            torch.tensor([0.5]).is_nonzero(), torch.tensor(0).is_nonzero(), x.is_signed(), x.bool().is_signed(),
            x.is_mkldnn, x.is_xla, x.is_distributed(), x.to_dense() is x, torch.get_device(x), torch.is_storage(x),
            torch.is_storage(x.untyped_storage()), torch.constant_pad_nd(x[0, 0], (1, 2), 3), torch.detach(x).shape,
            torch.norm_except_dim(x + 1, 2, 1), torch.norm_except_dim(x + 1, 1, -1), torch._assert(True, "fine"),
        ]  # fmt: skip

    same(program)
    same(lambda torch: torch.ones(2).is_nonzero())
    same(lambda torch: torch._assert(torch.tensor(False), "wrong"))


def test_powers() -> None:
    for arguments in ((), (2,), (0,), (1,), (5, True), (None, True), (-1,)):
        same(lambda torch, a=arguments: torch.vander(torch.tensor([1, 2, 3]), *a))
        same(lambda torch, a=arguments: torch.vander(torch.tensor([1.5, -2.0]), *a))
    same(lambda torch: torch.vander(torch.ones(2, 2)))


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int64", "uint8", "int8", "bool", "complex64", "bfloat16"]
)
def test_random_tensors_for_tests(dtype: str) -> None:
    for options in (
        {}, {"low": 0, "high": 2}, {"noncontiguous": True}, {"exclude_zero": True}, {"low": -300.5, "high": 400},
        {"low": 3, "high": 1}, {"requires_grad": True}, {"low": float("nan")},
    ):  # fmt: skip

        def program(torch: Any, options: Any = options) -> Any:
            torch.manual_seed(1)
            settings = {"dtype": getattr(torch, dtype), "device": "cpu"}
            made = torch.testing.make_tensor((3, 4), **settings, **options)
            return made, made.stride(), torch.testing.make_tensor((), **settings, **options)

        same(program)


def test_memory_is_not_shared_between_processes() -> None:
    assert not jaxlearn.ones(1).is_shared()
    with pytest.raises(NotImplementedError, match="Send values between processes"):
        jaxlearn.ones(1).share_memory_()


# Arguments by the names that torch has for them.
BY_NAME: dict[str, Any] = {
    "only_inputs": lambda torch: torch.autograd.grad(
        outputs=(x := torch.ones(2, requires_grad=True)) ** 2,
        inputs=x,
        grad_outputs=torch.ones(2),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    ),
    "allow_unused in its place": lambda torch: torch.autograd.grad(
        torch.ones(2, requires_grad=True).sum(),
        torch.ones(2, requires_grad=True),
        None,
        None,
        False,
        True,
        True,
    ),
    "split_size": lambda torch: torch.arange(5).split(split_size=2),
    "split_size as a tensor": lambda torch: torch.arange(6).view(2, 3).split(torch.tensor(2), dim=1),
    "split sizes": lambda torch: torch.arange(5).split(split_size=[1, 4]),
    "prob": lambda torch: (
        torch.distributions.HalfNormal(1.0).icdf(prob=torch.tensor(0.3)),
        torch.distributions.HalfCauchy(1.0).icdf(prob=torch.tensor(0.3)),
    ),
    "remove_duplicate": lambda torch: len(
        list(torch.nn.Sequential(layer := torch.nn.ReLU(), layer).modules(remove_duplicate=False))
    ),
}


@pytest.mark.parametrize("program", BY_NAME.values(), ids=list(BY_NAME))
def test_arguments_by_name(program: Any) -> None:
    same(program)


@pytest.mark.filterwarnings("always")
def test_what_only_inputs_once_did_is_refused_by_a_warning() -> None:
    def program(torch: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with pytest.warns(FutureWarning) as caught:
            torch.autograd.grad(x.sum(), x, only_inputs=False)
        return str(caught[0].message)

    same(program)


def test_load_takes_none_for_the_weights_only(tmp_path: Any) -> None:
    class Own:
        pass

    globals()["Own"], Own.__qualname__ = Own, "Own"

    def program(torch: Any) -> Any:
        torch.save({"a": torch.ones(2)}, tmp_path / "a", _use_new_zipfile_serialization=False)
        loaded = torch.load(tmp_path / "a", weights_only=None)
        torch.save(Own(), tmp_path / "b")
        torch.load(tmp_path / "b", weights_only=None)
        return loaded

    same(program)  # the second is refused by both


def test_numpys_truth_values_are_floating_point_numbers() -> None:
    def program(torch: Any) -> Any:
        x, i = torch.ones(2), torch.ones(2).int()
        return (
            x - np.True_,
            np.True_ - x,
            i + np.True_,
            i * np.True_,
            i.clamp(np.True_),
            i == np.True_,
            i**np.True_,
        )

    same(program)
    same(lambda torch: torch.ones(2).bool() - np.True_, message=True)


def test_sums_in_the_dtype_of_out() -> None:
    for name in ("sum", "prod", "cumsum", "cumprod"):
        for dtype in ("int32", "int8", "float64", "float32"):
            for source in ([1, 2, 100], [1.5, 2.0, 0.25]):

                def program(torch: Any, name: str = name, dtype: str = dtype, source: Any = source) -> Any:
                    x = torch.tensor(source)
                    shape = (3,) if name.startswith("cum") else ()
                    out = torch.empty(shape, dtype=getattr(torch, dtype))
                    return getattr(torch, name)(x, 0, out=out), out

                same(program)
    same(lambda torch: torch.sum(torch.ones(2), 0, dtype=torch.float64, out=torch.empty(())), message=True)
    same(lambda torch: [torch.tensor([1, 2]).sum(dtype=d) for d in (torch.bool, torch.int32, torch.int8)])
    same(lambda torch: [torch.tensor([1, 2]).prod(dtype=d) for d in (torch.bool, torch.int32, torch.int8)])
    same(lambda torch: torch.ones(2).cumsum(0, dtype=torch.bool), message=True)
    same(lambda torch: torch.tensor([1.5, 0.0]).nansum(dtype=torch.bool))


def test_files_by_another_pickle(tmp_path: Any) -> None:
    import pickle

    def program(torch: Any) -> Any:
        path = tmp_path / torch.__name__
        torch.save({"a": torch.ones(2), "b": {1, 2}}, path, pickle_module=pickle)
        return torch.load(path, pickle_module=pickle), torch.load(path, None, pickle, weights_only=False)

    same(program)
    same(lambda torch: torch.load(tmp_path / "torch", pickle_module=pickle, weights_only=True), message=True)


def test_arrays_of_other_libraries_where_they_are_wanted() -> None:
    def program(torch: Any) -> Any:
        x = torch.ones(2)
        copied, shared = torch.from_dlpack(x, copy=True), torch.from_dlpack(x, copy=False)
        x[0] = 5
        return (
            copied,
            shared,
            torch.from_dlpack(np.arange(3), device="cpu"),
            torch.from_dlpack(x, device=x.device),
        )

    same(program)


def test_products_in_a_wider_dtype() -> None:
    """torch has these kernels on GPUs alone: the products of 16 bits, added up in 32."""
    torch = jaxlearn
    a, b = torch.full((1, 4), 0.1).bfloat16(), torch.full((4, 1), 0.3).bfloat16()
    exact = a.float() @ b.float()
    assert torch.equal(torch.mm(a, b, out_dtype=torch.float32), exact)
    assert torch.equal(torch.bmm(a[None], b[None], torch.float32), exact[None])
    assert torch.equal(torch.addmm(exact, a, b, out_dtype=torch.float32), 2 * exact)
    assert torch.equal(torch.baddbmm(exact[None], a[None], b[None], out_dtype=torch.float32), 2 * exact[None])
    with pytest.raises(RuntimeError, match="out_dtype must be the same"):
        torch.mm(a, b, out_dtype=torch.float64)


def test_deprecated_range() -> None:
    for call in (
        lambda torch: torch.range(0, 3, out=torch.empty(4, dtype=torch.int64)),
        lambda torch: torch.range(1, 2, 0.5, dtype=torch.float64, requires_grad=True),
        lambda torch: torch.range(0, 3, out=torch.empty(4, dtype=torch.int64), dtype=torch.float32),
    ):
        same(call, message=True)


def test_membership() -> None:
    same(lambda torch: (2 in torch.ones(3), 1.0 in torch.ones(3), torch.tensor(1) in torch.ones(3)))
    same(lambda torch: "a" in torch.ones(3), message=True)


def test_lists_of_tensors_as_one_vector() -> None:
    import importlib

    def program(torch: Any) -> Any:
        utils = importlib.import_module(f"{torch.__name__}._utils")
        tensors = [torch.arange(4.0).reshape(2, 2), torch.ones(3)]
        flat = utils._flatten_dense_tensors(tensors)
        return flat, utils._unflatten_dense_tensors(flat * 2, tensors)

    same(program)
