"""The cases that projects have, and the plans made of them."""
