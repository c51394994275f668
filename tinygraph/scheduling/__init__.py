"""What runs once, what loops, and where values live: decided from the graph alone.

order        strongly connected components, in topological order, with lags
invariance   per-step values that are the same at every step
halos        the slots of delays beside the steps of their source
planning     where each member of a loop lives, and what runs at each step
horizontal   siblings that one call computes (horizontal fusion)
"""
