"""Sound rewritings of an instance before any method looks at it, each with its way back."""
