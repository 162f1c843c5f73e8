"""Scripts of case files, run by a program of their own: a mistake in one hurts only itself."""
