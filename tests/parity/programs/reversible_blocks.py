"""RevNet blocks whose Function recomputes inputs from outputs; RNG kept; memory-free backward."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(4)


class RevFn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, blocks):
        with torch.no_grad():
            for b in blocks:
                x = b(x)
        ctx.y = x.detach()
        ctx.blocks = blocks
        return x

    @staticmethod
    def backward(ctx, dy):
        y = ctx.y
        for b in reversed(ctx.blocks):
            y, dy = b.backward_pass(y, dy)
        return dy, None


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.f = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, d), nn.GELU())
        self.g = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x):
        x1, x2 = torch.chunk(x, 2, dim=-1)
        y1 = x1 + self.f(x2)
        y2 = x2 + self.g(y1)
        return torch.cat([y1, y2], dim=-1)

    def backward_pass(self, y, dy):
        y1, y2 = torch.chunk(y, 2, dim=-1)
        dy1, dy2 = torch.chunk(dy, 2, dim=-1)
        with torch.enable_grad():
            y1.requires_grad = True
            gy1 = self.g(y1)
            torch.autograd.backward(gy1, dy2)
        with torch.no_grad():
            x2 = y2 - gy1
            del y2, gy1
            dx1 = dy1 + y1.grad
            y1.grad = None
        with torch.enable_grad():
            x2.requires_grad = True
            fx2 = self.f(x2)
            torch.autograd.backward(fx2, dx1, retain_graph=True)
        with torch.no_grad():
            x1 = y1 - fx2
            dx2 = dy2 + x2.grad
            x2.grad = None
            x = torch.cat([x1, x2.detach()], dim=-1)
            dx = torch.cat([dx1, dx2], dim=-1)
        return x, dx


blocks = nn.ModuleList([Block(8) for _ in range(3)])
head = nn.Linear(16, 4)
stem = nn.Linear(5, 16)
opt = torch.optim.AdamW([*blocks.parameters(), *head.parameters(), *stem.parameters()], lr=1e-2)
X, Y = torch.randn(12, 5), torch.randint(0, 4, (12,))


def run(rev):
    h = stem(X)
    if rev:
        h = RevFn.apply(h, blocks)
    else:
        for b in blocks:
            h = b(h)
    return F.cross_entropy(head(h), Y)


opt.zero_grad()
run(False).backward()
ref = [p.grad.clone() for p in blocks.parameters()]
opt.zero_grad()
run(True).backward()
print(all(torch.allclose(a, p.grad, atol=1e-5) for a, p in zip(ref, blocks.parameters())))
for it in range(10):
    opt.zero_grad(set_to_none=True)
    loss = run(True)
    loss.backward()
    opt.step()
    if it % 3 == 0:
        print(it, f"{loss.item():.5f}", f"{blocks[0].f[1].weight.grad.norm().item():.5f}")
