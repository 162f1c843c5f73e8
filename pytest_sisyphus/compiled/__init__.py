"""What a case is compiled to before it runs: its variables, its steps, its data rows."""
