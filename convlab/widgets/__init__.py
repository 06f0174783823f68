"""Explorers for notebooks, fed by convlab's own functions. Each has a static form and works by keyboard.

>>> from convlab import widgets
>>> explorer = widgets.ConvolutionExplorer("digit", "blur")
>>> explorer.kernel.sum().round(6)
np.float64(1.0)
"""

from convlab.widgets.convolution import PRESETS as PRESETS
from convlab.widgets.convolution import ConvolutionExplorer as ConvolutionExplorer
from convlab.widgets.pictures import Picture as Picture
from convlab.widgets.pictures import names as picture_names
from convlab.widgets.pictures import picture as picture
from convlab.widgets.pooling import PoolingExplorer as PoolingExplorer

__all__ = ["PRESETS", "ConvolutionExplorer", "Picture", "PoolingExplorer", "picture", "picture_names"]
