"""Training runs: the trainer, its folder, checkpoints, metrics, progress.

trainer             truncated backpropagation through time, exactly resumable
experiment          one run from its text to its folder
distributed         many processes, each with some rows of the batch
evaluation          how well a model predicts a text
checkpoints         one safetensors file of all that a run needs to go on
checkpoint_facts    what a checkpoint says of its run in JSON, checked
checkpoint_shapes   whether a checkpoint's arrays fit its settings
file_headers        the header of a safetensors file
saved_model         a trained model, read from its checkpoint
warm_starts         trained weights that a new run begins with
changes             which settings may change when a run goes on
config_files        settings from TOML
run_options         options of a run that are no settings
run_folder          the files of a run
locks               one process at a time trains in a folder
metrics             the numbers of each update, as JSON lines
progress            a bar on a terminal, lines in a log file
terminal            lines and text for people
interrupts          Ctrl-C stops training between two updates
"""
