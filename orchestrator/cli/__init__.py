"""The command `sisyphus-orchestrator`."""
