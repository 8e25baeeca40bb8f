"""Rays, positional encodings and volume rendering; a network of sines and its derivatives."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
np.random.seed(0)
img2mse = lambda x, y: torch.mean((x - y) ** 2)
mse2psnr = lambda x: -10.0 * torch.log(x) / torch.log(torch.Tensor([10.0]))
to8b = lambda x: (255 * np.clip(x, 0, 1)).astype(np.uint8)


class Embedder:
    def __init__(self, **kwargs):
        self.kwargs = kwargs
        self.create_embedding_fn()

    def create_embedding_fn(self):
        embed_fns = []
        d = self.kwargs["input_dims"]
        out_dim = 0
        if self.kwargs["include_input"]:
            embed_fns.append(lambda x: x)
            out_dim += d
        max_freq, N = self.kwargs["max_freq_log2"], self.kwargs["num_freqs"]
        freq_bands = (
            2.0 ** torch.linspace(0.0, max_freq, steps=N)
            if self.kwargs["log_sampling"]
            else torch.linspace(2.0**0.0, 2.0**max_freq, steps=N)
        )
        for freq in freq_bands:
            for p_fn in self.kwargs["periodic_fns"]:
                embed_fns.append(lambda x, p_fn=p_fn, freq=freq: p_fn(x * freq))
                out_dim += d
        self.embed_fns, self.out_dim = embed_fns, out_dim

    def embed(self, inputs):
        return torch.cat([fn(inputs) for fn in self.embed_fns], -1)


emb = Embedder(
    include_input=True,
    input_dims=3,
    max_freq_log2=2,
    num_freqs=3,
    log_sampling=True,
    periodic_fns=[torch.sin, torch.cos],
)
print(emb.out_dim)


def get_rays(H, W, K, c2w):
    i, j = torch.meshgrid(torch.linspace(0, W - 1, W), torch.linspace(0, H - 1, H))
    i, j = i.t(), j.t()
    dirs = torch.stack([(i - K[0][2]) / K[0][0], -(j - K[1][2]) / K[1][1], -torch.ones_like(i)], -1)
    rays_d = torch.sum(dirs[..., np.newaxis, :] * c2w[:3, :3], -1)
    return c2w[:3, -1].expand(rays_d.shape), rays_d


def sample_pdf(bins, weights, N_samples, det=False):
    weights = weights + 1e-5
    pdf = weights / torch.sum(weights, -1, keepdim=True)
    cdf = torch.cumsum(pdf, -1)
    cdf = torch.cat([torch.zeros_like(cdf[..., :1]), cdf], -1)
    u = (
        torch.linspace(0.0, 1.0, steps=N_samples).expand(list(cdf.shape[:-1]) + [N_samples])
        if det
        else torch.rand(list(cdf.shape[:-1]) + [N_samples])
    )
    u = u.contiguous()
    inds = torch.searchsorted(cdf, u, right=True)
    below = torch.max(torch.zeros_like(inds - 1), inds - 1)
    above = torch.min((cdf.shape[-1] - 1) * torch.ones_like(inds), inds)
    inds_g = torch.stack([below, above], -1)
    ms = [inds_g.shape[0], inds_g.shape[1], cdf.shape[-1]]
    cdf_g = torch.gather(cdf.unsqueeze(1).expand(ms), 2, inds_g)
    bins_g = torch.gather(bins.unsqueeze(1).expand(ms), 2, inds_g)
    denom = cdf_g[..., 1] - cdf_g[..., 0]
    denom = torch.where(denom < 1e-5, torch.ones_like(denom), denom)
    t = (u - cdf_g[..., 0]) / denom
    return bins_g[..., 0] + t * (bins_g[..., 1] - bins_g[..., 0])


class NeRF(nn.Module):
    def __init__(self, D=3, W=16, ch=21, skips=[1]):
        super().__init__()
        self.skips = skips
        self.pts_linears = nn.ModuleList(
            [nn.Linear(ch, W)]
            + [nn.Linear(W, W) if i not in self.skips else nn.Linear(W + ch, W) for i in range(D - 1)]
        )
        self.out = nn.Linear(W, 4)

    def forward(self, x):
        h = x
        for i, l in enumerate(self.pts_linears):
            h = F.relu(self.pts_linears[i](h))
            if i in self.skips:
                h = torch.cat([x, h], -1)
        return self.out(h)


def raw2outputs(raw, z_vals, rays_d, raw_noise_std=0, white_bkgd=True):
    raw2alpha = lambda raw, dists, act_fn=F.relu: 1.0 - torch.exp(-act_fn(raw) * dists)
    dists = z_vals[..., 1:] - z_vals[..., :-1]
    dists = torch.cat([dists, torch.Tensor([1e10]).expand(dists[..., :1].shape)], -1)
    dists = dists * torch.norm(rays_d[..., None, :], dim=-1)
    rgb = torch.sigmoid(raw[..., :3])
    noise = torch.randn(raw[..., 3].shape) * raw_noise_std if raw_noise_std > 0.0 else 0.0
    alpha = raw2alpha(raw[..., 3] + noise, dists)
    weights = (
        alpha
        * torch.cumprod(torch.cat([torch.ones((alpha.shape[0], 1)), 1.0 - alpha + 1e-10], -1), -1)[:, :-1]
    )
    rgb_map = torch.sum(weights[..., None] * rgb, -2)
    depth = torch.sum(weights * z_vals, -1)
    acc = torch.sum(weights, -1)
    disp = 1.0 / torch.max(1e-10 * torch.ones_like(depth), depth / acc)
    return rgb_map + (1.0 - acc[..., None]) if white_bkgd else rgb_map, disp, acc, weights, depth


def batchify(fn, chunk):
    return (
        fn
        if chunk is None
        else (
            lambda inputs: torch.cat([fn(inputs[i : i + chunk]) for i in range(0, inputs.shape[0], chunk)], 0)
        )
    )


H, W, f = 4, 5, 6.0
K = np.array([[f, 0, 0.5 * W], [0, f, 0.5 * H], [0, 0, 1]])
c2w = torch.Tensor(np.concatenate([np.eye(3), [[0], [0], [4]]], 1))
o, d = get_rays(H, W, K, c2w)
print(o.shape, d[0, 0], d.dtype)
model = NeRF()
opt = torch.optim.Adam(model.parameters(), lr=5e-4, betas=(0.9, 0.999))
target = torch.rand(H, W, 3)
coords = torch.stack(
    torch.meshgrid(torch.linspace(0, H - 1, H), torch.linspace(0, W - 1, W), indexing="ij"), -1
).reshape(-1, 2)
for it in range(3):
    sel = coords[np.random.choice(coords.shape[0], size=[6], replace=False)].long()
    ro, rd, tgt = o[sel[:, 0], sel[:, 1]], d[sel[:, 0], sel[:, 1]], target[sel[:, 0], sel[:, 1]]
    z = 2.0 * (1.0 - torch.linspace(0, 1, 5)) + 6.0 * torch.linspace(0, 1, 5)
    z = z.expand([6, 5])
    mids = 0.5 * (z[..., 1:] + z[..., :-1])
    upper, lower = torch.cat([mids, z[..., -1:]], -1), torch.cat([z[..., :1], mids], -1)
    z = lower + (upper - lower) * torch.rand(z.shape)
    pts = ro[..., None, :] + rd[..., None, :] * z[..., :, None]
    raw = batchify(model, 16)(emb.embed(pts.reshape(-1, 3))).reshape(6, 5, 4)
    rgb, disp, acc, wts, dep = raw2outputs(raw, z, rd)
    zs = sample_pdf(0.5 * (z[..., 1:] + z[..., :-1]), wts[..., 1:-1], 4, det=(it == 0)).detach()
    z2, _ = torch.sort(torch.cat([z, zs], -1), -1)
    loss = img2mse(rgb, tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(it, f"{loss.item():.5f} PSNR", mse2psnr(loss.detach()), z2[0], disp[:2])
    for g in opt.param_groups:
        g["lr"] = 5e-4 * (0.1 ** (it / 1000))
print(to8b(rgb.detach().numpy())[:2], to8b(rgb.detach().cpu().numpy()).dtype)


class Sine(nn.Module):
    def __init__(self, i, o, first=False, w0=30):
        super().__init__()
        self.w0, self.lin, self.first, self.i = w0, nn.Linear(i, o), first, i
        self.init()

    def init(self):
        with torch.no_grad():
            b = 1 / self.i if self.first else np.sqrt(6 / self.i) / self.w0
            self.lin.weight.uniform_(-b, b)

    def forward(self, x):
        return torch.sin(self.w0 * self.lin(x))


def gradient(y, x, go=None):
    return torch.autograd.grad(
        y, [x], grad_outputs=torch.ones_like(y) if go is None else go, create_graph=True
    )[0]


def divergence(y, x):
    div = 0.0
    for i in range(y.shape[-1]):
        div += torch.autograd.grad(y[..., i], x, torch.ones_like(y[..., i]), create_graph=True)[0][
            ..., i : i + 1
        ]
    return div


s = nn.Sequential(Sine(2, 12, True), Sine(12, 12), nn.Linear(12, 1))
xy = (
    torch.stack(torch.meshgrid(*[torch.linspace(-1, 1, steps=3)] * 2), -1).reshape(-1, 2).requires_grad_(True)
)
y = s(xy)
g = gradient(y, xy)
lap = divergence(g, xy)
print(y.T, g[:2], [round(v, 2) for v in lap[:3, 0].tolist()])
((lap - 1) ** 2).mean().backward()
print(s)
