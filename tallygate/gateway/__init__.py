"""A gateway in front of APIs: asks for each call whether it may pass, passes it on, and counts it.

Reads the configurations that the portal makes for gateways, in APIcast's form.
"""
