"""Where the moving windows of the limits are kept: in Redis, or beside the database."""
