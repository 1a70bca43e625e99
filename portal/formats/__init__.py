"""How dates are written where a language's usual form would not do."""
