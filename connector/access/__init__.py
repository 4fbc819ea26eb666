"""Who is calling: tokens, and what they may see."""
