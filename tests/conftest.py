"""What each run of the tests starts from."""

from hypothesis import settings

# the same examples in every run; `--hypothesis-profile=default` looks for new ones
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")
