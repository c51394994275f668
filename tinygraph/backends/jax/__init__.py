"""The JAX backend: a graph as one function that XLA compiles, for any device.

program      the program of a graph: jitted, once for each set of sizes
functions    what `tg.to_jax` returns, for use inside one's own JAX code
lowering     a scheduled graph as a function of its leaves
loops        a cycle as `lax.scan`
parallel     an affine cycle as an associative scan
checkpoints  a scan that keeps little for JAX's gradient
rings        what a loop carries: values of earlier iterations
over_time    an op at all steps at once; the ops that lead into time and out of it
rules        the table: what each op is in JAX, at one step
barriers     values that XLA's algebra must not see through
kernels      functions of arrays that `jax.numpy` lacks
random       the numbers that NumPy's backend draws
"""
