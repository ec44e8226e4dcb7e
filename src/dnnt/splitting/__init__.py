"""Branch and bound over boxes of parameters of any network (method `boxes`)."""
