"""Datasets of images with torchvision's names, interface and order of examples."""

from __future__ import annotations

from jaxlearn.vision.datasets.cifar import CIFAR10 as CIFAR10
from jaxlearn.vision.datasets.cifar import CIFAR100 as CIFAR100
from jaxlearn.vision.datasets.emnist import EMNIST as EMNIST
from jaxlearn.vision.datasets.fake_data import FakeData as FakeData
from jaxlearn.vision.datasets.folder import DatasetFolder as DatasetFolder
from jaxlearn.vision.datasets.folder import ImageFolder as ImageFolder
from jaxlearn.vision.datasets.mnist import KMNIST as KMNIST
from jaxlearn.vision.datasets.mnist import MNIST as MNIST
from jaxlearn.vision.datasets.mnist import FashionMNIST as FashionMNIST
from jaxlearn.vision.datasets.vision_dataset import StandardTransform as StandardTransform
from jaxlearn.vision.datasets.vision_dataset import VisionDataset as VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "StandardTransform",
    "VisionDataset",
]
