"""Pure functions from a Catalog to what other systems read. They see nothing but the catalog."""
