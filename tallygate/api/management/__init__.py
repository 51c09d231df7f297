"""Account Management API: everything that can be set up in the portal, for programs.

`table.ENDPOINTS` is the one table of what there is; the Django routes, the tests of who may do what
and the OpenAPI document are made from it.
"""
