import torch
import torch.nn as nn
import torch.autograd as autograd

torch.manual_seed(0)
G = nn.Sequential(
    nn.Linear(4, 16), nn.BatchNorm1d(16, 0.8), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 10), nn.Tanh()
)
D = nn.Sequential(nn.Linear(10, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1))
opt_G = torch.optim.RMSprop(G.parameters(), lr=5e-3)
opt_D = torch.optim.RMSprop(D.parameters(), lr=5e-3)
real_data = torch.randn(64, 10) * 0.3 + 0.2


def gradient_penalty(D, real, fake):
    alpha = torch.rand(real.size(0), 1).expand_as(real)
    interp = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    d = D(interp)
    ones = torch.ones(d.size(), requires_grad=False)
    grads = autograd.grad(
        outputs=d, inputs=interp, grad_outputs=ones, create_graph=True, retain_graph=True, only_inputs=True
    )[0]
    grads = grads.view(grads.size(0), -1)
    return ((grads.norm(2, dim=1) - 1) ** 2).mean()


for it in range(12):
    idx = torch.randperm(64)[:16]
    real = real_data[idx]
    z = torch.randn(16, 4)
    opt_D.zero_grad()
    fake = G(z).detach()
    gp = gradient_penalty(D, real, fake)
    d_loss = -torch.mean(D(real)) + torch.mean(D(fake)) + 10 * gp
    d_loss.backward()
    opt_D.step()
    for p in D.parameters():
        p.data.clamp_(-1.0, 1.0)
    if it % 3 == 0:
        opt_G.zero_grad()
        g_loss = -torch.mean(D(G(z)))
        g_loss.backward()
        opt_G.step()
        print("[Batch %d] [D loss: %f] [G loss: %f] [gp: %f]" % (it, d_loss.item(), g_loss.item(), gp.item()))
print({k: tuple(v.shape) for k, v in G.state_dict().items()})
print(sum(p.abs().sum() for p in D.parameters()))
