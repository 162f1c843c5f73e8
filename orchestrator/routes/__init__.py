"""The doors: addresses, who may enter, and how rows are shown."""
