"""How exact kernels have to be. `convlab.backend.allow_tf32` sets it."""

tf32 = False  # convolutions on a GPU may round their factors to 10 bits of mantissa, for the tensor cores
