"""`python -m antiphon`: the command, also where its script is not on the path."""

from antiphon.cli.main import main

if __name__ == "__main__":
    main()
