"""Datasets of images with torchvision's names, interface and order of examples."""

from __future__ import annotations

from jaxlearn.vision.datasets.mnist import MNIST as MNIST
from jaxlearn.vision.datasets.vision_dataset import StandardTransform as StandardTransform
from jaxlearn.vision.datasets.vision_dataset import VisionDataset as VisionDataset

__all__ = ["MNIST", "StandardTransform", "VisionDataset"]
