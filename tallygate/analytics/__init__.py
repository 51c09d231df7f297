"""Questions of people and programs about usage, in the words of the catalog: what they mean, and their answers.

The one way from parameters to numbers for the Analytics API and for pages. Nothing here knows of HTTP.
"""
