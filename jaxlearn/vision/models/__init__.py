"""Models of images with torchvision's names, layers and initial weights.

https://docs.pytorch.org/vision/stable/models.html
"""

from __future__ import annotations

from jaxlearn.vision.models.alexnet import AlexNet as AlexNet
from jaxlearn.vision.models.alexnet import alexnet as alexnet
from jaxlearn.vision.models.resnet import ResNet as ResNet
from jaxlearn.vision.models.resnet import resnet18 as resnet18
from jaxlearn.vision.models.resnet import resnet34 as resnet34
from jaxlearn.vision.models.resnet import resnet50 as resnet50
from jaxlearn.vision.models.resnet import resnet101 as resnet101
from jaxlearn.vision.models.resnet import resnet152 as resnet152
from jaxlearn.vision.models.vgg import VGG as VGG
from jaxlearn.vision.models.vgg import vgg11 as vgg11
from jaxlearn.vision.models.vgg import vgg11_bn as vgg11_bn
from jaxlearn.vision.models.vgg import vgg13 as vgg13
from jaxlearn.vision.models.vgg import vgg13_bn as vgg13_bn
from jaxlearn.vision.models.vgg import vgg16 as vgg16
from jaxlearn.vision.models.vgg import vgg16_bn as vgg16_bn
from jaxlearn.vision.models.vgg import vgg19 as vgg19
from jaxlearn.vision.models.vgg import vgg19_bn as vgg19_bn

__all__ = [
    "VGG",
    "AlexNet",
    "ResNet",
    "alexnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]
