"""How others are told that an execution ended: whom, in which words, in whose format, by HTTP."""
