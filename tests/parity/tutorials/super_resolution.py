"""Super-resolution and its losses, attention, filters, warps and paddings of images."""

import math
from math import log10

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
from torch.autograd import Variable

torch.manual_seed(123)


class ESPCN(nn.Module):
    def __init__(self, upscale_factor):
        super(ESPCN, self).__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(8, upscale_factor**2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        self._initialize_weights()

    def forward(self, x):
        return self.pixel_shuffle(self.conv2(self.relu(self.conv1(x))))

    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv2.weight)


def gaussian(window_size, sigma):
    gauss = torch.Tensor(
        [math.exp(-((x - window_size // 2) ** 2) / float(2 * sigma**2)) for x in range(window_size)]
    )
    return gauss / gauss.sum()


def create_window(window_size, channel):
    _1D = gaussian(window_size, 1.5).unsqueeze(1)
    _2D = _1D.mm(_1D.t()).float().unsqueeze(0).unsqueeze(0)
    return Variable(_2D.expand(channel, 1, window_size, window_size).contiguous())


def ssim(img1, img2, window_size=5, size_average=True):
    (_, channel, _, _) = img1.size()
    window = create_window(window_size, channel)
    if img1.is_cuda:
        window = window.cuda(img1.get_device())
    window = window.type_as(img1)
    p = window_size // 2
    mu1, mu2 = (
        F.conv2d(img1, window, padding=p, groups=channel),
        F.conv2d(img2, window, padding=p, groups=channel),
    )
    mu1_sq, mu2_sq, mu1_mu2 = mu1.pow(2), mu2.pow(2), mu1 * mu2
    s1 = F.conv2d(img1 * img1, window, padding=p, groups=channel) - mu1_sq
    s2 = F.conv2d(img2 * img2, window, padding=p, groups=channel) - mu2_sq
    s12 = F.conv2d(img1 * img2, window, padding=p, groups=channel) - mu1_mu2
    m = ((2 * mu1_mu2 + 0.01**2) * (2 * s12 + 0.03**2)) / ((mu1_sq + mu2_sq + 0.01**2) * (s1 + s2 + 0.03**2))
    return m.mean() if size_average else m.mean(1).mean(1).mean(1)


def tv(x):
    b, c, h, w = x.size()
    ch = (x[:, :, 1:, :]).numel() / b
    return (
        2
        * (
            torch.pow(x[:, :, 1:, :] - x[:, :, : h - 1, :], 2).sum() / ch
            + torch.pow(x[:, :, :, 1:] - x[:, :, :, : w - 1], 2).sum() / ch
        )
        / b
    )


class Charbonnier(nn.Module):
    def __init__(self, eps=1e-3):
        super().__init__()
        self.eps = eps

    def forward(self, x, y):
        diff = x - y
        return torch.mean(torch.sqrt(diff * diff + self.eps * self.eps))


hr = torch.rand(3, 1, 12, 12)
lr_ = F.interpolate(hr, scale_factor=0.5, mode="bicubic", align_corners=False).clamp_(0, 1)
model = ESPCN(2)
opt = torch.optim.Adam(model.parameters(), lr=0.01)
print(model, lr_[0, 0, 0])
for e in range(3):
    out = model(lr_)
    loss = Charbonnier()(out, hr) + 0.01 * tv(out) + 0.1 * (1 - ssim(out, hr))
    opt.zero_grad()
    loss.backward()
    opt.step()
    mse = F.mse_loss(out, hr)
    print(
        "===> Epoch {}: loss {:.4f} PSNR: {:.4f} dB SSIM {:.4f}".format(
            e, loss.item(), 10 * log10(1 / mse.item()), ssim(out.detach(), hr, size_average=False)[1]
        )
    )


def rgb_to_ycbcr(img):
    r, g, b = img.unbind(-3) if img.dim() == 3 else img.unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return torch.stack((y, (b - y) * 0.564 + 0.5, (r - y) * 0.713 + 0.5), -3)


im = torch.rand(2, 3, 4, 4)
print(rgb_to_ycbcr(im)[0, :, 0, 0])
print(
    F.pixel_unshuffle(im, 2).shape,
    F.max_pool2d(im, 3, 2, 1)[0, 0],
    F.avg_pool2d(im, 2, ceil_mode=True, count_include_pad=False)[0, 0],
    F.adaptive_max_pool2d(im, (2, 3))[0, 0],
    F.lp_pool2d(im, 2, 2)[0, 0],
)
sob = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).view(1, 1, 3, 3).repeat(3, 1, 1, 1)
gx, gy = F.conv2d(im, sob, padding="same", groups=3), F.conv2d(im, sob.transpose(2, 3), padding=1, groups=3)
print(torch.sqrt(gx**2 + gy**2 + 1e-6)[0, 0], torch.atan2(gy, gx)[0, 0, 0])
dct = torch.fft.rfft2(im)
print(
    dct.shape,
    dct.abs().mean(),
    torch.fft.fftshift(torch.fft.fft2(im[0, 0])).abs()[0],
    torch.fft.irfft2(dct, s=(4, 4)).allclose(im, atol=1e-6),
)
pool, idx = F.max_pool2d(im, 2, return_indices=True)
print(
    F.max_unpool2d(pool, idx, 2)[0, 0],
    nn.ReflectionPad2d((1, 2, 0, 1))(im).shape,
    nn.ZeroPad2d(1)(im)[0, 0, 1],
    nn.ReplicationPad2d(1)(im)[0, 0, 0],
    nn.ConstantPad2d((1, 0, 0, 0), 3.5)(im)[0, 0, 0],
    torch.rot90(im[0, 0]),
    im.flip(-1)[0, 0, 0],
    torch.roll(im, (1, 1), (2, 3))[0, 0, 0],
)


class GDN(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.beta, self.gamma = nn.Parameter(torch.ones(c)), nn.Parameter(0.1 * torch.eye(c))

    def forward(self, x):
        _, c, _, _ = x.size()
        return x * torch.rsqrt(
            F.conv2d(x**2, self.gamma.clamp(min=0).reshape(c, c, 1, 1), self.beta.clamp(min=1e-6))
        )


class NonLocal(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.g, self.theta, self.phi, self.w = (nn.Conv2d(c, c, 1) for _ in range(4))
        nn.init.zeros_(self.w.weight)

    def forward(self, x):
        b, c, h, w = x.shape
        a = torch.bmm(self.theta(x).view(b, c, -1).permute(0, 2, 1), self.phi(x).view(b, c, -1))
        y = torch.bmm(F.softmax(a, -1), self.g(x).view(b, c, -1).permute(0, 2, 1))
        return x + self.w(y.permute(0, 2, 1).contiguous().view(b, c, h, w))


class CBAM(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, c))
        self.sp = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x):
        ca = torch.sigmoid(self.fc(x.mean((2, 3))) + self.fc(x.amax((2, 3))))[..., None, None]
        x = x * ca
        return x * torch.sigmoid(self.sp(torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1)))


for mod in (GDN(3), NonLocal(3), CBAM(3)):
    o = mod(im)
    o.sum().backward()
    print(type(mod).__name__, o[0, 0, 0], "%.4f" % sum(p.grad.abs().sum() for p in mod.parameters()).item())


def adain(c, s, eps=1e-5):
    cm, cs = c.mean((2, 3), keepdim=True), c.std((2, 3), keepdim=True) + eps
    return (c - cm) / cs * (s.std((2, 3), keepdim=True) + eps) + s.mean((2, 3), keepdim=True)


def flow_warp(x, flow):
    B, C, H, W = x.size()
    gy, gx = torch.meshgrid(torch.arange(0, H), torch.arange(0, W), indexing="ij")
    grid = torch.stack((gx, gy), 2).type_as(x)
    v = grid + flow
    v = torch.stack((2.0 * v[..., 0] / max(W - 1, 1) - 1.0, 2.0 * v[..., 1] / max(H - 1, 1) - 1.0), dim=3)
    return F.grid_sample(x, v, mode="bilinear", padding_mode="zeros", align_corners=True)


print(
    adain(im, im.flip(0))[0, 0, 0],
    flow_warp(im, torch.full((2, 4, 4, 2), 0.5))[0, 0],
    F.local_response_norm(im, 2)[0, 0, 0],
    F.instance_norm(im)[0, 0, 0],
    F.normalize(im, dim=1)[0, :, 0, 0],
    F.dropout2d(im, 0.0).equal(im),
    F.channel_shuffle(torch.arange(8.0).view(1, 4, 2, 1), 2).flatten(),
)
