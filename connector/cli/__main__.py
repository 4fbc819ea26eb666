"""`python -m connector.cli`: the `leadwire` command without installing anything."""

from connector.cli import main

main(prog_name="leadwire")
