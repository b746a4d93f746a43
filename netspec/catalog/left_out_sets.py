"""What of torchvision's data sets the catalogue leaves out: every line with its reason."""

from __future__ import annotations

_FOLDERS = 'is a folder of images for each class, which `images("folder")` reads'
_SIZES = (
    'holds images of many sizes: `images("folder")` reads such, and `Resize` brings them to one'
)
_BOXES = "marks places in images, and a row here has one class"
_TEXTS = "tells each image in sentences, and a row here has one class"
_VIDEOS = "holds videos"
_FLOW = "holds pairs of images and how far each place moved"
_STEREO = "holds pairs of images and how deep each place is"

SETS = {
    **dict.fromkeys(("EuroSAT", "RenderedSST2", "ImageFolder"), _FOLDERS),
    **dict.fromkeys(
        (
            *("CLEVRClassification", "Caltech101", "Caltech256", "Country211", "DTD"),
            *("FGVCAircraft", "Flowers102", "Food101", "GTSRB", "INaturalist", "ImageNet"),
            *("Imagenette", "LFWPeople", "OxfordIIITPet", "Places365", "SUN397", "StanfordCars"),
            *("LSUN", "LSUNClass"),
        ),
        _SIZES,
    ),
    **dict.fromkeys(
        (
            *("Cityscapes", "CocoDetection", "Kitti", "SBDataset", "VOCDetection"),
            *("VOCSegmentation", "WIDERFace"),
        ),
        _BOXES,
    ),
    **dict.fromkeys(("CocoCaptions", "Flickr8k", "Flickr30k", "SBU"), _TEXTS),
    **dict.fromkeys(("HMDB51", "Kinetics", "MovingMNIST", "UCF101"), _VIDEOS),
    **dict.fromkeys(("FlyingChairs", "FlyingThings3D", "HD1K", "KittiFlow", "Sintel"), _FLOW),
    **dict.fromkeys(
        (
            *("CREStereo", "CarlaStereo", "ETH3DStereo", "FallingThingsStereo", "InStereo2k"),
            *("Kitti2012Stereo", "Kitti2015Stereo", "Middlebury2014Stereo", "SceneFlowStereo"),
            "SintelStereo",
        ),
        _STEREO,
    ),
    "CelebA": "tells forty traits of each face, and a row here has one class",
    "DatasetFolder": "takes a Python function that reads its files",
    "FER2013": "has no classes for its test rows in the files it usually comes in",
    "FakeData": "is noise: `normal(size=[1000, 784])` draws some",
    "LFWPairs": "tells whether two faces are one person's, and a row here is one image",
    "Omniglot": "has other classes in its test rows than in those to train on",
    "PCAM": "is a file of 7 GB that is read row by row",
    "PhotoTour": "holds triples of patches, and a row here is one image",
    "VisionDataset": "is the class the others are made from",
}
