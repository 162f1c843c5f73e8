"""The page for people: a client of the API that any browser is given."""
