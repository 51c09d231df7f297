"""`python -m tallygate.test_mode`: runs the listener in test mode, with the settings of the environment."""

from tallygate.listener.server import main
from tallygate.test_mode.opening import opened

main(opened)
