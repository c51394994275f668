"""Training by many processes: each has some rows of the batch and all parameters.

reduction     what an update adds up over processes, as one flat array
rows          dropout masks by the row of the whole batch
sharing       the part of one process in a batch
devices       one process, many devices of JAX
placement     which process this is, by options or by variables of SLURM and JAX
connections   messages between two processes
rendezvous    process 0 listens, the others come, all are compared
group         the processes of a run: they agree, and notice when one is gone
collectives   sums of arrays by JAX
joining       from a placement to a group that can add up
"""
