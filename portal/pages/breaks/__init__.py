"""A break: a meal, charging and rest near by within the next forty minutes, as one plan."""
