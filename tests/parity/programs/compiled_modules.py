# torch.compile around whole steps, methods, modules, decorators, with schedules, scalers, hooks and caches
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(9)


class Block(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.proj = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))
        self.h = h

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, self.h, -1).transpose(1, 2) for z in self.qkv(self.ln1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.ln2(x))


class Tiny(nn.Module):
    def __init__(self, v=12, d=8, n=8):
        super().__init__()
        self.tok, self.pos = nn.Embedding(v, d), nn.Parameter(torch.zeros(n, d))
        self.blocks = nn.ModuleList(Block(d, 2) for _ in range(2))
        self.head = nn.Linear(d, v, bias=False)
        self.head.weight = self.tok.weight
        self.calls = 0

    def forward(self, x, y=None):
        h = self.tok(x) + self.pos[: x.size(1)]
        for b in self.blocks:
            h = b(h)
        logits = self.head(h)
        return logits, None if y is None else F.cross_entropy(logits.flatten(0, 1), y.flatten())


m = Tiny()
raw = m
m = torch.compile(m)
print(type(m).__name__, m._orig_mod is raw, [n for n, _ in m.named_parameters()][:2])
opt = torch.optim.AdamW(m.parameters(), lr=1e-2, betas=(0.9, 0.95))
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 6)
scaler = torch.amp.GradScaler("cpu", enabled=False)
data = torch.randint(0, 12, (3, 9))
for i in range(4):
    x, y = data[:, :-1], data[:, 1:]
    _, loss = m(x, y)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    n = nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    scaler.step(opt)
    scaler.update()
    opt.zero_grad(set_to_none=True)
    sched.step()
    print(f"{loss.item():.5f} {n:.5f} {sched.get_last_lr()[0]:.6f}")
raw.eval()
with torch.no_grad():
    print(m(data[:1, :4])[0].argmax(-1), raw(data[:1, :4])[1])


@torch.compile
def update_ema(ema, new, decay: float = 0.9):
    torch._foreach_mul_(ema, decay)
    torch._foreach_add_(ema, new, alpha=1 - decay)


ema = [p.detach().clone() for p in raw.parameters()]
update_ema(ema, [p.detach() * 2 for p in raw.parameters()])
print(f"{ema[0].norm() / raw.tok.weight.norm():.5f}")


@torch.compile
def rms(x, w, eps=1e-6):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w


x = torch.randn(3, 4, requires_grad=True)
rms(x, torch.ones(4)).square().sum().backward()
print(x.grad.abs().max() < 1e-3, rms(x, torch.ones(4))[0].data)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("n", torch.zeros((), dtype=torch.long))
        self.bn = nn.BatchNorm1d(4)

    @torch.compile
    def forward(self, x):
        self.n += 1
        return self.bn(x) * self.n


c = Counter()
for _ in range(3):
    out = c(torch.arange(8.0).view(2, 4))
print(c.n, out[0].data, c.bn.running_mean, c.bn.num_batches_tracked)


@torch.compile(dynamic=True)
def scan(x, g):
    out, s = [], torch.zeros_like(x[0])
    for t in range(x.shape[0]):
        s = g * s + x[t]
        out.append(s)
    return torch.stack(out)


for n in (3, 5, 3):
    print(scan(torch.ones(n, 2), 0.5)[:, 0])


@torch.compile
def branchy(x, mode: str, flag=True):
    if mode == "a":
        x = x + 1
    elif flag:
        x = x * 2
    return {"x": x, "shape": x.shape, "n": x.shape[0] * 2, "pair": (x.sum(), mode)}


for a in (("a",), ("b",), ("b", False)):
    r = branchy(torch.ones(2), *a)
    print(r["x"], r["shape"], r["n"], r["pair"])
p = torch.zeros(3, requires_grad=True)
o = torch.optim.SGD([p], lr=0.1, momentum=0.9)


@torch.compile
def step(target):
    o.zero_grad()
    l = ((p - target) ** 2).sum()
    l.backward()
    o.step()
    return l.detach()


for i in range(3):
    if i == 2:
        o.param_groups[0]["lr"] = 0.01
    print(step(torch.tensor([1.0, 2.0, 3.0])).item(), p.data)


def f(x):
    return torch.where(x > 0, x.sin(), x.cos()).sum()


g = torch.compile(torch.func.grad(f))
h = torch.compile(torch.func.hessian(f))
v = torch.tensor([0.5, -0.5])
print(g(v), h(v), torch.compile(torch.func.vmap(lambda a: a @ a))(torch.eye(3)))
print(torch.compile(lambda x: x.topk(2))(torch.tensor([3.0, 1.0, 2.0])), torch.compiler.is_compiling())
try:
    torch.compile(lambda a, b: a @ b)(torch.ones(2, 3), torch.ones(2, 3))
except RuntimeError as e:
    print("RuntimeError", "mat1 and mat2" in str(e) or "size" in str(e))


@torch.compiler.disable
def eager_part(x):
    return x.item()


print(
    eager_part(torch.tensor(2.5)),
    torch.compile(lambda x: x * 2, backend="eager")(torch.ones(1)),
    torch.compile(mode="reduce-overhead")(lambda x: x + 1)(torch.ones(1)),
)
