"""Oversight: is every category covered, what is missing, and can somebody see it today?"""
