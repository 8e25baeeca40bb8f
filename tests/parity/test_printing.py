"""The text of tensors, sizes and named results against torch, over a generated table and by golden strings."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest

from jaxlearn import _dtypes as D
from jaxlearn._size import Size
from jaxlearn._tensor.printing import (
    get_printoptions,
    printoptions,
    set_printoptions,
    structseq_repr,
    tensor_str,
)

FLOATS = ["float16", "bfloat16", "float32", "float64"]
FLOAT8 = ["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
SHAPES = [(), (1,), (5,), (23,), (3, 4), (2, 25), (2, 3, 2), (2, 1, 2, 3), (1, 1, 1, 1, 2)]
EMPTY_SHAPES = [(0,), (0, 3), (3, 0), (2, 0, 4), (0, 0)]
LARGE_SHAPES = [
    (1001,),
    (2000,),
    (6, 200),
    (7, 200),
    (200, 7),
    (1100, 1),
    (2, 600),
    (11, 10, 11),
    (2, 3, 4, 50),
]
OPTIONS = [
    {},
    {"precision": 2},
    {"precision": 0},
    {"precision": 8},
    {"sci_mode": True},
    {"sci_mode": False},
    {"linewidth": 30},
    {"linewidth": 200},
    {"linewidth": 0},
    {"profile": "short"},
    {"profile": "full"},
    {"threshold": 3},
    {"threshold": 0, "edgeitems": 1},
    {"threshold": 3, "edgeitems": 2},
    {"threshold": 3, "edgeitems": 0},
    {"edgeitems": 0},
    {"threshold": float("inf")},
    {"profile": "short", "precision": 6, "sci_mode": True},
]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _defaults_restored() -> Iterator[None]:
    yield
    set_printoptions(profile="default")
    D.set_default_dtype(D.float32)


def float_values(shape: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    """Arrays of one shape that lead to every way of writing floats."""
    generator = np.random.RandomState(seed)
    normal = generator.randn(*shape)
    integral = np.asarray(generator.randint(-40, 40, shape), dtype=np.float64)
    chosen = generator.rand(*shape) < 0.3

    def with_specials(base: np.ndarray, *specials: float) -> np.ndarray:
        return np.where(chosen, np.resize(np.array(specials), shape), base)

    return {
        "normal": normal,
        "integral": integral,
        "large_integral": np.asarray(integral * 1e7 + 1),
        "small": normal * 1e-3,
        "tiny": normal * 1e-6,
        "large": normal * 1e3,
        "huge": normal * 1e9,
        "mixed": normal * 10.0 ** np.asarray(generator.randint(-5, 5, shape)),
        "zeros": np.zeros(shape),
        "minus_zero": with_specials(np.zeros(shape), -0.0),
        "normal_specials": with_specials(normal, np.nan, np.inf, -np.inf),
        "integral_specials": with_specials(integral, np.nan, -np.inf, np.inf, -0.0),
        "huge_specials": with_specials(normal * 1e12, np.inf, np.nan, 0.0),
        "only_specials": np.resize(np.array([np.nan, np.inf, -np.inf]), shape),
        "only_nan": np.full(shape, np.nan),
        "at_the_limits": np.resize(np.array([1e8, 1.0, 1000.0, 1e-4]), shape),
    }


def as_numpy(tensor, name: str) -> np.ndarray:
    if name == "bfloat16" or name.startswith("float8"):
        width = {1: "int8", 2: "int16"}[tensor.element_size()]
        import torch

        return tensor.view(getattr(torch, width)).numpy().view(getattr(ml_dtypes, name))
    return tensor.numpy()


def check(tensor, name: str, **more: object) -> None:
    ours = tensor_str(as_numpy(tensor.detach(), name), dtype=getattr(D, name), **more)
    assert ours == repr(tensor)


# ------------------------------------------------------------------------------------------------ golden


def f32(*values: object) -> np.ndarray:
    return np.array(values, np.float32)


NAN, INF = float("nan"), float("inf")
GOLDEN = [
    (f32(1, 2, 3), "tensor([1., 2., 3.])"),
    (f32(1.5, -2, 3), "tensor([ 1.5000, -2.0000,  3.0000])"),
    (f32(1e-5, 1), "tensor([1.0000e-05, 1.0000e+00])"),
    (f32(1, NAN, INF), "tensor([1., nan, inf])"),
    (f32(1.5, NAN, -INF), "tensor([1.5000,    nan,   -inf])"),
    (f32(NAN), "tensor([nan])"),
    (f32(0, -0.0), "tensor([0., -0.])"),
    (np.float32(3.14159), "tensor(3.1416)"),
    (
        np.float32([[0.3126, 0.3791], [0.3087, 0.0736]]),
        "tensor([[0.3126, 0.3791],\n        [0.3087, 0.0736]])",
    ),
    (np.float64([1, 2.5]), "tensor([1.0000, 2.5000], dtype=torch.float64)"),
    (np.array([1, 2.5], ml_dtypes.bfloat16), "tensor([1.0000, 2.5000], dtype=torch.bfloat16)"),
    (np.int64([1, -20, 3]), "tensor([  1, -20,   3])"),
    (np.int64(7), "tensor(7)"),
    (np.int32([1]), "tensor([1], dtype=torch.int32)"),
    (np.uint8([200]), "tensor([200], dtype=torch.uint8)"),
    (np.array([True, False]), "tensor([ True, False])"),
    (np.complex64([1 + 2j, -0.5j]), "tensor([1.+2.0000j, -0.-0.5000j])"),
    (np.zeros(0, np.float32), "tensor([])"),
    (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
    (np.zeros((0,), np.int64), "tensor([], dtype=torch.int64)"),
    (np.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
    (
        np.arange(2000.0, dtype=np.float32).reshape(2, 1000),
        (
            "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 9.9700e+02, 9.9800e+02,\n"
            "         9.9900e+02],\n"
            "        [1.0000e+03, 1.0010e+03, 1.0020e+03,  ..., 1.9970e+03, 1.9980e+03,\n"
            "         1.9990e+03]])"
        ),
    ),
    (np.arange(4).reshape(2, 1, 2), "tensor([[[0, 1]],\n\n        [[2, 3]]])"),
]


@pytest.mark.parametrize(("array", "text"), GOLDEN, ids=[text[:40] for _, text in GOLDEN])
def test_golden(array: np.ndarray, text: str) -> None:
    assert tensor_str(np.asarray(array), dtype=D.from_numpy_dtype(np.asarray(array).dtype)) == text


def test_golden_strings_are_torch_strings(torch) -> None:
    for array, text in GOLDEN:
        values = np.asarray(array)
        tensor = torch.from_numpy(values.astype(np.float32) if values.dtype == ml_dtypes.bfloat16 else values)
        assert repr(tensor.bfloat16() if values.dtype == ml_dtypes.bfloat16 else tensor) == text


def test_golden_suffixes() -> None:
    array = f32(1, 2)
    assert tensor_str(array, dtype=D.float32, requires_grad=True) == "tensor([1., 2.], requires_grad=True)"
    assert tensor_str(array, dtype=D.float32, requires_grad=True, grad_fn_name="AddBackward0") == (
        "tensor([1., 2.], grad_fn=<AddBackward0>)"
    )
    assert tensor_str(array, dtype=D.float32, requires_grad=True, is_parameter=True) == (
        "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    )
    assert tensor_str(array.astype(np.float64), dtype=D.float64, device="cuda:0", grad_fn_name="A") == (
        "tensor([1., 2.], device='cuda:0', dtype=torch.float64, grad_fn=<A>)"
    )
    assert tensor_str(
        f32(*range(8)) + 0.5, dtype=D.float32, device="cuda:0", grad_fn_name="MulBackward0"
    ) == (
        "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000, 7.5000],\n"
        "       device='cuda:0', grad_fn=<MulBackward0>)"
    )


def test_indent_is_room_taken_at_the_left() -> None:
    array = np.arange(60, dtype=np.float32).reshape(2, 30)
    with printoptions(linewidth=80):
        plain = tensor_str(array, dtype=D.float32, grad_fn_name="AddBackward0")
    with printoptions(linewidth=87):
        moved = tensor_str(array, dtype=D.float32, grad_fn_name="AddBackward0", indent=7)
    assert moved == plain.replace("\n", "\n" + " " * 7)
    with printoptions(linewidth=40):
        short = tensor_str(f32(1, 2), dtype=D.float32, requires_grad=True, indent=7)
    assert short == "tensor([1., 2.],\n              requires_grad=True)"


def test_structseq_golden_and_torch(torch) -> None:
    values, indices = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
    ours = structseq_repr("max", [("values", values), ("indices", indices)])
    assert ours == "torch.return_types.max(\nvalues=tensor([5., 7.]),\nindices=tensor([1, 0]))"
    assert ours == repr(torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1))
    eigh = torch.linalg.eigh(torch.eye(2))
    fields = [("eigenvalues", eigh.eigenvalues), ("eigenvectors", eigh.eigenvectors)]
    assert structseq_repr("linalg_eigh", fields) == repr(eigh)


# ------------------------------------------------------------------------------------------------ generated table


@pytest.mark.parametrize("name", [*FLOATS, *FLOAT8])
def test_floats_equal_torch(torch, name: str) -> None:
    for seed, shape in enumerate(SHAPES):
        for values in float_values(shape, seed).values():
            check(torch.from_numpy(np.asarray(values)).to(getattr(torch, name)), name)


@pytest.mark.parametrize("name", ["bool", *INTEGERS])
def test_integers_equal_torch(torch, name: str) -> None:
    generator = np.random.RandomState(0)
    dtype = getattr(torch, name)
    limits = (0, 2) if name == "bool" else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    for shape, (low, high) in itertools.product(SHAPES, [(0, 2), (0, 100), limits]):
        wide = generator.randint(0, 2**31, shape) / 2**31
        values = np.asarray(low + wide * (high - low) * 0.999).astype(name)
        check(torch.from_numpy(values), name)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_equal_torch(torch, name: str) -> None:
    for seed, shape in enumerate(SHAPES):
        table = list(float_values(shape, seed).values())
        for real, imag in itertools.product(table[:: 1 + seed % 2], table[::3]):
            pair = torch.complex(torch.from_numpy(np.asarray(real)), torch.from_numpy(np.asarray(imag)))
            check(pair.to(getattr(torch, name)), name)


@pytest.mark.parametrize("name", ["bool", *INTEGERS, *FLOATS, *COMPLEX, "float8_e5m2"])
def test_empty_equal_torch(torch, name: str) -> None:
    for shape in EMPTY_SHAPES:
        check(torch.empty(shape, dtype=getattr(torch, name)), name)


@pytest.mark.parametrize("name", ["bool", "int64", "uint8", "bfloat16", "float32", "float64", "complex64"])
def test_summaries_equal_torch(torch, name: str) -> None:
    for seed, shape in enumerate(LARGE_SHAPES):
        for scale in (1.0, 1e3):
            values = torch.from_numpy(np.random.RandomState(seed).randn(*shape) * scale)
            check(values.to(getattr(torch, name)), name)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_print_options_equal_torch(torch, options: dict[str, object]) -> None:
    with torch._tensor_str.printoptions(**options), printoptions(**options):
        assert get_printoptions() == torch._tensor_str.get_printoptions()
        for seed, shape in enumerate([(), (5,), (23,), (3, 4), (5, 6), (7, 1), (3, 8, 9), (0, 3), (1, 30)]):
            table = float_values(shape, seed)
            for values in table.values():
                check(torch.from_numpy(np.asarray(values)).float(), "float32")
            pair = (table["normal"], table["integral_specials"])
            check(torch.complex(*(torch.from_numpy(np.asarray(part)).float() for part in pair)), "complex64")
            check(torch.from_numpy(np.asarray(table["large"])).long(), "int64")


def test_summary_with_options_equals_torch(torch) -> None:
    tensor = torch.from_numpy(np.random.RandomState(0).randn(13, 14, 15)).float()
    for edgeitems, threshold, linewidth in itertools.product((0, 1, 2, 5, 7), (0, 100, 10_000), (20, 80)):
        options = {"edgeitems": edgeitems, "threshold": threshold, "linewidth": linewidth}
        with torch._tensor_str.printoptions(**options), printoptions(**options):
            check(tensor, "float32")
            check(tensor[0, 0, 0], "float32")


@pytest.mark.parametrize("name", ["float32", "float64", "complex64"])
def test_suffixes_equal_torch(torch, name: str) -> None:
    dtype = getattr(torch, name)
    for size in range(40):
        leaf = torch.arange(size).to(dtype).requires_grad_()
        check(leaf, name, requires_grad=True)
        check(leaf + 1.5, name, requires_grad=True, grad_fn_name="AddBackward0")
        check(torch.nn.Parameter(leaf.detach()), name, requires_grad=True, is_parameter=True)
        folded = leaf.reshape(1, size) * 1
        check(folded, name, grad_fn_name="MulBackward0")


def test_layout_suffix_equals_torch(torch) -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("the only non-strided layout with dense text is mkldnn's, absent from this torch")
    tensor = torch.tensor([0.25, 0.5])
    ours = tensor_str(tensor.numpy(), dtype=D.float32, layout="torch._mkldnn")
    assert ours == repr(tensor.to_mkldnn())


@pytest.mark.parametrize("default", FLOATS)
def test_dtype_suffix_follows_the_default_dtype(torch, default: str) -> None:
    D.set_default_dtype(getattr(D, default))
    torch.set_default_dtype(getattr(torch, default))
    try:
        for name in ["bool", "int32", "int64", *FLOATS, *COMPLEX]:
            check(torch.ones(2, dtype=getattr(torch, name)), name)
            check(torch.ones(0, dtype=getattr(torch, name)), name)
    finally:
        torch.set_default_dtype(torch.float32)


def test_views_and_strides_equal_torch(torch) -> None:
    base = torch.from_numpy(np.random.RandomState(0).randn(40, 60)).float()
    for view in (base.t(), base[::2, 1::3], base[:, :1], base.expand(2, 40, 60), base[3]):
        check(view, "float32")


# ------------------------------------------------------------------------------------------------ behaviour


class Untouchable(np.ndarray):
    """An array that refuses to be read as a whole."""

    def reshape(self, *shape: object, **options: object) -> np.ndarray:
        assert self.size <= 1000, "the whole array was read"
        return super().reshape(*shape, **options)

    def astype(self, *arguments: object, **options: object) -> np.ndarray:
        assert self.size <= 1000, "the whole array was read"
        return super().astype(*arguments, **options)


@pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (4, 10**11), (10**11, 4)])
def test_only_the_summarised_part_is_read(shape: tuple[int, ...]) -> None:
    # A broadcast of one element: reading it whole would take terabytes.
    array = np.broadcast_to(np.float32(1.5), shape)
    text = tensor_str(array.view(Untouchable), dtype=D.float32)
    assert "..." in text
    assert set(text.replace("\n", " ").split("(")[1].replace("1.5000", "")) <= set("[]., )")


def test_formatting_changes_neither_array_nor_error_state() -> None:
    array = np.array([1e-308, 1e308, np.nan, 0.0])
    before = array.copy()
    with np.errstate(all="raise"):
        text = tensor_str(array, dtype=D.float64)
    assert "1.0000e+308" in text
    np.testing.assert_array_equal(array, before)


def test_print_options_and_context_manager() -> None:
    default = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}
    assert get_printoptions() == default
    set_printoptions(profile="short", edgeitems=5)
    assert get_printoptions() == {**default, "precision": 2, "edgeitems": 5}
    set_printoptions(sci_mode=True)
    assert get_printoptions()["sci_mode"] is True
    set_printoptions(
        linewidth=100
    )  # what is left out stays, but sci_mode becomes automatic again, as in torch
    assert get_printoptions() == {**default, "precision": 2, "edgeitems": 5, "linewidth": 100}
    set_printoptions(profile="default")
    with pytest.raises(ZeroDivisionError), printoptions(precision=1, sci_mode=False):
        assert tensor_str(f32(1.25), dtype=D.float32) == "tensor([1.2])"
        1 / 0  # noqa: B018
    assert get_printoptions() == default
    with pytest.raises(TypeError, match="unexpected keyword argument 'digits'"):
        set_printoptions(digits=3)  # type: ignore[call-arg]


# ------------------------------------------------------------------------------------------------ Size


def test_size_golden() -> None:
    size = Size([2, 3, 4])
    assert repr(size) == str(size) == f"{size}" == "torch.Size([2, 3, 4])"
    assert repr(Size()) == "torch.Size([])"
    assert (size.numel(), Size().numel(), Size([0, 5]).numel()) == (24, 1, 0)
    assert size == (2, 3, 4) and hash(size) == hash((2, 3, 4)) and size != [2, 3, 4]
    assert size[0] == 2 and type(size[0]) is int
    for made in (size[1:], size[:0], size[::-1], size + (1,), (1,) + size, size + size, size * 2, 2 * size):
        assert type(made) is Size
    assert (size + (1,), (1,) + size) == ((2, 3, 4, 1), (1, 2, 3, 4))
    assert Size([np.int64(3), True]) == (3, 1)
    assert [type(extent) for extent in Size([np.int64(3), True])] == [int, int]


def test_size_survives_copy_and_pickle() -> None:
    size = Size([2, 3])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        loaded = pickle.loads(pickle.dumps(size, protocol))
        assert loaded == size and type(loaded) is Size
    for copied in (copy.copy(size), copy.deepcopy(size)):
        assert copied == size and type(copied) is Size


def test_size_refuses_what_no_tensor_can_have() -> None:
    with pytest.raises(ValueError, match=r"^Overflow when unpacking long long$"):
        Size([2**63])  # torch raises the same, though only when the size is printed
    with pytest.raises(TypeError, match=r"item 1 is 'float32'"):
        Size([1, np.float32(1)])


SIZE_EXPRESSIONS = [
    "S()",
    "S((5,))",
    "S(range(3))",
    "S({1: 2})",
    "S(x for x in (1, 2))",
    "S([-1])",
    "s[1:]",
    "s[::-1]",
    "s[-1]",
    "s[9]",
    "s['a']",
    "s + (1,)",
    "(1,) + s",
    "s + s",
    "s + [1]",
    "s + 1",
    "s + np.array([1])",
    "s * 2",
    "2 * s",
    "0 * s",
    "s * 1.5",
    "s.numel()",
    "s == (2, 3, 4)",
    "s < (3,)",
    "s.count(2)",
    "s.index(3)",
    "tuple(s)",
    "S(['a'])",
    "S([2.0])",
    "S([1, None])",
    "s * [1]",
    "s * np.int64(2)",
    "s * np.array([1, 2, 3])",
    "S('ab')",
    "S(3)",
    "S(None)",
    "S([-(2**63), 2**63 - 1])",
    "s.itemsize",
]


@pytest.mark.parametrize("expression", SIZE_EXPRESSIONS)
def test_size_equals_torch(torch, expression: str) -> None:
    def outcome(kind: type) -> tuple[str, str]:
        try:
            result = eval(expression, {"np": np}, {"S": kind, "s": kind([2, 3, 4])})
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            return type(error).__name__, str(error).replace("'torch.Size'", "'Size'")
        return type(result).__name__, repr(result)

    assert outcome(Size) == outcome(torch.Size)
