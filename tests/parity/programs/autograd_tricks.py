import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(50)


class GradientReversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, lambda_):
        ctx.lambda_ = lambda_
        return x.clone()

    @staticmethod
    def backward(ctx, grads):
        lambda_ = grads.new_tensor(ctx.lambda_)
        return -lambda_ * grads, None


class STE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.sign()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        g = g.clone()
        g[x.abs() > 1] = 0
        return g


class VQ(nn.Module):
    def __init__(self, n, d, beta):
        super().__init__()
        self.n_e, self.e_dim, self.beta = n, d, beta
        self.embedding = nn.Embedding(n, d)
        self.embedding.weight.data.uniform_(-1.0 / n, 1.0 / n)

    def forward(self, z):
        z = z.permute(0, 2, 3, 1).contiguous()
        zf = z.view(-1, self.e_dim)
        d = (
            torch.sum(zf**2, dim=1, keepdim=True)
            + torch.sum(self.embedding.weight**2, dim=1)
            - 2 * torch.matmul(zf, self.embedding.weight.t())
        )
        idx = torch.argmin(d, dim=1).unsqueeze(1)
        enc = torch.zeros(idx.shape[0], self.n_e).to(z.device)
        enc.scatter_(1, idx, 1)
        zq = torch.matmul(enc, self.embedding.weight).view(z.shape)
        loss = torch.mean((zq.detach() - z) ** 2) + self.beta * torch.mean((zq - z.detach()) ** 2)
        zq = z + (zq - z).detach()
        em = torch.mean(enc, dim=0)
        ppl = torch.exp(-torch.sum(em * torch.log(em + 1e-10)))
        return loss, zq.permute(0, 3, 1, 2).contiguous(), ppl, idx


vq = VQ(6, 3, 0.25)
z = torch.randn(2, 3, 2, 2, requires_grad=True)
loss, zq, ppl, idx = vq(z)
(loss + zq.pow(2).sum()).backward()
print(loss, ppl, idx.flatten(), z.grad[0, 0], vq.embedding.weight.grad.sum(1))

feat, cls, dom = nn.Linear(4, 6), nn.Linear(6, 3), nn.Linear(6, 2)
x = torch.randn(8, 4)
f = torch.relu(feat(x))
loss = F.cross_entropy(cls(f), torch.arange(8) % 3) + F.cross_entropy(
    dom(GradientReversal.apply(f, 0.3)), torch.arange(8) // 4
)
loss.backward()
print(loss, feat.weight.grad.norm())
b = torch.tensor([0.5, -2.0, 1.5, -0.1], requires_grad=True)
STE.apply(b).mul(torch.arange(4.0)).sum().backward()
print(b.grad)

# hooks: grad-cam, gradient noise, retain_grad
net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
store = {}
h1 = net[0].register_forward_hook(lambda m, i, o: store.__setitem__("act", o.detach()))
h2 = net[0].register_full_backward_hook(lambda m, gi, go: store.__setitem__("grad", go[0].detach()))
out = net(torch.randn(1, 1, 6, 6))
out[0, out.argmax()].backward()
cam = F.relu((store["grad"].mean((2, 3), keepdim=True) * store["act"]).sum(1))
cam = F.interpolate(cam[None], size=(6, 6), mode="bilinear", align_corners=False)
print(cam.shape, (cam / cam.max())[0, 0, 2])
h1.remove()
h2.remove()
hs = [p.register_hook(lambda g: g.clamp(-0.01, 0.01)) for p in net.parameters()]
net.zero_grad()
net(torch.randn(2, 1, 6, 6)).sum().backward()
print([round(p.grad.abs().max().item(), 5) for p in net.parameters()])

# WGAN-GP, R1, adversarial examples
# no last bias: its gradient is 0 but for rounding, which RMSprop makes a step of
D_ = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1, bias=False))
G = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
od, og = torch.optim.RMSprop(D_.parameters(), 1e-2), torch.optim.RMSprop(G.parameters(), 1e-2)
for i in range(3):
    real, fake = torch.randn(6, 2) + 2, G(torch.randn(6, 3)).detach()
    a = torch.rand(6, 1)
    inter = (a * real + (1 - a) * fake).requires_grad_(True)
    di = D_(inter)
    grads = torch.autograd.grad(
        outputs=di,
        inputs=inter,
        grad_outputs=torch.ones(di.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gp = ((grads.view(6, -1).norm(2, dim=1) - 1) ** 2).mean()
    ld = -D_(real).mean() + D_(fake).mean() + 10 * gp
    od.zero_grad()
    ld.backward()
    od.step()
    for p in D_.parameters():
        p.requires_grad_(False)
    lg = -D_(G(torch.randn(6, 3))).mean()
    og.zero_grad()
    lg.backward()
    og.step()
    for p in D_.parameters():
        p.requires_grad_(True)
    print(f"[D {ld.item():.4f}] [G {lg.item():.4f}] gp {gp:.4f}")
clf = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
img, lab = torch.rand(3, 4), torch.tensor([0, 1, 2])
adv = img.clone().detach() + torch.empty_like(img).uniform_(-0.1, 0.1)
adv = torch.clamp(adv, 0, 1).detach()
for _ in range(3):
    adv.requires_grad = True
    g = torch.autograd.grad(F.cross_entropy(clf(adv), lab), adv)[0]
    adv = adv.detach() + 0.03 * g.sign()
    adv = torch.clamp(img + torch.clamp(adv - img, -0.1, 0.1), 0, 1).detach()
print(adv - img)
# EWC Fisher, influence / HVP with conjugate gradients, natural gradient
params = list(clf.parameters())
logp = F.log_softmax(clf(img), 1)
fisher = [torch.zeros_like(p) for p in params]
for i in range(3):
    gs = torch.autograd.grad(logp[i, lab[i]], params, retain_graph=True)
    for fi, g in zip(fisher, gs):
        fi += g.detach() ** 2 / 3
print([round(fi.sum().item(), 6) for fi in fisher])


def flat(gs):
    return torch.cat([g.contiguous().view(-1) for g in gs])


def fvp(v, damping=0.1):
    kl = (
        F.kl_div(logp, logp.detach().exp(), reduction="batchmean") * -1
        + (logp.exp() * (logp - logp.detach())).sum(1).mean() * 2
    )
    g = flat(torch.autograd.grad(kl, params, create_graph=True))
    hv = torch.autograd.grad((g * v).sum(), params, retain_graph=True)
    return flat(hv).detach() + damping * v


def cg(Avp, b, n=5):
    x, r, p = torch.zeros_like(b), b.clone(), b.clone()
    rs = torch.dot(r, r)
    for _ in range(n):
        Ap = Avp(p)
        al = rs / torch.dot(p, Ap)
        x += al * p
        r -= al * Ap
        new = torch.dot(r, r)
        if new < 1e-10:
            break
        p = r + new / rs * p
        rs = new
    return x


g = flat(torch.autograd.grad(F.nll_loss(logp, lab), params, retain_graph=True)).detach()
step = cg(fvp, g)
print(step.norm(), (step @ g))
torch.nn.utils.vector_to_parameters(torch.nn.utils.parameters_to_vector(params) - 0.1 * step, params)
print(F.cross_entropy(clf(img), lab))
# distillation, focal, dice, contrastive, triplet, arcface, mixup, EMA
t, s = torch.randn(4, 5), torch.randn(4, 5, requires_grad=True)
kd = nn.KLDivLoss(reduction="batchmean")(F.log_softmax(s / 4, 1), F.softmax(t / 4, 1)) * 16
ce = F.cross_entropy(s, torch.tensor([0, 1, 2, 3]), reduction="none")
focal = ((1 - torch.exp(-ce)) ** 2 * ce).mean()
z = F.normalize(torch.cat([s, t]), dim=1)
sim = z @ z.T / 0.5
sim.masked_fill_(torch.eye(8, dtype=torch.bool), -9e15)
nce = (-sim[torch.arange(8), (torch.arange(8) + 4) % 8] + torch.logsumexp(sim, -1)).mean()
cosine = F.linear(F.normalize(s), F.normalize(t)).clamp(-1 + 1e-7, 1 - 1e-7)
arc = F.cross_entropy(
    30 * torch.cos(torch.acos(cosine) + 0.5 * F.one_hot(torch.arange(4), 4)), torch.arange(4)
)
(kd + focal + nce + arc).backward()
print(kd, focal, nce, arc, s.grad.norm())
ema = torch.optim.swa_utils.AveragedModel(clf, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
clf[0].weight.data.add_(1.0)
ema.update_parameters(clf)
ema.update_parameters(clf)
print(
    ema.n_averaged,
    ema.module[0].weight[0],
    F.triplet_margin_loss(s, t, t.flip(0), margin=0.5),
    F.cosine_embedding_loss(s, t, torch.tensor([1, -1, 1, -1])),
)
try:
    y = x.clone().requires_grad_()
    w = y.exp()
    w += 1
    w.sum().backward()
except RuntimeError as e:
    print(str(e)[:100])
try:
    l = (s**2).sum()
    l.backward()
    l.backward()
except RuntimeError as e:
    print(str(e)[:70])
