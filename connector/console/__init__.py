"""Pages for people, made here from the same calls that programs make: they have no rule of their own."""
