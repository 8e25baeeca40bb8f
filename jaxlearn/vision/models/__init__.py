"""Models of images with torchvision's names, layers and initial weights.

https://docs.pytorch.org/vision/stable/models.html
"""

from __future__ import annotations

from jaxlearn.vision.models._registry import get_model as get_model
from jaxlearn.vision.models._registry import get_model_builder as get_model_builder
from jaxlearn.vision.models._registry import get_model_weights as get_model_weights
from jaxlearn.vision.models._registry import get_weight as get_weight
from jaxlearn.vision.models._registry import list_models as list_models
from jaxlearn.vision.models._weights import Weights as Weights
from jaxlearn.vision.models._weights import WeightsEnum as WeightsEnum
from jaxlearn.vision.models.alexnet import AlexNet as AlexNet
from jaxlearn.vision.models.alexnet import AlexNet_Weights as AlexNet_Weights
from jaxlearn.vision.models.alexnet import alexnet as alexnet
from jaxlearn.vision.models.densenet import DenseNet as DenseNet
from jaxlearn.vision.models.densenet import DenseNet121_Weights as DenseNet121_Weights
from jaxlearn.vision.models.densenet import DenseNet161_Weights as DenseNet161_Weights
from jaxlearn.vision.models.densenet import DenseNet169_Weights as DenseNet169_Weights
from jaxlearn.vision.models.densenet import DenseNet201_Weights as DenseNet201_Weights
from jaxlearn.vision.models.densenet import densenet121 as densenet121
from jaxlearn.vision.models.densenet import densenet161 as densenet161
from jaxlearn.vision.models.densenet import densenet169 as densenet169
from jaxlearn.vision.models.densenet import densenet201 as densenet201
from jaxlearn.vision.models.efficientnet import EfficientNet as EfficientNet
from jaxlearn.vision.models.efficientnet import EfficientNet_B0_Weights as EfficientNet_B0_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B1_Weights as EfficientNet_B1_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B2_Weights as EfficientNet_B2_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B3_Weights as EfficientNet_B3_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B4_Weights as EfficientNet_B4_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B5_Weights as EfficientNet_B5_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B6_Weights as EfficientNet_B6_Weights
from jaxlearn.vision.models.efficientnet import EfficientNet_B7_Weights as EfficientNet_B7_Weights
from jaxlearn.vision.models.efficientnet import efficientnet_b0 as efficientnet_b0
from jaxlearn.vision.models.efficientnet import efficientnet_b1 as efficientnet_b1
from jaxlearn.vision.models.efficientnet import efficientnet_b2 as efficientnet_b2
from jaxlearn.vision.models.efficientnet import efficientnet_b3 as efficientnet_b3
from jaxlearn.vision.models.efficientnet import efficientnet_b4 as efficientnet_b4
from jaxlearn.vision.models.efficientnet import efficientnet_b5 as efficientnet_b5
from jaxlearn.vision.models.efficientnet import efficientnet_b6 as efficientnet_b6
from jaxlearn.vision.models.efficientnet import efficientnet_b7 as efficientnet_b7
from jaxlearn.vision.models.inception import Inception3 as Inception3
from jaxlearn.vision.models.inception import Inception_V3_Weights as Inception_V3_Weights
from jaxlearn.vision.models.inception import InceptionOutputs as InceptionOutputs
from jaxlearn.vision.models.inception import inception_v3 as inception_v3
from jaxlearn.vision.models.mobilenetv2 import MobileNet_V2_Weights as MobileNet_V2_Weights
from jaxlearn.vision.models.mobilenetv2 import MobileNetV2 as MobileNetV2
from jaxlearn.vision.models.mobilenetv2 import mobilenet_v2 as mobilenet_v2
from jaxlearn.vision.models.resnet import ResNet as ResNet
from jaxlearn.vision.models.resnet import ResNet18_Weights as ResNet18_Weights
from jaxlearn.vision.models.resnet import ResNet34_Weights as ResNet34_Weights
from jaxlearn.vision.models.resnet import ResNet50_Weights as ResNet50_Weights
from jaxlearn.vision.models.resnet import ResNet101_Weights as ResNet101_Weights
from jaxlearn.vision.models.resnet import ResNet152_Weights as ResNet152_Weights
from jaxlearn.vision.models.resnet import resnet18 as resnet18
from jaxlearn.vision.models.resnet import resnet34 as resnet34
from jaxlearn.vision.models.resnet import resnet50 as resnet50
from jaxlearn.vision.models.resnet import resnet101 as resnet101
from jaxlearn.vision.models.resnet import resnet152 as resnet152
from jaxlearn.vision.models.resnet_wide import ResNeXt50_32X4D_Weights as ResNeXt50_32X4D_Weights
from jaxlearn.vision.models.resnet_wide import ResNeXt101_32X8D_Weights as ResNeXt101_32X8D_Weights
from jaxlearn.vision.models.resnet_wide import ResNeXt101_64X4D_Weights as ResNeXt101_64X4D_Weights
from jaxlearn.vision.models.resnet_wide import Wide_ResNet50_2_Weights as Wide_ResNet50_2_Weights
from jaxlearn.vision.models.resnet_wide import Wide_ResNet101_2_Weights as Wide_ResNet101_2_Weights
from jaxlearn.vision.models.resnet_wide import resnext50_32x4d as resnext50_32x4d
from jaxlearn.vision.models.resnet_wide import resnext101_32x8d as resnext101_32x8d
from jaxlearn.vision.models.resnet_wide import resnext101_64x4d as resnext101_64x4d
from jaxlearn.vision.models.resnet_wide import wide_resnet50_2 as wide_resnet50_2
from jaxlearn.vision.models.resnet_wide import wide_resnet101_2 as wide_resnet101_2
from jaxlearn.vision.models.squeezenet import SqueezeNet as SqueezeNet
from jaxlearn.vision.models.squeezenet import SqueezeNet1_0_Weights as SqueezeNet1_0_Weights
from jaxlearn.vision.models.squeezenet import SqueezeNet1_1_Weights as SqueezeNet1_1_Weights
from jaxlearn.vision.models.squeezenet import squeezenet1_0 as squeezenet1_0
from jaxlearn.vision.models.squeezenet import squeezenet1_1 as squeezenet1_1
from jaxlearn.vision.models.vgg import VGG as VGG
from jaxlearn.vision.models.vgg import VGG11_BN_Weights as VGG11_BN_Weights
from jaxlearn.vision.models.vgg import VGG11_Weights as VGG11_Weights
from jaxlearn.vision.models.vgg import VGG13_BN_Weights as VGG13_BN_Weights
from jaxlearn.vision.models.vgg import VGG13_Weights as VGG13_Weights
from jaxlearn.vision.models.vgg import VGG16_BN_Weights as VGG16_BN_Weights
from jaxlearn.vision.models.vgg import VGG16_Weights as VGG16_Weights
from jaxlearn.vision.models.vgg import VGG19_BN_Weights as VGG19_BN_Weights
from jaxlearn.vision.models.vgg import VGG19_Weights as VGG19_Weights
from jaxlearn.vision.models.vgg import vgg11 as vgg11
from jaxlearn.vision.models.vgg import vgg11_bn as vgg11_bn
from jaxlearn.vision.models.vgg import vgg13 as vgg13
from jaxlearn.vision.models.vgg import vgg13_bn as vgg13_bn
from jaxlearn.vision.models.vgg import vgg16 as vgg16
from jaxlearn.vision.models.vgg import vgg16_bn as vgg16_bn
from jaxlearn.vision.models.vgg import vgg19 as vgg19
from jaxlearn.vision.models.vgg import vgg19_bn as vgg19_bn
from jaxlearn.vision.models.vision_transformer import VisionTransformer as VisionTransformer
from jaxlearn.vision.models.vision_transformer import ViT_B_16_Weights as ViT_B_16_Weights
from jaxlearn.vision.models.vision_transformer import ViT_B_32_Weights as ViT_B_32_Weights
from jaxlearn.vision.models.vision_transformer import ViT_H_14_Weights as ViT_H_14_Weights
from jaxlearn.vision.models.vision_transformer import ViT_L_16_Weights as ViT_L_16_Weights
from jaxlearn.vision.models.vision_transformer import ViT_L_32_Weights as ViT_L_32_Weights
from jaxlearn.vision.models.vision_transformer import vit_b_16 as vit_b_16
from jaxlearn.vision.models.vision_transformer import vit_b_32 as vit_b_32
from jaxlearn.vision.models.vision_transformer import vit_h_14 as vit_h_14
from jaxlearn.vision.models.vision_transformer import vit_l_16 as vit_l_16
from jaxlearn.vision.models.vision_transformer import vit_l_32 as vit_l_32

__all__ = [
    "VGG",
    "AlexNet",
    "AlexNet_Weights",
    "DenseNet",
    "DenseNet121_Weights",
    "DenseNet161_Weights",
    "DenseNet169_Weights",
    "DenseNet201_Weights",
    "EfficientNet",
    "EfficientNet_B0_Weights",
    "EfficientNet_B1_Weights",
    "EfficientNet_B2_Weights",
    "EfficientNet_B3_Weights",
    "EfficientNet_B4_Weights",
    "EfficientNet_B5_Weights",
    "EfficientNet_B6_Weights",
    "EfficientNet_B7_Weights",
    "Inception3",
    "InceptionOutputs",
    "Inception_V3_Weights",
    "MobileNetV2",
    "MobileNet_V2_Weights",
    "ResNeXt50_32X4D_Weights",
    "ResNeXt101_32X8D_Weights",
    "ResNeXt101_64X4D_Weights",
    "ResNet",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "SqueezeNet",
    "SqueezeNet1_0_Weights",
    "SqueezeNet1_1_Weights",
    "VGG11_BN_Weights",
    "VGG11_Weights",
    "VGG13_BN_Weights",
    "VGG13_Weights",
    "VGG16_BN_Weights",
    "VGG16_Weights",
    "VGG19_BN_Weights",
    "VGG19_Weights",
    "ViT_B_16_Weights",
    "ViT_B_32_Weights",
    "ViT_H_14_Weights",
    "ViT_L_16_Weights",
    "ViT_L_32_Weights",
    "VisionTransformer",
    "Weights",
    "WeightsEnum",
    "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights",
    "alexnet",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b7",
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "inception_v3",
    "list_models",
    "mobilenet_v2",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "squeezenet1_0",
    "squeezenet1_1",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "vit_b_16",
    "vit_b_32",
    "vit_h_14",
    "vit_l_16",
    "vit_l_32",
    "wide_resnet50_2",
    "wide_resnet101_2",
]
