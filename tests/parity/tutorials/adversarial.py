"""DCGAN with weights_init, WGAN-GP with gradient penalty, spectral norm, conditional GAN, hinge losses."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import autograd
from torch.autograd import Variable
from torch.nn.utils import spectral_norm

manualSeed = 999
torch.manual_seed(manualSeed)
nz, ngf, ndf, nc, ngpu = 6, 4, 4, 1, 0
device = torch.device("cuda:0" if (torch.cuda.is_available() and ngpu > 0) else "cpu")


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class Generator(nn.Module):
    def __init__(self, ngpu):
        super().__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self, ngpu):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.main(input)


netG = Generator(ngpu).to(device)
if (device.type == "cuda") and (ngpu > 1):
    netG = nn.DataParallel(netG, list(range(ngpu)))
netG.apply(weights_init)
netD = Discriminator(ngpu).to(device)
netD.apply(weights_init)
print(netG, netD)
criterion = nn.BCELoss()
fixed_noise = torch.randn(2, nz, 1, 1, device=device)
real_label, fake_label = 1.0, 0.0
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
data = torch.rand(12, 1, 8, 8) * 2 - 1
for i in range(3):
    netD.zero_grad()
    real_cpu = data[i * 4 : i * 4 + 4].to(device)
    b_size = real_cpu.size(0)
    label = torch.full((b_size,), real_label, dtype=torch.float, device=device)
    output = netD(real_cpu).view(-1)
    errD_real = criterion(output, label)
    errD_real.backward()
    D_x = output.mean().item()
    noise = torch.randn(b_size, nz, 1, 1, device=device)
    fake = netG(noise)
    label.fill_(fake_label)
    output = netD(fake.detach()).view(-1)
    errD_fake = criterion(output, label)
    errD_fake.backward()
    D_G_z1 = output.mean().item()
    errD = errD_real + errD_fake
    optimizerD.step()
    netG.zero_grad()
    label.fill_(real_label)
    output = netD(fake).view(-1)
    errG = criterion(output, label)
    errG.backward()
    D_G_z2 = output.mean().item()
    optimizerG.step()
    print(
        "[%d/%d][%d/%d]\tLoss_D: %.4f\tLoss_G: %.4f\tD(x): %.4f\tD(G(z)): %.4f / %.4f"
        % (0, 1, i, 3, errD.item(), errG.item(), D_x, D_G_z1, D_G_z2)
    )
with torch.no_grad():
    print(netG(fixed_noise).detach().cpu()[0, 0, :2])


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(16, 12), nn.LeakyReLU(0.2, inplace=True), nn.Linear(12, 1, bias=False)
        )

    def forward(self, img):
        return self.model(img.view(img.shape[0], -1))


Tensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor


def compute_gradient_penalty(D, real_samples, fake_samples):
    alpha = Tensor(np.random.random((real_samples.size(0), 1)))
    interpolates = (alpha * real_samples + ((1 - alpha) * fake_samples)).requires_grad_(True)
    d_interpolates = D(interpolates)
    fake = Variable(Tensor(real_samples.shape[0], 1).fill_(1.0), requires_grad=False)
    gradients = autograd.grad(
        outputs=d_interpolates,
        inputs=interpolates,
        grad_outputs=fake,
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


np.random.seed(3)
critic, gen = Critic(), nn.Sequential(nn.Linear(4, 16), nn.Tanh())
oc = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
og = torch.optim.RMSprop(gen.parameters(), lr=1e-3)
for i in range(4):
    real = Variable(torch.randn(5, 16).type(Tensor))
    z = Variable(Tensor(np.random.normal(0, 1, (5, 4))))
    fake = gen(z)
    gp = compute_gradient_penalty(critic, real.data, fake.data)
    d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake.detach())) + 10 * gp
    oc.zero_grad()
    d_loss.backward()
    oc.step()
    for p in critic.parameters():
        p.data.clamp_(-0.3, 0.3)
    if i % 2 == 1:
        og.zero_grad()
        g_loss = -torch.mean(critic(gen(z)))
        g_loss.backward()
        og.step()
        print(f"[D loss: {d_loss.item():.4f}] [G loss: {g_loss.item():.4f}] gp {gp:.4f}")


class SNDisc(nn.Module):
    def __init__(self, n_classes=3):
        super().__init__()
        self.conv = spectral_norm(nn.Conv2d(1, 4, 3, padding=1))
        self.fc = spectral_norm(nn.Linear(4, 1))
        self.embed = spectral_norm(nn.Embedding(n_classes, 4))

    def forward(self, x, y):
        h = F.leaky_relu(self.conv(x), 0.1).sum((2, 3))
        return self.fc(h) + (self.embed(y) * h).sum(1, keepdim=True)


d = SNDisc()
print(d, list(d.state_dict()))
opt = torch.optim.Adam(filter(lambda p: p.requires_grad, d.parameters()), lr=1e-2, betas=(0.0, 0.9))
y = torch.tensor([0, 1, 2, 0])
for i in range(3):
    r, f = d(data[:4], y), d(torch.randn(4, 1, 8, 8), y)
    loss = nn.ReLU()(1.0 - r).mean() + F.relu(1.0 + f).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(loss, torch.linalg.matrix_norm(d.conv.weight.detach().view(4, -1), 2), d.fc.weight_u)


class CondG(nn.Module):
    def __init__(self):
        super().__init__()
        self.label_emb = nn.Embedding(3, 3)

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(
            *block(4 + 3, 8, normalize=False),
            *block(8, 16),
            nn.Linear(16, int(np.prod((1, 4, 4)))),
            nn.Tanh(),
        )

    def forward(self, noise, labels):
        gen_input = torch.cat((self.label_emb(labels), noise), -1)
        img = self.model(gen_input)
        return img.view(img.size(0), *(1, 4, 4))


g = CondG()
labels = Variable(torch.LongTensor(np.random.randint(0, 3, 5)))
print(g, labels, g(Variable(Tensor(np.random.normal(0, 1, (5, 4)))), labels)[0])
