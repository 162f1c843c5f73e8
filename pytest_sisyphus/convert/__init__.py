"""From files of other tools to cases: a module a source, one draft, one writer."""
