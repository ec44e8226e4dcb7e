"""Search over the columns of units: what each unit may compute on the points, level by level (method `columns`)."""
