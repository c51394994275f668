"""Training runs: the trainer, its folder, checkpoints, metrics, progress.

trainer              truncated backpropagation through time, exactly resumable
experiment           one run from its text to its folder
evaluation           how well a model predicts a text
checkpoints, saved   files of weights, and models out of them
run_folder, locks    what is where, and who trains in it
config_files         settings from TOML
metrics, progress, interrupts
"""
