"""`python -m convlab` is the command `convlab`, for an interpreter whose scripts are not on the PATH."""

from convlab.cli import main

if __name__ == "__main__":
    main()
