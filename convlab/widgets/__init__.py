"""Explorers for notebooks, fed by convlab's own functions. Each has a static form and works by keyboard.

>>> from convlab import widgets
>>> explorer = widgets.ConvolutionExplorer("digit", "blur")
>>> explorer.kernel.sum().round(6)
np.float64(1.0)
"""

from convlab.widgets.activations import ActivationExplorer as ActivationExplorer
from convlab.widgets.channels import COLOUR_FILTERS as COLOUR_FILTERS
from convlab.widgets.channels import ChannelExplorer as ChannelExplorer
from convlab.widgets.colours import ColourPicture as ColourPicture
from convlab.widgets.colours import colour_picture as colour_picture
from convlab.widgets.colours import colour_picture_names as colour_picture_names
from convlab.widgets.convolution import PRESETS as PRESETS
from convlab.widgets.convolution import ConvolutionExplorer as ConvolutionExplorer
from convlab.widgets.gpu import RooflineExplorer as RooflineExplorer
from convlab.widgets.output_size import OutputSizeExplorer as OutputSizeExplorer
from convlab.widgets.pictures import Picture as Picture
from convlab.widgets.pictures import names as picture_names
from convlab.widgets.pictures import picture as picture
from convlab.widgets.pooling import PoolingExplorer as PoolingExplorer
from convlab.widgets.receptive import ReceptiveFieldExplorer as ReceptiveFieldExplorer

__all__ = [
    "COLOUR_FILTERS",
    "PRESETS",
    "ActivationExplorer",
    "ChannelExplorer",
    "ColourPicture",
    "ConvolutionExplorer",
    "OutputSizeExplorer",
    "Picture",
    "PoolingExplorer",
    "ReceptiveFieldExplorer",
    "RooflineExplorer",
    "colour_picture",
    "colour_picture_names",
    "picture",
    "picture_names",
]
