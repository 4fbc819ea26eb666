"""Runs one action: input, bind, require, do, returns; all in one transaction of the store."""
