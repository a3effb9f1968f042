"""`python -m microcoder.trainer.train --run RUN_ID [--resume]`: trains one run and ends with one of `ExitCode`."""

import sys

from microcoder.trainer.train.process import main

if __name__ == "__main__":
    sys.exit(main())
