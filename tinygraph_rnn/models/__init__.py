"""Models: the language model, encoder and decoder; and running them step by step.

config             what makes a run
language_model     which token comes next?
encoder_decoder    one time axis into another
carried            functions that go on where their last call stopped
sampling, truncation, beam_search   text that a model makes up
"""
