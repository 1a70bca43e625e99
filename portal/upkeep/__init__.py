"""Upkeep: what keeps listings true. What is due, who reminds whom, what couriers say is wrong, how an office stands."""
