"""The dtypes against torch: objects, limits, default and the full promotion tables."""

from __future__ import annotations

import copy
import importlib
import itertools
import pickle
from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest

from jaxlearn import _dtypes as D

FLOAT8 = ["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
NAMES = ["bool", *INTEGERS, *FLOATS, "complex64", "complex128", *FLOAT8]
ALIASES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
}
PYTHON_NUMBERS = {True: "bool", 2: "int64", 1.5: "float64", 1j: "complex128"}


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _default_dtype_restored() -> Iterator[None]:
    yield
    D.set_default_dtype(D.float32)


def get(name: str) -> D.dtype:
    return getattr(D, name)


def outcome(call, *args):
    """The result's text, or the exception's type and message; torch's complex32 stands as our complex64."""
    try:
        return repr(call(*args)).replace("torch.complex32", "torch.complex64")
    except (RuntimeError, TypeError) as error:
        return type(error).__name__, str(error)


# ------------------------------------------------------------------------------------------------ objects


def test_names_and_aliases() -> None:
    assert [repr(get(name)) for name in NAMES] == [f"torch.{name}" for name in NAMES]
    assert all(get(alias) is get(name) for alias, name in ALIASES.items())
    assert f"{D.float}" == str(D.half.to_real()).replace("16", "32") == "torch.float32"


@pytest.mark.parametrize("name", NAMES)
def test_attributes_equal_torch(torch, name: str) -> None:
    ours, theirs = get(name), getattr(torch, name)
    for attribute in ("is_floating_point", "is_complex", "is_signed", "itemsize"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
        assert type(getattr(ours, attribute)) is type(getattr(theirs, attribute))
    assert outcome(ours.to_real) == outcome(theirs.to_real)
    assert outcome(ours.to_complex) == outcome(theirs.to_complex)


def test_aliases_equal_torch(torch) -> None:
    for alias, name in ALIASES.items():
        assert getattr(torch, alias) is getattr(torch, name)


@pytest.mark.parametrize("name", NAMES)
def test_one_object_per_dtype_survives_copy_and_pickle(name: str) -> None:
    ours = get(name)
    assert copy.copy(ours) is ours
    assert copy.deepcopy({"d": ours})["d"] is ours
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        text = pickle.dumps(ours, protocol)
        assert name.encode() in text
        assert pickle.loads(text) is ours
    assert {ours: 1}[ours] == 1
    assert ours != np.dtype(np.float32)


def test_dtype_is_immutable_with_torch_messages(torch) -> None:
    for ours, theirs in ((D.float32, torch.float32),):
        for name in ("itemsize", "x"):
            with pytest.raises(AttributeError) as expected:
                setattr(theirs, name, 1)
            with pytest.raises(AttributeError) as raised:
                setattr(ours, name, 1)
            assert str(raised.value) == str(expected.value)
        with pytest.raises(AttributeError, match="not writable"):
            del ours.itemsize
    with pytest.raises(TypeError, match=r"^cannot create 'torch\.dtype' instances$"):
        D.dtype()
    assert D.float32.itemsize == 4


def test_numpy_dtypes_both_ways() -> None:
    for name in NAMES:
        expected = np.dtype(getattr(ml_dtypes, name, None) or name)
        assert get(name)._np == expected
        assert D.from_numpy_dtype(expected) is get(name)
    assert D.from_numpy_dtype(np.dtype("longlong")) is D.int64
    assert D.from_numpy_dtype(np.array([1.0]).dtype) is D.float64


@pytest.mark.parametrize("code", ["U1", ">f4", "g", "O", "M8[s]", "i4,f4"])
def test_foreign_numpy_dtypes_raise_as_torch(torch, code: str) -> None:
    array = np.zeros(1, code)
    with pytest.raises((TypeError, ValueError)) as expected:
        torch.from_numpy(array)
    with pytest.raises(expected.type) as raised:
        D.from_numpy_dtype(array.dtype)
    assert str(raised.value) == str(expected.value)


def test_python_types_as_dtypes(torch) -> None:
    for python_type in (bool, int, float, complex):
        assert repr(D.as_dtype(python_type, "zeros")) == repr(torch.zeros(1, dtype=python_type).dtype)
    for wrong in ("float32", 3, str):
        with pytest.raises(TypeError) as expected:
            torch.zeros(1, dtype=wrong)
        with pytest.raises(TypeError) as raised:
            D.as_dtype(wrong, "zeros")
        assert str(raised.value).split(", not ")[0] == str(expected.value).split(", not ")[0]


def test_public_list_is_exact() -> None:
    module = importlib.import_module("jaxlearn._dtypes")
    assert set(NAMES) | set(ALIASES) <= set(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


# ------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize("name", [*FLOATS, *FLOAT8, "complex64", "complex128"])
def test_finfo_equals_torch(torch, name: str) -> None:
    ours, theirs = D.finfo(get(name)), torch.finfo(getattr(torch, name))
    for attribute in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
        assert type(getattr(ours, attribute)) is type(getattr(theirs, attribute))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", INTEGERS)
def test_iinfo_equals_torch(torch, name: str) -> None:
    ours, theirs = D.iinfo(get(name)), torch.iinfo(getattr(torch, name))
    for attribute in ("bits", "max", "min", "dtype"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
        assert type(getattr(ours, attribute)) is type(getattr(theirs, attribute))
    assert repr(ours) == repr(theirs)


def test_limits_golden() -> None:
    assert repr(D.finfo()) == (
        "finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, "
        "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)"
    )
    assert repr(D.iinfo(int)) == "iinfo(min=-9.22337e+18, max=9.22337e+18, dtype=int64)"
    assert D.iinfo(D.int64).max == 2**63 - 1
    assert D.finfo(D.complex64) == D.finfo(D.float32) != D.finfo(D.float64)
    with pytest.raises(TypeError, match="unhashable"):
        hash(D.finfo(D.float32))


def test_limits_follow_the_default_dtype() -> None:
    D.set_default_dtype(D.bfloat16)
    assert D.finfo().dtype == "bfloat16"


@pytest.mark.parametrize("argument", ["int32", "bool", "float32", "complex64", "uint8"])
def test_limits_of_the_wrong_kind_raise_as_torch(torch, argument: str) -> None:
    assert outcome(D.finfo, get(argument)) == outcome(torch.finfo, getattr(torch, argument))
    assert outcome(D.iinfo, get(argument)) == outcome(torch.iinfo, getattr(torch, argument))


def test_limits_of_no_dtype_raise_as_torch(torch) -> None:
    assert outcome(D.finfo, "float32") == outcome(torch.finfo, "float32")
    assert outcome(D.iinfo, 3) == outcome(torch.iinfo, 3)
    for limits, theirs in (
        (D.finfo(D.float32), torch.finfo(torch.float32)),
        (D.iinfo(int), torch.iinfo(int)),
    ):
        for name in ("max", "x"):
            with pytest.raises(AttributeError) as expected:
                setattr(theirs, name, 1)
            with pytest.raises(AttributeError) as raised:
                setattr(limits, name, 1)
            assert str(raised.value) == str(expected.value)


# ------------------------------------------------------------------------------------------------ default


def test_default_dtype_and_its_errors(torch) -> None:
    assert D.get_default_dtype() is D.float32
    for name in FLOATS:
        D.set_default_dtype(get(name))
        assert D.get_default_dtype() is get(name)
    for wrong in ["int32", "bool", "complex64", "float8_e5m2"]:
        assert outcome(D.set_default_dtype, get(wrong)) == outcome(
            torch.set_default_dtype, getattr(torch, wrong)
        )
    for wrong in ["float32", None, float, np.float32]:
        assert outcome(D.set_default_dtype, wrong) == outcome(torch.set_default_dtype, wrong)
    assert D.get_default_dtype() is D.float64


# ------------------------------------------------------------------------------------------------ promotion


def test_promotion_golden() -> None:
    table = {
        ("uint8", "int8"): "int16",
        ("uint8", "int16"): "int16",
        ("bool", "uint8"): "uint8",
        ("int64", "float16"): "float16",
        ("float16", "bfloat16"): "float32",
        ("float32", "float64"): "float64",
        ("float64", "complex64"): "complex128",
        ("int64", "complex64"): "complex64",
        ("uint64", "float16"): "float16",
    }
    for (a, b), result in table.items():
        assert D.promote_types(get(a), get(b)) is get(result)
        assert D.promote_types(get(b), get(a)) is get(result)
    with pytest.raises(RuntimeError, match="attempted to promote Long and UInt16"):
        D.promote_types(D.int64, D.uint16)
    assert D.can_cast(D.float64, D.float16)
    assert not D.can_cast(D.float16, D.int64)


def test_result_type_golden() -> None:
    tensor, scalar, number = D.DIMENSIONED, D.ZERO_DIM, D.WRAPPED_NUMBER
    assert D.result_type_of([(D.float32, tensor), (D.float64, scalar)]) is D.float32
    assert D.result_type_of(((D.int32, tensor), (D.float64, scalar))) is D.float64
    assert D.result_type_of(((D.int32, tensor), (D.float64, number))) is D.float32
    assert D.result_type_of(((D.uint8, tensor), (D.int64, number))) is D.uint8
    assert D.result_type_of(((D.bool, tensor), (D.int64, number))) is D.int64
    assert D.result_type_of(((D.float64, tensor), (D.complex64, scalar))) is D.complex128
    assert D.result_type_of(((D.bool, number),)) is D.bool
    assert D.result_type_of(((D.int16, scalar), (D.int64, number))) is D.int16
    with pytest.raises(ValueError, match="at least one operand"):
        D.result_type_of(())


def test_result_type_follows_the_default_dtype() -> None:
    operands = ((D.int32, D.DIMENSIONED), (D.float64, D.WRAPPED_NUMBER))
    assert D.result_type_of(operands) is D.float32
    D.set_default_dtype(D.float64)
    assert D.result_type_of(operands) is D.float64
    complex_number = ((D.int32, D.DIMENSIONED), (D.complex128, D.WRAPPED_NUMBER))
    assert D.result_type_of(complex_number) is D.complex128


def test_half_and_a_complex_number_make_complex64(torch) -> None:
    """A known difference: torch makes complex32, which neither NumPy nor XLA has."""
    assert torch.result_type(torch.ones(1, dtype=torch.half), 1j) is torch.complex32
    operands = ((D.half, D.DIMENSIONED), (D.complex128, D.WRAPPED_NUMBER))
    assert D.result_type_of(operands) is D.complex64


def test_promote_types_and_can_cast_full_table(torch) -> None:
    for a, b in itertools.product(NAMES, NAMES):
        theirs = getattr(torch, a), getattr(torch, b)
        for call in ("promote_types", "can_cast"):
            assert outcome(getattr(D, call), get(a), get(b)) == outcome(getattr(torch, call), *theirs), (
                call,
                a,
                b,
            )
    for call in ("promote_types", "can_cast"):
        for arguments in ((1, None), (None, 1)):
            ours = [D.int8 if v is None else v for v in arguments]
            theirs_arguments = [torch.int8 if v is None else v for v in arguments]
            assert outcome(getattr(D, call), *ours) == outcome(getattr(torch, call), *theirs_arguments)


def operands_of(torch) -> list[tuple[tuple[D.dtype, int], object]]:
    """Every kind of operand: our pair beside torch's tensor or number."""
    tensors = [
        ((get(name), category), torch.empty(shape, dtype=getattr(torch, name), device="meta"))
        for name in NAMES
        for category, shape in ((D.DIMENSIONED, (2,)), (D.ZERO_DIM, ()))
    ]
    return tensors + [((get(name), D.WRAPPED_NUMBER), number) for number, name in PYTHON_NUMBERS.items()]


@pytest.mark.parametrize("default", FLOATS)
@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
def test_result_type_full_table(torch, default: str) -> None:
    D.set_default_dtype(get(default))
    torch.set_default_dtype(getattr(torch, default))
    try:
        for (ours_a, theirs_a), (ours_b, theirs_b) in itertools.product(operands_of(torch), repeat=2):
            expected = outcome(torch.result_type, theirs_a, theirs_b)
            for _ in range(2):  # the second answer is the remembered one
                assert outcome(D.result_type_of, (ours_a, ours_b)) == expected, (ours_a, ours_b)
    finally:
        torch.set_default_dtype(torch.float32)


def test_result_type_of_three_operands(torch) -> None:
    """torch has no three-operand result_type; addcmul promotes its three tensors by the same rule."""
    names = ["uint8", "int8", "int32", "int64", "bfloat16", "float32", "float64", "complex64", "complex128"]
    shapes = ((D.DIMENSIONED, (2,)), (D.ZERO_DIM, ()))
    operands = [
        ((get(name), category), torch.empty(shape, dtype=getattr(torch, name), device="meta"))
        for name in names
        for category, shape in shapes
    ]
    for triple in itertools.combinations(operands, 3):
        expected = torch.addcmul(*(tensor for _, tensor in triple)).dtype
        assert repr(D.result_type_of(tuple(pair for pair, _ in triple))) == repr(expected), triple
