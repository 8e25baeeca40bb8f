"""Automatic mixed precision: dtypes and values against ``torch.autocast("cpu")``, and the scaler."""

from collections.abc import Callable
from typing import Any

import pytest
import torch as reference

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized


def data(torch: Any) -> tuple[Any, Any, Any]:
    """A matrix, an image and a batch of sequences, with few bits each, so that bfloat16 holds them."""
    a = (torch.arange(9.0).reshape(3, 3) % 5 - 2) / 4
    image = (torch.arange(98.0).reshape(1, 2, 7, 7) % 7 - 3) / 4
    return a, image, (torch.arange(24.0).reshape(3, 2, 4) % 5 - 2) / 4


def functions(torch: Any) -> dict[str, Callable[[], Any]]:
    a, image, _ = data(torch)
    f, linalg = torch.nn.functional, torch.linalg
    wide = a @ a.T + torch.eye(3)
    weights = (torch.arange(54.0).reshape(3, 2, 3, 3) % 3 - 1) / 2
    labels = torch.tensor([0, 1, 2])
    return {
        "matmul": lambda: a @ a,
        "mm": lambda: torch.mm(a, a),
        "bmm": lambda: torch.bmm(a[None], a[None]),
        "addmm": lambda: torch.addmm(a, a, a),
        "baddbmm": lambda: torch.baddbmm(a[None], a[None], a[None]),
        "linear": lambda: f.linear(a, a, a[0]),
        "conv2d": lambda: f.conv2d(image, weights),
        "conv_transpose2d": lambda: f.conv_transpose2d(image, weights.transpose(0, 1)),
        "conv1d": lambda: f.conv1d(image[0], weights[..., 0]),
        "prelu": lambda: f.prelu(a, torch.tensor([0.25])),
        "attention": lambda: f.scaled_dot_product_attention(a[None], a[None], a[None]),
        "einsum": lambda: torch.einsum("ij,jk->ik", a, a),
        "tensordot": lambda: torch.tensordot(a, a, 1),
        "multi_dot": lambda: linalg.multi_dot([a, a, a]),
        "matrix_power": lambda: linalg.matrix_power(a, 2),
        "vecdot": lambda: linalg.vecdot(a, a),
        "mv": lambda: torch.mv(a, a[0]),
        "outer": lambda: torch.outer(a[0], a[0]),
        "dot": lambda: a[0].dot(a[0]),
        "add": lambda: a @ a + a,
        "half plus half": lambda: (a @ a) + (a @ a),
        "relu": lambda: (a @ a).relu(),
        "softmax": lambda: (a @ a).softmax(-1),
        "sum": lambda: (a @ a).sum(),
        "prod": lambda: (a @ a).prod(),
        "cat": lambda: torch.cat([a, a @ a]),
        "cat of halves": lambda: torch.cat([a @ a, a @ a]),
        "stack": lambda: torch.stack([a @ a, a]),
        "cross_entropy": lambda: f.cross_entropy(a @ a, labels),
        "nll_loss": lambda: f.nll_loss(a @ a, labels),
        "mse_loss": lambda: f.mse_loss(a @ a, a),
        "l1_loss": lambda: f.l1_loss(a @ a, a),
        "bce": lambda: f.binary_cross_entropy_with_logits(a @ a, a.abs()),
        "smooth_l1": lambda: f.smooth_l1_loss(a @ a, a),
        "kl_div": lambda: f.kl_div(a @ a, a.abs()),
        "cosine loss": lambda: f.cosine_embedding_loss(a @ a, a, torch.tensor([1.0, -1, 1])),
        "margin": lambda: f.margin_ranking_loss(a[0], a[1], a[2].sign()),
        "cdist": lambda: torch.cdist(a @ a, a),
        "svdvals": lambda: linalg.svdvals(wide.bfloat16()),
        "inv": lambda: linalg.inv(wide.bfloat16()),
        "eigvalsh": lambda: linalg.eigvalsh(wide.bfloat16()),
        "cholesky": lambda: linalg.cholesky(wide.bfloat16()),
        "qr": lambda: linalg.qr(wide.bfloat16()).R.abs(),
        "trace": lambda: (a @ a).trace(),
        "fft": lambda: torch.fft.fft(a @ a),
        "quantile": lambda: (a @ a).quantile(0.5),
        "pool3d": lambda: f.avg_pool3d((image @ image)[None], 1),
        "pool2d": lambda: f.max_pool2d(image @ image, 2),
        "grid_sample": lambda: f.grid_sample(image @ image, torch.zeros(1, 2, 2, 2), align_corners=False),
        "layer_norm": lambda: f.layer_norm(a @ a, (3,), a[0], a[1]),
        "group_norm": lambda: f.group_norm(a @ a, 1, a[0], a[1]),
        "batch_norm": lambda: f.batch_norm(a @ a, torch.zeros(3), torch.ones(3), a[0], a[1]),
        "embedding": lambda: f.embedding(labels, a),
        "float64": lambda: a.double() @ a.double(),
        "int64": lambda: labels @ labels,
        "float16": lambda: a.half() @ a.half(),
        "off inside": lambda: off(torch, a),
        "float16 inside": lambda: narrower(torch, a),
    }


def off(torch: Any, a: Any) -> Any:
    with torch.autocast("cpu", enabled=False):
        return a @ a, torch.is_autocast_enabled("cpu")


def narrower(torch: Any, a: Any) -> Any:
    with torch.autocast("cpu", dtype=torch.float16):
        inside = a @ a, torch.get_autocast_dtype("cpu")
    return *inside, a @ a


@pytest.mark.parametrize("name", functions(reference))
def test_functions(name: str) -> None:
    def program(torch: Any) -> Any:
        with torch.autocast("cpu"):
            result = functions(torch)[name]()
        return result

    # one step of bfloat16, where both round another sum
    same(program, atol=0.02, rtol=0.02)


MODULES: dict[str, Callable[[Any], Any]] = {
    "LSTM": lambda nn: nn.LSTM(4, 4),
    "GRU": lambda nn: nn.GRU(4, 4),
    "RNN": lambda nn: nn.RNN(4, 4),
    "MultiheadAttention": lambda nn: nn.MultiheadAttention(4, 2),
    "TransformerEncoderLayer": lambda nn: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0),
    "Linear": lambda nn: nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 2)),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_with_their_gradients(name: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        module, x = MODULES[name](torch.nn), data(torch)[2].requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            given = module(x, x, x) if name == "MultiheadAttention" else module(x)
            result = given[0] if isinstance(given, tuple) else given
            loss = torch.nn.functional.mse_loss(result, torch.zeros_like(result))
        loss.backward()
        return result, loss, x.grad, [p.grad for p in module.parameters()]

    same(program, atol=0.03, rtol=0.05)


def test_state() -> None:
    def program(torch: Any) -> Any:
        seen = [
            torch.is_autocast_enabled("cpu"),
            torch.is_autocast_enabled(),
            torch.get_autocast_dtype("cuda"),
        ]
        with torch.autocast("cpu", cache_enabled=False) as context:
            seen += [torch.is_autocast_cpu_enabled(), torch.is_autocast_cache_enabled(), context is not None]
            torch.set_autocast_enabled("cpu", False)
            seen.append((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
            torch.set_autocast_enabled("cpu", True)
            torch.set_autocast_dtype("cpu", torch.float16)
            seen.append((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
        seen += [
            torch.is_autocast_enabled("cpu"),
            torch.get_autocast_dtype("cpu"),
            torch.is_autocast_cache_enabled(),
        ]
        return [str(s) for s in seen]

    same(program)


@pytest.mark.parametrize("device", [3, "abacus"])
def test_wrong_devices(device: Any) -> None:
    same(lambda torch: torch.autocast(device))


def test_a_decorated_function() -> None:
    def program(torch: Any) -> Any:
        @torch.autocast("cpu")
        def square(x: Any) -> Any:
            return x @ x

        return square(torch.ones(2, 2)), square(torch.ones(2, 2)), torch.ones(2, 2) @ torch.ones(2, 2)

    same(program)


@pytest.mark.parametrize("cast", [None, "float32"])
def test_custom_functions(cast: str | None) -> None:
    def program(torch: Any) -> Any:
        seen: list[str] = []

        class Square(torch.autograd.Function):
            @staticmethod
            @torch.amp.custom_fwd(
                device_type="cpu", cast_inputs=None if cast is None else getattr(torch, cast)
            )
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                seen.append(str(x.dtype))
                return x @ x

            @staticmethod
            @torch.amp.custom_bwd(device_type="cpu")
            def backward(ctx: Any, grad: Any) -> Any:
                (x,) = ctx.saved_tensors
                result = grad @ x.T + x.T @ grad
                seen.append(str(result.dtype))
                return result.to(x.dtype)

        x = torch.ones(2, 2, requires_grad=True)
        with torch.autocast("cpu"):
            y = Square.apply(x.bfloat16() if cast else x)
        y.sum().backward()
        return y, x.grad, seen

    same(program)


def test_a_compiled_function_follows_the_mode() -> None:
    torch = jaxlearn
    step = torch.compile(lambda x: x @ x)
    x = torch.ones(4, 4)
    for _ in range(3):
        assert step(x).dtype is torch.float32
        with torch.autocast("cpu"):
            assert step(x).dtype is torch.bfloat16


OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": lambda optim, p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda optim, p: optim.Adam(p, lr=0.1),
    "AdamW": lambda optim, p: optim.AdamW(p, lr=0.1, amsgrad=True),
    "Rprop": lambda optim, p: optim.Rprop(p, lr=0.1),
    "Adagrad": lambda optim, p: optim.Adagrad(p, lr=0.1),
    "NAdam": lambda optim, p: optim.NAdam(p, lr=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("bad", [(0,), (2, 3), ()])
def test_the_scaler(name: str, bad: tuple[int, ...]) -> None:
    """Steps with infinite gradients are left out, the first one too, and the scale follows."""

    def program(torch: Any) -> Any:
        p = torch.tensor([1.0, -2.0], requires_grad=True)
        optimizer = OPTIMIZERS[name](torch.optim, [p])
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        seen = []
        for i in range(6):
            optimizer.zero_grad()
            loss = (p * p).sum() * (float("inf") if i in bad else 1.0)
            scaler.scale(loss).backward()
            if i % 2:
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=False)
            scaler.step(optimizer)
            scaler.update()
            seen += [p.detach().clone(), scaler.get_scale()]
        return seen, scaler.state_dict()

    same(program)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("bad", [(0,), (3, 4), ()])
def test_the_scaler_in_a_compiled_step(name: str, bad: tuple[int, ...]) -> None:
    """It is recorded while the states begin, and replayed from then on."""
    recorded = []

    def program(torch: Any) -> Any:
        p = torch.tensor([1.0, -2.0], requires_grad=True)
        q = torch.tensor([[0.5], [1.5]], requires_grad=True)
        optimizer = OPTIMIZERS[name](torch.optim, [p, q])
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)

        def step(factor: Any) -> Any:
            optimizer.zero_grad()
            loss = (p @ q).sum() * factor + (p * p).sum()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_([p, q], 1.0, error_if_nonfinite=False)
            scaler.step(optimizer)
            scaler.update()
            return loss.detach()

        if torch is jaxlearn:
            step = torch.compile(step)
        seen = []
        for i in range(8):
            before = jaxlearn.stats()["recordings"]
            seen += [
                step(torch.tensor(float("inf") if i in bad else 1.0)),
                p.detach().clone(),
                q.detach().clone(),
            ]
            seen += [scaler.get_scale()]
            if torch is jaxlearn:
                recorded.append(jaxlearn.stats()["recordings"] - before)
        return seen, scaler.state_dict()

    same(program)
    assert not any(recorded[3:])


def test_a_scaled_step_is_one_program() -> None:
    """Forward, backward, the look for infinities and the update, chosen or not; the scale's own update comes with the
    next one."""
    torch = jaxlearn
    p = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(4):
        optimizer.zero_grad()
        scaler.scale((p * p).sum()).backward()
        before = torch.stats()["flushes"]
        scaler.step(optimizer)
        scaler.update()
        assert torch.stats()["flushes"] == before + 1
    assert p[0].item() < 1


def test_the_scalers_errors() -> None:
    def prepared(torch: Any) -> tuple[Any, Any]:
        p = torch.ones(1, requires_grad=True)
        optimizer, scaler = torch.optim.SGD([p], lr=0.1), torch.amp.GradScaler("cpu")
        scaler.scale(p.sum()).backward()
        return optimizer, scaler

    def twice(torch: Any) -> None:
        optimizer, scaler = prepared(torch)
        scaler.unscale_(optimizer)
        scaler.unscale_(optimizer)

    def after(torch: Any) -> None:
        optimizer, scaler = prepared(torch)
        scaler.step(optimizer)
        scaler.unscale_(optimizer)

    def again(torch: Any) -> None:
        optimizer, scaler = prepared(torch)
        scaler.step(optimizer)
        scaler.step(optimizer)

    def unbegun(torch: Any) -> None:
        torch.amp.GradScaler("cpu").step(prepared(torch)[0])

    def closed(torch: Any) -> None:
        optimizer, scaler = prepared(torch)
        scaler.step(optimizer, closure=lambda: 0)

    def nothing(torch: Any) -> None:
        prepared(torch)[1].update()

    for program in (twice, after, again, unbegun, closed, nothing):
        same(program)
    same(lambda torch: torch.amp.GradScaler("cpu", growth_factor=1.0))
    same(lambda torch: torch.amp.GradScaler("cpu").load_state_dict({}))
    same(lambda torch: torch.amp.GradScaler("cpu", enabled=False).state_dict())


def test_the_scalers_state_continues() -> None:
    def program(torch: Any) -> Any:
        scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
        other = torch.amp.GradScaler("cpu")
        other.load_state_dict(scaler.state_dict())
        return other.get_scale(), other.scale(torch.ones(1)), list(other.scale([torch.ones(1)]))

    same(program)


def test_cuda_without_a_gpu_is_disabled() -> None:
    if jaxlearn.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.warns(UserWarning, match="Disabling"), jaxlearn.autocast("cuda"):
        assert (jaxlearn.ones(2, 2) @ jaxlearn.ones(2, 2)).dtype is jaxlearn.float32
    with pytest.warns(UserWarning, match="Disabling"):
        assert not jaxlearn.amp.GradScaler().is_enabled()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"momentum": 0.9, "dampening": 0.5}),
        ("SGD", {"momentum": 0.9}),
        ("Adam", {}),
        ("SparseAdam", {}),
    ],
)
def test_the_first_step_is_left_out(name, options):
    """Then there is no state yet; SGD's momentum begins undamped with the next."""

    def program(torch):
        p = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
        optimizer = getattr(torch.optim, name)([p], lr=0.1, **options)
        scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
        trace = []
        for i in range(4):
            optimizer.zero_grad()
            loss = (p * p).sum() * (float("inf") if i in (0, 2) else 1.0)
            scaler.scale(loss).backward()
            if name == "SparseAdam" and torch is not jaxlearn:
                scaler.unscale_(optimizer)
                p.grad = p.grad.to_sparse()
            scaler.step(optimizer)
            scaler.update()
            state = optimizer.state_dict()["state"].get(0, {})
            trace.append(
                (
                    p.detach().clone(),
                    scaler.get_scale(),
                    {k: torch.as_tensor(v).clone() for k, v in state.items()},
                )
            )
        return trace

    same(program)
