"""Training by many processes: each has some rows of the batch and all parameters.

reduction   what an update adds up over processes, as one flat array
rows        dropout masks by the row of the whole batch
sharing     the part of one process in a batch
"""
