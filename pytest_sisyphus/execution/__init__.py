"""The link: one execution of the orchestrator, pulled, run by pytest and reported back."""
