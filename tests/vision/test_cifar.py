"""CIFAR-10 and CIFAR-100 on tiny sets of the same form, from every place where they may be."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import pickle
import tarfile
import threading

import numpy as np
import pytest

from jaxlearn.utils.data import DataLoader
from jaxlearn.vision import datasets, transforms
from jaxlearn.vision.datasets import CIFAR10, CIFAR100

RNG = np.random.default_rng(0)
COUNTS = {"data_batch_1": 4, "data_batch_2": 3, "test_batch": 5, "train": 6, "test": 5}
PIXELS = {name: RNG.integers(0, 256, (count, 3072), dtype=np.uint8) for name, count in COUNTS.items()}
LABELS = {name: RNG.integers(0, 3, count).tolist() for name, count in COUNTS.items()}
CLASSES = ["airplane", "automobile", "bird"]


def digest(content, algorithm="md5"):
    return hashlib.new(algorithm, content).hexdigest()


def raw_files(cls):
    key = "labels" if cls is CIFAR10 else "fine_labels"
    content = {
        name: pickle.dumps({"data": PIXELS[name], key: LABELS[name]}, protocol=3)
        for name, _ in cls.train_list + cls.test_list
    }
    return content | {cls.meta["filename"]: pickle.dumps({cls.meta["key"]: CLASSES}, protocol=3)}


def packed(folder, files):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return memory.getvalue()


def binary_files(cls):
    front = b"" if cls is CIFAR10 else b"\x09"  # the coarse label
    files = {
        f"{name}.bin": b"".join(
            front + bytes([label]) + row.tobytes()
            for label, row in zip(LABELS[name], PIXELS[name], strict=True)
        )
        for name, _ in cls.train_list + cls.test_list
    }
    return files | {cls._binary_classes: "\n".join([*CLASSES, "", ""]).encode()}


@pytest.fixture(params=[CIFAR10, CIFAR100])
def cls(request, monkeypatch, still_clock):
    """The class, the tiny set its canonical one, every host refusing at once."""
    cls = request.param
    for attribute in ("train_list", "test_list"):
        names = [name for name, _ in getattr(cls, attribute) if name in COUNTS]
        monkeypatch.setattr(cls, attribute, [[name, ""] for name in names])
    files = raw_files(cls)
    for attribute in ("train_list", "test_list"):
        known = [[name, digest(files[name])] for name, _ in getattr(cls, attribute)]
        monkeypatch.setattr(cls, attribute, known)
    monkeypatch.setattr(cls, "meta", cls.meta | {"md5": digest(files[cls.meta["filename"]])})
    monkeypatch.setattr(cls, "tgz_md5", digest(packed(cls.base_folder, files)))
    monkeypatch.setattr(cls, "_binary_sha256", digest(packed("binary", binary_files(cls)), "sha256"))
    monkeypatch.setattr(cls, "url", "http://127.0.0.1:9/raw.tar.gz")
    monkeypatch.setattr(cls, "_binary_url", "http://127.0.0.1:9/binary.tar.gz")
    return cls


@pytest.fixture
def still_clock(monkeypatch):
    """The time in gzip's header would give every archive another digest."""
    monkeypatch.setattr("time.time", lambda: 0.0)


def write_raw(cls, root):
    folder = root / cls.base_folder
    folder.mkdir(parents=True)
    for name, content in raw_files(cls).items():
        (folder / name).write_bytes(content)
    return folder


def assert_is_split(dataset, names):
    expected = np.concatenate([PIXELS[name] for name in names]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    assert dataset.data.shape == (len(dataset), 32, 32, 3)
    assert dataset.data.dtype == np.uint8
    np.testing.assert_array_equal(dataset.data, expected)
    assert dataset.targets == [label for name in names for label in LABELS[name]]
    assert dataset.classes == CLASSES
    assert dataset.class_to_idx == {"airplane": 0, "automobile": 1, "bird": 2}


def names(cls, train):
    return [name for name, _ in (cls.train_list if train else cls.test_list)]


@pytest.mark.parametrize("train", [True, False])
def test_raw_layout(tmp_path, cls, train):
    write_raw(cls, tmp_path)
    dataset = cls(str(tmp_path), train=train)
    assert_is_split(dataset, names(cls, train))
    image, label = dataset[1]
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), dataset.data[1])
    assert label == dataset.targets[1]
    assert type(label) is int
    assert repr(dataset) == (
        f"Dataset {cls.__name__}\n    Number of datapoints: {len(dataset)}\n"
        f"    Root location: {tmp_path}\n    Split: {'Train' if train else 'Test'}"
    )


def test_batch_is_what_single_examples_collate_to(tmp_path, cls):
    write_raw(cls, tmp_path)
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))]
    )
    dataset = cls(tmp_path, transform=transform)
    images, labels = next(iter(DataLoader(dataset, batch_size=4)))
    assert dataset._batch([0, 1, 2, 3]) is not None
    assert images.shape == (4, 3, 32, 32)
    for place in range(4):
        image, label = dataset[place]
        np.testing.assert_array_equal(images[place].numpy(), image.numpy())
        assert int(labels[place]) == label
    dataset.target_transform = str
    assert dataset._batch([0]) is None
    assert dataset[0][1] == str(LABELS[names(cls, True)[0]][0])


def test_archive_in_root_is_unpacked_with_download(tmp_path, cls):
    (tmp_path / cls.filename).write_bytes(packed(cls.base_folder, raw_files(cls)))
    with pytest.raises(RuntimeError, match=r"^Dataset not found or corrupted"):
        cls(tmp_path)
    assert_is_split(cls(tmp_path, download=True), names(cls, True))
    assert_is_split(cls(tmp_path, train=False), names(cls, False))


@pytest.mark.parametrize("train", [True, False])
def test_archive_of_tfds(tmp_path, cls, train):
    (tmp_path / "binary.tar.gz").write_bytes(packed("binary", binary_files(cls)))
    assert_is_split(cls(tmp_path, train=train), names(cls, train))


@pytest.fixture
def served(tmp_path):
    """A folder, and the address at which its files are to be had."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_download_from_torchvisions_address_is_kept(tmp_path, cls, served, monkeypatch):
    folder, address = served
    (folder / "raw.tar.gz").write_bytes(packed(cls.base_folder, raw_files(cls)))
    monkeypatch.setattr(cls, "url", f"{address}/raw.tar.gz")
    root = tmp_path / "root"
    assert_is_split(cls(root, download=True), names(cls, True))
    assert sorted(path.name for path in root.iterdir()) == sorted([cls.base_folder, cls.filename])


def test_download_through_tfds_is_kept(tmp_path, cls, served, monkeypatch):
    folder, address = served
    (folder / "binary.tar.gz").write_bytes(packed("binary", binary_files(cls)))
    monkeypatch.setattr(cls, "_binary_url", f"{address}/binary.tar.gz")
    root = tmp_path / "root"
    assert_is_split(cls(root, download=True), names(cls, True))
    assert [path.name for path in root.iterdir()] == ["binary.tar.gz"]
    assert_is_split(cls(root, train=False), names(cls, False))


def test_other_data_at_the_address_are_refused(tmp_path, cls, served, monkeypatch):
    folder, address = served
    (folder / "raw.tar.gz").write_bytes(b"other")
    monkeypatch.setattr(cls, "url", f"{address}/raw.tar.gz")
    with pytest.raises(RuntimeError, match=rf"has MD5 {digest(b'other')}, the canonical file"):
        cls(tmp_path / "root", download=True)
    assert list((tmp_path / "root").iterdir()) == []


def test_every_source_is_listed_with_what_it_said(tmp_path, cls):
    root = tmp_path / "absent"
    with pytest.raises(RuntimeError) as raised:
        cls(root)
    assert str(raised.value) == (
        "Dataset not found or corrupted. You can use download=True to download it. Tried in this order:\n"
        f"  - raw files in {root / cls.base_folder}: there is no such folder\n"
        f"  - TFDS dataset in {root / cls._tfds_name}: not prepared there\n"
        f"  - binary archive {root / 'binary.tar.gz'}: there is no such file"
    )
    with pytest.raises(RuntimeError, match=f"^{cls.__name__} could not be had from any source") as raised:
        cls(root, download=True)
    lines = str(raised.value).splitlines()
    assert "torchvision's download from http://127.0.0.1:9/raw.tar.gz" in lines[4]
    assert "TFDS's download from http://127.0.0.1:9/binary.tar.gz" in lines[5]
    assert all("Connection refused" in line for line in lines[4:6])
    assert not root.exists()


def test_damaged_and_missing_files_are_named(tmp_path, cls):
    folder = write_raw(cls, tmp_path)
    name = names(cls, False)[0]
    (folder / name).write_bytes(b"other")
    with pytest.raises(RuntimeError, match=rf"{name} has MD5 {digest(b'other')}, the canonical file"):
        cls(tmp_path)
    (folder / name).unlink()
    with pytest.raises(RuntimeError, match=f"missing {name}"):
        cls(tmp_path)


def test_set_prepared_by_tfds_is_put_back_into_order(tmp_path, cls):
    import tensorflow_datasets as tfds
    from PIL import Image

    registered = tfds.builder_cls(cls._tfds_name)

    def png(row):
        file = io.BytesIO()
        Image.fromarray(row.reshape(3, 32, 32).transpose(1, 2, 0)).save(file, "PNG")
        file.seek(0)
        return file

    class Tiny(registered, skip_registration=True):
        def _split_generators(self, dl_manager):
            self.info.features["label"].names = CLASSES + [str(n) for n in range(3, len(registered_names))]
            return {split: self._examples(split) for split in ("train", "test")}

        def _examples(self, split):
            chosen = names(cls, split == "train")
            rows = np.concatenate([PIXELS[name] for name in chosen])
            labels = [label for name in chosen for label in LABELS[name]]
            for index, (row, label) in enumerate(zip(rows, labels, strict=True)):
                example = {"id": f"{split}_{index:05d}", "image": png(row), "label": label}
                yield index, example | ({} if cls is CIFAR10 else {"coarse_label": 9})

    registered_names = range(10 if cls is CIFAR10 else 100)
    Tiny.name = cls._tfds_name
    Tiny(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    dataset = cls(tmp_path)
    dataset.classes = dataset.classes[:3]
    dataset.class_to_idx = {name: dataset.class_to_idx[name] for name in CLASSES}
    assert_is_split(dataset, names(cls, True))


def test_published_digests_are_the_defaults():
    assert [name for name, _ in CIFAR10.train_list] == [f"data_batch_{n}" for n in range(1, 6)]
    assert CIFAR10.tgz_md5 == "c58f30108f718f92721af3b95e74349a"
    assert CIFAR100.tgz_md5 == "eb9058c3a382ffc7106e4002c42a8d85"
    assert {"CIFAR10", "CIFAR100"} <= set(datasets.__all__)
