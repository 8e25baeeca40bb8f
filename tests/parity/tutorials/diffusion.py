"""DDPM: schedules, sinusoidal embeddings, a small U-Net with attention, EMA, ancestral and DDIM sampling."""

import math
from functools import partial
from inspect import isfunction

import torch
import torch.nn.functional as F
from torch import nn


def exists(x):
    return x is not None


def default(val, d):
    if exists(val):
        return val
    return d() if isfunction(d) else d


def extract(a, t, x_shape):
    batch_size = t.shape[0]
    out = a.gather(-1, t.cpu())
    return out.reshape(batch_size, *((1,) * (len(x_shape) - 1))).to(t.device)


class SinusoidalPositionEmbeddings(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        device = time.device
        half_dim = self.dim // 2
        embeddings = math.log(10000) / (half_dim - 1)
        embeddings = torch.exp(torch.arange(half_dim, device=device) * -embeddings)
        embeddings = time[:, None] * embeddings[None, :]
        return torch.cat((embeddings.sin(), embeddings.cos()), dim=-1)


class WeightStandardizedConv2d(nn.Conv2d):
    def forward(self, x):
        eps = 1e-5 if x.dtype == torch.float32 else 1e-3
        weight = self.weight
        mean = weight.mean(dim=(1, 2, 3), keepdim=True)
        var = weight.var(dim=(1, 2, 3), unbiased=False, keepdim=True)
        normalized = (weight - mean) * (var + eps).rsqrt()
        return F.conv2d(x, normalized, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ResnetBlock(nn.Module):
    def __init__(self, dim, dim_out, *, time_emb_dim=None, groups=2):
        super().__init__()
        self.mlp = (
            nn.Sequential(nn.SiLU(), nn.Linear(time_emb_dim, dim_out * 2)) if exists(time_emb_dim) else None
        )
        self.proj = WeightStandardizedConv2d(dim, dim_out, 3, padding=1)
        self.norm = nn.GroupNorm(groups, dim_out)
        self.act = nn.SiLU()
        self.res_conv = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, time_emb=None):
        h = self.norm(self.proj(x))
        if exists(self.mlp) and exists(time_emb):
            scale, shift = self.mlp(time_emb)[:, :, None, None].chunk(2, dim=1)
            h = h * (scale + 1) + shift
        return self.act(h) + self.res_conv(x)


class LinearAttention(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale = dim_head**-0.5
        self.heads = heads
        hidden_dim = dim_head * heads
        self.to_qkv = nn.Conv2d(dim, hidden_dim * 3, 1, bias=False)
        self.to_out = nn.Sequential(nn.Conv2d(hidden_dim, dim, 1), nn.GroupNorm(1, dim))

    def forward(self, x):
        b, c, h, w = x.shape
        qkv = self.to_qkv(x).chunk(3, dim=1)
        q, k, v = map(lambda t: t.reshape(b, self.heads, -1, h * w), qkv)
        q = q.softmax(dim=-2)
        k = k.softmax(dim=-1)
        q = q * self.scale
        context = torch.einsum("b h d n, b h e n -> b h d e", k, v)
        out = torch.einsum("b h d e, b h d n -> b h e n", context, q)
        return self.to_out(out.reshape(b, -1, h, w))


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x, *args, **kwargs):
        return self.fn(x, *args, **kwargs) + x


class Unet(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.init_conv = nn.Conv2d(1, dim, 1, padding=0)
        self.time_mlp = nn.Sequential(
            SinusoidalPositionEmbeddings(dim), nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim)
        )
        block = partial(ResnetBlock, time_emb_dim=dim)
        self.downs = nn.ModuleList(
            [nn.ModuleList([block(dim, dim), Residual(LinearAttention(dim)), nn.Conv2d(dim, dim, 4, 2, 1)])]
        )
        self.ups = nn.ModuleList(
            [nn.ModuleList([nn.Upsample(scale_factor=2, mode="nearest"), block(dim * 2, dim)])]
        )
        self.final_conv = nn.Conv2d(dim, 1, 1)

    def forward(self, x, time):
        x = self.init_conv(x)
        t = self.time_mlp(time)
        h = []
        for b1, attn, down in self.downs:
            x = attn(b1(x, t))
            h.append(x)
            x = down(x)
        for up, b1 in self.ups:
            x = b1(torch.cat((up(x), h.pop()), dim=1), t)
        return self.final_conv(x)


def cosine_beta_schedule(timesteps, s=0.008):
    x = torch.linspace(0, timesteps, timesteps + 1)
    ac = torch.cos(((x / timesteps) + s) / (1 + s) * torch.pi * 0.5) ** 2
    ac = ac / ac[0]
    return torch.clip(1 - (ac[1:] / ac[:-1]), 0.0001, 0.9999)


def quadratic(timesteps):
    return torch.linspace(0.0001**0.5, 0.02**0.5, timesteps) ** 2


def sigmoid_sched(timesteps):
    return torch.sigmoid(torch.linspace(-6, 6, timesteps)) * (0.02 - 0.0001) + 0.0001


timesteps = 10
print(cosine_beta_schedule(5), quadratic(5), sigmoid_sched(5))
betas = torch.linspace(0.0001, 0.2, timesteps)
alphas = 1.0 - betas
alphas_cumprod = torch.cumprod(alphas, axis=0)
alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)
sqrt_recip_alphas = torch.sqrt(1.0 / alphas)
sqrt_ac = torch.sqrt(alphas_cumprod)
sqrt_omac = torch.sqrt(1.0 - alphas_cumprod)
posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)
print(posterior_variance)


def q_sample(x_start, t, noise=None):
    noise = default(noise, lambda: torch.randn_like(x_start))
    return extract(sqrt_ac, t, x_start.shape) * x_start + extract(sqrt_omac, t, x_start.shape) * noise


def p_losses(model, x_start, t, noise=None, loss_type="l1"):
    if noise is None:
        noise = torch.randn_like(x_start)
    pred = model(q_sample(x_start, t, noise), t)
    if loss_type == "l1":
        return F.l1_loss(noise, pred)
    elif loss_type == "huber":
        return F.smooth_l1_loss(noise, pred)
    raise NotImplementedError()


@torch.no_grad()
def p_sample(model, x, t, t_index):
    mean = extract(sqrt_recip_alphas, t, x.shape) * (
        x - extract(betas, t, x.shape) * model(x, t) / extract(sqrt_omac, t, x.shape)
    )
    if t_index == 0:
        return mean
    return mean + torch.sqrt(extract(posterior_variance, t, x.shape)) * torch.randn_like(x)


@torch.no_grad()
def ddim(model, x, eta=0.0, steps=3):
    times = torch.linspace(-1, timesteps - 1, steps=steps + 1)
    times = list(reversed(times.int().tolist()))
    for time, nxt in zip(times[:-1], times[1:]):
        tc = torch.full((x.shape[0],), time, device=x.device, dtype=torch.long)
        eps = model(x, tc)
        x0 = ((x - (1 - alphas_cumprod[time]).sqrt() * eps) / alphas_cumprod[time].sqrt()).clamp_(-1.0, 1.0)
        if nxt < 0:
            x = x0
            continue
        a, an = alphas_cumprod[time], alphas_cumprod[nxt]
        sigma = eta * ((1 - a / an) * (1 - an) / (1 - a)).sqrt()
        x = x0 * an.sqrt() + (1 - an - sigma**2).sqrt() * eps + sigma * torch.randn_like(x)
    return x


torch.manual_seed(0)
model = Unet()
print(sum(p.numel() for p in model.parameters()), model.downs[0][1])
ema = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
data = torch.rand(8, 1, 8, 8) * 2 - 1
for step in range(3):
    opt.zero_grad()
    t = torch.randint(0, timesteps, (8,)).long()
    loss = p_losses(model, data, t, loss_type="huber")
    loss.backward()
    opt.step()
    ema.update_parameters(model)
    print(step, t.tolist(), f"{loss.item():.5f}")
img = torch.randn((2, 1, 8, 8))
for i in reversed(range(timesteps)):
    img = p_sample(model, img, torch.full((2,), i, dtype=torch.long), i)
print(img[0, 0, 0], img.shape, ema.n_averaged)
print(ddim(ema.module, torch.randn(1, 1, 8, 8), eta=0.3)[0, 0, 0])
try:
    p_losses(model, data, t, loss_type="l7")
except NotImplementedError as e:
    print(repr(e))
try:
    betas.gather(-1, torch.tensor([12]))
except RuntimeError as e:
    print(e)
try:
    betas.gather(-1, torch.tensor([1.0]))
except RuntimeError as e:
    print(e)
