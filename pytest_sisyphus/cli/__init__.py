"""The commands `sisyphus-api-engine` and `sisyphus-api-validate`."""
