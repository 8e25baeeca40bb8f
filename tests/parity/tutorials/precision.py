"""A script's arguments, seeds and devices; mixed precision with a scaler; accumulated gradients."""

import argparse
import contextlib
import os
import random
import time

import numpy as np
import torch
import torch.nn as nn
from torch.cuda.amp import GradScaler, autocast

parser = argparse.ArgumentParser()
parser.add_argument("--gpu", default=None, type=int)
parser.add_argument("--amp", action="store_true")
parser.add_argument("--seed", default=7, type=int)
parser.add_argument("--local_rank", default=-1, type=int)
parser.add_argument("-b", "--batch-size", default=4, type=int)
args = parser.parse_args([])
print(args)


def set_seed(seed):
    random.seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


set_seed(args.seed)
device = torch.device(
    "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
)
print(
    device,
    device.type,
    device.index,
    torch.device("cuda:1"),
    torch.device("cuda", 0),
    torch.cuda.device_count(),
)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 3)).to(device)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu", enabled=True, init_scale=1024.0)
x, y = torch.randn(4, 8, device=device), torch.randint(3, (4,), device=device)
for i in range(4):
    with torch.autocast(device_type=device.type, dtype=torch.bfloat16):
        out = model(x)
        loss = nn.functional.cross_entropy(out, y)
    print(out.dtype, loss.dtype, "%.2f" % loss.item())
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(opt)
    scaler.update()
    opt.zero_grad()
    print(scaler.get_scale(), scaler.state_dict())
sc = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=1)
p = nn.Parameter(torch.ones(1))
o = torch.optim.SGD([p], lr=1.0)
for v in (float("inf"), 1.0, 2.0):
    o.zero_grad()
    sc.scale((p * v).sum()).backward()
    r = sc.step(o)
    sc.update()
    print(r, p.data, sc.get_scale())
with torch.autocast("cpu", enabled=False):
    print(model(x).dtype, torch.is_autocast_enabled())
with torch.autocast("cpu"):
    a = torch.mm(x, x.t())
    print(
        a.dtype,
        torch.is_autocast_cpu_enabled(),
        torch.get_autocast_dtype("cpu"),
        (a + x[:, :4]).dtype,
        torch.softmax(a, 1).dtype,
        a.float().dtype,
        torch.cat([a, a.float()]).dtype,
        a.sum().dtype,
        nn.functional.mse_loss(a, a).dtype,
        torch.matmul(x, model[0].weight.t()).dtype,
        nn.functional.layer_norm(a, (4,)).dtype,
        x.exp().dtype,
        a.exp().dtype,
    )
for bad in (
    lambda: scaler.unscale_(o),
    lambda: sc.update(),
    lambda: torch.autocast(),
    lambda: (sc.unscale_(o), sc.unscale_(o)),
):
    try:
        print(bad())
    except BaseException as e:
        print(type(e).__name__, str(e)[:160])
print(
    torch.cuda.is_available(),
    torch.cuda.current_device() if torch.cuda.is_available() else None,
    x.is_cuda,
    x.device == torch.device("cpu"),
    str(x.device),
    x.get_device(),
    torch.cuda.memory_allocated() if torch.cuda.is_available() else 0,
    torch.cuda.is_initialized(),
)
torch.cuda.empty_cache()
torch.set_num_threads(1)
torch.set_float32_matmul_precision("high")
print(torch.get_float32_matmul_precision())
torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True
torch.use_deterministic_algorithms(True)
print(torch.are_deterministic_algorithms_enabled())
torch.use_deterministic_algorithms(False)
if torch.cuda.device_count() > 1:
    model = nn.DataParallel(model)


@torch.no_grad()
def ev(m):
    m.eval()
    r = m(x).argmax(-1).eq(y).float().mean()
    m.train()
    return r


print(
    ev(model),
    model.training,
    x.to(device, non_blocking=True).to(torch.float64).dtype,
    x.to(y).dtype,
    x.type(),
    y.type(),
    x.double().type(),
    x.type(torch.int32).dtype,
    x.cpu().detach().numpy().dtype,
    model.to(torch.float64)[0].weight.dtype,
)


@contextlib.contextmanager
def timer(name):
    t = time.perf_counter()
    yield
    print(name, time.perf_counter() - t >= 0)


with timer("fwd"):
    model(x.double())
print(torch.initial_seed(), torch.seed() > 0, torch.random.initial_seed() > 0)
torch.manual_seed(1)
s = torch.get_rng_state()
a = torch.rand(2)
torch.set_rng_state(s)
print(torch.equal(a, torch.rand(2)), s.dtype, s.shape)
with torch.random.fork_rng():
    torch.manual_seed(9)
    torch.rand(1)
print(torch.rand(2))
gen = torch.Generator(device="cpu")
gen.manual_seed(2147483647)
print(torch.randn(2, generator=gen), gen.initial_seed(), gen.device)
acc = 2
model.float()
opt = torch.optim.AdamW(model.parameters(), 1e-2)
for i in range(4):
    with torch.autocast("cpu", dtype=torch.float16, enabled=False):
        l = nn.functional.cross_entropy(model(x), y) / acc
    l.backward()
    if (i + 1) % acc == 0:
        opt.step()
        opt.zero_grad(set_to_none=True)
        print("%.4f" % (l.item() * acc), model[0].weight.grad)
sc1 = GradScaler(enabled=False)
print(sc1.scale(torch.ones(1)), sc1.get_scale(), sc1.is_enabled(), sc1.state_dict())
with autocast(enabled=False):
    print(model(x).dtype)
