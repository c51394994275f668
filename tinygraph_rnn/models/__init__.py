"""Models, their settings, and running them chunk by chunk or token by token.

settings          how a setting of a run is declared
config            all settings of a run
language_model    a model of the next token
encoder_decoder   sequence to sequence, from one time axis to another
memory_limits     whether a model fits into memory
carried           compiled functions that hand their state from call to call
sampling          text drawn token by token
truncation        distributions of the likeliest tokens only
beam_search       the likeliest texts
"""
