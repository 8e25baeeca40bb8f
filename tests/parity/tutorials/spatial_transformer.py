"""Spatial transformer, affine_grid/grid_sample in all modes, interpolation modes, pixel shuffle, unfold."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, kernel_size=3)
        self.conv2_drop = nn.Dropout2d(0.0)
        self.fc1 = nn.Linear(4 * 5 * 5, 10)
        self.localization = nn.Sequential(
            nn.Conv2d(1, 4, kernel_size=3),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(True),
            nn.Conv2d(4, 4, kernel_size=3),
            nn.ReLU(True),
        )
        self.fc_loc = nn.Sequential(nn.Linear(4 * 3 * 3, 8), nn.ReLU(True), nn.Linear(8, 3 * 2))
        self.fc_loc[2].weight.data.zero_()
        self.fc_loc[2].bias.data.copy_(torch.tensor([1, 0, 0, 0, 1, 0], dtype=torch.float))

    def stn(self, x):
        xs = self.localization(x)
        xs = xs.view(-1, 4 * 3 * 3)
        theta = self.fc_loc(xs)
        theta = theta.view(-1, 2, 3)
        grid = F.affine_grid(theta, x.size(), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)

    def forward(self, x):
        x = self.stn(x)
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv1(x)), 2))
        x = x.view(-1, 4 * 5 * 5)
        return F.log_softmax(self.fc1(x), dim=1)


torch.manual_seed(0)
model = Net()
opt = optim.SGD(model.parameters(), lr=0.05)
x = torch.rand(6, 1, 12, 12)
y = torch.randint(0, 10, (6,))
for i in range(4):
    opt.zero_grad()
    out = model(x)
    loss = F.nll_loss(out, y)
    loss.backward()
    opt.step()
    print("{} [{}/{} ({:.0f}%)]\tLoss: {:.4f}".format(i, i * len(x), 24, 100.0 * i / 4, loss.item()))
print(model.fc_loc[2].bias)

img = torch.arange(25.0).view(1, 1, 5, 5)
ang = math.radians(30)
theta = torch.tensor([[[math.cos(ang), -math.sin(ang), 0.1], [math.sin(ang), math.cos(ang), 0.0]]])
for ac in (True, False):
    grid = F.affine_grid(theta, [1, 1, 4, 4], align_corners=ac)
    for mode in ("nearest", "bicubic"):
        for pad in ("border", "reflection"):
            print(
                ac,
                mode,
                pad,
                F.grid_sample(img, grid, mode=mode, padding_mode=pad, align_corners=ac)[0, 0, 1],
            )
vol = torch.randn(1, 2, 3, 3, 3)
th3 = torch.eye(3, 4).unsqueeze(0)
print(
    F.grid_sample(vol, F.affine_grid(th3, vol.size(), align_corners=True), align_corners=True).allclose(
        vol, atol=1e-5
    )
)

for mode in ("nearest", "bilinear", "bicubic", "area", "nearest-exact"):
    kw = {"align_corners": False} if mode in ("bilinear", "bicubic") else {}
    print(
        mode,
        F.interpolate(img, size=(3, 7), mode=mode, **kw)[0, 0, 1],
        F.interpolate(img, scale_factor=0.6, mode=mode, recompute_scale_factor=True, **kw).shape,
    )
print(
    F.interpolate(img, size=3, mode="bilinear", antialias=True),
    F.interpolate(img[0], scale_factor=2, mode="linear", align_corners=True).shape,
)
for bad in (
    lambda: F.interpolate(img, size=3, scale_factor=2),
    lambda: F.interpolate(img, mode="bilinear"),
    lambda: F.interpolate(img, size=(2, 2, 2)),
    lambda: F.interpolate(img, size=3, mode="trilinear"),
    lambda: F.interpolate(img, size=3, mode="nearest", align_corners=True),
    lambda: F.interpolate(img, size=3, mode="foo"),
    lambda: F.grid_sample(img, torch.zeros(1, 2, 2, 3)),
    lambda: F.grid_sample(img, torch.zeros(2, 2, 2, 2)),
    lambda: F.affine_grid(torch.zeros(2, 3), (1, 1, 4, 4)),
    lambda: F.pixel_shuffle(torch.zeros(1, 3, 2, 2), 2),
    lambda: F.pixel_unshuffle(torch.zeros(1, 1, 3, 2), 2),
    lambda: F.fold(torch.zeros(1, 8, 9), (3, 3), 2),
):
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, e)
ps = nn.PixelShuffle(2)
t = torch.arange(16.0).view(1, 4, 2, 2)
print(
    ps,
    ps(t),
    nn.PixelUnshuffle(2)(ps(t)).equal(t),
    nn.Upsample(scale_factor=2, mode="nearest"),
    nn.UpsamplingBilinear2d(scale_factor=2)(t).shape,
)
patches = img.unfold(2, 2, 2).unfold(3, 2, 2)
print(
    patches.shape,
    patches.contiguous().view(-1, 2, 2)[3],
    F.unfold(img, 3, stride=2).shape,
    F.fold(F.unfold(img, 3, padding=1), (5, 5), 3, padding=1)[0, 0, 0],
)
print(
    F.pad(img, (1, 2, 0, 1), mode="replicate")[0, 0, -1],
    F.pad(img, (1, 0, 1, 0), "constant", -1)[0, 0, 0],
    F.pad(img, (1, 1, 1, 1), mode="circular")[0, 0, 0],
)
