"""The textbook: every operation of convlab.functional as its formula reads, in plain loops.

Same names, same arguments, same results, and nothing to make it fast: this is what the lessons show beside a formula,
and what the kernels are tested against. It computes in float64 and gives back the type of x (or dy). It checks nothing:
convlab.functional does.

Letters: x input, w weights, b bias, y output, dx dw db dy the gradients of the loss by them. Sizes: N images,
C channels, H x W pixels, O filters of KH x KW taps, OH x OW outputs; stride s, padding p, dilation d. Indices: image n,
channel c, filter o, output (i, j), tap (u, v), pixel (row, col).
"""

from convlab.reference.activation import leaky_relu as leaky_relu
from convlab.reference.activation import leaky_relu_grad as leaky_relu_grad
from convlab.reference.activation import relu as relu
from convlab.reference.activation import relu_grad as relu_grad
from convlab.reference.activation import sigmoid as sigmoid
from convlab.reference.activation import sigmoid_grad as sigmoid_grad
from convlab.reference.activation import tanh as tanh
from convlab.reference.activation import tanh_grad as tanh_grad
from convlab.reference.conv import conv1d as conv1d
from convlab.reference.conv import conv1d_grad_bias as conv1d_grad_bias
from convlab.reference.conv import conv1d_grad_input as conv1d_grad_input
from convlab.reference.conv import conv1d_grad_weight as conv1d_grad_weight
from convlab.reference.conv import conv2d as conv2d
from convlab.reference.conv import conv2d_grad_bias as conv2d_grad_bias
from convlab.reference.conv import conv2d_grad_input as conv2d_grad_input
from convlab.reference.conv import conv2d_grad_weight as conv2d_grad_weight
from convlab.reference.conv_transpose import conv_transpose2d as conv_transpose2d
from convlab.reference.conv_transpose import conv_transpose2d_grad_bias as conv_transpose2d_grad_bias
from convlab.reference.conv_transpose import conv_transpose2d_grad_input as conv_transpose2d_grad_input
from convlab.reference.conv_transpose import conv_transpose2d_grad_weight as conv_transpose2d_grad_weight
from convlab.reference.dense import dropout as dropout
from convlab.reference.dense import dropout_grad as dropout_grad
from convlab.reference.dense import linear as linear
from convlab.reference.dense import linear_grad_bias as linear_grad_bias
from convlab.reference.dense import linear_grad_input as linear_grad_input
from convlab.reference.dense import linear_grad_weight as linear_grad_weight
from convlab.reference.loss import cross_entropy as cross_entropy
from convlab.reference.loss import log_softmax as log_softmax
from convlab.reference.loss import log_softmax_grad as log_softmax_grad
from convlab.reference.loss import softmax as softmax
from convlab.reference.loss import softmax_grad as softmax_grad
from convlab.reference.norm import batch_norm as batch_norm
from convlab.reference.norm import batch_norm_grad as batch_norm_grad
from convlab.reference.norm import local_response_norm as local_response_norm
from convlab.reference.norm import local_response_norm_grad as local_response_norm_grad
from convlab.reference.pool import avg_pool2d as avg_pool2d
from convlab.reference.pool import avg_pool2d_grad as avg_pool2d_grad
from convlab.reference.pool import global_avg_pool2d as global_avg_pool2d
from convlab.reference.pool import global_avg_pool2d_grad as global_avg_pool2d_grad
from convlab.reference.pool import global_max_pool2d as global_max_pool2d
from convlab.reference.pool import global_max_pool2d_grad as global_max_pool2d_grad
from convlab.reference.pool import max_pool2d as max_pool2d
from convlab.reference.pool import max_pool2d_grad as max_pool2d_grad
from convlab.reference.pool import weighted_pool2d as weighted_pool2d
from convlab.reference.pool import weighted_pool2d_grad as weighted_pool2d_grad
