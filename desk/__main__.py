"""`python -m desk`, and by way of it `python -m inscape`."""

from desk.app import main

if __name__ == "__main__":
    main()
