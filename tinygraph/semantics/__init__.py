"""What a graph means, at every step and for every T; what one can ask of that meaning.

at_step, interpreter   the definition, and the reference that evaluates it
binding, casting       from the feeds of a call to a value per leaf
blame                  which node of the user's graph an error is about
unrolling              folded → acyclic over T steps
autodiff               grad, vjp, jvp: a graph again
loops, reversal, state   open and close loops, reverse time, carry state
"""
