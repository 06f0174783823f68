"""The loops on a GPU, in numba.cuda: the twin of `convlab.kernels.cpu`, with the same files, names and arguments.

Start with `conv.py`. `convlab.backend` hands out this module for arrays on a GPU; importing it touches no driver.
"""

from convlab.kernels.cuda.activation import dropout as dropout
from convlab.kernels.cuda.activation import leaky_relu as leaky_relu
from convlab.kernels.cuda.activation import leaky_relu_grad as leaky_relu_grad
from convlab.kernels.cuda.activation import multiply as multiply
from convlab.kernels.cuda.activation import relu as relu
from convlab.kernels.cuda.activation import relu_grad as relu_grad
from convlab.kernels.cuda.activation import sigmoid as sigmoid
from convlab.kernels.cuda.activation import sigmoid_grad as sigmoid_grad
from convlab.kernels.cuda.activation import tanh as tanh
from convlab.kernels.cuda.activation import tanh_grad as tanh_grad
from convlab.kernels.cuda.arrays import copyto as copyto
from convlab.kernels.cuda.arrays import empty as empty
from convlab.kernels.cuda.arrays import zeros as zeros
from convlab.kernels.cuda.conv import conv2d as conv2d
from convlab.kernels.cuda.conv import conv2d_grad_weight as conv2d_grad_weight
from convlab.kernels.cuda.conv_transpose import conv2d_grad_input as conv2d_grad_input
from convlab.kernels.cuda.conv_transpose import conv_transpose2d as conv_transpose2d
from convlab.kernels.cuda.linear import linear as linear
from convlab.kernels.cuda.linear import linear_grad_input as linear_grad_input
from convlab.kernels.cuda.linear import linear_grad_weight as linear_grad_weight
from convlab.kernels.cuda.linear import sum_per_channel as sum_per_channel
from convlab.kernels.cuda.loss import cross_entropy as cross_entropy
from convlab.kernels.cuda.loss import log_softmax as log_softmax
from convlab.kernels.cuda.loss import log_softmax_grad as log_softmax_grad
from convlab.kernels.cuda.loss import softmax as softmax
from convlab.kernels.cuda.loss import softmax_grad as softmax_grad
from convlab.kernels.cuda.norm import batch_norm as batch_norm
from convlab.kernels.cuda.norm import batch_norm_grad as batch_norm_grad
from convlab.kernels.cuda.norm import channel_statistics as channel_statistics
from convlab.kernels.cuda.norm import local_response_norm as local_response_norm
from convlab.kernels.cuda.norm import local_response_norm_grad as local_response_norm_grad
from convlab.kernels.cuda.optim import adam_all as adam_all
from convlab.kernels.cuda.optim import sgd_all as sgd_all
from convlab.kernels.cuda.pool import avg_pool2d as avg_pool2d
from convlab.kernels.cuda.pool import avg_pool2d_grad as avg_pool2d_grad
from convlab.kernels.cuda.pool import max_pool2d as max_pool2d
from convlab.kernels.cuda.pool import max_pool2d_grad as max_pool2d_grad
