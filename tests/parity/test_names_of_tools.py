"""What profiles, measures, downloads and tells of devices: the tools around a program."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.profiler import ProfilerAction, profile, record_function, schedule, tensorboard_trace_handler
from jaxlearn.utils.benchmark import Compare, Measurement, TaskSpec, Timer

from .helper import same, torch


def test_schedules() -> None:
    for options in (
        {"wait": 1, "warmup": 1, "active": 2}, {"wait": 0, "warmup": 1, "active": 1, "repeat": 2},
        {"wait": 2, "warmup": 1, "active": 3, "repeat": 1, "skip_first": 3},
        {"wait": 3, "warmup": 2, "active": 1, "skip_first": 1, "skip_first_wait": 1},
    ):  # fmt: skip
        same(lambda torch, o=options: [torch.profiler.schedule(**o)(i).name for i in range(20)])
    same(lambda torch: torch.profiler.schedule(wait=-1, warmup=1, active=1))
    same(lambda torch: torch.profiler.schedule(wait=1, warmup=1, active=0), message=True)
    assert [a.name for a in ProfilerAction] == [a.name for a in torch.profiler.ProfilerAction if a.value < 4]


def test_a_profile_tells_ranges_steps_and_operations(tmp_path: Path) -> None:
    x = jaxlearn.ones(64, 64)
    plan = schedule(wait=1, warmup=1, active=2, repeat=1)
    with profile(schedule=plan, on_trace_ready=tensorboard_trace_handler(str(tmp_path), "me", True)) as prof:
        for _ in range(6):
            with record_function("outer"):
                with record_function("in#ner"):
                    y = x @ x
                y.sum().item()
            prof.step()
    averages = {e.key: e for e in prof.key_averages()}
    assert averages["ProfilerStep*"].count == averages["outer"].count == averages["in#ner"].count == 2
    step, outer, inner = (averages[n].cpu_time_total for n in ("ProfilerStep*", "outer", "in#ner"))
    assert step >= outer >= inner > 0
    assert averages["outer"].self_cpu_time_total <= outer - inner
    operations = [e for e in prof.events() if not e.is_range]
    assert operations and all(e.duration >= e.self_time >= 0 for e in operations)
    table = prof.key_averages().table(sort_by="cpu_time_total", row_limit=3)
    assert table.splitlines()[1].split()[:3] == ["Name", "Self", "CPU"]
    assert [line.split()[0] for line in table.splitlines()[3:6]] == ["ProfilerStep*", "outer", "in#ner"]
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("me.") and file.name.endswith(".pt.trace.json.gz")
    names = {e.get("name") for e in json.loads(gzip.decompress(file.read_bytes()))["traceEvents"]}
    assert {"outer", "in#ner", "ProfilerStep#2", "ProfilerStep#3"} <= names


def test_profiles_without_a_schedule(tmp_path: Path) -> None:
    with jaxlearn.autograd.profiler.profile() as prof, record_function("work"):
        jaxlearn.ones(3).exp().sum().item()
    assert [e.key for e in prof.key_averages() if e.key == "work"] == ["work"]
    assert prof.total_average().count == len(prof.function_events)
    prof.export_chrome_trace(str(tmp_path / "trace.json"))
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    with jaxlearn.autograd.profiler.profile(enabled=False) as nothing:
        pass
    with pytest.raises(RuntimeError, match="didn't finish"):
        nothing.key_averages()


@record_function("decorated")
def _decorated() -> int:
    return 3


def test_a_range_may_decorate_and_stands_alone() -> None:
    assert _decorated() == 3
    same(lambda torch: [torch.autograd.profiler.record_function("x").__enter__() is not None])


@pytest.mark.parametrize("reduce", ["sum", "mean", "prod", "max", "min"])
def test_segments(reduce: str) -> None:
    def program(torch: Any) -> Any:
        found = []
        for options in (
            {"lengths": torch.tensor([2, 0, 4])}, {"offsets": torch.tensor([0, 2, 6])},
            {"lengths": torch.tensor([[1, 1], [2, 0], [0, 2], [1, 1], [2, 0], [0, 2]]), "axis": 1},
            {"lengths": torch.tensor([2, 0, 4]), "initial": 2.0},
        ):  # fmt: skip
            x = torch.arange(12.0).reshape(6, 2).requires_grad_()
            y = torch.segment_reduce(x, reduce, **options)
            (torch.where(y.detach().isfinite(), y, 0.0) ** 2).sum().backward()
            found += [y, x.grad]
        return found

    # torch leaves what an empty product's gradient is multiplied with undefined
    same(program) if reduce != "prod" else same(lambda torch: program(torch)[::2])


def test_segments_that_do_not_fit() -> None:
    for call in (
        lambda torch, x: torch.segment_reduce(x, "sum"),
        lambda torch, x: torch.segment_reduce(x, "median", lengths=torch.tensor([6])),
        lambda torch, x: torch.segment_reduce(x, "sum", lengths=torch.tensor([5])),
        lambda torch, x: torch.segment_reduce(x, "sum", lengths=torch.tensor([-1, 7])),
        lambda torch, x: torch.segment_reduce(x, "sum", lengths=torch.tensor([6]), axis=1),
        lambda torch, x: torch.segment_reduce(x, "sum", indices=torch.tensor([0])),
    ):
        same(lambda torch, call=call: call(torch, torch.arange(12.0).reshape(6, 2)), message=True)


def test_sobol_sequences() -> None:
    def program(torch: Any) -> Any:
        engine = torch.quasirandom.SobolEngine(5)
        found = [engine.draw(), engine.draw(6), engine.fast_forward(9).draw(3, dtype=torch.float64)]
        scrambled = torch.quasirandom.SobolEngine(3, scramble=True, seed=4)
        torch.manual_seed(2)
        found += [scrambled.draw(7), torch.quasirandom.SobolEngine(2, True).draw_base2(3)]
        return [*found, engine.reset().draw(2), repr(scrambled), engine.num_generated]

    same(program)
    same(lambda torch: torch.quasirandom.SobolEngine(0), message=True)
    same(lambda torch: torch.quasirandom.SobolEngine(2).fast_forward(3).draw_base2(2), message=True)


def test_measurements() -> None:
    x = jaxlearn.ones(4, 4)
    seen: list[Any] = []
    timer = Timer("y = see(x @ x)", globals={"x": x, "see": lambda y: seen.append(y) or y}, label="products")
    measured = timer.timeit(4)
    assert len(seen) == 7 and not any(
        jaxlearn.is_grad_enabled() and y._cell.value.array is None for y in seen
    )
    assert measured.number_per_run == 4 and measured.median > 0 and "products" in repr(measured)
    assert len(Timer("x + 1", globals={"x": 1}).blocked_autorange(min_run_time=0.01).times) >= 1
    with pytest.raises(ValueError, match="Python"):
        Timer("1", language="c++")


def test_tables_of_measurements_are_torchs() -> None:
    def tables(utils: Any) -> str:
        tasks = [
            ("rows", "one", 3e-6),
            ("rows", "two", 8.5e-6),
            ("columns", "one", 4e-6),
            ("columns", "two", 2.25e-5),
        ]
        results = [
            utils.Measurement(1, [t, t * 1.5, t, t], utils.TaskSpec("f()", "pass", "", "sums", sub, about))
            for sub, about, t in tasks
        ]
        compare = utils.Compare(results)
        text = str(compare) + "\n".join(repr(results[0]).splitlines()[1:])
        compare.colorize()
        return text + str(compare)

    import torch.utils.benchmark

    def plain(text: str) -> list[str]:
        return [line.rstrip() for line in text.splitlines()]

    assert plain(tables(jaxlearn.utils.benchmark)) == plain(tables(torch.utils.benchmark))
    assert isinstance(Measurement.merge([Measurement(1, [1.0], TaskSpec("f", ""))])[0], Measurement)
    assert Compare([])._results == []


def test_hub_keeps_what_it_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(jaxlearn.hub._Folder, "chosen", None)  # by other tests
    same(lambda torch: torch.hub.get_dir())
    jaxlearn.save({"w": jaxlearn.ones(2)}, tmp_path / "source.pth")
    digest = hashlib.sha256((tmp_path / "source.pth").read_bytes()).hexdigest()
    url = (tmp_path / "source.pth").as_uri()
    for _ in range(2):  # the second time it is there
        state = jaxlearn.hub.load_state_dict_from_url(
            url, progress=False, check_hash=True, file_name=f"net-{digest[:8]}.pth"
        )
        (tmp_path / "source.pth").unlink(missing_ok=True)
        assert state["w"].tolist() == [1.0, 1.0]
    (tmp_path / "other").write_text("text")
    with pytest.raises(RuntimeError, match="invalid hash value"):
        jaxlearn.hub.download_url_to_file((tmp_path / "other").as_uri(), str(tmp_path / "x"), "00", False)
    assert not (tmp_path / "x").exists()
    from jaxlearn.utils.model_zoo import load_url

    assert load_url is jaxlearn.hub.load_state_dict_from_url


def test_hub_loads_models_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "hubconf.py").write_text(
        "dependencies = ['numpy']\ndef net(n, scale=1):\n    'A net.'\n    return n * scale\n"
    )
    same(lambda torch: torch.hub.load(str(tmp_path), "net", 3, scale=2, source="local"))
    assert jaxlearn.hub.help(str(tmp_path), "net") == "A net." and jaxlearn.hub.list(str(tmp_path)) == ["net"]
    same(lambda torch: torch.hub.load(str(tmp_path), "nett", source="local"), message=True)
    same(lambda torch: torch.hub.load(str(tmp_path), "net", source="web"), message=True)
    with pytest.raises(RuntimeError, match="clone it"):
        jaxlearn.hub.load("someone/something", "net")


def test_streams_and_devices_without_a_gpu() -> None:
    if jaxlearn.cuda.is_available():
        pytest.skip("there is a GPU")
    assert jaxlearn.cuda.memory_stats() == {} and jaxlearn.cuda.get_rng_state_all() == []
    with jaxlearn.cuda.stream(None), jaxlearn.cuda.device(-1), jaxlearn.cuda.device_of(jaxlearn.ones(1)):
        assert jaxlearn.ones(1).device.type == "cpu"
    for call in (jaxlearn.cuda.Stream, jaxlearn.cuda.current_stream, jaxlearn.cuda.memory_summary):
        with pytest.raises(RuntimeError, match="No CUDA GPUs"):
            call()
    first, second = jaxlearn.Stream(), jaxlearn.Stream()
    event = first.record_event()
    second.wait_event(event)
    second.wait_stream(first)
    assert first != second and first.query() and event.query()


def test_ordinals(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two GPUs: what "cuda" means is the one chosen, here and in the block."""
    from jaxlearn.cuda import _gpus

    monkeypatch.setattr(_gpus, "gpus", lambda: ("first", "second"))
    assert jaxlearn.cuda.current_device() == 0
    with jaxlearn.cuda.device(1):
        assert jaxlearn.cuda.current_device() == 1
        with jaxlearn.cuda.stream(jaxlearn.cuda.Stream()) as _:
            assert jaxlearn.cuda.current_stream().stream_id and not jaxlearn.cuda.current_stream(0).stream_id
    jaxlearn.cuda.set_device("cuda:1")
    assert (
        jaxlearn.cuda.current_device() == 1
        and jaxlearn.cuda.current_stream() == jaxlearn.cuda.default_stream()
    )
    jaxlearn.cuda.set_device(0)
    with pytest.raises(RuntimeError, match="ordinal"):
        jaxlearn.cuda.set_device(2)
    with pytest.raises(ValueError, match="cuda device"):
        jaxlearn.cuda.set_device("cpu")


def test_backends_keep_their_switches() -> None:
    def program(torch: Any) -> Any:
        cudnn, cuda = torch.backends.cudnn, torch.backends.cuda
        with cudnn.flags(enabled=True, deterministic=True, benchmark=True):
            inside = cudnn.enabled, cudnn.deterministic, cudnn.benchmark
        cuda.enable_flash_sdp(False)
        found = cuda.flash_sdp_enabled(), cuda.math_sdp_enabled()
        cuda.enable_flash_sdp(True)
        return inside, (cudnn.deterministic, cudnn.benchmark), found, cuda.flash_sdp_enabled()

    same(program)
    same(lambda torch: torch.backends.cpu.get_cpu_capability())


def test_trees_with_paths() -> None:
    tree = {"a": [1, (2, 3)], "b": {"c": None}}

    def program(torch: Any) -> Any:
        pytree = torch.utils._pytree
        found = pytree.tree_leaves_with_path(tree)
        return (
            [(pytree.keystr(path), leaf, pytree.key_get(tree, path)) for path, leaf in found],
            pytree.tree_map_with_path(lambda path, x, y: (len(path), x, y), tree, tree),
            pytree.treespec_pprint(pytree.tree_structure(tree)), pytree.tree_all_only(int, bool, tree),
            pytree.tree_any_only(int, lambda x: x > 2, tree), pytree.is_namedtuple(tree),
            pytree.is_structseq(np.float32), pytree.tree_map_only((int, str), str, tree),
        )  # fmt: skip

    same(program)


def test_older_closeness() -> None:
    for a, e in ((1.0, 1.00001), ([1, 2], [1, 3]), (float("nan"), float("nan"))):

        def program(torch: Any, a: Any = a, e: Any = e) -> Any:
            with pytest.warns(FutureWarning):
                return torch.testing.assert_allclose(torch.tensor(a), torch.tensor(e).double())

        same(program)
