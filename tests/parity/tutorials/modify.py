"""A ready-made model of VGG's form: printed, extended with add_module, its last layer replaced, saved and loaded."""

import torch
import torch.nn as nn


class VGG(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(4, 8, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(8 * 7 * 7, 16),
            nn.ReLU(True),
            nn.Dropout(p=0.5),
            nn.Linear(16, 16),
            nn.ReLU(True),
            nn.Dropout(p=0.5),
            nn.Linear(16, num_classes),
        )

    def forward(self, x):
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


torch.manual_seed(3)
vgg16_true = VGG()
print(vgg16_true)
vgg16_true.add_module("add_linear", nn.Linear(1000, 10))
print(vgg16_true)
vgg16_true.classifier.add_module("add_linear", nn.Linear(1000, 10))
print(vgg16_true.classifier)
vgg16 = VGG()
vgg16.classifier[6] = nn.Linear(16, 10)
print(vgg16.classifier)
vgg16.eval()
x = torch.rand(2, 3, 32, 32)
output = vgg16(x)
print(output, output.shape)
print([name for name, _ in vgg16.named_modules()])
print({name: tuple(p.shape) for name, p in vgg16.named_parameters()})

# structure and parameters
torch.save(vgg16, "vgg16_method1.pth")
# parameters alone
torch.save(vgg16.state_dict(), "vgg16_method2.pth")

model = torch.load("vgg16_method1.pth", weights_only=False)
print(model)
print(type(model) is VGG, model.training, torch.equal(model(x), output))
vgg16 = VGG(10)
print(vgg16.load_state_dict(torch.load("vgg16_method2.pth")))
vgg16.eval()
print(torch.allclose(vgg16(x), output))
state = torch.load("vgg16_method2.pth", map_location=torch.device("cpu"))
print(type(state), list(state)[:3], state["classifier.6.bias"])


class modelcc(nn.Module):
    def __init__(self):
        super(modelcc, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, 1)

    def forward(self, x):
        return self.conv1(x)


cc = modelcc()
torch.save(cc, "cctest.pth")
cc = torch.load("cctest.pth", weights_only=False)
print(cc, cc(x).shape)
torch.save({"epoch": 3, "model": cc.state_dict(), "loss": torch.tensor(0.5)}, "checkpoint.pth")
checkpoint = torch.load("checkpoint.pth")
print(checkpoint["epoch"], checkpoint["loss"], cc.load_state_dict(checkpoint["model"]))
try:
    vgg16.load_state_dict(cc.state_dict(), strict=True)
except RuntimeError as error:
    print(error)
print(vgg16.load_state_dict(cc.state_dict(), strict=False))
