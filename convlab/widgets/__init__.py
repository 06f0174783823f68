"""Explorers for notebooks, fed by convlab's own functions. Each has a static form and works by keyboard.

>>> from convlab import widgets
>>> explorer = widgets.ConvolutionExplorer("digit", "blur")
>>> explorer.kernel.sum().round(6)
np.float64(1.0)
"""

from convlab.data.photographs import ColourPicture as ColourPicture
from convlab.data.photographs import Picture as Picture
from convlab.data.photographs import colour_picture as colour_picture
from convlab.data.photographs import colour_picture_names as colour_picture_names
from convlab.data.photographs import picture as picture
from convlab.data.photographs import picture_names as picture_names
from convlab.widgets.activations import ActivationExplorer as ActivationExplorer
from convlab.widgets.alexnet import AlexNetExplorer as AlexNetExplorer
from convlab.widgets.backward import BackwardExplorer as BackwardExplorer
from convlab.widgets.channels import COLOUR_FILTERS as COLOUR_FILTERS
from convlab.widgets.channels import ChannelExplorer as ChannelExplorer
from convlab.widgets.classifying import ClassifierExplorer as ClassifierExplorer
from convlab.widgets.convolution import PRESETS as PRESETS
from convlab.widgets.convolution import ConvolutionExplorer as ConvolutionExplorer
from convlab.widgets.counting import ParameterExplorer as ParameterExplorer
from convlab.widgets.drawing_pad import DrawingPad as DrawingPad
from convlab.widgets.drawing_pad import as_digit as as_digit
from convlab.widgets.gpu import RooflineExplorer as RooflineExplorer
from convlab.widgets.hubel_wiesel import HubelWieselExplorer as HubelWieselExplorer
from convlab.widgets.learning_rate import LearningRateExplorer as LearningRateExplorer
from convlab.widgets.output_size import OutputSizeExplorer as OutputSizeExplorer
from convlab.widgets.pooling import PoolingExplorer as PoolingExplorer
from convlab.widgets.receptive import ReceptiveFieldExplorer as ReceptiveFieldExplorer
from convlab.widgets.tiles import TileExplorer as TileExplorer
from convlab.widgets.xray import NetworkXRayExplorer as NetworkXRayExplorer

__all__ = [
    "COLOUR_FILTERS",
    "PRESETS",
    "ActivationExplorer",
    "AlexNetExplorer",
    "BackwardExplorer",
    "ChannelExplorer",
    "ClassifierExplorer",
    "ColourPicture",
    "ConvolutionExplorer",
    "DrawingPad",
    "HubelWieselExplorer",
    "LearningRateExplorer",
    "NetworkXRayExplorer",
    "OutputSizeExplorer",
    "ParameterExplorer",
    "Picture",
    "PoolingExplorer",
    "ReceptiveFieldExplorer",
    "RooflineExplorer",
    "TileExplorer",
    "as_digit",
    "colour_picture",
    "colour_picture_names",
    "picture",
    "picture_names",
]
