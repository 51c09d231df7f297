"""`python -m tallygate.web`: runs the console with the settings of the environment."""

from tallygate.web.server import main

if __name__ == "__main__":
    main()
