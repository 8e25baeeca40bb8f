"""The summary writer's files, read back by TensorBoard's package and compared with those that torch writes."""

from __future__ import annotations

import importlib
import inspect
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch as reference
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from torch.utils import tensorboard as theirs
from torch.utils.tensorboard import _utils as their_utils

import jaxlearn
from jaxlearn.utils import tensorboard as ours

Program = Callable[[Any, Any], None]


def events(folder: Path) -> list[Event]:
    """The events of the folder's files, in order; the loader checks the checksums."""
    # In the order in which they were made: their names end in the number of the writer in this process.
    paths = sorted(
        folder.glob("events.out.tfevents.*"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)]
    )
    return [Event.FromString(record) for path in paths for record in RawEventFileLoader(str(path)).Load()]


def written(folder: Path) -> dict[str, Any]:
    """Events by folder, and other files; the time of an event stays if the program gave it."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or "tfevents" in name:
            continue
        found[name] = path.read_bytes()
    for path in [folder, *(each for each in sorted(folder.rglob("*")) if each.is_dir())]:
        texts = []
        for event in events(path):
            if event.wall_time > 1e6:
                event.wall_time = 0
            texts.append(str(event))
        found[f"{path.relative_to(folder)}/"] = texts
    return found


def assert_same(program: Program, tmp_path: Path, **options: Any) -> None:
    """The program writes the same files with both."""
    for name, package, torch in (("a", ours, jaxlearn), ("b", theirs, reference)):
        with package.SummaryWriter(tmp_path / name, **options) as writer:
            program(writer, torch)
    mine, expected = written(tmp_path / "a"), written(tmp_path / "b")
    assert mine.keys() == expected.keys()
    for name in expected:
        assert mine[name] == expected[name], name


def scalars(writer: Any, torch: Any) -> None:
    writer.add_scalar("Loss/train", torch.tensor(0.3), 300, walltime=2.0)
    writer.add_scalar("number", 1, torch.tensor(4))
    writer.add_scalar("array", np.float64(0.1), np.int64(5))
    writer.add_scalar("parameter", torch.nn.Parameter(torch.ones(1, 1)))
    writer.add_scalar("half", torch.tensor(1.5, dtype=torch.bfloat16), -1)
    writer.add_scalar("new", 0.1, 1, new_style=True)
    writer.add_scalar("double", 0.1, 1, new_style=True, double_precision=True)
    writer.add_scalars("a/group", {"x": 1, "y": np.float32(2)}, 3)
    writer.add_scalars("a/group", {"x": 3, "y": torch.tensor(0.5)}, 4, walltime=7.0)
    writer.add_custom_scalars_multilinechart(["number", "array"])
    writer.add_custom_scalars_marginchart(["number", "array", "half"], "category", "title")
    writer.add_custom_scalars(
        {"A": {"one": ["Multiline", ["x"]], "two": ["Margin", ["a", "b", "c"]]}, "B": {}}
    )
    writer.flush()
    writer.close()
    writer.close()
    writer.flush()
    writer.add_scalar("after", 1)


def histograms(writer: Any, torch: Any) -> None:
    values = torch.tensor([1.0, 2.0, 2.0, -3.0, 0.0, 1e-3])
    writer.add_histogram("tensorflow", values, 1)
    writer.add_histogram("borders", values, 1, bins=[-4, -2, 0, 1.5, 3, 5])
    writer.add_histogram("numpys", values, 1, bins="auto")
    writer.add_histogram("joined", torch.arange(64).reshape(8, 8) % 7, bins=10, max_bins=4)
    writer.add_histogram("even", torch.arange(64), bins=12, max_bins=3)
    writer.add_histogram("parameter", torch.nn.Parameter(values), 2, walltime=3.0)
    writer.add_histogram("truth", torch.tensor([True, False, True]))
    writer.add_histogram("list", np.array([5]))
    writer.add_histogram_raw("raw", 0.0, 3.0, 3, 4.0, 10.0, [1.0, 2.0, 3.0], [1, 0, 2], 5)


def images(writer: Any, torch: Any) -> None:
    pixels = torch.arange(3 * 3 * 4 * 5).reshape(3, 3, 4, 5) / 179
    writer.add_image("floats", pixels[0] * 2 - 0.3, 1)
    writer.add_image("bytes", (pixels[0] * 255).to(torch.uint8))
    writer.add_image("grey", pixels[0, :1])
    writer.add_image("flat", pixels[0, 0], dataformats="HW")
    writer.add_image("last", pixels[0].permute(1, 2, 0).numpy(), dataformats="HWC")
    writer.add_images("grid", pixels)
    writer.add_images("many", pixels[0, :, None].repeat(4, 1, 1, 1))
    writer.add_images("last grid", pixels.permute(0, 2, 3, 1), dataformats="NHWC")
    large = torch.zeros(3, 40, 60)
    boxes = torch.tensor([[5.0, 5.0, 20.0, 30.0], [10.0, 2.0, 50.0, 35.0]])
    writer.add_image_with_boxes("boxes", large, boxes, 3)
    writer.add_image_with_boxes("labels", large, boxes, labels=["cat", "dog"], rescale=2)
    writer.add_image_with_boxes("one label", large, boxes[:1], labels="cat")
    writer.add_image_with_boxes("too few", large, boxes, labels="cat")


def texts_and_sounds(writer: Any, torch: Any) -> None:
    writer.add_text("t", "**hi** é", 4)
    writer.add_audio("a", torch.linspace(-1, 1, 50)[None], 2, sample_rate=8000)
    writer.add_audio("loud", torch.linspace(-2, 2, 50))
    mesh = torch.arange(12.0).reshape(1, 4, 3)
    writer.add_mesh("m", mesh, colors=(mesh * 3).int(), faces=torch.tensor([[[0, 1, 2], [1, 2, 3]]]))
    writer.add_mesh("points", mesh, config_dict={"lights": [{"cls": "AmbientLight"}]}, global_step=3)


def curves(writer: Any, torch: Any) -> None:
    labels = torch.tensor([0, 1, 1, 0, 1, 0, 1])
    guesses = torch.tensor([0.1, 0.9, 0.4, 0.6, 1.0, 0.0, 0.75])
    writer.add_pr_curve("c", labels, guesses, 1)
    writer.add_pr_curve("few", labels.bool(), guesses.numpy(), num_thresholds=5, weights=np.arange(7))
    writer.add_pr_curve("many", labels.numpy(), guesses, num_thresholds=1000)
    counts = [torch.tensor([3.0, 2.0, 1.0]) / i for i in range(1, 7)]
    writer.add_pr_curve_raw("raw", *counts, global_step=2, num_thresholds=3)


def hyperparameters(writer: Any, torch: Any) -> None:
    values = {"lr": 0.1, "n": 3, "name": "x", "flag": True, "t": torch.tensor([0.5]), "none": None}
    domains = {"lr": [0.1, 0.2], "name": ["x", "y"], "flag": [True, False]}
    writer.add_hparams(values, {"hparam/loss": 0.25, "tensor": torch.tensor(1.0)}, domains, "run", 7)
    writer.add_hparams({"lr": 0.2}, {}, run_name="other")


def tensors(writer: Any, torch: Any) -> None:
    values = torch.tensor([[0, 1], [2, 3]])
    names = "float16 bfloat16 float32 float64 int8 uint8 int16 int32 int64 bool complex64 complex128".split()
    for name in names:
        writer.add_tensor(name, values.to(getattr(torch, name)), 1)
    writer.add_tensor("number", torch.tensor(1.5j))


def embeddings(writer: Any, torch: Any) -> None:
    points = torch.arange(15.0).reshape(5, 3) / 7
    writer.add_embedding(points)
    writer.add_embedding(points, metadata=["a", "b", 3, "d", "e"], global_step=2, tag="a/b%c\\d")
    rows = [[i, i * 2] for i in range(5)]
    pictures = torch.arange(5 * 3 * 4 * 6).reshape(5, 3, 4, 6) / 360
    writer.add_embedding(points, rows, pictures, 3, metadata_header=["x", "y"])
    writer.add_embedding(points.numpy(), label_img=pictures[:, :1], global_step=4)


PROGRAMS = (
    scalars,
    histograms,
    images,
    texts_and_sounds,
    curves,
    hyperparameters,
    tensors,
    embeddings,
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_are_torchs(program: Program, tmp_path: Path) -> None:
    assert_same(program, tmp_path)


def test_figures(tmp_path: Path) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="a package of the user's")

    def program(writer: Any, torch: Any) -> None:
        drawn = [figure.Figure(figsize=(1, 1)), figure.Figure(figsize=(1, 1))]
        drawn[0].add_subplot().plot([1, 2])
        writer.add_figure("one", drawn[0], 1)
        writer.add_figure("two", drawn, 2, close=False)

    assert_same(program, tmp_path)


def test_a_run_that_goes_on(tmp_path: Path) -> None:
    options = {"purge_step": 3, "max_queue": 2, "flush_secs": 1, "filename_suffix": ".end"}
    assert_same(lambda writer, torch: writer.add_scalar("x", 1.0, 3), tmp_path, **options)
    (path,) = (tmp_path / "a").iterdir()
    assert path.name.endswith(".end")


@pytest.mark.parametrize(
    ("count", "channels", "dtype"), [(1, 3, "uint8"), (3, 3, "float32"), (5, 1, "float64"), (8, 3, "uint8")]
)
def test_videos_show_the_frames_that_torch_gives_to_moviepy(
    count: int, channels: int, dtype: str, tmp_path: Path
) -> None:
    videos = np.random.default_rng(0).integers(0, 4, (count, 2, channels, 2, 4))
    videos = (videos * 85).astype(np.uint8) if dtype == "uint8" else (videos / 3).astype(dtype)
    with ours.SummaryWriter(tmp_path) as writer:
        writer.add_video("v", jaxlearn.from_numpy(videos), 1, fps=10)
    (value,) = events(tmp_path)[1].summary.value
    expected = (their_utils._prepare_video(videos).astype(np.float32) * 255).clip(0, 255).astype(np.uint8)
    assert (value.image.height, value.image.width, value.image.colorspace) == expected.shape[1:]
    moving = Image.open(io.BytesIO(value.image.encoded_image_string))
    assert (moving.format, moving.n_frames, moving.info["duration"]) == ("GIF", 2, 100)
    for i in range(2):
        moving.seek(i)
        np.testing.assert_array_equal(np.asarray(moving.convert("RGB"))[..., :channels], expected[i])


@pytest.mark.parametrize(
    "program",
    [
        lambda writer, torch: writer.add_scalar("x", torch.zeros(2)),
        lambda writer, torch: writer.add_histogram("x", torch.zeros(0)),
        lambda writer, torch: writer.add_histogram("x", [1, 2]),
        lambda writer, torch: writer.add_histogram_raw("x", 0, 1, 1, 1, 1, [1], [1, 2]),
        lambda writer, torch: writer.add_image("x", torch.zeros(3, 4)),
        lambda writer, torch: writer.add_image("x", torch.zeros(3, 3, 4), dataformats="CCW"),
        lambda writer, torch: writer.add_images("x", torch.zeros(2, 4, 3, 3)),
        lambda writer, torch: writer.add_audio("x", torch.zeros(2, 2)),
        lambda writer, torch: writer.add_hparams([], {}),
        lambda writer, torch: writer.add_hparams({"x": []}, {}),
        lambda writer, torch: writer.add_hparams({"x": torch.tensor(1.0)}, {}),
        lambda writer, torch: writer.add_hparams({"x": 1}, {}, []),
        lambda writer, torch: writer.add_hparams({"x": 1}, {}, [1]),
        lambda writer, torch: writer.add_hparams({"x": 1}, {}, {"x": ["a"]}),
        lambda writer, torch: writer.add_hparams({"x": 1}, {}, {"y": [1]}),
        lambda writer, torch: writer.add_custom_scalars_marginchart(["a"]),
        lambda writer, torch: writer.add_custom_scalars({"a": {"b": ["Margin", ["c"]]}}),
        lambda writer, torch: writer.add_tensor("x", torch.zeros(2, dtype=torch.uint16)),
        lambda writer, torch: writer.add_embedding(torch.zeros(3)),
        lambda writer, torch: writer.add_embedding(torch.zeros(3, 2), [1], global_step=1),
        lambda writer, torch: writer.add_embedding(
            torch.zeros(3, 2), label_img=torch.zeros(2, 3, 4, 4), global_step=2
        ),
        lambda writer, torch: writer.add_embedding(
            torch.zeros(1, 2), [[1]], metadata_header=["a", "b"], global_step=3
        ),
    ],
)
def test_errors_are_torchs(program: Program, tmp_path: Path) -> None:
    raised = []
    for name, package, torch in (("a", ours, jaxlearn), ("b", theirs, reference)):
        with package.SummaryWriter(str(tmp_path / name)) as writer:
            try:
                program(writer, torch)
                raised.append(None)
            except Exception as error:
                raised.append((type(error), str(error)))
    assert raised[0] == raised[1]


def test_a_file_in_the_way_of_an_embedding(tmp_path: Path) -> None:
    (tmp_path / "00000").mkdir()
    (tmp_path / "00000" / "default").touch()
    with ours.SummaryWriter(tmp_path) as writer, pytest.raises(NotADirectoryError, match="is a file"):
        writer.add_embedding(jaxlearn.zeros(2, 2))


def test_an_array_of_jax(tmp_path: Path) -> None:
    with ours.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("x", jnp.float32(2))
    assert events(tmp_path)[1].summary.value[0].simple_value == 2


def test_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ours.SummaryWriter(comment="_lr") as writer:
        folder = writer.get_logdir()
    with theirs.SummaryWriter(comment="_lr") as writer:
        expected = writer.get_logdir()
    # They differ by the second at most.
    assert str(folder).split("_")[0::2] == expected.split("_")[0::2]
    assert Path(folder).is_dir()


@pytest.mark.parametrize("name", ["SummaryWriter", "FileWriter"])
def test_signatures_are_torchs(name: str) -> None:
    mine, expected = getattr(ours, name), getattr(theirs, name)
    # Those of graphs need TorchScript's; reopen asks TensorBoard's writer for a method that it lost.
    left_out = {"add_graph", "add_onnx_graph"} | ({"reopen"} if name == "FileWriter" else set())
    names = {each for each in vars(expected) if not each.startswith("_")}
    assert names - {each for each in vars(mine) if not each.startswith("_")} == left_out
    for method in sorted(names - left_out) + ["__init__"]:
        forms = [
            [(each.name, each.default, each.kind) for each in inspect.signature(value).parameters.values()]
            for value in (getattr(mine, method), getattr(expected, method))
        ]
        assert forms[0] == forms[1], method


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(sys.modules):
        if name.split(".")[0] == "tensorboard" or name.startswith("jaxlearn.utils.tensorboard"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxlearn\[tensorboard\]'"):
        importlib.import_module("jaxlearn.utils.tensorboard")
