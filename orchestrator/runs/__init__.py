"""Following runs: runners are polled, silent runs closed, those of a dead process adopted."""
