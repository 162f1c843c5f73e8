"""Results as documents of the output protocol, masked; and what is said of them in words."""
