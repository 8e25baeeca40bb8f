"""torch's checkpoint files: written for torch to read, read as torch wrote them."""

from __future__ import annotations

import collections
import io
import os
import pathlib
import pickle
import struct
import sys
import types
import zipfile

import ml_dtypes
import numpy as np
import pytest

from jaxlearn import io as jio
from jaxlearn.io import pth_files, pth_zip
from jaxlearn.io.pth_dtypes import NUMPY_DTYPES
from jaxlearn.io.pth_unpickle import jaxlearn_module


class DType:
    def __init__(self, name):
        self.name = name


class Device:
    def __init__(self, type, index=None):
        self.type, self.index = type, index

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"


class Size(tuple):
    pass


class Cell:
    def __init__(self, array):
        self.array = array


class Tensor:
    def __init__(self, cell, offset, shape, strides, requires_grad=False, location="cpu"):
        self.cell, self.offset, self.shape, self.strides = cell, offset, shape, strides
        self.requires_grad, self.location, self.hooks = requires_grad, location, None

    @classmethod
    def of(cls, array, **kwargs):
        array = np.ascontiguousarray(array)
        strides = tuple(s // array.itemsize for s in array.strides)
        return cls(Cell(array.reshape(-1)), 0, array.shape, strides, **kwargs)

    def view(self, offset, shape, strides):
        return Tensor(self.cell, offset, shape, strides)

    def numpy(self):
        # By way of bytes, since float8 has no buffer format.
        array = self.cell.array
        steps = [array.itemsize * stride for stride in self.strides]
        return np.ndarray(self.shape, array.dtype, array.view(np.uint8), array.itemsize * self.offset, steps)


class Parameter(Tensor):
    def __init__(self, data, requires_grad=True):
        super().__init__(data.cell, data.offset, data.shape, data.strides, requires_grad, data.location)


DTYPES = {name: DType(name) for name in NUMPY_DTYPES}
CUDA_DEVICES = [0]


def to_record(obj):
    if not isinstance(obj, Tensor):
        return None
    return jio.TensorRecord(
        base=obj.cell.array,
        key=id(obj.cell),
        offset=obj.offset,
        shape=obj.shape,
        strides=obj.strides,
        requires_grad=obj.requires_grad,
        is_parameter=isinstance(obj, Parameter),
        backward_hooks=obj.hooks,
        location=obj.location,
    )


def from_record(record):
    if record.key.handle is None:
        record.key.handle = Cell(record.base)
    return Tensor(
        record.key.handle, record.offset, record.shape, record.strides, record.requires_grad, record.location
    )


@pytest.fixture(autouse=True)
def adapter():
    ours = jio.Adapter(
        to_record=to_record,
        from_record=from_record,
        tensor_type=Tensor,
        parameter_type=Parameter,
        size_type=Size,
        device_type=Device,
        dtypes=DTYPES,
        device_count=lambda kind: 1 if kind == "cpu" else CUDA_DEVICES[0] if kind == "cuda" else 0,
    )
    previous = jio.register_adapter(ours)
    yield ours
    jio.register_adapter(previous)
    jio.clear_safe_globals()
    CUDA_DEVICES[0] = 0


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def written(obj, **kwargs):
    buffer = io.BytesIO()
    jio.save(obj, buffer, **kwargs)
    buffer.seek(0)
    return buffer


def torch_written(torch, obj, **kwargs):
    buffer = io.BytesIO()
    torch.save(obj, buffer, **kwargs)
    buffer.seek(0)
    return buffer


def sample(name):
    rng = np.random.default_rng(7)
    dtype = NUMPY_DTYPES[name]
    if name == "bool":
        return rng.integers(0, 2, (3, 5)).astype(bool)
    # Any bit pattern, NaNs and infinities included, must come through.
    return rng.integers(0, 256, (3, 5 * dtype.itemsize), dtype=np.uint8).view(dtype)


def torch_bytes(torch, tensor):
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())


# ---------------------------------------------------------------------------------------------- round trip


@pytest.mark.parametrize("name", NUMPY_DTYPES)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_round_trip_is_bit_exact(name, protocol):
    array = sample(name)
    back = jio.load(written({"x": Tensor.of(array)}, pickle_protocol=protocol))["x"]
    assert back.numpy().dtype == array.dtype
    assert back.numpy().tobytes() == array.tobytes()


def test_containers_and_leaves_round_trip():
    obj = collections.OrderedDict(
        a=[1, -2, 2**70, 2.5, True, None, "ü", b"\x00\xff", 1 + 2j],
        b=(Size((2, 3)), DTYPES["bfloat16"], {1, 2}, bytearray(b"z")),
        c={"nested": {3: (Tensor.of(np.arange(3)),)}},
        d=collections.Counter("aab"),
    )
    obj._metadata = {"": {"version": 1}}
    back = jio.load(written(obj))
    assert type(back) is collections.OrderedDict and back._metadata == obj._metadata
    assert back["a"] == obj["a"] and back["b"] == obj["b"] and back["d"] == obj["d"]
    assert type(back["b"][0]) is Size and back["b"][1] is DTYPES["bfloat16"]
    assert back["c"]["nested"][3][0].numpy().tolist() == [0, 1, 2]


def test_shared_storage_and_views_come_back_shared():
    base = Tensor.of(np.arange(12, dtype=np.float32).reshape(3, 4))
    views = [base, base.view(4, (4, 2), (1, 4)), base.view(11, (), ()), base.view(0, (3, 5), (0, 2))]
    archive = written(views)
    assert sum("/data/" in name for name in zipfile.ZipFile(archive).namelist()) == 1
    archive.seek(0)
    back = jio.load(archive)
    assert len({id(t.cell) for t in back}) == 1
    for ours, theirs in zip(back, views, strict=True):
        assert (ours.shape, ours.strides, ours.offset) == (theirs.shape, theirs.strides, theirs.offset)
        assert np.array_equal(ours.numpy(), theirs.numpy())
    back[0].cell.array[4] = 99
    assert back[1].numpy()[0, 0] == 99


def test_parameter_keeps_requires_grad():
    for requires_grad in (True, False):
        back = jio.load(written(Parameter(Tensor.of(np.ones(2)), requires_grad)))
        assert type(back) is Parameter and back.requires_grad is requires_grad
    assert jio.load(written(Tensor.of(np.ones(2), requires_grad=True))).requires_grad is True


def test_zero_size_scalar_and_device():
    back = jio.load(
        written([Tensor.of(np.empty((0, 3))), Tensor.of(np.float32(2)), Device("cuda", 1), Device("cpu")])
    )
    assert back[0].shape == (0, 3) and back[1].numpy().item() == 2
    assert [str(device) for device in back[2:]] == ["cuda:1", "cpu"]


def test_two_dtypes_on_one_storage_are_refused():
    cell = Cell(np.zeros(4, np.float32))
    other = Tensor(cell, 0, (4,), (1,))
    first = Tensor(cell, 0, (4,), (1,))
    buffer = io.BytesIO()
    records = iter([np.zeros(4, np.float32), np.zeros(4, np.int32)])
    broken = jio.Adapter(
        to_record=lambda obj: (
            jio.TensorRecord(next(records), 1, 0, (4,), (1,)) if isinstance(obj, Tensor) else None
        ),
        from_record=from_record,
        tensor_type=Tensor,
        parameter_type=Parameter,
        size_type=Size,
        device_type=Device,
        dtypes=DTYPES,
        device_count=lambda kind: 1,
    )
    jio.register_adapter(broken)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        jio.save([first, other], buffer)
    assert buffer.getvalue() == b""


def test_dtype_unknown_to_torch_is_refused():
    with pytest.raises(TypeError, match="int4"):
        written(Tensor.of(np.zeros(2, ml_dtypes.int4)))


def test_backward_hooks_are_not_written_and_warned_of():
    tensor = Tensor.of(np.ones(1))
    tensor.hooks = {0: print}
    with pytest.warns(UserWarning, match="hooks"):
        written(tensor)


# ------------------------------------------------------------------------------------------ against torch


def test_file_is_byte_for_byte_torchs(torch):
    theirs = collections.OrderedDict(
        w=torch.nn.Parameter(torch.arange(6.0).view(2, 3)),
        t=torch.arange(6.0).view(2, 3).t(),
        frozen=torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16), requires_grad=False),
        u=torch.zeros(3, dtype=torch.uint16),
        f8=torch.ones(33).to(torch.float8_e4m3fn),
        empty=torch.empty(0),
        sizes=[torch.Size([4, 1]), torch.float32, torch.device("cuda", 0), 3, 0.5, None],
    )
    f32 = np.arange(6, dtype=np.float32)
    ours = collections.OrderedDict(
        w=Parameter(Tensor.of(f32.reshape(2, 3))),
        t=Tensor(Cell(f32.copy()), 0, (3, 2), (1, 3)),
        frozen=Parameter(Tensor.of(np.ones(2, ml_dtypes.bfloat16)), requires_grad=False),
        u=Tensor.of(np.zeros(3, np.uint16)),
        f8=Tensor.of(np.ones(33, ml_dtypes.float8_e4m3fn)),
        empty=Tensor(Cell(np.empty(0, np.float32)), 0, (0,), (1,)),
        sizes=[Size([4, 1]), DTYPES["float32"], Device("cuda", 0), 3, 0.5, None],
    )
    a, b = torch_written(torch, theirs).getvalue(), written(ours).getvalue()
    assert len(a) == len(b)
    # All but the id of the content (a hash of torch's own) and its checksum is the same.
    marker = a.index(b"archive/.data/serialization_id")
    assert a[:marker] == b[:marker]
    assert zipfile.ZipFile(io.BytesIO(b)).testzip() is None


@pytest.mark.parametrize("name", NUMPY_DTYPES)
def test_torch_reads_each_dtype(torch, name):
    array = sample(name)
    tensor = torch.load(written({"x": Tensor.of(array)}), weights_only=True)["x"]
    assert str(tensor.dtype) == f"torch.{name}" and tuple(tensor.shape) == array.shape
    assert torch_bytes(torch, tensor) == array.tobytes()


@pytest.mark.parametrize("name", NUMPY_DTYPES)
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("weights_only", [True, False])
def test_each_dtype_of_torch_is_read(torch, name, zipped, weights_only):
    array = sample(name)
    theirs = (
        torch.frombuffer(bytearray(array.tobytes()), dtype=torch.uint8)
        .view(getattr(torch, name))
        .view(array.shape)
    )
    file = torch_written(torch, [theirs, theirs.t()], _use_new_zipfile_serialization=zipped)
    back, transposed = jio.load(file, weights_only=weights_only)
    assert back.numpy().dtype == array.dtype and back.numpy().tobytes() == array.tobytes()
    assert transposed.cell is back.cell and transposed.strides == theirs.t().stride()


def make_torch_checkpoint(torch, optimizer):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )
    optimizer = optimizer(model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.randn(4, 1, 4, 4)).square().mean().backward()
        optimizer.step()
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 2,
        "rng": torch.get_rng_state(),
    }


def assert_same(torch, ours, theirs):
    if isinstance(theirs, torch.Tensor):
        assert ours.shape == tuple(theirs.shape) and ours.strides == theirs.stride()
        assert ours.numpy().tobytes() == torch_bytes(torch, theirs)
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs) and list(ours) == list(theirs)
        for key in theirs:
            assert_same(torch, ours[key], theirs[key])
        assert getattr(ours, "_metadata", None) == getattr(theirs, "_metadata", None)
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(torch, one, other)
    else:
        assert type(ours) is type(theirs) and ours == theirs


OPTIMIZERS = {
    "sgd": lambda p: sys.modules["torch"].optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: sys.modules["torch"].optim.AdamW(p, lr=1e-3, amsgrad=True),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("zipped", [True, False])
def test_whole_checkpoint_there_and_back(torch, optimizer, zipped):
    theirs = make_torch_checkpoint(torch, OPTIMIZERS[optimizer])
    ours = jio.load(torch_written(torch, theirs, _use_new_zipfile_serialization=zipped))
    assert_same(torch, ours, theirs)
    again = torch.load(written(ours), weights_only=True)
    assert_same(torch, ours, again)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )
    assert str(model.load_state_dict(again["model"])) == "<All keys matched successfully>"
    fresh = OPTIMIZERS[optimizer](model.parameters())
    fresh.load_state_dict(again["optimizer"])


def test_torch_sees_shared_storage_and_parameters(torch):
    base = Tensor.of(np.arange(12, dtype=np.float32).reshape(3, 4))
    back = torch.load(
        written([base, base.view(4, (2,), (3,)), Parameter(Tensor.of(np.ones(2)))]), weights_only=True
    )
    assert back[0].untyped_storage().data_ptr() == back[1].untyped_storage().data_ptr()
    assert back[1].tolist() == [4.0, 7.0] and back[1].storage_offset() == 4
    assert type(back[2]) is torch.nn.Parameter and back[2].requires_grad


def test_torch_maps_and_computes_offsets_in_our_file(torch, tmp_path, monkeypatch):
    path = tmp_path / "m.pth"
    jio.save([Tensor.of(np.full(n, n, np.float32)) for n in (1, 100, 17)], path)
    monkeypatch.setenv("TORCH_SERIALIZATION_DEBUG", "1")  # torch then checks its computed offsets
    from torch.utils.serialization import config

    with config.patch({"load.calculate_storage_offsets": True}):
        back = torch.load(path, mmap=True, weights_only=True)
    assert [(len(t), t[0].item()) for t in back] == [(1, 1), (100, 100), (17, 17)]


def test_attributes_conj_and_neg_of_torch(torch):
    tagged = torch.nn.Parameter(torch.ones(2))
    tagged.tag = "x"
    plain = torch.ones(3)
    plain.note = 5
    z = torch.tensor([[1 + 2j, 3 - 4j], [0.5 + 0j, 1j]])
    back = jio.load(torch_written(torch, [tagged, plain]))
    assert type(back[0]) is Parameter and back[0].tag == "x" and back[1].note == 5
    for theirs in (z.conj().t(), z.imag, z.conj().imag):
        ours = jio.load(torch_written(torch, theirs))
        assert np.array_equal(ours.numpy(), theirs.resolve_conj().resolve_neg().numpy())


def test_quantized_and_sparse_say_so(torch):
    with pytest.warns(UserWarning):
        quantized = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)
    for zipped in (True, False):
        with pytest.raises(NotImplementedError, match=r"quantized.*dequantize"):
            jio.load(torch_written(torch, quantized, _use_new_zipfile_serialization=zipped))
    with pytest.raises(NotImplementedError, match=r"sparse.*to_dense"):
        jio.load(torch_written(torch, torch.eye(2).to_sparse()), weights_only=False)


# Written by torch 2.13.0: torch.save([arange(4, dtype=int16)[1:3], ones(2, bfloat16)], f), in both formats.
GOLDEN_PICKLE = (
    b"\x80\x02]q\x00(ctorch._utils\n_rebuild_tensor_v2\nq\x01((X\x07\x00\x00\x00storageq\x02ctorch\nShortStorage\nq\x03"
    b"X\x01\x00\x00\x000q\x04X\x03\x00\x00\x00cpuq\x05K\x04tq\x06QK\x01K\x02\x85q\x07K\x01\x85q\x08\x89ccollections\n"
    b"OrderedDict\nq\t)Rq\ntq\x0bRq\x0ch\x01((h\x02ctorch\nBFloat16Storage\nq\rX\x01\x00\x00\x001q\x0eh\x05K\x02tq\x0f"
    b"QK\x00K\x02\x85q\x10K\x01\x85q\x11\x89h\t)Rq\x12tq\x13Rq\x14e."
)


def golden_objects():
    return [
        Tensor.of(np.arange(4, dtype=np.int16)).view(1, (2,), (1,)),
        Tensor.of(np.ones(2, ml_dtypes.bfloat16)),
    ]


def test_golden_pickle():
    archive = zipfile.ZipFile(written(golden_objects()))
    assert archive.read("archive/data.pkl") == GOLDEN_PICKLE
    assert archive.read("archive/data/0") == b"\0\0\1\0\2\0\3\0"
    assert archive.read("archive/data/1") == b"\x80\x3f\x80\x3f"
    assert archive.read("archive/byteorder") == b"little" and archive.read("archive/version") == b"3\n"


def test_golden_pickle_is_torchs(torch):
    theirs = torch_written(
        torch, [torch.arange(4, dtype=torch.int16)[1:3], torch.ones(2, dtype=torch.bfloat16)]
    )
    assert zipfile.ZipFile(theirs).read("archive/data.pkl") == GOLDEN_PICKLE


LEGACY_HEAD = b"".join(
    pickle.dumps(item, 2) for item in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
)


def legacy_file():
    # The old format's storage ids carry one more item, None for "not a view of another storage".
    objects = GOLDEN_PICKLE.replace(b"K\x04tq\x06Q", b"K\x04Ntq\x06Q").replace(
        b"K\x02tq\x0fQ", b"K\x02Ntq\x0fQ"
    )
    return (
        LEGACY_HEAD
        + objects
        + pickle.dumps(["0", "1"], 2)
        + struct.pack("<q4h", 4, 0, 1, 2, 3)
        + struct.pack("<q2H", 2, 0x3F80, 0x3F80)
    )


def legacy_without_tensors(obj):
    return LEGACY_HEAD + pickle.dumps(obj, 2) + pickle.dumps([], 2)


@pytest.mark.parametrize("weights_only", [True, False])
def test_golden_legacy_file(weights_only, tmp_path):
    (tmp_path / "old.pth").write_bytes(legacy_file())
    for source in (tmp_path / "old.pth", io.BytesIO(legacy_file())):
        first, second = jio.load(source, weights_only=weights_only)
        assert first.numpy().tolist() == [1, 2] and second.numpy().tolist() == [1, 1]


def test_golden_legacy_file_is_torchs(torch):
    first, second = torch.load(io.BytesIO(legacy_file()))
    assert first.tolist() == [1, 2] and second.tolist() == [1, 1]


def test_legacy_objects_follow_each_other_in_one_file():
    stream = io.BytesIO(legacy_file() * 2)
    for _ in range(2):
        assert jio.load(stream)[0].numpy().tolist() == [1, 2]


# ----------------------------------------------------------------------------------------- safe and unsafe


class Custom:
    def __init__(self):
        self.x = 1


CALLED = []


class Evil:
    def __reduce__(self):
        return (CALLED.append, (1,))


def message_of(error):
    return str(error.value)


def test_unknown_global_is_refused_as_in_torch(torch):
    file = torch_written(torch, {"o": collections.deque([1])})
    with pytest.raises(pickle.UnpicklingError) as theirs:
        torch.load(file, weights_only=True)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError) as ours:
        jio.load(file)
    assert message_of(ours) == message_of(theirs)


def test_unknown_global_names_the_class_and_both_remedies():
    for zipped in (True, False):
        source = written(Custom()) if zipped else io.BytesIO(legacy_without_tensors(Custom()))
        with pytest.raises(pickle.UnpicklingError) as error:
            jio.load(source)
        assert f"GLOBAL {Custom.__module__}.Custom was not an allowed global" in message_of(error)
        assert f"add_safe_globals([{Custom.__module__}.Custom])" in message_of(error)
        assert "`weights_only` set to `False`" in message_of(error)


def test_safe_globals_allow():
    source = written(Custom())
    jio.add_safe_globals([Custom])
    assert jio.load(source).x == 1 and jio.get_safe_globals() == [Custom]
    jio.clear_safe_globals()
    source.seek(0)
    with jio.safe_globals([(Custom, f"{Custom.__module__}.Custom")]):
        assert jio.load(source).x == 1
    assert jio.get_safe_globals() == []
    with pytest.raises(ValueError, match="length 2"):
        jio.add_safe_globals([(1, 2, 3)])
    with pytest.raises(TypeError, match="str"):
        jio.add_safe_globals([(Custom, 3)])


def test_weights_only_calls_nothing():
    CALLED.clear()
    with pytest.raises(pickle.UnpicklingError):
        jio.load(written(Evil()))
    with pytest.raises(pickle.UnpicklingError):
        jio.load(io.BytesIO(legacy_without_tensors(Evil())))
    assert CALLED == []


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (b"cposix\nsystem\n.", "module posix is blocked"),
        (b"c__builtin__\neval\n.", r"GLOBAL eval was not an allowed"),
        (b"ctorch\nSize\n}X\x01\x00\x00\x00aK\x01sb.", "Can only build"),
        (b"ctorch._utils\n_rebuild_tensor_v2\nN}X\x08\x00\x00\x00__code__K\x01s\x86b.", "Can only build"),
        (b"}(K\x01K\x02ubK\x01.", "Can only build|malformed|truncated"),
        (b"K\x01(K\x01tR.", "unrecognized function"),
        (b"K\x01)\x81.", "Can only create new object"),
        (b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.", "latin1"),
        (b"K\x01K\x02a.", "Can only append"),
        (b"K\x01K\x02K\x03s.", "Can only SETITEM"),
        (b"P0\n.", "Unsupported operand 80"),
        (b"h\x07.", "."),
        (b")R.", "unrecognized|malformed"),
        (b"t.", "malformed"),
        (b"X\xff\x00\x00\x00abc.", None),
        (b"X\x01\x00\x00\x00aQ.", "persistent id"),
        (b"(X\x07\x00\x00\x00storageK\x01K\x01K\x01K\x01tQ.", "persistent id"),
    ],
)
def test_hostile_pickles_are_refused(body, match):
    with pytest.raises((pickle.UnpicklingError, EOFError), match=match):
        jio.load(archive_with(b"\x80\x02" + body))


def archive_with(pickled, **records):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", records.pop("compression", zipfile.ZIP_STORED)) as archive:
        archive.writestr("a/data.pkl", pickled)
        for name, data in records.items():
            archive.writestr(f"a/{name}", data)
    buffer.seek(0)
    return buffer


def test_attributes_cannot_replace_a_tensors_class():
    tensor = GOLDEN_PICKLE[GOLDEN_PICKLE.index(b"((X\x07") : GOLDEN_PICKLE.index(b"Rq\x0ch\x01")]
    state = b"}X\x09\x00\x00\x00__class__K\x01s"
    pickled = (
        b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nq\x01ctorch\nTensor\n"
        + tensor
        + state
        + b"tR."
    )
    with pytest.raises(RuntimeError, match="the file sets '__class__' on a tensor"):
        jio.load(archive_with(pickled, **{"data/0": bytes(8)}))


@pytest.mark.parametrize(
    ("stride", "offset"),
    [
        (b"K\x01", b"K\x03"),
        (b"K\x03", b"K\x01"),
        (b"J\xff\xff\xff\xff", b"K\x01"),
        (b"K\x01", b"J\xff\xff\xff\xff"),
        (b"\x88", b"K\x01"),
    ],
    ids=["offset too far", "stride too far", "negative stride", "negative offset", "a bool"],
)
def test_window_outside_its_storage_is_refused(stride, offset):
    bad = GOLDEN_PICKLE.replace(
        b"QK\x01K\x02\x85q\x07K\x01\x85", b"Q" + offset + b"K\x02\x85q\x07" + stride + b"\x85", 1
    )
    with pytest.raises(RuntimeError, match="out of bounds for storage of size 4"):
        jio.load(archive_with(bad, **{"data/0": bytes(8), "data/1": bytes(4)}))


def test_torch_module_names_map_to_jaxlearns(torch, monkeypatch):
    assert jaxlearn_module("torch.nn.modules.linear") == "jaxlearn.nn.modules.linear"
    assert (
        jaxlearn_module("torch") == "jaxlearn"
        and jaxlearn_module("torchvision.models") == "torchvision.models"
    )

    class Linear:
        pass

    for name in ("jaxlearn.nn", "jaxlearn.nn.modules", "jaxlearn.nn.modules.linear"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["jaxlearn.nn.modules.linear"].Linear = Linear
    for zipped in (True, False):
        file = torch_written(torch, torch.nn.Linear(2, 3), _use_new_zipfile_serialization=zipped)
        back = jio.load(file, weights_only=False)
        assert type(back) is Linear and back.in_features == 2
        assert type(back._parameters["weight"]) is Parameter and back._parameters["weight"].shape == (3, 2)
    del sys.modules["jaxlearn.nn.modules.linear"].Linear
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules\.linear\.Linear.*no jaxlearn\.nn"):
        jio.load(file, weights_only=False)


def test_own_classes_with_weights_only_false():
    obj = Custom()
    obj.p = Parameter(Tensor.of(np.arange(3)))
    back = jio.load(written(obj), weights_only=False)
    assert type(back) is Custom and back.p.numpy().tolist() == [0, 1, 2]


# -------------------------------------------------------------------------------------- files and failures


def test_paths_files_and_offsets(tmp_path):
    obj = {"x": Tensor.of(np.arange(5.0))}
    for path in (str(tmp_path / "my.model.pth"), tmp_path / "plain", tmp_path / "ü.pt"):
        jio.save(obj, path)
        assert jio.load(path)["x"].numpy().tolist() == [0, 1, 2, 3, 4]
    assert zipfile.ZipFile(tmp_path / "my.model.pth").namelist()[0] == "my.model/data.pkl"
    with open(tmp_path / "after", "wb", buffering=0) as f:
        f.write(b"head")
        jio.save(obj, f)
    with open(tmp_path / "after", "rb") as f:
        f.seek(4)
        assert jio.load(f)["x"].numpy().tolist() == [0, 1, 2, 3, 4]


def test_records_begin_at_64_bytes():
    data = written([Tensor.of(np.ones(n, np.uint8)) for n in range(1, 80)])
    reader = pth_zip.ArchiveReader(data)
    assert all(reader.offset(f"data/{key}")[0] % 64 == 0 for key in range(79))


def test_archive_beyond_4_gib(monkeypatch, torch):
    # The same fields come into play at 4 GiB; the limit is lowered here to reach them.
    monkeypatch.setattr(pth_zip, "_ZIP64_FROM", 3000)
    obj = [Tensor.of(np.arange(n, dtype=np.int32)) for n in (10, 2000, 3)]
    monkeypatch.setattr(
        pth_zip, "min", lambda a, b: 0xFFFFFFFF if b == 3000 and a >= b else min(a, b), raising=False
    )
    data = written(obj)
    assert zipfile.ZipFile(data).testzip() is None
    data.seek(0)
    for back in (jio.load(data), torch.load(io.BytesIO(data.getvalue()))):
        assert [len(t.numpy()) for t in back] == [10, 2000, 3]
        assert back[1].numpy()[-1] == 1999


def test_mmap_leaves_data_on_disk(tmp_path):
    path = tmp_path / "m.pth"
    jio.save({n: Tensor.of(sample(n)) for n in NUMPY_DTYPES}, path)
    back = jio.load(path, mmap=True)
    for name, tensor in back.items():
        assert isinstance(tensor.cell.array, np.memmap)
        assert tensor.numpy().tobytes() == sample(name).tobytes()
    before = path.read_bytes()
    back["float32"].cell.array[:] = 0  # private to this process
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        jio.load(io.BytesIO(before), mmap=True)
    path.write_bytes(legacy_file())
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        jio.load(path, mmap=True)


def test_big_endian_and_compressed_archives():
    big = archive_with(
        GOLDEN_PICKLE,
        **{
            "byteorder": b"big",
            "data/0": struct.pack(">4h", 0, 1, 2, 3),
            "data/1": struct.pack(">2H", 0x3F80, 0x3F80),
        },
    )
    small = archive_with(
        GOLDEN_PICKLE,
        compression=zipfile.ZIP_DEFLATED,
        **{"data/0": struct.pack("<4h", 0, 1, 2, 3), "data/1": struct.pack("<2H", 0x3F80, 0x3F80)},
    )
    for file in (big, small):
        first, second = jio.load(file)
        assert first.numpy().tolist() == [1, 2] and second.numpy().tolist() == [1, 1]


def test_missing_file_and_wrong_kinds_of_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        jio.load(tmp_path / "none.pth")
    for thing in (3, object()):
        with pytest.raises(
            AttributeError, match=r"no attribute 'seek'. You can only torch.load from a file that is"
        ):
            jio.load(thing)
    with pytest.raises(
        AttributeError, match="expected 'f' to be string, path, or a file-like object with a 'write'"
    ):
        jio.save({}, 3)
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        jio.save({}, tmp_path / "none" / "x.pth")
    with pytest.raises(RuntimeError, match="Is a directory"):
        jio.save({}, tmp_path)
    with pytest.raises(EOFError):
        jio.load(io.BytesIO())
    with pytest.raises(pickle.UnpicklingError):
        jio.load(io.BytesIO(b"neither a zip nor a pickle"))
    with pytest.raises(RuntimeError, match="TorchScript"):
        jio.load(archive_with(b"", **{"constants.pkl": b""}))


def test_truncated_files(tmp_path):
    whole = written({"x": Tensor.of(np.ones(3000, np.float32))}).getvalue()
    for cut in (2, 10, 1000, len(whole) // 2, len(whole) - 10):
        (tmp_path / "t.pth").write_bytes(whole[:cut])
        for source in (io.BytesIO(whole[:cut]), tmp_path / "t.pth"):
            with pytest.raises(RuntimeError, match=r"PytorchStreamReader failed.*corrupted"):
                jio.load(source)
    with pytest.raises(RuntimeError, match="PytorchStreamReader failed locating file data/1: file not found"):
        jio.load(archive_with(GOLDEN_PICKLE, **{"data/0": bytes(8)}))
    with pytest.raises(RuntimeError, match=r"holds 6 bytes, .* need 8"):
        jio.load(archive_with(GOLDEN_PICKLE, **{"data/0": bytes(6)}))
    legacy = legacy_file()
    for cut in range(1, len(legacy), 7):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)):
            jio.load(io.BytesIO(legacy[:cut]))
    with pytest.raises(
        RuntimeError, match=r"unexpected EOF, expected 2 more bytes. The file might be corrupted"
    ):
        jio.load(io.BytesIO(legacy[:-2]))


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.pth"
    jio.save({"x": 1}, path)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        jio.save({"x": lambda: 0}, path)

    class DiskFull(Exception):
        pass

    def fail(*args):
        raise DiskFull

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(pth_files.os, name, fail)
            with pytest.raises(DiskFull):
                jio.save({"x": 2}, path)
    assert jio.load(path) == {"x": 1}
    assert os.listdir(tmp_path) == ["m.pth"]


def test_links_modes_and_devices_are_kept(tmp_path):
    path, link = tmp_path / "m.pth", tmp_path / "link.pth"
    jio.save(1, path)
    os.chmod(path, 0o640)
    link.symlink_to(path)
    jio.save(2, link)
    assert link.is_symlink() and jio.load(path) == 2
    assert path.stat().st_mode & 0o777 == 0o640
    jio.save(3, os.devnull)
    assert pathlib.Path(os.devnull).is_char_device()


def test_same_content_gives_the_same_bytes():
    assert written(golden_objects()).getvalue() == written(golden_objects()).getvalue()


def test_reading_and_writing_make_no_extra_copy(tmp_path):
    import tracemalloc

    size = 32 * 2**20
    tensor = Tensor.of(np.ones(size, np.uint8))
    tracemalloc.start()
    jio.save(tensor, tmp_path / "m.pth")
    assert tracemalloc.get_traced_memory()[1] < size / 8
    tracemalloc.reset_peak()
    jio.load(tmp_path / "m.pth")
    assert tracemalloc.get_traced_memory()[1] < size * 1.1
    tracemalloc.stop()


# ------------------------------------------------------------------------------------------------ devices


def test_map_location():
    file = written(Tensor.of(np.ones(2), location="cuda:0"))
    data = file.getvalue()

    def load(**kwargs):
        return jio.load(io.BytesIO(data), **kwargs).location

    with pytest.raises(
        RuntimeError, match=r"Attempting to deserialize object on a CUDA device but torch.cuda.is_avail"
    ):
        load()
    for where in ("cpu", b"cpu", Device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage.cpu()):
        assert load(map_location=where) == "cpu"
    CUDA_DEVICES[0] = 2
    assert load() == "cuda:0" and load(map_location="cuda:1") == "cuda:1"
    assert load(map_location=lambda storage, location: storage.cuda(1)) == "cuda:1"
    assert load(map_location=lambda storage, location: None) == "cuda:0"
    with pytest.raises(RuntimeError, match=r"CUDA device 3 but torch.cuda.device_count\(\) is 2"):
        load(map_location="cuda:3")
    with pytest.raises(RuntimeError, match=r"don't know how to restore data location .*tagged with xpu:0"):
        load(map_location="xpu:0")
    with pytest.raises(TypeError, match="map_location"):
        load(map_location=3)


def test_storage_returned_unchanged_keeps_its_place():
    data = written(Tensor.of(np.ones(2)))
    assert jio.load(data, map_location=lambda storage, location: storage).location == "cpu"


def test_other_devices_are_written_as_cpu(torch):
    tensor = torch.load(written(Tensor.of(np.ones(2), location="tpu:0")), weights_only=True)
    assert tensor.device.type == "cpu"


def test_no_tensor_layer_is_a_clear_error():
    jio.register_adapter(None)
    with pytest.raises(RuntimeError, match="no tensor layer is registered"):
        written({})
