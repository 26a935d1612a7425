"""Oversight: is every category covered, was it really done, and can somebody see it today?"""
