import torch
import torch.nn as nn

torch.manual_seed(0)


def rk4(f, y, t0, t1):
    h = t1 - t0
    k1 = f(t0, y)
    k2 = f(t0 + h / 2, y + h * k1 / 2)
    k3 = f(t0 + h / 2, y + h * k2 / 2)
    k4 = f(t1, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def odeint(f, y0, t):
    ys = [y0]
    for a, b in zip(t[:-1], t[1:]):
        ys.append(rk4(f, ys[-1], a, b))
    return torch.stack(ys)


true_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
t = torch.linspace(0.0, 2.0, 25)
with torch.no_grad():
    true_y = odeint(lambda t, y: torch.mm(y**3, true_A), torch.tensor([[2.0, 0.0]]), t)
print(true_y[-1], true_y.shape)


class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y**3)


class Adjoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y0, func, t, *params):
        with torch.no_grad():
            ys = odeint(func, y0, t)
        ctx.func, ctx.t = func, t
        ctx.save_for_backward(ys, *params)
        return ys

    @staticmethod
    def backward(ctx, grad):
        ys, *params = ctx.saved_tensors
        a = torch.zeros_like(ys[0])
        gp = [torch.zeros_like(p) for p in params]
        for i in range(len(ctx.t) - 1, 0, -1):
            a = a + grad[i]
            with torch.enable_grad():
                y = ys[i - 1].detach().requires_grad_(True)
                out = rk4(ctx.func, y, ctx.t[i - 1], ctx.t[i])
                got = torch.autograd.grad(out, (y, *params), a)
            a = got[0]
            gp = [g + n for g, n in zip(gp, got[1:])]
        return (a + grad[0], None, None, *gp)


func = ODEFunc()
opt = torch.optim.RMSprop(func.parameters(), lr=1e-2)
for itr in range(4):
    s = torch.randperm(15)[:6]
    batch_y0, batch_t = true_y[s], t[:6]
    batch_y = torch.stack([true_y[s + i] for i in range(6)])
    opt.zero_grad()
    pred = odeint(func, batch_y0, batch_t)
    loss = torch.mean(torch.abs(pred - batch_y))
    loss.backward()
    direct = [p.grad.clone() for p in func.parameters()]
    opt.zero_grad()
    pred = Adjoint.apply(batch_y0, func, batch_t, *func.parameters())
    loss = torch.mean(torch.abs(pred - batch_y))
    loss.backward()
    print(
        itr,
        f"{loss.item():.6f}",
        max((a - p.grad).abs().max().item() for a, p in zip(direct, func.parameters())) < 1e-6,
    )
    opt.step()
