"""Front doors in other systems' words: their URLs, their parameters, their errors; the same actions behind."""
