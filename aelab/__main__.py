"""`python -m aelab VERB …`."""

from aelab.cli import main

raise SystemExit(main())
