"""The competitors: each module builds a step to be timed; see `ready`."""
