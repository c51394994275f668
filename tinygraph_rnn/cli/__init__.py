"""The command line: `tinygraph-rnn train | sample | evaluate | draw`.

parser             runs one command, and turns what goes wrong into an exit status
arguments          the options of each command, and their help
options            options made of the declarations of settings and of runs
train_command      a new run, or one that goes on
shared_runs        one run of many processes, and what each has of its folder
run_results        what a finished run leaves: a sample, curves, pictures
sample_command     text that a model makes up
evaluate_command   how well a model predicts a text
draw_command       a picture of a cell or of the language model
draw_options       how a picture is drawn, as options
inputs             the run folder and the text that several commands read
pictures           graphs of cells to draw, and the drawing of them
gradient_runs      gradient norms for the interactive page of a cell
plotting           curves of a run
countdown          how far a search is
standard_input     a text that is piped in, kept in a file
standard_streams   output that neither a full disk nor a closed pipe can break
exit_status        what the command returns
"""

from tinygraph_rnn.cli.parser import main

__all__ = ["main"]
