"""What every backend shares when a graph is called.

program         what a backend makes of a graph
binding_cache   feeds of the same shapes and dtypes need no second check
blas            how many threads BLAS may use
threads         rows shared out among threads of our own
"""
