"""Names for several processes and for TorchScript, as a program in one process calls them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

import jaxlearn

from .helper import same, torch

DISTRIBUTED: dict[str, Any] = {
    "all_reduce": lambda torch, dist, x: (dist.all_reduce(x), x, dist.all_reduce(x, dist.ReduceOp.MAX), x),
    "async": lambda torch, dist, x: (dist.all_reduce(x, async_op=True).wait(), x),
    "reduce": lambda torch, dist, x: (dist.reduce(x, 0), dist.reduce(x, dst=0, op=dist.ReduceOp.SUM), x),
    "broadcast": lambda torch, dist, x: (dist.broadcast(x, 0), dist.broadcast(x, src=0), x),
    "all_gather": lambda torch, dist, x: (dist.all_gather(xs := [torch.zeros(2, 3)], x), xs),
    "into": lambda torch, dist, x: (dist.all_gather_into_tensor(y := torch.zeros(2, 3), x), y),
    "gather": lambda torch, dist, x: (dist.gather(x, xs := [torch.zeros(2, 3)], dst=0), xs),
    "no list": lambda torch, dist, x: dist.gather(x),
    "scatter": lambda torch, dist, x: (dist.scatter(x, [torch.ones(2, 3)], src=0), x),
    "reduce_scatter": lambda torch, dist, x: (dist.reduce_scatter(y := torch.zeros(2, 3), [x]), y),
    "reduce_scatter_tensor": lambda torch, dist, x: (dist.reduce_scatter_tensor(y := torch.zeros(2, 3), x), y),
    "all_to_all_single": lambda torch, dist, x: (dist.all_to_all_single(y := torch.zeros(2, 3), x), y),
    "barrier": lambda torch, dist, x: (dist.barrier(), dist.monitored_barrier()),
    "objects": lambda torch, dist, x: (dist.all_gather_object(o := [None], {"a": 1}), o),
    "gather_object": lambda torch, dist, x: (dist.gather_object((1, "b"), o := [None]), o),
    "broadcast_object_list": lambda torch, dist, x: (dist.broadcast_object_list(o := ["a"], src=0), o),
    "scatter_object_list": lambda torch, dist, x: (dist.scatter_object_list(o := [None], ["a"], src=0), o),
    "who": lambda torch, dist, x: (dist.get_rank(), dist.get_world_size(), dist.get_backend(), dist.is_initialized()),
    "groups": lambda torch, dist, x: (
        dist.get_world_size(g := dist.new_group([0])), dist.get_rank(g), dist.get_rank(dist.group.WORLD),
        dist.get_process_group_ranks(g),
    ),
    "other ranks": lambda torch, dist, x: dist.new_group([1]),
    "no tensor": lambda torch, dist, x: dist.all_reduce(3.0),
    "to itself": lambda torch, dist, x: dist.send(x, 0),
    "twice": lambda torch, dist, x: dist.init_process_group("gloo"),
}  # fmt: skip


@pytest.mark.parametrize("call", DISTRIBUTED.values(), ids=list(DISTRIBUTED))
def test_a_group_of_one(call: Any, tmp_path: Path) -> None:
    def program(torch: Any) -> Any:
        dist = torch.distributed
        meeting = tmp_path / torch.__name__
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=0, world_size=1)
        try:
            return call(torch, dist, torch.arange(6.0).reshape(2, 3))
        finally:
            dist.destroy_process_group()

    same(program, message=True)


def test_without_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    same(lambda torch: (torch.distributed.is_available(), torch.distributed.is_initialized()))
    for call in (
        lambda dist: dist.get_rank(),
        lambda dist: dist.get_world_size(),
        lambda dist: dist.get_backend(),
        lambda dist: dist.barrier(),
        lambda dist: dist.init_process_group("gloo"),
        lambda dist: dist.get_node_local_rank(),
    ):
        same(lambda torch, call=call: call(torch.distributed), message=True)
    monkeypatch.setenv("RANK", "0")
    same(lambda torch: torch.distributed.init_process_group("gloo"), message=True)
    same(lambda torch: [op.name for op in (torch.distributed.ReduceOp.SUM, torch.distributed.ReduceOp.AVG)])
    same(lambda torch: torch.distributed.get_node_local_rank(3))


def test_more_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("RANK", "1"),
        ("WORLD_SIZE", "2"),
        ("MASTER_ADDR", "localhost"),
        ("MASTER_PORT", "1"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(NotImplementedError, match="one process, which drives all devices"):
        jaxlearn.distributed.init_process_group("nccl")
    assert not jaxlearn.distributed.is_initialized()


@pytest.mark.filterwarnings("ignore:.*deprecated")
def test_nothing_is_scripted() -> None:
    def program(torch: Any) -> Any:
        jit = torch.jit

        class Net(torch.nn.Module):
            scale: jit.Final[int] = 3

            @jit.ignore
            def by_python(self, x):
                return x + 1

            @jit.export
            def doubled(self, x):
                return x * 2

            @jit.unused
            def never(self, x):
                return x * self.scale

            def forward(self, x):
                if jit.is_scripting() or jit.is_tracing():
                    return x
                return self.never(self.doubled(self.by_python(x)))

        @jit.script_if_tracing
        def plain(x):
            return x - 1

        x = torch.arange(3.0)
        waited = jit.wait(jit.fork(lambda a, b: a + b, 1, b=2))
        kinds = (
            [jit.isinstance(v, list[int]) for v in ([1], ["a"], 3)],
            jit.isinstance({"a": 1}, dict[str, int]),
        )
        return Net()(x), plain(x), waited, kinds, jit.annotate(int, 4), jit.Attribute(1, int).value

    same(program)

    def scripted(torch: Any) -> Any:
        @torch.jit.script
        def f(x, n: int):
            if n > 2:
                x = x * n
            return x

        traced = torch.jit.trace(torch.nn.Linear(2, 1).eval(), torch.ones(1, 2))
        with torch.no_grad():
            traced.weight.fill_(2.0)
            traced.bias.zero_()
        return f(torch.ones(2), 3), f(torch.ones(2), 1), traced(torch.ones(3, 2)).detach()

    same(scripted)
    for call in (lambda: jaxlearn.jit.save(jaxlearn.nn.ReLU(), "a"), lambda: jaxlearn.jit.load("a")):
        with pytest.raises(NotImplementedError, match="there is no TorchScript"):
            call()


def test_futures() -> None:
    def program(torch: Any) -> Any:
        future = torch.futures.Future()
        before = future.done()
        doubled = future.then(lambda f: 2 * f.value())
        thread = threading.Thread(target=future.set_result, args=(4,))
        thread.start()
        found = doubled.wait()
        thread.join()
        failing = torch.futures.Future()
        failing.set_exception(ValueError("wrong"))
        try:
            failing.wait()
        except ValueError as error:
            found = found, str(error)
        return before, future.done(), found, torch.futures.wait_all([future, doubled])

    same(program)


def _writes(number: int, folder: str) -> None:
    Path(folder, str(number)).write_text(str(os.getpid()))


def _raises(number: int) -> None:
    raise ValueError(f"number {number}")


def test_processes(tmp_path: Path) -> None:
    multiprocessing = jaxlearn.multiprocessing
    assert multiprocessing.spawn(_writes, (str(tmp_path),), nprocs=1) is None
    assert [p.name for p in tmp_path.iterdir()] == ["0"] and (tmp_path / "0").read_text() != str(os.getpid())
    with pytest.raises(multiprocessing.ProcessRaisedException, match="ValueError: number 0") as caught:
        multiprocessing.spawn(_raises)
    assert caught.value.error_index == 0
    same(lambda torch: torch.multiprocessing.get_sharing_strategy())
    same(lambda torch: torch.multiprocessing.set_sharing_strategy("none"))
    same(lambda torch: sorted(torch.multiprocessing.get_all_sharing_strategies()))


def test_checks_of_arguments() -> None:
    for call in (
        lambda torch: torch._check(True), lambda torch: torch._check(False), lambda torch: torch._check(1),
        lambda torch: torch._check(False, lambda: "why"), lambda torch: torch._check(torch.tensor(True)),
        lambda torch: torch._check_value(False, lambda: "why"), lambda torch: torch._check_index(False),
        lambda torch: torch._check_type(False, "no function"), lambda torch: torch._check_not_implemented(False),
        lambda torch: torch._check_tensor_all(torch.tensor([True, False]), lambda: "some"),
    ):  # fmt: skip
        same(call, message=True)


def test_devices_that_are_not_there() -> None:
    if torch.xpu.is_available() or torch.mps.is_available():
        pytest.skip("the reference has such a device")
    same(lambda torch: (torch.xpu.is_available(), torch.xpu.device_count(), torch.xpu.empty_cache()))
    same(lambda torch: (torch.mps.is_available(), torch.mps.device_count()))
    same(lambda torch: (torch.cpu.is_available(), torch.cpu.device_count(), torch.cpu.current_device()))
    same(lambda torch: torch.cpu.synchronize())
    same(lambda torch: torch.mps.empty_cache(), message=True)
    same(lambda torch: torch.mps.synchronize(), message=True)
    same(lambda torch: torch.xpu.current_device(), message=True)
    same(lambda torch: issubclass(torch.cuda.OutOfMemoryError, RuntimeError))
    assert jaxlearn.cuda.OutOfMemoryError is jaxlearn.OutOfMemoryError


def test_used_up_memory_is_told_by_its_own_error() -> None:
    import jax

    from jaxlearn._engine.memory_errors import raise_device_error

    with pytest.raises(jaxlearn.OutOfMemoryError, match="allocate 9 bytes"):
        raise_device_error(jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: cannot allocate 9 bytes"))
    with pytest.raises(jax.errors.JaxRuntimeError):
        raise_device_error(jax.errors.JaxRuntimeError("INTERNAL: else"))


def test_swapped_tensors() -> None:
    def program(torch: Any) -> Any:
        x, y = torch.ones(2), torch.zeros(3, dtype=torch.int64)
        linear, p = torch.nn.Linear(1, 1), torch.nn.Parameter(torch.tensor([5.0]))
        torch.utils.swap_tensors(x, y)
        torch.utils.swap_tensors(linear.bias, p)
        (linear.bias * 2).sum().backward()
        return x, y, linear.bias, linear.bias.grad

    same(program)
    with pytest.raises(RuntimeError, match="Cannot swap a Tensor and a Parameter"):
        jaxlearn.utils.swap_tensors(jaxlearn.ones(1), jaxlearn.nn.Parameter(jaxlearn.ones(1)))


def test_the_report_of_the_machine() -> None:
    text = jaxlearn.utils.collect_env.get_pretty_env_info()
    assert f"jax=={__import__('jax').__version__}" in text and "Is CUDA available" in text


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_quantisation_that_is_only_pretended(dtype: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        x = (torch.randn(4, 3) * 3).to(getattr(torch, dtype)).requires_grad_()
        y = torch.fake_quantize_per_tensor_affine(x, 0.1, 3, -8, 7)
        z = torch.fake_quantize_per_tensor_affine(
            x, torch.tensor(0.3), torch.tensor(1, dtype=torch.int32), 0, 15
        )
        scale, zero = torch.tensor([0.1, 0.2, 0.5]), torch.tensor([0, 2, -1], dtype=torch.int32)
        w = torch.fake_quantize_per_channel_affine(x, scale, zero, 1, -8, 7)
        (y.sum() + (2 * z).sum() + (w * w).sum()).backward()
        return y, z, w, x.grad

    same(program, grad_fn=True)
    same(lambda torch: torch.fake_quantize_per_tensor_affine(torch.ones(2), 0.1, 9, 0, 5), message=True)
    same(
        lambda torch: torch.fake_quantize_per_channel_affine(
            torch.ones(2), torch.ones(2), torch.ones(2).long(), 0, 0, 5
        ),
        message=True,
    )
