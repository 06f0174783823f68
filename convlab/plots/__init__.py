"""Figures for lessons and learners, all in one look. Each takes arrays and returns a matplotlib Figure.

>>> from convlab import plots
>>> figure = plots.kernel_over_signal([2, 2, 5], [1, -1], place=1)
>>> figure.get_label()
'The kernel 1 −1 under place 1 of a signal of 3 numbers: 2 − 5 = −3. Output drawn: 0 −3.'

In a notebook `plots.show(figure, alt="...")` shows it; `figure.savefig("name.png")` keeps it.
"""

from convlab.plots.alexnet import AlexNetPlan as AlexNetPlan
from convlab.plots.alexnet import alexnet_budget as alexnet_budget
from convlab.plots.alexnet import error_chart as error_chart
from convlab.plots.architecture import architecture as architecture
from convlab.plots.backward import BackStep as BackStep
from convlab.plots.backward import backward_step as backward_step
from convlab.plots.channel_window import ChannelWindow as ChannelWindow
from convlab.plots.channels import colour_channels as colour_channels
from convlab.plots.channels import kernel_over_channels as kernel_over_channels
from convlab.plots.channels import window_in_channels as window_in_channels
from convlab.plots.connection_table import connection_table as connection_table
from convlab.plots.connections import connections as connections
from convlab.plots.convolution import kernel_over_image as kernel_over_image
from convlab.plots.convolution import kernel_over_signal as kernel_over_signal
from convlab.plots.cortical_map import cortical_map as cortical_map
from convlab.plots.counting import count_bars as count_bars
from convlab.plots.curves import curves as curves
from convlab.plots.equations import array_row as array_row
from convlab.plots.equations import step_images as step_images
from convlab.plots.experiment import experiment_board as experiment_board
from convlab.plots.filters import first_layer_filters as first_layer_filters
from convlab.plots.gpu import GPUS as GPUS
from convlab.plots.gpu import Roofline as Roofline
from convlab.plots.gpu import blocks_over_image as blocks_over_image
from convlab.plots.gpu import in_blocks as in_blocks
from convlab.plots.gpu import roofline as roofline
from convlab.plots.gpu import threads_over_outputs as threads_over_outputs
from convlab.plots.guesses import digit_guesses as digit_guesses
from convlab.plots.landscape import LANDSCAPES as LANDSCAPES
from convlab.plots.landscape import Descent as Descent
from convlab.plots.landscape import Landscape as Landscape
from convlab.plots.landscape import loss_landscape as loss_landscape
from convlab.plots.layers import through_layers as through_layers
from convlab.plots.pictures import feature_maps as feature_maps
from convlab.plots.pictures import picture_grid as picture_grid
from convlab.plots.pictures import signed_map as signed_map
from convlab.plots.places import Places as Places
from convlab.plots.pooling import gaussian_window as gaussian_window
from convlab.plots.pooling import pool_gradient as pool_gradient
from convlab.plots.pooling import pool_windows as pool_windows
from convlab.plots.receptive import Walk as Walk
from convlab.plots.receptive import fields_on_picture as fields_on_picture
from convlab.plots.receptive import receptive_field_walk as receptive_field_walk
from convlab.plots.scores import score_bars as score_bars
from convlab.plots.screens import raster as raster
from convlab.plots.screens import screens as screens
from convlab.plots.sheets import filter_sheet as filter_sheet
from convlab.plots.sheets import map_sheet as map_sheet
from convlab.plots.sheets import photo_sheet as photo_sheet
from convlab.plots.shifting import Shift as Shift
from convlab.plots.shifting import shift_and_pool as shift_and_pool
from convlab.plots.signals import tracks as tracks
from convlab.plots.stepper import window_in_picture as window_in_picture
from convlab.plots.style import GRADIENT as GRADIENT
from convlab.plots.style import INPUT as INPUT
from convlab.plots.style import KERNEL as KERNEL
from convlab.plots.style import OUTPUT as OUTPUT
from convlab.plots.style import describe as describe
from convlab.plots.style import show as show
from convlab.plots.tiles import TileCase as TileCase
from convlab.plots.tiles import machine_roof as machine_roof
from convlab.plots.tiles import tile_board as tile_board
from convlab.plots.training import compare_curves as compare_curves
from convlab.plots.training import confusion_counts as confusion_counts
from convlab.plots.training import confusion_matrix as confusion_matrix
from convlab.plots.training import learning_curves as learning_curves
from convlab.plots.tuning import tuning_curves as tuning_curves
from convlab.plots.units import UNITS as UNITS
from convlab.plots.units import UnitStack as UnitStack
from convlab.plots.units import unit_curves as unit_curves
from convlab.plots.units import unit_stack as unit_stack
from convlab.plots.volumes import volumes as volumes
from convlab.plots.window import Window as Window
from convlab.plots.window_places import window_on_grid as window_on_grid
from convlab.plots.window_places import window_places as window_places
from convlab.plots.xray import XRay as XRay
from convlab.plots.xray import network_xray as network_xray
