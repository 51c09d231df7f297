"""`python -m tallygate.listener`: runs the listener with the settings of the environment."""

from tallygate.listener.server import main

main()
