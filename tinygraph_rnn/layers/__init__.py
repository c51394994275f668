"""Layers: parameters, and the cell or formula they stand in.

initializers     first values of weights
dense            Linear, Embedding
recurrent        a cell between delays, layer upon layer, one way or both
attention        DotAttention, AdditiveAttention
regularization   dropout in its kinds
sequences        padding, masks, lengths
"""
