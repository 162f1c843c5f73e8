"""Who runs pytest: on this machine, or somebody else."""
