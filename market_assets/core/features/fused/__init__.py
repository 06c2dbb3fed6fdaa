"""Families of one symbol's series, traced once from their formulas and run by one kernel."""
